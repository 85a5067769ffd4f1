"""Starts the real `opsbook lab` for a test, with settings, workspace and progress of its own, and drives a notebook."""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Page, Request, Route

ROOT = Path(__file__).parents[2]
SECONDS = 60  # a loaded machine may need many; an idle one waits for none of them
# What the machine's own Jupyter or course settings would change.
PERSONAL = ("JUPYTER", "IPYTHON", "OPSBOOK")
# Of all that JupyterLab and its extensions say by themselves, this and no more is known to be harmless.
NOT_OURS = (
    "Cross reference target was not found: term-",  # jupyterlab-myst sees one notebook and not the glossary
    "widget model not found",  # on coming back, a view of yesterday's kernel, until its cell has run again
    "_markdownOverlapsToolbar",  # JupyterLab measures a cell's toolbar before the cell is drawn
)
# JupyterLab's server asks other hosts on behalf of these.
LOOK_UPS = ("/lab/api/news", "/lab/api/update", "/lab/api/extensions")

IDLE = """() => {
  const shown = window.jupyterapp?.shell?.currentWidget;
  return shown?.context?.isReady && shown.context.sessionContext?.session?.kernel?.status === "idle";
}"""
# anywidget gives a widget two seconds to start, and a loaded machine may need more.
PATIENT = f"""(() => {{
  const timeout = AbortSignal.timeout.bind(AbortSignal);
  AbortSignal.timeout = (ms) => timeout(Math.max(ms, {SECONDS * 1000}));
}})()"""
# The promise of the command stands until the last cell has run, so it is left to run beside the test.
RUN = """() => {
  window.ran = null;
  window.jupyterapp.commands.execute("notebook:run-all-cells").then(done => { window.ran = done; });
}"""


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A running JupyterLab: its address and token, the learner's workspace and the progress file."""

    address: str
    token: str
    workspace: Path
    progress: Path


def _environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PERSONAL)}
    return kept | {
        "OPSBOOK_PROGRESS": str(folder / "progress.json"),
        "JUPYTER_CONFIG_DIR": str(folder / "config"),
        "JUPYTER_DATA_DIR": str(folder / "data"),
        "JUPYTER_RUNTIME_DIR": str(folder / "runtime"),
        "IPYTHONDIR": str(folder / "ipython"),
    }


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(address: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(urllib.error.URLError, ConnectionError), urllib.request.urlopen(f"{address}/api"):
            return
        time.sleep(0.1)
    raise RuntimeError(f"`opsbook lab` does not answer:\n{log.read_text(encoding='utf-8', errors='replace')}")


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Lab]:
    """Run `opsbook lab` with everything that it writes below `folder`."""
    port, token = _free_port(), secrets.token_hex()
    address, log, workspace = f"http://127.0.0.1:{port}", folder / "lab.log", folder / "workspace"
    command = [
        shutil.which("opsbook", path=str(Path(sys.executable).parent)) or "opsbook",
        "lab",
        "--workspace",
        str(workspace),
        "--",
        "--no-browser",
        "--ServerApp.ip=127.0.0.1",
        f"--port={port}",
        "--ServerApp.port_retries=0",
        f"--IdentityProvider.token={token}",
        "--LabApp.expose_app_in_browser=True",
    ]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        command.append("--allow-root")
    with (
        log.open("wb") as output,
        subprocess.Popen(command, cwd=ROOT, env=_environment(folder), stdout=output, stderr=output) as process,
    ):
        try:
            _wait_for(address, process, log)
            yield Lab(address=address, token=token, workspace=workspace, progress=folder / "progress.json")
        finally:
            process.terminate()
            try:
                process.wait(SECONDS / 2)
            except subprocess.TimeoutExpired:
                process.kill()


def watch(context: BrowserContext, lab: Lab) -> list[str]:
    """List the errors of the pages of `context`, slow ones too, and what they ask of other hosts, which is refused."""
    faults: list[str] = []
    own = (f"{lab.address}/", lab.address.replace("http:", "ws:", 1) + "/", "data:", "blob:", "about:")

    def refuse(route: Route) -> None:
        faults.append(f"asked for {route.request.url}")
        route.abort()

    def ask(request: Request) -> None:
        if request.url.removeprefix(lab.address).startswith(LOOK_UPS):
            faults.append(f"had the server look up {request.url}")

    def note(text: str) -> None:
        if not any(harmless in text for harmless in NOT_OURS):
            faults.append(text)

    def hear(message: ConsoleMessage) -> None:
        if message.type == "error":
            note(f"said: {message.text} ({message.location.get('url')})")

    def thrown(error: Error) -> None:
        note(f"threw: {error.message}\n{error.stack}")

    def follow(page: Page) -> None:
        page.on("pageerror", thrown)
        page.on("websocket", lambda to: None if to.url.startswith(own) else faults.append(f"opened {to.url}"))

    context.add_init_script(PATIENT)
    context.route(lambda url: not url.startswith(own), refuse)
    context.on("request", ask)
    context.on("console", hear)
    context.on("page", follow)
    return faults


def open_notebook(page: Page, lab: Lab, path: str) -> None:
    """Open the notebook at `path` of the workspace alone, and wait for its kernel."""
    page.goto(f"{lab.address}/lab/tree/{path}?reset&token={lab.token}")
    page.wait_for_function(IDLE)


def run_all(page: Page) -> None:
    """Run all cells of the notebook that is shown, and wait until the last one has run."""
    page.evaluate(RUN)
    page.wait_for_function("() => window.ran !== null")
    assert page.evaluate("window.ran"), "a cell stopped with an error"
    page.wait_for_function(IDLE)


def save(page: Page) -> None:
    """Save the notebook as a person does, and wait until it is on disk."""
    page.keyboard.press("Control+s")
    page.wait_for_function("() => !window.jupyterapp.shell.currentWidget.context.model.dirty")


def come_back(page: Page) -> None:
    """Shut the kernel down and load the page again, as on another day: only what was saved is left."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")
    page.reload()
    page.wait_for_function(IDLE)
