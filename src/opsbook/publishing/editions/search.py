"""Searches a part of what students get, in a process of its own, while the rest is still being made."""

import sys
from pathlib import Path

from opsbook.publishing.editions.leaks import Secrets, scan

__all__ = ["main"]


def main(arguments: list[str]) -> int:
    """Print a line for each leak; ``SECRETS FOLDER PART…`` is what is kept back, the output, and where to look."""
    file, folder, *parts = arguments
    held, output = Secrets.load(Path(file).read_text(encoding="utf8")), Path(folder)
    for part in parts:
        # Not every edition has something to release.
        for line in scan(output / part, held, within=output) if (output / part).exists() else ():
            print(line)  # noqa: T201 - the answer of a command
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
