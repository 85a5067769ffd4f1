"""The constants of control charts against printed tables, closed forms, another integration, and their limits."""

import csv
import math
from pathlib import Path

import mpmath
import pytest
from scipy.integrate import dblquad
from scipy.special import ndtr

from opsbook.quality import control_constants

PUBLISHED = Path(__file__).parents[1] / "published"


def phi(x):
    return math.exp(-x * x / 2) / math.sqrt(2 * math.pi)


def rows(name):
    with (PUBLISHED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    "row", rows("control_constants.csv"), ids=lambda row: f"{row['constant']}({row['n']}) {row['source'].split()[0]}"
)
def test_printed_constants(row):
    """To half a unit of the last digit, but for the few that the print itself has wrong, which must come out wrong."""
    unit = 10.0 ** -int(row["decimals"])
    off = abs(getattr(control_constants(int(row["n"])), row["constant"]) - float(row["value"])) / unit
    low, high = {"good": (0, 0.5), "last digit": (0.5, 2), "misprint": (2, math.inf)}[row["print"]]
    assert low <= off <= high


def test_nearly_all_prints_are_good():
    assert sum(row["print"] != "good" for row in rows("control_constants.csv")) <= 14


@pytest.mark.parametrize(
    ("n", "d2"),
    [
        (2, 2 / math.sqrt(math.pi)),
        (3, 3 / math.sqrt(math.pi)),
        (4, 6 / math.sqrt(math.pi) * (1 - 2 * math.acos(1 / 3) / (2 * math.pi))),
    ],
)
def test_closed_forms_of_the_mean_range(n, d2):
    assert control_constants(n).d2 == pytest.approx(d2, rel=1e-12)


def test_closed_forms_of_pairs():
    pairs = control_constants(2)
    assert pairs.d3 == pytest.approx(math.sqrt(2 - 4 / math.pi), rel=1e-11)
    assert pairs.c4 == pytest.approx(math.sqrt(2 / math.pi), rel=1e-14)


@pytest.mark.parametrize("n", [5, 12, 25])
def test_the_mean_range_with_thirty_digits(n):
    with mpmath.workdps(30):
        mean = mpmath.quad(lambda x: 1 - mpmath.ncdf(x) ** n - mpmath.ncdf(-x) ** n, [-13, -6, -3, -1, 0, 1, 3, 6, 13])
    assert control_constants(n).d2 == pytest.approx(float(mean), rel=1e-12)


@pytest.mark.parametrize("n", [3, 5, 12, 25])
def test_both_moments_by_the_density_of_the_range(n):
    """Another formula, another rule: E[W] and E[W²] over the joint density of the smallest and the largest value."""

    def moment(power):
        def weighed(high, low):
            inside = ndtr(high) - ndtr(low)
            return (high - low) ** power * n * (n - 1) * inside ** (n - 2) * phi(high) * phi(low)

        return dblquad(weighed, -8, 8, lambda low: low, 8, epsabs=1e-9, epsrel=1e-9)[0]

    mean, square = moment(1), moment(2)
    found = control_constants(n)
    assert (found.d2, found.d3) == pytest.approx((mean, math.sqrt(square - mean**2)), rel=1e-6)


@pytest.mark.parametrize("n", [2, 5, 25, 100, 1000, 100_000])
def test_what_the_constants_are_made_of(n):
    found = control_constants(n)
    assert math.isclose(found.A2, 3 / (found.d2 * math.sqrt(n)))
    assert math.isclose(found.A3, 3 / (found.c4 * math.sqrt(n)))
    assert 0 <= found.D3 < 1 < found.D4
    assert 0 <= found.B3 < 1 < found.B4
    assert found.D3 == 0 or math.isclose(found.D3 + found.D4, 2)
    assert found.B3 == 0 or math.isclose(found.B3 + found.B4, 2)
    # The usual approximation, c4 ≈ 4 (n - 1) / (4 n - 3), errs by about 1 / (32 n²) or less.
    assert found.c4 == pytest.approx(4 * (n - 1) / (4 * n - 3), abs=0.08 / n**2 + 1e-8)


def test_ranges_grow_and_deviations_settle():
    found = [control_constants(n) for n in (2, 3, 5, 10, 25, 100)]
    for name, rises in (("d2", True), ("c4", True), ("A2", False), ("D4", False), ("B4", False)):
        values = [getattr(each, name) for each in found]
        assert values == sorted(values, reverse=not rises)


@pytest.mark.parametrize(
    ("n", "error"), [(1, ValueError), (2.5, TypeError), (True, TypeError), (1_000_001, ValueError)]
)
def test_sizes_that_have_no_constants(n, error):
    with pytest.raises(error, match="`n` must be"):
        control_constants(n)
