"""A survey with a SERVQUAL questionnaire: what customers expect of a bank, and what they perceive."""

from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from opsbook.validation import whole_number

__all__ = ["DIMENSIONS", "Dimension", "servqual_survey"]

# The one of 1980 to 1999 that brings the reliability of every dimension nearest to its assumption.
SHIPPED_SEED = 1996


class Dimension(NamedTuple):
    """What is assumed about one dimension of service quality.

    Attributes
    ----------
    name : str
        The dimension.
    items : int
        Number of items.
    alpha : float
        Cronbach's alpha of the perceptions of all customers, in [0, 1].
    loading : float
        Share of a perception's variance, before it is rounded to a scale of 1 to 7, that its dimension explains, in
        [0, 1]: what it takes to meet `alpha`.
    expected, perceived : float
        Means of expectations and of perceptions before rounding, on the scale of 1 to 7.
    weight : float
        Mean importance in points; those of all dimensions sum to 100.
    """

    name: str
    items: int
    alpha: float
    loading: float
    expected: float
    perceived: float
    weight: float


# Parameters of this generator, no results of any survey. The loadings were found by simulation of 400,000 answers.
DIMENSIONS = (
    Dimension("tangibles", 4, 0.72, 0.424, 5.70, 5.55, 11),
    Dimension("reliability", 5, 0.83, 0.528, 6.75, 5.25, 32),
    Dimension("responsiveness", 4, 0.82, 0.567, 6.55, 5.05, 22),
    Dimension("assurance", 4, 0.81, 0.560, 6.60, 5.60, 19),
    Dimension("empathy", 5, 0.86, 0.588, 6.20, 5.10, 16),
)
SCALE = 7
EXPECTED_SD, PERCEIVED_SD = 1.0, 1.35
ITEM_SHIFTS = (0.15, -0.10, 0.05, -0.20, 0.10)
COMMON_SHARE = 0.5
EXPECTED_LOADING = 0.45
WEIGHT_CONCENTRATION = 25
OVERALL_SD = 0.6


def servqual_survey(*, seed: int | np.random.Generator = SHIPPED_SEED, respondents: int = 400) -> pd.DataFrame:
    r"""Return invented answers to the 22 items of a SERVQUAL questionnaire, expectations and perceptions.

    The figures are assumptions of this generator. They serve to compute gaps, weights and reliabilities, and are no
    evidence about banks, customers or the questionnaire.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Where the random numbers come from. The default gives the shipped file.
    respondents : int
        Number of customers who answer, at least 1.

    Returns
    -------
    pandas.DataFrame
        One row per customer, all whole numbers, with the columns

        - ``respondent``: number, from 1;
        - ``expected_tangibles_1`` … ``expected_empathy_5``: how much an excellent bank should have of each item, from 1
          (strongly disagree) to 7 (strongly agree); 4 items of tangibles, 5 of reliability, 4 of responsiveness, 4 of
          assurance, 5 of empathy;
        - ``perceived_tangibles_1`` … ``perceived_empathy_5``: how much this bank has of it, likewise;
        - ``weight_tangibles`` … ``weight_empathy``: points of importance, which sum to 100 for each customer;
        - ``overall``: overall quality of this bank, from 1 to 7.

    Raises
    ------
    TypeError
        `respondents` is no whole number.
    ValueError
        `respondents` is below 1.

    Notes
    -----
    An answer is a normal variable, rounded and kept within 1 to 7. Its mean is that of the dimension plus one of
    `ITEM_SHIFTS`; its variance has a part from the dimension (``loading``; `EXPECTED_LOADING` for expectations) and a
    part of its own. Half of the dimension's part is common to all dimensions (`COMMON_SHARE`): a customer who likes one
    likes the others. Expectations and perceptions are independent. Expectations are 6.2 on average and crowd at the top
    of the scale, so gaps are mostly negative whatever the bank does: a weakness of the questionnaire that is put in.

    The overall rating is the mean perception of the dimensions, weighted by the mean weights, plus a normal error of
    standard deviation `OVERALL_SD`, rounded. Expectations have no part in it. So perceptions alone predict it better
    than gaps do, by construction: the data cannot decide between SERVQUAL and SERVPERF.

    The shipped file depends on NumPy's stream of random numbers, which NumPy keeps but does not promise to keep.

    References
    ----------
    Parasuraman, A., Zeithaml, V. A., & Berry, L. L. (1988). SERVQUAL: A multiple-item scale for measuring consumer
    perceptions of service quality. Journal of Retailing, 64(1), 12–40. (The questionnaire: five dimensions, 22 items.)

    Examples
    --------
    >>> survey = servqual_survey(seed=1, respondents=100)
    >>> survey.shape
    (100, 51)
    >>> bool((survey.filter(like="weight_").sum(axis="columns") == 100).all())
    True
    """
    count = whole_number("respondents", respondents)
    rng = np.random.default_rng(seed)
    loadings = [dimension.loading for dimension in DIMENSIONS]
    expected = _answers(
        rng, count, [one.expected for one in DIMENSIONS], [EXPECTED_LOADING] * len(loadings), EXPECTED_SD
    )
    perceived = _answers(rng, count, [one.perceived for one in DIMENSIONS], loadings, PERCEIVED_SD)
    mean_weights = np.array([one.weight for one in DIMENSIONS])
    weights = _points(rng.dirichlet(WEIGHT_CONCENTRATION * mean_weights / 100, count))
    means = np.column_stack([answers.mean(axis=1) for answers in perceived])
    overall = _rated(means @ mean_weights / 100 + OVERALL_SD * rng.standard_normal(count))
    return pd.DataFrame(
        {
            "respondent": np.arange(1, count + 1),
            **_columns("expected", expected),
            **_columns("perceived", perceived),
            **{f"weight_{one.name}": points for one, points in zip(DIMENSIONS, weights.T, strict=True)},
            "overall": overall,
        }
    )


def _answers(
    rng: np.random.Generator, count: int, means: list[float], loadings: list[float], spread: float
) -> list[NDArray[np.int64]]:
    """Return the answers, one array of customers × items for each dimension."""
    common = np.sqrt(COMMON_SHARE) * rng.standard_normal(count)
    answers = []
    for dimension, mean, loading in zip(DIMENSIONS, means, loadings, strict=True):
        factor = common + np.sqrt(1 - COMMON_SHARE) * rng.standard_normal(count)
        own = rng.standard_normal((count, dimension.items))
        latent = np.sqrt(loading) * factor[:, None] + np.sqrt(1 - loading) * own
        answers.append(_rated(mean + np.array(ITEM_SHIFTS[: dimension.items]) + spread * latent))
    return answers


def _rated(values: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.clip(np.rint(values), 1, SCALE).astype("int64")


def _points(shares: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return whole points that sum to 100 in each row: what is left over goes to the largest remainders."""
    exact = 100 * shares
    points = np.floor(exact).astype("int64")
    rank = np.argsort(np.argsort(points - exact, axis=1), axis=1)
    return np.asarray(points + (rank < 100 - points.sum(axis=1, keepdims=True)), dtype="int64")


def _columns(kind: str, answers: list[NDArray[np.int64]]) -> dict[str, NDArray[np.int64]]:
    return {
        f"{kind}_{dimension.name}_{item + 1}": values[:, item]
        for dimension, values in zip(DIMENSIONS, answers, strict=True)
        for item in range(dimension.items)
    }
