"""Which site the tests open, and where the notebooks lie that it shows: the book, or what the environment names.

``OPSBOOK_SITE`` names the folder of an edition's pages, ``OPSBOOK_ROOT`` that of the notebooks that were handed out
with them, and ``PYTHONPATH`` the library that came with those, which knows their questions. See
`tests/editions/slow/test_in_browser.py`, which sets all three.
"""

import os
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[2]
BOOK = CHECKOUT / "_build" / "html"
SITE = Path(os.environ.get("OPSBOOK_SITE", BOOK)).resolve()
ROOT = Path(os.environ.get("OPSBOOK_ROOT", CHECKOUT)).resolve()
WHOLE = BOOK.resolve() == SITE
CHAPTERS = sorted(path.stem for path in (ROOT / "chapters").glob("*.ipynb"))
# The chapter that is looked at closest.
EXEMPLAR = "customer-contact" if "customer-contact" in CHAPTERS else CHAPTERS[0]
CHAPTER, EXERCISES = f"chapters/{EXEMPLAR}.html", f"exercises/{EXEMPLAR}.html"
LANDING, PROGRESS, EXAM = "book/index.html", "book/my-progress.html", "book/practice-exam.html"


def has(name: str) -> bool:
    """Say whether the site must have a page: the book must have each, an edition may do without some."""
    return WHOLE or (SITE / name).exists()


# The instructor's archive holds the guide to marking.
INSTRUCTOR = (ROOT / "marking-guide.html").exists()

for_learners = pytest.mark.skipif(INSTRUCTOR, reason="an instructor's pages show solutions and hand them out")
needs_exam = pytest.mark.skipif(not has(EXAM), reason="students have no practice exam while solutions are hidden")
