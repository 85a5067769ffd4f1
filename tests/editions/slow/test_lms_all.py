"""The whole course for learning management systems, in a process of its own: all there, read back, marked alike."""

import csv
import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import qti2latex
from moodle_xml_parser.parser import parse_bytes

from opsbook.exercises import mark
from opsbook.exercises.banks import bank, variants
from opsbook.exercises.choice import ChoiceQuestion, ChoicesQuestion
from opsbook.exercises.numeric import NumericQuestion
from opsbook.publishing.editions.lms import canvas, texts

from .. import lms_reading as reading  # noqa: TID252 - tests have no name to be imported by

ROOT = Path(__file__).parents[3]


def written(folder: Path) -> Path:
    command = [sys.executable, "-P", "-m", "opsbook.publishing.editions.lms", str(ROOT), str(folder)]
    subprocess.run(command, check=True, cwd=ROOT)
    return folder


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("lms") / "one")


@pytest.fixture(scope="module")
def drawn() -> dict[tuple[str, int], object]:
    return {(each.id, each.seed): each for asked in bank() for each in variants(asked.id)}


def moodle_items(whole: Path) -> list[reading.MoodleItem]:
    documents = [path.read_text(encoding="utf8") for path in sorted((whole / "moodle").glob("*.xml"))]
    return [item for document in documents for item in reading.moodle_items(document)]


def canvas_items(whole: Path) -> list[reading.CanvasItem]:
    packages = [reading.opened(path.read_bytes()) for path in sorted((whole / "canvas").glob("*.zip"))]
    return [item for package in packages for item in reading.canvas_items(package)]


def rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))


def test_every_question_of_the_course_is_in_each_format_or_listed(whole):
    ids = {asked.id for asked in bank()}
    lost = {"canvas": set(), "moodle": set()}
    for row in rows(whole / "not-held.csv"):
        if row["part"] == "question":
            lost[row["format"]].add(row["question"])
    assert {item.id for item in moodle_items(whole)} | lost["moodle"] == ids
    assert {item.id for item in canvas_items(whole)} | lost["canvas"] == ids
    assert {row["id"] for path in (whole / "csv").glob("*.csv") for row in rows(path)} == ids
    numeric = {asked.id for asked in bank() if isinstance(asked, NumericQuestion)}
    seeds = {each: {i.seed for i in moodle_items(whole) if i.id == each} for each in sorted(numeric)[::20]}
    assert all(len(each) >= 5 for each in seeds.values())


def test_moodle_marks_every_number_of_the_course_as_we_do(whole, drawn):
    for item in moodle_items(whole):
        question = drawn.get((item.id, item.seed))
        if isinstance(question, NumericQuestion):
            for number in reading.typed_numbers(question):
                typed = f"{number:.16f} {question.unit}".strip()
                ours = mark(question, typed)
                theirs, said = reading.moodle_number(item, typed)
                assert theirs == ours.mark, (item.id, typed)
                if not ours.mark:
                    assert said == texts.moodle(ours.message), (item.id, typed)


def test_canvas_marks_every_number_of_the_course_as_we_do(whole, drawn):
    for item in canvas_items(whole):
        if item.kind == "numerical_question":
            question = drawn[item.id, int(item.seed)]
            for number in reading.typed_numbers(question):
                if min(abs(number - question.low), abs(number - question.high)) > 0.5 * 10**-canvas.DECIMALS:
                    assert reading.canvas_number(item, number) == (mark(question, f"{number:.16f}").mark == 1)


def test_texts_of_the_course_come_through_both_systems(whole, drawn):
    first = {each: question for (each, _), question in reversed(drawn.items())}
    for item in moodle_items(whole):
        question = drawn.get((item.id, item.seed), first[item.id])
        shown = reading.words(reading.text(item.node, "questiontext"))
        assert shown.startswith(reading.words(texts.moodle(question.prompt)))
    for item in canvas_items(whole):
        question = drawn[item.id, int(item.seed)] if item.seed else first[item.id]
        shown = reading.words(item.all("mattext")[0].text)
        assert shown.startswith(reading.words(texts.moodle(question.prompt)))


def test_foreign_readers_read_every_item_they_know(whole, drawn):
    first = {each: question for (each, _), question in reversed(drawn.items())}
    for path in sorted((whole / "moodle").glob("*.xml")):
        ours = [each for each in reading.moodle_items(path.read_text(encoding="utf8")) if each.kind == "multichoice"]
        theirs = parse_bytes(path.read_bytes())["multichoice"]
        for item, read in zip(ours, theirs, strict=True):
            correct = {reading.words(texts.moodle(o.text)): o.correct for o in first[item.id].options}
            assert {reading.words(each.answer): each.score_fraction > 0 for each in read.options} == correct
    for path in sorted((whole / "canvas").glob("*.zip")):
        folder = qti2latex.extract_zip_to_tmp(path)
        roots = [qti2latex.ET.parse(each).getroot() for each in qti2latex.read_qti_dir(folder)]
        shutil.rmtree(folder)
        read = [node for root in roots for node in qti2latex.findall_anyns(root, "item")]
        ours = list(reading.canvas_items(reading.opened(path.read_bytes())))
        for node, item in zip(read, ours, strict=True):
            assert qti2latex.guess_type(qti2latex.get_qti_metadata(node), node) == item.kind
            if isinstance(first[item.id], ChoiceQuestion | ChoicesQuestion):
                assert len(qti2latex.get_choices(node)) == len(first[item.id].options)


def test_the_whole_course_written_twice_is_the_same(whole, tmp_path):
    again = written(tmp_path / "two")
    paths = sorted(path.relative_to(whole) for path in whole.rglob("*") if path.is_file())
    assert paths == sorted(path.relative_to(again) for path in again.rglob("*") if path.is_file())
    assert [path for path in paths if (whole / path).read_bytes() != (again / path).read_bytes()] == []
