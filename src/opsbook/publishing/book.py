"""Build the book as a website."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["NotAProjectError", "build", "command", "project"]

# Jupyter Book's command, run by the interpreter that runs us, wherever its scripts are installed.
_JUPYTER_BOOK = "from jupyter_book.cli.main import main; main(prog_name='jupyter-book')"


class NotAProjectError(ValueError):
    """The folder does not hold the sources of a book."""


def project(folder: Path) -> Path:
    """Return `folder`, or the nearest one above it that holds the book's sources."""
    for candidate in (folder, *folder.resolve().parents):
        if (candidate / "_toc.yml").exists() and (candidate / "_config.yml").exists():
            return candidate
    raise NotAProjectError(
        f"{folder.resolve()} holds no book: it has no _config.yml and _toc.yml, nor has any folder above it. "
        "Run the command inside a copy of the project."
    )


def build(root: Path, *, clean: bool = False) -> Path | None:
    """Build the book below `root` with Jupyter Book; every warning is an error.

    Parameters
    ----------
    root : pathlib.Path
        The folder with ``_config.yml`` and ``_toc.yml``.
    clean : bool
        Build every page, not only those whose sources changed.

    Returns
    -------
    pathlib.Path or None
        The front page, or None if the build failed; Jupyter Book has then said why.
    """
    output = root / "_build"
    if clean:
        for part in ("html", ".doctrees", ".jupyter_cache"):
            shutil.rmtree(output / part, ignore_errors=True)
    # docutils announces its own future to nobody who can act on it here.
    environment = {**os.environ, "PYTHONWARNINGS": "ignore"}
    done = subprocess.run(command(root), check=False, env=environment)  # noqa: S603 - our own interpreter and arguments
    return output / "html" / "index.html" if done.returncode == 0 else None


def command(root: Path) -> list[str]:
    """Return the command that builds the book below `root` into ``_build/html``; with every warning it ends in 1."""
    return [sys.executable, "-c", _JUPYTER_BOOK, "build", str(root), "-W", "-n", "--keep-going", "-q"]
