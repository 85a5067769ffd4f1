"""Finds a Chromium, which prints editions and runs the browser tests; run as a script, it gets one where there is none.

Example: ``python -m opsbook.publishing.chromium``.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

__all__ = ["SWITCHES", "ensure", "find"]

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_MAC: Final = ("Google Chrome", "Chromium")
_WINDOWS: Final = ("Google/Chrome/Application/chrome.exe", "Chromium/Application/chrome.exe")
# Chromium heeds the last list of features alone, so Playwright's own is said again. The last two would open two more
# processes with every page, for what is suggested to somebody who types an address.
_WITHOUT: Final = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,HttpsFirstBalancedModeAutoEnable,"
    "LensOverlay,MediaRouter,PaintHolding,ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,"
    "OptimizationHints,NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch,WebUIOmniboxPopup,WebUIOmniboxAimPopup"
)
SWITCHES: Final = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", f"--disable-features={_WITHOUT}")
"""What Chromium is started with."""
_MISSING: Final = (
    "There is no Chromium on this machine. Install Chromium or Google Chrome, or connect to the internet and run: "
    "python -m opsbook.publishing.chromium"
)
# Playwright knows where its own browser belongs; asked in a process of its own, it disturbs no running session.
_PLAYWRIGHT: Final = """
from playwright.sync_api import sync_playwright
with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
"""


def _candidates() -> Iterator[str]:
    yield from filter(None, map(shutil.which, _NAMES))
    if sys.platform == "darwin":
        for folder in (Path("/Applications"), Path.home() / "Applications"):
            yield from (str(folder / f"{name}.app" / "Contents" / "MacOS" / name) for name in _MAC)
    if sys.platform == "win32":
        for variable in ("PROGRAMFILES", "PROGRAMFILES(X86)", "LOCALAPPDATA"):
            if variable in os.environ:
                yield from (str(Path(os.environ[variable]) / name) for name in _WINDOWS)
    asked = subprocess.run([sys.executable, "-c", _PLAYWRIGHT], capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter and words
    yield asked.stdout.strip()


def _runs(path: str) -> bool:
    """Tell a browser from a placeholder that only says how to install one, or one whose libraries are missing."""
    if not path or not Path(path).is_file():
        return False
    if sys.platform == "win32":  # there, asking for the version opens a window
        return True
    return subprocess.run([path, "--version"], capture_output=True, check=False).returncode == 0  # noqa: S603 - a browser's own path


def find() -> str:
    """Return the path of a Chromium that runs: an installed one, else the one that Playwright downloaded.

    Raises
    ------
    FileNotFoundError
        There is none; the message says how to get one.
    """
    for path in _candidates():
        if _runs(path):
            return path
    raise FileNotFoundError(_MISSING)


def _install() -> Iterator[list[list[str]]]:
    yield [[sys.executable, "-m", "playwright", "install", "chromium"]]
    if hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        yield [["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]]


def ensure() -> str:
    """Return the path of a Chromium that runs, installed first if need be.

    Raises
    ------
    FileNotFoundError
        There is none, and none could be installed.
    """
    try:
        return find()
    except FileNotFoundError:
        for commands in _install():
            if all(subprocess.run(command, check=False).returncode == 0 for command in commands):  # noqa: S603 - the lists above
                try:
                    return find()
                except FileNotFoundError:
                    continue
        raise


if __name__ == "__main__":
    try:
        print(f"The browser tests and PDF editions use {ensure()}.")  # noqa: T201 - a command says what it found
    except FileNotFoundError as error:
        sys.exit(str(error))
