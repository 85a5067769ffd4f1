"""Staffing: how many agents a promise to customers takes, and which shifts put them there.

`required_agents` turns a forecast into the smallest number of agents that keeps every promise made, interval by
interval; `cover_shifts` finds the cheapest set of shifts that puts these agents on duty.

Notes
-----
**Why the answer is the smallest.** Let ``V`` be the time that a customer with endless patience would wait, in a queue
with ``n`` agents, Poisson arrivals at rate ``λ``, exponential service at rate ``μ`` an agent, and exponential patience
with rate ``θ`` (``θ = 0`` without abandonment). ``V`` is 0 with probability ``P(N < n)``, and has a density in
proportion to ``exp(-n μ x + λ (1 - exp(-θ x)) / θ)`` above 0. One agent more multiplies that density by ``exp(-μ x)``
and a constant ``c``, and the mass at 0 by ``c · B(n - 1) / B(n)``, where ``B`` is Erlang's blocking probability and
falls with ``n``. So the ratio of the distribution of ``V`` with ``n + 1`` agents to that with ``n`` falls from 0 on:
``V`` falls with ``n`` in the likelihood-ratio order. All that is promised follows from ``V`` and the patience ``R``:

- the probability of waiting is P(V > 0), the share that abandons E[1 - exp(-θ V)], and the mean wait E[min(V, R)]:
  means of rising functions of ``V``, so they fall with ``n``;
- the share of all customers answered within a time t, E[1(V ≤ t) exp(-θ V)], is the mean of a falling one: it rises;
- the share among those answered weighs ``V`` by exp(-θ V), which keeps the order: it rises;
- the share that leaves out short abandons has the odds E[1(V ≤ t) exp(-θ V)] to exp(-θ t) P(V > t): they rise.

Occupancy falls too. It is ``load / n`` without abandonment. With it, one minus occupancy is ``(I(n) - I(n - 1)) /
(I(n) + S(n))`` with ``I = 1 / B`` and ``S`` the weight of a waiting line relative to that of "all busy, nobody waits".
``S`` falls with ``n``; ``I`` is convex in ``n``, being the integral of ``exp(-t) (1 + t / load) ** n``; and
``I(n - 1) / I(n)`` falls, because the last of ``n`` agents can carry at most one erlang. So idleness rises with ``n``.

Each target is therefore missed up to some number of agents and met from there on; a number that meets all targets
while one less does not is the smallest of all.

**How equal is equal.** A rate such as 46 calls in 30 minutes, a share such as 0.3, and their products are rounded in
the 16th digit. Targets count as met when they are met to 12 digits, so that rounding never costs an agent.

References
----------
Gans, N., Koole, G., & Mandelbaum, A. (2003). Telephone call centers: Tutorial, review, and research prospects.
Manufacturing & Service Operations Management, 5(2), 79–141.

Mandelbaum, A., & Zeltyn, S. (2007). Service engineering in action: The Palm/Erlang-A queue, with applications to call
centers. In D. Spath & K.-P. Fähnrich (Eds.), Advances in services innovations (pp. 17–45). Springer.

Dantzig, G. B. (1954). A comment on Edie's "Traffic delays at toll booths". Journal of the Operations Research Society
of America, 2(3), 339–341.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Literal, NamedTuple, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook import queues
from opsbook.queues.arguments import MOST_LOAD, MOST_SERVERS, amount, proportion
from opsbook.queues.erlang import idle_weight_of_one
from opsbook.queues.metrics import COUNTED
from opsbook.validation import one_of

__all__ = ["Shift", "ShiftPlan", "cover_shifts", "required_agents"]

Convention = Literal["offered", "answered", "offered_less_short_abandons"]

_SLACK = 1e-12  # targets are compared to 12 digits
_BRIEF, _LONG = 1e-150, 1e300  # times in mean service times, kept away from where products of them overflow
_PLAIN_DENOMINATOR = 10**6
_LAST_DIGIT = 2.0**-52
_CHUNK = 8192  # cells that fit into the processor's cache together


@overload
def required_agents(
    *,
    arrival_rate: float,
    mean_service_time: float,
    service_level: float | None = None,
    threshold: float | None = None,
    max_mean_wait: float | None = None,
    max_prob_abandon: float | None = None,
    max_occupancy: float | None = None,
    mean_patience: float | None = None,
    shrinkage: float = 0.0,
    of: Convention = "offered",
) -> int: ...
@overload
def required_agents(
    *,
    arrival_rate: ArrayLike,
    mean_service_time: ArrayLike,
    service_level: ArrayLike | None = None,
    threshold: ArrayLike | None = None,
    max_mean_wait: ArrayLike | None = None,
    max_prob_abandon: ArrayLike | None = None,
    max_occupancy: ArrayLike | None = None,
    mean_patience: ArrayLike | None = None,
    shrinkage: ArrayLike = 0.0,
    of: Convention = "offered",
) -> int | NDArray[np.int64]: ...
def required_agents(
    *,
    arrival_rate: ArrayLike,
    mean_service_time: ArrayLike,
    service_level: ArrayLike | None = None,
    threshold: ArrayLike | None = None,
    max_mean_wait: ArrayLike | None = None,
    max_prob_abandon: ArrayLike | None = None,
    max_occupancy: ArrayLike | None = None,
    mean_patience: ArrayLike | None = None,
    shrinkage: ArrayLike = 0.0,
    of: Convention = "offered",
) -> int | NDArray[np.int64]:
    """Return the smallest number of agents that meets all targets.

    Without `mean_patience` the queue is Erlang's C model, in which nobody leaves and the agents must outnumber the
    load; with it the queue is Erlang's A model.

    Parameters
    ----------
    arrival_rate : float or array_like
        Customers per unit of time, at least 0. Where it is 0, no agent is needed.
    mean_service_time : float or array_like
        Mean time of a service, above 0.
    service_level, threshold : float or array_like, optional
        The share of customers, at least 0 and below 1, to be answered within `threshold`, at least 0.
    max_mean_wait : float or array_like, optional
        The mean wait of all customers, above 0, must not exceed this.
    max_prob_abandon : float or array_like, optional
        The share of customers who abandon, above 0 and at most 1, must not exceed this. Needs `mean_patience`.
    max_occupancy : float or array_like, optional
        The share of time that agents are busy, above 0 and at most 1, must not exceed this.
    mean_patience : float or array_like, optional
        Mean time that customers are willing to wait, above 0.
    shrinkage : float or array_like
        The share of paid time in which an agent is not available, at least 0 and below 1: the result is divided by
        ``1 - shrinkage`` and rounded up.
    of : {"offered", "answered", "offered_less_short_abandons"}
        Whom the service level counts; see `queues.QueueMetrics.service_level`. Without patience they are the same.

    Returns
    -------
    int or array of int
        An ``int`` for numbers, otherwise an array of the shape that all arguments broadcast to.

    Raises
    ------
    TypeError
        If an argument is not a number or an array of numbers.
    ValueError
        If there is no target, an argument lacks its partner or is out of range, or a target cannot be reached with any
        number of agents: a service level of 1, or a wait, an abandonment or an occupancy of 0.

    Notes
    -----
    Assumptions: Poisson arrivals at one rate for long enough to settle, exponential service and patience, one queue
    served in order of arrival, agents alike. The module's notes prove that the answer is the smallest.

    Targets count as met when they are met to 12 digits, and the agents outnumber the load when they do so in 12
    digits. A shrinkage is read as the plain fraction it stands for, so 21 agents at 0.3 are exactly 30.

    References
    ----------
    Gans, Koole and Mandelbaum (2003); Mandelbaum and Zeltyn (2007). See the module.

    Examples
    --------
    A hundred calls in half an hour, three minutes each, 80 % to be answered within 20 seconds; all times in seconds.

    >>> required_agents(arrival_rate=100 / 1800, mean_service_time=180, service_level=0.8, threshold=20)
    14
    >>> required_agents(
    ...     arrival_rate=100 / 1800, mean_service_time=180, service_level=0.8, threshold=20, shrinkage=0.3
    ... )
    20

    The same day by the half hour, when callers hang up after two minutes on average.

    >>> calls = [20, 60, 100, 0]
    >>> required_agents(
    ...     arrival_rate=[number / 1800 for number in calls],
    ...     mean_service_time=180,
    ...     service_level=0.8,
    ...     threshold=20,
    ...     mean_patience=120,
    ... )
    array([ 4,  8, 12,  0])
    """
    optional = {
        "service_level": service_level,
        "threshold": threshold,
        "max_mean_wait": max_mean_wait,
        "max_prob_abandon": max_prob_abandon,
        "max_occupancy": max_occupancy,
        "mean_patience": mean_patience,
    }
    given = {
        "arrival_rate": arrival_rate,
        "mean_service_time": mean_service_time,
        **{name: value for name, value in optional.items() if value is not None},
        "shrinkage": shrinkage,
    }
    one_of("of", of, COUNTED)
    _refuse_gaps(given)
    numbers = {name: _checked(name, value) for name, value in given.items()}
    if all(type(value) is float for value in numbers.values()):
        case = _case(numbers, of)
        agents = _smallest_with_patience(case) if "mean_patience" in numbers else _smallest(case)
        return _rostered(agents, float(numbers["shrinkage"]))
    return _each(numbers, of)


class _Case(NamedTuple):
    """A load and what is promised, in units of the mean service time; numbers, or arrays of one length.

    A promise that was not made is None. `missed` is the share of customers that may wait beyond `threshold`.
    """

    load: Any
    missed: Any
    threshold: Any
    wait: Any
    abandoning: Any
    occupancy: Any
    patience: Any
    of: Any

    def take(self, rows: NDArray[np.intp]) -> "_Case":
        return _Case(*(value[rows] if isinstance(value, np.ndarray) else value for value in self))


def _case(numbers: Mapping[str, Any], of: Convention) -> _Case:
    """Return the case in units of the mean service time, each target relaxed by what rounding may have cost."""
    service = numbers["mean_service_time"]
    with np.errstate(over="ignore", under="ignore"):
        load = numbers["arrival_rate"] * service
    if not np.all(load <= MOST_LOAD):
        raise ValueError(
            f"`arrival_rate` × `mean_service_time` must not exceed {MOST_LOAD:g} erlangs, got {np.max(load):g}. "
            "Check that both use the same unit of time."
        )
    level, threshold, wait, abandoning, occupancy, patience = (
        numbers.get(name)
        for name in (
            "service_level",
            "threshold",
            "max_mean_wait",
            "max_prob_abandon",
            "max_occupancy",
            "mean_patience",
        )
    )
    return _Case(
        load=load,
        missed=None if level is None else 1 - level + _SLACK,
        threshold=None if threshold is None else _scaled(threshold, service, 0.0),
        wait=None if wait is None else _scaled(wait, service, _BRIEF) * (1 + _SLACK),
        abandoning=None if abandoning is None else abandoning * (1 + _SLACK),
        occupancy=None if occupancy is None else occupancy * (1 + _SLACK),
        patience=None if patience is None else patience / service,
        of=of,
    )


def _scaled(time: Any, service: Any, least: float) -> Any:
    if type(time) is float and type(service) is float:
        return min(max(time / service, least), _LONG)
    with np.errstate(over="ignore", under="ignore"):
        return np.clip(time / service, least, _LONG)


def _each(numbers: Mapping[str, Any], of: Convention) -> NDArray[np.int64]:
    """Return the agents of every cell of the shape that all arguments broadcast to."""
    try:
        shape = np.broadcast_shapes(*(np.shape(value) for value in numbers.values()))
    except ValueError:
        shapes = ", ".join(f"`{name}` {np.shape(value)}" for name, value in numbers.items() if np.ndim(value))
        raise ValueError(f"all arguments must broadcast to one shape, got {shapes}. Align them first.") from None
    flat = {
        name: np.broadcast_to(value, shape).ravel() if isinstance(value, np.ndarray) else value
        for name, value in numbers.items()
    }
    shrinkage = flat.pop("shrinkage")
    case = _case(flat, of)
    if not isinstance(case.load, np.ndarray):
        case = case._replace(load=np.full(shape, case.load).ravel())
    search = _smallest_of_each if case.patience is None else _smallest_with_patience_of_each
    busy = np.flatnonzero(case.load)
    agents = np.zeros(case.load.size, dtype=np.int64)
    for start in range(0, busy.size, _CHUNK):
        rows = busy[start : start + _CHUNK]
        agents[rows] = search(case.take(rows))
    return _rostered_each(agents, shrinkage).reshape(shape)


# --- Without abandonment: a good first guess, one evaluation of Erlang's formula there, and then step by step -----


def _smallest(case: _Case) -> int:
    """As `_smallest_of_each` for one number, without what NumPy costs for each."""
    load: float = case.load
    if not load:
        return 0
    agents = stable = math.floor(load * (1 + _SLACK)) + 1
    if case.missed is not None or case.wait is not None:
        agents = max(stable, math.ceil(load + _safety(case, math) * math.sqrt(load)))
        weight = idle_weight_of_one(agents, load)
        if weight == math.inf:
            agents = stable
            weight = idle_weight_of_one(agents, load)
        if _keeps(case, agents, weight, math.exp):
            while agents > stable:
                weight = weight * load / agents - 1
                if not _keeps(case, agents - 1, weight, math.exp):
                    break
                agents -= 1
        else:
            while True:
                agents += 1
                weight = (1 + weight) * agents / load
                if _keeps(case, agents, weight, math.exp):
                    break
    if case.occupancy is not None:
        _refuse_crowds(load / case.occupancy)
        agents = max(agents, math.ceil(load / case.occupancy))
    return agents


def _smallest_of_each(case: _Case) -> NDArray[np.float64]:
    """Return the smallest number of agents for each load, all of them above 0.

    Occupancy has a closed form, and the smallest number that meets all targets is the largest of those that meet one.
    """
    load: NDArray[np.float64] = case.load
    agents = stable = np.floor(load * (1 + _SLACK)) + 1
    with np.errstate(over="ignore", under="ignore"):
        if case.missed is not None or case.wait is not None:
            agents = _searched(case, stable)
        if case.occupancy is not None:
            agents = np.maximum(agents, np.ceil(load / case.occupancy))
    _refuse_crowds(float(agents.max(initial=0)))
    return agents


def _searched(case: _Case, stable: NDArray[np.float64]) -> NDArray[np.float64]:
    load: NDArray[np.float64] = case.load
    agents = np.maximum(np.ceil(load + _safety(case, np) * np.sqrt(load)), stable)
    weight = _idle_weights(agents, load)
    far = np.isinf(weight)
    if far.any():  # from infinity there is no way back down
        agents[far] = stable[far]
        weight[far] = _idle_weights(agents[far], load[far])
    kept = _keeps(case, agents, weight, np.exp)
    # Most guesses are right, so that one less is tried for all at once, without picking cells out.
    below = weight * (load / agents) - 1
    with np.errstate(divide="ignore", invalid="ignore"):
        kept_below = _keeps(case, agents - 1, below, np.exp) & (agents > stable)
    found: NDArray[np.float64] = agents - kept_below

    rows = np.flatnonzero(~kept)
    part, number, at = case.take(rows), agents[rows], weight[rows]
    while rows.size:
        number += 1
        at = (1 + at) * (number / part.load)
        found[rows] = number
        left = np.flatnonzero(~_keeps(part, number, at, np.exp))
        rows, part, number, at = rows[left], part.take(left), number[left], at[left]

    rows = np.flatnonzero(kept_below & (found > stable))
    part, number, at = case.take(rows), found[rows], below[rows]
    while rows.size:
        at = at * (part.load / number) - 1
        number -= 1
        left = np.flatnonzero(_keeps(part, number, at, np.exp))
        rows, part, number, at = rows[left], part.take(left), number[left], at[left]
        found[rows] = number
        left = np.flatnonzero(number > stable[rows])
        rows, part, number, at = rows[left], part.take(left), number[left], at[left]
    return found


def _idle_weights(agents: NDArray[np.float64], load: NDArray[np.float64]) -> NDArray[np.float64]:
    """As `idle_weight_of_one`, for all loads in step, those with the most steps in front so that the rest can drop out.

    `queues.erlang.idle_weight` takes any number of servers; here they are never fewer than the load, and the plain
    recursion is twice as fast for a table of small loads.
    """
    first = np.maximum(np.floor(load - 8 * np.sqrt(load)), 0.0)
    steps = (agents - first).astype(np.int64)
    most = int(steps.max(initial=0))
    # Sorting small integers is ten times as fast as sorting large ones.
    order = np.argsort(steps.astype(np.uint16) if most < 2**16 else steps, kind="stable")[::-1]
    left = (len(steps) - np.cumsum(np.bincount(steps, minlength=most + 1))[:most]).tolist()
    share = 1 / load[order]
    skipped = first[order] if first.any() else None
    scaled = np.zeros(len(order))  # weight × load, which takes one operation less a step
    for step, cells in enumerate(left, start=1):
        now = scaled[:cells]
        now *= share[:cells]
        now += 1
        now *= step if skipped is None else skipped[:cells] + step
    weights = np.empty(len(order))
    weights[order] = scaled * share
    return weights


def _keeps(case: _Case, agents: Any, weight: Any, exp: Callable[[Any], Any]) -> Any:
    """Say whether so many agents keep the promises on waiting; `weight` as `idle_weight_of_one` gives it."""
    spare = agents - case.load
    prob_wait = agents / (spare * (1 + weight) + case.load)
    kept: Any = True
    if case.missed is not None:
        kept = prob_wait * exp(-spare * case.threshold) <= case.missed
    if case.wait is not None:
        kept = kept & (prob_wait / spare <= case.wait)
    return kept


def _safety(case: _Case, lib: Any) -> Any:
    """Guess how many square roots of the load the agents must exceed the load by.

    With ``β √load`` to spare, the probability of waiting is near Halfin and Whitt's limit, and that is within 3 % of
    exp(-1.19 β - 0.309 β²) for β up to 3. How good the guess is decides how long the search takes, not what it finds.
    """
    root = lib.sqrt(case.load)
    beta: Any = 0.0
    if case.missed is not None:
        pull = 1.19 + root * case.threshold
        strict = -lib.log(case.missed)
        strict = (strict + abs(strict)) / 2
        beta = 2 * strict / (pull + lib.sqrt(pull * pull + 1.236 * strict))
    if case.wait is not None:
        # P(wait) / (β √load) = wait, solved for log β by Newton's method from the right, where it cannot overshoot.
        strict = -lib.log(case.wait * root)
        guess = (strict + abs(strict)) / 2
        guess = lib.log(1 + lib.sqrt(guess / 0.309))
        guess = (guess + strict - abs(guess - strict)) / 2
        for _ in range(4):
            size = lib.exp(guess)
            miss = (1.19 + 0.309 * size) * size + guess - strict
            guess = guess - miss / ((1.19 + 0.618 * size) * size + 1)
        size = lib.exp(guess)
        beta = (beta + size + abs(beta - size)) / 2
    return beta


def _refuse_crowds(agents: float) -> None:
    if not agents <= MOST_SERVERS:
        raise ValueError(
            f"the targets must be met by {MOST_SERVERS:g} agents at most, got a need of {agents:.3g}. Relax them."
        )


# --- With abandonment: bracket and halve, each step one call of the model for all cells still open -----------------


def _smallest_with_patience(case: _Case) -> int:
    if not case.load:
        return 0
    one = _Case(*(value if value is None or isinstance(value, str) else np.array([value]) for value in case))
    return int(_smallest_with_patience_of_each(one)[0])


def _smallest_with_patience_of_each(case: _Case) -> NDArray[np.float64]:
    """Return the smallest number of agents for each load, all of them above 0.

    ``low`` misses a target (-1 stands for "no agents at all might do"), ``high`` meets them all; where one of them is
    not known yet, the steps double.
    """
    found: NDArray[np.float64] = np.zeros_like(case.load)
    rows = np.arange(case.load.size)
    with np.errstate(over="ignore", under="ignore"):
        probe = np.maximum(np.ceil(_first_guess(case)), 0.0)
        step = np.ceil(np.sqrt(case.load) / 4)
        low, high = np.full_like(probe, -1.0), np.full_like(probe, np.inf)
        while rows.size:
            _refuse_crowds(float(probe.max()))
            met = _meets(case, probe)
            low, high = np.where(met, low, probe), np.where(met, probe, high)
            found[rows] = high
            left = np.flatnonzero(high - low > 1)
            rows, case, low, high, step = rows[left], case.take(left), low[left], high[left], step[left]
            open_above, open_below = np.isinf(high), low < 0
            probe = np.where(
                open_above,
                low + step,
                np.where(open_below, np.maximum(high - step, 0), np.floor((low + np.where(open_above, low, high)) / 2)),
            )
            step = np.where(open_above | open_below, 2 * step, step)
    return found


def _first_guess(case: _Case) -> Any:
    """Guess where to look first: as without abandonment, or where a fluid would abandon, or be served, just so much."""
    root = np.sqrt(case.load)
    guess = np.zeros_like(case.load)
    if case.missed is not None or case.wait is not None:
        guess = case.load + (_safety(case, np) - 0.25) * root
    if case.abandoning is not None:
        guess = np.maximum(guess, case.load * (1 - case.abandoning))
    if case.occupancy is not None:
        guess = np.maximum(guess, case.load / case.occupancy)
    return guess


def _meets(case: _Case, agents: NDArray[np.float64]) -> Any:
    metrics = queues.erlang_a(agents, arrival_rate=case.load, mean_service_time=1.0, mean_patience=case.patience)
    met: Any = True
    if case.missed is not None:
        met = metrics.service_level(case.threshold, of=case.of) >= 1 - case.missed
    if case.wait is not None:
        met = met & (metrics.mean_wait <= case.wait)
    if case.abandoning is not None:
        met = met & (metrics.prob_abandon <= case.abandoning)
    if case.occupancy is not None:
        met = met & (metrics.occupancy <= case.occupancy)
    return met


# --- Shrinkage: whole numbers only, since floats make 31 of 21 / (1 - 0.3) -----------------------------------------


def _rostered(agents: int, shrinkage: float) -> int:
    if not shrinkage:
        return agents
    lost = _plain(shrinkage)
    return -(-agents * lost.denominator // (lost.denominator - lost.numerator))


def _plain(shrinkage: float) -> Fraction:
    """Return the fraction that a rounded float stands for: 3/10, 1/3, or else its shortest decimal."""
    fraction = Fraction(shrinkage).limit_denominator(_PLAIN_DENOMINATOR)
    return fraction if abs(float(fraction) - shrinkage) <= _LAST_DIGIT else Fraction(repr(shrinkage))


def _rostered_each(agents: NDArray[np.int64], shrinkage: float | NDArray[np.float64]) -> NDArray[np.int64]:
    if not np.any(shrinkage):
        return agents
    values, where = np.unique(shrinkage, return_inverse=True)
    fractions = [_plain(value) for value in values.tolist()]
    whole = np.array([fraction.denominator for fraction in fractions], dtype=object)
    present = whole - np.array([fraction.numerator for fraction in fractions], dtype=object)
    # Python's whole numbers have no end, NumPy's have: where these will do, they are much faster.
    if int(agents.max(initial=0)) * int(max(whole)) < MOST_SERVERS:
        whole, present = whole.astype(np.int64), present.astype(np.int64)
    where = where.reshape(np.shape(shrinkage))
    rostered = -(-agents * whole[where] // present[where])
    _refuse_crowds(float(rostered.max(initial=0)))
    return np.asarray(rostered, dtype=np.int64)


# --- What may be asked ----------------------------------------------------------------------------------------------


def _refuse_gaps(given: Mapping[str, object]) -> None:
    if given.keys().isdisjoint(("service_level", "threshold", "max_mean_wait", "max_prob_abandon", "max_occupancy")):
        raise ValueError(
            "a target must be given, got none. Give `service_level` with `threshold`, `max_mean_wait`, "
            "`max_prob_abandon` or `max_occupancy`."
        )
    for name, partner, why in (
        ("service_level", "threshold", "the time within which that share is to be answered"),
        ("threshold", "service_level", "the share to be answered within that time"),
        ("max_prob_abandon", "mean_patience", "how long customers are willing to wait on average"),
    ):
        if name in given and partner not in given:
            raise ValueError(f"`{name}` needs `{partner}`, {why}; got none. Give both.")


# What no number of agents reaches, and why; nobody can be asked to work no time at all either.
_OPEN_ENDS = {
    "service_level": (1.0, "Chance makes somebody wait, however many agents there are: ask for 0.99, say."),
    "max_mean_wait": (0.0, "Chance makes somebody wait, however many agents there are: ask for a short wait."),
    "max_prob_abandon": (
        0.0,
        "Chance makes somebody leave, however many agents there are: ask for 0.01, say.",
    ),
    "max_occupancy": (0.0, "Agents who serve anybody are busy at times: ask for 0.85, say."),
    "shrinkage": (1.0, "Somebody has to be there: give the share of paid time that is lost."),
}
_SHARES = ("service_level", "max_prob_abandon", "max_occupancy", "shrinkage")
_FROM_ZERO = ("arrival_rate", "threshold", "max_mean_wait")


def _checked(name: str, value: Any) -> float | NDArray[np.float64]:
    """Return a number as a float and anything else as an array, if it is in its range."""
    if (type(value) is float or type(value) is int) and 0 < value < (1 if name in _SHARES else math.inf):
        return float(value)  # well within the range of every argument
    numbers = proportion(name, value) if name in _SHARES else amount(name, value, zero=name in _FROM_ZERO)
    if name in _OPEN_ENDS:
        end, hint = _OPEN_ENDS[name]
        if (numbers == end).any():
            raise ValueError(f"`{name}` must be {'below 1' if end else 'above 0'}, got {value!r}. {hint}")
    return numbers if numbers.ndim else float(numbers)


# --- Shifts ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shift:
    """A shift by the intervals it spans.

    Attributes
    ----------
    start : int
        The interval in which it begins, counted from 0.
    length : int
        How many intervals it lasts, breaks included, above 0.
    breaks : tuple of int
        The intervals without work, counted from the start of the shift: ``(8,)`` is a break in its ninth interval.

    Examples
    --------
    >>> Shift(start=1, length=4, breaks=(2,)).covers(6)
    (0, 1, 1, 0, 1, 0)
    """

    start: int
    length: int
    breaks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.start < 0 or self.length < 1:
            raise ValueError(f"a shift must start at 0 or later and last 1 interval or longer, got {self!r}.")
        outside = [place for place in self.breaks if not 0 <= place < self.length]
        if outside:
            raise ValueError(
                f"`breaks` must lie between 0 and {self.length - 1}, within the shift, got {outside[0]}. "
                "Count them from the start of the shift."
            )

    def covers(self, intervals: int, *, cyclic: bool = False) -> tuple[int, ...]:
        """Return 1 for each interval with work and 0 for each without.

        Parameters
        ----------
        intervals : int
            How many intervals the plan has.
        cyclic : bool
            Whether the plan repeats, so that a shift beyond the last interval goes on in the first.
        """
        if self.length > intervals or (not cyclic and self.start + self.length > intervals):
            raise ValueError(
                f"a shift must end within the plan of {intervals} intervals, got {self!r}. "
                "Shorten it, or plan with `cyclic=True` if the last interval is followed by the first."
            )
        duty = [0] * intervals
        for place in set(range(self.length)) - set(self.breaks):
            duty[(self.start + place) % intervals] = 1
        return tuple(duty)


@dataclass(frozen=True)
class ShiftPlan:
    """Who works when, as `cover_shifts` returns it.

    Attributes
    ----------
    people : mapping of str to int
        Shift → number of people on it, in the order in which the shifts were given.
    on_duty, required, over_cover : tuple of int
        For each interval, the people on duty, the people required, and the former less the latter.
    cost : float
        Cost of all people together.
    bound : float
        No plan costs less than this; equal to `cost` unless a `gap` was allowed.

    Examples
    --------
    >>> plan = cover_shifts([1, 2, 1], {"early": Shift(start=0, length=2), "late": Shift(start=1, length=2)})
    >>> dict(plan.people), plan.on_duty, plan.cost
    ({'early': 1, 'late': 1}, (1, 2, 1), 2.0)
    """

    people: Mapping[str, int]
    on_duty: tuple[int, ...]
    required: tuple[int, ...]
    over_cover: tuple[int, ...]
    cost: float
    bound: float


def cover_shifts(
    required: ArrayLike | Mapping[str, float],
    shifts: Mapping[str, Shift | Iterable[int]],
    *,
    cost: float | Mapping[str, float] = 1.0,
    cyclic: bool = False,
    gap: float = 0.0,
) -> ShiftPlan:
    """Return the cheapest set of shifts that puts the required people on duty in every interval.

    Minimises ``Σ cost · people`` over whole numbers of people, such that the people whose shift covers an interval are
    at least as many as it requires (Dantzig 1954).

    Parameters
    ----------
    required : array_like or mapping of str to int
        People required in each interval, whole numbers of at least 0, for example from `required_agents`. A mapping
        from the names of the intervals lets messages use these names.
    shifts : mapping of str to Shift or sequence of int
        Name of the shift → the intervals it covers: a `Shift`, or 0 or 1 for each interval.
    cost : float or mapping of str to float
        Cost of one person on a shift, at least 0: one figure for all, or one for each. The default counts people.
    cyclic : bool
        Whether the plan repeats, so that a `Shift` beyond the last interval goes on in the first.
    gap : float
        How far the cost may be above the bound, as a share of the cost in [0, 1]. By default the plan is the cheapest;
        to prove that can take minutes where hundreds of shifts are much alike, while 0.01 takes seconds.

    Returns
    -------
    ShiftPlan
        The people on each shift and on duty in each interval, and what they cost. Among cheapest plans it is one with
        the fewest people; which of these is up to the solver, and the same at each call.

    Raises
    ------
    TypeError, ValueError
        If numbers are not whole or negative, if coverage does not fit the intervals, or if intervals that require
        people are covered by no shift: the message names all of them.

    Notes
    -----
    Solved by branch and bound with HiGHS, through `scipy.optimize.milp`, to the optimum; costs are told apart when they
    differ by more than a millionth of the dearest shift.

    References
    ----------
    Dantzig (1954). See the module.

    Examples
    --------
    >>> plan = cover_shifts(
    ...     [2, 3, 5, 4, 2],
    ...     {"early": Shift(0, 3), "middle": Shift(1, 3), "late": Shift(2, 3)},
    ...     cost={"early": 1, "middle": 1, "late": 1.2},
    ... )
    >>> dict(plan.people), plan.on_duty, plan.over_cover, round(plan.cost, 1)
    ({'early': 2, 'middle': 2, 'late': 2}, (2, 4, 6, 4, 2), (0, 1, 1, 0, 0), 6.4)
    """
    names, needed = _required(required)
    covered = _coverage(shifts, len(needed), cyclic=cyclic)
    prices = _prices(cost, shifts)
    bare = [name for name, need, covers in zip(names, needed, covered.max(axis=1), strict=True) if need and not covers]
    if bare:
        raise ValueError(
            f"every interval that requires people must be covered by a shift, got none for {', '.join(bare)}. "
            "Add a shift that covers them, or require nobody there."
        )
    people, bound = _cheapest(needed, covered, prices, float(proportion("gap", gap)))
    total = math.fsum(prices * people)
    on_duty = covered @ people
    return ShiftPlan(
        people=dict(zip(shifts, people.tolist(), strict=True)),
        on_duty=tuple(on_duty.tolist()),
        required=tuple(needed.tolist()),
        over_cover=tuple((on_duty - needed).tolist()),
        cost=total,
        bound=min(bound, total),
    )


def _required(required: ArrayLike | Mapping[str, float]) -> tuple[list[str], NDArray[np.int64]]:
    if isinstance(required, Mapping):
        names, values = [str(name) for name in required], list(required.values())
    else:
        values = required  # type: ignore[assignment]
        names = []
    numbers = amount("required", values, zero=True)
    if numbers.ndim != 1 or not numbers.size:
        raise ValueError(f"`required` must be one row of at least one interval, got the shape {numbers.shape}.")
    if (numbers != np.floor(numbers)).any():
        raise ValueError(f"`required` must be whole people, got {numbers.tolist()}. Round up first.")
    return names or [f"interval {number}" for number in range(numbers.size)], numbers.astype(np.int64)


def _coverage(shifts: Mapping[str, Shift | Iterable[int]], intervals: int, *, cyclic: bool) -> NDArray[np.int64]:
    """Return a matrix of 0 and 1: a row an interval, a column a shift."""
    if not shifts:
        raise ValueError("`shifts` must name at least one shift, got none.")
    columns = []
    for name, shift in shifts.items():
        duty = shift.covers(intervals, cyclic=cyclic) if isinstance(shift, Shift) else tuple(shift)
        if len(duty) != intervals or not set(duty) <= {0, 1}:
            raise ValueError(
                f"a shift must be a `Shift` or 0 or 1 for each of the {intervals} intervals, got {duty} for {name!r}."
            )
        columns.append([int(work) for work in duty])
    return np.array(columns, dtype=np.int64).T


def _prices(cost: float | Mapping[str, float], shifts: Mapping[str, object]) -> NDArray[np.float64]:
    if not isinstance(cost, Mapping):
        price = amount("cost", cost, zero=True)
        if price.ndim:
            raise TypeError(f"`cost` must be one number or a mapping of shift to cost, got {cost!r}. Name the shifts.")
        return np.full(len(shifts), float(price))
    if set(cost) != set(shifts):
        odd = sorted(set(cost) ^ set(shifts))
        raise ValueError(f"`cost` must name the same shifts as `shifts`, got a difference in {', '.join(odd)}.")
    return amount("cost", [cost[name] for name in shifts], zero=True)


def _cheapest(
    needed: NDArray[np.int64], covered: NDArray[np.int64], prices: NDArray[np.float64], gap: float
) -> tuple[NDArray[np.int64], float]:
    """Return the people of the cheapest plan, as few as that cost allows, and the bound on the cost."""
    from scipy.optimize import Bounds, LinearConstraint, milp  # noqa: PLC0415 - a library that only this call needs

    # Nobody is worth having beyond the largest need that a shift can meet.
    most: NDArray[np.int64] = (covered * needed[:, None]).max(axis=0)

    def solve(goal: NDArray[np.float64], *limits: LinearConstraint) -> Any:
        return milp(
            goal,
            integrality=np.ones(len(goal)),
            bounds=Bounds(0, most),
            constraints=[LinearConstraint(covered, lb=needed), *limits],
            options={"mip_rel_gap": gap},
        )

    scale = float(prices.max()) or 1.0
    solved = solve(prices / scale)
    people = np.round(solved.x).astype(np.int64)
    bound = scale * float(solved.mip_dual_bound)
    if not gap:
        bound = math.fsum(prices * people)
        if prices.min() < prices.max() or not prices.any():
            total = bound / scale
            fewer = solve(np.ones(len(prices)), LinearConstraint(prices / scale, ub=total + 1e-9 * max(1.0, total)))
            if fewer.x is not None and (covered @ np.round(fewer.x) >= needed).all():
                people = np.round(fewer.x).astype(np.int64)
    return people, bound
