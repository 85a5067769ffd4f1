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
        ("18/34", 18 / 34),
        ("18 / 34", 18 / 34),
        ("18/\u200934 min.", 18 / 34),
        ("\N{MINUS SIGN}3/4", -0.75),
        ("1,5/2", 0.75),
        (".5/.25", 2),
        ("1 250/2 500", 0.5),
        ("1e3/4", 250),
        ("1/2e3", 0.0005),
        ("0/5", 0),
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
        ("3/x", "unit"),
        ("3/4 s", "unit"),
        ("1/-2", "unit"),
        ("1/0", "unreadable"),
        ("0/0", "unreadable"),
        ("1/1e-400", "unreadable"),
        ("1e308/1e-5", "unreadable"),
        ("1/2/3", "unreadable"),
        ("1 1/2", "unreadable"),
        ("1/2 3", "unreadable"),
        ("1/2.3.4", "unreadable"),
        ("1,234/5", "ambiguous"),
        ("5/1,234", "ambiguous"),
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
        ("6 jobs / hour", "jobs per hour", 6),
        ("6 per hour", "jobs per hour", 6),
        ("6 Jobs per  hour", "jobs per hour", 6),
        ("6 /h", "per hour", 6),
        ("5 €", "euros", 5),
        ("5 agents", "agents", 5),
        ("3/4/h", "jobs per hour", 0.75),
        ("3/4 jobs per hour", "jobs per hour", 0.75),
        ("1/2 %", "proportion", 0.005),
        ("5 /100 visitors", "calls per 100 visitors", 5),
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


@given(
    st.integers(0, 10**9),
    st.integers(0, 999),
    st.sampled_from([("", "."), ("", ","), (" ", ","), ("\u00a0", "."), ("\u2009", ","), ("'", "."), ("\u2019", ",")]),
    st.sampled_from([("", 1), ("+", 1), ("-", -1), ("\N{MINUS SIGN}", -1), ("- ", -1)]),
    st.sampled_from([("", 1), ("%", 100), (" %", 100), ("\u202f%", 100), (" Per  cent.", 100), (" proportion", 1)]),
)
def test_a_number_is_the_same_in_every_style(
    whole: int, parts: int, marks: tuple[str, str], sign: tuple[str, int], unit: tuple[str, int]
) -> None:
    group, point = marks
    # Four decimals, so that no comma stands before three digits alone.
    written = f"{sign[0]}{f'{whole:,}'.replace(',', group)}{point}{parts:03d}5{unit[0]}"
    assert read_number(written, PROPORTION) == sign[1] * float(f"{whole}.{parts:03d}5") / unit[1]


NUMBERS = st.just("0") | st.floats(1e-6, 1e12).map(lambda number: f"{number:.12g}")


@given(NUMBERS, NUMBERS.filter(lambda number: number != "0"), st.sampled_from(["/", " /", "/ ", "\u2009/\u202f"]))
def test_a_fraction_is_its_quotient(above: str, below: str, line: str) -> None:
    assert read_number(f"{above}{line}{below}", MINUTES) == float(above) / float(below)
    assert read_number(f"-{above}{line}{below} min", MINUTES) == -float(above) / float(below)


# Plain text rarely comes near a number.
NEARLY = st.text(st.sampled_from("0123456789.,' /+-eE%minh\u2009\u2019\N{MINUS SIGN}"), max_size=20)


@given(
    st.text() | NEARLY, st.sampled_from(["minutes", "proportion", "%", "", "jobs per hour", "calls per 100 visitors"])
)
def test_no_text_breaks_the_reader(typed: str, unit: str) -> None:
    read = read_number(typed, spellings(unit))
    assert read in {"blank", "unreadable", "ambiguous", "unit"} or math.isfinite(read)
