"""Reads an edition's file as a plan does, without the course that it is made from."""

from pathlib import Path

from opsbook.errors import EditionError
from opsbook.publishing.editions import settings


def read(file: Path) -> settings.Settings:
    found, problems = settings.read(file)
    if problems or found is None:
        raise EditionError(problems)
    return found
