"""The generator of `servqual_survey` keeps to every assumption that it states, and it made the file."""

from hashlib import sha256

import numpy as np
import pandas as pd
import pytest

from opsbook import datasets, quality
from opsbook.datasets.synthetic import DIMENSIONS, Dimension

every_dimension = pytest.mark.parametrize("dimension", DIMENSIONS, ids=lambda dimension: dimension.name)


@pytest.fixture(scope="module")
def large() -> pd.DataFrame:
    return datasets.servqual_survey(seed=20, respondents=60_000)


@pytest.fixture(scope="module")
def survey() -> pd.DataFrame:
    return datasets.load("servqual_survey")


class TestShippedFile:
    def test_it_is_the_output_at_the_shipped_seed(self) -> None:
        text = datasets.servqual_survey().to_csv(index=False, lineterminator="\n")
        assert sha256(text.encode()).hexdigest() == datasets.describe("servqual_survey").checksum

    def test_loading_and_generating_give_the_same_table(self, survey: pd.DataFrame) -> None:
        pd.testing.assert_frame_equal(survey, datasets.servqual_survey())

    @every_dimension
    def test_its_reliabilities_and_weights_are_near_the_assumptions(
        self, survey: pd.DataFrame, dimension: Dimension
    ) -> None:
        result = quality.cronbach_alpha(survey.filter(like=f"perceived_{dimension.name}"))
        assert result.lower < dimension.alpha < result.upper
        assert abs(result.alpha - dimension.alpha) < 0.015
        assert abs(survey[f"weight_{dimension.name}"].mean() - dimension.weight) < 1

    def test_reliability_weighs_most(self, survey: pd.DataFrame) -> None:
        assert survey.filter(like="weight_").mean().idxmax() == "weight_reliability"


class TestAssumptions:
    def test_there_are_22_items_in_five_dimensions_and_100_points(self) -> None:
        assert [one.items for one in DIMENSIONS] == [4, 5, 4, 4, 5]
        assert [one.alpha for one in DIMENSIONS] == [0.72, 0.83, 0.82, 0.81, 0.86]
        assert [one.weight for one in DIMENSIONS] == [11, 32, 22, 19, 16]

    def test_answers_stay_on_the_scale_and_points_add_up(self, large: pd.DataFrame) -> None:
        answers = large.filter(regex="^(expected|perceived)_")
        assert answers.shape[1] == 44
        assert set(np.unique(answers)) == set(range(1, 8))
        assert (large.filter(like="weight_").sum(axis=1) == 100).all()
        assert large["overall"].between(1, 7).all()

    def test_expectations_are_about_6_2(self, large: pd.DataFrame) -> None:
        assert round(large.filter(like="expected_").to_numpy().mean(), 1) == 6.2

    @every_dimension
    def test_alpha_and_weight_of_all_customers(self, large: pd.DataFrame, dimension: Dimension) -> None:
        result = quality.cronbach_alpha(large.filter(like=f"perceived_{dimension.name}"), confidence=0.99999)
        # The loading is given to three digits, which moves alpha by less than 0.0005.
        assert result.lower - 0.0005 < dimension.alpha < result.upper + 0.0005
        points = large[f"weight_{dimension.name}"]
        assert abs(points.mean() - dimension.weight) < 4.5 * points.std() / np.sqrt(len(points))

    def test_perceptions_predict_the_overall_rating_and_expectations_do_not(self, large: pd.DataFrame) -> None:
        perceived, expected = (large.filter(like=f"{kind}_").mean(axis=1) for kind in ("perceived", "expected"))
        overall = large["overall"]
        assert abs(np.corrcoef(expected, overall)[0, 1]) < 4.5 / np.sqrt(len(large))
        assert np.corrcoef(perceived, overall)[0, 1] > np.corrcoef(perceived - expected, overall)[0, 1] > 0.5


class TestRandomness:
    def test_seeds(self) -> None:
        first = datasets.servqual_survey(seed=7, respondents=20)
        assert first.equals(datasets.servqual_survey(seed=np.random.default_rng(7), respondents=20))
        assert not first.equals(datasets.servqual_survey(seed=8, respondents=20))

    @pytest.mark.parametrize(("respondents", "error"), [(0, ValueError), (2.5, TypeError)])
    def test_other_sizes_are_refused(self, respondents: object, error: type[Exception]) -> None:
        with pytest.raises(error, match="`respondents` must be"):
            datasets.servqual_survey(respondents=respondents)
