"""Rules about queues: Little's law, pooling, and staffing by the square root.

References
----------
Halfin, S., & Whitt, W. (1981). Heavy-traffic limits for queues with many exponential servers. Operations Research,
29(3), 567–588.

Little, J. D. C. (1961). A proof for the queuing formula: L = λW. Operations Research, 9(3), 383–387.

Smith, D. R., & Whitt, W. (1981). Resource sharing for efficiency in traffic systems. Bell System Technical Journal,
60(1), 39–55.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from opsbook.queues.arguments import amount, bounded, broadcast, proportion, whole
from opsbook.queues.metrics import QueueMetrics
from opsbook.queues.models import erlang_c, ggc

__all__ = ["Pooling", "halfin_whitt", "littles_law", "pooled", "square_root_staffing"]

Floats = NDArray[np.float64]

_RAREST = 1e-300


@dataclass(frozen=True, slots=True, eq=False)
class Pooling:
    """Streams of customers with queues and servers of their own, and the same with one queue for all servers.

    Attributes
    ----------
    separate : QueueMetrics
        Arrays with one entry a stream.
    together : QueueMetrics
        The pooled queue.
    mean_wait_separate, mean_wait_together : float
        Mean wait of all customers before and after.
    service_scv : float
        Squared coefficient of variation of all service times together, at least 1.

    Examples
    --------
    >>> both = pooled([1, 1], arrival_rate=[0.8, 0.8], mean_service_time=[1, 1])
    >>> round(both.mean_wait_separate, 6), round(both.mean_wait_together, 6)
    (4.0, 1.777778)
    """

    separate: QueueMetrics
    together: QueueMetrics
    mean_wait_separate: float
    mean_wait_together: float
    service_scv: float


def pooled(servers: Sequence[int], *, arrival_rate: Sequence[float], mean_service_time: Sequence[float]) -> Pooling:
    """Compare queues of their own with one queue for all, whose servers can serve everybody.

    Parameters
    ----------
    servers : sequence of int
        Servers of each stream.
    arrival_rate, mean_service_time : sequence of float
        Rate and mean service time of each stream, above 0; service times are exponential within a stream.

    Returns
    -------
    Pooling
        Both sides.

    Raises
    ------
    UnstableQueueError
        If a stream on its own gets more work than its servers can do.
    TypeError, ValueError
        As `erlang_c`.

    Notes
    -----
    Each stream is an Erlang C queue before. After, if all mean service times are the same, there is one larger Erlang C
    queue, and nobody waits longer on average. If they differ, a customer's service time is a mixture of exponentials
    (hyperexponential), whose squared coefficient of variation ``2·Σ p·s² / (Σ p·s)² - 1`` is above 1; the wait then
    comes from `ggc`, which is exact for one server and an approximation for more. Short jobs now wait behind long ones,
    so that pooling can lengthen the mean wait.

    References
    ----------
    Smith and Whitt (1981). See the module `opsbook.queues.rules`.

    Examples
    --------
    Two equal desks gain by a common queue; a desk for short and one for long questions lose by it:

    >>> alike = pooled([1, 1], arrival_rate=[0.8, 0.8], mean_service_time=[1, 1])
    >>> round(alike.mean_wait_separate, 2), round(alike.mean_wait_together, 2)
    (4.0, 1.78)
    >>> unlike = pooled([1, 1], arrival_rate=[0.8, 0.08], mean_service_time=[1, 10])
    >>> round(unlike.mean_wait_separate, 2), round(unlike.mean_wait_together, 2), round(unlike.service_scv, 2)
    (7.27, 9.78, 5.05)
    """
    pools, rates, times = broadcast(
        servers=np.atleast_1d(whole("servers", servers)),
        arrival_rate=amount("arrival_rate", arrival_rate),
        mean_service_time=amount("mean_service_time", mean_service_time),
    )
    separate = erlang_c(pools, arrival_rate=rates, mean_service_time=times)
    rate = math.fsum(rates)
    shares = rates / rate
    time = math.fsum(shares * times)
    scv = max(2 * math.fsum(shares * (times / time) ** 2) - 1, 1.0) if np.ptp(times) else 1.0
    together = ggc(int(pools.sum()), arrival_rate=rate, mean_service_time=time, arrival_scv=1, service_scv=scv)
    return Pooling(separate, together, math.fsum(shares * separate.mean_wait), float(together.mean_wait), scv)


def halfin_whitt(beta: ArrayLike) -> float | Floats:
    """Probability of waiting in a large Erlang C system with ``load + beta·√load`` servers.

    ``1 / (1 + β·Φ(β)/φ(β))``, with the distribution function Φ and the density φ of the standard normal distribution:
    the limit for growing load.

    Parameters
    ----------
    beta : float or array_like
        Servers beyond the load in units of its square root, at least 0.

    Returns
    -------
    float or ndarray
        The limit of the probability of waiting, in [0, 1]; 1 for ``beta=0``.

    Raises
    ------
    TypeError, ValueError
        If `beta` is not a number, or negative (the queue would have no long run).

    References
    ----------
    Halfin and Whitt (1981), Proposition 1. See the module `opsbook.queues.rules`.

    Examples
    --------
    >>> from opsbook.queues import erlang_c
    >>> [round(erlang_c(load + margin, arrival_rate=load, mean_service_time=1).prob_wait, 3)
    ...  for load, margin in ((100, 10), (10_000, 100))]
    [0.237, 0.225]
    >>> round(halfin_whitt(1), 3)
    0.223
    """
    slack = amount("beta", beta, zero=True)
    reached = np.array([_limit(one) for one in slack.ravel().tolist()]).reshape(slack.shape)
    return reached if reached.ndim else float(reached)


def _limit(beta: float) -> float:
    density = math.exp(-beta * beta / 2)
    return density / (density + beta * math.sqrt(math.pi / 2) * math.erfc(-beta / math.sqrt(2)))


def square_root_staffing(offered_load: ArrayLike, *, prob_wait: ArrayLike) -> int | NDArray[np.int64]:
    """Servers by the square-root rule: the load plus a margin in proportion to its square root, rounded up.

    Parameters
    ----------
    offered_load : float or array_like
        Arrival rate × mean service time, in erlangs, from 0 to 1e10.
    prob_wait : float or array_like
        The share of customers who may have to wait, above 0 and below 1.

    Returns
    -------
    int or ndarray of int
        ``load + β·√load`` rounded up, where ``β`` is such that ``halfin_whitt(β)`` is `prob_wait`.

    Raises
    ------
    TypeError, ValueError
        If an argument is out of range.

    Notes
    -----
    The rule comes from the limit for large loads; at small loads the result can be a server off.
    `opsbook.staffing.required_agents` finds the exact number.

    References
    ----------
    Halfin and Whitt (1981). See the module `opsbook.queues.rules`.

    Examples
    --------
    Four times the load needs only twice the margin:

    >>> [square_root_staffing(load, prob_wait=0.2) for load in (100, 400, 1600)]
    [111, 422, 1643]
    """
    load, target = broadcast(
        offered_load=amount("offered_load", offered_load, zero=True), prob_wait=proportion("prob_wait", prob_wait)
    )
    bounded(load)
    if not ((target > _RAREST) & (target < 1)).all():
        raise ValueError(f"`prob_wait` must lie above {_RAREST:g} and below 1, got {prob_wait!r}. Try 0.2.")
    slack = np.array([_slack(one) for one in target.ravel().tolist()]).reshape(load.shape)
    servers = np.ceil(load + slack * np.sqrt(load)).astype(np.int64)
    return servers if servers.ndim else int(servers)


def _slack(prob_wait: float) -> float:
    low, high = 0.0, 40.0
    while True:
        middle = (low + high) / 2
        if not low < middle < high:
            return high
        low, high = (middle, high) if _limit(middle) > prob_wait else (low, middle)


def littles_law(
    *,
    number_in_system: ArrayLike | None = None,
    throughput: ArrayLike | None = None,
    flow_time: ArrayLike | None = None,
) -> float | Floats:
    """Solve Little's law, number in the system = throughput × flow time, for the figure that is not given.

    Parameters
    ----------
    number_in_system : float or array_like
        Mean number of customers in the system (or of jobs in the process), at least 0.
    throughput : float or array_like
        Customers who come and go per unit of time.
    flow_time : float or array_like
        Mean time that a customer spends in the system.

    Returns
    -------
    float or ndarray
        The missing figure.

    Raises
    ------
    TypeError
        If not exactly two figures are given, or one is not a number.
    ValueError
        If a figure is negative, or one to divide by is 0.

    Notes
    -----
    The law holds for any queue, any order of service and any part of a process, over a time that is long compared with
    the flow time, as long as all three figures are about the same customers and the number does not drift.

    References
    ----------
    Little (1961). See the module `opsbook.queues.rules`.

    Examples
    --------
    Twelve guests an hour stay for three quarters of an hour:

    >>> littles_law(throughput=12, flow_time=0.75)
    9.0
    >>> littles_law(number_in_system=9, throughput=[12, 18])
    array([0.75, 0.5 ])
    """
    given = {"number_in_system": number_in_system, "throughput": throughput, "flow_time": flow_time}
    missing = [name for name, value in given.items() if value is None]
    if len(missing) != 1:
        raise TypeError(
            f"`littles_law` takes two of {', '.join(given)}, got {3 - len(missing)}. Leave out the one you seek."
        )
    known = {
        name: amount(name, value, zero=name == "number_in_system" or "number_in_system" in missing)
        for name, value in given.items()
        if value is not None
    }
    first, second = broadcast(**known)
    with np.errstate(over="ignore"):
        solved = first * second if "number_in_system" in missing else first / second
    return solved if solved.ndim else float(solved)
