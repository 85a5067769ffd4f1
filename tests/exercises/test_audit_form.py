import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from opsbook.exercises import audit_form, contact_audit
from opsbook.exercises.audit import Audit, read_audit
from opsbook.exercises.task_lists import SAMPLE, read_tasks

BRANCH = read_tasks(SAMPLE)
MOVED = ["check the papers", "enter the data"]
CLINIC = "task;duration_min;contact\ntake the history;7,5;active\nread the <scan>;12;none\nwait;4;Passive\n"

MODIFIED = datetime(2024, 3, 1, tzinfo=UTC)


def parts(widget):
    yield widget
    for child in getattr(widget, "children", ()):
        yield from parts(child)


def find(tool, label):
    """Return the control that a reader would find by the beginning of its label."""
    found = [part for part in parts(tool.view) if getattr(part, "description", "").startswith(label)]
    assert len(found) == 1, (label, found)
    return found[0]


def page(tool):
    """Return everything that is written in the form, apart from labels."""
    return "\n".join(part.value for part in parts(tool.view) if isinstance(getattr(part, "value", None), str))


def heard(tool):
    """Return what stands in the live regions, the result's left out."""
    lines = [part.value for part in parts(tool.view) if hasattr(part, "_esm")]
    return " ".join(line for line in lines if line and line != tool.audit.sentence)


def labels(tool):
    return [part.description for part in parts(tool.view) if type(part).__name__ == "Checkbox"]


def upload(tool, content, name="clinic.csv"):
    data = content.encode() if isinstance(content, str) else content
    find(tool, "Upload a CSV file").value = (
        {"name": name, "type": "text/csv", "size": len(data), "content": memoryview(data), "last_modified": MODIFIED},
    )


@pytest.fixture(autouse=True)
def _beside_the_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


class TestForm:
    def test_it_starts_with_the_sample_marked_as_invented(self):
        tool = contact_audit()
        assert "Opening an account (a sample, invented for this course)" in page(tool)
        assert tool.audit.summary in page(tool)
        assert tool.audit.sentence in page(tool)
        assert heard(tool) == ""

    def test_the_list_is_a_table_with_headers(self):
        text = page(contact_audit())
        assert text.count('<th scope="row">') == 7
        assert [*re.findall(r'<th scope="col">(.*?)</th>', text)] == ["Task", "Minutes", "Contact", "Staff minutes"]
        row = '<th scope="row">check the papers</th><td class="number">8</td><td>passive</td><td class="number">8</td>'
        assert row in text

    def test_the_template_is_shown_and_can_be_downloaded(self):
        text = page(contact_audit())
        assert SAMPLE in text
        assert 'download="tasks.csv" href="data:text/csv;charset=utf-8,task%2Cduration_min%2C' in text

    def test_each_movable_task_has_a_box_and_active_ones_are_listed_as_staying(self):
        tool = contact_audit()
        assert labels(tool) == [
            "wait in line (6 minutes, passive contact)",
            "check the papers (8 minutes, passive contact)",
            "enter the data (9 minutes, passive contact)",
            "file and post (7 minutes, no contact)",
            "produce the card (4 minutes, no contact)",
        ]
        stays = (
            "<p>Stays in front: active contact</p><ul><li>hear the wish and identify</li><li>explain and sign</li></ul>"
        )
        assert stays in page(tool)

    def test_ticks_and_numbers_are_the_audit(self):
        tool = contact_audit()
        for name in MOVED:
            find(tool, name).value = True
        find(tool, "Handover").value = 2
        find(tool, "People in front").value = 3
        find(tool, "People in the back").value = 1.5
        expected = Audit(BRANCH, MOVED, 2, 3, 1.5)
        assert tool.audit.change == expected.change
        assert expected.sentence in page(tool)

    def test_numbers_stay_within_their_bounds(self):
        tool = contact_audit()
        find(tool, "Handover").value = 500
        find(tool, "People in front").value = -3
        assert (tool.audit.handover, tool.audit.front_staff) == (120, 0.5)

    def test_the_chart_and_its_figures_are_there_as_soon_as_something_moves(self):
        tool = contact_audit()
        assert "<svg" not in page(tool)
        assert "The same in figures" not in page(tool)
        find(tool, "file and post").value = True
        assert page(tool).count('<svg role="img" aria-label="Three bars show') == 2
        assert "<figcaption>The customer&#x27;s presence stays at 34 minutes, capacity goes from" in page(tool)
        figures = '<th scope="row">Flow time, minutes</th><td class="number">45</td><td class="number">47</td>'
        assert figures in page(tool)

    def test_a_service_without_the_customer_can_be_drawn(self):
        tasks = pd.DataFrame({"task": ["pack", "post"], "duration_min": [4, 2], "contact": ["none", "none"]})
        tool = contact_audit(tasks)
        find(tool, "post").value = True
        assert "customer present: 0 of 0 minutes" in page(tool)
        assert "Stays in front" not in page(tool)

    def test_boxes_stay_the_same_while_the_list_does(self):
        tool = contact_audit()
        box = find(tool, "enter the data")
        box.value = True
        find(tool, "Handover").value = 3
        find(tool, "Undo").click()
        find(tool, "Start again").click()
        assert find(tool, "enter the data") is box

    def test_undo_goes_back_one_change_at_a_time(self):
        tool = contact_audit()
        find(tool, "file and post").value = True
        find(tool, "People in front").value = 7
        find(tool, "Undo").click()
        assert (find(tool, "file and post").value, find(tool, "People in front").value) == (True, 2)
        assert heard(tool) == "The last change is undone."
        find(tool, "Undo").click()
        assert tool.audit.to_back == ()
        assert not find(tool, "file and post").value
        find(tool, "Undo").click()
        assert heard(tool) == "There is nothing to undo."

    def test_start_again_keeps_the_list_and_can_be_undone(self):
        tool = contact_audit()
        upload(tool, CLINIC)
        find(tool, "wait").value = True
        find(tool, "Handover").value = 9
        find(tool, "Start again").click()
        assert (tool.audit.to_back, tool.audit.handover, tool.audit.name) == ((), 1, "clinic")
        assert heard(tool).startswith("Every task is in front again.")
        find(tool, "Undo").click()
        assert (tool.audit.to_back, find(tool, "Handover").value) == (("wait",), 9)

    def test_start_again_on_an_untouched_form_leaves_nothing_to_undo(self):
        tool = contact_audit()
        find(tool, "Start again").click()
        assert heard(tool) == "There is nothing to reset."
        find(tool, "file and post").value = True
        find(tool, "Start again").click()
        find(tool, "Start again").click()
        find(tool, "Undo").click()
        assert tool.audit.to_back == ("file and post",)

    def test_a_message_goes_when_the_next_change_comes(self):
        tool = contact_audit()
        find(tool, "Undo").click()
        find(tool, "file and post").value = True
        assert heard(tool) == ""

    def test_labels_are_words_and_never_markup(self):
        tool = contact_audit()
        upload(tool, CLINIC.replace("clinic", "<i>"), name="<u>.csv")
        find(tool, "read the <scan>").value = True
        assert "<scan>" not in "".join(part.value for part in parts(tool.view) if type(part).__name__ == "HTML")
        assert "&lt;u&gt; (your list)" in page(tool)
        assert all(not part.description_allow_html for part in parts(tool.view) if type(part).__name__ == "Checkbox")

    def test_every_field_has_its_whole_label_and_a_tooltip(self):
        for part in parts(contact_audit().view):
            if getattr(part, "description", ""):
                assert part.tooltip
                assert getattr(part.style, "description_width", "initial") == "initial"
                assert part.layout.width == "auto" or "%" in part.layout.width


class TestUpload:
    def test_a_good_file_becomes_the_list(self):
        tool = contact_audit()
        find(tool, "file and post").value = True
        upload(tool, CLINIC)
        assert labels(tool) == ["read the <scan> (12 minutes, no contact)", "wait (4 minutes, passive contact)"]
        assert heard(tool) == "Loaded clinic: 3 tasks."
        assert "Clinic (your list)" in page(tool)
        assert "invented" not in page(tool)
        assert repr(tool) == "[Contact audit] clinic: 3 tasks"

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            (b"", "The file is empty. Write a header and one line for each task."),
            (b"task\na\n", "The table of tasks needs the columns 'duration_min', 'contact';"),
            (
                b"task,duration_min,contact\na,1,often\n",
                "`contact` must be one of 'none', 'passive', 'active', got 'often'.",
            ),
            (b"PK\x03\x04\xff", "The file cannot be read as text."),
            (b"a" * 200_000, "The file must not exceed 100 kB, got 200 kB."),
        ],
    )
    def test_a_bad_file_is_explained_and_the_last_good_list_stays(self, content, message):
        tool = contact_audit()
        upload(tool, CLINIC)
        find(tool, "wait").value = True
        before = tool.audit
        upload(tool, content)
        assert heard(tool).startswith(message)
        assert heard(tool).endswith(" The list below is still the last good one.")
        assert tool.audit is before
        assert find(tool, "wait").value

    def test_the_same_file_can_be_sent_again(self):
        tool = contact_audit()
        upload(tool, CLINIC)
        find(tool, "Use the sample").click()
        assert tool.audit.invented
        upload(tool, CLINIC)
        assert tool.audit.name == "clinic"

    def test_undo_brings_the_list_before_back_with_its_choices(self):
        tool = contact_audit()
        find(tool, "file and post").value = True
        upload(tool, CLINIC)
        find(tool, "Undo").click()
        assert tool.audit.invented
        assert find(tool, "file and post").value

    def test_a_file_name_is_kept_to_one_short_line(self):
        tool = contact_audit()
        upload(tool, CLINIC, name="my\nlist" + "x" * 200 + ".csv")
        assert tool.audit.name.startswith("my list")
        assert len(repr(tool)) < 120


class TestSaving:
    def saved(self, path="contact-audit.json"):
        tool = contact_audit(save_to=path)
        for name in MOVED:
            find(tool, name).value = True
        find(tool, "What moves").value = "Move both; time 30 cases."
        find(tool, "Save").click()
        return tool

    def test_the_file_holds_the_whole_audit(self, tmp_path):
        tool = self.saved()
        content = (tmp_path / "contact-audit.json").read_text(encoding="utf-8")
        assert json.loads(content) == json.loads(json.dumps(tool.audit.record("Move both; time 30 cases.")))
        assert heard(tool) == "Saved to contact-audit.json."
        assert [file.name for file in tmp_path.iterdir()] == ["contact-audit.json"]

    def test_opening_the_notebook_again_restores_it(self):
        first = self.saved()
        tool = contact_audit()
        assert tool.audit.change == first.audit.change
        assert find(tool, "enter the data").value
        assert find(tool, "What moves").value == "Move both; time 30 cases."
        assert heard(tool) == "Restored from contact-audit.json."

    def test_a_restored_audit_is_saved_in_place(self, tmp_path):
        self.saved()
        tool = contact_audit()
        find(tool, "wait in line").value = True
        find(tool, "Save").click()
        assert [file.name for file in tmp_path.iterdir()] == ["contact-audit.json"]
        assert "wait in line" in read_audit((tmp_path / "contact-audit.json").read_bytes())[0].to_back

    def test_an_empty_decision_is_pointed_out(self):
        tool = contact_audit()
        find(tool, "Save").click()
        assert heard(tool) == "Saved to contact-audit.json. Your decision is still empty."

    @pytest.mark.parametrize("content", [b"not json", b'{"format": 9}', b"\x00\xff"])
    def test_a_file_that_is_no_audit_is_reported_and_set_aside_on_saving(self, tmp_path, content):
        file = tmp_path / "contact-audit.json"
        file.write_bytes(content)
        tool = contact_audit()
        assert (
            heard(tool) == "contact-audit.json is not a saved audit, so nothing was restored. Saving will set it aside."
        )
        assert tool.audit.invented
        find(tool, "Save").click()
        assert "The file that was there is now contact-audit.json.1.bak." in heard(tool)
        assert (tmp_path / "contact-audit.json.1.bak").read_bytes() == content
        read_audit(file.read_bytes())

    def test_two_forms_on_one_file_lose_nothing_of_each_other(self, tmp_path):
        other = contact_audit()
        self.saved()
        find(other, "What moves").value = "Nothing."
        find(other, "Save").click()
        assert read_audit((tmp_path / "contact-audit.json").read_bytes())[1] == "Nothing."
        assert read_audit((tmp_path / "contact-audit.json.1.bak").read_bytes())[1] == "Move both; time 30 cases."
        self_again = contact_audit()
        find(self_again, "What moves").value = "A third thought."
        (tmp_path / "contact-audit.json").write_text("{}", encoding="utf-8")
        find(self_again, "Save").click()
        assert (tmp_path / "contact-audit.json.2.bak").read_text(encoding="utf-8") == "{}"

    def test_a_list_given_in_code_is_restored_only_if_it_is_the_same(self):
        self.saved()
        same = contact_audit(BRANCH)
        assert same.audit.to_back == tuple(MOVED)
        other = contact_audit(BRANCH.iloc[1:])
        assert other.audit.to_back == ()
        assert "holds another list, so nothing was restored" in heard(other)
        assert repr(other) == "[Contact audit] your tasks: 6 tasks"

    def test_the_file_stays_beside_the_notebook_when_the_folder_is_left(self, tmp_path, monkeypatch):
        tool = contact_audit(save_to=Path("mine.json"))
        (tmp_path / "elsewhere").mkdir()
        monkeypatch.chdir(tmp_path / "elsewhere")
        find(tool, "Save").click()
        assert (tmp_path / "mine.json").exists()

    def test_a_file_that_cannot_be_written_is_reported(self):
        tool = self.saved("no-such-folder/audit.json")
        assert heard(tool) == "audit.json was not saved: No such file or directory. Your entries are still here."
        assert find(tool, "What moves").value == "Move both; time 30 cases."

    def test_a_write_that_fails_leaves_the_old_file(self, tmp_path, monkeypatch):
        tool = self.saved()
        (tmp_path / "contact-audit.json").write_bytes(before := b"somebody else's")

        def full(_descriptor):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(audit_form.os, "fsync", full)
        find(tool, "What moves").value = "Changed."
        find(tool, "Save").click()
        assert "was not saved: No space left on device" in heard(tool)
        assert (tmp_path / "contact-audit.json").read_bytes() == before
        assert [file.name for file in tmp_path.iterdir()] == ["contact-audit.json"]

    def test_a_path_that_cannot_be_opened_is_reported(self, tmp_path):
        (tmp_path / "contact-audit.json").mkdir()
        tool = contact_audit()
        assert "cannot be opened" in heard(tool)
        find(tool, "Save").click()
        assert "was not saved" in heard(tool)


class TestShowing:
    def test_what_a_notebook_stores_is_the_same_every_time(self):
        first, second = contact_audit()._repr_mimebundle_(), contact_audit()._repr_mimebundle_(include=None)
        view = "application/vnd.jupyter.widget-view+json"
        assert set(first) == {"text/plain", view}
        assert first["text/plain"] == second["text/plain"] == "[Contact audit] opening an account: 7 tasks"
        assert first[view]["model_id"]

    def test_nothing_in_it_needs_an_output_area(self):
        assert "Output" not in {type(part).__name__ for part in parts(contact_audit().view)}

    @pytest.mark.parametrize("tasks", [[1], BRANCH.drop(columns="contact"), BRANCH.assign(contact="often")])
    def test_a_list_given_in_code_is_checked(self, tasks):
        with pytest.raises((TypeError, ValueError)):
            contact_audit(tasks)
