"""Two small editions, each built once for all tests, whichever worker asks first."""

import os
from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep

import pytest

from opsbook.publishing.editions.withholding import withhold

from .built import ROOT, SAMPLES, BuiltEdition
from .small_stage import POLICY, Canaries, make

_PATIENCE = 600


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Canaries]:
    """The instructor's stage of a small edition, with a canary wherever a solution could be."""
    folder = tmp_path_factory.mktemp("edition") / "whole"
    return folder, make(folder)


@pytest.fixture(scope="module")
def bare(whole: tuple[Path, Canaries]) -> Path:
    """What students get of it, with solutions hidden."""
    folder = whole[0].with_name("bare")
    withhold(whole[0], folder, POLICY)
    return folder


def _once(folder: Path, make: Callable[[], None]) -> None:
    """Let one of several workers make what lies in `folder`, and the others wait for it."""
    done, failed, lock = (folder.with_suffix(f".{word}") for word in ("done", "failed", "lock"))
    try:
        lock.touch(exist_ok=False)
    except FileExistsError:
        until = monotonic() + _PATIENCE
        while not done.exists():
            assert not failed.exists(), "another worker could not build it"
            assert monotonic() < until, "another worker did not end"
            sleep(0.2)
        return
    try:
        make()
    except BaseException:
        failed.touch()
        raise
    done.touch()


def _built(name: str, factory: pytest.TempPathFactory) -> BuiltEdition:
    from opsbook.publishing.editions.build import build  # noqa: PLC0415 - most tests here build nothing

    base = factory.getbasetemp()
    # Workers have folders of their own beside each other.
    shared = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
    edition = BuiltEdition(SAMPLES / f"{name}.yml", shared / f"edition-{name}")
    _once(edition.folder, lambda: build(edition.file, edition.folder, root=ROOT))  # type: ignore[func-returns-value]
    return edition


@pytest.fixture(scope="session")
def hidden_edition(tmp_path_factory: pytest.TempPathFactory) -> BuiltEdition:
    """One chapter with solutions hidden, made into everything that an edition can be."""
    return _built("hidden", tmp_path_factory)


@pytest.fixture(scope="session")
def shown_edition(tmp_path_factory: pytest.TempPathFactory) -> BuiltEdition:
    """A chapter of one's own and one of the course, with solutions shown: pages and notebooks."""
    return _built("shown", tmp_path_factory)
