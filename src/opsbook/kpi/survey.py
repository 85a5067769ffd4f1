"""Measures of a customer survey: satisfaction, recommendation, effort, and who answers at all."""

import narwhals as nw

from opsbook.kpi.measure import Doubt, Measure, Part, over, ratio_of_sums
from opsbook.validation import between, one_of

__all__ = ["ces", "csat", "nps", "response_rate"]

_SCALES = {"csat": (1, 5), "effort": (1, 7), "recommend": (0, 10)}
_ANSWERS = {column: Part(f"answers in {column}", nw.col(column)) for column in _SCALES}
_PROMOTERS = Part("promoters", nw.col("recommend") >= 9)  # noqa: PLR2004 -- as defined
_DETRACTORS = Part("detractors", nw.col("recommend") <= 6)  # noqa: PLR2004 -- as defined
_ASKED = Part("asked", nw.col("asked"))
_QUESTIONS = {"csat": "", "effort": " (question about effort)", "recommend": " (question about recommending)"}
_FAMILY = "Survey"
_CLOCK = "none; one answer a contact"
_ABANDONMENT = "no answer, so left out of both, unless the survey asks those who gave up too"


def _faults(column: str) -> dict[str, nw.Expr]:
    low, high = _SCALES[column]
    return {f"have a `{column}` outside {low} to {high}": (nw.col(column) < low) | (nw.col(column) > high)}


def csat(*, top: float | None = 4) -> Measure:
    """Share of satisfied customers (CSAT): answers of `top` or better ÷ answers, on a scale of 1 to 5.

    Parameters
    ----------
    top : float or None
        The lowest answer that counts as satisfied, in [1, 5]: 4 for the top two boxes, 5 for the top box. With
        ``None`` the mean answer instead of a share.

    Returns
    -------
    Measure
        A proportion in [0, 1], or points in [1, 5].

    Raises
    ------
    ValueError
        If `top` lies outside the scale.

    Notes
    -----
    Of those who answered, not of those who were asked: read it beside `response_rate`.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"csat": [5, 4, 2, 3, 5, None]})
    >>> kpi.table(log, measures=kpi.csat()), kpi.table(log, measures=kpi.csat(top=None))
    (   csat
    0   0.6,    csat
    0   3.8)
    """
    answer = nw.col("csat")
    share = top is not None
    best = _SCALES["csat"][1]
    level = float(between("top", top, *_SCALES["csat"])) if top is not None else 0
    return ratio_of_sums(
        "csat",
        Part(f"csat from {level}", answer >= level) if share else _ANSWERS["csat"],
        _ANSWERS["csat"].counted,
        doubt="proportion" if share else "mean",
        title=f"Customer satisfaction (CSAT, {_boxes(top)})",
        family=_FAMILY,
        question="What share of those who answer is satisfied?" if share else "How satisfied are those who answer?",
        unit="proportion" if share else "points from 1 to 5",
        numerator=f"answers of {level:g}{' or more' if level < best else ''}, from 1 to 5"
        if share
        else "the answers, from 1 to 5, added up",
        denominator="answers to the question about satisfaction",
        clock=_CLOCK,
        abandonment=_ABANDONMENT,
        source="this book's convention: the top two of five boxes",
        example="answers 5, 4, 2, 3, 5: 3 ÷ 5 = 0.6",
        columns={"csat": "number"},
        faults=_faults("csat"),
    )


def _boxes(top: float | None) -> str:
    if top is None:
        return "mean"
    return "top box" if top == _SCALES["csat"][1] else f"{top:g} or more"


def nps() -> Measure:
    """Net promoter score: 100 × (promoters − detractors) ÷ answers, on a scale of 0 to 10.

    Returns
    -------
    Measure
        Points in [−100, 100]. Promoters answer 9 or 10, detractors 0 to 6, and those with 7 or 8 count in the
        denominator alone.

    Notes
    -----
    The question is how likely the customer is to recommend the firm to a friend or colleague. Two very different sets
    of answers may have the same score: show the three shares beside it.

    References
    ----------
    Reichheld, F. F. (2003). The one number you need to grow. Harvard Business Review, 81(12), 46–54.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> kpi.table(pd.DataFrame({"recommend": [10, 9, 4, 7, 9, None]}), measures=kpi.nps())
        nps
    0  40.0
    """
    parts = (_PROMOTERS, _DETRACTORS, _ANSWERS["recommend"].counted)
    promoters, detractors, answers = (part.total for part in parts)
    return Measure(
        name="nps",
        title="Net promoter score (NPS)",
        family=_FAMILY,
        question="How many more of a hundred answers are promoters' than detractors'?",
        unit="points from −100 to 100",
        numerator="promoters (9 or 10) minus detractors (0 to 6), times 100",
        denominator="answers to the question about recommending",
        clock=_CLOCK,
        abandonment=_ABANDONMENT,
        source="Reichheld (2003)",
        example="answers 10, 9, 4, 7, 9: 100 × (3 − 1) ÷ 5 = 40",
        columns={"recommend": "number"},
        rows={name: row for part in parts for name, row in part.rows.items()},
        sums={name: total for part in parts for name, total in part.sums.items()},
        # Counts are unsigned on some engines, and a difference may be negative.
        ratio=over((nw.col(promoters).cast(nw.Float64) - nw.col(detractors)) * 100, nw.col(answers)),
        faults=_faults("recommend"),
        doubt=Doubt(kind="nps", parts=(promoters, detractors, answers)),
    )


def ces(*, easy: float | None = None) -> Measure:
    """Mean effort of customers (CES): sum of the answers from 1 (easy) to 7 ÷ answers, or the share of easy ones.

    Parameters
    ----------
    easy : float, optional
        The highest answer that counts as easy, in [1, 7]; the measure is then the share of answers up to it.

    Returns
    -------
    Measure
        Points in [1, 7], the lower the better, or a proportion in [0, 1], the higher the better.

    Raises
    ------
    ValueError
        If `easy` lies outside the scale.

    Notes
    -----
    There is no one effort score. The first one asked how much effort it took, from 1 to 5; later ones ask whether the
    company made it easy, from 1 to 7, and there a high answer is a good one. A score counts only beside its question
    and its scale.

    References
    ----------
    Dixon, M., Freeman, K., & Toman, N. (2010). Stop trying to delight your customers. Harvard Business Review,
    88(7/8), 116–122.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"effort": [2, 3, 6, 5, 1, None]})
    >>> kpi.table(log, measures=kpi.ces()), kpi.table(log, measures=kpi.ces(easy=3))
    (   ces
    0  3.4,    ces
    0  0.6)
    """
    answer = nw.col("effort")
    share = easy is not None
    level = float(between("easy", easy, *_SCALES["effort"])) if easy is not None else 0
    return ratio_of_sums(
        "ces",
        Part(f"effort to {level}", answer <= level) if share else _ANSWERS["effort"],
        _ANSWERS["effort"].counted,
        doubt="proportion" if share else "mean",
        title=f"Customer effort score (CES, {level:g} or less)" if share else "Customer effort score (CES)",
        family=_FAMILY,
        question="What share of those who answer found it easy to get their matter settled?"
        if share
        else "How hard do those who answer find it to get their matter settled?",
        unit="proportion" if share else "points from 1 (very easy) to 7 (very hard)",
        numerator=f"answers of {level:g} or less, from 1 (very easy) to 7" if share else "the answers, added up",
        denominator="answers to the question about effort",
        clock=_CLOCK,
        abandonment=_ABANDONMENT,
        source="Dixon, Freeman & Toman (2010), who asked on five points; seven by this book's choice",
        example="answers 2, 3, 6, 5, 1: 17 ÷ 5 = 3.4",
        columns={"effort": "number"},
        faults=_faults("effort"),
    )


def response_rate(*, answer: str = "csat") -> Measure:
    """Share of the customers asked who answered: answers ÷ contacts after which the customer was asked.

    Parameters
    ----------
    answer : str
        The question: ``"csat"``, ``"effort"`` or ``"recommend"``.

    Returns
    -------
    Measure
        A proportion in [0, 1].

    Raises
    ------
    ValueError
        If `answer` is another word.

    Notes
    -----
    Who was not asked (``asked`` is false) is no refusal and stands in neither.

    References
    ----------
    American Association for Public Opinion Research. (2023). Standard definitions: Final dispositions of case codes
    and outcome rates for surveys (10th ed.). AAPOR.

    Examples
    --------
    >>> import pandas as pd
    >>> from opsbook import kpi
    >>> log = pd.DataFrame({"asked": [True, True, False, True], "csat": [5, None, None, 1]})
    >>> round(float(kpi.table(log, measures=kpi.response_rate())["response_rate"].item()), 3)
    0.667
    """
    given, asked = nw.col(one_of("answer", answer, _SCALES)), nw.col("asked")
    return ratio_of_sums(
        "response_rate",
        Part(f"{answer} of the asked", asked & ~given.is_null()),
        _ASKED,
        doubt="proportion",
        title=f"Response rate{_QUESTIONS[answer]}",
        family=_FAMILY,
        question="What share of the customers we ask gives an answer?",
        unit="proportion",
        numerator=f"the denominator's contacts with an answer (`{answer}`)",
        denominator="contacts after which the customer was asked (`asked`)",
        clock="none; an answer counts whenever it came",
        abandonment="counts like any other contact if the customer was asked",
        source="AAPOR (2023), response rate 1 in its simplest case: everybody asked is eligible",
        example="8 asked, 5 answered: 5 ÷ 8 = 0.625",
        columns={"asked": "flag", answer: "number"},
        faults={**_faults(answer), f"have an answer in `{answer}` though not asked": ~asked & ~given.is_null()},
    )
