"""Staff who come and go: a contact centre's people on three sites."""

from math import gamma
from typing import NamedTuple

import numpy as np
import pandas as pd

__all__ = ["REASONS", "SITES", "Site", "staff_turnover"]

# One of those among 1950 to 1989 that bring every site's turnover within two points of its assumption.
SHIPPED_SEED = 1977


class Site(NamedTuple):
    """What is assumed about one site.

    Attributes
    ----------
    name : str
        The site.
    positions : int
        Positions that are filled again whenever somebody leaves.
    turnover : float
        Leavers a year ÷ mean number of employees; one over it is the mean stay in years.
    monthly_pay : float
        Mean monthly pay, euros.
    """

    name: str
    positions: int
    turnover: float
    monthly_pay: float


# Invented figures: turnover of 25 to 50 % a year, replacement at 3 to 4 months' pay, training of about four weeks.
SITES = (
    Site("harbour", 120, 0.25, 2600),
    Site("mill", 100, 0.35, 2450),
    Site("park", 80, 0.50, 2300),
)
REASONS = {"resigned": 0.70, "dismissed": 0.15, "moved within the firm": 0.10, "other": 0.05}
STAY_SHAPE = 0.8
VACANCY_DAYS = (14, 42)
TRAINING_DAYS = (21, 35)
PAY_SD = 150
REPLACEMENT_MONTHS = (3.0, 4.0)

FIRST_DAY, LAST_DAY = np.datetime64("2022-01-01"), np.datetime64("2024-12-31")
_DAYS_PER_YEAR = 365.25
_RUN_UP_YEARS = 40


def staff_turnover(*, seed: int | np.random.Generator = SHIPPED_SEED, scale: int = 1) -> pd.DataFrame:
    r"""Return invented records of everybody who worked at a contact centre at some time from 2022 to 2024.

    The figures are assumptions of this generator. They serve to see turnover as a flow (people = hires a year × mean
    stay), to estimate how stays end, and to price turnover; they are no evidence about contact centres.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Where the random numbers come from. The default gives the shipped file.
    scale : int
        Multiplies the positions of every site, at least 1. The shipped file has 300 positions.

    Returns
    -------
    pandas.DataFrame
        One row per employee, sorted by day of hire and site, with the columns

        - ``employee``: number, from 1;
        - ``site``: as in `SITES`;
        - ``hired_on``: first day, which may lie long before 2022;
        - ``trained_on``: end of the initial training; missing for those who left before it, and for those still in
          training on the last day of 2024;
        - ``left_on``: last day; missing for those still there at the end of 2024;
        - ``reason``: why they left, as in `REASONS`; missing for those still there;
        - ``monthly_pay``: euros, to 10;
        - ``replacement_cost``: cost of replacing this leaver, euros, to 10; missing for those still there.

    Raises
    ------
    ValueError
        `scale` is below 1.

    Notes
    -----
    Each position is held by one employee after another. A stay follows a Weibull distribution of shape `STAY_SHAPE`
    (below 1: the longer somebody has stayed, the less likely to leave soon) and mean one over the site's turnover,
    rounded to whole days. The position is then vacant for `VACANCY_DAYS`, and training lasts `TRAINING_DAYS` (both
    uniform over whole calendar days, with both ends). The run began forty years before, so 2022 to 2024 show a steady
    state. Pay is normal around the site's mean with standard deviation `PAY_SD`; the replacement cost is uniform over
    `REPLACEMENT_MONTHS` times pay. Reasons, pay and stays are independent, which in reality they are not, and hires
    fall on any day, weekends included.

    Whoever left before 2022 is not in the table. So the stays of all rows are longer than the stays of all hires (long
    stays are the likelier to reach into the window), while the stays that *ended* in the window have the mean of the
    distribution.

    The shipped file depends on NumPy's stream of random numbers, which NumPy keeps but does not promise to keep.

    Examples
    --------
    >>> staff = staff_turnover(seed=1)
    >>> sorted(staff["site"].unique())
    ['harbour', 'mill', 'park']
    >>> leavers = staff.dropna(subset="left_on")
    >>> months = leavers["replacement_cost"] / leavers["monthly_pay"]
    >>> bool(months.between(2.99, 4.01).all())
    True
    """
    if scale < 1:
        raise ValueError(f"`scale` must be at least 1, got {scale!r}. Give 1 for 300 positions, 2 for 600, and so on.")
    rng = np.random.default_rng(seed)
    staff = pd.concat([_stays(site, scale, rng) for site in SITES]).sort_values(
        ["hired_on", "site", "left_on"], ignore_index=True, kind="stable"
    )
    count = len(staff)
    training = _uniform_days(rng, TRAINING_DAYS, count)
    mean_pay = staff["site"].map({site.name: site.monthly_pay for site in SITES}).to_numpy()
    pay = mean_pay + PAY_SD * rng.standard_normal(count)
    months = rng.uniform(*REPLACEMENT_MONTHS, count)
    reason = rng.choice(list(REASONS), count, p=list(REASONS.values()))

    here = staff["left_on"] > LAST_DAY
    trained_on = staff["hired_on"] + training
    pay = 10 * np.rint(pay / 10)
    return pd.DataFrame(
        {
            "employee": np.arange(1, count + 1),
            "site": staff["site"],
            "hired_on": staff["hired_on"],
            "trained_on": trained_on.where((trained_on <= staff["left_on"]) & (trained_on <= LAST_DAY)),
            "left_on": staff["left_on"].mask(here),
            "reason": pd.Series(reason).mask(here),
            "monthly_pay": pay.astype("int64"),
            "replacement_cost": pd.Series(10 * np.rint(months * pay / 10)).mask(here),
        }
    )


def _stays(site: Site, scale: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return who held the site's positions in the window, one employee after another."""
    positions = site.positions * scale
    mean_days = _DAYS_PER_YEAR / site.turnover
    run_up = _RUN_UP_YEARS * _DAYS_PER_YEAR
    window = int((LAST_DAY - FIRST_DAY) / np.timedelta64(1, "D")) + 1
    # Twice as many as fill the time on average, and some for luck: no position runs out of employees.
    holders = 30 + int(2 * (run_up + window) / mean_days)
    shape = (positions, holders)
    stay = mean_days / gamma(1 + 1 / STAY_SHAPE) * rng.weibull(STAY_SHAPE, shape)
    stay_days = np.maximum(np.rint(stay), 1).astype("timedelta64[D]")
    cycle = stay_days + _uniform_days(rng, VACANCY_DAYS, shape)
    start = FIRST_DAY - np.timedelta64(int(run_up), "D")
    hired = start + np.cumsum(cycle, axis=1) - cycle
    left = hired + stay_days
    there = (left >= FIRST_DAY) & (hired <= LAST_DAY)
    # The loader's resolution of time.
    hired, left = (days[there].astype("datetime64[us]") for days in (hired, left))
    return pd.DataFrame({"site": site.name, "hired_on": hired, "left_on": left})


def _uniform_days(rng: np.random.Generator, ends: tuple[int, int], shape: int | tuple[int, int]) -> np.ndarray:
    return rng.integers(*ends, shape, endpoint=True).astype("timedelta64[D]")
