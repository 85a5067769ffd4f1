"""Where the data files lie, and how their bytes are read."""

from pathlib import Path

from opsbook.errors import DatasetError

__all__ = ["folder", "read"]


def folder() -> Path:
    """Return the folder that holds the data files and their description."""
    here = Path(__file__).parent
    installed = here / "files"
    # A wheel carries the files inside the package; a checkout keeps them at its top.
    return installed if installed.is_dir() else here.parents[2] / "datasets"


def read(file: str) -> bytes:
    """Return the bytes of a data file, or say that it is not there."""
    try:
        return (folder() / file).read_bytes()
    except OSError as error:
        raise DatasetError(
            f"the data file {file!r} cannot be read in {folder()} ({error.strerror}). "
            "Install opsbook again, or in a checkout restore the file."
        ) from error
