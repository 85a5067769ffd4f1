"""The generator of `contact_staffing` keeps to its assumptions and to the contacts, and it made the file."""

from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets
from opsbook.datasets.synthetic import contacts, staffing

SCALE = 12
# Some 20 figures are tested at once: with 4.5 standard errors, less than one run in a thousand fails by chance.
ERRORS = 4.5


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return datasets.load("contact_log")


@pytest.fixture(scope="module")
def shipped() -> pd.DataFrame:
    return datasets.load("contact_staffing")


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return datasets.contact_staffing(seed=20, scale=SCALE)


def joined(table: pd.DataFrame, log: pd.DataFrame) -> pd.DataFrame:
    """Return the staffed half hours with the handling time of the contacts that came in them."""
    handled = log[~log["abandoned"]]
    start = handled["arrived_at"].dt.floor("30min").rename("start")
    work = handled["handle_s"].groupby([handled["agent_id"], start]).sum().reset_index()
    both = table.merge(work, how="left", on=["agent_id", "start"], validate="one_to_one")
    return both.fillna({"handle_s": 0.0})


def factors(start: pd.Series) -> pd.Series:
    weekday = start.dt.day_of_week.map(dict(enumerate(contacts.WEEKDAYS)))
    return weekday * start.dt.hour.map(dict(enumerate(contacts.HOURS, contacts.OPENS_AT_H)))


class TestShippedFile:
    def test_it_is_the_output_at_the_shipped_seed(self) -> None:
        text = datasets.contact_staffing().to_csv(index=False, lineterminator="\n", date_format="%Y-%m-%dT%H:%M")
        assert sha256(text.encode()).hexdigest() == datasets.describe("contact_staffing").checksum

    def test_loading_and_generating_give_the_same_table(self, shipped: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(shipped, datasets.contact_staffing())

    def test_every_answered_contact_has_its_agent_on_duty(self, shipped: pd.DataFrame, log: pd.DataFrame) -> None:
        assert joined(shipped, log)["handle_s"].sum() == log["handle_s"].sum()

    def test_its_main_figures_are_those_of_the_caveats(self, shipped: pd.DataFrame, log: pd.DataFrame) -> None:
        said = " ".join(datasets.describe("contact_staffing").caveats)
        work, staffed, paid = log["handle_s"].sum(), shipped["staffed_s"].sum(), shipped["paid_s"].sum()
        assert f"(handling time ÷ staffed time) is {work / staffed:.2f} in all" in said
        assert f"(handling time ÷ paid time) {work / paid:.2f}," in said
        assert f"costs {shipped['cost'].sum() / (~log['abandoned']).sum():.2f} euros" in said
        assert f"of which {100 * (1 - staffed / paid):.0f} % is not staffed" in said

    def test_occupancy_above_one_is_as_rare_as_the_caveat_says(self, shipped: pd.DataFrame, log: pd.DataFrame) -> None:
        said = " ".join(datasets.describe("contact_staffing").caveats)
        both = joined(shipped, log)
        team = both.groupby("start")[["handle_s", "staffed_s"]].sum()
        occupancy = team["handle_s"] / team["staffed_s"]
        assert f"in {(occupancy > 1).sum()} of the {len(team):,} half hours of the team, at most" in said
        assert f"at most {occupancy.max():.2f}, and in" in said
        assert f"in {100 * (both['handle_s'] > both['staffed_s']).mean():.1f} % of the half hours of single" in said
        days = team.groupby(team.index.date).sum()
        assert (days["handle_s"] < days["staffed_s"]).all()
        agents = both.groupby("agent_id")[["handle_s", "staffed_s"]].sum()
        assert (agents["handle_s"] / agents["staffed_s"]).between(0.5, 0.8).all()


class TestShifts:
    def test_an_agent_works_four_days_of_six_for_twelve_half_hours(self, large: pd.DataFrame) -> None:
        assert not large.duplicated(["agent_id", "start"]).any()
        assert len(large) == contacts.AGENTS * SCALE * 52 * 12
        days = large.groupby(["agent_id", large["start"].dt.date])["start"]
        hours = days.agg(["size", "min", "max"])
        assert set(hours["size"]) == {12}
        begins, ends = hours["min"].dt.strftime("%H:%M"), hours["max"].dt.strftime("%H:%M")
        assert set(zip(begins, ends, strict=True)) == {("08:00", "13:30"), ("14:00", "19:30")}
        assert set(hours.groupby("agent_id").size()) == {52}

    def test_rows_are_in_the_order_of_time_and_agents(self, shipped: pd.DataFrame) -> None:
        keys = shipped[["start", "agent_id"]]
        assert keys.equals(keys.sort_values(["start", "agent_id"], ignore_index=True))

    def test_two_thirds_of_a_shift_are_there_in_every_half_hour(self, large: pd.DataFrame) -> None:
        assert set(large.groupby("start").size()) == {contacts.AGENTS * SCALE // 3}


class TestAssumptions:
    def test_staffed_time_fits_into_the_half_hour(self, large: pd.DataFrame) -> None:
        assert large["staffed_s"].between(0, 1800).all()
        assert (large["paid_s"] == 1800).all()

    def test_half_hours_with_little_work_are_staffed_as_planned(self, large: pd.DataFrame) -> None:
        # Without contacts in this half hour and the one before, hardly any work is left that changes the plan.
        both = joined(large, datasets.contact_log(seed=20, scale=SCALE)).sort_values(["agent_id", "start"])
        idle = (both["handle_s"] == 0) & (both["handle_s"].shift() == 0)
        planned = staffing.PLANNED_WORK_S / staffing.PLANNED_OCCUPANCY * factors(both["start"])
        # Where the plan is far from both ends.
        free = both[idle & (planned < 1000)]
        ratio = free["staffed_s"] / planned[free.index]
        assert len(ratio) > 500
        assert abs(ratio.median() - 1) < ERRORS * staffing.ADHERENCE_SD * np.sqrt(np.pi / 2 / len(ratio))
        quarter = (ratio.quantile(0.75) - ratio.quantile(0.25)) / (2 * 0.67449)
        assert quarter == pytest.approx(staffing.ADHERENCE_SD, rel=0.08)

    def test_the_plan_is_fair(self) -> None:
        # Stated to 5 seconds.
        work = [datasets.contact_log(seed=seed)["handle_s"].sum() / (52 * 12 * contacts.AGENTS) for seed in range(30)]
        error = np.std(work, ddof=1) / np.sqrt(len(work))
        assert abs(np.mean(work) - staffing.PLANNED_WORK_S) < 2.5 + ERRORS * error

    def test_occupancy_over_several_seeds(self) -> None:
        found = []
        for seed in range(8):
            log, table = datasets.contact_log(seed=seed, scale=3), datasets.contact_staffing(seed=seed, scale=3)
            found.append(log["handle_s"].sum() / table["staffed_s"].sum())
        assert abs(np.mean(found) - 0.68) < 0.005 + ERRORS * np.std(found, ddof=1) / np.sqrt(len(found))

    def test_work_that_is_done_fits_and_nothing_is_lost(self) -> None:
        # By hand: one agent, on duty on the first and third of three days, with half hours of a shift in between.
        work = np.zeros((3, 12, 1))
        work[0, 0, 0], work[0, 11, 0] = 4000, 2000
        done = staffing._done(work, np.array([[True], [False], [True]]))
        assert done[0, :, 0].tolist() == [1800, 1800, 400, 0, 0, 0, 0, 0, 0, 0, 0, 1800]
        assert not done[1].any()
        assert done[2, :, 0].tolist() == [200] + 11 * [0]

    def test_an_agent_is_there_as_long_as_there_is_work(self, shipped: pd.DataFrame, log: pd.DataFrame) -> None:
        both = joined(shipped, log).sort_values(["agent_id", "start"])
        for _, own in both.groupby("agent_id"):
            left = 0.0
            for handled, staffed in zip(own["handle_s"], own["staffed_s"], strict=True):
                left += handled
                done = min(left, 1800.0)
                assert staffed >= done - 0.5  # whole seconds
                left -= done
            assert left < 3600

    def test_cost_has_its_mean_spread_and_supplement(self, large: pd.DataFrame) -> None:
        evening = large["start"].dt.hour >= staffing.EVENING_FROM_H
        hourly = 2 * large[~evening].groupby("agent_id")["cost"].first()
        assert np.allclose(10 * hourly, np.rint(10 * hourly))
        count = len(hourly)
        assert abs(hourly.mean() - staffing.HOURLY_COST_MEAN) < ERRORS * staffing.HOURLY_COST_SD / np.sqrt(count)
        assert abs(hourly.std() - staffing.HOURLY_COST_SD) < ERRORS * staffing.HOURLY_COST_SD / np.sqrt(2 * count)
        dear = large[evening].groupby("agent_id")["cost"].agg(["min", "max"])
        assert (dear["min"] == dear["max"]).all()
        late = hourly[dear.index] / 2
        assert np.allclose(dear["max"], staffing.EVENING_FACTOR * late, rtol=0, atol=0.005 + 1e-9)


class TestRandomness:
    def test_the_same_seed_gives_the_same_table_and_another_another(self) -> None:
        pd.testing.assert_frame_equal(datasets.contact_staffing(seed=7), datasets.contact_staffing(seed=7))
        assert not datasets.contact_staffing(seed=7).equals(datasets.contact_staffing(seed=8))

    @pytest.mark.parametrize("seed", [3, 4])
    @pytest.mark.parametrize("scale", [1, 2])
    def test_it_belongs_to_the_contacts_of_the_same_seed(self, seed: int, scale: int) -> None:
        log = datasets.contact_log(seed=seed, scale=scale)
        both = joined(datasets.contact_staffing(seed=seed, scale=scale), log)
        assert both["handle_s"].sum() == log["handle_s"].sum()

    @pytest.mark.parametrize(("scale", "error"), [(0, ValueError), (1.5, TypeError), ("2", TypeError)])
    def test_other_scales_are_refused(self, scale: object, error: type[Exception]) -> None:
        with pytest.raises(error, match="`scale` must be"):
            datasets.contact_staffing(scale=scale)
