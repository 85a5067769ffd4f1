"""The folder that an edition is built into: whole or not at all, and never over anybody's work.

A marker file lists what an edition put there, with a hash of each file. What it does not list, or what has changed
since, is somebody's work, such as the submissions that nbgrader collects, and stops the next build.
"""

import json
import os
import shutil
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from typing import Final, Self

__all__ = ["MARKER", "Output", "foreign", "stamp"]

MARKER: Final = ".opsbook-edition.json"
"""The file that tells an edition's output from any other folder."""

_WORK: Final = ".building"
_LOCK: Final = ".building.lock"
_OURS: Final = (_WORK, _LOCK)
_MOST_NAMED: Final = 5


class Output:
    """An edition's output folder, while it is being made.

    As a context it holds `new`, where the next output is put together, and `work`, for everything else; both lie in
    the folder itself, so nothing is written beside it. `replace` puts the new output in the place of the last one.
    Whatever happens before, the last one stays as it was and nothing is left over.

    Parameters
    ----------
    folder : pathlib.Path
        Where the output goes.

    Raises
    ------
    ValueError
        The folder is a file, holds anything but an edition's output, or is being built into.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self._work = self.folder / _WORK
        self.new = self._work / "new"
        self.work = self._work / "work"
        self._made: list[Path] = []
        self._held: int | None = None

    def __enter__(self) -> Self:
        if self.folder.exists() and not self.folder.is_dir():
            raise ValueError(f"the output must be a folder, got the file {self.folder}. Name another with --output.")
        self._take()
        try:
            self._recover()
            self._work.mkdir()
            self._refuse_work()
            self.new.mkdir()
            self.work.mkdir()
        except BaseException:
            self._leave()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with _uninterrupted():
            self._leave()

    def replace(self) -> None:
        """Put what is in `new` in the place of the last output, with a marker that lists it."""
        _mark(self.new)
        names = sorted(path.name for path in self.new.iterdir())
        with _uninterrupted():
            old = self._work / "old"
            (self._work / "names").write_text(json.dumps(names), encoding="utf8")
            old.mkdir()
            # The marker leaves first and comes last: without it, a half-made change can be seen and taken back.
            for name in _marker_first(path.name for path in self.folder.iterdir() if path.name not in _OURS):
                (self.folder / name).rename(old / name)
            for name in reversed(list(_marker_first(names))):
                (self.new / name).rename(self.folder / name)
            self._made = []

    def _refuse_work(self) -> None:
        if found := foreign(self.folder):
            named = "".join(f"\n  {name}" for name in found[:_MOST_NAMED])
            more = f"\n  and {len(found) - _MOST_NAMED} more" if len(found) > _MOST_NAMED else ""
            raise ValueError(
                f"{self.folder} holds what no edition put there or what changed since, and would be lost:"
                f"{named}{more}\nMove it elsewhere, or name another folder with --output."
            )

    def _take(self) -> None:
        missing = [each for each in (self.folder, *self.folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir()
            self._made.append(each)
        file = self.folder / _LOCK
        while self._held is None:
            held = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
            if not _locked(held):
                os.close(held)
                raise ValueError(f"another build is writing to {self.folder}. Wait for it, or name another folder.")
            # Whoever had it may have removed the file in between, and then somebody else may hold the next one.
            if _same(held, file):
                self._held = held
            else:
                os.close(held)

    def _release(self) -> None:
        if self._held is None:
            return
        file, held, self._held = self.folder / _LOCK, self._held, None
        if os.name == "nt":  # nobody removes an open file there, and nobody removes the next owner's
            os.close(held)
            with suppress(OSError):
                file.unlink()
        else:
            file.unlink(missing_ok=True)
            os.close(held)

    def _recover(self) -> None:
        """Take back a change that a power cut stopped halfway, and clear what a killed build left."""
        old, names = self._work / "old", self._work / "names"
        if old.exists() and not (self.folder / MARKER).exists():
            for name in json.loads(names.read_text(encoding="utf8")):
                # What lies in both places was not moved yet.
                if not (self.new / name).exists() and (self.folder / name).exists():
                    _remove(self.folder / name)
            for path in sorted(old.iterdir(), key=lambda path: path.name == MARKER):
                path.rename(self.folder / path.name)
        shutil.rmtree(self._work, ignore_errors=True)

    def _leave(self) -> None:
        """Clear the work; what a change that failed halfway has moved goes back, now or at the next build."""
        try:
            self._recover()
        except OSError:
            return
        finally:
            self._release()
        for each in reversed(self._made):
            if not any(each.iterdir()):
                each.rmdir()


def stamp(folder: Path) -> int | None:
    """Return what tells an edition's output from the next one in the same folder; None if there is none."""
    try:
        return (folder / MARKER).stat().st_mtime_ns
    except OSError:
        return None


def foreign(folder: Path) -> list[str]:
    """Return what in `folder` is not an edition's output as it was written, by relative path.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as folder:
    ...     (Path(folder) / "thesis.txt").touch()
    ...     foreign(Path(folder))
    ['thesis.txt']
    """
    marker = folder / MARKER
    try:
        listed = json.loads(marker.read_text(encoding="utf8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        listed = {}
    return [
        name
        for name, path in _files(folder)
        if name != MARKER and (name not in listed or path.is_symlink() or _digest(path) != listed[name])
    ]


def _mark(folder: Path) -> None:
    held = {name: _digest(path) for name, path in _files(folder)}
    text = json.dumps({"made by": "opsbook edition build", "files": held}, indent=1, ensure_ascii=False)
    (folder / MARKER).write_text(f"{text}\n", encoding="utf8")


def _files(folder: Path) -> Iterator[tuple[str, Path]]:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if name.parts[0] not in _OURS and (path.is_symlink() or not path.is_dir()):
            yield name.as_posix(), path


def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()


def _marker_first(names: "Iterator[str] | list[str]") -> list[str]:
    return sorted(names, key=lambda name: (name != MARKER, name))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink()


def _same(held: int, file: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(held), file.stat())
    except FileNotFoundError:
        return False


if sys.platform == "win32":
    import msvcrt

    def _locked(file: int) -> bool:
        """Lock an open file until it is closed, if need be by the end of the process; return whether it was free."""
        try:
            msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _locked(file: int) -> bool:
        """Lock an open file until it is closed, if need be by the end of the process; return whether it was free."""
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Let Ctrl-C wait until the block is done."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    waiting: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _frame: waiting.append(number))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if waiting:
        raise KeyboardInterrupt
