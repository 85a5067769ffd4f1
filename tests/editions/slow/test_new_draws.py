"""Every synthetic set can be drawn anew: the notebooks that load it run to their ends on another draw."""

from pathlib import Path

import pytest

import opsbook
from opsbook.publishing.editions import data, effects, staging
from opsbook.publishing.editions.plan import checked

ROOT = Path(opsbook.__file__).parents[2]


@pytest.mark.parametrize("name", [names[0] for names, _ in data._FAMILIES])
def test_notebooks_run_on_another_draw(tmp_path: Path, name: str) -> None:
    chapters = sorted({path.stem for path in effects.affected(ROOT, [name])})
    file = tmp_path / "edition.yml"
    file.write_text(
        f"title: Anew\ninclude: [{', '.join(chapters)}]\nrequires: ignore\ndata: {{{name}: {{seed: 7}}}}\n",
        encoding="utf8",
    )
    plan = checked(file, ROOT)
    staging.stage(plan, tmp_path / "stage")
    # A cell that fails is an error that names it.
    assert f"{name} drawn anew with seed 7." in data.renew(plan, tmp_path / "stage")
