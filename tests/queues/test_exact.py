"""Every digit: Erlang B, C and A against sums over states with hundreds of digits."""

import math
from functools import cache

import numpy as np
import pytest
from mpmath import exp as mp_exp
from mpmath import mp, mpf

from opsbook import queues
from opsbook.queues.erlang import idle_weight, idle_weight_of_one

WITHIN = 1e-12
SMALLEST = mpf("1e-290")
DIGITS = 50
# The shares of customers that are as small as 1e-290 come from differences of numbers near 1.
MANY_DIGITS = 360

LOADS = (1e-3, 0.04, 1.0, 7.3, 50.0, 999.5, 30_000.25, 1e6)
# Standard deviations of the number present between the load and the servers.
OFFSETS = (-20, -3, -0.5, 0, 0.1, 2, 6, 25)
LARGE = 1e5


def pools(load):
    """Return numbers of servers from none to too many, dense around the load."""
    near = {max(0, round(load + offset * math.sqrt(load))) for offset in (OFFSETS if load < LARGE else OFFSETS[1::3])}
    return sorted(near | {0, 1, 2, math.ceil(load), math.floor(load) + 1, 3 * math.ceil(load)})


CELLS = [(servers, load) for load in LOADS for servers in pools(load)]


def idle_reference(servers, load):
    """Return n/a + n(n-1)/a² + …, from left to right."""
    return _idle_reference(servers, float(load), mp.dps)


@cache
def _idle_reference(servers, load, digits):
    total = term = mpf(1)
    load, busy = mpf(load), servers
    while busy and (busy > load or term > total * mpf(10) ** -(digits + 2)):
        term = term * busy / load
        total += term
        busy -= 1
        if total > mpf(10) ** 400:
            return mp.inf
    return total - 1


def queue_reference(servers, load, ratio):
    """Return U and the sum that gives the mean queue, over the states with a queue."""
    term, weight, length, queue = mpf(1), mpf(0), mpf(0), 0
    while True:
        queue += 1
        factor = load / (servers + queue * ratio)
        term *= factor
        weight += term
        length += queue * term
        if factor < 1 and term < weight * mpf(10) ** -(mp.dps + 2) * (1 - factor):
            return weight, length


def erlang_a_reference(servers, load, time, patience, thresholds=()):
    """Return the figures of Erlang A from sums over states; the waiting times by partial integration."""
    with mp.workdps(MANY_DIGITS):
        load, time, patience = mpf(load), mpf(time), mpf(patience)
        ratio = time / patience
        idle = idle_reference(servers, load)
        weight, length = queue_reference(servers, load, ratio)
        if idle == mp.inf:
            return None
        none = 1 / (1 + idle + weight)
        served = none * (idle + servers * weight / load)
        figures = {
            "prob_wait": none * (1 + weight),
            "prob_abandon": none * length * ratio / load,
            "mean_wait": none * length * time / load,
            "mean_queue_length": none * length,
            "occupancy": load * served / servers if servers else mpf(1),
            "share_answered": served,
        }
        for threshold in thresholds:
            tau = mpf(threshold) / time
            kept = mp_exp(-ratio * tau)
            later = mp_exp(load / ratio * (1 - kept) - servers * tau)
            after = queue_reference(servers, load * kept, ratio)[0]
            good = none * (idle + servers / load * (weight - later * after))
            still = none * later * kept * (1 + after)
            figures["offered", threshold] = good
            figures["answered", threshold] = good / served if servers else mpf(0)
            figures["offered_less_short_abandons", threshold] = good / (good + still)
        return figures


def off(found, true):
    """Return by how much a figure is off: relative, or by more than anything if it is no number at all."""
    if math.isnan(found):
        return math.inf
    if abs(true) < SMALLEST:
        return 0 if abs(found) < 1e-285 else math.inf
    return float(abs(mpf(found) / true - 1))


@pytest.fixture(autouse=True)
def digits():
    with mp.workdps(DIGITS):
        yield


@pytest.mark.parametrize("load", LOADS)
def test_erlang_b(load):
    for servers in pools(load):
        true = 1 / (1 + idle_reference(servers, load))
        assert off(queues.erlang_b(servers, load), true) <= WITHIN, servers
        assert off(queues.erlang_b([servers], load)[0], true) <= WITHIN, servers


@pytest.mark.parametrize("load", LOADS)
def test_erlang_c(load):
    for servers in pools(load):
        if servers <= load:
            continue
        desk = queues.erlang_c(servers, arrival_rate=load, mean_service_time=1)
        idle, spare = idle_reference(servers, load), servers - mpf(load)
        wait = servers / (spare * (1 + idle) + mpf(load))
        true = {
            "prob_wait": wait,
            "mean_wait": wait / spare,
            "mean_queue_length": wait / spare * mpf(load),
            "mean_in_system": wait / spare * mpf(load) + mpf(load),
            "occupancy": mpf(load) / servers,
        }
        for name, figure in true.items():
            assert off(getattr(desk, name), figure) <= WITHIN, (servers, name)
        for threshold in (0, 0.01 / float(spare), 0.3, 50):
            with mp.workdps(MANY_DIGITS):
                level = 1 - wait * mp_exp(-spare * mpf(threshold))
            assert off(desk.service_level(threshold), level) <= WITHIN, (servers, threshold)
        several = queues.erlang_c([servers, servers + 1], arrival_rate=load, mean_service_time=1)
        assert off(several.prob_wait[0], wait) <= WITHIN


def test_erlang_c_next_to_saturation():
    """One more than the load by the last digit: the difference is exact, so no digit is lost."""
    load = math.nextafter(100.0, 0)
    desk = queues.erlang_c(100, arrival_rate=load, mean_service_time=1)
    idle, spare = idle_reference(100, load), 100 - mpf(load)
    wait = 100 / (spare * (1 + idle) + mpf(load))
    assert off(desk.mean_wait, wait / spare) <= WITHIN
    assert off(desk.service_level(0), spare * idle / (spare * (1 + idle) + mpf(load))) <= WITHIN


# (load, servers, patience in service times); the last are long and short patience at small and large loads.
A_CELLS = [
    (load, servers, patience)
    for load, patiences in ((1e-3, (0.01, 1, 300)), (1.0, (0.01, 1, 300)), (7.3, (0.2, 40)), (50.0, (0.5, 2, 60)))
    for servers in pools(load)[::2]
    for patience in patiences
] + [
    (999.5, 900, 0.3),
    (999.5, 1000, 1.0),
    (999.5, 700, 5.0),
    (999.5, 1200, 5.0),
    (999.5, 400, 0.05),
    (30_000.25, 29_500, 0.1),
    (30_000.25, 30_100, 1.0),
    (30_000.25, 31_500, 0.4),
    (1e6, 998_000, 0.002),
    (1e6, 1_003_000, 0.02),
]


@pytest.mark.parametrize(("load", "servers", "patience"), A_CELLS)
def test_erlang_a(load, servers, patience):
    # Where the wait of an overloaded centre settles, and thresholds far before and behind it.
    typical = patience * math.log(max(load / (servers + 1 / patience), 1.0))
    spread = patience / math.sqrt(servers * patience + 1)
    thresholds = sorted({0.0, max(0.0, typical - 12 * spread), typical, typical + 2 * spread, 0.02, patience})
    centre = queues.erlang_a(servers, arrival_rate=load, mean_service_time=1, mean_patience=patience)
    true = erlang_a_reference(servers, load, 1, patience, thresholds)
    if true is None:
        assert centre.prob_wait == 0 == centre.mean_wait
        return
    for name, figure in true.items():
        if isinstance(name, str):
            assert off(getattr(centre, name), figure) <= WITHIN, name
        else:
            of, threshold = name
            assert off(centre.service_level(threshold, of=of), figure) <= WITHIN, name


@pytest.mark.parametrize(("load", "servers", "patience"), [(0.5, 0, 2), (0.5, 1, 3), (7.3, 4, 6), (20, 21, 4)])
def test_the_wait_of_the_answered(load, servers, patience):
    """From ∫ y·f(y) dy, integrated term by term; the terms alternate, so many digits are needed."""
    centre = queues.erlang_a(servers, arrival_rate=load, mean_service_time=1, mean_patience=patience)
    if not servers:
        assert centre.mean_wait_answered == math.inf
        return
    with mp.workdps(MANY_DIGITS):
        beta, alpha, patience, load = mpf(load) * patience, servers * mpf(patience), mpf(patience), mpf(load)
        moment = mp.exp(beta) * mp.nsum(
            lambda k: (-beta) ** k / mp.factorial(k) * (patience / (alpha + 1 + k)) ** 2, [0, 700], method="d"
        )
        idle, (weight, _) = idle_reference(servers, load), queue_reference(servers, load, 1 / patience)
        true = servers * moment / (idle + servers * weight / load)
    assert off(centre.mean_wait_answered, true) <= WITHIN


# Patience so long that sums over states would need millions of terms: load, servers, patience, spreads from the peak.
LONG = [(2e5, 1.7e5, 3e4, -15), (2e5, 1.9e5, 1e6, 1.5), (40.0, 30, 1e7, -9), (1e6, 1e6, 1e8, 0.5), (12.0, 0, 50.0, -8)]


@pytest.mark.parametrize(("load", "servers", "patience", "spreads"), LONG)
def test_long_patience_against_quadrature(load, servers, patience, spreads):
    """The density of the wait itself, naively, with enough digits for its enormous exponents."""
    threshold = max(
        0.0, patience * (math.log(load / (servers + 1 / patience)) + spreads / math.sqrt(servers * patience + 1))
    )
    centre = queues.erlang_a(int(servers), arrival_rate=load, mean_service_time=1, mean_patience=patience)
    with mp.workdps(60):
        a, n, rate, tau = mpf(load), mpf(servers), 1 / mpf(patience), mpf(threshold)
        peak = max(mpf(0), mp.log(a / (n + rate)) / rate)
        top = a / rate * (1 - mp_exp(-rate * peak)) - (n + rate) * peak
        width = 1 / mp.sqrt((n + rate) * rate)

        def density(y):
            return mp_exp(a / rate * (1 - mp_exp(-rate * y)) - (n + rate) * y - top)

        def mass(low, high):
            marks = [peak + width * step / 2 for step in range(-80, 81)]
            return mp.quad(density, [low, *(mark for mark in marks if low < mark < high), high], maxdegree=4)

        end = peak + 40 * width
        whole, head = mass(mpf(0), end), mass(mpf(0), min(tau, end))
        start, idle = mp_exp(-top), idle_reference(int(servers), load)
        total = start * (1 + idle) + a * whole
        wait, level = (start + a * whole) / total, (start * idle + n * head) / total
    assert off(centre.prob_wait, wait) <= WITHIN
    assert off(centre.service_level(threshold), level) <= WITHIN


def test_arrays_and_single_numbers_agree():
    servers, load = (np.array(side, dtype=float) for side in zip(*CELLS, strict=True))
    together = idle_weight(servers, load)
    one_by_one = [idle_weight_of_one(*cell) for cell in CELLS]
    np.testing.assert_allclose(together, one_by_one, rtol=1e-13)
    order = np.argsort(load * 7 % 1)
    np.testing.assert_array_equal(idle_weight(servers[order], load[order]), together[order])


def test_many_cells_are_summed_in_groups():
    servers = np.tile(np.arange(0.0, 60.0), 400)
    load = np.repeat(np.linspace(0.5, 80, 400), 60)
    few = slice(11_000, 11_060)
    np.testing.assert_allclose(idle_weight(servers, load)[few], idle_weight(servers[few], load[few]), rtol=1e-14)
    many = queues.erlang_a(servers.astype(int), arrival_rate=load, mean_service_time=1, mean_patience=2)
    some = queues.erlang_a(servers[few].astype(int), arrival_rate=load[few], mean_service_time=1, mean_patience=2)
    np.testing.assert_allclose(many.mean_wait[few], some.mean_wait, rtol=1e-14)
    np.testing.assert_allclose(many.service_level(0.1)[few], some.service_level(0.1), rtol=1e-14)
