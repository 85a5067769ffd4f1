"""An edition's file: what is read from it, every problem of its form, the schema, new files and the samples."""

import json
import random
import re
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from opsbook.errors import EditionError
from opsbook.publishing import colours
from opsbook.publishing.editions.new import EXAMPLES, new
from opsbook.publishing.editions.schema import SCHEMA, schema, text
from opsbook.publishing.editions.settings import OUTPUTS, After, Exam, OwnPart, Seed, Settings, is_own, of_text

from .reading import read

ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "book" / "editions").glob("*.yml"))
THEME = ROOT / "src" / "opsbook" / "publishing" / "theme" / "static" / "opsbook.css"

CHAPTER = "# Our hotel\n\nTwelve rooms.\n"
BANK = """questions:
  - id: rooms
    kind: reflect
    prompt: What would you count first?
    section: our-hotel-rooms
    objective: our-hotel/1
    difficulty: 1
    points: 1
    pool: [exercise]
    hints: [Begin at the door.]
    solution: Count at the door.
"""
WHOLE = """
title: Service operations for hotels
subtitle: <b>Bold</b> & {{ plain }}
institution: École hôtelière
instructor: A. B.
contact: a.b@example.org
logo: images/logo.svg
accent: "#0B5CAD"
term:
  start: 2026-09-07
  every: [monday, thursday]
  weeks: 12
  holidays: [2026-10-05, {from: 2026-12-21, to: 2027-01-03, name: Winter}]
include:
  - Contact
  - case-hospitality
  - our-hotel.md
  - part: Our part
    chapters: [service-delivery, more/our-kitchen.ipynb]
exclude: [employee-performance, faq]
drop: [some-section-label, service-design/some-question]
requires: ignore
links: to full book
full_book: https://example.org/book
points: {service-design/some-question: 4, service-delivery/other: 0.5}
data: {tips: our-tips.csv, contact_log: {seed: 7}}
solutions: {after: 2026-12-18}
seed: 7
exam: {questions: 40, seed: 3}
outputs: [lms, student-html]
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of an instructor, with own files, as the current one."""
    (tmp_path / "images").mkdir()
    (tmp_path / "more").mkdir()
    (tmp_path / "images" / "logo.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"/>')
    (tmp_path / "our-hotel.md").write_text(CHAPTER)
    (tmp_path / "more" / "our-kitchen.ipynb").write_text(json.dumps({"nbformat": 4, "cells": []}))
    (tmp_path / "our-tips.csv").write_text("a,b\n1,2\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def problems(content: str) -> list[str]:
    with pytest.raises(EditionError) as caught:
        of_text(content, Path("e.yml"))
    assert str(caught.value) == "\n".join(caught.value.problems)
    return caught.value.problems


# --- What is read ------------------------------------------------------------------------------------------------


def test_a_title_is_enough() -> None:
    settings = of_text("title: Beds", Path("e.yml"))
    assert (settings.title, settings.term, settings.include, settings.logo) == ("Beds", None, (), None)
    assert (settings.requires, settings.links, settings.solutions) == ("error", "drop", "hidden")
    assert (settings.seed, settings.exam, settings.outputs) == (0, Exam(questions=None, seed=1), OUTPUTS)


def test_every_key_is_read() -> None:
    Path("e.yml").write_text(WHOLE, encoding="utf-8")
    settings = read(Path("e.yml"))
    assert settings.subtitle == "<b>Bold</b> & {{ plain }}"  # text stays what it is; who writes it escapes it
    assert settings.logo == Path("images/logo.svg")
    assert settings.accent == "#0b5cad"
    part = settings.include[3]
    assert isinstance(part, OwnPart)
    assert (part.part, part.chapters) == ("Our part", ("service-delivery", "more/our-kitchen.ipynb"))
    assert settings.include[:3] == ("Contact", "case-hospitality", "our-hotel.md")
    named = [name for each in settings.include for name in (each.chapters if isinstance(each, OwnPart) else (each,))]
    assert tuple(filter(is_own, named)) == ("our-hotel.md", "more/our-kitchen.ipynb")
    assert settings.full_book == "https://example.org/book/"
    assert settings.points == {"service-design/some-question": 4, "service-delivery/other": 0.5}
    assert settings.data == {"tips": "our-tips.csv", "contact_log": Seed(seed=7)}
    assert settings.solutions == After.model_construct(after=date(2026, 12, 18))
    assert (settings.file, settings.folder) == (Path("e.yml"), Path())
    assert set(Settings.model_fields) - {"banks"} == set(yaml.safe_load(WHOLE))
    assert valid(WHOLE)


def as_text(value: object) -> object:
    """A value with its days as text, as YAML 1.2 and JSON have them."""
    if isinstance(value, dict):
        return {key: as_text(each) for key, each in value.items()}
    if isinstance(value, list):
        return [as_text(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        of_text("title: Beds", Path("e.yml")).title = "Rooms"


def test_problems_of_names_are_told_like_those_of_form() -> None:
    settings = of_text(WHOLE, Path("e.yml"))
    assert settings.located(("include", 3, "chapters", 0), "is no chapter.").startswith(
        "e.yml:19: include[4].chapters[1]: is"
    )
    assert settings.located(("banks",), "are missing.") == "e.yml:2: banks: are missing."


def test_weekdays_make_sessions() -> None:
    term = of_text(WHOLE, Path("e.yml")).term
    assert term is not None
    days = [date(2026, 9, 7) + timedelta(days=number) for number in range(84)]
    assert list(term.dates) == [day for day in days if day.strftime("%A") in {"Monday", "Thursday"}]
    assert len(term.dates) == 24
    assert [day for day in term.dates if term.holiday(day)] == [date(2026, 10, 5)]
    assert [term.holiday(date(2026, 12, 20) + timedelta(days=number)) for number in (0, 1, 14, 15)] == [
        "",
        "Winter",
        "Winter",
        "",
    ]


def test_listed_sessions_stay_as_they_are() -> None:
    term = of_text("title: T\nterm:\n  sessions: [2027-02-01, 2027-02-03]\n", Path("e.yml")).term
    assert term is not None
    assert term.dates == (date(2027, 2, 1), date(2027, 2, 3))


# --- What is wrong -----------------------------------------------------------------------------------------------

DAY = "Write year, month and day."
FAULTS = {
    "no title": ("seed: 1", "e.yml:1: title: is required, got nothing. Add it."),
    "a word": ("title", "e.yml:1: the file must hold the key `title`, got 'title' (text). Begin with `title:`."),
    "nothing": ("", "e.yml:1: the file must hold the key `title`, got nothing. Begin with `title:`."),
    "misspelt": ("titel: T", "e.yml:1: titel: is not a key of an edition's file. Did you mean `title`?"),
    "misspelt below": ("title: T\nexam: {sed: 1}", "e.yml:2: exam.sed: is not a key of `exam`. Did you mean `seed`?"),
    "a number": ("title: 7", "e.yml:1: title: must be text, got 7 (a number). Put it in quotes."),
    "an empty key": (
        "title: T\nsubtitle:",
        "e.yml:2: subtitle: must hold something, got nothing. Write it, or remove it.",
    ),
    "twice": ("title: T\ntitle: U", "e.yml:2: title: this key stands twice, first on line 1. Remove one."),
    "unquoted colour": (
        "title: T\naccent: #123456",
        (
            'e.yml:2: accent: must hold something, got nothing. Put it in quotes, such as "#1f4e79": after a space, # '
            "begins a comment."
        ),
    ),
    "no colour": (
        "title: T\naccent: blue",
        "e.yml:2: accent: must be # and six hexadecimal digits, such as \"#1f4e79\", got 'blue' (text). Mend it.",
    ),
    "a pale colour": (
        'title: T\naccent: "#ff8800"',
        (
            "e.yml:2: accent: must have a contrast of at least 4.5:1 with the grounds of a light page (#ffffff and "
            "#f5f7f9), got '#ff8800' with 2.22:1. Darken it, for example to \"#ad5c00\"."
        ),
    ),
    "no mail": (
        "title: T\ncontact: me",
        (
            "e.yml:2: contact: must be a mail address or a link that begins with https://, got 'me' (text). Write for "
            "example `https://example.org/course`."
        ),
    ),
    "no day": (
        "title: T\nterm: {sessions: [tomorrow]}",
        f"e.yml:2: term.sessions[1]: must be a day such as 2026-09-07, got 'tomorrow' (text). {DAY}",
    ),
    "30 February": (
        "title: T\nterm: {sessions: [2027-02-30]}",
        "e.yml:2: term.sessions[1]: must be a day that there is, got '2027-02-30' (text). Check month and day.",
    ),
    "far off": (
        "title: T\nterm: {sessions: [9999-12-31]}",
        "e.yml:2: term.sessions[1]: must lie in the years 2000 to 2100, got '9999-12-31' (text). Check the year.",
    ),
    "no sessions": (
        "title: T\nterm: {start: 2027-02-01}",
        "e.yml:2: term: must say when the course meets, got neither `every` nor `sessions`. Add one of them.",
    ),
    "both": (
        "title: T\nterm: {every: [monday], sessions: [2027-02-01]}",
        "e.yml:2: term.sessions: must not stand beside `every`, got both. Remove one of them.",
    ),
    "weekdays alone": (
        "title: T\nterm: {every: [monday], start: 2027-02-01}",
        "e.yml:2: term: must have `weeks` beside `every`, got nothing. Add it.",
    ),
    "weeks of days": (
        "title: T\nterm: {sessions: [2027-02-01], weeks: 3}",
        "e.yml:2: term.weeks: must stand beside `every` only, got it beside `sessions`. Remove it.",
    ),
    "backwards": (
        "title: T\nterm: {sessions: [2027-02-03, 2027-02-01]}",
        "e.yml:2: term.sessions[2]: must not lie before 2027-02-03, got 2027-02-01. Put the days in order.",
    ),
    "on a holiday": (
        "title: T\nterm: {sessions: [2027-02-01], holidays: [2027-02-01]}",
        "e.yml:2: term.sessions[1]: must not fall on a holiday, got 2027-02-01 (Holiday). Move one of them.",
    ),
    "only holidays": (
        "title: T\nterm: {start: 2027-02-01, every: [monday], weeks: 1, holidays: [2027-02-01]}",
        "e.yml:2: term.holidays: must leave a day with a session, got holidays on all of them. Shorten them.",
    ),
    "a holiday backwards": (
        "title: T\nterm: {sessions: [2027-02-03], holidays: [{from: 2027-02-02, to: 2027-02-01}]}",
        "e.yml:2: term.holidays[1].to: must not lie before `from`, 2027-02-02, got 2027-02-01. Exchange them.",
    ),
    "a weekday": (
        "title: T\nterm: {start: 2027-02-01, weeks: 2, every: [Monday]}",
        (
            "e.yml:2: term.every[1]: must be one of 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday' "
            "or 'sunday', got 'Monday' (text). Did you mean `monday`?"
        ),
    ),
    "an output twice": (
        "title: T\noutputs: [lms, grading, lms]",
        "e.yml:2: outputs[3]: must stand once in the list, got 'lms' again. Remove one.",
    ),
    "an empty list": (
        "title: T\ninclude: []",
        "e.yml:2: include: must have at least 1 item, got a list of 0. Add what is missing.",
    ),
    "no list": (
        "title: T\nexclude: faq",
        "e.yml:2: exclude: must be a list, got 'faq' (text). Begin each item with a hyphen.",
    ),
    "a part without caption": (
        "title: T\ninclude: [{chapters: [a]}]",
        "e.yml:2: include[1].part: is required, got nothing. Add it.",
    ),
    "no question": (
        "title: T\npoints: {service-design: 2}",
        (
            "e.yml:2: points.service-design: must be a question's full id, such as `service-design/first-question`, "
            "got 'service-design' (text). Write the chapter's name, a slash and the question's id."
        ),
    ),
    "no points": ("title: T\npoints: {a/b: 0}", "e.yml:2: points.a/b: must be above 0, got 0 (a number). Raise it."),
    "no number": (
        "title: T\nseed: true",
        "e.yml:2: seed: must be a whole number, got True (a yes/no value). Write its digits alone.",
    ),
    "no policy": (
        "title: T\nsolutions: hiden",
        "e.yml:2: solutions: must be one of 'hidden' or 'shown', got 'hiden' (text). Did you mean `hidden`?",
    ),
    "no book": (
        "title: T\nlinks: to full book",
        "e.yml:2: links: must stand beside `full_book` when it is `to full book`, got it alone. Add the address.",
    ),
    "a page of the book": (
        "title: T\nfull_book: https://example.org/#a",
        (
            "e.yml:2: full_book: must be the address of a whole book, without `?` and `#`, got "
            "'https://example.org/#a' (text). Cut it there."
        ),
    ),
    "a misspelt file": (
        "title: T\ninclude: [our-hotl.md]",
        (
            "e.yml:2: include[1]: must be a .ipynb or .md file beside this one, got 'our-hotl.md' (text), which "
            "does not exist. Did you mean `our-hotel.md`?"
        ),
    ),
    "no table": (
        "title: T\ndata: {tips: tips.xlsx}",
        "e.yml:2: data.tips: must be the path of a .csv file, got 'tips.xlsx' (text). Choose one.",
    ),
    "a stranger's bank": (
        "title: T\ninclude: [our-hotel.md]\nbanks: [hotel.yml]",
        (
            "e.yml:3: banks[1]: must be named after one of the own chapters in `include`, got 'hotel.yml' (text). "
            "Did you mean `our-hotel`?"
        ),
    ),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_told_with_its_line_and_key(name: str) -> None:
    content, expected = FAULTS[name]
    assert expected in problems(content)


def test_one_list_holds_every_problem_in_the_order_of_the_file() -> None:
    Path("hotel.yml").write_text(BANK.replace("kind: reflect", "kind: reflct"))
    found = problems(
        "titel: T\naccent: red\nterm: {sessions: [x, 2027-02-30]}\nlogo: no.svg\ninclude: [none.md]\nseed: -1\n"
    )
    assert [line.split(":")[1] for line in found] == ["1", "2", "3", "3", "4", "5", "6"]


def test_long_lists_are_refused_at_once() -> None:
    many = ", ".join(f"{number}.md" for number in range(600))
    found = problems(f"title: T\ninclude: [{many}]\n")
    assert "e.yml:2: include: must have at most 500 items, got a list of 600. Remove some." in found
    assert len(found) == 501  # and the first 500 files are not there


def test_two_own_chapters_of_one_name_are_refused() -> None:
    Path("more/our-hotel.md").write_text(CHAPTER)
    (found,) = problems("title: T\ninclude: [our-hotel.md, more/our-hotel.md]")
    assert "include[2]: must have a name of its own, got 'more/our-hotel.md' beside 'our-hotel.md'." in found


def test_an_own_bank_is_checked_like_the_courses() -> None:
    content = "title: T\ninclude: [our-hotel.md]\nbanks: [our-hotel.yml]\n"
    Path("our-hotel.yml").write_text(BANK)
    assert of_text(content, Path("e.yml")).banks == ("our-hotel.yml",)
    Path("our-hotel.yml").write_text(BANK.replace("kind: reflect", "kind: reflct"))
    (found,) = problems(content)
    assert found.startswith("our-hotel.yml:3: question rooms: kind: must be a kind of question, got 'reflct'")


def test_a_missing_file_and_a_folder_are_told_apart(folder: Path) -> None:
    for path, words in ((Path("none.yml"), "there is no such file"), (folder, "this is no file")):
        with pytest.raises(EditionError, match=words):
            read(path)


# --- Colours -----------------------------------------------------------------------------------------------------


def test_the_grounds_are_those_of_the_theme() -> None:
    style = THEME.read_text(encoding="utf-8")
    themes = re.findall(r"--page: (#[0-9a-f]{6});\s+--raised: (#[0-9a-f]{6});", style)
    assert themes == [colours.LIGHT, colours.DARK, colours.DARK]


def test_contrast_agrees_with_published_figures() -> None:
    assert colours.contrast("#ffffff", "#000000") == pytest.approx(21)
    assert round(colours.contrast("#767676", "#ffffff"), 2) == 4.54  # the lightest grey that passes 4.5:1 on white
    assert round(colours.contrast("#777777", "#ffffff"), 2) == 4.48


def test_whatever_is_derived_can_be_read() -> None:
    drawn = random.Random(8)
    for _ in range(200):
        accent = colours.darkened(f"#{drawn.randrange(2**24):06x}")
        found = colours.derived(accent)
        for ground, pages in (("light", colours.LIGHT), ("dark", colours.DARK)):
            grounds = [*pages, found[ground]["accent-soft"]]
            assert min(colours.contrast(found[ground]["accent"], each) for each in grounds) >= colours.LEAST


# --- Schema, new files, samples ----------------------------------------------------------------------------------


def test_the_shipped_schema_is_the_models() -> None:
    assert SCHEMA.read_text(encoding="utf-8") == text(), "run `python -m opsbook.publishing.editions.schema`"
    jsonschema.Draft202012Validator.check_schema(schema())


def valid(content: str) -> bool:
    loaded = as_text(yaml.safe_load(content))
    return bool(jsonschema.Draft202012Validator(schema()).is_valid(loaded))


@pytest.mark.parametrize(
    "name",
    ["no title", "misspelt", "misspelt below", "a number", "no colour", "an empty list", "no policy", "no number"],
)
def test_the_schema_refuses_wrong_forms(name: str) -> None:
    assert not valid(FAULTS[name][0])


def test_the_schema_explains_every_key() -> None:
    models = [schema(), *schema()["$defs"].values()]
    fields = [field for model in models for field in model["properties"].values()]
    assert len(fields) > 30
    assert all(field["description"].endswith(".") for field in fields)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_each_sample_has_the_form_and_a_chapter_for_each_session(path: Path) -> None:
    settings = read(path)
    assert valid(path.read_text(encoding="utf-8"))
    contents = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    parts = {
        part["caption"]: [each["file"].removeprefix("chapters/") for each in part["chapters"]]
        for part in contents["parts"]
    }
    named = [each.chapters if isinstance(each, OwnPart) else parts.get(each, (each,)) for each in settings.include]
    chapters = [name for names in named for name in names]
    assert len(set(chapters)) == len(chapters)
    assert settings.term is not None
    assert len([day for day in settings.term.dates if not settings.term.holiday(day)]) == len(chapters)
    for number, name in enumerate(chapters):
        assert set(required(name)) <= set(chapters[:number]), f"{name} comes too early"
    banks = {name: (ROOT / "exercises" / "bank" / f"{name}.yml").read_text(encoding="utf-8") for name in chapters}
    ids = {
        f"{name}/{each}" for name, bank in banks.items() for each in re.findall(r"^  - id: (\S+)$", bank, re.MULTILINE)
    }
    assert set(settings.points) <= ids - set(settings.drop)
    assert {each for each in settings.drop if "/" in each} <= ids


def required(name: str) -> list[str]:
    # The metadata stand at the end; the outputs before them are long.
    source = (ROOT / "chapters" / f"{name}.ipynb").read_text(encoding="utf-8")
    found: list[str] = json.loads("[" + source.rpartition('"requires": [')[2].partition("]")[0] + "]")
    return found


def test_there_are_three_samples() -> None:
    assert [path.stem for path in SAMPLES] == [
        "contact-centre-bootcamp",
        "healthcare-semester",
        "hospitality-short-course",
    ]


def test_a_new_file_is_read_as_it_stands() -> None:
    made = new(
        Path("mine.yml"),
        title='Beds: "ours" # and ' + "long " * 30,
        institution="A & B",
        chapters=["Contact", "service-delivery", "our-hotel.md"],
        start="2027-02-03",
        accent="#0b5e86",
        solutions="2027-06-30",
        root=ROOT,
    )
    found = read(Path("mine.yml"))
    assert found == made
    assert found.title.endswith("long ")
    assert found.include == ("Contact", "service-delivery", "our-hotel.md")
    assert found.requires == "auto"
    assert found.term is not None
    assert (len(found.term.dates), found.term.dates[0]) == (12, date(2027, 2, 3))
    assert "$schema" not in Path("mine.yml").read_text()


def test_a_new_file_shows_every_key_and_each_example_holds(folder: Path) -> None:
    new(Path("mine.yml"), title="Beds", root=ROOT)
    for name in ("logo.svg", "our-hotel.md", "our-hotel.yml"):
        content = {".svg": (folder / "images/logo.svg").read_text(), ".md": CHAPTER, ".yml": BANK}
        Path(name).write_text(content[Path(name).suffix])
    commented = Path("mine.yml").read_text()
    assert list(EXAMPLES) == list(Settings.model_fields)[1:]
    whole = re.sub(r"^#(?=[a-z])|^#(?=  (  )?[a-z-])", "", commented, flags=re.MULTILINE)
    settings = of_text(whole, Path("mine.yml"))
    assert settings.model_fields_set == set(Settings.model_fields)


def test_the_examples_name_what_the_course_has() -> None:
    shown = yaml.safe_load("\n".join(EXAMPLES.values()))
    for each in [*shown["points"], *(each for each in shown["drop"] if "/" in each)]:
        name, _, question = each.partition("/")
        assert f"id: {question}\n" in (ROOT / "exercises" / "bank" / f"{name}.yml").read_text(encoding="utf-8")
    package = json.loads((ROOT / "datasets" / "datapackage.json").read_text(encoding="utf-8"))
    assert set(shown["data"]) <= {each["name"] for each in package["resources"]}


def test_a_new_file_replaces_none_unless_forced() -> None:
    Path("mine.yml").write_text("mine")
    with pytest.raises(FileExistsError, match="--force"):
        new(Path("mine.yml"), title="Beds", root=ROOT)
    assert Path("mine.yml").read_text() == "mine"
    new(Path("mine.yml"), title="Beds", root=ROOT, force=True)
    assert read(Path("mine.yml")).title == "Beds"


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "a colour": ({"accent": "#ff8800"}, r"^--accent: must have a contrast"),
    "a chapter": ({"chapters": ["service-delivry"]}, r"^--chapter: .* Did you mean `service-delivery`\?"),
    "weeks alone": ({"weeks": 3}, r"^--start: must stand beside --every and --weeks"),
    "a day": ({"start": "soon"}, r"^--start: must be a day"),
    "a weekday": ({"start": "2027-02-01", "every": ["monday", "mnday"]}, r"^--every: .* Did you mean `monday`\?"),
    "a file": ({"chapters": ["Contact", "our-kitchen.md"]}, r"^--chapter: .*our-kitchen\.md"),
    "a title": ({"title": "a\nb"}, r"^--title: must be one line"),
    "no title": ({"title": ""}, r"^--title: must not be empty"),
    "solutions": ({"solutions": "hiden"}, r"^--solutions: must be hidden, shown, or .* Did you mean `hidden`\?"),
    "solutions later": ({"solutions": "later"}, r"^--solutions: must be hidden, shown, or the last day .* 2027-06-30"),
    "a day that is none": ({"solutions": "2027-06-31"}, r"^--solutions: must be a day that there is"),
}


@pytest.mark.parametrize("name", WRONG)
def test_nothing_is_written_when_a_value_is_wrong(name: str) -> None:
    given, words = WRONG[name]
    with pytest.raises(EditionError, match=words):
        new(Path("mine.yml"), **{"title": "Beds", **given}, root=ROOT)
    assert not Path("mine.yml").exists()


@pytest.mark.parametrize("name", ["mine.txt", "none/mine.yml", "more"])
def test_a_new_file_needs_a_place_and_a_name(name: str) -> None:
    with pytest.raises(EditionError, match=f"^{name}: "):
        new(Path(name), title="Beds", root=ROOT)


def test_editors_find_the_schema_from_within_the_project() -> None:
    for path in SAMPLES:
        where = path.read_text(encoding="utf-8").splitlines()[0].removeprefix("# yaml-language-server: $schema=")
        assert (path.parent / where).resolve() == SCHEMA.resolve()
