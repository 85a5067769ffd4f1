"""Whatever is kept from students is found again in what they get, in every form, and nothing else is."""

import base64
import gzip
import html
import io
import json
import re
import shutil
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from opsbook.located import write
from opsbook.publishing.editions import kept_back, leaks, staging
from opsbook.publishing.editions.plan import checked
from opsbook.publishing.editions.streams import Secrets
from opsbook.publishing.editions.withholding import withhold

from .built import ROOT
from .small_stage import POLICY, SHOWN, Canaries

SENTENCE = "The second desk halves the wait, since both clerks draw from one & the same line."
# Where stripping takes out a whole file, and where nothing is searched because it is no student's.
LEFT_BEHIND = {
    "comment in the settings",
    "edition file",
    "file beside the pages",
    "file beside the data",
    "page that no contents name",
    "old copy of the bank",
    "bank inside the library",
}


@pytest.fixture(scope="module")
def secrets(whole: tuple[Path, Canaries]) -> Secrets:
    return kept_back.secrets(whole[0], POLICY)


def test_what_students_get_gives_nothing_away(bare: Path, secrets: Secrets) -> None:
    assert leaks.scan(bare, secrets) == []


def test_with_solutions_shown_the_students_stage_is_clean_too(whole: tuple[Path, Canaries], tmp_path: Path) -> None:
    withhold(whole[0], tmp_path / "shown", SHOWN)
    assert leaks.scan(tmp_path / "shown", kept_back.secrets(whole[0], SHOWN)) == []


def test_each_canary_is_found_where_the_stripping_is_bypassed(
    whole: tuple[Path, Canaries], bare: Path, secrets: Secrets, tmp_path: Path
) -> None:
    folder, canaries = whole
    streams = "\n".join(each.stream.lower().replace("-", "") for each in secrets.texts)
    missing = {place for place, text in canaries.texts.items() if number_of(text) not in streams}
    # A canary that is not secret by its place cannot be known: these are proven absent with the withholding.
    assert {each for each in missing if not each.startswith("attachment")} == LEFT_BEHIND
    bypassed = tmp_path / "bypassed"
    shutil.copytree(bare, bypassed)
    for name in ("exercises/bank/own.yml", "chapters/own.ipynb", "exercises/own.ipynb", "chapters/own-page.md"):
        shutil.copyfile(folder / name, bypassed / name)
    shutil.copyfile(folder / "book/instructor-guide.md", bypassed / "book/instructor-guide.md")
    findings = "\n".join(leaks.scan(bypassed, secrets))
    assert [each.name for each in secrets.texts if f": {each.name} (" not in findings] == []


def number_of(text: str) -> str:
    return text.partition(" ")[0].lower().replace("-", "")


@pytest.mark.parametrize("field", ["hint", "solution", "instructor", "feedback wrong", "rationale right"])
@pytest.mark.parametrize("place", ["datasets/log.csv", "book/_static/logo.svg", "book/index.md", "src/opsbook/x.py"])
def test_a_secret_is_found_wherever_an_author_may_have_put_it_again(
    field: str, place: str, whole: tuple[Path, Canaries], secrets: Secrets, tmp_path: Path
) -> None:
    canary = whole[1].texts[f"{field} of counted"]
    target = tmp_path / place
    target.parent.mkdir(parents=True)
    target.write_text(f"<svg><!-- {canary} --></svg>" if place.endswith("svg") else f"a\n{canary}\n", encoding="utf8")
    (finding,) = leaks.scan(tmp_path, secrets)
    assert finding.startswith(f"{place}: ")
    assert "own/counted" in finding


# --- In every form -----------------------------------------------------------------------------------------------


def packed(name: str, data: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return buffer.getvalue()


def paper(text: str) -> bytes:
    """Return a small PDF that shows `text` in two lines."""
    half = text.rindex(" ", 0, len(text) // 2)
    shown = f"BT /F1 10 Tf 20 200 Td ({text[:half]}) Tj 0 -12 Td ({text[half + 1 :]}) Tj ET"
    font = "<< /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >>"
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 300] /Contents 4 0 R /Resources << /Font {font} >> >>",
        f"<< /Length {len(shown)} >>\nstream\n{shown}\nendstream",
    ]
    data, places = "%PDF-1.4\n", []
    for number, each in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{each}\nendobj\n"
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 5\n0000000000 65535 f \n{table}trailer << /Size 5 /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF"
    return (data + end).encode()


def wrapped(text: str) -> str:
    encoded = base64.b64encode(f"Before it. {text}".encode()).decode()
    return "\n".join(encoded[start : start + 76] for start in range(0, len(encoded), 76))


def marked(text: str) -> str:
    words = html.escape(text).split()
    return "<p>" + " ".join(f"<b>{word[:1]}</b>{word[1:]}" if word[0] != "&" else word for word in words)


def in_notebook(text: str) -> bytes:
    outputs = [{"output_type": "stream", "name": "stdout", "text": [text[:30], text[30:]]}]
    cell = {"cell_type": "code", "source": [], "metadata": {}, "outputs": outputs}
    return json.dumps({"cells": [cell]}, indent=1).encode()


FORMS: dict[str, tuple[str, Callable[[str], bytes]]] = {
    "as text": ("a.txt", str.encode),
    "over lines, in capitals": ("a.md", lambda text: text.upper().replace(" ", "\n  ").encode()),
    "as entities": ("a.html", lambda text: f"<p>{html.escape(text)}</p>".encode()),
    "as numbers of characters": ("a.html", lambda text: "".join(f"&#{ord(each)};" for each in text).encode()),
    "split by markup": ("a.html", lambda text: marked(text).encode()),
    "in an attribute": ("a.html", lambda text: f'<p data-note="{html.escape(text)}">Words.</p>'.encode()),
    "in a script of a page": (
        "a.html",
        lambda text: f"<script>{json.dumps({'html': f'<p>{text}</p>'})}</script>".encode(),
    ),
    "JSON-escaped": ("a.json", lambda text: json.dumps({"a": text.replace(" ", '\n"')}).encode()),
    "JSON within JSON": ("a.json", lambda text: json.dumps({"a": json.dumps(text.replace(" ", "\n"))}).encode()),
    "u-escaped": ("a.js", lambda text: ('x = "' + "".join(f"\\u{ord(each):04x}" for each in text) + '";').encode()),
    "percent-encoded": ("a.svg", lambda text: text.replace(" ", "%20").replace(",", "%2C").encode()),
    "base64": ("a.txt", lambda text: base64.b64encode(text.encode())),
    "base64, one byte on": ("a.txt", lambda text: base64.b64encode(f"x{text}".encode())),
    "base64, two bytes on": ("a.txt", lambda text: base64.b64encode(f"xy{text}y".encode())),
    "base64 after other letters": ("a.js", lambda text: b"abc" + base64.b64encode(text.encode())),
    "base64 in lines": ("a.txt", lambda text: wrapped(text).encode()),
    "base64 in lines in JSON": ("a.ipynb", lambda text: json.dumps({"cells": [], "data": wrapped(text)}).encode()),
    "base64 of a packed file": (
        "a.html",
        lambda text: b"<a href='data:x;base64," + base64.b64encode(gzip.compress(text.encode())) + b"'>",
    ),
    "packed": ("a.txt.gz", lambda text: gzip.compress(text.encode())),
    "in an archive": ("a.zip", lambda text: packed("b/c.txt", text.encode())),
    "in an archive in an archive": (
        "a.whl",
        lambda text: packed("b.zip", packed("c.txt", gzip.compress(text.encode()))),
    ),
    "in other encodings": ("a.txt", lambda text: text.encode("utf-16")),
    "in a picture": ("a.png", lambda text: b"\x89PNG\r\n\x1a\n\xff\xfe\x00tEXt" + text.encode() + b"\x00\xff\xfe"),
    "on paper": ("a.pdf", paper),
    "in a notebook's output": ("a.ipynb", in_notebook),
    "in a list of words": (
        "searchindex.js",
        lambda text: ("Search.setIndex(" + json.dumps({"titles": [text]}) + ")").encode(),
    ),
}


@pytest.fixture(scope="module")
def sentence(tmp_path_factory: pytest.TempPathFactory) -> Secrets:
    return kept(tmp_path_factory.mktemp("kept"), SENTENCE)


def kept(
    folder: Path, solution: str, *, chapter: str = "# Own\n\nWords.\n", practised: str = "Not this one."
) -> Secrets:
    """Return what is secret in a stage of one chapter, whose exercise is solved in these words."""
    cells = [{"cell_type": "markdown", "id": "a", "metadata": {"tags": ["solution"]}, "source": solution}]
    options = [
        {"id": "a", "text": "The first", "correct": True},
        {"id": "b", "text": "The other", "correct": False, "feedback": practised},
    ]
    about = {
        "objective": "own/1",
        "section": "own",
        "difficulty": 1,
        "points": 1,
        "pool": ["check"],
        "prompt": "Which?",
    }
    bank = write({"questions": [{"id": "which", "kind": "choice", **about, "options": options}]})
    for name, text in {
        "book/references.bib": "",
        "chapters/own.md": chapter,
        "exercises/own.ipynb": json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
        "exercises/bank/own.yml": bank,
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf8")
    return kept_back.secrets(folder, POLICY)


@pytest.mark.parametrize("form", FORMS)
def test_a_secret_is_found_in_every_form(form: str, sentence: Secrets, tmp_path: Path) -> None:
    name, written = FORMS[form]
    (tmp_path / name).write_bytes(
        written("Nothing of what is kept back stands in these words, however they are written.")
    )
    assert leaks.scan(tmp_path, sentence) == []
    (tmp_path / name).write_bytes(written(SENTENCE))
    (finding,) = leaks.scan(tmp_path, sentence)
    assert finding.startswith(name)
    assert "solution in cell 1 of exercises/own (" in finding
    assert finding.endswith('): "The second desk halves the wait, since both clerks draw from one…"')


def test_a_finding_quotes_what_is_given_away_and_not_how_it_begins(tmp_path: Path) -> None:
    first, second = LONG.split(". ")
    held = kept(tmp_path / "stage", LONG, chapter=f"# Own\n\n{first}.\n")
    (tmp_path / "a.txt").write_text(f"NOW, {second.upper()}", encoding="utf8")
    (finding,) = leaks.scan(tmp_path / "a.txt", held)
    assert finding.endswith(f'(as text): "{second[:64].rstrip()}…"')


def test_what_is_secret_can_be_written_and_read_again(secrets: Secrets) -> None:
    assert Secrets.load(secrets.dump()) == secrets


# --- What students may read ----------------------------------------------------------------------------------------


LONG = (
    "Both clerks draw from one line, so none of them is idle while somebody waits at the other desk. "
    "That the wait falls by more than half is what the formula says and what intuition misses."
)


def test_what_a_chapter_says_is_no_secret(tmp_path: Path) -> None:
    held = kept(tmp_path / "stage", LONG, chapter=f"# Own\n\nWe saw: *{LONG}*\n")
    assert held.texts == ()


def test_of_a_solution_that_quotes_the_chapter_the_rest_is_secret(tmp_path: Path) -> None:
    first, second = LONG.split(". ")
    held = kept(tmp_path / "stage", LONG, chapter=f"# Own\n\n{first}.\n")
    page = tmp_path / "page.html"
    page.write_text(f"<p>{first}.</p>", encoding="utf8")
    assert leaks.scan(page, held) == []
    page.write_text(f"<p>{second}</p>", encoding="utf8")
    assert len(leaks.scan(page, held)) == 1


def test_what_is_said_of_a_practised_answer_is_no_secret(tmp_path: Path) -> None:
    assert kept(tmp_path / "stage", LONG, practised=LONG).texts == ()


def test_a_leak_does_not_excuse_itself(tmp_path: Path) -> None:
    # It stands in the solution alone; that it also stands in what students get is just what is wrong.
    held = kept(tmp_path / "stage", LONG)
    student = tmp_path / "student"
    for place in ("a.html", "b.md"):
        student.mkdir(exist_ok=True)
        (student / place).write_text(LONG, encoding="utf8")
    assert len(leaks.scan(student, held)) == 2


WRONG = """\
both = [each for each in minutes if each > promised_minutes]
mean = sum(both) / len(minutes)
share_late = 1 - len(both) / len({round(each, 1) for each in minutes})"""
RIGHT = WRONG.replace("{round(each, 1) for each in minutes}", "minutes")


def test_where_solutions_are_shown_what_a_wrong_answer_shares_with_one_is_no_secret(tmp_path: Path) -> None:
    stage, student = tmp_path / "stage", tmp_path / "solutions.ipynb"
    kept(stage, LONG)
    about = {"nbgrader": {"solution": True}, "opsbook": {"wrong": [{"source": WRONG}]}}
    source = f"def late(minutes):\n    ### BEGIN SOLUTION\n{RIGHT}\n    ### END SOLUTION"
    cells = [{"cell_type": "code", "id": "a", "metadata": about, "source": source, "outputs": []}]
    (stage / "exercises/own.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf8")
    student.write_text(json.dumps({"cells": [{"source": RIGHT}]}), encoding="utf8")
    assert leaks.scan(student, kept_back.secrets(stage, SHOWN)) == []
    found = leaks.scan(student, kept_back.secrets(stage, POLICY))
    assert [each.partition(" (")[0] for each in found] == [
        f"{student.name}: {what} cell 1 of exercises/own" for what in ("metadata of", "solution in")
    ]
    student.write_text(json.dumps({"cells": [{"source": WRONG}]}), encoding="utf8")
    (finding,) = leaks.scan(student, kept_back.secrets(stage, SHOWN))
    assert "metadata of cell 1 of exercises/own" in finding


def with_own(stage: Path, chapter: str, **answers: Any) -> Secrets:
    """Return what is secret in the stage with an instructor's chapter and bank, whose one question counts."""
    about = {"objective": "ours/1", "section": "ours", "difficulty": 1, "points": 1, "pool": ["check"]}
    feedback = answers.pop("feedback", "Read the chapter.")
    options = [
        {"id": "a", "text": "The first", "correct": True, "rationale": "It is."},
        {"id": "b", "text": "The other", "correct": False, "rationale": "Not so.", "feedback": feedback},
    ]
    asked = {"id": "counts", "kind": "choice", "graded": True, "prompt": "Which?", "options": options, **answers}
    for name, text in {
        "_config.yml": "sphinx: {config: {opsbook_edition: {own: [ours]}}}\n",
        "book/index.md": f"# Course\n\n- **Ours.** {chapter}\n",
        "chapters/ours.md": f"# Ours\n\n{chapter}\n",
        "exercises/bank/ours.yml": write({"questions": [{**about, **asked}]}),
    }.items():
        (stage / name).write_text(text, encoding="utf8")
    return kept_back.secrets(stage, POLICY)


OWN = "A guest who has read the price list on the stairs asks for it again at the desk."


def test_a_solution_that_was_copied_into_an_own_chapter_is_found(tmp_path: Path) -> None:
    kept(tmp_path, LONG)
    held = with_own(tmp_path, f"{LONG} {OWN}", solution=OWN)
    found = leaks.scan(tmp_path / "chapters" / "ours.md", held)
    assert [each.partition(" (")[0] for each in sorted(found)] == [
        "ours.md: solution in cell 1 of exercises/own",
        "ours.md: solution of ours/counts",
    ]
    # The course's own words are no secret there.
    kept(tmp_path, LONG, chapter=f"# Own\n\n{LONG}\n")
    held = with_own(tmp_path, f"{LONG} {OWN}")
    assert leaks.scan(tmp_path / "chapters" / "ours.md", held) == []


@pytest.mark.parametrize("kind", ["hints", "feedback", "comment", "prompt", "exam"])
def test_own_words_are_no_secret_where_they_belong_to_what_repeats_them(kind: str, tmp_path: Path) -> None:
    kept(tmp_path, LONG)
    # What is asked and what points to the chapter may quote it, a comment the text beside it.
    answers: dict[str, Any] = {
        "hints": {"hints": [OWN]},
        "feedback": {"feedback": OWN},
        "comment": {},
        "prompt": {"prompt": OWN},
        "exam": {"prompt": OWN, "pool": ["exam"], "graded": False},
    }[kind]
    chapter = f"{OWN} <!-- {OWN} -->" if kind == "comment" else OWN
    held = with_own(tmp_path, chapter, **answers)
    assert leaks.scan(tmp_path / "chapters" / "ours.md", held) == []


def test_a_solution_may_repeat_what_its_question_says(tmp_path: Path) -> None:
    kept(tmp_path, LONG)
    held = with_own(tmp_path, "Words.", prompt=OWN, solution=OWN)
    assert [each.name for each in held.texts if "ours" in each.name] == []


@pytest.mark.parametrize(
    "text", ["Yes.", "Take the mean.", "45 minutes: 0.75 h.", "a  =  b  +  c  -  d  / e", "- " * 20]
)
def test_short_words_are_no_secrets(text: str, tmp_path: Path) -> None:
    assert kept(tmp_path / "stage", text).texts == ()


SIGNS = {
    "formula": ("$\\rho = \\lambda / (c\\mu)$", "a.md", "So $\\rho=\\lambda/(c\\mu)$ is it."),
    "formula in a page": ("$\\rho = \\lambda / (c\\mu)$", "a.html", "<p>So \\(\\rho = \\lambda / (c\\mu)\\)</p>"),
    "sum": ("x = a + b * c - d / e", "a.py", "y = 1\nx = a + b * c - d / e\n"),
    "sum in a page": ("x = a + b * c - d / e", "a.html", "<pre>x <b>=</b> a + b * c\n - d / e</pre>"),
    "figures": ("**12 × 3 / 4 + 5 = 14**", "a.json", json.dumps({"a": "12 × 3 / 4 + 5 = 14"})),
    "numbers": ("0.5 / 0.25 / 0.125 / 0.0625", "a.txt", "0.5 / 0.25 / 0.125\n/ 0.0625"),
}


@pytest.mark.parametrize("case", SIGNS)
def test_a_text_of_few_letters_is_known_by_its_signs(case: str, tmp_path: Path) -> None:
    solution, name, given = SIGNS[case]
    held = kept(tmp_path / "stage", solution)
    page = tmp_path / "student" / name
    page.parent.mkdir()
    page.write_text(re.sub(r"/(?=[ (])", "-", given), encoding="utf8")
    assert leaks.scan(page, held) == []
    page.write_text(given, encoding="utf8")
    assert len(leaks.scan(page, held)) == 1
    assert Secrets.load(held.dump()) == held
    # What the chapter says is no secret here, either.
    assert kept(tmp_path / "stage", solution, chapter=f"# Own\n\nAs {solution} says.\n").texts == ()


PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 6).decode()
SHOWN_BY_A_SOLUTION = {
    "printed": ({"output_type": "stream", "text": [SENTENCE]}, "a.txt", SENTENCE.encode()),
    "formula": ({"data": {"text/latex": [f"$$\\text{{{SENTENCE}}}$$"]}}, "a.txt", SENTENCE.encode()),
    "JSON": ({"data": {"application/json": {"a": [1, {"b": SENTENCE}]}}}, "a.js", json.dumps([SENTENCE]).encode()),
    "drawing": ({"data": {"image/svg+xml": ["<svg>", f"<text>{SENTENCE}</text></svg>"]}}, "a.html", SENTENCE.encode()),
    "picture": ({"data": {"image/png": PICTURE}}, "a.ipynb", json.dumps({"data": PICTURE}).encode()),
    "picture as a file": ({"data": {"image/png": PICTURE}}, "a.png", base64.b64decode(PICTURE)),
    "error": (
        {"output_type": "error", "evalue": "", "traceback": [f"\x1b[0;31m{SENTENCE[:40]}\x1b[0m{SENTENCE[40:]}"]},
        "a.txt",
        SENTENCE.encode(),
    ),
}


@pytest.mark.parametrize("case", SHOWN_BY_A_SOLUTION)
def test_whatever_a_solution_shows_is_secret(case: str, tmp_path: Path) -> None:
    output, name, given = SHOWN_BY_A_SOLUTION[case]
    stage = tmp_path / "stage"
    kept(stage, SENTENCE)
    cells = [{"cell_type": "code", "id": "a", "metadata": {"tags": ["solution"]}, "source": "x", "outputs": [output]}]
    (stage / "exercises/own.ipynb").write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf8")
    (tmp_path / name).write_bytes(given)
    (finding,) = leaks.scan(tmp_path / name, kept_back.secrets(stage, POLICY))
    assert "solution in cell 1 of exercises/own (" in finding


def beside_the_page(written: bytes, form: str) -> bytes:
    """Return a PDF in which a string stands beside the page: in an object, or in a packed stream of objects."""
    entry = b"<< /Type /StructElem /S /Figure /Alt " + written + b" >>"
    if form == "packed":
        entry = zlib.compress(b"7 0 " + entry)
        entry = b"<< /Type /ObjStm /N 1 /First 4 /Filter /FlateDecode >>\nstream\n" + entry + b"\nendstream"
    page = paper("Nothing of what is kept back stands here.")
    return page.replace(b"startxref", b"9 0 obj\n" + entry + b"\nendobj\nstartxref")


@pytest.mark.parametrize("form", ["plain", "packed"])
@pytest.mark.parametrize("letters", ["escaped", "wide", "figures"])
def test_what_stands_beside_the_pages_of_a_pdf_is_found(
    letters: str, form: str, sentence: Secrets, tmp_path: Path
) -> None:
    wide = b"\xfe\xff" + SENTENCE.encode("utf-16-be")
    written = {
        "escaped": b"(\\(see\\) (" + SENTENCE.replace("desk", "d\\145sk").replace("both", "bo\\\nth").encode() + b"))",
        "wide": b"(" + wide.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)") + b")",
        "figures": b"<" + wide.hex().encode() + b">",
    }[letters]
    (tmp_path / "a.pdf").write_bytes(beside_the_page(written, form))
    (finding,) = leaks.scan(tmp_path, sentence)
    assert finding.startswith("a.pdf: solution in cell 1")


def test_an_exam_may_show_what_it_asks(secrets: Secrets, whole: tuple[Path, Canaries], tmp_path: Path) -> None:
    asked, told = (whole[1].texts[f"{place} of examined"] for place in ("prompt", "rationale right"))
    asked += " What is asked in the question examined?"
    for name, text, count in (("book.pdf", asked, 1), ("exam.pdf", asked, 0), ("exam.pdf", told, 1)):
        path = tmp_path / name
        path.write_bytes(paper(text))
        assert len(leaks.scan(path, secrets)) == count, (name, text)


# --- Keys by their place --------------------------------------------------------------------------------------------

_ITEM = {"id": "own/counted", "kind": "choice", "options": [{"id": "a", "correct": True}]}
PLACES = {
    "bank": ("own.yml", "questions:\n- id: counted\n  options: [{id: a, text: A, correct: true}]\n", "correct beside"),
    "number": (
        "own.yml",
        "questions:\n- {id: counted-number, answer: 3.0, tolerance: {relative: 0.1}}\n",
        "answer, tol",
    ),
    "groups": ("own.yml", "questions:\n- {id: counted-groups, groups: [{id: a, items: [{id: b}]}]}\n", "groups beside"),
    "note": (
        "other.yml",
        "questions:\n- {id: any, instructor: No.}\n",
        "a note for instructors in the question other/any",
    ),
    "tests": (
        "other.yml",
        "questions:\n- {id: any, tests: [{code: x, hidden: true}]}\n",
        "hidden tests in the question",
    ),
    "json": ("a.json", json.dumps([{"deep": _ITEM}]), "correct beside the question own/counted"),
    "by name": ("a.json", json.dumps({"own/counted": {"low": 1, "high": 2}}), "high, low beside"),
    "script": ("a.js", f"window.x = {json.dumps({'a': _ITEM})};", "correct beside"),
    "loose script": ("a.js", "x = {kind: 'choice', id: 'own/counted', answer: 'b'}", "answer beside"),
    "payload": (
        "a.html",
        '<ops-question data-question="own/counted" data-kind="choice"><script type="application/json">'
        + json.dumps({"id": "own/counted", "variants": [{"key": ["a", "b"]}]})
        + "</script></ops-question>",
        "key beside",
    ),
    "attribute": (
        "a.html",
        '<ops-question data-question="own/counted"><i data-correct="a"></i></ops-question>',
        "correct",
    ),
    "without script": (
        "a.html",
        '<ops-question data-question="own/counted"><details class="ops-key">B</details></ops-question>',
        "key beside",
    ),
    "markup in a script": (
        "a.js",
        f"add({json.dumps({'own/examined': {'markup': '<ops-question data-question=own/x><i data-answer=1></i>'}})});",
        "answer beside",
    ),
    "tag": (
        "a.ipynb",
        json.dumps({"cells": [{"cell_type": "markdown", "source": "B", "metadata": {"tags": ["solution"]}}]}),
        "a cell tagged `solution`, its cell 1",
    ),
    "marker": (
        "a.ipynb",
        json.dumps({"cells": [{"cell_type": "code", "source": "# BEGIN SOLUTION\n3", "metadata": {}}]}),
        "the marker `BEGIN SOLUTION` in its cell 1",
    ),
    "marker for who teaches": (
        "a.ipynb",
        json.dumps({"cells": [{"cell_type": "markdown", "source": "### BEGIN INSTRUCTOR", "metadata": {}}]}),
        "the marker `BEGIN INSTRUCTOR` in its cell 1",
    ),
    "marker in a page": ("a.md", "# A\n\n=== BEGIN MARK SCHEME ===\n", "the marker `BEGIN MARK SCHEME` in its line 3"),
    "marker in a source": ("a.md.txt", "# A\n### END INSTRUCTOR\n", "the marker `END INSTRUCTOR` in its line 2"),
    "wrong answers": (
        "a.ipynb",
        json.dumps({"cells": [{"cell_type": "code", "source": "", "metadata": {"opsbook": {"wrong": []}}}]}),
        "wrong answers in the metadata of its cell 1",
    ),
}


@pytest.mark.parametrize("place", PLACES)
def test_a_key_too_short_to_search_for_is_found_by_its_place(place: str, secrets: Secrets, tmp_path: Path) -> None:
    name, text, what = PLACES[place]
    path = tmp_path / name
    path.write_text(text, encoding="utf8")
    findings = leaks.scan(path, secrets)
    assert findings
    assert all(each.startswith(f"{name}: ") for each in findings)
    assert what in findings[0]
    path.write_text(text.replace("own/counted", "own/practised").replace("counted", "practised"), encoding="utf8")
    if "own/counted" in text or "id: counted" in text:
        assert leaks.scan(path, secrets) == [], "a question for practice carries what it is marked by"


def test_a_catalogue_that_names_a_question_gives_nothing_away(secrets: Secrets, tmp_path: Path) -> None:
    about = {"objective": "own/1", "kind": "withheld", "title": "What is asked?", "points": 2, "url": "../a.html#q"}
    (tmp_path / "catalogue.js").write_text(f"x = {json.dumps({'questions': {'own/counted': about}})};", encoding="utf8")
    practised = json.dumps({**_ITEM, "id": "own/practised"})
    (tmp_path / "a.html").write_text(
        '<ops-question data-question="own/counted" data-kind="withheld"><p>Words.</p></ops-question>'
        f'<ops-question data-question="own/practised"><script type="application/json">{practised}</script>',
        encoding="utf8",
    )
    assert leaks.scan(tmp_path, secrets) == []


# --- The whole course -----------------------------------------------------------------------------------------------


def test_the_solutions_of_the_course_give_nothing_else_away(tmp_path: Path) -> None:
    (tmp_path / "all.yml").write_text("title: All of it\nsolutions: shown\n", encoding="utf8")
    staging.stage(checked(tmp_path / "all.yml", ROOT), tmp_path / "whole")
    withhold(tmp_path / "whole", tmp_path / "bare", SHOWN)
    held = kept_back.secrets(tmp_path / "whole", SHOWN)
    names = {path.name for path in (ROOT / "exercises").glob("*.ipynb")}
    assert {path.name for path in (tmp_path / "bare" / "solutions").iterdir()} >= names
    assert leaks.scan(tmp_path / "bare" / "solutions", held) == []
    # The search finds what is there to be found.
    assert len(leaks.scan(tmp_path / "whole" / "exercises" / "service-delivery.ipynb", held)) > 1


# --- A whole output -------------------------------------------------------------------------------------------------


def test_everything_that_students_get_of_an_edition_is_searched(
    secrets: Secrets, whole: tuple[Path, Canaries], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    canary = whole[1].texts["solution of counted"]
    with pytest.raises(FileNotFoundError, match=r"secrets\.json is missing"):
        leaks.check(tmp_path)
    (tmp_path / "instructor").mkdir()
    for damaged in (
        "PK",
        "[]",
        '{"texts": [], "hidden": true}',
        '{"hidden": true, "keyless": [], "texts": [{"code": 1}]}',
    ):
        (tmp_path / "instructor" / leaks.SECRETS_FILE).write_text(damaged, encoding="utf8")
        with pytest.raises(ValueError, match=r"secrets\.json does not say what is secret"):
            leaks.check(tmp_path)
    (tmp_path / "instructor" / leaks.SECRETS_FILE).write_text(secrets.dump(), encoding="utf8")
    for name in ("lms/own.csv", "grading/source/a.txt", "instructor/a.txt"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(canary, encoding="utf8")
    assert leaks.check(tmp_path) == []
    given = ("student/html/a.html", "grading/release/a.txt", "book.pdf", "new/a.txt")
    for name in given:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(paper(canary) if name.endswith("pdf") else canary.encode())
    found = leaks.check(tmp_path)
    assert sorted(each.partition(":")[0] for each in found) == sorted(given)
    # A build searches what is ready, and not every edition has all of it.
    assert leaks.main([str(tmp_path), "book.pdf", "grading/release", "exam.pdf"]) == 0
    assert capsys.readouterr().out.splitlines() == [each for each in found if each.startswith(("book", "grading"))]
