"""What is kept from students is not in their stage, and what they have works as it did."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from opsbook.errors import BankError
from opsbook.exercises.question import KEPT_SOLUTION
from opsbook.exercises.reading import read_bank
from opsbook.located import parse
from opsbook.publishing.editions.withholding import student_bank, student_notebook, student_text, withhold
from opsbook.publishing.solutions import REGIONS

from . import small_stage
from .small_stage import POLICY, SEED, SHOWN, Canaries, cell, notebook, printed, texts


@pytest.fixture(scope="module")
def shown(whole: tuple[Path, Canaries]) -> Path:
    folder = whole[0].with_name("shown")
    withhold(whole[0], folder, SHOWN)
    return folder


def seen(folder: Path, canaries: Canaries) -> set[str]:
    """Return the places whose canary is in any file, told by the number that each has."""
    everything = "\n".join(content for _, content in texts(folder))
    return {place for place, text in canaries.texts.items() if text.split()[0] in everything}


def test_every_canary_is_in_the_whole_and_none_in_what_students_get(whole: tuple[Path, Canaries], bare: Path) -> None:
    folder, canaries = whole
    assert len(canaries.texts) > 90
    # What is attached stands there in base64.
    attached = {place for place in canaries.texts if place.startswith("attachment")}
    assert seen(folder, canaries) == set(canaries.texts) - attached
    assert seen(bare, canaries) == set()


def test_with_solutions_shown_only_what_is_for_who_teaches_stays_away(
    whole: tuple[Path, Canaries], shown: Path
) -> None:
    canaries = whole[1]
    there = seen(shown, canaries)
    for_teachers = ("instructor", "hidden test", "wrong of", "metadata", "message of", "guide", "comment", "line")
    assert not [place for place in there if place.startswith(for_teachers)]
    assert {"solution of practised", "rationale right of examined", "prompt of examined", "hint of counted"} <= there
    assert {"region of the exercises", "solution cell of the exercises", "code cell of the chapter"} <= there
    region = canaries.texts["region of the exercises"]
    assert region not in (shown / "exercises/own.ipynb").read_text(encoding="utf8")
    assert region in (shown / "solutions/own.ipynb").read_text(encoding="utf8")


def test_the_students_bank_is_sound_and_says_what_was_asked(bare: Path) -> None:
    path = bare / "exercises" / "bank" / "own.yml"
    file = read_bank(path, path.name)
    assert file.problems == ()
    kinds = {each.partition("/")[2]: entry.kind for each, entry in file.entries.items()}
    assert kinds == {
        "practised": "choice",
        "practised-number": "numeric",
        "practised-code": "code",
        **dict.fromkeys(("counted", "counted-number", "counted-order", "counted-groups", "counted-code"), "withheld"),
        "unseen-tests": "withheld",
    }
    number = file.entries["own/counted-number"]
    assert "[[" not in number.prompt
    assert file.entries["own/practised-number"].solution == KEPT_SOLUTION
    assert [test.hidden for test in file.entries["own/practised-code"].tests] == [False]


def test_numbers_and_order_are_those_of_the_class(whole: tuple[Path, Canaries], bare: Path) -> None:
    source = whole[0] / "exercises" / "bank" / "own.yml"
    entries = read_bank(source, source.name).entries
    students = {each["id"]: each for each in parse((bare / "exercises/bank/own.yml").read_text()).value["questions"]}
    drawn = {slug: entries[f"own/{slug}"].draw(f"own/{slug}", SEED, fixed=False) for slug in students}
    assert students["counted-number"]["prompt"] == drawn["counted-number"].prompt
    assert students["counted"]["items"] == [option.text for option in drawn["counted"].options]
    assert students["counted-order"]["items"] == [item.text for item in drawn["counted-order"].items]
    assert students["counted-order"]["items"] != [f"Step {number} of counted-order" for number in (1, 2, 3)]
    assert students["counted-groups"]["items"] == [item.text for item in drawn["counted-groups"].items]


def test_a_bank_of_exam_questions_alone_is_no_bank_of_the_students(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    questions = [each for each in parse(small_stage.bank(Canaries())).value["questions"] if each["pool"] == ["exam"]]
    path.write_text(small_stage.write({"questions": questions}), encoding="utf8")
    assert student_bank(path, POLICY) is None
    path.write_text("questions:\n- {id: x, kind: choice}\n", encoding="utf8")
    with pytest.raises(BankError):
        student_bank(path, POLICY)


def test_objectives_that_only_exams_ask_for_go_with_them(tmp_path: Path) -> None:
    path = tmp_path / "own.yml"
    value = parse(small_stage.bank(Canaries())).value
    value["objectives"].append({"id": "own/2", "text": "Sit an exam."})
    next(each for each in value["questions"] if each["pool"] == ["exam"])["objective"] = "own/2"
    path.write_text(small_stage.write(value), encoding="utf8")
    students = student_bank(path, POLICY)
    assert students is not None
    assert [each["id"] for each in students["objectives"]] == ["own/1"]


def test_contents_pages_and_files_are_those_that_students_have(bare: Path) -> None:
    names = {name for name, _ in texts(bare)}
    assert "book/instructor-guide.md" not in names
    assert "book/practice-exam.md" not in names
    assert {"book/_static/seen.png", "datasets/log.csv", "exercises/bank/seed.txt", "book/references.bib"} <= names
    toc = (bare / "_toc.yml").read_text(encoding="utf8")
    assert "instructor-guide" not in toc
    assert "Practise" not in toc
    assert "opsbook_instructor" not in (bare / "_config.yml").read_text(encoding="utf8")
    assert (bare / "book/index.md").read_text(encoding="utf8") == "# Own\n\nOpen the guide\n"
    own = (bare / "chapters/own-page.md").read_text(encoding="utf8")
    assert "and the guide for some." in own
    assert "# <!-- what stands in code stays -->\n%time\n" in own


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("See [the guide](<../book/instructor-guide.md>).", "See the guide."),
        ("See [](../book/instructor-guide.md).", "See Guide."),
        ("See {doc}`../book/instructor-guide`.", "See Guide."),
        ("See {doc}`the guide <../book/instructor-guide>`.", "See the guide."),
        ("See {doc}`/book/practice-exam`.", "See Exam."),
        ("In {ref}`guide-more` and {ref}`there <guide-more>`.", "In More of it and there."),
        ("Marks ([here](../book/instructor-guide.md)).", "Marks."),
        ("[By][name].\n\n[name]: ../book/instructor-guide.md\n", "By.\n\n"),
        ('<a href="../book/instructor-guide.html">there</a>', "there"),
        ("[words](../book/glossary.md)", "[words](../book/glossary.md)"),
    ],
    ids=["pointed", "bare", "doc", "doc-words", "doc-root", "ref", "bracket", "by-name", "html", "kept"],
)
def test_references_to_what_students_do_not_have_become_words(
    whole: tuple[Path, Canaries], tmp_path: Path, text: str, kept: str
) -> None:
    stage = tmp_path / "whole"
    shutil.copytree(whole[0], stage)
    (stage / "book" / "instructor-guide.md").write_text("# Guide\n\n(guide-more)=\n## More of it\n", encoding="utf8")
    (stage / "chapters" / "own-page.md").write_text(f"# Own\n\n{text}\n", encoding="utf8")
    shown = {"output_type": "display_data", "metadata": {}, "data": {"text/markdown": text, "text/html": text}}
    cells = [cell("markdown", f"# Own\n\n{text}\n"), cell("code", "show()", outputs=[shown])]
    written = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (stage / "chapters" / "own.ipynb").write_text(json.dumps(written), encoding="utf8")
    withhold(stage, tmp_path / "bare", POLICY)
    assert (tmp_path / "bare" / "chapters" / "own-page.md").read_text(encoding="utf8") == f"# Own\n\n{kept}\n"
    first, second = json.loads((tmp_path / "bare" / "chapters" / "own.ipynb").read_text(encoding="utf8"))["cells"]
    assert "".join(first["source"]) == f"# Own\n\n{kept}\n"
    assert ["".join(each) for each in second["outputs"][0]["data"].values()] == [kept, kept]


def test_the_copy_is_the_same_every_time(whole: tuple[Path, Canaries], bare: Path, tmp_path: Path) -> None:
    withhold(whole[0], tmp_path / "again", POLICY)
    assert [*texts(tmp_path / "again")] == [*texts(bare)]
    with pytest.raises(FileExistsError):
        withhold(whole[0], tmp_path / "again", POLICY)


def test_outputs_that_rest_on_a_solution_go_and_others_stay() -> None:
    solution = "total = ...\n### BEGIN SOLUTION\ntotal = 45\nframe['new'] = 1\n### END SOLUTION"
    cells = [
        cell("code", "frame = load()", outputs=printed("rows")),
        cell("code", solution),
        cell("code", "half = total / 2\nhalf", outputs=printed("22.5")),
        cell("code", "half + 1", outputs=printed("23.5")),
        cell("code", "frame.head()", outputs=printed("new column")),
        cell("code", "sorted(globals())", outputs=printed("all names")),
        cell("code", "total = 3", outputs=printed("a new one")),
        cell("code", "total + 1", outputs=printed("4")),
        cell("code", "%%html\n<b>total</b>", outputs=printed("cannot be read")),
        cell("code", "!echo {frame}", outputs=printed("a shell's words")),
        cell("code", "other = 1\nother", outputs=printed("1")),
        cell("code", "### BEGIN SOLUTION\n%%bash\nrate=5\n### END SOLUTION"),
        cell("code", "other + 1", outputs=printed("of a solution that cannot be read")),
    ]
    given = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    kept = [bool(each["outputs"]) for each in student_notebook(given)["cells"]]
    assert kept == [True, False, False, False, False, False, True, True, False, False, True, False, False]


@pytest.mark.parametrize(
    ("solution", "shown"),
    [
        ("rows.append(45)", False),
        ("for each in (4, 5):\n    rows.append(each)", False),
        ("shuffle(rows)", False),
        ("last = rows.pop()", False),
        ("table['rows'].pop()", True),
        ("print(rows)", True),
        ("import numpy as np\nnp.seterr(all='raise')", True),
        ("mean = sum(rows)", True),
    ],
)
def test_what_a_solution_may_have_changed_in_place_goes_too(solution: str, *, shown: bool) -> None:
    cells = [
        cell("code", "import numpy as np\nrows, table = [1], {'rows': [2]}"),
        cell("code", f"### BEGIN SOLUTION\n{solution}\n### END SOLUTION"),
        cell("code", "np.sum(rows)", outputs=printed("46")),
    ]
    given = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    assert bool(student_notebook(given)["cells"][2]["outputs"]) == shown


def test_an_open_region_stops_everything(whole: tuple[Path, Canaries], tmp_path: Path) -> None:
    given = notebook(Canaries(), "here")
    given["cells"].append(cell("code", "### BEGIN SOLUTION\nx = 1"))
    with pytest.raises(ValueError, match="without its counterpart"):
        student_notebook(given)
    page = tmp_path / "page.md"
    page.write_text("# Page\n\n### BEGIN SOLUTION\n\nOpen.\n", encoding="utf8")
    with pytest.raises(ValueError, match=r"/page\.md: it holds '### BEGIN SOLUTION' without its counterpart"):
        student_text(page)
    assert whole[0].exists()


def test_an_open_region_names_its_notebook(tmp_path: Path) -> None:
    path = tmp_path / "exercises" / "own.ipynb"
    path.parent.mkdir()
    cells = [cell("code", "### BEGIN SOLUTION\nx = 1")]
    path.write_text(json.dumps({"cells": cells, "metadata": {}}), encoding="utf8")
    with pytest.raises(ValueError, match=r"^exercises/own\.ipynb: the cell 'cell' holds '### BEGIN SOLUTION'"):
        student_text(path)


@pytest.mark.parametrize("word", REGIONS)
@pytest.mark.parametrize("marker", ["### {}", "=== {} ===", "<!-- {} -->", "% {}"])
def test_every_region_of_a_page_goes(word: str, marker: str, tmp_path: Path) -> None:
    begin, end = (marker.format(f"{each} {word}") for each in ("BEGIN", "END"))
    page = tmp_path / "page.md"
    page.write_text(f"# Page\n\nSeen.\n{begin}\nUnseen.\n{end}\nSeen too.\n", encoding="utf8")
    assert student_text(page) == "# Page\n\nSeen.\nSeen too.\n"
    page.write_text(f"# Page\n\n{marker.format(f'END {word}')}\nOpen.\n", encoding="utf8")
    with pytest.raises(ValueError, match=f"END {word}' without its counterpart"):
        student_text(page)


def test_settings_keep_every_word(whole: tuple[Path, Canaries], tmp_path: Path) -> None:
    # Wherever YAML folds this subtitle, a line begins like a comment.
    subtitle = f"Rooms {'# ' * 90}and how to number them"
    edition = {"title": "Own", "subtitle": subtitle}
    written = {"title": "Own", "sphinx": {"config": {"opsbook_instructor": True, "opsbook_edition": edition}}}
    stage = tmp_path / "whole"
    shutil.copytree(whole[0], stage)
    folded = yaml.safe_dump(written, sort_keys=False, allow_unicode=True, width=120)
    assert re.search(r"^\s+#", folded, re.MULTILINE)
    (stage / "_config.yml").write_text(folded, encoding="utf8")
    withhold(stage, tmp_path / "bare", POLICY)
    students = yaml.safe_load((tmp_path / "bare" / "_config.yml").read_text(encoding="utf8"))
    assert students == {"title": "Own", "sphinx": {"config": {"opsbook_edition": edition}}}
