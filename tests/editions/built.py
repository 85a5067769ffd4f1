"""What tests know of the two small editions that `conftest.py` builds."""

from dataclasses import dataclass
from pathlib import Path

import opsbook

ROOT = Path(opsbook.__file__).parents[2]
SAMPLES = Path(__file__).parent / "samples"


@dataclass(frozen=True)
class BuiltEdition:
    """An edition as `opsbook edition build` made it: its file, and the folder; it is shared, so nobody changes it."""

    file: Path
    folder: Path

    @property
    def student(self) -> Path:
        return self.folder / "student"

    @property
    def instructor(self) -> Path:
        return self.folder / "instructor"
