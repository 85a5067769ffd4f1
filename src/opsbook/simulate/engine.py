"""The recursions behind the simulator: from gaps, service times and patience to the wait of every customer.

All of them serve first come, first served; `in_order_of_class` also knows priorities and a changing number of servers.
Times are kept relative to the start of a block of customers, so that a path of millions of customers keeps the
precision of a short one.
"""

from collections import deque
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush, heapreplace

import numpy as np
from numpy.typing import NDArray

__all__ = ["in_order_of_class", "many_servers", "server_numbers", "side_by_side", "single_server"]

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

_BLOCK = 8192
_MANY = 200  # paths from which whole rows are faster than running sums


def single_server(gaps: Floats, service: Floats) -> Floats:
    """Find the waits before one server without abandonment, by Lindley's ``w' = max(w + service - gap, 0)``.

    `gaps` and `service` have shape (paths, customers); ``gaps[:, 0]`` is the time of the first arrival. The recursion
    is a running sum less its running minimum, so numpy does it without a loop over customers; many paths go side by
    side, customer by customer.
    """
    paths, customers = gaps.shape
    waits = np.empty_like(gaps)
    last = np.zeros(paths)
    beside = paths >= _MANY
    step = max(_BLOCK * 4 // paths, 16) if beside else max(_BLOCK // paths, 16)
    least = np.empty((paths, min(step, customers)))
    for low in range(0, customers, step):
        high = min(low + step, customers)
        block = waits[:, low:high]
        if low:
            np.subtract(service[:, low - 1 : high - 1], gaps[:, low:high], out=block)
        else:
            block[:, 0] = -gaps[:, 0]
            np.subtract(service[:, : high - 1], gaps[:, 1:high], out=block[:, 1:])
        if beside:
            rows = np.ascontiguousarray(block.T)
            for row in rows:
                np.add(row, last, out=row)
                last = np.maximum(row, 0.0, out=row)
            block[:] = rows.T
            continue
        block[:, 0] += last
        np.cumsum(block, axis=1, out=block)
        lowest = least[:, : high - low]
        np.minimum.accumulate(block, axis=1, out=lowest)
        np.minimum(lowest, 0.0, out=lowest)
        block -= lowest
        last = block[:, -1].copy()
    return waits


def many_servers(gaps: Floats, service: Floats, patience: Floats | None, servers: int) -> tuple[Floats, Flags | None]:
    """Find the waits, and who abandoned, on one path: the next customer takes the server who is free first.

    A heap holds the times at which the servers become free. A customer whose patience ends before the first of them
    leaves the heap as it was, which is exact: nobody ahead depends on those behind.
    """
    customers = gaps.size
    waits = np.empty(customers)
    abandoned = None if patience is None else np.empty(customers, dtype=bool)
    # More servers than customers never fill up.
    free = [0.0] * min(servers, customers)
    replace = heapreplace
    for low in range(0, customers, _BLOCK):
        part = slice(low, low + _BLOCK)
        arrivals = np.cumsum(gaps[part])
        now, work = arrivals.tolist(), service[part].tolist()
        if patience is None or abandoned is None:
            # heapreplace hands back what it removes: the time at which the customer's server became free. The longhand
            # for max() takes a third off the whole path.
            ready = np.array(
                [replace(free, (f if (f := free[0]) > a else a) + s) for a, s in zip(now, work, strict=True)]
            )
            np.maximum(ready - arrivals, 0.0, out=waits[part])
        else:
            deadlines = arrivals + patience[part]
            ready = np.array(
                [
                    replace(free, (f if f > a else a) + s) if (f := free[0]) <= d else f  # noqa: FURB136 -- as above
                    for a, s, d in zip(now, work, deadlines.tolist(), strict=True)
                ]
            )
            lost = np.greater(ready, deadlines, out=abandoned[part])
            np.maximum(ready - arrivals, 0.0, out=waits[part])
            np.copyto(waits[part], patience[part], where=lost)
        base = now[-1]
        free = [f - base for f in free]  # the same shift for all keeps the heap a heap
    return waits, abandoned


def side_by_side(gaps: Floats, service: Floats, patience: Floats | None, servers: int) -> tuple[Floats, Flags | None]:
    """Find the waits, and who abandoned, on many paths at once, in arrays of shape (paths, customers).

    Kiefer and Wolfowitz's recursion: each path keeps the times at which its servers become free in ascending order, and
    a new time is put in its place by one maximum and one minimum over whole rows.
    """
    paths, customers = gaps.shape
    waits = np.empty_like(gaps)
    abandoned = None if patience is None else np.empty(gaps.shape, dtype=bool)
    rows = min(servers, customers)
    free = np.zeros((rows + 1, paths))
    free[rows] = np.inf
    first, later = free[:rows], free[1:]
    sorted_in = np.empty((rows, paths))
    end = np.empty(paths)
    step = max(_BLOCK * 16 // paths, 16)
    for low in range(0, customers, step):
        part = slice(low, low + step)
        arrivals = np.ascontiguousarray(np.cumsum(gaps[:, part], axis=1).T)
        work = np.ascontiguousarray(service[:, part].T)
        ready = np.empty_like(arrivals)
        deadlines = None if patience is None else arrivals + patience[:, part].T
        for customer, arrival in enumerate(arrivals):
            ready[customer] = first[0]
            np.maximum(first[0], arrival, out=end)
            np.add(end, work[customer], out=end)
            if deadlines is not None:
                np.copyto(end, first[0], where=first[0] > deadlines[customer])
            np.maximum(first, end, out=sorted_in)
            np.minimum(sorted_in, later, out=first)
        block = np.maximum(ready - arrivals, 0.0)
        waits[:, part] = block.T
        if deadlines is not None and abandoned is not None and patience is not None:
            lost = (ready > deadlines).T
            abandoned[:, part] = lost
            np.copyto(waits[:, part], patience[:, part], where=lost)
        free[:rows] -= arrivals[-1]
    return waits, abandoned


def in_order_of_class(  # noqa: C901 -- one loop over events, whose parts share their state
    arrivals: Floats,
    service: Floats,
    patience: Floats | None,
    classes: NDArray[np.intp] | None,
    capacity: Sequence[tuple[float, int]],
) -> tuple[Floats, Flags]:
    """Find the waits, and who abandoned, on one path with priorities and a changing number of servers.

    `capacity` lists from when on there are how many servers, in order of time. Whoever is being served is served to
    the end. When several things fall together, a service ends before a customer arrives, the number of servers changes
    in between, and a server who frees up at the very end of someone's patience still takes them.
    """
    customers = arrivals.size
    limits = patience if patience is not None else np.full(customers, np.inf)
    waits, abandoned = limits.copy(), np.ones(customers, dtype=bool)
    kinds = np.zeros(customers, dtype=np.intp) if classes is None else classes
    queues: list[deque[int]] = [deque() for _ in range(int(kinds.max(initial=0)) + 1)]
    deadlines = (arrivals + limits).tolist()
    busy: list[float] = []
    changes = deque(capacity)
    servers = 0

    def start(customer: int, now: float) -> None:
        heappush(busy, now + service[customer])
        waits[customer] = now - arrivals[customer]
        abandoned[customer] = False

    def serve(now: float) -> None:
        for queue in queues:
            while queue and len(busy) < servers:
                customer = queue.popleft()
                if now <= deadlines[customer]:
                    start(customer, now)

    def advance(until: float) -> None:
        nonlocal servers
        while (busy and busy[0] <= until) or (changes and changes[0][0] <= until):
            if busy and not (changes and changes[0][0] < busy[0]):
                now = heappop(busy)
            else:
                now, servers = changes.popleft()
            serve(now)

    for customer, now in enumerate(arrivals.tolist()):
        advance(now)
        if len(busy) < servers:
            start(customer, now)  # with a server idle, nobody can be queueing
        else:
            queues[kinds[customer]].append(customer)
    advance(np.inf)
    return waits, abandoned


def server_numbers(starts: Iterable[float], ends: Iterable[float], servers: int) -> list[int]:
    """Give each customer, in order of start, the lowest-numbered idle server, counted from 0.

    Where rounding lets a service seem to start before another has ended, the server who is ready next takes it.
    """
    busy: list[tuple[float, int]] = []
    idle: list[int] = []
    opened = 0
    numbers = []
    for start, end in zip(starts, ends, strict=True):
        while busy and busy[0][0] <= start:
            heappush(idle, heappop(busy)[1])
        if idle:
            number = heappop(idle)
        elif opened == servers:
            number = heappop(busy)[1]
        else:
            number, opened = opened, opened + 1
        numbers.append(number)
        heappush(busy, (end, number))
    return numbers
