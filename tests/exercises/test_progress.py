import json
import subprocess
import sys
import textwrap
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from opsbook import exercises
from opsbook.exercises import progress
from opsbook.exercises.progress import Answer
from opsbook.exercises.widget import QuestionWidget


def answer(**changes: Any) -> Answer:
    values = {"seed": 0, "response": "b", "mark": 1, "attempts": 1, "hints": 0, "at": "2025-03-01T10:00:00.000Z"}
    return Answer.model_validate(values | changes)


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "kept" / "progress.json"
    monkeypatch.setenv("OPSBOOK_PROGRESS", str(path))
    return path


def test_it_lies_under_the_jupyter_data_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPSBOOK_PROGRESS", raising=False)
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path))
    assert progress.path() == tmp_path / "opsbook" / "progress.json"


def test_nothing_kept_is_nothing_answered(file: Path) -> None:
    assert progress.load() == {}
    assert not file.exists()


def test_what_is_saved_is_loaded_in_the_contracts_format(file: Path) -> None:
    progress.save("sample/which", answer())
    assert progress.load() == {"sample/which": answer()}
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "format": 1,
        "answers": {
            "sample/which": {
                "seed": 0, "response": "b", "mark": 1, "attempts": 1, "hints": 0, "at": "2025-03-01T10:00:00.000Z",
            }
        },
    }  # fmt: skip
    assert sorted(path.name for path in file.parent.iterdir()) == ["progress.json", "progress.lock"]


@pytest.mark.parametrize("response", ["1,5 min", ["a", "c"], {"teller": "front"}])
def test_every_kind_of_response_of_the_contract_is_kept(file: Path, response: object) -> None:
    progress.save("sample/which", answer(response=response))
    assert file.exists()
    assert progress.load()["sample/which"].response == response


def test_the_later_answer_stays_whichever_arrives_last(file: Path) -> None:
    late = answer(at="2025-03-01T12:00:00+01:00", attempts=2, mark=0)
    early = answer(at="2025-03-01T10:59:59Z", attempts=5)
    assert progress.save("sample/which", late) == late
    kept = progress.save("sample/which", early)
    assert (kept.mark, kept.attempts) == (0, 5)
    assert file.exists()


AHEAD = "2999-01-01T00:00:00Z"


@pytest.mark.usefixtures("file")
def test_an_answer_from_a_clock_that_was_ahead_keeps_no_later_one_out() -> None:
    progress.merge(text_of({"sample/which": record(at=AHEAD, attempts=3), "sample/share": record(seed=2, at=AHEAD)}))
    for question_id, attempts in (("sample/which", 3), ("sample/share", 1)):
        now = answer(response="a", mark=0)
        kept = progress.save(question_id, now)
        assert kept == now.model_copy(update={"attempts": attempts})
        assert progress.load()[question_id] == kept


@pytest.mark.usefixtures("file")
def test_an_answer_saved_by_a_clock_that_is_ahead_is_dated_now() -> None:
    progress.save("sample/which", answer())
    before = datetime.now(UTC)
    kept = progress.save("sample/which", answer(response="a", at=AHEAD))
    assert kept.response == "a"
    assert before - timedelta(seconds=1) < datetime.fromisoformat(kept.at) < before + timedelta(minutes=1)
    soon = (before + timedelta(minutes=30)).isoformat(timespec="milliseconds")
    assert progress.save("sample/which", answer(at=soon)).at == soon


def test_a_link_stays_a_link_to_the_file_that_is_written(file: Path, tmp_path: Path) -> None:
    target = tmp_path / "synced" / "answers.json"
    file.parent.mkdir()
    file.symlink_to(target)
    progress.save("sample/which", answer())
    progress.save("sample/share", answer())
    assert progress.reset() is not None
    assert progress.undo() == 2
    assert file.is_symlink()
    assert set(json.loads(target.read_text(encoding="utf-8"))["answers"]) == {"sample/which", "sample/share"}
    assert not target.is_symlink()


def test_counts_start_again_with_new_numbers(file: Path) -> None:
    progress.save("sample/share", answer(attempts=4, hints=2))
    kept = progress.save("sample/share", answer(seed=1, at="2025-03-02T10:00:00Z"))
    assert (kept.attempts, kept.hints) == (1, 0)
    assert file.exists()


@pytest.mark.parametrize(
    "broken",
    [
        "",
        "{",
        "[" * 9999,
        "[]",
        '{"format": 2, "answers": {}}',
        '{"format": 1}',
        '{"format": 1, "answers": []}',
        "\x00",
    ],
)
def test_a_file_that_cannot_be_read_is_kept_aside(file: Path, broken: str) -> None:
    file.parent.mkdir()
    file.write_text(broken, encoding="utf-8")
    with pytest.warns(UserWarning, match=r"progress.json is not .* kept beside it as progress.json.bak"):
        progress.save("sample/which", answer())
    assert file.with_name("progress.json.bak").read_text(encoding="utf-8") == broken
    assert progress.load() == {"sample/which": answer()}


def test_one_bad_answer_does_not_cost_the_others(file: Path) -> None:
    progress.save("sample/which", answer())
    stored = json.loads(file.read_text(encoding="utf-8"))
    stored["answers"]["sample/share"] = stored["answers"]["sample/which"] | {"mark": 7}
    file.write_text(json.dumps(stored), encoding="utf-8")
    with pytest.warns(UserWarning, match="holds 1 answer that cannot be read"):
        assert progress.load() == {"sample/which": answer()}
    assert json.loads(file.with_name("progress.json.bak").read_text(encoding="utf-8")) == stored


def test_a_second_broken_file_does_not_overwrite_the_first_kept_aside(file: Path) -> None:
    file.parent.mkdir()
    for broken in ("one", "two"):
        file.write_text(broken, encoding="utf-8")
        with pytest.warns(UserWarning, match="not valid JSON"):
            progress.load()
    progress_files = sorted(path.name for path in file.parent.glob("*.bak*"))
    assert progress_files == ["progress.json.bak", "progress.json.bak1"]


def test_what_a_later_version_adds_to_an_answer_survives(file: Path) -> None:
    progress.save("sample/which", answer(confidence="sure"))
    progress.save("sample/share", answer())
    assert json.loads(file.read_text(encoding="utf-8"))["answers"]["sample/which"]["confidence"] == "sure"


def test_processes_that_save_at_once_lose_nothing(file: Path) -> None:
    script = textwrap.dedent(
        """
        import sys
        from opsbook.exercises.progress import Answer, save
        for n in range(25):
            save(f"sample/q-{sys.argv[1]}-{n}", Answer(
                seed=0, response="b", mark=1, attempts=1, hints=0, at="2025-03-01T10:00:00Z"))
        """
    )
    running = [subprocess.Popen([sys.executable, "-c", script, str(number)]) for number in range(3)]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(progress.load()) == 75
    assert json.loads(file.read_text(encoding="utf-8"))["format"] == 1


def text_of(answers: dict[str, Any], form: Any = 1) -> str:
    return json.dumps({"format": form, "answers": answers})


def record(**changes: Any) -> dict[str, Any]:
    return answer(**changes).model_dump()


class TestMerge:
    def test_of_two_answers_to_a_question_the_later_stays(self, file: Path) -> None:
        progress.save("sample/which", answer())
        progress.save("sample/share", answer())
        imported = {
            "sample/which": record(at="2025-03-01T10:00:01Z", response="a", mark=0),
            "sample/share": record(at="2025-03-01T10:59:59+01:00", response="a", mark=0),
            "sample/new": record(),
        }
        assert progress.merge(text_of(imported)) == (2, 1, 0)
        kept = progress.load()
        assert {name: each.response for name, each in kept.items()} == {
            "sample/which": "a",
            "sample/share": "b",
            "sample/new": "b",
        }
        assert [path.name for path in file.parent.iterdir() if path.name.endswith(".new")] == []

    @pytest.mark.usefixtures("file")
    def test_the_same_file_a_second_time_changes_nothing(self) -> None:
        text = text_of({"sample/which": record(), "sample/share": record(seed=3)})
        assert progress.merge(text) == (2, 0, 0)
        before = progress.export_text()
        assert progress.merge(text) == (0, 2, 0)
        assert progress.export_text() == before

    @pytest.mark.usefixtures("file")
    def test_the_same_numbers_keep_the_larger_counts_as_saving_does(self) -> None:
        progress.save("sample/which", answer(attempts=4, hints=1))
        progress.merge(text_of({"sample/which": record(at="2025-03-02T10:00:00Z", attempts=2, hints=2)}))
        kept = progress.load()["sample/which"]
        assert (kept.attempts, kept.hints, kept.at) == (4, 2, "2025-03-02T10:00:00Z")

    @pytest.mark.parametrize("seeds", [(0, 0), (0, 1)])
    @pytest.mark.parametrize(("minutes", "stays"), [(90, "now"), (30, "ahead")])
    @pytest.mark.usefixtures("file")
    def test_an_answer_dated_ahead_of_now_gives_way(self, seeds: tuple[int, int], minutes: int, stays: str) -> None:
        at = (datetime.now(UTC) + timedelta(minutes=minutes)).isoformat(timespec="seconds")
        ahead = record(seed=seeds[0], response="ahead", at=at)
        now = record(seed=seeds[1], response="now")
        for first, second in ((ahead, now), (now, ahead)):
            progress.reset()
            assert progress.merge(text_of({"a/b": first})) == (1, 0, 0)
            taken = second["response"] == stays
            assert progress.merge(text_of({"a/b": second})) == (taken, not taken, 0)
            assert progress.load()["a/b"].response == stays

    @pytest.mark.usefixtures("file")
    def test_of_two_answers_dated_ahead_the_later_stays(self) -> None:
        progress.merge(text_of({"a/b": record(at=AHEAD)}))
        assert progress.merge(text_of({"a/b": record(at="2999-01-02T00:00:00Z", response="a")})) == (1, 0, 0)
        assert progress.merge(text_of({"a/b": record(at=AHEAD)})) == (0, 1, 0)
        assert progress.load()["a/b"].response == "a"

    @pytest.mark.parametrize("number", ["1e999", "-1e999", "1" + "0" * 400])
    @pytest.mark.parametrize("extra", ['{"deep": [{"er": [#]}]}', "#"])
    def test_a_number_that_is_not_finite_is_refused_wherever_it_stands(
        self, file: Path, number: str, extra: str
    ) -> None:
        sound = json.dumps(record())
        broken = sound.removesuffix("}") + ', "later": ' + extra.replace("#", number) + "}"
        text = '{"format": 1, "answers": {"a/b": %s, "a/c": %s, "a/d": %s}}'
        seed = sound.replace('"seed": 0', f'"seed": {number}')
        assert progress.merge(text % (sound, broken, seed)) == (1, 0, 2)
        assert list(json.loads(file.read_text(encoding="utf-8"))["answers"]) == ["a/b"]

    def test_what_is_kept_without_being_finite_is_set_aside(self, file: Path) -> None:
        file.parent.mkdir()
        sound = json.dumps(record())
        broken = sound.removesuffix("}") + ', "later": NaN}'
        file.write_text(f'{{"format": 1, "answers": {{"a/b": {sound}, "a/c": {broken}}}}}', encoding="utf-8")
        with pytest.warns(UserWarning, match="holds 1 answer that cannot be read"):
            assert list(progress.load()) == ["a/b"]

    @pytest.mark.usefixtures("file")
    def test_what_was_imported_can_be_exported_and_imported_again(self) -> None:
        answers = {f"sample/q-{number}": record(response={"a": "b"}, seed=number) for number in range(20_000)}
        tight = json.dumps({"format": 1, "answers": answers}, separators=(",", ":"))
        padding = "x" * (progress.MAX_BYTES - len(tight) - 500)
        answers["sample/long"] = record(response=padding)
        assert progress.merge(json.dumps({"format": 1, "answers": answers}, separators=(",", ":"))) == (20_001, 0, 0)
        text = progress.export_text()
        assert len(text) <= progress.MAX_BYTES
        assert progress.merge(text) == (0, 20_001, 0)
        more = text_of({"sample/more": record(response="y" * 1000)})
        message = "^What is kept here and the file must not exceed 5 MB together, got 5.1 MB. Export and reset what"
        with pytest.raises(ValueError, match=message):
            progress.merge(more)
        assert progress.export_text() == text

    @pytest.mark.usefixtures("file")
    def test_what_breaks_the_format_is_counted_and_left_out(self) -> None:
        broken = {"sample/one": record() | {"mark": 2}, "sample/two": 5, "no slug": record(), "sample/four": record()}
        assert progress.merge(text_of(broken)) == (1, 0, 3)
        assert set(progress.load()) == {"sample/four"}

    def test_a_file_without_any_good_answer_writes_nothing(self, file: Path) -> None:
        assert progress.merge(text_of({"sample/one": None})) == (0, 0, 1)
        assert progress.merge(text_of({})) == (0, 0, 0)
        assert not file.exists()

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ("", "must be JSON, and it is not"),
            ("task;minutes", "must be JSON, and it is not"),
            ('{"format": NaN}', "must be JSON, and it is not"),
            ("[" * 100_000, "must be JSON, and it is not"),
            ("[]", "must hold progress in format 1, and it does not"),
            ("{}", "must hold progress in format 1, and it does not"),
            ('{"format": 1}', "must hold progress in format 1, and it does not"),
            ('{"format": true, "answers": {}}', "must hold progress in format 1, and it does not"),
            ('{"format": "2", "answers": {}}', "must hold progress in format 1, and it does not"),
            ('{"format": 2, "answers": {}}', "is of format 2, and format 1 is the newest .* Update opsbook"),
            ('{"format": 1, "answers": {}}' + " " * 5_000_000, r"must not exceed 5 MB, got 5\.1 MB"),
        ],
    )
    def test_what_is_no_progress_file_is_refused_and_changes_nothing(self, file: Path, text: str, message: str) -> None:
        progress.save("sample/which", answer())
        before = file.read_bytes()
        with pytest.raises(ValueError, match=f"^The file {message}"):
            progress.merge(text)
        assert file.read_bytes() == before

    @pytest.mark.usefixtures("file")
    def test_what_is_exported_is_imported_elsewhere(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        progress.save("sample/which", answer(response={"teller": "front"}, confidence="sure"))
        progress.save("sample/think", answer(response="Wo? „Überall“ \u2028 \ud83d"))
        text = progress.export_text()
        here = progress.load()
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(tmp_path / "elsewhere" / "progress.json"))
        assert progress.merge("\ufeff" + text) == (2, 0, 0)
        assert progress.load() == here
        assert progress.export_text() == text


class TestReset:
    def test_it_sets_the_file_aside_and_undo_brings_it_back(self, file: Path) -> None:
        progress.save("sample/which", answer())
        before = progress.load()
        spare = progress.reset()
        assert spare is not None
        assert spare.parent == file.parent
        assert progress.load() == {}
        assert progress.undo() == 1
        assert progress.load() == before
        assert sorted(path.name for path in file.parent.iterdir()) == ["progress.json", "progress.lock"]

    def test_undo_keeps_what_was_answered_since(self, file: Path) -> None:
        progress.save("sample/which", answer(response="a"))
        progress.save("sample/share", answer())
        progress.reset()
        progress.save("sample/which", answer(response="c", at="2025-03-05T10:00:00Z"))
        assert progress.undo() == 2
        assert {name: each.response for name, each in progress.load().items()} == {
            "sample/which": "c",
            "sample/share": "b",
        }
        assert file.exists()

    @pytest.mark.usefixtures("file")
    def test_every_reset_can_be_undone_the_last_one_first(self) -> None:
        for number in range(11):
            progress.save(f"sample/q-{number}", answer())
            progress.reset()
        assert progress.undo() == 1
        assert set(progress.load()) == {"sample/q-10"}
        assert [progress.undo() for _ in range(11)] == [1] * 10 + [0]
        assert len(progress.load()) == 11

    def test_nothing_kept_is_nothing_to_reset_or_to_undo(self, file: Path) -> None:
        assert progress.reset() is None
        assert progress.undo() == 0
        assert not file.exists()

    def test_a_file_that_cannot_be_read_is_set_aside_whole(self, file: Path) -> None:
        file.parent.mkdir()
        file.write_text("{", encoding="utf-8")
        spare = progress.reset()
        assert spare is not None
        assert spare.read_text(encoding="utf-8") == "{"


@pytest.mark.parametrize(
    "at",
    [
        "2025-03-01",
        "2025-03-01T10:00:00",
        "2025-03-01 10:00:00Z",
        "2025-03-01T10:00:00z",
        "2025-03-01T24:00:00Z",
        "2025-02-30T10:00:00Z",
        "20250301T100000Z",
        "2025-03-01T10:00:00,5Z",
        "2025-03-01T10:00:00.1234567Z",
        "2025-03-01T10:00:00+24:00",
        "0000-01-01T10:00:00Z",
        "2025-03-01T10:00:00Z\n",
        "٢٠٢٥-03-01T10:00:00Z",
    ],
)
def test_a_moment_that_not_everybody_reads_alike_is_refused(at: str) -> None:
    with pytest.raises(ValueError, match="at"):
        answer(at=at)


def test_a_whole_number_may_be_written_as_a_fraction() -> None:
    assert answer(seed=3.0, attempts=2.0) == answer(seed=3, attempts=2)
    with pytest.raises(ValueError, match="seed"):
        answer(seed=3.5)


def test_processes_that_save_import_and_reset_at_once_lose_nothing(file: Path) -> None:
    saving = """
        import sys
        from opsbook.exercises.progress import Answer, save
        for n in range(25):
            save(f"sample/saved-{n}", Answer(
                seed=0, response="b", mark=1, attempts=1, hints=0, at="2025-03-01T10:00:00Z"))
        """
    importing = """
        import json
        from opsbook.exercises.progress import merge
        for n in range(25):
            record = {"seed": 0, "response": "b", "mark": 1, "attempts": 1, "hints": 0, "at": "2025-03-01T10:00:00Z"}
            merge(json.dumps({"format": 1, "answers": {f"sample/imported-{n}": record}}))
        """
    resetting = """
        from opsbook.exercises.progress import reset, undo
        for n in range(25):
            reset()
            undo()
        """
    scripts = [textwrap.dedent(script) for script in (saving, importing, resetting)]
    running = [subprocess.Popen([sys.executable, "-W", "error", "-c", script]) for script in scripts]
    assert [process.wait() for process in running] == [0, 0, 0]
    assert len(progress.load()) == 50
    assert sorted(path.name for path in file.parent.iterdir()) == ["progress.json", "progress.lock"]


@pytest.mark.usefixtures("sample")
class TestWidget:
    def test_an_answer_reaches_the_file_with_pythons_mark(self, file: Path) -> None:
        widget = QuestionWidget(exercises.question("sample/which"))
        widget.record = answer(response="a", mark=1).model_dump()
        assert progress.load()["sample/which"].mark == 0
        assert file.exists()
        assert widget.note == ""

    def test_an_answer_to_other_numbers_is_marked_by_their_seed(self, file: Path) -> None:
        right = exercises.question("sample/share", seed=5)
        widget = QuestionWidget(exercises.question("sample/share", seed=0))
        share = f"{right.answer:.4f}"  # type: ignore[attr-defined]
        widget.record = answer(seed=5, response=share, mark=1).model_dump()
        assert progress.load()["sample/share"].mark == 1
        assert file.exists()

    @pytest.mark.usefixtures("file")
    def test_a_new_widget_starts_from_the_last_answer(self) -> None:
        progress.save("sample/which", answer(response="a", mark=0))
        assert QuestionWidget(exercises.question("sample/which")).record["response"] == "a"
        assert QuestionWidget(exercises.question("sample/share")).record is None

    @pytest.mark.usefixtures("file")
    def test_a_record_that_is_not_whole_is_refused_with_a_note(self) -> None:
        widget = QuestionWidget(exercises.question("sample/which"))
        widget.record = {"seed": 0}
        assert "did not arrive whole" in widget.note
        assert progress.load() == {}

    def test_a_folder_that_cannot_be_written_is_noted_and_stops_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "taken").write_text("a file, not a folder", encoding="utf-8")
        monkeypatch.setenv("OPSBOOK_PROGRESS", str(tmp_path / "taken" / "progress.json"))
        widget = QuestionWidget(exercises.question("sample/which"))
        widget.record = answer().model_dump()
        assert widget.note.startswith("Progress was not saved: ")

    @pytest.mark.usefixtures("file")
    def test_its_text_names_the_question_and_no_address(self) -> None:
        assert repr(QuestionWidget(exercises.question("sample/which"))) == "QuestionWidget('sample/which')"
