"""The built book as a reader meets it, or the site that the environment names: see `place.py`."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

import opsbook

from .opening import launch_arguments, opening, served
from .place import CHECKOUT, ROOT, SITE, WHOLE

SOURCES = ("_config.yml", "_toc.yml", "book", "chapters", "datasets", "exercises", "src")
NOT_READ = {"__pycache__", ".ipynb_checkpoints"}


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Start the Chromium that `chromium.find` names, and let it resolve no name at all."""
    return launch_arguments()


@pytest.fixture(scope="session")
def base_url() -> None:
    """Stand in for the plugin's own fixture, whose form this pytest deprecates; no test here has a base address."""


def _changed(path: Path) -> float:
    files = [path] if path.is_file() else path.rglob("*")
    return max((file.stat().st_mtime for file in files if file.is_file() and not NOT_READ & {*file.parts}), default=0)


@pytest.fixture(scope="session")
def root() -> Path:
    """Return the folder of the notebooks that say what the pages must show: the project, or those of an edition."""
    return ROOT


@pytest.fixture(scope="session")
def site() -> Path:
    """Return the folder of the site; the book must be newer than all that it is made from."""
    if not WHOLE:
        if not (SITE / "index.html").exists():
            pytest.fail(f"OPSBOOK_SITE names {SITE}, and there is no site.", pytrace=False)
        if Path(opsbook.__file__).is_relative_to(CHECKOUT / "src"):
            pytest.fail("PYTHONPATH must name the library that was handed out with the site.", pytrace=False)
        return SITE
    if not (SITE / "index.html").exists():
        pytest.fail("There is no book in _build/html. Run `make book`.", pytrace=False)
    changed, source = max((_changed(ROOT / name), name) for name in SOURCES)
    if changed > _changed(SITE):
        pytest.fail(f"The book is older than its sources: {source} has changed. Run `make book`.", pytrace=False)
    return SITE


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Return every page of the site by its path; the front door, which only leads on to a page, is none."""
    found = [path.relative_to(site).as_posix() for path in sorted(site.rglob("*.html"))]
    return [name for name in found if name != "index.html"]


@pytest.fixture(scope="session")
def addresses(site: Path) -> Iterator[dict[str, str]]:
    """Return the two addresses of the site: of a host ("http") and of the folder it was built into ("file")."""
    with served(site) as addresses:
        yield addresses


@pytest.fixture
def open_page(browser: Browser, addresses: dict[str, str]) -> Iterator[Callable[..., Page]]:
    """Open a page of the site in a fresh profile: ``open_page("book/index.html", over="file", viewport=…)``.

    Further keywords are Playwright's, for the profile. The test fails if any page it opened asked another host for
    anything, threw, or wrote an error or a warning to the console.
    """
    with opening(browser, addresses) as open_page:
        yield open_page
