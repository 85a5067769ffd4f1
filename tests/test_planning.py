"""A forecast in a file becomes a plan in a file, or one complete list of what is wrong with the forecast."""

import contextlib
import csv
import math
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import planning, queues, staffing
from opsbook.errors import ArrivalsError

TARGET = {"mean_service_time": 240, "service_level": 0.8, "threshold": 20}


def forecast(folder: Path, *rows: str, head: str = "start,contacts", name: str = "arrivals.csv") -> Path:
    file = folder / name
    file.write_text("\n".join([head, *rows, ""]), encoding="utf8")
    return file


def problems(file: Path, **options: float) -> list[str]:
    with pytest.raises(ArrivalsError) as raised:
        planning.read_arrivals(file, **options)
    return [problem.replace(f"{file}", "FILE") for problem in raised.value.problems]


class TestReading:
    def test_a_sound_file(self, tmp_path):
        found = planning.read_arrivals(forecast(tmp_path, "2026-03-02T08:00,46", "2026-03-02T08:30,61.5"))
        assert found.starts == ("2026-03-02T08:00", "2026-03-02T08:30")
        assert found.times == (datetime(2026, 3, 2, 8), datetime(2026, 3, 2, 8, 30))  # noqa: DTZ001 -- no zone is given
        assert (found.contacts, found.interval) == ((46, 61.5), 1800)

    def test_spreadsheets_may_add_what_does_not_matter(self, tmp_path):
        file = tmp_path / "arrivals.csv"
        file.write_bytes(
            b'\xef\xbb\xbfqueue, contacts ,start\r\na,"3", 2026-03-02 08:00\r\n,,\r\n\r\na,4,2026-03-02 08:15\r\n'
        )
        found = planning.read_arrivals(file)
        assert (found.contacts, found.interval) == ((3, 4), 900)

    def test_columns_may_begin_with_capitals(self, tmp_path):
        file = forecast(tmp_path, "2026-03-02T08:00,46", "2026-03-02T08:30,50", head="Start,Contacts")
        assert planning.read_arrivals(file).contacts == (46, 50)

    def test_closed_hours_may_be_left_out(self, tmp_path):
        rows = [f"2026-03-0{day}T{hour:02}:00,5" for day in (2, 3) for hour in range(8, 18)]
        assert planning.read_arrivals(forecast(tmp_path, *rows)).interval == 3600

    def test_clocks_that_change_are_told_apart_by_their_offset(self, tmp_path):
        rows = [
            "2026-10-25T02:00+02:00,1",
            "2026-10-25T02:30+02:00,1",
            "2026-10-25T02:00+01:00,1",
            "2026-10-25T02:30+01:00,1",
        ]
        file = forecast(tmp_path, *rows)
        assert planning.read_arrivals(file).interval == 1800
        targets = {"service_level": 0.8, "threshold": 20}
        chart = tmp_path / "night.svg"
        planning.staff(file, mean_service_time=240, output=tmp_path / "night.csv", chart=chart, **targets)
        assert "<svg" in chart.read_text(encoding="utf-8")
        assert "FILE:4: start: must not repeat" in problems(forecast(tmp_path, *(row[:16] + ",1" for row in rows)))[0]

    def test_the_length_of_a_single_interval_can_be_given(self, tmp_path):
        file = forecast(tmp_path, "2026-03-02T08:00,46")
        assert problems(file) == [
            "FILE: needs two rows to tell the length of an interval, got one. Give it with --interval."
        ]
        assert planning.read_arrivals(file, interval=900).interval == 900

    def test_everything_wrong_is_listed_once_in_order_of_lines(self, tmp_path):
        file = forecast(
            tmp_path,
            "2026-03-02T08:00,12",
            "2026-03-02T08:30,",
            "2026-03-02T09:00,-4",
            "2026-03-02T09:00,7",
            "2026-03-02T10:00,abc",
            "2026-03-02T09:30,3",
            "2026-03-02T10:30,nan",
            "2026-03-02T10:45,1_000",
            '2026-03-02T11:00,"1,000"',
            "2026-03-02T11:30,4,5",
            "8 o'clock,inf",
            "2026-03-02T12:10,1",
            ",",
            "2026-03-02T12:30",
            "2026-03-02T12:30,9",
        )
        found = problems(file)
        assert [problem.partition(", got")[0] for problem in found] == [
            "FILE:3: contacts: must be a number of at least 0",
            "FILE:4: contacts: must be a number of at least 0",
            "FILE:5: start: must not repeat",
            "FILE:6: contacts: must be a number of at least 0",
            "FILE:7: start: must be later than 2026-03-02T10:00 in line 6",
            "FILE:8: contacts: must be a number of at least 0",
            "FILE:9: contacts: must be a number of at least 0",
            "FILE:9: start: must not overlap with line 8, where intervals last 30 min",
            "FILE:10: contacts: must be a number of at least 0",
            "FILE:11: must have 2 cells like the column names",
            "FILE:12: start: must be an ISO time such as 2026-03-02T08:30",
            "FILE:12: contacts: must be a number of at least 0",
            "FILE:13: start: must not be off by a part of an interval: they last 30 min",
            "FILE:15: must have 2 cells like the column names",
        ]
        assert all(problem.endswith(".") for problem in found)

    @pytest.mark.parametrize(
        ("rows", "lines"),
        [
            (["08:00", "08:30", "09:10", "09:30", "10:00"], [4]),
            (["08:00", "08:30", "08:45", "09:00", "09:30", "10:00"], [4]),
            (["08:00", "08:30", "09:00", "09:40", "10:10", "10:40"], [5]),
            (["08:00", "08:30", "09:00", "09:15"], [5]),
        ],
    )
    def test_one_start_out_of_step_is_one_problem(self, tmp_path, rows, lines):
        found = problems(forecast(tmp_path, *(f"2026-03-02T{row},1" for row in rows)))
        assert [int(problem.split(":")[1]) for problem in found] == lines

    def test_a_length_that_cannot_be_told_is_asked_for(self, tmp_path):
        rows = [f"2026-03-02T{hour},1" for hour in ("08:00", "08:30", "08:45", "09:00", "09:30")]
        file = forecast(tmp_path, *rows)
        assert problems(file) == [
            (
                "FILE: must tell the length of an interval, got 15 min (lines 3 and 4) and 30 min (lines 2 and 3) "
                "equally often. Add the rows that are missing, with 0 where you are closed, or give the length with "
                "--interval."
            )
        ]
        assert planning.read_arrivals(file, interval=900).interval == 900
        assert len(problems(file, interval=1800)) == 1

    def test_offsets_everywhere_or_nowhere(self, tmp_path):
        rows = [
            "2026-03-02T08:00,1",
            "2026-03-02T08:30+01:00,1",
            "2026-03-02T09:00,1",
            "2026-03-02T09:30Z,1",
            "2026-03-02T10:00,1",
        ]
        (found,) = problems(forecast(tmp_path, *rows))
        assert found == (
            "FILE:3: start: must have an offset from UTC everywhere or nowhere, got an offset from UTC in lines 3, 5 "
            "and none in the 3 others. Write them alike."
        )

    @pytest.mark.parametrize(
        ("head", "message"),
        [
            (
                "time,calls",
                "FILE:1: needs the columns 'start' and 'contacts'; the first row has 'time', 'calls'. Rename",
            ),
            ("start,calls", "FILE:1: needs the column 'contacts'; the first row has 'start', 'calls'. Rename yours"),
            ("start;contacts", "Save it with commas between the cells instead of semicolons."),
            ("start\tcontacts", "Save it with commas between the cells instead of tabs."),
            ("start,contacts,contacts", "FILE:1: must name each column once, got 'contacts' more often. Remove one."),
        ],
    )
    def test_columns(self, tmp_path, head, message):
        (found,) = problems(forecast(tmp_path, "2026-03-02T08:00,46", head=head))
        assert message in found

    def test_files_that_hold_no_forecast(self, tmp_path):
        assert problems(tmp_path / "lost.csv") == ["FILE: there is no such file. Check the path."]
        assert problems(tmp_path)[0].startswith("FILE: cannot be read (")
        file = tmp_path / "arrivals.csv"
        for content, message in (
            (b"", "FILE: needs the columns 'start' and 'contacts'; the file is empty. Save the forecast again."),
            (b"\n \n", "FILE: needs the columns 'start' and 'contacts'; the file is empty. Save the forecast again."),
            (b"start,contacts\n", "FILE: needs at least one row below the column names. Add the forecast."),
            (b"PK\x03\x04\xb0", "FILE: must be CSV text, got a workbook. Save its sheet as CSV UTF-8."),
            (b"start,contacts\n2026,\xe9\n", "FILE:2: must be UTF-8 text, got the byte 0xe9. Save it as CSV UTF-8."),
            (b'start,contacts\n"2026,3\n', "FILE:2: must be comma-separated values, got a row that is not"),
        ):
            file.write_bytes(content)
            (found,) = problems(file)
            assert found.startswith(message)

    @settings(deadline=None, max_examples=300)
    @given(
        st.one_of(
            st.binary(max_size=200),
            st.text(alphabet='start,contacts\n\r";2026-03T08:05 Z+', max_size=200).map(
                lambda text: ("start,contacts\n" + text).encode()
            ),
        )
    )
    def test_any_bytes_are_a_forecast_or_a_list_of_problems(self, content):
        file = Path(os.environ["PYTEST_FUZZ_FOLDER"]) / "fuzz.csv"
        file.write_bytes(content)
        with contextlib.suppress(ArrivalsError):
            found = planning.read_arrivals(file)
            assert len(found.contacts) == len(found.times) > 0
            assert found.interval > 0

    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path_factory, monkeypatch):
        monkeypatch.setenv("PYTEST_FUZZ_FOLDER", str(tmp_path_factory.getbasetemp()))


def day(contacts: list[float], minutes: int = 30) -> planning.Arrivals:
    times = [datetime(2026, 3, 2, 8) + place * timedelta(minutes=minutes) for place in range(len(contacts))]  # noqa: DTZ001
    return planning.Arrivals(
        starts=tuple(time.isoformat() for time in times),
        times=tuple(times),
        contacts=tuple(map(float, contacts)),
        interval=60.0 * minutes,
    )


class TestPlan:
    @pytest.mark.parametrize("patience", [None, 120])
    def test_every_interval_has_the_smallest_number_and_what_it_achieves(self, patience):
        arrivals = day([46, 0, 120, 7.5])
        plan = planning.plan(arrivals, **TARGET, mean_patience=patience, shrinkage=0.3)
        for row, contacts in zip(plan.intervals, arrivals.contacts, strict=True):
            case = {"arrival_rate": contacts / 1800, "mean_service_time": 240}
            if patience:
                case["mean_patience"] = patience
            assert row.agents == staffing.required_agents(**case, service_level=0.8, threshold=20)
            assert row.rostered == math.ceil(round(row.agents / 0.7, 9))
            assert row.load == pytest.approx(contacts * 240 / 1800)
            if not contacts:
                assert row.agents == 0
                assert np.isnan(row[-4:]).all()
                continue
            metrics = (queues.erlang_a if patience else queues.erlang_c)(row.agents, **case)
            assert row.service_level == pytest.approx(metrics.service_level(20))
            assert row.service_level >= 0.8
            assert (row.mean_wait_s, row.occupancy) == pytest.approx((metrics.mean_wait, metrics.occupancy))
            assert row.prob_abandon == pytest.approx(metrics.prob_abandon) if patience else math.isnan(row.prob_abandon)

    def test_totals(self):
        plan = planning.plan(day([60, 0, 20], minutes=15), **TARGET, shrinkage=0.5)
        busy, _, calm = plan.intervals
        assert plan.agent_hours == (busy.agents + calm.agents) / 4
        assert plan.paid_hours == 2 * plan.agent_hours
        assert plan.per_contact("service_level") == pytest.approx((3 * busy.service_level + calm.service_level) / 4)

    def test_nobody_calls_all_day(self):
        plan = planning.plan(day([0, 0]), **TARGET)
        assert plan.paid_hours == 0
        assert math.isnan(plan.per_contact("mean_wait_s"))
        assert "Of all contacts" not in plan.table()

    def test_patient_customers_without_a_threshold(self):
        plan = planning.plan(day([46, 61]), mean_service_time=240, max_mean_wait=30)
        assert plan.table().splitlines()[0].split() == [
            "start", "contacts", "load", "agents", "rostered", "wait", "(s)", "occupancy",
        ]  # fmt: skip
        assert all(row.mean_wait_s <= 30 for row in plan.intervals)

    def test_agents_may_be_none_where_everybody_may_leave(self):
        plan = planning.plan(day([46]), mean_service_time=240, max_prob_abandon=1, mean_patience=60)
        assert plan.intervals[0].agents == 0
        assert plan.intervals[0].prob_abandon == pytest.approx(1)

    def test_a_long_plan_is_shown_by_the_day(self):
        plan = planning.plan(day([20] * 200), **TARGET)
        lines = plan.table().splitlines()
        assert lines[0].split()[:2] == ["day", "contacts"]
        shown = {line.split()[0]: float(line.split()[1]) for line in lines[1 : lines.index("")]}
        assert list(shown) == ["2026-03-02", "2026-03-03", "2026-03-04", "2026-03-05", "2026-03-06"]
        assert sum(shown.values()) == 4000
        assert "all 200 intervals are in the file" in plan.table()


class TestWarnings:
    def test_a_sound_plan_has_none(self):
        assert planning.plan(day([46, 61, 0]), **TARGET, mean_patience=120, shrinkage=0.3).warnings == ()

    def test_minutes_for_seconds(self):
        hasty = planning.plan(day([82, 82]), mean_service_time=4, service_level=0.8, threshold=20)
        assert hasty.warnings == ("--aht 4: times are in seconds, so this is 4 s. Did you mean 4 minutes, --aht 240?",)
        touchy = planning.plan(day([82, 82]), **TARGET, mean_patience=2.5)
        assert touchy.warnings[0].endswith("Did you mean 2.5 minutes, --patience 150?")
        asked = {"mean_service_time": 10, "service_level": 0.99, "threshold": 1, "mean_patience": 10}
        assert planning.plan(day([82]), **asked).warnings == ()

    def test_a_target_the_wrong_way_round(self):
        turned = planning.plan(day([82]), mean_service_time=240, service_level=0.2, threshold=80)
        assert turned.warnings == ("--target 20/80: this is 20 % answered within 80 s. Did you mean --target 80/20?",)
        for level, threshold in ((0.8, 90), (0.4, 20), (0.4, 120)):
            plan = planning.plan(day([82]), mean_service_time=240, service_level=level, threshold=threshold)
            assert plan.warnings == ()

    def test_many_who_abandon(self):
        lenient = planning.plan(day([60, 120]), mean_service_time=240, max_mean_wait=60, mean_patience=120)
        lost = lenient.per_contact("prob_abandon")
        worst = max(lenient.intervals, key=lambda row: row.load - row.agents)
        assert worst.agents < worst.load
        assert lenient.warnings == (
            (
                f"{100 * lost:.1f} % of all contacts abandon in this plan, which counts on it: {worst.start} has "
                f"{worst.agents} agents for {worst.load:.1f} erlangs of work. Bound it with --max-abandon, or leave "
                "--patience out to serve everybody."
            ),
        )
        asked_for = planning.plan(day([60]), mean_service_time=240, max_prob_abandon=0.3, mean_patience=120)
        assert asked_for.warnings == ()

    @pytest.mark.parametrize(
        ("left_out", "said"),
        [
            ([3], "rows are missing from 2026-03-02T09:30 to 2026-03-02T10:00: nobody is planned for then."),
            ([3, 4], "rows are missing from 2026-03-02T09:30 to 2026-03-02T10:30: nobody"),
            ([1, 3], "from 2026-03-02T08:30 to 2026-03-02T09:00, from 2026-03-02T09:30 to 2026-03-02T10:00: nobody"),
            ([1, 3, 5, 7, 9], "from 2026-03-02T10:30 to 2026-03-02T11:00 and 2 times more: nobody"),
            ([31], "rows are missing from 2026-03-02T23:30 to 2026-03-03T00:00: nobody"),
            ([31, 32], "rows are missing from 2026-03-02T23:30 to 2026-03-03T00:30: nobody"),
            (range(20, 45), ""),
            ([], ""),
        ],
    )
    def test_gaps_that_are_no_night(self, left_out, said):
        whole = day([9] * 50)
        kept = [place for place in range(50) if place not in left_out]
        arrivals = planning.Arrivals(
            *(tuple(column[place] for place in kept) for column in (whole.starts, whole.times, whole.contacts)), 1800
        )
        arrivals = planning.replace(arrivals, starts=tuple(start[:16] for start in arrivals.starts))
        warnings = planning.plan(arrivals, **TARGET).warnings
        assert said in warnings[0] if said else not warnings

    def test_they_stay_with_what_was_saved(self, tmp_path):
        rows = [f"2026-03-02T{hour},9" for hour in ("08:00", "08:30", "09:00", "10:00")]
        (said,) = planning.staff(forecast(tmp_path, *rows), **TARGET).warnings
        assert said.startswith("rows are missing from 2026-03-02T09:30 to 2026-03-02T10:00")


class TestSaving:
    def test_the_file_holds_what_was_planned(self, tmp_path):
        file = forecast(tmp_path, "2026-03-02T08:00,46", "2026-03-02T08:30,0")
        plan = planning.staff(file, **TARGET, mean_patience=120, shrinkage=0.3)
        (saved,) = plan.saved
        assert saved == tmp_path / "arrivals-staffing.csv"
        with saved.open(encoding="utf8", newline="") as text:
            first, second = csv.DictReader(text)
        row = plan.intervals[0]
        assert first["start"] == "2026-03-02T08:00"
        for name in planning.Interval._fields[1:]:
            assert float(first[name]) == pytest.approx(getattr(row, name), abs=5e-7)
        assert [second[name] for name in ("contacts", "load", "agents", "rostered", "service_level", "occupancy")] == [
            "0", "0", "0", "0", "", "",
        ]  # fmt: skip
        assert sorted(path.name for path in tmp_path.iterdir()) == ["arrivals-staffing.csv", "arrivals.csv"]

    def test_figures_that_were_not_asked_for_have_no_column(self, tmp_path):
        file = forecast(tmp_path, "2026-03-02T08:00,46", "2026-03-02T08:30,0")
        (saved,) = planning.staff(file, mean_service_time=240, max_occupancy=0.8).saved
        assert saved.read_text(encoding="utf8").splitlines()[0] == (
            "start,contacts,load,agents,rostered,mean_wait_s,occupancy"
        )

    def test_nothing_is_replaced_unasked(self, tmp_path):
        file = forecast(tmp_path, "2026-03-02T08:00,46", "2026-03-02T08:30,50")
        plan, chart = tmp_path / "arrivals-staffing.csv", tmp_path / "plan.svg"
        chart.write_text("mine", encoding="utf8")
        with pytest.raises(FileExistsError, match=r"plan\.svg that exists\. Name another, or replace it with --force"):
            planning.staff(file, **TARGET, chart=chart)
        assert not plan.exists()
        planning.staff(file, **TARGET, chart=chart, force=True)
        assert chart.read_text(encoding="utf8").startswith("<svg")
        with pytest.raises(FileExistsError, match=r"staffing\.csv and .*plan\.svg that exist\."):
            planning.staff(file, **TARGET, chart=chart)

    @pytest.mark.parametrize("options", [{"output": "arrivals.csv"}, {"output": "plan.svg", "chart": "./plan.svg"}])
    def test_the_forecast_is_never_replaced(self, tmp_path, options):
        file = forecast(tmp_path, "2026-03-02T08:00,46", "2026-03-02T08:30,50")
        before = file.read_bytes()
        with pytest.raises(FileExistsError, match="must be different files"):
            planning.staff(file, **TARGET, force=True, **{name: tmp_path / path for name, path in options.items()})
        assert file.read_bytes() == before

    def test_a_write_that_fails_leaves_the_old_file(self, tmp_path, monkeypatch):
        file = forecast(tmp_path, "2026-03-02T08:00,46", "2026-03-02T08:30,50")
        plan = tmp_path / "arrivals-staffing.csv"
        plan.write_text("old", encoding="utf8")

        def full(*_: object) -> None:
            raise OSError("No space left on device")

        monkeypatch.setattr(Path, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            planning.staff(file, **TARGET, force=True)
        assert plan.read_text(encoding="utf8") == "old"
        assert len(list(tmp_path.iterdir())) == 2

    def test_charts(self, tmp_path):
        file = forecast(tmp_path, "2026-03-02T08:00+01:00,46", "2026-03-02T08:30+01:00,50", "2026-03-02T09:00+01:00,9")
        planning.staff(file, **TARGET, shrinkage=0.3, chart=tmp_path / "a.svg")
        planning.staff(file, **TARGET, chart=tmp_path / "a.png", force=True)
        drawn = (tmp_path / "a.svg").read_text(encoding="utf8")
        for words in (
            "people rostered",
            "agents on duty",
            "load in erlangs",
            "08:00",
            "paid hours in all",
            "arrivals.csv",
        ):
            assert words in drawn
        assert "currentColor" not in drawn
        assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")

    @pytest.mark.parametrize(
        ("chart", "rows", "message"),
        [
            ("a.pdf", 2, r"must be a file that ends with \.svg or \.png, got .*a\.pdf"),
            ("a.svg", 1501, "must show between 2 and 1500 intervals, got 1501"),
        ],
    )
    def test_charts_that_cannot_be_drawn_are_refused_before_anything_is_written(self, tmp_path, chart, rows, message):
        start = datetime(2026, 3, 2)  # noqa: DTZ001 -- no zone is given
        file = forecast(tmp_path, *(f"{(start + place * timedelta(hours=1)).isoformat()},1" for place in range(rows)))
        with pytest.raises(ValueError, match=message):
            planning.staff(file, **TARGET, chart=tmp_path / chart)
        assert [path.name for path in tmp_path.iterdir()] == ["arrivals.csv"]
