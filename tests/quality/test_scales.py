"""Alpha against other implementations and its own invariances; gaps against the plain arithmetic of a small survey."""

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import t as t_distribution
from statsmodels.formula.api import ols
from statsmodels.stats.anova import anova_lm

from opsbook import datasets, quality
from opsbook.datasets.synthetic import DIMENSIONS
from opsbook.errors import MissingColumnError, UnsupportedFrameError

PUBLISHED = Path(__file__).parents[1] / "published"

answers = st.integers(3, 12).flatmap(
    lambda rows: st.integers(2, 6).flatmap(
        lambda columns: arrays("int64", (rows, columns), elements=st.integers(1, 7)),
    )
)


def published(name):
    return pd.read_csv(PUBLISHED / name)


def polars(table):
    return pl.DataFrame(table.to_dict("list"))


def varied(table):
    """Leave out what `cronbach_alpha` refuses."""
    assume(np.ptp(table, axis=0).all())
    assume(np.ptp(table.sum(axis=1)) > 0)
    return table


class TestAlphaAgainstOthers:
    def test_the_example_in_the_documentation_of_pingouin(self) -> None:
        # pingouin.cronbach_alpha on its data set cronbach_wide_missing, rows with missing answers left out.
        result = quality.cronbach_alpha(published("alpha_answers.csv"))
        assert result.alpha == pytest.approx(0.8016949152542373, abs=1e-12)
        assert (result.items, result.respondents) == (11, 9)

    def test_the_survey_of_chatterjee_and_price(self) -> None:
        # R's data set attitude; pingouin 0.7.0 gives 0.8431428, [0.739, 0.916] at 95 % and [0.696, 0.932] at 99 %.
        attitude = published("alpha_attitude.csv")
        result, wider = (quality.cronbach_alpha(attitude, confidence=level) for level in (0.95, 0.99))
        assert result.alpha == pytest.approx(0.8431427695647599, abs=1e-12)
        assert (round(result.lower, 3), round(result.upper, 3)) == (0.739, 0.916)
        assert (round(wider.lower, 3), round(wider.upper, 3)) == (0.696, 0.932)

    @pytest.mark.parametrize("dimension", [one.name for one in DIMENSIONS])
    def test_hoyt_s_analysis_of_variance(self, dimension: str) -> None:
        # Hoyt (1941): alpha is 1 - residual mean square / mean square of respondents in a two-way table.
        items = datasets.load("servqual_survey").filter(like=f"perceived_{dimension}").head(40)
        long = items.reset_index(names="who").melt("who", var_name="item", value_name="answer")
        table = anova_lm(ols("answer ~ C(who) + C(item)", data=long).fit())
        expected = 1 - table.loc["Residual", "mean_sq"] / table.loc["C(who)", "mean_sq"]
        assert quality.cronbach_alpha(items).alpha == pytest.approx(expected, abs=1e-10)

    def test_two_items_are_spearman_and_brown_of_their_correlation_if_spreads_are_equal(self) -> None:
        first = np.array([1.0, 2, 3, 4, 5, 6])
        table = np.column_stack([first, first[[1, 0, 2, 3, 5, 4]]])
        together = np.corrcoef(table.T)[0, 1]
        result = quality.cronbach_alpha(table)
        assert result.alpha == pytest.approx(2 * together / (1 + together))
        assert result.item_rest == pytest.approx({"1": together, "2": together})
        assert result.if_dropped == {}

    def test_feldt_s_interval_covers_as_often_as_it_says(self) -> None:
        # Normal answers with equal covariances: alpha is 5 r / (1 + 4 r) = 0.8 with r = 4/9.
        rng = np.random.default_rng(3)
        runs, respondents = 1500, 25
        common, own = np.sqrt(4 / 9), np.sqrt(5 / 9)
        covered = 0
        for _ in range(runs):
            table = common * rng.standard_normal((respondents, 1)) + own * rng.standard_normal((respondents, 5))
            result = quality.cronbach_alpha(table, confidence=0.9)
            covered += result.lower <= 0.8 <= result.upper
        assert abs(covered / runs - 0.9) < 4 * np.sqrt(0.9 * 0.1 / runs)


class TestAlphaProperties:
    @settings(deadline=None, max_examples=50)
    @given(answers, st.floats(-50, 50), st.floats(0.01, 100), st.data())
    def test_shift_scale_and_order_change_nothing(self, table, shift, scale, data) -> None:
        before = quality.cronbach_alpha(varied(table)).alpha
        rows = data.draw(st.permutations(range(table.shape[0])))
        columns = data.draw(st.permutations(range(table.shape[1])))
        after = quality.cronbach_alpha(shift + scale * table[rows][:, columns]).alpha
        # Below zero alpha has no end, and the more extreme it is, the more its digits depend on the last of the input.
        assert after == pytest.approx(before, rel=1e-6, abs=1e-6)

    @settings(deadline=None, max_examples=50)
    @given(answers)
    def test_never_above_one_and_inside_its_interval(self, table) -> None:
        result = quality.cronbach_alpha(varied(table))
        assert result.lower <= result.alpha <= result.upper <= 1
        assert result.alpha <= 1

    @settings(deadline=None, max_examples=50)
    @given(answers)
    def test_alpha_without_an_item_is_the_alpha_of_the_others(self, table) -> None:
        assume(table.shape[1] > 2)
        rest = varied(table)[:, 1:]
        assume(np.ptp(rest.sum(axis=1)) > 0)
        without = quality.cronbach_alpha(table).if_dropped["1"]
        assert without == pytest.approx(quality.cronbach_alpha(rest).alpha, rel=1e-6)

    @settings(deadline=None, max_examples=50)
    @given(answers)
    def test_copies_of_one_item_are_perfectly_reliable(self, table) -> None:
        assume(np.ptp(table[:, 0]) > 0)
        copies = np.repeat(table[:, :1], 4, axis=1)
        assert quality.cronbach_alpha(copies).alpha == pytest.approx(1)

    def test_item_rest_correlations(self) -> None:
        table = datasets.load("servqual_survey").filter(like="perceived_empathy")
        result = quality.cronbach_alpha(table)
        for item in table:
            expected = np.corrcoef(table[item], table.drop(columns=item).sum(axis=1))[0, 1]
            assert result.item_rest[item] == pytest.approx(expected)

    def test_polars_gives_the_same(self) -> None:
        table = datasets.load("servqual_survey").filter(like="perceived_empathy")
        assert quality.cronbach_alpha(polars(table)) == quality.cronbach_alpha(table)


class TestAlphaRefuses:
    @pytest.mark.parametrize(
        ("items", "message"),
        [
            ([[1], [2], [3]], "two items or more, got 1"),
            ([[1, 2, 3]], "two respondents or more, got 1. Put respondents in rows"),
            ([[1, 4], [2, 4], [5, 4]], "must vary, got the same answer from everybody in '2'"),
            ([[1, 7], [2, 6], [5, 3]], "sum that varies.*Turn items around"),
            ([[1, 2], [2, np.nan], [5, 3]], "got 1 of 3 rows with a missing or infinite one \\(the first in '2'\\)"),
            ([1, 2, 3], "one row a respondent and one column an item, got 1 dim"),
        ],
    )
    def test_what_has_no_alpha(self, items, message) -> None:
        with pytest.raises(ValueError, match=message):
            quality.cronbach_alpha(items)

    def test_missing_answers_in_a_frame_name_the_item(self) -> None:
        table = pd.DataFrame({"prompt": [1, 2, None], "polite": [3, 1, 2]})
        with pytest.raises(ValueError, match=r"1 of 3 rows .*\(the first in 'prompt'\)"):
            quality.cronbach_alpha(table)

    @pytest.mark.parametrize("items", [[[1, 2], [3]], [["good", "bad"], ["bad", "good"]]])
    def test_ragged_or_worded_rows(self, items) -> None:
        with pytest.raises(TypeError, match="`items` must be a table of numbers"):
            quality.cronbach_alpha(items)

    def test_other_tables(self) -> None:
        with pytest.raises(UnsupportedFrameError, match="`items` must be a pandas or Polars DataFrame"):
            quality.cronbach_alpha(pl.LazyFrame({"a": [1, 2]}))
        with pytest.raises(TypeError, match="numbers in the column 'a'"):
            quality.cronbach_alpha(pd.DataFrame({"a": ["x", "y"], "b": [1, 2]}))

    @pytest.mark.parametrize("confidence", [0, 1, 95])
    def test_confidence(self, confidence) -> None:
        with pytest.raises(ValueError, match="`confidence`"):
            quality.cronbach_alpha([[1, 2], [2, 1], [3, 3]], confidence=confidence)


EXPECTED = pd.DataFrame({"prompt": [7, 6, 7, 6], "willing": [6, 6, 7, 5], "polite": [6, 6, 5, 7]})
PERCEIVED = pd.DataFrame({"prompt": [5, 5, 4, 6], "willing": [6, 4, 4, 5], "polite": [6, 5, 6, 7]})
BOTH = {"speed": ["prompt", "willing"], "manner": ["polite"]}


class TestGaps:
    def test_by_hand(self) -> None:
        gaps = quality.servqual_gaps(EXPECTED, PERCEIVED, dimensions=BOTH, weights={"speed": 3, "manner": 1})
        # Items: prompt -2 -1 -3 0, willing 0 -2 -3 0, polite 0 -1 1 0; speed -1 -1.5 -3 0.
        assert gaps.items["gap"].tolist() == [-1.5, -1.25, 0]
        assert gaps.items["dimension"].tolist() == ["speed", "speed", "manner"]
        assert gaps.dimensions["gap"].tolist() == [-1.375, 0]
        assert gaps.dimensions["items"].tolist() == [2, 1]
        assert gaps.dimensions["weight"].tolist() == [0.75, 0.25]
        assert gaps.overall == pytest.approx(0.75 * -1.375)
        half = t_distribution.ppf(0.975, 3) * np.std([-1, -1.5, -3, 0], ddof=1) / 2
        assert gaps.dimensions["upper"][0] == pytest.approx(-1.375 + half)
        weighted = [
            0.75 * speed + 0.25 * manner for speed, manner in zip([-1, -1.5, -3, 0], [0, -1, 1, 0], strict=True)
        ]
        half = t_distribution.ppf(0.975, 3) * np.std(weighted, ddof=1) / 2
        assert (gaps.lower, gaps.upper) == pytest.approx((np.mean(weighted) - half, np.mean(weighted) + half))

    def test_own_weights_are_applied_before_averaging(self) -> None:
        points = pd.DataFrame({"speed": [100, 0, 50, 40], "manner": [0, 100, 50, 10]})
        gaps = quality.servqual_gaps(EXPECTED, PERCEIVED, dimensions=BOTH, weights=points)
        assert gaps.overall == pytest.approx(np.mean([-1, -1, -1, 0]))
        assert gaps.dimensions["weight"].tolist() == pytest.approx([(1 + 0 + 0.5 + 0.8) / 4, (0 + 1 + 0.5 + 0.2) / 4])

    @settings(deadline=None, max_examples=30)
    @given(st.integers(0, 2**32 - 1))
    def test_contributions_add_up_and_equal_weights_are_none(self, seed) -> None:
        rng = np.random.default_rng(seed)
        expected, perceived = (pd.DataFrame(rng.integers(1, 8, (8, 3)), columns=list(EXPECTED)) for _ in range(2))
        points = pd.DataFrame(rng.integers(1, 9, (8, 2)), columns=list(BOTH))
        own = quality.servqual_gaps(expected, perceived, dimensions=BOTH, weights=points)
        assert own.dimensions["contribution"].sum() == pytest.approx(own.overall, abs=1e-12)
        equal = quality.servqual_gaps(expected, perceived, dimensions=BOTH, weights={"speed": 5, "manner": 5})
        assert equal.overall == quality.servqual_gaps(expected, perceived, dimensions=BOTH).overall
        swapped = quality.servqual_gaps(perceived, expected, dimensions=BOTH, weights=points)
        assert swapped.overall == pytest.approx(-own.overall, abs=1e-12)

    def test_the_shipped_survey_in_both_engines(self) -> None:
        survey = datasets.load("servqual_survey")
        parts = [
            survey.filter(like=f"{kind}_").rename(columns=lambda name: name.partition("_")[2])
            for kind in ("expected", "perceived", "weight")
        ]
        dimensions = {one.name: [name for name in parts[0] if name.startswith(one.name)] for one in DIMENSIONS}
        gaps = quality.servqual_gaps(*parts[:2], dimensions=dimensions, weights=parts[2])
        other = quality.servqual_gaps(*map(polars, parts[:2]), dimensions=dimensions, weights=parts[2])
        assert isinstance(other.items, pl.DataFrame)
        assert other.dimensions.to_dict(as_series=False) == gaps.dimensions.to_dict("list")
        assert gaps.dimensions["items"].tolist() == [4, 5, 4, 4, 5]
        assert gaps.overall < 0

    def test_one_respondent_has_gaps_and_no_interval(self) -> None:
        gaps = quality.servqual_gaps(EXPECTED[:1], PERCEIVED[:1], dimensions=BOTH)
        assert gaps.overall == -0.5
        assert np.isnan(gaps.lower)
        assert gaps.items["upper"].isna().all()

    @pytest.mark.parametrize(
        ("change", "error", "message"),
        [
            ({"dimensions": {}}, ValueError, "one dimension or more, got none"),
            ({"dimensions": {"speed": []}}, ValueError, "got none for 'speed'"),
            ({"dimensions": {"speed": "prompt"}}, TypeError, "a single word for 'speed'"),
            ({"dimensions": ["prompt"]}, TypeError, "must map each dimension to its items"),
            ({"dimensions": {"a": ["prompt"], "b": ["prompt"]}}, ValueError, "'prompt' more than once"),
            ({"dimensions": {"speed": ["quick"]}}, MissingColumnError, "`expectations` needs the column 'quick'"),
            ({"perceptions": PERCEIVED[:3]}, ValueError, "got 4 and 3 rows"),
            ({"perceptions": PERCEIVED.assign(polite=None)}, ValueError, "`perceptions` must have an answer"),
            ({"expectations": EXPECTED[:0], "perceptions": PERCEIVED[:0]}, ValueError, "one respondent or more"),
            ({"weights": {"speed": 1}}, ValueError, "must name the dimensions 'speed', 'manner', got 'speed'"),
            ({"weights": {"speed": 0, "manner": 0}}, ValueError, "must not all be zero"),
            ({"weights": {"speed": -1, "manner": 2}}, ValueError, "`weights` must not be negative"),
            ({"weights": pd.DataFrame({"speed": [1], "manner": [1]})}, ValueError, "each of the 4 respondents, got 1"),
            ({"confidence": 1}, ValueError, "`confidence`"),
            ({"expectations": [[1]]}, UnsupportedFrameError, "`expectations` must be a pandas or Polars"),
        ],
    )
    def test_what_is_refused(self, change, error, message) -> None:
        given = {"expectations": EXPECTED, "perceptions": PERCEIVED, "dimensions": BOTH} | change
        with pytest.raises(error, match=message):
            quality.servqual_gaps(given.pop("expectations"), given.pop("perceptions"), **given)
