"""Packages for learning management systems: everything is in them, they read back, and they mark as we do.

Two readers are not ours: one opens every Canvas package, and one knows of Moodle's kinds `multichoice` alone. All
else is read and marked by `lms_reading`, which is ours, written after the source of Canvas and Moodle.
"""

import csv
import io
import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import fields, replace
from itertools import permutations
from pathlib import Path

import pytest
import qti2latex
from moodle_xml_parser.parser import parse_bytes

from opsbook.exercises import banks, draw_exam, mark
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.exercises.order import OrderQuestion
from opsbook.exercises.question import Question
from opsbook.located import parse, write
from opsbook.publishing.editions import paper
from opsbook.publishing.editions.archives import pack
from opsbook.publishing.editions.lms import canvas, moodle, texts
from opsbook.publishing.editions.lms.__main__ import main
from opsbook.publishing.editions.lms.packages import write_packages
from opsbook.publishing.editions.lms.pools import Course, Loss, Pool, read_course
from opsbook.publishing.editions.lms.table import COLUMNS, losses_table, table

from . import lms_reading as reading
from .lms_questions import CHOICE, EXAM, HOSTILE, KINDS, NUMERIC, TINY, TWINS, UNHELD

ROOT = Path(__file__).parents[2]
REAL = ("customer-contact", "people-and-staffing")


def stage(folder: Path, **held: str) -> Path:
    """Make what a stage has for us: contents, a title, chapters, banks."""
    (folder / "chapters").mkdir(parents=True)
    (folder / "exercises" / "bank").mkdir(parents=True)
    files = "".join(f"      - file: chapters/{name}\n" for name in held)
    contents = f"format: jb-book\nroot: book/index\nparts:\n  - caption: All\n    chapters:\n{files}"
    (folder / "_toc.yml").write_text(contents)
    (folder / "_config.yml").write_text('title: "Services & <hotels>/inns"\n')
    for name, text in held.items():
        (folder / "exercises" / "bank" / f"{name}.yml").write_text(text, encoding="utf8")
        page = f"# The {name} of *all*\n\n(sec-one)=\n## What {{term}}`contact <Contact>` is\n\nText.\n"
        (folder / "chapters" / f"{name}.md").write_text(page)
    return folder


def course(folder: Path, **options: object) -> Course:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(banks, "_folder", lambda: folder / "exercises" / "bank")
        return read_course(folder, **options)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = tmp_path_factory.mktemp("lms") / "stage"
    return course(stage(folder, sample="questions:" + KINDS + HOSTILE + UNHELD + TWINS + TINY))


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> Course:
    folder = stage(tmp_path_factory.mktemp("lms") / "stage", **dict.fromkeys(REAL, ""))
    for name in REAL:
        shutil.copy(ROOT / "exercises" / "bank" / f"{name}.yml", folder / "exercises" / "bank")
        (folder / "chapters" / f"{name}.md").unlink()
        shutil.copy(ROOT / "chapters" / f"{name}.ipynb", folder / "chapters")
    return course(folder, exam_questions=20)


@pytest.fixture(params=["small", "real"])
def either(request: pytest.FixtureRequest) -> Course:
    return request.getfixturevalue(request.param)


def asked(pool: Pool) -> dict[tuple[str, int], Question]:
    return {(each.id, each.seed): each for item in pool.items for each in item.variants}


def moodle_read(which: Course) -> Iterator[tuple[reading.MoodleItem, Question]]:
    for pool in which.files():
        of = asked(pool)
        for item in reading.moodle_items(moodle.document(which, pool)):
            yield item, of[item.id, item.seed]


def canvas_read(which: Course) -> Iterator[tuple[reading.CanvasItem, Question]]:
    for pool in which.files():
        of = asked(pool)
        first = {item.first.id: item.first for item in pool.items}
        members = {name: held.decode() for name, held in canvas.members(which, pool).items()}
        for item in reading.canvas_items(members):
            yield item, of[item.id, int(item.seed)] if item.seed else first[item.id]


def one(which: Course, slug: str) -> Question:
    return next(item.first for pool in which.pools for item in pool.items if item.first.id.endswith(f"/{slug}"))


# --- Nothing is dropped in silence -----------------------------------------------------------------------------


def test_every_question_is_in_each_format_or_listed_with_a_reason(either):
    for pool in either.files():
        ids = {(each.id, str(each.seed)) for item in pool.items for each in item.variants}
        rows = list(csv.DictReader(io.StringIO(table(either, pool))))
        assert {(row["id"], row["seed"]) for row in rows} == ids
        in_moodle = {(item.id, str(item.seed)) for item in reading.moodle_items(moodle.document(either, pool))}
        members = {name: held.decode() for name, held in canvas.members(either, pool).items()}
        one_seed = {item.first.id: str(item.first.seed) for item in pool.items}
        in_canvas = {(item.id, item.seed or one_seed[item.id]) for item in reading.canvas_items(members)}
        for held, losses in ((in_moodle, moodle.losses(pool)), (in_canvas, canvas.losses(pool))):
            missing = {(each, seed) for loss in losses for each, seed in ids if _all_of(loss, each, seed)}
            assert held | missing == ids
            assert not held & missing


def _all_of(loss, question_id, seed):
    return loss.question == question_id and (loss.part == "question" or (loss.part == "numbers" and loss.seed == seed))


def test_what_a_format_cannot_hold_at_all_says_why(small):
    pool = small.pools[0]
    whole = [loss for loss in (*canvas.losses(pool), *moodle.losses(pool)) if loss.part == "question"]
    assert [(loss.format, loss.question, loss.reason.partition(".")[0]) for loss in whole] == [
        ("canvas", "sample/twins", "Two options read alike, which text2qti refuses"),
        ("canvas", "sample/tiny", "Canvas marks no bound closer to zero than 0"),
        ("moodle", "sample/eleven", "Moodle shares a mark among 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20 right options alone"),
    ]


def test_hints_and_notes_that_a_format_cannot_hold_are_listed(small):
    pool = small.pools[0]
    lost = {(loss.format, loss.question, loss.part) for loss in (*canvas.losses(pool), *moodle.losses(pool))}
    assert {("canvas", "sample/which", "hints"), ("canvas", "sample/several", "instructor's note")} <= lost
    assert ("moodle", "sample/which", "hints") not in lost
    assert {("canvas", "sample/share", "feedback"), ("moodle", "sample/steps", "mark")} <= lost


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('=HYPERLINK("https://example.org")', '\'=HYPERLINK("https://example.org")'),
        *((f"{sign}cmd|' /C calc'!A0", f"'{sign}cmd|' /C calc'!A0") for sign in "=+-@"),
        *((f"{space}=1+1", f"'{space}=1+1") for space in "\t\r"),
        *((f"{sign}2+3", f"'{sign}2+3") for sign in "+-"),
        ("- a list", "'- a list"),
        *((each, each) for each in ("-0.5", "+3", "-1.5e-07", "1=1", "", "a-b", "'=1")),
    ],
)
def test_no_cell_of_a_table_is_a_formula(text, cell):
    (row,) = csv.DictReader(io.StringIO(losses_table([Loss("canvas", "flow", text, "", "", "", "It is in the CSV.")])))
    assert row["question"] == cell


def test_a_question_that_begins_with_a_sign_is_text_in_the_table(tmp_path):
    folder = stage(tmp_path / "stage", sample=("questions:" + CHOICE).replace("prompt: ", "prompt: =1+1 is ", 1))
    which = course(folder)
    (row,) = csv.DictReader(io.StringIO(table(which, which.pools[0])))
    assert row["prompt"].startswith("'=1+1 is")


def test_the_table_has_every_field_and_documents_every_column(small):
    rows = list(csv.DictReader(io.StringIO(table(small, small.pools[0]))))
    assert list(rows[0]) == list(COLUMNS)
    for row in rows:
        question = asked(small.pools[0])[row["id"], int(row["seed"])]
        own = {each.name for each in fields(question)} - {"title", "fixed"}
        # An order's key is what is right, and stands in the column of that name as ids.
        assert own <= set(COLUMNS)
        assert row["prompt"] == question.prompt.strip()
        assert json.loads(row["hints"]) == [hint.strip() for hint in question.hints]
        if isinstance(question, ChoiceQuestion | ChoicesQuestion):
            assert [each["rationale"] for each in json.loads(row["options"])] == [o.rationale for o in question.options]
        if isinstance(question, NumericQuestion):
            assert (float(row["low"]), float(row["high"])) == (question.low, question.high)
            assert [each["id"] for each in json.loads(row["mistakes"])] == [each.id for each in question.mistakes]


# --- What is read is what was written --------------------------------------------------------------------------


def test_texts_come_through_both_systems_alike(either):
    expected = {}
    for item, question in moodle_read(either):
        said = {reading.words(texts.moodle(each)) for each in (question.prompt, question.solution) if each}
        whole = reading.words(reading.text(item.node, "questiontext"))
        assert whole.startswith(reading.words(texts.moodle(question.prompt)))
        expected[question.id, question.seed] = said
    for item, question in canvas_read(either):
        if (question.id, question.seed) in expected:
            shown = reading.words(item.all("mattext")[0].text)
            assert shown.startswith(reading.words(texts.moodle(question.prompt)))


def test_what_could_break_a_format_is_shown_as_it_stands(small):
    prompt = (
        "% Ends with ]]> and <script>alert(“x”)</script> & a < b, for $5 or {.class} or C:\\temp, 100 % and \\num. "
        "*a) is no option, and -- no comment. wait cost⟦a_1 < b⟧$12 if wait < 5: # `ticks` print(\"$5\", '\\n')"
        "⟦\\frac{a}{b} \\le 1 \\& c⟧Choose."
    )
    seen = []
    for item, question in (*moodle_read(small), *canvas_read(small)):
        if question.id == "sample/hostile":
            html = item.node.find(".//questiontext/text") if isinstance(item, reading.MoodleItem) else None
            shown = reading.words((html if html is not None else item.all("mattext")[0]).text)
            assert shown == f"{prompt} Choose every answer that fits."
            seen.append(type(item).__name__)
    assert seen == ["MoodleItem", "CanvasItem"]


def test_a_section_of_cdata_ends_where_it_should():
    text = "a ]]> b ]]]]>> c"
    assert reading.ElementTree.fromstring(f"<text>{moodle._cdata(text)}</text>").text == text


def test_options_read_back_with_their_shares_and_feedback(either):
    for item, question in moodle_read(either):
        if isinstance(question, ChoiceQuestion | ChoicesQuestion):
            assert reading.value(item.node, "single") == ("true" if question.kind == "choice" else "false")
            assert reading.value(item.node, "shuffleanswers") == "true"
            for answer, option in zip(item.answers, question.options, strict=True):
                assert reading.words(reading.text(answer, ".")) == reading.words(texts.moodle(option.text))
                said = reading.words(reading.text(answer, "feedback"))
                assert said == reading.words(texts.moodle(f"{option.feedback}\n\n{option.rationale}"))
    for item, question in canvas_read(either):
        if isinstance(question, ChoiceQuestion | ChoicesQuestion):
            labels = {each.attrib["ident"]: each for each in item.all("response_label")}
            shown = [reading.words(reading.value(each, "material/mattext")) for each in labels.values()]
            assert shown == [reading.words(texts.moodle(each.text)) for each in question.options]
            scored = next(each for each in item.all("respcondition") if each.find("setvar") is not None)
            wrong = {each.text for no in scored.iter("not") for each in no.iter("varequal")}
            right = {each.text for each in scored.iter("varequal")} - wrong
            correct = [each.correct for each in question.options]
            assert [each in right for each in labels] == correct


def test_a_foreign_parser_reads_every_multiple_choice_question_of_moodle(either):
    for pool in either.files():
        document = moodle.document(either, pool)
        ours = [item for item in reading.moodle_items(document) if item.kind == "multichoice"]
        theirs = parse_bytes(document.encode())["multichoice"]
        assert len(ours) == len(theirs)
        for item, read in zip(ours, theirs, strict=True):
            question = asked(pool)[item.id, item.seed]
            assert read.name.endswith(question.id.partition("/")[2])
            assert read.single == (question.kind == "choice")
            assert read.shuffle_answers
            assert [each.score_fraction > 0 for each in read.options] == [each.correct for each in question.options]
            right = sum(each.score_fraction for each in read.options if each.score_fraction > 0)
            assert right == pytest.approx(100, abs=1e-3)
            if "hostile" not in item.id:  # it takes markers of CDATA out of the text, and decodes entities twice
                assert reading.words(read.text_pre_parse).startswith(reading.words(texts.moodle(question.prompt)))


def test_a_foreign_reader_reads_every_item_of_canvas(either, tmp_path):
    kinds = {"choice": "multiple_choice", "choices": "multiple_answers", "numeric": "numerical", "order": "matching"}
    kinds |= {"match": "matching", "reflect": "essay", "code": "file_upload"}
    for pool in either.files():
        pack(canvas.members(either, pool), tmp_path / "pool.zip")
        folder = qti2latex.extract_zip_to_tmp(tmp_path / "pool.zip")
        found = [qti2latex.ET.parse(each).getroot() for each in sorted(qti2latex.read_qti_dir(folder))]
        shutil.rmtree(folder)
        sections = [section for root in found for section in qti2latex.findall_anyns(root, "section")]
        read = [each for each in sections[0].iter() if qti2latex.extract_tag(each) == "item"]
        ours = list(reading.canvas_items({k: v.decode() for k, v in canvas.members(either, pool).items()}))
        assert len(read) == len(ours) > 0
        picked = [qti2latex.get_group(section) for section in sections[1:]]
        assert all(count == 1 < len(items) for count, _, items in picked)
        for node, item in zip(read, ours, strict=True):
            question = next(each for each in asked(pool).values() if each.id == item.id)
            assert qti2latex.guess_type(qti2latex.get_qti_metadata(node), node) == f"{kinds[question.kind]}_question"
            assert qti2latex.get_item_stem(node) == item.all("mattext")[0].text
            if isinstance(question, ChoiceQuestion | ChoicesQuestion):
                assert len(qti2latex.get_choices(node)) == len(question.options)


# --- The marks are ours ----------------------------------------------------------------------------------------


def test_moodle_marks_every_number_as_we_do_and_says_the_same(either):
    compared = 0
    for item, question in moodle_read(either):
        if isinstance(question, NumericQuestion):
            for number in reading.typed_numbers(question):
                plain = f"{number:.16f}"
                for typed in (plain, plain.replace(".", ","), f"{plain} {question.unit}".strip()):
                    ours = mark(question, typed)
                    assert ours.attempted
                    theirs, said = reading.moodle_number(item, typed)
                    assert theirs == ours.mark, (item.id, typed)
                    if not ours.mark:
                        assert said == texts.moodle(ours.message), (item.id, typed)
                    compared += 1
    assert compared > 1000


def test_moodle_reads_a_percentage_where_a_proportion_is_asked_for(small):
    item, question = next(pair for pair in moodle_read(small) if pair[1].id == "sample/share")
    percent = f"{100 * question.answer:.10f} %"
    assert reading.moodle_number(item, percent)[0] == mark(question, percent).mark == 1


def test_where_moodle_reads_a_number_otherwise_is_as_the_guide_says(small):
    item, question = next(pair for pair in moodle_read(small) if pair[1].id == "sample/share")
    right = f"{question.answer:.10f}"
    assert not mark(question, f"{right} hours").attempted
    assert reading.moodle_number(item, f"{right} hours")[0] == 1
    assert mark(question, f"{right} %").mark == 0
    assert reading.moodle_number(item, f"{right} %")[0] == 1
    fraction = "{present:g}/{total:g}".format(**question.values)
    assert mark(question, fraction).mark == 1
    assert reading.moodle_number(item, fraction)[0] == 0


def test_canvas_marks_every_number_as_we_do_but_for_its_rounding(either):
    compared = 0
    for item, question in canvas_read(either):
        if isinstance(question, NumericQuestion):
            for number in reading.typed_numbers(question):
                if min(abs(number - question.low), abs(number - question.high)) > 0.5 * 10**-canvas.DECIMALS:
                    ours = mark(question, f"{number:.16f}").mark == 1
                    assert reading.canvas_number(item, number) == ours, (item.id, number)
                    compared += 1
            bounds = [float(item.all(tag)[0].text) for tag in ("vargte", "varlte")]
            assert bounds == [question.low, question.high]
            assert reading.canvas_number(item, question.answer)
    assert compared > 300


def test_moodle_marks_every_choice_as_we_do(either):
    for item, question in moodle_read(either):
        if isinstance(question, ChoiceQuestion | ChoicesQuestion):
            count = len(question.options)
            chosen = [[n for n in range(count) if bits >> n & 1] for bits in range(1, 2**count)]
            for places in chosen:
                if question.kind == "choices" or len(places) == 1:
                    ids = [question.options[each].id for each in places]
                    ours = mark(question, ids if question.kind == "choices" else ids[0]).mark
                    assert reading.moodle_choices(item, places) == pytest.approx(ours, abs=1e-12)


def test_moodle_marks_an_order_by_the_share_of_pairs_that_the_guide_names(small):
    item, question = next(pair for pair in moodle_read(small) if isinstance(pair[1], OrderQuestion))
    assert reading.value(item.node, "gradingtype") == "RELATIVE_ALL_PREVIOUS_AND_NEXT"
    steps = {each.id: each.text for each in question.items}
    in_order = [reading.words(reading.text(answer, ".")) for answer in item.answers]
    assert in_order == [reading.words(texts.moodle(steps[each])) for each in question.key]
    for places in permutations(range(len(question.key))):
        ours = mark(question, [question.key[each] for each in places]).mark
        assert ours == pytest.approx(max(0, 2 * reading.moodle_order(places) - 1))


def test_groups_and_places_read_back_as_pairs(either):
    for item, question in moodle_read(either):
        if question.kind == "match":
            groups = {group.id: texts.plain(group.text) for group in question.groups}
            pairs = [(reading.text(each, "."), reading.text(each, "answer")) for each in item.node.iter("subquestion")]
            assert pairs == [(texts.moodle_inline(each.text), groups[each.group]) for each in question.items]
    for item, question in canvas_read(either):
        if question.kind in {"match", "order"}:
            groups = {each: f"Place {place}" for place, each in enumerate(getattr(question, "key", ()), 1)}
            if question.kind == "match":
                groups = {group.id: texts.plain(group.text) for group in question.groups}
            belongs = {each.id: getattr(each, "group", each.id) for each in question.items}
            expected = {reading.words(texts.moodle(each.text)): groups[belongs[each.id]] for each in question.items}
            assert reading.canvas_matching(item) == expected


# --- What students see, and do not -----------------------------------------------------------------------------


def test_tests_and_model_code_are_for_the_grader_alone(small):
    code, reflect = (one(small, slug) for slug in ("compute", "think"))
    for item, question in moodle_read(small):
        if question.id in {code.id, reflect.id}:
            shown = reading.text(item.node, "questiontext") + reading.text(item.node, "generalfeedback")
            graders = reading.words(reading.text(item.node, "graderinfo"))
            assert reading.words(texts.moodle(question.solution)) in graders
            assert reading.words(texts.moodle(question.solution)) not in reading.words(shown)
            if question.id == code.id:
                assert "share(0, 9) == 0" in graders
                assert reading.value(item.node, "attachments") == "1"
    packed = "".join(held.decode() for held in canvas.members(small, small.pools[0]).values())
    assert "share(0, 9)" not in packed
    assert "return present" not in packed


def test_a_note_for_the_instructor_is_in_no_question_that_students_see(small):
    pool = small.pools[0]
    assert "swordfish" in table(small, pool)
    assert "swordfish" not in moodle.document(small, pool)
    assert b"swordfish" not in b"".join(canvas.members(small, pool).values())


def test_hints_come_in_their_order_and_not_in_the_exam(real):
    for item, question in moodle_read(real):
        hints = [reading.text(hint, ".") for hint in item.node.findall("hint")]
        in_exam = "/Exam 1" in item.category
        assert hints == ([] if in_exam else [texts.moodle(hint) for hint in question.hints])


# --- Points, categories, the exam ------------------------------------------------------------------------------


def test_points_of_the_bank_count_in_every_format(tmp_path):
    points = {"share": 2.25, "offices": 7.0}
    bank = parse("questions:" + KINDS).value
    for entry in bank["questions"]:
        if entry["id"] in points:
            entry |= {"points": points[entry["id"]], "graded": True}
    which = course(stage(tmp_path / "stage", sample=write(bank)))
    worth = {f"sample/{entry['id']}": entry["points"] for entry in bank["questions"]}
    for read in (moodle_read(which), canvas_read(which)):
        for item, question in read:
            if isinstance(item, reading.CanvasItem):
                assert item.points == worth[question.id]
            else:
                assert float(reading.value(item.node, "defaultgrade")) == worth[question.id]
                marked = [reading.text(tag, ".") for tag in item.node.iter("tag")]
                assert ("graded" in marked) == (question.id.removeprefix("sample/") in points)
    practised, counted = which.pools
    rows = list(csv.DictReader(io.StringIO(table(which, counted))))
    assert {row["points"] for row in rows if row["id"] == "sample/share"} == {"2.25"}
    assert {row["file"] for row in rows} == {"sample.graded"}
    for pool, of in ((practised, worth.keys() - {f"sample/{each}" for each in points}), (counted, points)):
        meta = next(held.decode() for name, held in canvas.members(which, pool).items() if "meta" in name)
        whole = sum(worth[f"sample/{each.removeprefix('sample/')}"] for each in of)
        assert f"<points_possible>{whole}</points_possible>" in meta


def test_what_counts_stands_apart_and_shows_no_right_answer(tmp_path):
    bank = parse("questions:" + CHOICE + NUMERIC).value
    bank["questions"][0]["graded"] = True
    all_of_it = parse("questions:" + CHOICE.replace("sample/", "other/")).value
    all_of_it["questions"][0] |= {"graded": True, "points": 2.5}
    which = course(stage(tmp_path / "stage", sample=write(bank), other=write(all_of_it)))
    held = {pool.name: [item.first.id for item in pool.items] for pool in which.files()}
    assert held == {
        "sample": ["sample/share"],
        "sample.graded": ["sample/which"],
        "other.graded": ["other/which"],
        "exam": ["sample/share"],
    }
    for pool in which.files():
        meta = next(held.decode() for name, held in canvas.members(which, pool).items() if "meta" in name)
        assert ("<show_correct_answers>false" in meta) == (pool.name != "sample")
        assert (": The sample of all, graded</title>" in meta) == (pool.name == "sample.graded")
        categories = {item.category.rpartition("/")[2] for item in reading.moodle_items(moodle.document(which, pool))}
        assert (categories == {"Graded"}) == pool.graded
    write_packages(which, tmp_path / "out")
    guide = (tmp_path / "out" / "README.md").read_text(encoding="utf8")
    assert "| `sample/which` | `choice` | 1 | `sample.graded` |" in guide
    assert "In all: 3.5 points." in guide
    assert "| `other.graded` | The other of all" in guide


def test_numbers_stand_in_a_category_or_a_group_of_their_own(small):
    found = {(item.category, item.seed) for item, question in moodle_read(small) if question.id == "sample/share"}
    outer = "$course$/top/Services & <hotels>//inns"
    # Kept for the chapter and the exam, it may be drawn for the exam: there once.
    own = f"{outer}/The sample of all/Exam/share"
    assert {category for category, _ in found} == {own, f"{outer}/Exam 1"}
    assert len([each for each in found if each[0] == own]) == 5
    groups = [item.group for item, question in canvas_read(small) if question.id == "sample/share"]
    assert sorted(groups) == ["", *["sample/share"] * 5]
    assert {item.category for item, question in moodle_read(small) if question.id == "sample/which"} == {
        f"{outer}/The sample of all/Practice"
    }


def test_the_exam_stands_in_its_own_order(real):
    names = [reading.text(item.node, "name") for item in reading.moodle_items(moodle.document(real, real.exam))]
    assert len(names) == 20
    assert [name[:2] for name in names] == [f"{number:02}" for number in range(1, 21)]
    in_canvas = [item.id for item, _ in canvas_read(replace(real, pools=()))]
    assert in_canvas == [item.first.id for item in real.exam.items]


def test_without_questions_for_it_there_is_no_exam(tmp_path):
    folder = stage(tmp_path / "stage", sample="questions:" + CHOICE)
    assert course(folder).exam is None
    assert course(folder).files() == course(folder).pools


@pytest.mark.parametrize("held", [{"sample": "questions:" + CHOICE}, {}], ids=["without an exam", "without banks"])
def test_what_is_left_out_is_said_and_no_fault(held, tmp_path, monkeypatch, capsys):
    folder = stage(tmp_path / "stage", **held)
    (folder / "exercises" / "bank" / "seed.txt").write_text("3\n", encoding="ascii")
    monkeypatch.setattr(banks, "_folder", lambda: folder / "exercises" / "bank")
    assert main([str(folder), str(tmp_path / "out"), "--questions", "40"]) == 0
    assert capsys.readouterr().out == "lms holds no exam: no bank of the edition has a question in the pool `exam`.\n"
    assert [path.name for path in (tmp_path / "out").rglob("*.xml")] == [f"{name}.xml" for name in held]
    assert (tmp_path / "out" / "README.md").exists()
    assert paper.main([str(folder), str(tmp_path / "printed"), "--exam", "--questions", "40"]) == 0
    assert (
        capsys.readouterr().out == "exam.pdf is left out: no bank of the edition has a question in the pool `exam`.\n"
    )
    assert not (tmp_path / "printed").exists()


def test_sections_and_titles_come_from_the_chapters(small, real):
    assert small.pools[0].title == "The sample of all"
    assert small.pools[0].items[0].section == "What contact is"
    assert [pool.title for pool in real.pools] == ["Customer contact", "People and staffing"]
    assert all(item.section for pool in real.pools for item in pool.items)


# --- Files -----------------------------------------------------------------------------------------------------


@pytest.fixture
def exam_stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = stage(tmp_path / "stage", flow=("questions:" + EXAM + NUMERIC).replace("sample/", "flow/"))
    monkeypatch.setattr(banks, "_folder", lambda: folder / "exercises" / "bank")
    monkeypatch.setenv("OPSBOOK_SEED", "0")
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def test_writing_twice_gives_the_same_bytes(exam_stage, tmp_path):
    write_packages(read_course(exam_stage), tmp_path / "one")
    write_packages(read_course(exam_stage), tmp_path / "two")
    first = tree(tmp_path / "one")
    assert first == tree(tmp_path / "two")
    assert list(first) == [
        "README.md",
        *(f"{folder}/{name}" for folder, end in _FOLDERS for name in (f"exam.{end}", f"flow.{end}")),
        "not-held.csv",
    ]
    manifest = reading.opened(first["canvas/flow.zip"])["imsmanifest.xml"]
    assert "<imsmd:dateTime>2020-01-01</imsmd:dateTime>" in manifest
    assert "CC BY 4.0" in manifest
    assert "Private" not in manifest


OWN = """title: Ours
sphinx:
  config:
    opsbook_edition: {own: [flow], instructor: "A. <Keeper>", institution: Inn}
"""


def test_an_instructor_s_own_questions_are_not_said_to_be_ours(exam_stage, tmp_path):
    (exam_stage / "_config.yml").write_text(OWN, encoding="utf8")
    write_packages(read_course(exam_stage), tmp_path / "named")
    for name in ("flow", "exam"):
        manifest = reading.opened(tree(tmp_path / "named")[f"canvas/{name}.zip"])["imsmanifest.xml"]
        assert "<imsmd:string>A. &lt;Keeper&gt;, Inn</imsmd:string>" in manifest
        assert "opsbook authors" not in manifest
    guide = (tmp_path / "named" / "README.md").read_text(encoding="utf8")
    assert "Not opsbook's: the questions of The flow of all, A. \\<Keeper>, Inn." in guide
    (exam_stage / "_config.yml").write_text(OWN.partition(", instructor")[0] + "}\n", encoding="utf8")
    write_packages(read_course(exam_stage), tmp_path / "nobody")
    assert "rights" not in reading.opened(tree(tmp_path / "nobody")["canvas/flow.zip"])["imsmanifest.xml"]


_FOLDERS = (("canvas", "zip"), ("csv", "csv"), ("moodle", "xml"))


def test_the_guide_counts_what_is_not_held_once(exam_stage, tmp_path):
    write_packages(read_course(exam_stage), tmp_path / "out")
    guide = (tmp_path / "out" / "README.md").read_text(encoding="utf8")
    assert "| canvas | feedback | `numeric` | 1 |" in guide
    assert "| `flow` | The flow of all | 2 |" in guide
    assert "for instructors, and for nobody else" in guide
    assert "No question counts but those of the exam" in guide
    assert "# Services & \\<hotels>/inns: questions for" in guide
    rows = list(csv.DictReader(io.StringIO((tmp_path / "out" / "not-held.csv").read_text(encoding="utf-8-sig"))))
    assert {row["file"] for row in rows} == {"flow", "exam"}
    assert all(row["reason"].endswith(".") for row in rows)


def test_the_command_writes_for_the_class_of_the_stage(exam_stage, tmp_path, monkeypatch):
    monkeypatch.delenv("OPSBOOK_SEED")
    (exam_stage / "exercises" / "bank" / "seed.txt").write_text("7\n", encoding="ascii")
    assert main([str(exam_stage), str(tmp_path / "out"), "--questions", "1", "--seed", "3"]) == 0
    document = (tmp_path / "out" / "moodle" / "flow.xml").read_text(encoding="utf8")
    assert re.findall(r"share#(\d+)", document)[0] == "7"
    assert len(re.findall(r"share#(\d+)", document)) == 5
    (drawn,) = reading.moodle_items((tmp_path / "out" / "moodle" / "exam.xml").read_text(encoding="utf8"))
    assert drawn.category.endswith("/Exam 3")
    assert drawn.id == draw_exam(1, seed=3)[0].id


def test_the_command_says_what_is_wrong(exam_stage, tmp_path, capsys):
    other = stage(tmp_path / "other", flow="questions:" + CHOICE)
    wrong = [
        ([str(other)], "`stage` must be the project that this process belongs to, got other"),
        ([str(exam_stage), "--questions", "99"], "`count` must be at most 2"),
    ]
    for arguments, message in wrong:
        assert main([arguments[0], str(tmp_path / "out"), *arguments[1:]]) == 1
        assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
