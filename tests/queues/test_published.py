"""Figures that others have printed; the tolerance is half a unit of their last digit."""

import csv
import math
from pathlib import Path

import pytest

from opsbook import queues

PUBLISHED = Path(__file__).parents[1] / "published"

# Monks et al. (2016), as stated in pydesrap_stroke, docs/stress_des.md (days): patients by time between arrivals, by
# share and mean stay. Acute: stroke to rehabilitation, with early supported discharge, and others; TIA; complex
# neurological; other. Rehabilitation: from outside and from the acute unit.
LOAD = {
    "acute": (0.24 * 7.4 + 0.13 * 4.6 + 0.63 * 7.0) / 1.2 + 1.8 / 9.3 + 4.0 / 3.6 + 3.8 / 3.2,
    "rehabilitation": (0.24 / 1.2 + 1 / 21.8) * (0.4 * 30.3 + 0.6 * 28.4)
    + (0.11 / 3.6 + 1 / 31.7) * 27.6
    + (0.05 / 3.2 + 1 / 28.6) * 16.1
    + 0.01 / 9.3 * 18.7,
}
ARRIVALS = {
    "acute": 1 / 1.2 + 1 / 9.3 + 1 / 3.6 + 1 / 3.2,
    "rehabilitation": 0.24 / 1.2 + 1 / 21.8 + 0.11 / 3.6 + 1 / 31.7 + 0.05 / 3.2 + 1 / 28.6 + 0.01 / 9.3,
}
SIMULATED_DAYS = 150 * 5 * 365


def rows(name):
    with (PUBLISHED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def half_unit(row):
    return 0.5 * 10.0 ** -int(row["decimals"]) * (1 + 1e-9)


@pytest.mark.parametrize("row", rows("queues.csv"), ids=lambda row: f"{row['model']} {row['figure']}")
def test_printed_figures(row):
    given = {name: float(value) for name, _, value in (pair.partition("=") for pair in row["inputs"].split())}
    if "servers" in given:
        given["servers"] = int(given["servers"])
    metrics = getattr(queues, row["model"])(**given)
    name, _, threshold = row["figure"].removesuffix(")").partition("(")
    found = metrics.service_level(float(threshold)) if threshold else getattr(metrics, name)
    assert found == pytest.approx(float(row["value"]), rel=0, abs=half_unit(row))


@pytest.mark.parametrize("row", rows("erlang_b_loads.csv"), ids=lambda row: f"{row['servers']} {row['prob_blocked']}")
def test_printed_tables_of_erlang_b(row):
    """A table gives the load at which a share of customers is lost, so that share lies between its neighbours'."""
    load, step = float(row["offered_load"]), half_unit(row)
    below, above = queues.erlang_b(int(row["servers"]), [max(load - step, 0), load + step])
    assert below <= float(row["prob_blocked"]) <= above


@pytest.mark.parametrize("row", rows("stroke_beds.csv"), ids=lambda row: "-".join(list(row.values())[:3]))
def test_beds_of_a_stroke_unit(row):
    """A simulation of unlimited beds: P(N = n)/P(N ≤ n) is Erlang B, with the error that its length leaves.

    Neighbouring days are alike: the number in bed forgets within about twice the mean stay.
    """
    unit, growth, printed = row["unit"], float(row["growth"]), float(row["prob_delay"])
    found = queues.erlang_b(int(row["beds"]), LOAD[unit] * growth)
    stay = LOAD[unit] / ARRIVALS[unit]
    error = math.sqrt(found * (1 - found) * 2 * stay / SIMULATED_DAYS)
    assert found == pytest.approx(printed, rel=0, abs=half_unit(row) + 3 * error)


@pytest.mark.parametrize(("beds", "one_in"), [(10, 7), (14, 50)])
def test_the_abstract_of_the_stroke_study(beds, one_in):
    """Its inputs are rounded too: a stroke patient every 1.2 days may be every 1.15 or every 1.25 days."""
    low, high = (
        LOAD["acute"] + (0.24 * 7.4 + 0.13 * 4.6 + 0.63 * 7.0) * (1 / every - 1 / 1.2) for every in (1.25, 1.15)
    )
    least, most = queues.erlang_b(beds, [low, high])
    assert least <= 1 / (one_in - 0.5)
    assert most >= 1 / (one_in + 0.5)


def test_every_row_says_where_it_is_from_and_whether_that_was_checked():
    for name in ("queues.csv", "erlang_b_loads.csv", "stroke_beds.csv"):
        for row in rows(name):
            assert row["source"]
            assert row["checked"] in {"yes", "no"}
