"""Each sample builds as it stands, into everything that an edition can be, and none of it gives anything away."""

from pathlib import Path

import pytest
import yaml

import opsbook
from opsbook import cli

ROOT = Path(opsbook.__file__).parents[2]
FILES = sorted((ROOT / "book" / "editions").glob("*.yml"))
MADE = (
    *("student/html/index.html", "student/notebooks.zip", "instructor/html/index.html", "instructor/notebooks.zip"),
    *("lms/README.md", "grading/README.md", "book.pdf", "exam.pdf", "instructor/exam-key.pdf"),
)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_sample_builds_into_everything(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    output = tmp_path / "out"
    assert cli.main(["edition", "build", str(file), "--output", str(output)]) == 0, capsys.readouterr().err
    assert [name for name in MADE if not (output / name).is_file()] == []
    assert cli.main(["edition", "leaks", str(output)]) == 0, capsys.readouterr().err
    # The code tasks that count, and no others, are assignments.
    counted = set(yaml.safe_load(file.read_text(encoding="utf8")).get("points", ()))
    readme = (output / "grading" / "README.md").read_text(encoding="utf8")
    listed = {name for name in counted if f"| `{name}` |" in readme}
    assigned = {path.name for path in (output / "grading").glob("release/*")}
    assert not counted or assigned == {name.partition("/")[0] for name in listed}
    assert all(f"`{name}`" in readme for name in counted)
