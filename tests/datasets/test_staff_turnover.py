"""The generator of `staff_turnover` keeps to its assumptions and is in a steady state, and it made the file."""

from hashlib import sha256
from math import gamma

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets
from opsbook.datasets.synthetic import SITES, Site
from opsbook.datasets.synthetic.turnover import (
    FIRST_DAY,
    LAST_DAY,
    PAY_SD,
    REASONS,
    REPLACEMENT_MONTHS,
    STAY_SHAPE,
    TRAINING_DAYS,
    VACANCY_DAYS,
)

SCALE = 60
# Some 30 figures are tested at once: with 4.5 standard errors, less than one run in a thousand fails by chance.
ERRORS = 4.5
DAYS_PER_YEAR = 365.25

every_site = pytest.mark.parametrize("site", SITES, ids=lambda site: site.name)


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return datasets.staff_turnover(seed=20, scale=SCALE)


@pytest.fixture(scope="module")
def staff() -> pd.DataFrame:
    return datasets.load("staff_turnover")


def near_mean(values: pd.Series, mean: float) -> bool:
    return abs(values.mean() - mean) < ERRORS * values.std() / np.sqrt(len(values))


def days(later: pd.Series, earlier: pd.Series) -> pd.Series:
    return (later - earlier).dt.days


def person_years(rows: pd.DataFrame) -> float:
    """Return the time that was worked in the window, its last day included."""
    end = rows["left_on"].fillna(pd.Timestamp(LAST_DAY) + pd.Timedelta(days=1))
    return days(end, rows["hired_on"].clip(lower=pd.Timestamp(FIRST_DAY))).sum() / DAYS_PER_YEAR


class TestShippedFile:
    def test_it_is_the_output_at_the_shipped_seed(self) -> None:
        text = datasets.staff_turnover().to_csv(index=False, lineterminator="\n")
        assert sha256(text.encode()).hexdigest() == datasets.describe("staff_turnover").checksum

    def test_loading_and_generating_give_the_same_table(self, staff: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(staff, datasets.staff_turnover(), check_dtype=False)

    @every_site
    def test_turnover_lies_between_25_and_50_percent_near_its_assumption(self, staff: pd.DataFrame, site: Site) -> None:
        rows = staff[staff["site"] == site.name]
        turnover = rows["left_on"].notna().sum() / person_years(rows)
        assert 0.25 <= turnover <= 0.50
        assert abs(turnover - site.turnover) < 0.02

    def test_replacement_costs_3_to_4_months_pay(self, staff: pd.DataFrame) -> None:
        months = (staff["replacement_cost"] / staff["monthly_pay"]).dropna()
        # Both are rounded to 10 euros, of at least 1,500.
        assert months.between(3 - 5 / 1500, 4 + 5 / 1500).all()
        assert near_mean(months, 3.5)

    def test_training_takes_about_four_weeks(self, staff: pd.DataFrame) -> None:
        assert near_mean(days(staff["trained_on"], staff["hired_on"]).dropna(), 28)


class TestAssumptions:
    """Each figure is recovered from a large sample."""

    @every_site
    def test_turnover_is_leavers_a_year_per_mean_head(self, large: pd.DataFrame, site: Site) -> None:
        rows = large[large["site"] == site.name]
        leavers = rows["left_on"].notna().sum()
        # The number of leavers varies by about √leavers × the coefficient of variation of a stay.
        cv = np.sqrt(gamma(1 + 2 / STAY_SHAPE) / gamma(1 + 1 / STAY_SHAPE) ** 2 - 1)
        assert leavers / person_years(rows) == pytest.approx(site.turnover, rel=ERRORS * cv / np.sqrt(leavers))

    @every_site
    def test_stays_that_ended_follow_the_distribution(self, large: pd.DataFrame, site: Site) -> None:
        left = large[(large["site"] == site.name) & large["left_on"].notna()]
        stay = days(left["left_on"], left["hired_on"])
        mean = DAYS_PER_YEAR / site.turnover
        assert near_mean(stay, mean)
        spread = mean / gamma(1 + 1 / STAY_SHAPE)
        for day in (1, 28, 180, 730):
            # Stays are rounded to whole days, and one of less than half a day counts as one.
            share = 1 - np.exp(-(((day + 0.5) / spread) ** STAY_SHAPE))
            assert near_mean(stay <= day, share)

    @every_site
    def test_people_are_hires_a_year_times_mean_stay(self, large: pd.DataFrame, site: Site) -> None:
        rows = large[large["site"] == site.name]
        years = ((LAST_DAY - FIRST_DAY).astype(int) + 1) / DAYS_PER_YEAR
        hires = (rows["hired_on"] >= pd.Timestamp(FIRST_DAY)).sum() / years
        heads = person_years(rows) / years
        assert heads == pytest.approx(hires / site.turnover, rel=ERRORS * 1.3 / np.sqrt(hires * years))

    @every_site
    def test_positions_are_filled_but_for_the_vacancies(self, large: pd.DataFrame, site: Site) -> None:
        rows = large[large["site"] == site.name]
        years = ((LAST_DAY - FIRST_DAY).astype(int) + 1) / DAYS_PER_YEAR
        stay, vacant = DAYS_PER_YEAR / site.turnover, np.mean(VACANCY_DAYS)
        vacant_share = 1 - person_years(rows) / years / (site.positions * SCALE)
        leavers = rows["left_on"].notna().sum()
        assert vacant_share == pytest.approx(vacant / (stay + vacant), rel=ERRORS * 1.3 / np.sqrt(leavers))

    @every_site
    def test_pay(self, large: pd.DataFrame, site: Site) -> None:
        pay = large.loc[large["site"] == site.name, "monthly_pay"]
        assert near_mean(pay, site.monthly_pay)
        # Rounding to 10 adds 100 ÷ 12 to the variance.
        assert abs(pay.var() - PAY_SD**2 - 100 / 12) < ERRORS * PAY_SD**2 * np.sqrt(2 / len(pay))

    @pytest.mark.parametrize("reason", REASONS)
    def test_reasons(self, large: pd.DataFrame, reason: str) -> None:
        assert near_mean(large["reason"].dropna() == reason, REASONS[reason])

    def test_training_days_are_uniform(self, large: pd.DataFrame) -> None:
        # The longest training would cut off those who leave in the middle of it, so look at long stays only.
        long = large[large["left_on"].isna() & (large["hired_on"] < pd.Timestamp("2024-01-01"))]
        training = days(long["trained_on"], long["hired_on"])
        assert (training.min(), training.max()) == TRAINING_DAYS
        assert near_mean(training, np.mean(TRAINING_DAYS))

    def test_replacement_is_uniform(self, large: pd.DataFrame) -> None:
        months = (large["replacement_cost"] / large["monthly_pay"]).dropna()
        low, high = REPLACEMENT_MONTHS
        assert near_mean(months, (low + high) / 2)
        assert months.std() == pytest.approx((high - low) / np.sqrt(12), rel=0.01)


class TestTable:
    def test_everybody_was_there_in_the_window(self, staff: pd.DataFrame) -> None:
        assert (staff["hired_on"] <= pd.Timestamp(LAST_DAY)).all()
        assert staff["left_on"].dropna().between(pd.Timestamp(FIRST_DAY), pd.Timestamp(LAST_DAY)).all()

    def test_leaving_has_a_date_a_reason_and_a_cost_or_none_of_them(self, staff: pd.DataFrame) -> None:
        left = staff["left_on"].notna()
        assert left.any()
        assert not left.all()
        assert (staff["reason"].notna() == left).all()
        assert (staff["replacement_cost"].notna() == left).all()

    def test_dates_are_in_order(self, staff: pd.DataFrame) -> None:
        assert (staff["left_on"].isna() | (staff["hired_on"] < staff["left_on"])).all()
        assert (staff["trained_on"].isna() | (staff["hired_on"] < staff["trained_on"])).all()
        assert not (staff["trained_on"] > staff["left_on"]).any()
        assert staff["hired_on"].is_monotonic_increasing
        assert staff["employee"].tolist() == list(range(1, len(staff) + 1))

    def test_untrained_are_those_who_left_early_or_came_late(self, staff: pd.DataFrame) -> None:
        untrained = staff[staff["trained_on"].isna()]
        end = untrained["left_on"].fillna(pd.Timestamp(LAST_DAY))
        assert len(untrained) > 0
        assert (days(end, untrained["hired_on"]) < TRAINING_DAYS[1]).all()

    def test_never_more_people_than_positions(self, staff: pd.DataFrame) -> None:
        for site in SITES:
            rows = staff[staff["site"] == site.name]
            for day in pd.date_range(FIRST_DAY, LAST_DAY, freq="30D"):
                there = (rows["hired_on"] <= day) & (rows["left_on"].isna() | (rows["left_on"] > day))
                assert there.sum() <= site.positions


class TestRandomness:
    def test_the_same_seed_gives_the_same_table(self) -> None:
        pd.testing.assert_frame_equal(datasets.staff_turnover(seed=7), datasets.staff_turnover(seed=7))

    def test_another_seed_gives_another_table(self) -> None:
        assert not datasets.staff_turnover(seed=7).equals(datasets.staff_turnover(seed=8))

    def test_a_generator_is_used_and_moved_on(self) -> None:
        rng = np.random.default_rng(7)
        first = datasets.staff_turnover(seed=rng)
        assert first.equals(datasets.staff_turnover(seed=7))
        assert not first.equals(datasets.staff_turnover(seed=rng))

    def test_no_scale_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"`scale` must be at least 1, got 0\. Give 1 for 300 positions"):
            datasets.staff_turnover(scale=0)
