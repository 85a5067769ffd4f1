"""The cost of quality adds up, and says what it does not know."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook import quality

amounts = st.floats(0, 1e9)


@given(amounts, amounts, amounts, amounts)
def test_parts_and_shares_add_up(prevention, appraisal, internal, external) -> None:
    cost = quality.cost_of_quality(
        prevention=prevention, appraisal=appraisal, internal_failure=internal, external_failure=external
    )
    assert cost.total == pytest.approx(prevention + appraisal + internal + external)
    if cost.total:
        assert sum(cost.shares.values()) == pytest.approx(1)
        assert cost.failure_share == pytest.approx(cost.shares["internal_failure"] + cost.shares["external_failure"])


def test_items_are_added_and_kept() -> None:
    items = {"repeat contacts": 48_000, "compensation": 17_000.5}
    cost = quality.cost_of_quality(
        prevention=0, appraisal=15_000, internal_failure=0, external_failure=items, revenue=1_600_010
    )
    assert cost.external_failure == 65_000.5
    assert cost.items == {"external_failure": items}
    assert cost.conformance == 15_000
    assert cost.per_revenue == pytest.approx(80_000.5 / 1_600_010)


def test_nothing_spent_has_no_shares_and_no_revenue_no_ratio() -> None:
    cost = quality.cost_of_quality(prevention=0, appraisal=0, internal_failure=0, external_failure=0)
    assert math.isnan(cost.failure_share)
    assert all(math.isnan(share) for share in cost.shares.values())
    assert math.isnan(cost.per_revenue)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"prevention": -1}, ValueError, "`prevention` must not be negative"),
        ({"appraisal": {"audit": -3}}, ValueError, r"`appraisal\['audit'\]` must not be negative"),
        ({"internal_failure": math.nan}, ValueError, "`internal_failure` must be finite"),
        ({"external_failure": "much"}, TypeError, "`external_failure` must be a number"),
        ({"external_failure": [1, 2]}, TypeError, "one sum or a mapping of amounts"),
        ({"revenue": 0}, ValueError, "`revenue` must be above zero"),
    ],
)
def test_what_is_refused(change, error, message) -> None:
    costs = {"prevention": 1, "appraisal": 1, "internal_failure": 1, "external_failure": 1} | change
    with pytest.raises(error, match=message):
        quality.cost_of_quality(**costs)
