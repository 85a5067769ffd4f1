"""The shipped data are what their description, their documentation and our caveats say; damaged data are refused."""

import gzip
import json
import shutil
from collections.abc import Callable
from hashlib import sha256
from itertools import product
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets
from opsbook.datasets import storage
from opsbook.errors import DatasetError, UnknownNameError

REAL = [
    *("airlines_on_time", "attitude", "bank_calls", "cms_patient_experience", "covid_testing", "daycare_fines"),
    *("flights", "lecturer_ratings", "piston_rings", "restaurant_inspections", "solder", "tip_joke", "tips"),
    "transplant",
]
# Each with its generator.
SYNTHETIC = {
    "contact_log": "contact_log",
    "contact_shares": "contact_shares",
    "contact_staffing": "contact_staffing",
    "production_line": "production_line",
    "service_contacts": "service_operations",
    "service_defects": "service_operations",
    "service_orders": "service_operations",
    "servqual_survey": "servqual_survey",
    "staff_turnover": "staff_turnover",
}


def caveats(name: str) -> str:
    return " ".join(datasets.describe(name).caveats)


class TestDescriptions:
    def test_every_file_is_described_and_every_description_has_a_file(self) -> None:
        described = {datasets.describe(name).file for name in datasets.names()}
        lying_there = {path.name for path in storage.folder().glob("*.csv*")}
        assert described == lying_there

    def test_names_are_sorted(self) -> None:
        assert datasets.names() == sorted([*REAL, *SYNTHETIC])

    def test_only_the_generated_sets_are_called_synthetic(self) -> None:
        assert [name for name in datasets.names() if datasets.describe(name).synthetic] == list(SYNTHETIC)

    @pytest.mark.parametrize("name", SYNTHETIC)
    def test_a_synthetic_set_says_so_in_its_first_caveat_and_has_its_generator(self, name: str) -> None:
        about = datasets.describe(name)
        assert about.caveats[0].startswith(("Invented, not measured: ", "Assumed, not measured: "))
        assert callable(getattr(datasets, SYNTHETIC[name]))
        assert f"opsbook.datasets.{SYNTHETIC[name]} " in about.sources[0]

    @pytest.mark.parametrize("name", datasets.names())
    def test_record_matches_the_file_on_disk(self, name: str) -> None:
        package = json.loads((storage.folder() / "datapackage.json").read_text(encoding="utf-8"))
        (resource,) = [resource for resource in package["resources"] if resource["name"] == name]
        content = (storage.folder() / resource["path"]).read_bytes()
        assert resource["hash"] == f"sha256:{sha256(content).hexdigest()}"
        assert resource["bytes"] == len(content) < 1_000_000

    @pytest.mark.parametrize("name", datasets.names())
    def test_licence_text_is_at_hand(self, name: str) -> None:
        path = datasets.describe(name).licence_path
        assert path.startswith("https://") or (storage.folder() / path).stat().st_size > 1000

    @pytest.mark.parametrize("name", datasets.names())
    def test_flags_and_whole_numbers_are_complete(self, name: str) -> None:
        # NumPy's own integers and booleans cannot be missing.
        assert all(
            column.required for column in datasets.describe(name).columns if column.type in {"integer", "boolean"}
        )

    @pytest.mark.parametrize("name", datasets.names())
    def test_what_a_reader_must_know_is_printed(self, name: str) -> None:
        about = datasets.describe(name)
        for printed in (" ".join(repr(about).split()), about._repr_markdown_()):
            for text in (about.title, about.row, about.licence, about.attribution, *about.caveats):
                assert text in printed
            for column in about.columns:
                assert column.name in printed
                assert column.unit in printed

    def test_markdown_table_has_a_row_for_each_column_and_four_cells_in_each(self) -> None:
        about = datasets.describe("covid_testing")
        rows = [line for line in about._repr_markdown_().splitlines() if line.startswith("|")]
        assert len(rows) == len(about.columns) + 2
        assert {row.count("|") for row in rows} == {5}

    def test_real_and_synthetic_are_said_aloud(self) -> None:
        assert "synthetic" in repr(datasets.describe("contact_shares"))
        assert "synthetic" not in repr(datasets.describe("bank_calls"))

    def test_unknown_name_suggests_the_nearest(self) -> None:
        with pytest.raises(UnknownNameError, match=r"no data set called 'bank_call'\. Did you mean 'bank_calls'\?"):
            datasets.describe("bank_call")
        with pytest.raises(UnknownNameError, match="Known: airlines_on_time, attitude, bank_calls, cms_patient_exp"):
            datasets.load("xyz")


class TestTables:
    @pytest.mark.parametrize("name", datasets.names())
    def test_columns_and_types_are_as_described(self, name: str) -> None:
        about, table = datasets.describe(name), datasets.load(name)
        assert list(table) == [column.name for column in about.columns]
        assert len(table) == about.rows
        kinds = {"integer": "i", "number": "f", "boolean": "b", "datetime": "M", "date": "M"}
        for column in about.columns:
            if column.type == "string":
                assert pd.api.types.is_string_dtype(table[column.name])
            else:
                assert table[column.name].dtype.kind == kinds[column.type]

    def test_a_table_may_be_changed_without_harm(self) -> None:
        table = datasets.load("tip_joke")
        table["tipped"] = True
        assert not datasets.load("tip_joke")["tipped"].all()


class TestKnownFacts:
    """Figures from the documentation of the sources, and those that our caveats state."""

    def test_bank_calls_cover_the_documented_days_and_hours(self) -> None:
        calls = datasets.load("bank_calls")
        day, slot = calls["interval_start"].dt.normalize(), calls["interval_start"].dt.strftime("%H:%M")
        assert (day.nunique(), slot.nunique(), len(calls)) == (164, 169, 164 * 169)
        assert (str(day.min().date()), str(day.max().date())) == ("2003-03-03", "2003-10-24")
        # Documented hours: 7:00 am to 9:05 pm, so the last five minutes start at 21:00.
        assert (slot.min(), slot.max()) == ("07:00", "21:00")
        assert day.dt.day_name().isin(["Monday", "Tuesday", "Wednesday", "Thursday", "Friday"]).all()

    def test_bank_calls_lack_the_weekdays_that_the_caveat_names(self) -> None:
        days = datasets.load("bank_calls")["interval_start"].dt.normalize()
        absent = pd.bdate_range("2003-03-03", "2003-10-24").difference(pd.DatetimeIndex(days.unique()))
        assert [f"{date:%m-%d}" for date in absent] == ["04-04", "04-07", "05-26", "07-04", "09-01", "10-14"]
        assert "4 and 7 April, 26 May, 4 July, 1 September and 14 October 2003" in caveats("bank_calls")

    def test_bank_calls_are_over_dispersed_as_stated(self) -> None:
        calls = datasets.load("bank_calls")
        cells: dict[tuple[int, str], list[int]] = {}
        for start, count in zip(calls["interval_start"].dt.to_pydatetime(), calls["calls_handled"], strict=True):
            cells.setdefault((start.weekday(), f"{start:%H:%M}"), []).append(count)
        ratios = [np.var(counts, ddof=1) / np.mean(counts) for counts in cells.values()]
        assert round(float(np.mean(ratios)), 1) == 2.2  # known beforehand
        assert (
            f"{np.mean(ratios):.2f} on average over the {len(cells)} combinations (median {np.median(ratios):.2f})"
            in (caveats("bank_calls"))
        )

    def test_covid_testing_has_the_documented_ranges(self) -> None:
        tests = datasets.load("covid_testing")
        assert len(tests) == 15_524
        assert (tests["pandemic_day"].min(), tests["pandemic_day"].max()) == (4, 107)
        assert (tests["collect_to_receive_h"].min(), tests["collect_to_receive_h"].max()) == (0, 61_370.2)
        assert (tests["receive_to_verify_h"].min(), tests["receive_to_verify_h"].max()) == (-18.6, 218.2)
        assert tests["clinic"].nunique() == 88
        assert set(tests["result"]) == {"positive", "negative", "invalid"}

    def test_covid_testing_carries_no_names(self) -> None:
        assert not [column for column in datasets.load("covid_testing") if "name" in column]

    def test_covid_testing_caveats_count_right(self) -> None:
        tests, said = datasets.load("covid_testing"), caveats("covid_testing")
        receive, verify = tests["collect_to_receive_h"], tests["receive_to_verify_h"]
        assert (verify < 0).sum() == 1
        assert f"mean {receive.mean():.1f} h and the median {receive.median():.1f} h" in said
        assert f"{(receive > 24).sum()} of {len(tests):,} tests took more than a day to be received" in said
        assert f"{(verify > 24).sum()} more than a day to be verified" in said
        missing = tests["patient_class"].isna()
        assert f"missing for {missing.sum():,} tests ({missing.mean():.0%})".replace("%", " %") in said
        assert f"up to {tests['age_years'].max():.0f} years" in said

    def test_daycare_fines_have_the_documented_design(self) -> None:
        fines = datasets.load("daycare_fines")
        assert sorted(zip(fines["centre"], fines["week"], strict=True)) == list(product(range(1, 11), range(1, 21)))
        # Its help page: six centres with a fine and four without; before in weeks 1–4, with 5–16, after 17–20.
        centres = fines.groupby("group")["centre"].nunique()
        assert centres.to_dict() == {"fine": 6, "no fine": 4}
        weeks = fines.groupby("phase")["week"].agg(["min", "max"])
        assert weeks.loc[["before", "during", "after"]].to_numpy().tolist() == [[1, 4], [5, 16], [17, 20]]
        assert len(fines[["centre", "group", "children"]].drop_duplicates()) == 10

    def test_daycare_fines_caveat_states_the_means_before(self) -> None:
        fines = datasets.load("daycare_fines").query("phase == 'before'")
        fine, none = (fines.loc[fines["group"] == group, "late_pickups"].mean() for group in ("fine", "no fine"))
        assert f"fewer late parents (mean {fine:.1f} a week) than the others ({none:.1f})" in caveats("daycare_fines")

    def test_flights_add_up_to_the_documented_totals(self) -> None:
        flights = datasets.load("flights")
        # The package's flights table: 336,776 rows, 8,255 without a departure, mean delay of the others 12.639 minutes.
        assert flights["scheduled"].sum() == 336_776
        assert flights["cancelled"].sum() == 8_255
        assert flights["carrier"].nunique() == 16
        departed = (flights["scheduled"] - flights["cancelled"]).sum()
        assert round(flights["delay_sum_min"].sum() / departed, 3) == 12.639
        days = flights["hour_start"].dt.normalize()
        assert (str(days.min().date()), str(days.max().date()), days.nunique()) == ("2013-01-01", "2013-12-31", 365)

    def test_flights_are_one_row_an_hour_and_carrier_and_count_each_flight_once(self) -> None:
        flights = datasets.load("flights")
        assert not flights.duplicated(["hour_start", "carrier"]).any()
        assert (flights["hour_start"].dt.minute == 0).all()
        assert (flights["cancelled"] + flights["late"] <= flights["scheduled"]).all()
        assert (flights.loc[flights["cancelled"] == flights["scheduled"], "delay_sum_min"] == 0).all()

    def test_flights_caveats_count_right(self) -> None:
        flights, said = datasets.load("flights"), caveats("flights")
        cancelled, scheduled = flights["cancelled"].sum(), flights["scheduled"].sum()
        assert f"There are {cancelled:,} ({100 * cancelled / scheduled:.1f} %)" in said
        days = flights.groupby(flights["hour_start"].dt.normalize())[["cancelled", "scheduled"]].sum()
        worst = days["cancelled"].idxmax()
        assert f"{days.loc[worst, 'cancelled']} of the {days.loc[worst, 'scheduled']} flights of 8 February" in said
        assert f"{worst:%m-%d}" == "02-08"

    def test_solder_contains_the_documented_balanced_design(self) -> None:
        solder = datasets.load("solder")
        assert len(solder) == 900
        # Its help page: the first 180 boards of each mask but A6 are a full design of all factors.
        balanced = solder[solder["mask"] != "A6"].groupby("mask").head(180)
        factors = ["opening", "solder", "mask", "pad_type", "panel"]
        settings = list(balanced[factors].itertuples(index=False, name=None))
        pads = set(solder["pad_type"])
        assert len(settings) == 720
        assert len(pads) == 10
        assert set(settings) == set(product("LMS", ["Thick", "Thin"], ["A1.5", "A3", "B3", "B6"], pads, [1, 2, 3]))

    def test_solder_caveats_count_right(self) -> None:
        solder, said = datasets.load("solder"), caveats("solder")
        assert (
            f"{(solder['skips'] == 0).sum()} of the 900 counts are zero where the mean is {solder['skips'].mean():.2f}"
            in (said)
        )
        assert solder["mask"].value_counts().to_dict() == {"A3": 270, "A1.5": 180, "B3": 180, "B6": 180, "A6": 90}
        # Where A6 was tried, A3 was not doubled.
        panels = pd.crosstab([solder["opening"], solder["solder"]], solder["mask"])
        assert sorted(zip(panels["A6"], panels["A3"], strict=True)) == [(0, 60)] * 3 + [(30, 30)] * 3

    def test_tip_joke_caveat_counts_right(self) -> None:
        bills = datasets.load("tip_joke")
        assert len(bills) == 211
        joke, advertisement, none = (bills.loc[bills["card"] == card, "tipped"] for card in ("joke", "ad", "none"))
        assert (
            f"{len(joke)} with the joke ({joke.sum()} tips), {len(advertisement)} with the advertisement "
            f"({advertisement.sum()}), {len(none)} with no card ({none.sum()})"
        ) in caveats("tip_joke")

    def test_tips_have_the_documented_size_and_no_bill_is_free(self) -> None:
        bills = datasets.load("tips")
        # Its help page: 244 tips; the waiter's mean tip is the textbook's.
        assert len(bills) == 244
        assert (bills[["bill", "tip"]] > 0).all().all()
        assert not {"order", "date", "rownames"} & set(bills)

    def test_tips_caveat_counts_right(self) -> None:
        bills, said = datasets.load("tips"), caveats("tips")
        meals = bills.groupby(["day", "time"]).size()
        assert f"Thursday holds {meals['Thu', 'dinner']} dinner and {meals['Thu', 'lunch']} lunches" in said
        assert {time for day, time in meals.index if day in {"Sat", "Sun"}} == {"dinner"}
        assert f"Friday {meals['Fri'].sum()} bills" in said

    def test_cms_patient_experience_has_the_documented_size_and_no_names(self) -> None:
        rates = datasets.load("cms_patient_experience")
        assert len(rates) == 500
        assert rates["practice_id"].nunique() == 95
        assert not rates.duplicated(["practice_id", "measure"]).any()
        assert rates["rate"].dropna().between(0, 100).all()
        assert list(rates) == ["practice_id", "measure", "rate"]

    def test_cms_patient_experience_caveats_count_right(self) -> None:
        rates, said = datasets.load("cms_patient_experience"), caveats("cms_patient_experience")
        staff = rates[rates["measure"] == "office staff"]
        assert f"Of the {len(rates)} rates {rates['rate'].isna().sum()} are missing" in said
        assert f"rows for {len(staff)} practices only ({staff['rate'].count()} rates)" in said
        others = rates[rates["measure"] != "office staff"].groupby("measure").size()
        assert (others == 95).all()

    def test_piston_rings_have_the_documented_phases_and_the_printed_centre(self) -> None:
        rings = datasets.load("piston_rings")
        samples = rings.groupby("phase")["sample"].agg(["min", "max", "nunique"])
        assert samples.to_numpy().tolist() == [[1, 25, 25], [26, 40, 15]]
        assert sorted(zip(rings["sample"], rings["ring"], strict=True)) == list(product(range(1, 41), range(1, 6)))
        by_sample = rings[rings["phase"] == 1].groupby("sample")["diameter_mm"]
        # What qcc prints for the same values.
        assert round(by_sample.mean().mean(), 5) == 74.00118

    def test_airlines_on_time_have_the_documented_size_and_the_paradox_of_the_caveat(self) -> None:
        flights, said = datasets.load("airlines_on_time"), caveats("airlines_on_time")
        assert len(flights) == 10_333
        overall = 100 * flights.groupby("airline")["on_time"].mean()
        # Known beforehand: American leads overall 80.2 to 78.1 %, Delta leads at both airports.
        assert overall.round(1).to_dict() == {"American": 80.2, "Delta": 78.1}
        share = 100 * flights.groupby(["airport", "airline"])["on_time"].mean()
        for airport, words in (("LGA", "LaGuardia"), ("ORD", "O'Hare")):
            assert share[airport, "Delta"] > share[airport, "American"]
            assert f"{words} {share[airport, 'Delta']:.1f} to {share[airport, 'American']:.1f} %" in said
        chicago = 100 * (flights["airport"] == "ORD").groupby(flights["airline"]).mean()
        assert f"{chicago['American']:.0f} % of American's flights and {chicago['Delta']:.0f} % of Delta's" in said

    def test_attitude_has_the_documented_form_and_the_textbooks_regression(self) -> None:
        survey = datasets.load("attitude")
        assert survey.shape == (30, 7)
        assert ((survey >= 0) & (survey <= 100)).all(axis=None)
        # R prints for lm(rating ~ complaints, attitude): 14.3763 + 0.7546 complaints, R² 0.6813.
        slope, intercept = np.polyfit(survey["complaints"], survey["rating"], 1)
        assert (round(intercept, 4), round(slope, 4)) == (14.3763, 0.7546)
        r = survey["complaints"].corr(survey["rating"])
        assert round(r**2, 4) == 0.6813
        assert f"r = {r:.2f} with the rating" in caveats("attitude")

    def test_lecturer_ratings_have_the_documented_levels(self) -> None:
        ratings, said = datasets.load("lecturer_ratings"), caveats("lecturer_ratings")
        # Its help page: 73,421 ratings, 2,972 students, 1,128 lecturers out of 1:2160, 14 departments out of 1:15.
        assert len(ratings) == 73_421
        assert ratings[["student", "lecturer", "department"]].nunique().tolist() == [2972, 1128, 14]
        assert ratings[["student", "lecturer", "department"]].max().tolist() == [2972, 2160, 15]
        levels = {"student_semester": {2, 4, 6, 8}, "semesters_ago": set(range(1, 7)), "rating": set(range(1, 6))}
        assert {name: set(ratings[name]) for name in levels} == levels
        sizes = ratings.groupby("lecturer").size()
        assert f"from {sizes.min()} to {sizes.max()} ratings, half of them {sizes.median():.0f} or fewer" in said

    def test_restaurant_inspections_have_the_documented_size_and_no_names(self) -> None:
        inspections = datasets.load("restaurant_inspections")
        assert len(inspections) == 27_178
        assert (inspections.dtypes.drop("weekend") == "int64").all()

    def test_restaurant_inspections_caveats_count_right(self) -> None:
        inspections, said = datasets.load("restaurant_inspections"), caveats("restaurant_inspections")
        years = set(inspections["year"])
        assert years == set(range(2000, 2020)) - set(range(2010, 2015))
        names = inspections.groupby("establishment").agg({"score": "size", "locations_stated": ["first", "nunique"]})
        rows, stated = names["score", "size"], names["locations_stated", "first"]
        assert (names["locations_stated", "nunique"] == 1).all()
        assert (stated >= rows).all()
        assert f"r = {rows.corr(stated):.2f} over the names" in said
        assert f"{100 * (stated >= 10).mean():.0f} % of the names ten locations or more" in said
        weekend = inspections["weekend"]
        assert f"Only {weekend.sum()} inspections ({100 * weekend.mean():.1f} %)" in said
        score = inspections["score"]
        assert f"mean ({score[weekend].mean():.1f} against {score[~weekend].mean():.1f})" in said
        assert score.max() == 100
        assert f"{100 * (score == 100).mean():.0f} % have it" in said

    def test_transplant_has_the_documented_size_and_outcomes(self) -> None:
        patients = datasets.load("transplant")
        assert len(patients) == 815
        assert (patients["listed_year"].min(), patients["listed_year"].max()) == (1990, 1999)
        # As the help page of survival counts them.
        outcomes = patients["outcome"].value_counts().to_dict()
        assert outcomes == {"transplant": 636, "censored": 76, "death": 66, "withdrawn": 37}

    def test_transplant_caveats_count_right(self) -> None:
        patients, said = datasets.load("transplant"), caveats("transplant")
        waiting = patients[patients["outcome"] == "censored"]
        late = (waiting["listed_year"] >= 1997).sum()
        assert f"{len(waiting)} patients were still waiting when the records ended, {late} of them" in said
        assert (patients["wait_days"] == 0).sum() == 4
        assert f"the age of {patients['age_years'].isna().sum()} is missing" in said


@pytest.fixture
def copy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the data that the loader reads instead."""
    folder = tmp_path / "datasets"
    shutil.copytree(storage.folder(), folder)
    monkeypatch.setattr(storage, "folder", lambda: folder)
    return folder


@pytest.fixture
def rewrite(copy: Path) -> Callable[[str, Callable[[bytes], bytes]], None]:
    """Return a function that changes a file and records its new checksum, as its maintainer would."""

    def change(name: str, edit: Callable[[bytes], bytes]) -> None:
        package = json.loads((copy / "datapackage.json").read_bytes())
        (resource,) = [resource for resource in package["resources"] if resource["name"] == name]
        content = edit((copy / resource["path"]).read_bytes())
        (copy / resource["path"]).write_bytes(content)
        resource["hash"] = f"sha256:{sha256(content).hexdigest()}"
        (copy / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")

    return change


class TestDamage:
    def test_missing_file(self, copy: Path) -> None:
        (copy / "solder.csv").unlink()
        with pytest.raises(DatasetError, match=r"'solder\.csv' cannot be read in .*Install opsbook again"):
            datasets.load("solder")

    def test_missing_descriptions(self, copy: Path) -> None:
        (copy / "datapackage.json").unlink()
        with pytest.raises(DatasetError, match=r"'datapackage\.json' cannot be read"):
            datasets.names()

    @pytest.mark.parametrize("content", ["{", "{}", "[]", '{"resources": [{}]}', '{"resources": [1]}'])
    def test_damaged_descriptions(self, copy: Path, content: str) -> None:
        (copy / "datapackage.json").write_text(content, encoding="utf-8")
        with pytest.raises(DatasetError, match=r"datapackage\.json is damaged: .*Install opsbook again"):
            datasets.names()

    def test_incomplete_description(self, copy: Path) -> None:
        package = json.loads((copy / "datapackage.json").read_bytes())
        for resource in package["resources"]:
            del resource["caveats"]
        (copy / "datapackage.json").write_text(json.dumps(package), encoding="utf-8")
        with pytest.raises(DatasetError, match="does not state 'caveats' for the data set 'solder'"):
            datasets.describe("solder")

    @pytest.mark.parametrize("name", datasets.names())
    def test_one_changed_byte(self, copy: Path, name: str) -> None:
        file = datasets.describe(name).file
        content = bytearray((copy / file).read_bytes())
        content[len(content) // 2] ^= 1
        (copy / file).write_bytes(content)
        with pytest.raises(DatasetError, match=rf"'{file}' was changed or damaged.*Install opsbook again"):
            datasets.load(name)

    @pytest.mark.parametrize(
        ("name", "old", "new", "message"),
        [
            ("solder", b"mask", b"masks", "'solder.csv' lacks the described column 'mask'"),
            ("solder", b"opening,solder", b"o,s", "lacks the described columns 'opening', 'solder'"),
            ("solder", b"opening,solder", b"solder,opening", "in this order, got solder, opening, mask"),
            ("solder", b"L,Thick,A1.5,W4,1,0\n", b"", "must have 900 rows, got 899"),
            (
                "solder",
                b"L,Thick,A1.5,W4,2,0",
                b"L,Thick,C1,W4,2,0",
                "row 2, column 'mask' of the data file 'solder.csv' must be one of A1.5, A3, A6, B3, B6, got 'C1'",
            ),
            ("solder", b"W4,3,0", b"W4,3,-1", "row 3, column 'skips' .* must be at least 0, got '-1'"),
            ("solder", b"W4,3,0", b"W4,3,0.5", "row 3, column 'skips' .* must be a whole number, got '0.5'"),
            ("solder", b"W4,3,0", b"W4,3,few", "row 3, column 'skips' .* must be a whole number, got 'few'"),
            ("solder", b"W4,3,0", b"W4,3,", "row 3, column 'skips' .* must be filled in, got nothing"),
            ("tip_joke", b"joke,true", b"joke,yes", "row 2, column 'tipped' .* must be true or false, got 'yes'"),
            (
                "contact_shares",
                b"online,0.0",
                b"online,inf",
                "row 1, column 'staff_min' .* must be a number, got 'inf'",
            ),
            ("tip_joke", b"card,tipped\n", b"card,tipped\n\xff\xfe,true\n", "cannot be read as a table: .*UTF-8 CSV"),
            ("tip_joke", b"none,true\n", b"none,true,1,2\n", "cannot be read as a table"),
        ],
    )
    def test_table_against_its_description(
        self,
        rewrite: Callable[[str, Callable[[bytes], bytes]], None],
        name: str,
        old: bytes,
        new: bytes,
        message: str,
    ) -> None:
        def edit(content: bytes) -> bytes:
            assert old in content
            return content.replace(old, new, 1)

        rewrite(name, edit)
        with pytest.raises(DatasetError, match=message):
            datasets.load(name)

    def test_impossible_time(self, rewrite: Callable[[str, Callable[[bytes], bytes]], None]) -> None:
        def edit(content: bytes) -> bytes:
            return gzip.compress(gzip.decompress(content).replace(b"2003-03-03T07:05", b"2003-02-30T07:05"))

        rewrite("bank_calls", edit)
        with pytest.raises(DatasetError, match=r"row 2, column 'interval_start' .* must be a time such as"):
            datasets.load("bank_calls")

    def test_impossible_date(self, rewrite: Callable[[str, Callable[[bytes], bytes]], None]) -> None:
        rewrite("staff_turnover", lambda content: content.replace(b"harbour,19", b"harbour,190", 1))
        with pytest.raises(DatasetError, match=r"row 1, column 'hired_on' .* must be a date such as 2003-03-03, got"):
            datasets.load("staff_turnover")

    def test_cut_archive(self, rewrite: Callable[[str, Callable[[bytes], bytes]], None]) -> None:
        rewrite("bank_calls", lambda content: content[:5000])
        with pytest.raises(DatasetError, match=r"'bank_calls\.csv\.gz' cannot be read as a table"):
            datasets.load("bank_calls")


class TestFolder:
    def test_an_installed_package_reads_its_own_files(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        package = tmp_path / "opsbook" / "datasets"
        package.mkdir(parents=True)
        shutil.copytree(storage.folder(), package / "files")
        monkeypatch.setattr(storage, "__file__", str(package / "storage.py"))
        assert storage.folder() == package / "files"
        assert len(datasets.load("tip_joke")) == 211

    def test_a_checkout_reads_the_top_folder(self) -> None:
        assert storage.folder() == Path(__file__).parents[2] / "datasets"
