"""Building an edition twice gives the same bytes, wherever it is built."""

import subprocess
from pathlib import Path

import pytest

import opsbook
from opsbook.publishing.editions.build import build

ROOT, SAMPLES = Path(opsbook.__file__).parents[2], Path(__file__).parents[1] / "samples"


@pytest.mark.parametrize("name", ["hidden", "shown"])
def test_twice_is_the_same(name: str, tmp_path: Path) -> None:
    folders = [tmp_path / "one", tmp_path / "deeper" / "down" / "two"]
    for folder in folders:
        build(SAMPLES / f"{name}.yml", folder, root=ROOT)
    compared = subprocess.run(["diff", "-rq", *map(str, folders)], capture_output=True, text=True, check=False)
    assert compared.stdout == ""
    assert len(list(folders[0].rglob("*"))) > 100
