"""The reference says of every public name all that its user needs, and is written by the code."""

import ast
import re
import subprocess
import sys
from html import unescape
from itertools import pairwise
from pathlib import Path

import pytest
import yaml

import opsbook
from opsbook.publishing import reference
from opsbook.publishing.reference import Entry

from .small_book import CONFIGURATION

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "book" / "reference"
ENTRIES = [entry for module in reference.MODULES for entry in reference.entries(module)]
every_name = pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.module}.{entry.name}")


# --- Nothing is left out ---------------------------------------------------------------------------------------


def test_every_public_module_is_in_it() -> None:
    assert set(reference.MODULES) == {*opsbook.__all__, "errors"}


@pytest.mark.parametrize("module", reference.MODULES)
def test_every_public_name_is_in_it(module: str) -> None:
    names = [entry.name for entry in reference.entries(module)]
    assert names == list(getattr(__import__(f"opsbook.{module}"), module).__all__)


@pytest.mark.parametrize("module", reference.MODULES)
def test_every_module_has_its_page_in_the_book(module: str) -> None:
    page = (PAGES / f"{module}.md").read_text(encoding="utf8")
    assert page == f"# opsbook.{module}\n\n```{{library-reference}} {module}\n```\n"
    parts = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf8"))["parts"]
    back = {each["file"]: each for part in parts if part["caption"] == "At the back" for each in part["chapters"]}
    listed = [each["file"] for each in back["book/reference/index"]["sections"]]
    assert listed == [f"book/reference/{each}" for each in reference.MODULES]


def arguments(entry: Entry) -> list[str]:
    """Return the names of a function's arguments."""
    (made,) = ast.parse(f"def {entry.signature.partition('.')[2]}: ...").body
    return [each.arg for each in ast.walk(made) if isinstance(each, ast.arg)]


def lacking(entry: Entry) -> list[str]:
    """Return what a user of the name would miss."""
    needed = {
        "function": ["Returns", "Examples"],
        "class": ["Examples"],
        "constant": [],
        "exception": [],
        "method": [],
        "attribute": [],
    }[entry.kind]
    missing = [title for title in needed if not entry.doc.get(title)]
    if "Yields" in entry.doc and "Returns" in missing:
        missing.remove("Returns")
    if entry.kind == "class" and not {"Attributes", "Parameters"} & set(entry.doc):
        missing.append("Attributes")
    if entry.kind == "function":
        missing += [name for name in arguments(entry) if name not in entry.arguments]
    if "Examples" in entry.doc and ">>> " not in entry.doc["Examples"]:
        missing.append("an example that runs")
    if not entry.summary:
        missing.append("a summary")
    return missing + [f"{each.name}: {what}" for each in entry.members for what in lacking(each)]


@every_name
def test_a_name_lacks_nothing(entry: Entry) -> None:
    assert lacking(entry) == []


def test_what_a_name_lacks_is_noticed() -> None:
    source = reference.Source(Path(reference.__file__), 1, 1, "")
    bare = Entry("contact", "f", "function", "contact.f(one, two=2)", {"": ""}, source)
    assert lacking(bare) == ["Returns", "Examples", "one", "two", "a summary"]
    told = {"": "Do.", "Parameters": "one : int\n    One.", "Returns": "int", "Examples": "See elsewhere."}
    assert lacking(Entry("contact", "f", "function", "contact.f(one, two=2)", told, source)) == [
        "two",
        "an example that runs",
    ]
    made = Entry("contact", "C", "class", "class contact.C", {"": "C.", "Examples": ">>> 1\n1"}, source, (bare,))
    assert lacking(made)[0] == "Attributes"
    assert "f: Examples" in lacking(made)


# --- What it says ----------------------------------------------------------------------------------------------


@every_name
def test_an_entry_shows_where_its_code_stands(entry: Entry) -> None:
    lines = (
        (ROOT / entry.source.address)
        .read_text(encoding="utf8")
        .splitlines()[entry.source.first - 1 : entry.source.last]
    )
    assert any(re.search(rf"\b{entry.name}\b", line) for line in lines)
    shown = [line.strip() for line in entry.source.code.splitlines() if line.strip()]
    assert shown
    assert set(shown) <= {line.strip() for line in lines}


def test_a_signature_has_defaults_and_no_types() -> None:
    signatures = {f"{entry.module}.{entry.name}": entry.signature for entry in ENTRIES}
    assert signatures["contact.extent"] == "contact.extent(present, total)"
    assert signatures["contact.scale_position"] == "contact.scale_position(extent, *, cuts=(0.05, 0.3, 0.7))"
    assert "\n    handover=0.0,\n" in signatures["contact.decouple"]
    assert signatures["datasets.staff_turnover"] == "datasets.staff_turnover(*, seed=1977, scale=1)"
    assert [
        line for line in signatures.values() if re.search(r"=(?:\w+\.)*_?[A-Z]{2}", line)
    ] == []  # a name says nothing
    assert signatures["contact.ContactProfile"] == "class contact.ContactProfile(total, active, passive, staff)"
    assert signatures["errors.UnstableQueueError"] == "class errors.UnstableQueueError(ValueError)"


def test_a_docstring_is_taken_apart() -> None:
    found = reference.sections("""Add.

    More.

    Parameters
    ----------
    a, b : float
        Terms.

    Notes
    -----
    None.
    """)
    assert found == {"": "Add.\n\nMore.", "Parameters": "a, b : float\n    Terms.", "Notes": "None."}


def test_only_pages_that_ask_are_written_out() -> None:
    plain = "# A page\n\nWith `library-reference` in its text.\n"
    assert reference.expand(plain) == plain
    page = reference.expand("# opsbook.contact\n\n```{library-reference} contact\n```\n")
    assert page.startswith("# opsbook.contact\n\n```{eval-rst}\n")
    assert "## `decouple`" in page
    index = reference.expand("# The library\n\n```{library-index}\n```\n")
    assert all(f"[`{entry.name}`](#{entry.label})" in index for entry in ENTRIES)


# --- The pages -------------------------------------------------------------------------------------------------


FORMULA = Entry(
    "contact",
    "half",
    "function",
    "contact.half(x)",
    reference.sections(r"""Halve a number.

    .. math:: y = \frac{x}{2}

    Parameters
    ----------
    x : int | float
        Any number; *one half* of it is :math:`x/2`, whatever `x_` or `extent` is [1]_.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If there is none.

    References
    ----------
    .. [1] A book.
    """),
    reference.Source(Path(opsbook.__file__).parent / "contact.py", 1, 1, "def half(x): ..."),
)
SAMPLE = f"# A sample\n\n{reference.page_of(FORMULA)}\n"


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the reference as a book of its own; every warning is an error."""
    folder = tmp_path_factory.mktemp("reference")
    (folder / "conf.py").write_text(CONFIGURATION, encoding="utf8")
    names = "\n".join(["reference/sample", "reference/index", *(f"reference/{module}" for module in reference.MODULES)])
    (folder / "book" / "reference").mkdir(parents=True)
    (folder / "book" / "index.md").write_text(f"# A book\n\n```{{toctree}}\n{names}\n```\n", encoding="utf8")
    for page in PAGES.glob("*.md"):
        (folder / "book" / "reference" / page.name).write_text(page.read_text(encoding="utf8"), encoding="utf8")
    (folder / "book" / "reference" / "sample.md").write_text(SAMPLE, encoding="utf8")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-b", "html", "-W", "-n", "--keep-going", "-q", ".", "_build"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return folder / "_build"


def text_of(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", "", html)).split())


@pytest.mark.parametrize("module", reference.MODULES)
def test_a_page_says_it_all(built: Path, module: str) -> None:
    html = (built / "book" / "reference" / f"{module}.html").read_text(encoding="utf8")
    text = text_of(html)
    for entry in reference.entries(module):
        assert f'id="{entry.label.replace("_", "-")}"' in html
        assert " ".join(entry.signature.split()) in text
        for line in re.findall(r"^(?:>>>|\.\.\.) .+", entry.doc.get("Examples", ""), re.MULTILINE):
            assert " ".join(line.split()) in text
        assert f"Source: {entry.source.address}, line" in text
    assert html.count('<details class="source">') == len(reference.entries(module))


def test_mathematics_is_typeset_and_nothing_is_left_of_the_markup(built: Path) -> None:
    for page in (built / "book" / "reference").glob("*.html"):
        html = page.read_text(encoding="utf8")
        article = html[html.index("<article>") : html.index("</article>")]
        words = text_of(re.sub(r"<pre.*?</pre>|<math.*?</math>", "", article, flags=re.DOTALL))
        assert not re.search(r"\.\. \w+::|:math:|:func:|\\frac|`|eval-rst", words), page.name
        levels = [int(level) for level in re.findall(r"<h([1-6])", article)]
        assert levels[0] == 1
        assert all(after <= before + 1 for before, after in pairwise(levels)), page.name


def test_mathematics_in_a_docstring_becomes_mathml(built: Path) -> None:
    html = (built / "book" / "reference" / "sample.html").read_text(encoding="utf8")
    assert html.count("<math") == 2
    assert '<div class="math' in html.replace('role="group" aria-label="Formula" tabindex="0" ', "")
    assert "<mfrac>" in html
    for seen in ("<code", "one half", "ValueError"):
        assert seen in html


def test_names_lead_to_their_entries_and_files_can_be_taken_along(built: Path) -> None:
    html = (built / "book" / "reference" / "contact.html").read_text(encoding="utf8")
    assert re.search(r'<a class="reference internal" href="errors\.html#library-errors-unknownnameerror"', html)
    downloads = set(re.findall(r'<a class="reference download external" download="" href="([^"]+)"', html))
    assert downloads == {"../../_static/downloads/src/opsbook/contact.py"}
    for module in reference.MODULES:
        for entry in reference.entries(module):
            assert (built / "_static" / "downloads" / entry.source.address).is_file()
