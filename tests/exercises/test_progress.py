import json
import subprocess
import sys
import textwrap
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


def test_counts_start_again_with_new_numbers(file: Path) -> None:
    progress.save("sample/share", answer(attempts=4, hints=2))
    kept = progress.save("sample/share", answer(seed=1, at="2025-03-02T10:00:00Z"))
    assert (kept.attempts, kept.hints) == (1, 0)
    assert file.exists()


@pytest.mark.parametrize(
    "broken", ["", "{", "[]", '{"format": 2, "answers": {}}', '{"format": 1}', '{"format": 1, "answers": []}', "\x00"]
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
