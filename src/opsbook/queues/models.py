"""The queueing models: Erlang B, C and A, M/G/1 and G/G/c.

References
----------
Allen, A. O. (1990). Probability, statistics, and queueing theory with computer science applications (2nd ed.).
Academic Press.

Erlang, A. K. (1917). Solution of some problems in the theory of probabilities of significance in automatic telephone
exchanges. Elektroteknikeren, 13, 5–13.

Kingman, J. F. C. (1961). The single server queue in heavy traffic. Mathematical Proceedings of the Cambridge
Philosophical Society, 57(4), 902–904.

Mandelbaum, A., & Zeltyn, S. (2007). Service engineering in action: The Palm/Erlang-A queue, with applications to call
centers. In D. Spath & K.-P. Fähnrich (Eds.), Advances in services innovations (pp. 17–45). Springer.

Whitt, W. (1993). Approximations for the GI/G/m queue. Production and Operations Management, 2(2), 114–161.
"""

import math
from typing import Any, Literal, NoReturn, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.errors import UnstableQueueError
from opsbook.queues.arguments import MOST_LOAD, amount, bounded, broadcast, whole
from opsbook.queues.erlang import Patience, idle_weight, idle_weight_of_one
from opsbook.queues.metrics import Delay, Impatient, QueueMetrics
from opsbook.validation import one_of

__all__ = ["erlang_a", "erlang_b", "erlang_c", "ggc", "mg1"]

Floats = NDArray[np.float64]
Unstable = Literal["raise", "saturate"]

_UNSTABLE = ("raise", "saturate")
_EXTREME = 1e50


@overload
def erlang_b(servers: float, offered_load: float) -> float: ...
@overload
def erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> float | Floats: ...
def erlang_b(servers: ArrayLike, offered_load: ArrayLike) -> float | Floats:
    """Blocking probability of a system without a queue, M/G/n/n: who finds all servers busy is lost.

    ``B = (aⁿ/n!) / Σ aᵏ/k!``, k from 0 to n, for `n` servers and offered load `a`.

    Parameters
    ----------
    servers : int or array_like of int
        Number of servers (beds, lines), at least 0.
    offered_load : float or array_like
        Arrival rate × mean service time, in erlangs, from 0 to 1e10.

    Returns
    -------
    float or ndarray
        Lost customers ÷ offered customers, in [0, 1]; 1 without servers.

    Raises
    ------
    TypeError
        If an argument is not a number or an array of numbers.
    ValueError
        If the servers are not whole, a number is missing, negative or too large, or shapes do not broadcast.

    Notes
    -----
    Arrivals are random (Poisson). The formula holds for service times of any distribution; only their mean matters.

    References
    ----------
    Erlang (1917). See the module `opsbook.queues.models`.

    Examples
    --------
    A ward is offered 8 patients' worth of work; ten beds turn away one in eight, twelve one in twenty:

    >>> round(erlang_b(10, 8), 4)
    0.1217
    >>> erlang_b([10, 12], 8).round(4)
    array([0.1217, 0.0514])
    """
    # A short way for single numbers, which need no arrays.
    n: Any = servers
    a: Any = offered_load
    if type(n) is int and (type(a) is float or type(a) is int) and 0 <= n <= MOST_LOAD and 0 <= a <= MOST_LOAD:
        return 1.0 / (1.0 + idle_weight_of_one(n, a))
    pool, load = broadcast(
        servers=whole("servers", servers), offered_load=amount("offered_load", offered_load, zero=True)
    )
    bounded(load)
    lost = 1.0 / (1.0 + idle_weight(pool.reshape(-1), load.reshape(-1))).reshape(load.shape)
    return lost if lost.ndim else float(lost)


def erlang_c(
    servers: ArrayLike, *, arrival_rate: ArrayLike, mean_service_time: ArrayLike, unstable: Unstable = "raise"
) -> QueueMetrics:
    """Erlang C, M/M/n: random arrivals, exponential service times, and everybody waits for as long as it takes.

    With offered load ``a`` and Erlang's blocking probability ``B``, a customer waits with probability
    ``C = n·B / (n - a·(1 - B))``, and for longer than ``t`` with probability ``C·exp(-(n - a)·t / mean_service_time)``.

    Parameters
    ----------
    servers : int or array_like of int
        Number of servers; they must exceed the offered load.
    arrival_rate : float or array_like
        Customers who arrive per unit of time, at least 0.
    mean_service_time : float or array_like
        Mean service time, above 0.
    unstable : str
        What to do where the load is not below the number of servers: ``"raise"`` an error, or ``"saturate"``, which
        gives the figures that such a queue tends to: all wait, for an infinite time; servers are always busy.

    Returns
    -------
    QueueMetrics
        The figures; arrays if any argument is one (they broadcast).

    Raises
    ------
    UnstableQueueError
        If ``unstable="raise"`` and the load is not below the number of servers anywhere; the message names the
        smallest number that would do.
    TypeError, ValueError
        As `erlang_b`; and if a time is not above 0.

    Notes
    -----
    Customers are served in order of arrival, and nobody abandons. If they do, Erlang C overstates waiting, most of all
    near full load: use `erlang_a`.

    References
    ----------
    Erlang (1917). See the module `opsbook.queues.models`.

    Examples
    --------
    200 calls an hour of 3 minutes each, with 14 agents; how many are answered within 20 seconds?

    >>> centre = erlang_c(14, arrival_rate=200 / 60, mean_service_time=3)
    >>> round(centre.prob_wait, 3), round(centre.mean_wait * 60, 1), round(centre.service_level(20 / 60), 3)
    (0.174, 7.8, 0.888)
    >>> erlang_c([10, 11, 12], arrival_rate=200 / 60, mean_service_time=3, unstable="saturate").mean_wait.round(2)
    array([ inf, 2.05, 0.67])
    """
    # A short way for single numbers, which need no arrays.
    n: Any = servers
    rate: Any = arrival_rate
    time: Any = mean_service_time
    if (
        type(n) is int
        and (type(rate) is float or type(rate) is int)
        and (type(time) is float or type(time) is int)
        and 0 <= rate <= MOST_LOAD
        and 0 < time <= MOST_LOAD
        and unstable in _UNSTABLE
    ):
        load = float(rate * time)
        if load < n <= MOST_LOAD:
            spare = n - load
            idle = idle_weight_of_one(n, load)
            if idle == math.inf:
                return Delay(n, rate, time, load, 0.0, 1.0, time / spare)
            everyone = spare * (1.0 + idle) + load
            return Delay(n, rate, time, load, n / everyone, spare * idle / everyone, time / spare)
    return _delay(servers, arrival_rate, mean_service_time, unstable, 1.0)


def _delay(
    servers: ArrayLike,
    arrival_rate: ArrayLike,
    mean_service_time: ArrayLike,
    unstable: str,
    stretch: Floats | float,
) -> QueueMetrics:
    one_of("unstable", unstable, _UNSTABLE)
    pool, rate, time, factor = broadcast(
        servers=whole("servers", servers),
        arrival_rate=amount("arrival_rate", arrival_rate, zero=True),
        mean_service_time=amount("mean_service_time", mean_service_time),
        scv=np.asarray(stretch, dtype=float),
    )
    load = _load(rate, time)
    full = load >= pool
    if unstable == "raise" and full.any():
        _too_few(pool, load, full)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        idle = idle_weight(pool.reshape(-1), load.reshape(-1)).reshape(load.shape)
        spare = pool - load
        endless = np.isinf(idle)
        whole_weight = spare * (1.0 + idle) + load
        wait = np.where(full, 1.0, np.where(endless, 0.0, pool / whole_weight))
        no_wait = np.where(full, 0.0, np.where(endless, 1.0, spare * idle / whole_weight))
        delay = np.where(full, math.inf, time / spare * factor)
    return _record(Delay, pool, rate, time, load, wait, no_wait, delay)


def erlang_a(
    servers: ArrayLike, *, arrival_rate: ArrayLike, mean_service_time: ArrayLike, mean_patience: ArrayLike
) -> QueueMetrics:
    """Erlang A, M/M/n+M: as Erlang C, but each customer leaves the queue when an exponential patience ends.

    Parameters
    ----------
    servers : int or array_like of int
        Number of servers, at least 0; no number is too small, since impatience keeps the queue finite.
    arrival_rate : float or array_like
        Customers who arrive per unit of time, at least 0.
    mean_service_time : float or array_like
        Mean service time, above 0.
    mean_patience : float or array_like
        Mean time that customers are willing to wait, above 0; between 1e-50 and 1e50 mean service times. It is
        longer than the mean wait of those who abandon, since most are answered before their patience ends: estimate
        it by total waiting time ÷ number of abandonments.

    Returns
    -------
    QueueMetrics
        The figures; arrays if any argument is one (they broadcast).

    Raises
    ------
    TypeError, ValueError
        As `erlang_c`; and if the patience is out of range.

    Notes
    -----
    The wait that a customer *would* have (the virtual wait) has, for ``y > 0`` in mean service times, the density
    ``n·π·exp(a/r·(1 - exp(-r·y)) - n·y)``, where ``π`` is the probability of exactly ``n`` customers and ``r`` is mean
    service time ÷ mean patience. All figures and the whole distribution of waits follow from it, and are computed
    without approximation.

    With very long patience the model turns into Erlang C (if that is stable), with very short patience into Erlang B.
    Without any servers nobody is ever answered: everyone waits and abandons, the mean wait of the answered is
    infinite, and servers that are not there count as fully occupied.

    References
    ----------
    Mandelbaum and Zeltyn (2007). See the module `opsbook.queues.models`.

    Examples
    --------
    Mandelbaum and Zeltyn's call centre: 50 agents, 48 calls a minute of 1 minute each, mean patience 2 minutes.

    >>> centre = erlang_a(50, arrival_rate=48, mean_service_time=1, mean_patience=2)
    >>> round(centre.prob_abandon, 3), round(centre.mean_wait * 60, 1)
    (0.031, 3.7)
    """
    given = broadcast(
        servers=whole("servers", servers),
        arrival_rate=amount("arrival_rate", arrival_rate, zero=True),
        mean_service_time=amount("mean_service_time", mean_service_time),
        mean_patience=amount("mean_patience", mean_patience),
    )
    shape = given[0].shape
    pool, rate, time, patience = (figure.reshape(-1) for figure in given)
    load = _load(rate, time)
    ratio = time / patience
    if not ((ratio <= _EXTREME) & (ratio >= 1 / _EXTREME)).all():
        raise ValueError(
            f"`mean_patience` must lie between 1e-50 and 1e50 times `mean_service_time`, got {mean_patience!r}. "
            "Use `erlang_b` for customers without patience, `erlang_c` for those who never leave."
        )
    idle = idle_weight(pool, load)
    loss = 1.0 / (1.0 + idle)
    spare = np.divide(idle, 1.0 + idle, out=np.ones_like(idle), where=np.isfinite(idle))
    law = Patience(pool, load, time, patience)
    start = law.at_start()
    queue, wait, wait_answered = law.moments()
    total = start + loss * load * queue
    served = pool * loss * queue + spare * start
    with np.errstate(divide="ignore", invalid="ignore"):
        mean_wait_answered = np.where(served > 0, time * (pool * loss * wait_answered) / served, math.inf)
    figures = (
        loss,
        spare,
        total,
        np.minimum(served / total, 1.0),
        np.minimum(loss * (start + load * queue) / total, 1.0),
        time * loss * wait / total,
        mean_wait_answered,
    )
    return _record(Impatient, *(figure.reshape(shape) for figure in (pool, rate, time, patience, load, *figures)))


def mg1(
    *, arrival_rate: ArrayLike, mean_service_time: ArrayLike, service_scv: ArrayLike, unstable: Unstable = "raise"
) -> QueueMetrics:
    """M/G/1: one server, random arrivals, service times of any distribution (Pollaczek and Khinchine).

    ``mean_wait = ρ/(1 - ρ) · (1 + service_scv)/2 · mean_service_time``, with ``ρ`` the offered load.

    Parameters
    ----------
    arrival_rate, mean_service_time : float or array_like
        As for `erlang_c`; their product must be below 1.
    service_scv : float or array_like
        Squared coefficient of variation of the service times, variance ÷ mean², at least 0: 0 if all take the same
        time, 1 if they are exponential.
    unstable : str
        As for `erlang_c`.

    Returns
    -------
    QueueMetrics
        The figures; arrays if any argument is one (they broadcast).

    Raises
    ------
    UnstableQueueError, TypeError, ValueError
        As `erlang_c`.

    Notes
    -----
    All means, and the probability of waiting, are exact. `service_level` and `wait_quantile` are not, unless
    ``service_scv`` is 1: the distribution of waits depends on more than the variance of service times. They treat the
    wait of those who wait as exponential. The service level is then off by up to 0.06 for constant service times (at
    thresholds below one service time), and by up to 0.07 for hyperexponential ones with ``service_scv`` up to 4.

    References
    ----------
    Allen (1990). See the module `opsbook.queues.models`.

    Examples
    --------
    Half of the waiting at a cash desk is due to the variability of service:

    >>> [mg1(arrival_rate=0.8, mean_service_time=1, service_scv=scv).mean_wait for scv in (0, 1)]
    [2.0..., 4.0...]
    """
    return _delay(1, arrival_rate, mean_service_time, unstable, (1 + amount("service_scv", service_scv, zero=True)) / 2)


def ggc(
    servers: ArrayLike,
    *,
    arrival_rate: ArrayLike,
    mean_service_time: ArrayLike,
    arrival_scv: ArrayLike,
    service_scv: ArrayLike,
    unstable: Unstable = "raise",
) -> QueueMetrics:
    """G/G/c: several servers, arrivals and service times of any variability (the formula of Allen and Cunneen).

    ``mean_wait ≈ (arrival_scv + service_scv)/2 · mean wait in Erlang C``.

    Parameters
    ----------
    servers, arrival_rate, mean_service_time : float or array_like
        As for `erlang_c`.
    arrival_scv : float or array_like
        Squared coefficient of variation of the times between arrivals, variance ÷ mean², at least 0: 0 for a strict
        timetable, 1 for random (Poisson) arrivals.
    service_scv : float or array_like
        The same of the service times.
    unstable : str
        As for `erlang_c`.

    Returns
    -------
    QueueMetrics
        The figures; arrays if any argument is one (they broadcast).

    Raises
    ------
    UnstableQueueError, TypeError, ValueError
        As `erlang_c`.

    Notes
    -----
    **An approximation**, exact for M/M/c (both figures 1) and, with one server, for M/G/1 (``arrival_scv`` 1). Its
    relative error vanishes as the load approaches the number of servers, and grows as the load falls. Against exact
    results, with exponential service at one server, it overstates the mean wait

    - for arrivals by a strict timetable by 4 % at occupancy 0.95, 8 % at 0.9, 18 % at 0.8, 56 % at 0.6, and at 0.3 it
      gives five times the true wait;
    - for hyperexponential arrivals (balanced means) of ``arrival_scv`` 4 by 2 % at 0.8 and 16 % at 0.5.

    With random arrivals, constant service times and ten servers it understates the wait, by 3 % at occupancy 0.9, 12 %
    at 0.7 and 24 % at 0.5. Simulate before you decide on low loads.

    The probability of waiting is that of Erlang C, and the wait of those who wait counts as exponential: take
    `service_level` and `wait_quantile` as rough.

    References
    ----------
    Kingman (1961); Allen (1990); Whitt (1993). See the module `opsbook.queues.models`.

    Examples
    --------
    A clinic with two doctors gives appointments: patients come more regularly than at random, and wait less.

    >>> hours = {"arrival_rate": 7, "mean_service_time": 1 / 4, "service_scv": 0.5}
    >>> [round(ggc(2, arrival_scv=scv, **hours).mean_wait * 60, 1) for scv in (1, 0.2)]
    [36.8, 17.1]
    """
    arrival, service = broadcast(
        arrival_scv=amount("arrival_scv", arrival_scv, zero=True),
        service_scv=amount("service_scv", service_scv, zero=True),
    )
    return _delay(servers, arrival_rate, mean_service_time, unstable, (arrival + service) / 2)


def _record(kind: type[Delay] | type[Impatient], *figures: Floats) -> QueueMetrics:
    return kind(*(figure if figure.ndim else float(figure) for figure in figures))


def _load(rate: Floats, time: Floats) -> Floats:
    with np.errstate(over="ignore"):
        load = rate * time
    bounded(load)
    return load


def _too_few(pool: Floats, load: Floats, full: NDArray[np.bool_]) -> NoReturn:
    place = tuple(int(index) for index in np.argwhere(full)[0])
    where = f" at position {place[0] if len(place) == 1 else place}" if place else ""
    need = math.floor(load[place]) + 1
    raise UnstableQueueError(
        f"`servers` must exceed the offered load ({float(load[place]):.10g} erlangs), got {int(pool[place])}{where}. "
        f"Use {need} or more, the smallest stable number, or model abandonment with `erlang_a`."
    )
