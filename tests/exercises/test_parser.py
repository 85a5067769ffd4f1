import math
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsbook.exercises.answers import read_number, spellings

MINUTES = spellings("minutes")
PROPORTION = spellings("proportion")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("1,5", 1.5),
        ("1.5", 1.5),
        ("1.5 min", 1.5),
        ("1.5min", 1.5),
        ("1.5 Minutes", 1.5),
        ("1.5 min.", 1.5),
        ("1 234.5", 1234.5),
        ("1\u202f234,5", 1234.5),
        ("1\u00a0234\u00a0567", 1_234_567),
        ("12'500", 12_500),
        ("1,234.5", 1234.5),
        ("1.234,5", 1234.5),
        ("1,234,567", 1_234_567),
        ("1.234.567", 1_234_567),
        ("0,125", 0.125),
        ("12,5000", 12.5),
        ("1.234", 1.234),
        ("1e3", 1000),
        ("2.5E-2", 0.025),
        ("\N{MINUS SIGN}2", -2),
        ("- 2", -2),
        ("+2", 2),
        (".5", 0.5),
        ("5.", 5),
        ("\t 7 \n", 7),
    ],
)
def test_a_number_is_read_as_people_write_it(typed: str, number: float) -> None:
    assert read_number(typed, MINUTES) == number


@pytest.mark.parametrize(
    ("typed", "flaw"),
    [
        ("", "blank"),
        (" \u00a0\n", "blank"),
        ("about 5", "unreadable"),
        ("1.2.3", "unreadable"),
        ("1 23", "unreadable"),
        ("12 5 min", "unreadable"),
        ("1,23,456", "unreadable"),
        ("--5", "unreadable"),
        (".", "unreadable"),
        ("1e999", "unreadable"),
        ("٣", "unreadable"),
        ("nan", "unreadable"),
        ("inf", "unreadable"),
        ("9" * 65, "unreadable"),
        ("1,234", "ambiguous"),
        ("-12,500 min", "ambiguous"),
        ("90 s", "unit"),
        ("5 constructor", "unit"),
        ("80 %", "unit"),
        ("3/4", "unit"),
    ],
)
def test_what_is_no_number_in_the_unit_says_why(typed: str, flaw: str) -> None:
    assert read_number(typed, MINUTES) == flaw


@pytest.mark.parametrize(
    ("typed", "unit", "number"),
    [
        (" 80 % ", "proportion", 0.8),
        ("80 percent", "", 0.8),
        ("0.8", "proportion", 0.8),
        ("80 %", "%", 80),
        ("80", "%", 80),
        ("6 jobs/h", "jobs per hour", 6),
        ("6 per hour", "jobs per hour", 6),
        ("6 Jobs per  hour", "jobs per hour", 6),
        ("6 /h", "per hour", 6),
        ("5 €", "euros", 5),
        ("5 agents", "agents", 5),
    ],
)
def test_a_unit_may_follow_if_it_is_the_questions(typed: str, unit: str, number: float) -> None:
    assert read_number(typed, spellings(unit)) == number


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_what_python_prints_is_read_back_exactly(number: float) -> None:
    assert read_number(repr(number), MINUTES) == number
    assert read_number(repr(number).replace(".", ","), MINUTES) in {number, "ambiguous"}


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=2))
def test_grouping_and_the_decimal_sign_do_not_change_the_number(number: Decimal) -> None:
    for group, point in ((",", "."), (" ", ","), ("\u2009", "."), ("\u2019", ","), (".", ",")):
        written = f"{number:,.2f}".translate({ord(","): group, ord("."): point})
        assert read_number(f"{written} min", MINUTES) == float(number)


@given(st.decimals(min_value=-1000, max_value=1000, places=3))
def test_a_percent_sign_divides_a_proportion_by_a_hundred(number: Decimal) -> None:
    read = read_number(f"{number:f} %", PROPORTION)
    assert isinstance(read, float)
    assert math.isclose(read, float(number / 100), rel_tol=1e-15, abs_tol=1e-300)


@given(st.text())
def test_no_text_breaks_the_reader(typed: str) -> None:
    read = read_number(typed, MINUTES)
    assert read in {"blank", "unreadable", "ambiguous", "unit"} or math.isfinite(read)
