"""On paper: a tagged book whose links and numbers hold, and an exam that keeps its key to itself."""

import io
import re
import shutil
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import altair as alt
import pandas as pd
import pytest
import yaml
from bs4 import BeautifulSoup
from pypdf import PageObject, PdfReader
from pypdf.generic import DictionaryObject

from opsbook import charts, exercises
from opsbook.exercises import prose
from opsbook.exercises.exam import draw_exam
from opsbook.exercises.withheld import WithheldEntry, withheld
from opsbook.publishing.editions import paper, printing
from opsbook.publishing.editions.one_page import for_paper, one_page

from ..publishing.small_book import SmallBook, code, question  # noqa: TID252 - tests have no name to be imported by

ROOT = Path(__file__).resolve().parents[2]
TITLE, WHO = "Queues & <beds>", "A school of tests"
ALT = "Two bars, of which the second is the taller."
AXIS = "patients an hour"
ASKED = "customer-contact/branch-extent"
COUNTED = "service-delivery/wait-by-hand"
ACCENT, LOGO = "#8a3b12", "edition-logo.svg"
MILLIMETRE = 72 / 25.4


def markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": text}


def chart() -> dict[str, Any]:
    frame = pd.DataFrame({"hour": ["ten", "eleven"], "patients": [3, 5]})
    bars = alt.Chart(frame).mark_bar().encode(x="hour:N", y=alt.Y("patients:Q", title=AXIS))
    return charts.titled(bars, "Eleven is busier", subtitle="Invented", description=ALT).to_dict()


def counted() -> str:
    """Return a question that counts as a page has it that checks nothing."""
    asked = exercises.question(COUNTED)
    return WithheldEntry.model_validate(withheld(asked)).draw(COUNTED, asked.seed, fixed=False).markup()


WIDE = "".join(f"<td>{number}00000000</td>" for number in range(10, 26))
FIRST = [
    markdown(
        "(one-start)=\n## How it starts\n\nTo [the end](two.ipynb#two-end), or [elsewhere](https://example.org/)."
    ),
    code("hidden = 'code behind a figure'", {"application/vnd.vegalite.v5+json": chart()}, tags=["hide-input"]),
    markdown("## A sum\n\n$$\\rho = \\frac{\\lambda}{c \\mu}$$\n\nA word: {term}`bed`."),
    code("frame", {"text/html": f"<table class='dataframe'><tbody><tr>{WIDE}</tr></tbody></table>", "text/plain": "-"}),
    question(ASKED),
    code("counted", {"text/html": counted(), "text/plain": "-"}),
    markdown("## Deeper: why\n\nFolded on the screen, open on paper.\n\n### Further down\n\nWords."),
]
QUOTED = "It is the nurses’ “own” patients’ \u2018bed’."
SECOND = [
    markdown(
        f"(two-end)=\n## How it ends\n\nBack to [the start](one.ipynb#one-start), on [page one](one.ipynb).\n\n{QUOTED}"
    )
]
GLOSSARY = "# Glossary\n\n```{glossary}\nbed\n    Where a patient lies.\n```\n"


def apart(call: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
    """Call in a thread of its own: the one of the tests may hold a browser already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(call, *arguments, **named).result()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> SmallBook:
    folder = tmp_path_factory.mktemp("stage")
    edition = {"institution": WHO, "instructor": "Ada", "accent": ACCENT, "logo": LOGO}
    about = {"title": TITLE, "author": "Ada", "sphinx": {"config": {"opsbook_edition": edition}}}
    (folder / "_config.yml").write_text(yaml.safe_dump(about), encoding="utf8")
    notebooks = {"chapters/one": FIRST, "chapters/two": SECOND}
    book = SmallBook(folder, notebooks, pages={"book/glossary.md": GLOSSARY})
    book.build()
    shutil.copy(Path(__file__).parent / "samples" / "logo.svg", book.html / "_static" / LOGO)
    return book


@pytest.fixture(scope="module")
def pdf(stage: SmallBook) -> bytes:
    file = stage.folder / "out" / "book.pdf"
    apart(paper.write_book, stage.folder, file, site=stage.html)
    return file.read_bytes()


@pytest.fixture(scope="module")
def book(pdf: bytes) -> PdfReader:
    return PdfReader(io.BytesIO(pdf))


@pytest.fixture(scope="module")
def texts(book: PdfReader) -> list[str]:
    return [" ".join(page.extract_text().split()) for page in book.pages]


def structure(book: PdfReader) -> Iterator[DictionaryObject]:
    objects = (book.get_object(number) for number in range(1, int(str(book.trailer["/Size"]))))
    return (each for each in objects if isinstance(each, dict) and each.get("/Type") == "/StructElem")


def links(book: PdfReader) -> Iterator[tuple[int, DictionaryObject]]:
    for number, page in enumerate(book.pages):
        for each in page.get("/Annots", []):
            if each.get_object()["/Subtype"] == "/Link":
                yield number, each.get_object()


def outline(entries: list[Any], depth: int = 0) -> Iterator[tuple[int, str]]:
    for each in entries:
        if isinstance(each, list):
            yield from outline(each, depth + 1)
        else:
            yield depth, each.title


# --- The book --------------------------------------------------------------------------------------------------


def test_the_book_is_tagged_and_says_its_name_and_language(book: PdfReader) -> None:
    root = book.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - pypdf's own kind of truth
    assert root["/StructTreeRoot"]
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712 - as above
    assert book.metadata is not None
    assert book.metadata.title == TITLE
    kinds = Counter(each["/S"] for each in structure(book))
    assert {"/H1", "/H2", "/H3", "/P", "/L", "/Table", "/TR", "/Figure", "/Link"} <= kinds.keys()


def test_a_chart_is_drawn_with_lines_and_read_aloud(book: PdfReader, texts: list[str]) -> None:
    assert [each["/Alt"] for each in structure(book) if each["/S"] == "/Figure"] == [ALT]
    (at,) = [number for number, text in enumerate(texts) if AXIS in text]
    assert {"ten", "eleven"} <= set(texts[at].split())
    drawn = [
        item.get_object()["/Subtype"] for page in book.pages for item in page["/Resources"].get("/XObject", {}).values()
    ]
    assert "/Image" not in drawn


def test_bookmarks_follow_the_contents(book: PdfReader) -> None:
    assert list(outline(book.outline)) == [
        (0, "Contents"),
        (0, "A small book"),
        (0, "First part"),
        (1, "Chapters/One"),
        (2, "How it starts"),
        (2, "A sum"),
        (2, "Deeper: why"),
        (3, "Further down"),
        (1, "Chapters/Two"),
        (2, "How it ends"),
        (0, "Practise"),
        (1, "Exam"),
        (1, "Glossary"),
    ]


def test_every_link_leads_into_the_book_or_to_the_web(book: PdfReader) -> None:
    places = book.named_destinations
    inside = [each["/Dest"] for _, each in links(book) if "/Dest" in each]
    outside = [each["/A"]["/URI"] for _, each in links(book) if "/A" in each]
    assert len(inside) + len(outside) == len(list(links(book)))
    assert set(inside) <= places.keys()
    assert {"/chapters-two--two-end", "/chapters-one--one-start", "/chapters-one", "/book-glossary--term-bed"} <= set(
        inside
    )
    assert set(outside) == {"https://example.org/"}


def test_the_contents_number_the_sheets(book: PdfReader, texts: list[str]) -> None:
    places = book.named_destinations
    sheets = {name: book.get_destination_page_number(place) + 1 for name, place in places.items()}
    for title, name in (
        ("Chapters/One", "/chapters-one"),
        ("Chapters/Two", "/chapters-two"),
        ("Glossary", "/book-glossary"),
    ):
        assert re.search(rf"{title} {sheets[name]}\b", texts[1])
        assert title in texts[sheets[name] - 1]
        assert re.search(rf"^{title} {sheets[name]}\b", texts[sheets[name] - 1])
    assert len(set(sheets.values())) > 2


def test_the_first_sheet_names_the_edition(texts: list[str]) -> None:
    assert texts[0].startswith(f"{TITLE} Ada {WHO}")
    assert "Text under CC BY 4.0" in texts[0]
    assert "no other host" not in " ".join(texts)


def test_what_is_folded_is_printed_but_for_code_and_answers(texts: list[str]) -> None:
    whole, asked = " ".join(texts), exercises.question(ASKED)
    assert "Folded on the screen, open on paper." in whole
    assert all(part in whole for part in sayings(asked.prompt))
    withheld = (*asked.hints, asked.solution, *(slip.feedback for slip in asked.mistakes))
    kept = [part for text in withheld for part in sayings(text)]
    assert len(kept) > len(asked.hints)
    assert not any(part in whole for part in kept)
    for screen in ("code behind a figure", "Show the", "Answers and feedback", "needs JavaScript"):
        assert screen not in whole


def test_a_question_that_counts_has_room_for_a_pen(texts: list[str]) -> None:
    assert "In this unit: minutes. Your answer" in " ".join(texts)


def colours(page: PageObject) -> set[tuple[int, ...]]:
    """Return what a page of a PDF is drawn in."""
    drawn = [operands for operands, operator in page.get_contents().operations if operator == b"rg"]
    return {tuple(round(255 * float(each)) for each in operands) for operands in drawn}


def test_the_edition_s_colour_is_on_its_paper(book: PdfReader) -> None:
    ours = (0x8A, 0x3B, 0x12)
    assert ours in colours(book.pages[0])
    assert not {(0x1F, 0x4E, 0x79), (0x12, 0x3A, 0x5C)} & set().union(*map(colours, book.pages))


def test_an_apostrophe_is_found_as_one(texts: list[str]) -> None:
    assert QUOTED in " ".join(texts)


def test_a_table_wider_than_the_sheet_is_made_to_fit(book: PdfReader) -> None:
    ends: list[float] = []

    def note(text: str, cm: list[float], tm: list[float], *_: object) -> None:
        if "2500000000" in text:
            ends.append(tm[4] * cm[0] + cm[4])

    page = next(each for each in book.pages if "2500000000" in each.extract_text())
    page.extract_text(visitor_text=note)
    cell = page.mediabox.width / len(range(10, 26))
    assert ends
    assert max(ends) < page.mediabox.width - 18 * MILLIMETRE - cell / 2


def test_the_same_book_is_the_same_file(stage: SmallBook, pdf: bytes, tmp_path: Path) -> None:
    again = tmp_path / "book.pdf"
    apart(paper.write_book, stage.folder, again, site=stage.html)
    assert again.read_bytes() == pdf
    assert b"/CreationDate (D:20200101000000+00'00')" in pdf


# --- One page --------------------------------------------------------------------------------------------------


def test_no_two_places_of_the_one_page_share_an_id(stage: SmallBook) -> None:
    page = one_page(stage.html, title_page="", title="T", styles="")
    ids = re.findall(r'\sid="([^"]*)"', page)
    assert len(ids) == len(set(ids)) > 10
    assert {each[1:] for each in re.findall(r'href="(#[^"]*)"', page)} <= set(ids)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("<script>alert(1)</script><p>a &amp; b &#8211; c</p>", "<p>a &amp; b &#8211; c</p>"),
        ('<a href="javascript:alert(1)" onclick="x">w</a>', "<a>w</a>"),
        ("<iframe src='https://example.org'>w</iframe>", ""),
        ('<img src="../_images/a.png" alt="A">', '<img src="site/_images/a.png" alt="A">'),
        ('<a class="r" href="../book/x.html#y">w</a>', '<a class="r" href="#book-x--y">w</a>'),
        ('<a href="../book/gone.html#y">w</a>', "<a>w</a>"),
        ('<a href="#y">w</a><i id="y"></i>', '<a href="#chapters-a--y">w</a><i id="chapters-a--y"></i>'),
        ("<g clip-path='url(#c1)'><path d='M0 0'/></g>", "<g clip-path='url(#chapters-a--c1)'><path d='M0 0'/></g>"),
        (
            "<details class='x'><summary>s</summary>w</details>",
            "<div class='paper-details x'><p class=\"paper-summary\">s</p>w</div>",
        ),
        ('<form hidden class="ops-sliders"><div>w</div></form>v', "v"),
        ("<h5>w</h5><h6>v</h6>", "<h6>w</h6><h6>v</h6>"),
    ],
    ids=lambda text: re.sub(r"\W+", "-", text)[:30],
)
def test_a_page_is_copied_but_for_what_paper_cannot_do(given: str, wanted: str) -> None:
    assert for_paper(given, name="chapters/a", known=["chapters/a", "book/x"], files="site") == wanted


# --- The exam --------------------------------------------------------------------------------------------------


COUNT, SEED = 8, 3


@pytest.fixture(scope="module")
def exam(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("exam")
    assert apart(paper.main, [str(ROOT), str(folder), "--exam", "--questions", str(COUNT), "--seed", str(SEED)]) == 0
    return folder / "exam.pdf", folder / "instructor" / "exam-key.pdf"


@pytest.fixture(scope="module")
def printed(exam: tuple[Path, Path]) -> tuple[str, str]:
    """What stands on both, without what a text extractor puts between words: numbers of sheets, and points."""
    pages = [[page.extract_text() for page in PdfReader(file).pages] for file in exam]
    whole = (" ".join(re.sub(r"^\d+\s|\b\d points?\b", "", text) for text in each) for each in pages)
    asked, key = (" ".join(text.split()) for text in whole)
    return asked, key


def plain(text: str) -> str:
    return " ".join(
        BeautifulSoup(prose.to_html(text).replace("</p>", " </p>").replace("</li>", " </li>"), "html.parser")
        .get_text()
        .split()
    )


def sayings(text: str) -> Iterator[str]:
    """Yield what of a text can be searched for on paper, where lines break and formulas are signs."""
    if "$" not in text:
        parts = (part.strip() for part in re.split(r"[.;:?!]", plain(text)))
        yield from (part for part in parts if re.fullmatch(r"[\w ,’“”–%()-]{20,}", part))


def test_the_exam_asks_and_the_key_answers(printed: tuple[str, str]) -> None:
    asked, key = printed
    searched = 0
    for each in draw_exam(COUNT, seed=SEED):
        assert [part for part in sayings(each.prompt) if part not in asked] == []
        reasons = [option.rationale for option in getattr(each, "options", ())]
        for part in (part for text in (each.solution, each.instructor, *reasons) for part in sayings(text)):
            searched += 1
            assert part in key
            assert part not in asked
    assert searched > COUNT


def test_the_exam_lasts_as_long_as_is_said_and_looks_like_the_edition(
    stage: SmallBook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(paper, "printed", str.encode)
    assert paper.main([str(stage.folder), str(tmp_path), "--exam", "--questions", "1", "--minutes", "5"]) == 0
    logo = (stage.folder / "book" / "_static" / LOGO).as_uri()
    assert "<p>1 question, 5 minutes." in (tmp_path / "exam.pdf").read_text(encoding="utf8")
    for name in ("exam.pdf", "instructor/exam-key.pdf"):
        page = (tmp_path / name).read_text(encoding="utf8")
        assert f"{{ --accent: {ACCENT}; }} }}</style></head>" in page
        assert f'<img class="paper-logo" src="{logo}" alt="">' in page


def test_the_exam_says_nothing_of_its_key(printed: tuple[str, str]) -> None:
    asked, key = printed
    assert f"Exam number {SEED}" in asked
    assert f"{COUNT} questions, 12 minutes" in asked
    for told in ("Right:", "Not right:", "Solution", "For the instructor", "It rests on"):
        assert told not in asked
        assert told == "For the instructor" or told in key


def test_the_same_exam_is_the_same_file(exam: tuple[Path, Path], tmp_path: Path) -> None:
    again = tmp_path / "exam.pdf", tmp_path / "key.pdf"
    apart(paper.write_exam, ROOT, *again, count=COUNT, seed=SEED)
    assert [each.read_bytes() for each in again] == [each.read_bytes() for each in exam]


def test_every_section_has_a_name() -> None:
    sections = paper._Sections(ROOT)
    named = {each.id: sections.name(each) for each in draw_exam(80, seed=1)}
    assert all(re.fullmatch(r"“[^”]+”, “[^”]+”", name) for name in named.values()), named


def test_more_questions_than_there_are_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert paper.main([str(ROOT), str(tmp_path), "--exam", "--questions", "99999"]) == 1
    assert "`count` must be at most" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


# --- Nothing to print with -------------------------------------------------------------------------------------


def test_without_chromium_one_message_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr("opsbook.publishing.chromium._candidates", lambda: iter(("", "/nowhere/chromium")))
    assert paper.main([str(ROOT), str(tmp_path), "--exam"]) == 1
    said = capsys.readouterr().err
    assert "Install Chromium or Google Chrome" in said
    assert "leave `book-pdf` and `exam-pdf` out of `outputs`" in said
    assert list(tmp_path.iterdir()) == []


def test_without_playwright_one_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "playwright.sync_api", None)
    with pytest.raises(printing.NoPressError, match=re.escape("pip install 'opsbook[edition]'")):
        printing.printed("<p>w</p>")


def test_a_stage_is_built_where_nobody_else_builds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    ran: list[list[str]] = []

    def fail(command: list[str], **_: object) -> Any:
        ran.append(command)
        return type("Done", (), {"returncode": 1, "stdout": "", "stderr": "one warning"})()

    monkeypatch.setattr("opsbook.publishing.editions.paper.subprocess.run", fail)
    with pytest.raises(RuntimeError, match="one warning"):
        paper.write_book(tmp_path, tmp_path / "book.pdf")
    assert ran[0][-2] == "--path-output"
    assert not Path(ran[0][-1]).is_relative_to(tmp_path)
