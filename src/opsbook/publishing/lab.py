"""JupyterLab on the course: a workspace of the learner's own, and no word to any other host."""

import json
import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from opsbook.publishing.notebooks import sources
from opsbook.publishing.solutions import strip

__all__ = ["SETTINGS", "prepare", "start"]

WORKSPACE: Final = "workspace"
# JupyterLab's own look-ups: news, new versions, extensions.
SETTINGS: Final = {
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false", "checkForUpdates": False},
    "@jupyterlab/extensionmanager-extension:plugin": {"enabled": False},
}


def prepare(root: Path, workspace: Path) -> list[Path]:
    """Copy chapters and exercises, less their solutions, into `workspace`; what a learner has there stays.

    Returns
    -------
    list of pathlib.Path
        The notebooks that were new.
    """
    new = []
    for source in sources(root):
        target = workspace / source.parent.name / source.name
        if not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            notebook = strip(json.loads(source.read_text(encoding="utf8")))
            target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n", encoding="utf8")
            new.append(target)
    # The notebooks link to the glossary and the evidence; nobody works in these pages, so they are kept current.
    shutil.copytree(root / "book", workspace / "book", ignore=shutil.ignore_patterns("_static"), dirs_exist_ok=True)
    overrides = workspace / ".lab" / "settings" / "overrides.json"
    overrides.parent.mkdir(parents=True, exist_ok=True)
    overrides.write_text(json.dumps(SETTINGS, indent=2) + "\n", encoding="utf8")
    return new


def start(root: Path, *, workspace: Path | None = None, arguments: tuple[str, ...] = ()) -> None:
    """Open JupyterLab on the exercises in `workspace`; this process becomes JupyterLab and does not return.

    Parameters
    ----------
    root : pathlib.Path
        The folder that holds the book's sources.
    workspace : pathlib.Path, optional
        Where the learner's copies live; the default is ``workspace`` below `root`.
    arguments : tuple of str
        Passed on to JupyterLab.
    """
    if find_spec("jupyterlab") is None:
        raise ModuleNotFoundError(
            "JupyterLab is not installed here. Install the course's environment: pip install -r requirements.txt"
        )
    folder = workspace or root / WORKSPACE
    prepare(root, folder)
    command = [
        sys.executable,
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={folder.resolve()}",
        f"--LabApp.app_settings_dir={(folder / '.lab' / 'settings').resolve()}",
        "--LabApp.news_url=",
        "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate",
        "--LabApp.extension_manager=readonly",
        "--LabApp.default_url=/lab/tree/exercises",
        *arguments,
    ]
    if os.name == "nt":  # where replacing a process would give the prompt back at once
        sys.exit(subprocess.run(command, check=False).returncode)  # noqa: S603 - our own interpreter and arguments
    os.execv(command[0], command)  # noqa: S606 - as above
