"""The processes that an edition is built by: each of its stage, all of them stoppable at once."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Final, Self

__all__ = ["Processes", "StageError", "problems_told", "stage_environment", "stage_process"]

_TRACEBACK: Final = "Traceback (most recent call last)"


class StageError(RuntimeError):
    """A process of a stage failed; the message is what it wrote."""


def stage_environment(stage: Path) -> dict[str, str]:
    """Return the environment of a process that finds the stage's library, data and question banks as its own."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPSBOOK", "PYTHON"))}
    return {
        **kept,
        "OPSBOOK_PROGRESS": str(stage / "_build" / "progress.json"),
        "PYTHONHASHSEED": "0",
        "PYTHONPATH": str((stage / "src").resolve()),
        "PYTHONUTF8": "1",
        "PYTHONWARNINGS": "ignore",
    }


class Processes:
    """Processes that end with whoever started them; as a context it stops what still runs when it is left."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[str]] = set()
        self._killed: set[subprocess.Popen[str]] = set()
        self._lock = Lock()
        self._stopped = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _tb: TracebackType | None
    ) -> None:
        self.stop()

    def run(
        self, command: Sequence[str], *, folder: Path, environment: Mapping[str, str]
    ) -> subprocess.CompletedProcess[str]:
        """Run a command to its end and return what it wrote.

        Raises
        ------
        InterruptedError
            `stop` was called before it began, or ended it.
        """
        with self._lock:
            if self._stopped:
                raise InterruptedError("stopped before the process began.")
            process = subprocess.Popen(  # noqa: S603 - our own interpreter and arguments
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                encoding="utf8",
                errors="replace",
                # A group of its own, so that kernels and browsers that it starts end with it.
                start_new_session=True,
            )
            self._running.add(process)
        try:
            output, errors = process.communicate()
        finally:
            with self._lock:
                self._running.discard(process)
        if process in self._killed:
            raise InterruptedError("stopped while the process ran.")
        return subprocess.CompletedProcess(command, process.returncode, output, errors)

    def stop(self) -> None:
        """End what runs, and start nothing more."""
        with self._lock:
            self._stopped = True
            for process in self._running:
                # What has ended by itself has its own say.
                if process.poll() is None:
                    self._killed.add(process)
                    _kill(process)


def _kill(process: "subprocess.Popen[str]") -> None:
    if hasattr(os, "killpg"):
        os.killpg(process.pid, signal.SIGKILL)
    else:
        process.kill()


def problems_told(said: str) -> list[str]:
    r"""Return what a process that failed complained of, a line for each problem; of a traceback only its last line.

    Examples
    --------
    >>> problems_told("our.md: no title\nour.yml: no questions\n")
    ['our.md: no title', 'our.yml: no questions']
    >>> problems_told("Traceback (most recent call last):\n  File …\nKeyError: 'b'\n")
    ["KeyError: 'b'"]
    """
    lines = [line for line in said.splitlines() if line.strip()]
    return lines[-1:] if _TRACEBACK in said else lines


def stage_process(stage: Path, module: str, *arguments: str, processes: Processes | None = None) -> str:
    """Run a module of the editions in a process of the stage and return what it prints.

    Parameters
    ----------
    stage : pathlib.Path
        The folder whose library, data and banks the process uses.
    module : str
        A module of this package, such as ``"lms"``, or a full dotted name.
    *arguments : str
        Its command line.
    processes : Processes, optional
        Who may stop it.

    Raises
    ------
    StageError
        The process did not end with 0.
    """
    full = module if "." in module else f"opsbook.publishing.editions.{module}"
    command = [sys.executable, "-P", "-m", full, *arguments]
    with Processes() as own:
        done = (processes or own).run(command, folder=stage, environment=stage_environment(stage))
    if done.returncode != 0:
        raise StageError(done.stderr.strip() or done.stdout.strip() or f"{full} ended with {done.returncode}.")
    return done.stdout
