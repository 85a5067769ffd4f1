import math

import numpy as np
import pytest

from opsbook import validation
from opsbook.errors import MissingColumnError, UnknownNameError


@pytest.mark.parametrize("check", [validation.positive, validation.nonnegative])
def test_numbers_come_back_as_floats_of_the_given_shape(check):
    assert check("x", 2).shape == ()
    checked = check("x", [[1, 2], [3, 4]])
    assert checked.dtype == float
    np.testing.assert_array_equal(checked, [[1.0, 2.0], [3.0, 4.0]])


def test_zero_is_not_negative_and_not_positive():
    assert validation.nonnegative("x", 0) == 0
    with pytest.raises(ValueError, match=r"`x` must be above zero, got 0\."):
        validation.positive("x", 0)


@pytest.mark.parametrize(
    ("check", "rule"), [(validation.positive, "above zero"), (validation.nonnegative, "not be negative")]
)
def test_one_bad_number_among_good_ones_is_refused(check, rule):
    with pytest.raises(ValueError, match=rf"`waits` must {'be ' * (rule[0] == 'a')}{rule}, got \[3, -1\]"):
        check("waits", [3, -1])


@pytest.mark.parametrize("value", [math.nan, math.inf, [1, -math.inf]])
def test_missing_and_infinite_numbers_are_refused(value):
    with pytest.raises(ValueError, match=r"`x` must be finite.*Remove missing"):
        validation.nonnegative("x", value)


@pytest.mark.parametrize("value", ["five", object(), [1, "b"]])
def test_what_is_not_a_number_is_a_type_error(value):
    with pytest.raises(TypeError, match="`x` must be a number or an array of numbers"):
        validation.positive("x", value)


def test_between_includes_both_ends():
    np.testing.assert_array_equal(validation.between("share", [0, 0.5, 1], 0, 1), [0, 0.5, 1])


@pytest.mark.parametrize("value", [-1e-9, 1.0000001, [0.5, 80]])
def test_between_says_the_range_and_the_hint(value):
    with pytest.raises(ValueError, match=r"`share` must lie between 0 and 1, got .*\. Divide by 100\.$"):
        validation.between("share", value, 0, 1, hint="Divide by 100.")


def test_one_of_returns_the_word_or_lists_the_allowed_ones():
    assert validation.one_of("kind", "active", ("active", "passive")) == "active"
    for received in ("Active", None, 3):
        with pytest.raises(ValueError, match=r"`kind` must be one of 'active', 'passive', got"):
            validation.one_of("kind", received, ("active", "passive"))


def test_known_suggests_the_nearest_name():
    assert validation.known("task", "wait", ["greet", "wait"]) == "wait"
    with pytest.raises(UnknownNameError, match=r"no task called 'wiat'\. Did you mean 'wait'\?"):
        validation.known("task", "wiat", ["greet", "wait"])


def test_known_lists_all_names_when_none_is_near():
    with pytest.raises(UnknownNameError, match=r"no task called 'qqq'\. Known: greet, wait\."):
        validation.known("task", "qqq", ["wait", "greet"])


def test_require_columns_names_every_missing_column_at_once():
    validation.require_columns("wip", ["a", "b"], ["b"])
    with pytest.raises(MissingColumnError, match=r"wip needs the columns 'c', 'd'; the table has 'a', 'b'\."):
        validation.require_columns("wip", ["a", "b"], ["c", "a", "d"])
    with pytest.raises(MissingColumnError, match=r"wip needs the column 'c'; the table has no columns\."):
        validation.require_columns("wip", [], ["c"])
