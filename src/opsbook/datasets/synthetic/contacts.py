"""A bank's service centre, contact by contact: reasons, channels, waits, agents, repeats, escalations and a survey."""

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from opsbook.validation import between, whole_number

__all__ = ["ANSWERS", "CHANNELS", "REASONS", "Channel", "Reason", "contact_log"]

# The one of 2000 to 2029 whose main figures come nearest to the assumptions.
SHIPPED_SEED = 2017


class Reason(NamedTuple):
    """What is assumed about one reason for contact.

    Attributes
    ----------
    name : str
        The reason.
    share : float
        Share of the new cases outside the delay, in [0, 1]; all shares sum to 1.
    talk_mean_s : float
        Mean talk time on the phone, seconds.
    resolved : float
        Probability that an answered contact settles the matter, on average over the agents, in [0, 1].
    returns : float
        Probability that a customer whose matter was not settled makes contact again, in [0, 1].
    transferred : float
        Probability that an answered contact is passed on to somebody else, in [0, 1].
    mix : tuple of float
        Shares of the new cases by channel, in the order of `CHANNELS`; they sum to 1.
    """

    name: str
    share: float
    talk_mean_s: float
    resolved: float
    returns: float
    transferred: float
    mix: tuple[float, float, float, float]


class Channel(NamedTuple):
    """What is assumed about one channel.

    Attributes
    ----------
    name : str
        The channel.
    talk : float
        Agent's time ÷ agent's time on the phone for the same reason.
    delayed : float
        Probability that a contact has to wait at average load, in [0, 1].
    delay_mean_s : float
        Mean wait of those who have to, at average load and if nobody gave up, seconds of opening time.
    patience_mean_s : float
        Mean time after which a waiting customer gives up, seconds; infinite for those who never do.
    """

    name: str
    talk: float
    delayed: float
    delay_mean_s: float
    patience_mean_s: float


# Invented figures, chosen to be plausible and to meet the averages that the docstring states. Nobody measured them.
REASONS = (
    Reason("account information", 0.24, 115, 0.84, 0.35, 0.04, (0.62, 0.20, 0.10, 0.08)),
    Reason("online access", 0.17, 170, 0.68, 0.50, 0.08, (0.62, 0.26, 0.10, 0.02)),
    Reason("change of details", 0.13, 140, 0.88, 0.40, 0.04, (0.48, 0.14, 0.20, 0.18)),
    Reason("loan or mortgage", 0.13, 296, 0.71, 0.30, 0.15, (0.50, 0.06, 0.16, 0.28)),
    Reason("fee or charge", 0.10, 234, 0.45, 0.75, 0.10, (0.64, 0.12, 0.20, 0.04)),
    Reason("blocked card or fraud", 0.09, 250, 0.68, 0.65, 0.12, (0.82, 0.10, 0.02, 0.06)),
    Reason("where is my card", 0.07, 150, 0.50, 0.75, 0.04, (0.66, 0.20, 0.12, 0.02)),
    Reason("complaint", 0.04, 280, 0.40, 0.55, 0.15, (0.46, 0.04, 0.40, 0.10)),
    Reason("other", 0.03, 190, 0.65, 0.40, 0.10, (0.56, 0.14, 0.16, 0.14)),
)
CHANNELS = (
    Channel("phone", 1.0, 0.50, 90, 385),
    Channel("chat", 1.2, 0.40, 60, 300),
    Channel("email", 1.4, 1.00, 4 * 3600, np.inf),
    Channel("counter", 1.3, 0.55, 150, 1500),
)

FIRST_DAY = np.datetime64("2024-03-04")  # a Monday
WEEKS, DAYS_A_WEEK = 13, 6
OPENS_AT_H, OPEN_H = 8, 12
CASES_PER_DAY = 240
WEEKDAYS = (1.25, 1.10, 1.00, 1.00, 1.05, 0.60)
HOURS = (0.75, 1.25, 1.45, 1.35, 1.10, 0.95, 1.05, 1.15, 1.10, 0.85, 0.60, 0.40)
BUSYNESS_CV = 0.35

LATE_REASON, LATE_FROM, LATE_UNTIL, LATE_FACTOR = (
    "where is my card",
    np.datetime64("2024-04-09"),
    np.datetime64("2024-05-07"),
    1.7,
)

TALK_SIGMA = 0.855
WRAP_MEAN_S, WRAP_SIGMA = 45, 0.70
AGENTS = 12
DAYS_ON, OF_DAYS = 4, 6
AGENT_TALK_CV, AGENT_RESOLVED_SD, AGENT_SATISFACTION_SD = 0.15, 0.06, 0.20
CUSTOMERS, CUSTOMER_SKEW = 9000, 1.5

RETURNS_ABANDONED = 0.65
RETURN_MEAN_DAYS, RETURN_MEAN_DAYS_ABANDONED = 1.5, 0.2
RETURN_BY_PHONE = 0.5
ESCALATED_FIRST, ESCALATED_PER_DAY, ESCALATED_MOST, ESCALATED_COMPLAINT = 0.01, 0.06, 0.50, 0.10
RESOLVED_ESCALATED = 0.85
MOST_CONTACTS = 8

SATISFACTION_MEAN, SATISFACTION_SD = 3.70, 0.95
SATISFACTION_RESOLVED, SATISFACTION_TRANSFERRED, SATISFACTION_REPEAT, SATISFACTION_WAIT = 1.25, -0.40, -0.35, -0.25
EFFORT_MEAN, EFFORT_SD, EFFORT_REPEAT, EFFORT_TRANSFERRED, EFFORT_MOOD = 2.2, 0.9, 0.8, 0.7, 0.6
RECOMMEND_MEAN, RECOMMEND_SD, RECOMMEND_MOOD = 7.8, 1.2, 1.7
ASKED = 0.60
ANSWERS = (0.34, 0.20, 0.09, 0.105, 0.195)  # by satisfaction, from 1 to 5

_HALF_HOUR_S = 1800
_DAY_S = OPEN_H * 3600  # opening time of one day
_OPEN_S = WEEKS * DAYS_A_WEEK * _DAY_S

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]
Arrays = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class _Team:
    """How the agents differ: factors on talk time, additions to the chance of success and to satisfaction."""

    talk: Floats
    resolved: Floats
    satisfaction: Floats


def contact_log(
    *, seed: int | np.random.Generator = SHIPPED_SEED, scale: int = 1, answering: ArrayLike = ANSWERS
) -> pd.DataFrame:
    r"""Return an invented log of a bank's service centre: one row a contact, Monday to Saturday for thirteen weeks.

    The figures are assumptions of this generator. They serve to compute indicators, to see a cause in the operation
    arrive as contacts, and to follow cases that come back; they are no evidence about contact centres.

    Parameters
    ----------
    seed : int or numpy.random.Generator
        Where the random numbers come from. The default gives the shipped file.
    scale : int
        Multiplies the customers, their cases and the agents, at least 1. The shipped file has about 25,000 contacts;
        ten million take some ten seconds and 1.6 GB of memory.
    answering : sequence of float
        Five probabilities, each in [0, 1]: that a customer who is asked answers, by satisfaction from 1 to 5. The
        default, `ANSWERS`, gives the shipped file; five ones show what all who were asked would have said, and five
        equal numbers a silence without bias. Everything but the last three columns stays the same.

    Returns
    -------
    pandas.DataFrame
        One row per contact, in the order of arrival, with the columns

        - ``contact_id``, ``customer_id``, ``case_id``: numbers from 1; a case is all contacts about one matter;
        - ``channel``, ``reason``: as in `CHANNELS` and `REASONS`;
        - ``agent_id``: who answered; missing if the customer gave up;
        - ``arrived_at``: date and time, to the second;
        - ``wait_s``: from arrival to the answer, or to giving up, in seconds of opening time;
        - ``talk_s``, ``wrap_s``, ``handle_s``: the agent's time with the customer (or writing to them), afterwards,
          and in all, seconds; missing if the customer gave up;
        - ``abandoned``: whether the customer gave up while waiting;
        - ``transferred``: whether the contact was passed on to somebody else;
        - ``resolved``: whether this contact settled the matter; false if abandoned;
        - ``repeat_of``: the contact before this one in its case; missing for the first;
        - ``escalated``: whether a supervisor took the matter over in this contact;
        - ``asked``: whether the customer was asked to answer the survey;
        - ``csat``, ``effort``, ``recommend``: satisfaction from 1 to 5 (5 is best), effort from 1 (very easy) to 7
          (very hard), and likelihood to recommend from 0 to 10; all three missing if not asked or not answered.

    Raises
    ------
    TypeError
        `scale` is no whole number, or `answering` holds something else than numbers.
    ValueError
        `scale` is below 1, or `answering` is not five numbers in [0, 1].

    Notes
    -----
    **New cases.** Their number in each half hour and reason is Poisson with mean `CASES_PER_DAY` ÷ 24 × the share of
    the reason × the factor of the weekday × the factor of the hour × a gamma variable of mean 1 and coefficient of
    variation `BUSYNESS_CV`, one for each half hour: counts vary more than Poisson, the more the busier. It is the same
    for all reasons, so the *share* of a reason among the new cases has binomial variation.

    **The late cards.** From `LATE_FROM` on, deliveries are late, and new cases of `LATE_REASON` come `LATE_FACTOR`
    times as often; from `LATE_UNTIL` on the fix works and the rate is the old one. This is put in.

    **Waits.** A contact has to wait with probability :math:`1 - (1 - p)^x` at load :math:`x` (the product of the three
    factors), then for an exponential time whose mean is proportional to the load, and gives up after an exponential
    patience. So 12.6 % of the phone calls are abandoned. No queue is simulated: an agent's contacts may overlap.

    **Work.** Talk time on the phone is lognormal around the mean of the reason, times a factor of the agent: overall
    mean 189 s and standard deviation 220 s. Half of the agents work until 14:00 and half after it, each on four days
    out of six; who of those on duty answers is chance.

    **Outcome.** Escalation has probability `ESCALATED_FIRST` + `ESCALATED_PER_DAY` for each day of opening time since
    the case began (more for a complaint), at most `ESCALATED_MOST`. A contact settles the matter with the probability
    of its reason plus the agent's own addition, or `RESOLVED_ESCALATED` if escalated: about 70 % of the first contacts
    that are answered. Otherwise the customer returns with the probability of the reason, `RETURNS_ABANDONED` after
    giving up, after an exponential time; the others are silent, so a case without another contact need not be settled.
    What would have happened after the last day is cut off.

    **Survey.** Satisfaction is normal around a mean that rises when the matter is settled and falls with transfers,
    waiting and every repeat, and is rounded. A share `ASKED` of the answered contacts is asked, by chance; answers come
    with the probabilities `answering`. The default is likelier at the ends of the scale: about 15 % answer, and about
    80 % of those give 4 or 5.

    The means and probabilities behind satisfaction, effort and recommendation are the constants of this module that
    begin with ``SATISFACTION``, ``EFFORT`` and ``RECOMMEND``.

    Effects are additive and everything else is independent, which it is not in reality: agents get the contacts they
    are good at, and a long wait makes a short temper. The shipped file depends on NumPy's stream of random numbers,
    which NumPy keeps but does not promise to keep.

    References
    ----------
    Brown, L., Gans, N., Mandelbaum, A., Sakov, A., Shen, H., Zeltyn, S., & Zhao, L. (2005). Statistical analysis of a
    telephone call center: A queueing-science perspective. Journal of the American Statistical Association, 100(469),
    36–50. (Lognormal service times: the shape of the talk times here.)

    Examples
    --------
    >>> log = contact_log(seed=1)
    >>> calls = log[log["channel"] == "phone"]
    >>> round(float(calls["abandoned"].mean()), 2)
    0.13
    >>> handled = log[~log["abandoned"]]
    >>> bool((handled["handle_s"] == handled["talk_s"] + handled["wrap_s"]).all())
    True

    The share satisfied, as reported, and had everybody answered who was asked:

    >>> everybody = contact_log(seed=1, answering=(1, 1, 1, 1, 1))
    >>> [round(float((table["csat"].dropna() >= 4).mean()), 2) for table in (log, everybody)]
    [0.8, 0.76]
    """
    scale = whole_number("scale", scale)
    hint = "Give five probabilities, for satisfaction from 1 to 5."
    chances = between("answering", answering, 0, 1, hint=hint)
    if chances.shape != np.shape(ANSWERS):
        raise ValueError(f"`answering` must have {len(ANSWERS)} numbers, got {answering!r}. {hint}")
    return _table(made(np.random.default_rng(seed), scale, chances))


def made(rng: np.random.Generator, scale: int, answering: ArrayLike = ANSWERS) -> Arrays:
    """Return all contacts in no order, in small types; nobody, nothing and no answer are numbers below zero."""
    team = _team(rng, scale)
    load = _load(rng)
    new = _new_cases(rng, load, scale)
    customer = (CUSTOMERS * scale * rng.random(len(new["case"])) ** CUSTOMER_SKEW).astype("int32")
    rounds = []
    before = 0
    for number in range(1, MOST_CONTACTS + 1):
        outcome = _handled(rng, new, number, load, team, answering=np.asarray(answering))
        count = len(new["case"])
        returning = _returning(rng, new, outcome, before)
        # Only the choice of who returns needs times finer than the log's.
        del new["began"]
        new["arrived"] = new["arrived"].astype("int32")
        rounds.append(new | outcome)
        new = returning
        before += count
    # One column after the other, so that its parts are free before the next is put together.
    contacts = {name: np.concatenate([one.pop(name) for one in rounds]) for name in list(rounds[0])}
    contacts["customer"] = customer[contacts["case"]]
    return contacts


def _team(rng: np.random.Generator, scale: int) -> _Team:
    size = AGENTS * scale
    sigma = np.sqrt(np.log1p(AGENT_TALK_CV**2))
    talk = np.exp(sigma * rng.standard_normal(size))
    resolved = AGENT_RESOLVED_SD * rng.standard_normal(size)
    satisfaction = AGENT_SATISFACTION_SD * rng.standard_normal(size)
    # The averages over the team are the assumptions, whoever is drawn into it.
    return _Team(talk / talk.mean(), resolved - resolved.mean(), satisfaction - satisfaction.mean())


def _load(rng: np.random.Generator) -> Floats:
    """Return the load of every half hour of opening time, on average 1."""
    week = np.outer(WEEKDAYS, np.repeat(HOURS, 2)).ravel()
    shape = BUSYNESS_CV**-2
    return np.tile(week, WEEKS) * rng.gamma(shape, 1 / shape, WEEKS * len(week))


def _new_cases(rng: np.random.Generator, load: Floats, scale: int) -> Arrays:
    day = np.arange(len(load)) * _HALF_HOUR_S // _DAY_S
    late = (_date(day) >= LATE_FROM) & (_date(day) < LATE_UNTIL)
    rates = np.outer(load, [reason.share for reason in REASONS]) * CASES_PER_DAY * scale * _HALF_HOUR_S / _DAY_S
    rates[late, [reason.name for reason in REASONS].index(LATE_REASON)] *= LATE_FACTOR
    counts = rng.poisson(rates)
    half_hour = np.repeat(np.arange(len(load), dtype="int16"), counts.sum(axis=1))
    reason = np.repeat(np.tile(np.arange(len(REASONS), dtype="int8"), len(load)), counts.ravel())
    count = len(reason)
    arrived = rng.random(count)
    arrived += half_hour
    arrived *= _HALF_HOUR_S
    mix = np.cumsum([reason.mix for reason in REASONS], axis=1)[:, :-1]
    chance = rng.random(count)
    channel = sum((chance >= edge[reason]).astype("int8") for edge in mix.T)
    return {
        "case": np.arange(count, dtype="int32"),
        "reason": reason,
        "channel": channel,
        "arrived": arrived,
        "began": arrived,
        "previous": np.full(count, -1, dtype="int32"),
    }


def _handled(
    rng: np.random.Generator, contacts: Arrays, number: int, load: Floats, team: _Team, *, answering: Floats
) -> Arrays:
    """Return what becomes of contacts that are all the same in number within their cases."""
    reason, channel, arrived = contacts["reason"], contacts["channel"], contacts["arrived"]
    count = len(reason)
    wait, abandoned = _waits(rng, channel, load[(arrived / _HALF_HOUR_S).astype("int16")])
    agent = _on_duty(rng, arrived, len(team.talk))
    answered = ~abandoned
    talk_mean = np.outer([one.talk_mean_s for one in REASONS], [one.talk for one in CHANNELS])[reason, channel]
    talk_mean *= team.talk[agent]
    talk = _whole(talk_mean * _lognormal(rng, TALK_SIGMA, count))
    del talk_mean
    wrap = _whole(WRAP_MEAN_S * _lognormal(rng, WRAP_SIGMA, count))

    danger = (arrived - contacts["began"]) / _DAY_S
    danger *= ESCALATED_PER_DAY
    danger += ESCALATED_FIRST
    danger += ESCALATED_COMPLAINT * (reason == [one.name for one in REASONS].index("complaint"))
    escalated = answered & (rng.random(count) < np.minimum(danger, ESCALATED_MOST))
    transferred = answered & (rng.random(count) < np.array([one.transferred for one in REASONS])[reason])
    success = np.array([one.resolved for one in REASONS])[reason]
    success += team.resolved[agent]
    resolved = answered & (rng.random(count) < np.where(escalated, RESOLVED_ESCALATED, success))
    del danger, success

    mood = SATISFACTION_MEAN + SATISFACTION_RESOLVED * resolved
    mood += SATISFACTION_TRANSFERRED * transferred
    mood += SATISFACTION_REPEAT * (number - 1)
    patience = np.array([min(one.patience_mean_s, one.delay_mean_s) for one in CHANNELS])[channel]
    mood += SATISFACTION_WAIT * np.log1p(wait / patience)
    mood += team.satisfaction[agent]
    mood += SATISFACTION_SD * rng.standard_normal(count)
    del patience
    asked = answered & (rng.random(count) < ASKED)
    csat = _rounded(mood, 1, 5)
    given = np.flatnonzero(asked & (rng.random(count) < answering[csat - 1]))
    # The few who answer are all that need answers, but everybody's chance is drawn.
    recommend_chance, effort_chance = rng.standard_normal(count)[given], rng.standard_normal(count)[given]
    mood, csat = mood[given], csat[given]
    effort = EFFORT_MEAN + EFFORT_REPEAT * (number - 1) + EFFORT_TRANSFERRED * transferred[given]
    effort -= EFFORT_MOOD * (mood - 4)
    recommend = RECOMMEND_MEAN + RECOMMEND_MOOD * (mood - 4) + RECOMMEND_SD * recommend_chance

    def answers(values: NDArray[np.int8]) -> NDArray[np.int8]:
        answers = np.full(count, -1, dtype="int8")
        answers[given] = values
        return answers

    return {
        "agent": np.where(abandoned, -1, agent),
        "wait": np.rint(wait).astype("int32"),
        "talk": np.where(abandoned, -1, np.maximum(talk, 1)),
        "wrap": np.where(abandoned, -1, wrap),
        "abandoned": abandoned,
        "transferred": transferred,
        "resolved": resolved,
        "escalated": escalated,
        "asked": asked,
        "csat": answers(csat),
        "effort": answers(_rounded(effort + EFFORT_SD * effort_chance, 1, 7)),
        "recommend": answers(_rounded(recommend, 0, 10)),
    }


def _waits(rng: np.random.Generator, channel: Codes, load: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """Return how long each customer waits, and who gives up at the end of it."""
    delayed, delay, patience = (
        np.array([getattr(one, name) for one in CHANNELS], dtype="float64")
        for name in ("delayed", "delay_mean_s", "patience_mean_s")
    )
    count = len(channel)
    served = rng.random(count) >= 1 - (1 - delayed[channel]) ** load
    offered = delay[channel]
    offered *= load
    offered *= rng.standard_exponential(count)
    offered[served] = 0
    patient = patience[channel]
    patient *= rng.standard_exponential(count)
    return np.minimum(offered, patient), offered > patient


def _on_duty(rng: np.random.Generator, arrived: Floats, agents: int) -> NDArray[np.int32]:
    """Return an agent of the shift, one of the four in six who work on this day."""
    place = rng.integers(agents // 2 * DAYS_ON // OF_DAYS, size=len(arrived)).astype("int32")
    day, late_shift = np.divmod((arrived / (_DAY_S / 2)).astype("int16"), 2)
    # Of every six agents of a shift, two are off; which two moves on with the day.
    six, among = np.divmod(place, DAYS_ON)
    return np.asarray(late_shift * np.int32(agents // 2) + six * OF_DAYS + (among + day) % OF_DAYS, dtype="int32")


def _returning(rng: np.random.Generator, contacts: Arrays, outcome: Arrays, before: int) -> Arrays:
    """Return the contacts of those who come again; `before` contacts stand before these in the log."""
    abandoned = outcome["abandoned"]
    count = len(abandoned)
    chance = np.array([one.returns for one in REASONS])[contacts["reason"]]
    chance[outcome["resolved"]] = 0
    chance[abandoned] = RETURNS_ABANDONED
    days = np.where(abandoned, RETURN_MEAN_DAYS_ABANDONED, RETURN_MEAN_DAYS)
    days *= rng.standard_exponential(count)
    # The next contact comes a minute after the end of this one at the earliest.
    arrived = contacts["arrived"] + outcome["wait"]
    arrived += np.maximum(outcome["talk"], 0)
    arrived += 60
    arrived += days * _DAY_S
    again = np.flatnonzero((rng.random(count) < chance) & (arrived < _OPEN_S))
    by_phone = rng.random(len(again)) < RETURN_BY_PHONE
    return {
        "case": contacts["case"][again],
        "reason": contacts["reason"][again],
        "channel": np.where(by_phone, np.int8(0), contacts["channel"][again]),
        "arrived": arrived[again],
        "began": contacts["began"][again],
        "previous": (before + again).astype("int32"),
    }


def _table(contacts: Arrays) -> pd.DataFrame:
    # Cases are made in no order of time within their half hour, so they get their numbers from their first contacts.
    order = np.argsort(contacts["arrived"], kind="stable").astype("int32")
    previous = contacts.pop("previous")
    contact_id = np.empty_like(order)
    contact_id[order] = np.arange(1, len(order) + 1, dtype="int32")
    repeat_of = contact_id[previous].astype("float64")
    repeat_of[previous < 0] = np.nan
    repeat_of = repeat_of[order]
    first = order[previous[order] < 0]
    case_id = np.empty(len(first), dtype="int32")
    case_id[contacts["case"][first]] = np.arange(1, len(first) + 1, dtype="int32")
    del contact_id, previous, first

    def sorted_(name: str) -> NDArray[Any]:
        # Each column is let go as soon as the table has it.
        return np.asarray(contacts.pop(name)[order])

    def known(name: str) -> Floats:
        values = sorted_(name).astype("float64")
        values[values < 0] = np.nan
        return values

    agents = agent_names(contacts["agent"].max() + 1)
    columns: dict[str, Any] = {
        "contact_id": np.arange(1, len(order) + 1),
        "customer_id": 1 + sorted_("customer").astype("int64"),
        "case_id": case_id[sorted_("case")].astype("int64"),
        "channel": words(sorted_("channel"), [one.name for one in CHANNELS]),
        "reason": words(sorted_("reason"), [one.name for one in REASONS]),
        "agent_id": words(sorted_("agent"), agents),
        "arrived_at": time(sorted_("arrived")),
        "wait_s": sorted_("wait").astype("int64"),
        "talk_s": known("talk"),
        "wrap_s": known("wrap"),
    }
    columns["handle_s"] = columns["talk_s"] + columns["wrap_s"]
    columns |= {name: sorted_(name) for name in ("abandoned", "transferred", "resolved")}
    columns["repeat_of"] = repeat_of
    columns |= {name: sorted_(name) for name in ("escalated", "asked")}
    columns |= {name: known(name) for name in ("csat", "effort", "recommend")}
    # Without the copy that would bring columns of one type together.
    return pd.DataFrame(columns, copy=False)


def agent_names(agents: int) -> list[str]:
    """Return the names of all agents."""
    return [f"A{number:02}" for number in range(1, agents + 1)]


def time(opening: NDArray[np.int32]) -> NDArray[np.datetime64]:
    """Return date and time of seconds of opening time."""
    day, second = np.divmod(opening, _DAY_S)
    # The loader's resolution of time.
    midnights = _date(np.arange(WEEKS * DAYS_A_WEEK)).astype("datetime64[us]") + np.timedelta64(OPENS_AT_H, "h")
    return np.asarray(midnights[day] + second.astype("timedelta64[s]"))


def _date(day: Codes) -> NDArray[np.datetime64]:
    """Return the dates of opening days, counted from 0."""
    week, weekday = np.divmod(day, DAYS_A_WEEK)
    return FIRST_DAY + (7 * week + weekday).astype("timedelta64[D]")


def words(codes: Codes, words: list[str]) -> "pd.Series[str]":
    """Return the words of the codes; a code below zero is a missing word."""
    return pd.Series(pd.Categorical.from_codes(codes, pd.Index(words))).astype("str")


def _lognormal(rng: np.random.Generator, sigma: float, count: int) -> Floats:
    """Return lognormal numbers of mean 1."""
    values = rng.standard_normal(count)
    values *= sigma
    values -= sigma**2 / 2
    return np.exp(values, out=values)


def _whole(values: Floats) -> NDArray[np.int32]:
    return np.rint(values).astype("int32")


def _rounded(values: NDArray[np.floating[Any]], low: int, high: int) -> NDArray[np.int8]:
    return np.asarray(np.clip(np.rint(values), low, high), dtype="int8")
