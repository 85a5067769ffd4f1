import math
import random
from itertools import pairwise
from types import MappingProxyType

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import integrate, stats

from opsbook import queues, simulate
from opsbook.errors import UnknownNameError, UnstableQueueError
from opsbook.simulate import engine
from opsbook.simulate.results import ratio, t_quantile

FIGURES = (
    "offered_load",
    "occupancy",
    "prob_wait",
    "prob_abandon",
    "throughput",
    "mean_wait",
    "mean_wait_answered",
    "mean_queue_length",
    "mean_time_in_system",
    "mean_in_system",
)
TICK = 1 / 8  # times of this grid add up without rounding, so that paths can be compared exactly


def replay(values):
    """Return a sampler that hands out given times."""
    return lambda _, size: np.asarray(values, dtype=float)[:size]


def run(servers=1, **arguments):
    """Simulate, with arguments that most tests do not care about."""
    return simulate.simulate_queue(
        servers,
        **{
            "interarrival": simulate.exponential(1.0),
            "service": simulate.exponential(0.5),
            "customers": 200,
            "warm_up": 0,
            "rng": 1,
        }
        | arguments,
    )


def day(servers=1, **arguments):
    return simulate.simulate_queue(servers, **{"service": simulate.exponential(0.5), "rng": 1} | arguments)


def by_ticks(arrivals, services, servers, patience=None, classes=None):  # noqa: C901 -- one loop, spelt out
    """Simulate by brute force, tick by tick, with whole-number times; `servers` maps a tick to their number.

    At each tick services end, then the number of servers changes, then customers arrive one by one, then those whose
    patience is over give up. Returns the wait of each customer, and whether they gave up.
    """
    customers = range(len(arrivals))
    queue, serving, waits, lost = [], {}, {}, {}
    last = max(servers)
    count, now = 0, 0

    def settle():
        while True:
            done = [who for who, end in serving.items() if end <= now]
            for who in done:
                del serving[who]
            if not queue or len(serving) >= count:
                if not done:
                    return
                continue
            first = min(queue, key=lambda who: (0 if classes is None else classes[who], who))
            queue.remove(first)
            serving[first] = now + services[first]
            waits[first], lost[first] = now - arrivals[first], False

    while len(waits) < len(arrivals):
        settle()
        count = servers.get(now, count)
        settle()
        for who in customers:
            if arrivals[who] == now:
                queue.append(who)
                settle()
        for who in list(queue):
            if patience is not None and now >= arrivals[who] + patience[who]:
                queue.remove(who)
                waits[who], lost[who] = patience[who], True
        now += 1
        assert now < 100_000 + last
    return [waits[who] for who in customers], [lost[who] for who in customers]


def sample_path(seed, *, busy=1.1, servers=1, customers=60):
    """Draw whole-number gaps, services and patience with many ties and zeros."""
    rng = np.random.default_rng(seed)
    gaps = rng.integers(0, 9, customers)
    services = np.minimum(rng.geometric(1 / (4 * servers * busy), customers) - rng.integers(0, 2, customers), 200)
    return gaps, services, rng.integers(0, 25, customers)


class TestAgainstBruteForce:
    @pytest.mark.parametrize("servers", [1, 2, 3, 7])
    @pytest.mark.parametrize("patient", [True, False])
    @pytest.mark.parametrize("paths", ["one", "many"])
    def test_first_come_first_served(self, servers, patient, paths, monkeypatch):
        monkeypatch.setattr(engine, "_BLOCK", 16)  # so that short paths cross blocks, too
        monkeypatch.setattr(engine, "_MANY", 20)
        for seed in range(12):
            gaps, services, patience = sample_path(seed, servers=servers)
            result = run(
                servers,
                interarrival=replay(gaps * TICK),
                service=replay(services * TICK),
                patience=None if patient else replay(patience * TICK),
                customers=gaps.size,
                replications=1 if paths == "one" else 30,
            )
            waits, lost = by_ticks(np.cumsum(gaps), services, {0: servers}, None if patient else patience)
            records = result.records()
            for replication in range(result.replications):
                mine = records["replication"] == replication
                assert (records["wait"][mine] / TICK).tolist() == waits
                assert records["abandoned"][mine].tolist() == lost

    @pytest.mark.parametrize("servers", [1, 3])
    @pytest.mark.parametrize("patient", [True, False])
    def test_priorities(self, servers, patient):
        for seed in range(12):
            gaps, services, patience = sample_path(seed, servers=servers)
            records = run(
                servers,
                interarrival=replay(gaps * TICK),
                service=replay(services * TICK),
                patience=None if patient else replay(patience * TICK),
                priorities=[0.3, 0.3, 0.4],
                customers=gaps.size,
                rng=seed,
            ).records()
            assert set(records["class"]) == {0, 1, 2}
            waits, lost = by_ticks(
                np.cumsum(gaps), services, {0: servers}, None if patient else patience, records["class"].tolist()
            )
            assert (records["wait"] / TICK).tolist() == waits
            assert records["abandoned"].tolist() == lost

    @pytest.mark.parametrize("patient", [True, False])
    def test_shifts(self, patient):
        for seed in range(12):
            gaps, services, patience = sample_path(seed, servers=3)
            counts = [*np.random.default_rng(seed).integers(0, 6, 20).tolist(), 2]
            records = day(
                simulate.shifts(counts, interval=16 * TICK),
                arrivals=simulate.appointments(np.cumsum(gaps) * TICK),
                service=replay(services * TICK),
                patience=None if patient else replay(patience * TICK),
            ).records()
            waits, lost = by_ticks(
                np.cumsum(gaps),
                services,
                {16 * step: n for step, n in enumerate(counts)},
                None if patient else patience,
            )
            assert (records["wait"] / TICK).tolist() == waits
            assert records["abandoned"].tolist() == lost

    def test_ciw_gives_the_same_path(self):
        ciw = pytest.importorskip("ciw")
        rng = np.random.default_rng(5)
        gaps, services, patience = rng.exponential(1, 400), rng.exponential(2.8, 400), rng.exponential(3, 400)
        network = ciw.create_network(
            arrival_distributions=[ciw.dists.Sequential([*gaps.tolist(), 1e9])],
            service_distributions=[ciw.dists.Deterministic(0.0)],
            reneging_time_distributions=[ciw.dists.Sequential(patience.tolist())],
            number_of_servers=[3],
        )

        class Own(ciw.dists.Distribution):
            def sample(self, t=None, ind=None):  # noqa: ARG002 -- Ciw's signature
                return float(services[ind.id_number - 1])

        network.customer_classes["Customer"].service_distributions = [Own()]
        peer = ciw.Simulation(network)
        peer.simulate_until_max_time(1e8)
        theirs = sorted((r.id_number, r.waiting_time, r.record_type == "renege") for r in peer.get_all_records())
        ours = run(
            3, interarrival=replay(gaps), service=replay(services), patience=replay(patience), customers=400
        ).records()
        assert [lost for _, _, lost in theirs] == ours["abandoned"].tolist()
        assert any(ours["abandoned"])
        assert ours["wait"] == pytest.approx([wait for _, wait, _ in theirs], abs=1e-10)

    def test_long_paths_keep_the_precision_of_short_ones(self):
        rng = np.random.default_rng(3)
        gaps, services = rng.exponential(1, 300_000), rng.exponential(0.9, 300_000)
        waits = engine.single_server(gaps[None], services[None])[0]
        wait, before, exact = 0.0, 0.0, []
        for gap, service in zip(gaps.tolist(), services.tolist(), strict=True):
            wait = max(wait + before - gap, 0.0)
            exact.append(wait)
            before = service
        assert np.abs(waits - exact).max() < 1e-9
        heap, _ = engine.many_servers(gaps, services, None, 1)
        assert np.abs(heap - exact).max() < 1e-9

    def test_a_timetable_that_just_fits_makes_nobody_wait(self):
        # Tenths do not add up exactly in binary; the noise must not count as waiting.
        result = run(
            2,
            interarrival=simulate.deterministic(0.1),
            service=simulate.deterministic(0.2),
            customers=100_000,
            unstable="run",
        )
        assert result.metrics.prob_wait == 0


def covered(truth, results, names):
    """Count how often each figure's interval held the truth."""
    return {
        name: sum(
            abs(getattr(m, name) - getattr(truth, name)) <= m.half_widths[name] for m in (r.metrics for r in results)
        )
        for name in names
    }


def expected_hits(runs, chance=0.95, doubt=1e-5):
    """Bounds that a correct 95 % interval leaves with the probability `doubt`."""
    return stats.binom.ppf(doubt / 2, runs, chance), stats.binom.isf(doubt / 2, runs, chance)


class TestAgainstClosedForms:
    def check(self, truth, results, names):
        low, high = expected_hits(len(results))
        hits = covered(truth, results, names)
        assert all(low <= count <= high for count in hits.values()), (low, high, hits)

    def test_one_server_memoryless(self):
        results = [run(customers=1500, warm_up=100, replications=6, rng=seed) for seed in range(800)]
        truth = queues.erlang_c(1, arrival_rate=1.0, mean_service_time=0.5)
        self.check(truth, results, [n for n in FIGURES if n != "prob_abandon"])

    def test_many_servers_memoryless(self):
        results = [
            run(4, service=simulate.exponential(2.4), customers=2000, warm_up=300, replications=25, rng=seed)
            for seed in range(60)
        ]
        truth = queues.erlang_c(4, arrival_rate=1.0, mean_service_time=2.4)
        self.check(truth, results, ["prob_wait", "mean_wait", "occupancy", "mean_in_system"])

    @pytest.mark.parametrize("replications", [5, 25])
    def test_abandonment(self, replications):
        results = [
            run(
                5,
                service=simulate.exponential(5.5),
                patience=simulate.exponential(4.0),
                customers=1500,
                warm_up=100,
                replications=replications,
                rng=seed,
            )
            for seed in range(100)
        ]
        truth = queues.erlang_a(5, arrival_rate=1.0, mean_service_time=5.5, mean_patience=4.0)
        self.check(truth, results, FIGURES)

    @pytest.mark.parametrize(
        "service",
        [
            simulate.deterministic(0.6),
            simulate.gamma(0.6, 0.4),
            simulate.erlang(0.6, 3),
            simulate.lognormal(0.6, 0.8),
            simulate.hyperexponential(0.6, 2.5),
            simulate.uniform(0.1, 1.1),
            simulate.empirical([0.2, 0.3, 0.5, 1.4]),
        ],
        ids=lambda each: each.name,
    )
    def test_pollaczek_khinchine(self, service):
        assert service.mean == pytest.approx(0.6)
        results = [run(service=service, customers=6000, warm_up=300, replications=20, rng=seed) for seed in range(40)]
        truth = queues.mg1(arrival_rate=1.0, mean_service_time=0.6, service_scv=service.scv)
        self.check(truth, results, ["mean_wait", "prob_wait", "mean_queue_length"])

    def test_nobody_who_waits_stays_is_erlang_b(self):
        lossy = [
            run(
                3,
                service=simulate.gamma(2.0, 0.5),
                patience=simulate.deterministic(0),
                customers=1500,
                warm_up=50,
                replications=10,
                rng=seed,
            )
            for seed in range(80)
        ]
        blocked = queues.erlang_b(3, 2.0)
        low, high = expected_hits(len(lossy))
        hits = sum(abs(r.metrics.prob_abandon - blocked) <= r.metrics.half_widths["prob_abandon"] for r in lossy)
        assert low <= hits <= high
        assert all(r.metrics.mean_wait == 0 and r.metrics.prob_wait == r.metrics.prob_abandon for r in lossy)

    def test_the_batches_of_one_long_run(self):
        results = [run(customers=40_000, warm_up=200, rng=seed) for seed in range(150)]
        truth = queues.erlang_c(1, arrival_rate=1.0, mean_service_time=0.5)
        self.check(truth, results, ["mean_wait", "prob_wait", "occupancy", "throughput"])

    def test_service_level(self):
        truth = queues.erlang_a(5, arrival_rate=1.0, mean_service_time=5.5, mean_patience=4.0)
        for of in ("offered", "answered", "offered_less_short_abandons"):
            hits = 0
            for seed in range(60):
                result = run(
                    5,
                    service=simulate.exponential(5.5),
                    patience=simulate.exponential(4.0),
                    customers=1500,
                    warm_up=100,
                    replications=10,
                    rng=seed,
                )
                value, half = result.service_level(0.7, of=of)
                assert value == pytest.approx(result.metrics.service_level(0.7, of=of), rel=1e-12)
                hits += abs(value - truth.service_level(0.7, of=of)) <= half
            low, high = expected_hits(60)
            assert low <= hits <= high

    def test_quantiles_of_the_wait(self):
        result = run(customers=40_000, warm_up=500, replications=10)
        truth = queues.erlang_c(1, arrival_rate=1.0, mean_service_time=0.5)
        for p in (0.6, 0.8, 0.95):
            # The share that waits no longer than the simulated quantile is p, within the interval of that share.
            wait = result.metrics.wait_quantile(p)
            assert abs(truth.service_level(wait) - p) <= 1.5 * result.service_level(wait).half_width
        assert result.metrics.wait_quantile(0.3) == 0

    def test_priorities_by_cobham(self):
        # Non-preemptive M/M/1 with classes: W_k = W0 / ((1 - s_{k-1}) (1 - s_k)), W0 = sum of load x mean service.
        low, high = expected_hits(60)
        hits = np.zeros(2)
        for seed in range(60):
            classes = run(
                service=[simulate.exponential(0.5), simulate.exponential(0.9)],
                priorities=[0.4, 0.6],
                customers=2500,
                warm_up=300,
                replications=10,
                rng=seed,
            ).by_class()
            loads = np.array([0.2, 0.54])
            rest = 0.2 * 0.5 + 0.54 * 0.9
            truth = rest / ((1 - np.array([0, 0.2])) * (1 - loads.cumsum()))
            hits += np.abs(classes["mean_wait"] - truth) <= classes["mean_wait_half_width"]
        assert (low <= hits).all()
        assert (hits <= high).all()


class TestWarmUp:
    ARGUMENTS = MappingProxyType({"interarrival": simulate.exponential(1 / 9), "service": simulate.exponential(1.0)})
    TRUTH = queues.erlang_c(10, arrival_rate=9.0, mean_service_time=1.0).mean_wait

    def test_short_replications_started_empty_are_biased(self):
        assert pytest.approx(0.669, abs=5e-4) == self.TRUTH
        metrics = run(10, customers=1000, warm_up=0, replications=2500, **self.ARGUMENTS).metrics
        assert metrics.mean_wait + 2 * metrics.half_widths["mean_wait"] < self.TRUTH

    def test_leaving_the_warm_up_out_removes_the_bias(self):
        metrics = run(10, customers=2000, warm_up=3000, replications=800, **self.ARGUMENTS).metrics
        assert abs(metrics.mean_wait - self.TRUTH) < metrics.half_widths["mean_wait"] * 1.5
        assert metrics.half_widths["mean_wait"] < 0.03

    def test_averaging_more_replications_does_not_remove_it(self):
        few, many = (
            run(10, customers=500, warm_up=0, replications=number, **self.ARGUMENTS).metrics for number in (100, 3000)
        )
        assert many.half_widths["mean_wait"] < few.half_widths["mean_wait"] / 4
        assert many.mean_wait + 10 * many.half_widths["mean_wait"] < self.TRUTH

    def test_the_docstring_is_right_about_load_nine_tenths(self):
        metrics = run(
            interarrival=simulate.exponential(1 / 0.9),
            service=simulate.exponential(1.0),
            customers=200,
            replications=4000,
        ).metrics
        assert metrics.mean_wait / 9 == pytest.approx(2 / 3, abs=0.05)  # by theory 0.9 / (1 - 0.9) = 9

    def test_the_warm_up_comes_before_the_customers_counted(self):
        whole, later = run(customers=300, warm_up=0), run(customers=200, warm_up=100)
        assert later.records()["wait"].tolist() == whole.records()["wait"][100:].tolist()
        assert later.records(warm_up=True)["wait"].tolist() == whole.records()["wait"].tolist()
        assert later.customers == 200
        assert later.metrics.mean_wait == pytest.approx(whole.records()["wait"][100:].mean(), rel=1e-12)


def time_average(arrivals, leaves, low, high):
    """Integrate a number of people present from `low` to `high`, event by event."""
    events = sorted([(t, 1) for t in arrivals] + [(t, -1) for t in leaves])
    present, before, area = 0, 0.0, 0.0
    for time, change in events:
        area += present * (min(max(time, low), high) - min(max(before, low), high))
        present, before = present + change, time
    return area / (high - low)


class TestLittlesLaw:
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"patience": simulate.exponential(0.6)},
            {"priorities": [0.5, 0.5]},
            {"no_show": 0.2},
            {"servers": simulate.shifts([1, 3, 2], interval=3.0)},
        ],
        ids=lambda options: next(iter(options), "plain"),
    )
    def test_on_every_path_of_a_day(self, options):
        for seed in range(5):
            arrivals = simulate.arrivals_per_interval([3, 5, 1], interval=3.0)
            result = day(**{"servers": 2, "arrivals": arrivals, "rng": seed} | options)
            records, metrics = result.records(), result.metrics
            closing = max(9.0, records["end"].max())
            stop = np.where(records["abandoned"], records["end"], records["start"])
            queue = time_average(records["arrival"], stop, 0, closing)
            system = time_average(records["arrival"], records["end"], 0, closing)
            assert metrics.mean_queue_length == pytest.approx(queue, rel=1e-9, abs=1e-12)
            assert metrics.mean_in_system == pytest.approx(system, rel=1e-9)
            rate = result.customers / closing
            assert metrics.mean_queue_length == pytest.approx(rate * metrics.mean_wait, rel=1e-9, abs=1e-12)
            assert metrics.mean_in_system == pytest.approx(rate * metrics.mean_time_in_system, rel=1e-9)

    def test_on_a_long_run_up_to_its_edges(self):
        result = run(
            2, service=simulate.exponential(1.6), patience=simulate.exponential(5.0), customers=4000, warm_up=500
        )
        records = result.records(warm_up=True)
        low, high = records["arrival"][499], records["arrival"][-1]
        stop = np.where(records["abandoned"], records["end"], records["start"])
        average = time_average(records["arrival"], stop, low, high)
        spill = sum(np.clip(stop - edge, 0, None)[records["arrival"] <= edge].sum() for edge in (low, high))
        assert abs(result.metrics.mean_queue_length - average) * (high - low) <= spill + 1e-6
        assert result.metrics.mean_queue_length == pytest.approx(
            4000 / (high - low) * result.metrics.mean_wait, rel=1e-9
        )


class TestArrivalsThatChange:
    def test_counts_follow_the_integral_of_the_rate(self):
        rates = np.array([20.0, 0, 300, 5, 80])
        counts = []
        process = simulate.arrivals_per_interval(rates, interval=0.5)
        for seed in range(400):
            times, due = process.draw(np.random.default_rng(seed))
            assert due is None
            assert (np.diff(times) >= 0).all()
            counts.append(np.histogram(times, bins=5, range=(0, 2.5))[0])
        self.check_poisson(np.array(counts, dtype=float), rates * 0.5)

    def check_poisson(self, counts, means):
        days = len(counts)
        for column, mean in zip(counts.T, means, strict=True):
            assert abs(column.sum() - mean * days) <= 4.5 * math.sqrt(mean * days)
            if mean:
                spread = ((column - mean) ** 2).sum() / mean  # chi-square with as many degrees as days
                assert 1e-6 < stats.chi2.cdf(spread, days) < 1 - 1e-6

    def test_a_rate_function_is_followed_through_sharp_changes(self):
        def rate(t):
            return np.where(t < 1, 200.0, np.where(t < 3, 0.0, np.where(t < 3.1, 400.0, 40 + 40 * np.sin(t))))

        edges = np.array([0, 1, 3, 3.1, 4, 6, 9])
        process = simulate.arrivals_by_rate(rate, maximum=400, until=9)
        counts = np.array(
            [np.histogram(process.draw(np.random.default_rng(seed))[0], bins=edges)[0] for seed in range(400)]
        )
        means = [integrate.quad(rate, low + 1e-12, high - 1e-12)[0] for low, high in pairwise(edges)]
        assert counts[:, 1].sum() == 0
        self.check_poisson(counts.astype(float), np.array(means))

    def test_the_two_ways_agree_on_a_step(self):
        steps = np.array([10.0, 90, 30])
        stepped = simulate.arrivals_by_rate(lambda t: steps[(t // 2).astype(int)], maximum=90, until=6)
        waits = [
            day(2, arrivals=each, service=simulate.exponential(0.03), replications=400, rng=seed).by_interval(2)
            for seed, each in enumerate([stepped, simulate.arrivals_per_interval(steps, interval=2)])
        ]
        for name in ("arrivals", "mean_wait", "prob_wait"):
            gap = np.abs(waits[0][name] - waits[1][name])
            assert (gap <= 2.5 * np.hypot(waits[0][name + "_half_width"], waits[1][name + "_half_width"])).all()

    def test_each_interval_agrees_with_the_equations_of_its_day(self):
        # M(t)/M/2: Kolmogorov's equations give P(N(t) >= 2), weighted with the rate within each interval.
        rates, mean, servers, top = np.array([1.0, 5.0, 0.5]), 0.5, 2, 80
        death = np.minimum(np.arange(top + 1), servers) / mean
        state, delayed = np.eye(top + 1)[0], []
        for rate in rates:

            def flow(_, p, rate=rate):
                up, down = np.append(rate * p[:-1], 0), death * p
                return np.append(0, up[:-1]) - up + np.append(down[1:], 0) - down

            path = integrate.solve_ivp(
                flow, (0, 2), state, t_eval=np.linspace(0, 2, 401), rtol=1e-8, atol=1e-10, method="LSODA"
            )
            state = path.y[:, -1]
            delayed.append(integrate.simpson(path.y[servers:].sum(axis=0), x=path.t) / 2)
        hits = np.zeros(3)
        for seed in range(60):
            intervals = day(
                servers,
                arrivals=simulate.arrivals_per_interval(rates, interval=2),
                service=simulate.exponential(mean),
                replications=100,
                rng=seed,
            ).by_interval(2)
            hits += np.abs(intervals["prob_wait"] - delayed) <= intervals["prob_wait_half_width"]
        low, high = expected_hits(60)
        assert (low <= hits).all()
        assert (hits <= high).all()

    def test_endless_servers_hold_a_poisson_number(self):
        # M(t)/G/infinity: the number present at t is Poisson with mean = integral of rate(t - u) P(service > u).
        result = day(
            5000,
            arrivals=simulate.arrivals_by_rate(lambda t: 50 * (1 + np.sin(t)), maximum=100, until=8),
            service=simulate.gamma(1.5, 0.5),
            replications=300,
        )
        records = result.records()
        law = stats.gamma(2, scale=0.75)
        for time in (2.0, 5.0, 7.5):
            present = ((records["arrival"] <= time) & (records["end"] > time)).sum()
            mean = 300 * integrate.quad(lambda u, t=time: 50 * (1 + math.sin(t - u)) * law.sf(u), 0, time)[0]
            assert abs(present - mean) <= 4 * math.sqrt(mean)
        assert result.metrics.prob_wait == 0

    def test_intervals_add_up_to_the_records(self):
        result = day(
            2,
            arrivals=simulate.arrivals_per_interval([6, 9, 0, 3], interval=1),
            patience=simulate.exponential(0.4),
            replications=7,
        )
        records, intervals = result.records(), result.by_interval(1, threshold=0.1)
        assert intervals["start"].tolist() == [0, 1, 2, 3]
        assert intervals["end"].tolist() == [1, 2, 3, 4]
        for place in range(4):
            mine = records["arrival"] // 1 == place
            assert intervals["arrivals"][place] * 7 == pytest.approx(mine.sum())
            if not mine.any():
                assert math.isnan(intervals["mean_wait"][place])
                continue
            answered = (records["wait"] <= 0.1) & ~records["abandoned"]
            for name, values in {
                "mean_wait": records["wait"],
                "prob_abandon": records["abandoned"],
                "service_level": answered,
                "prob_wait": records["wait"] > 0,
            }.items():
                assert intervals[name][place] == pytest.approx(values[mine].mean())
        some = result.by_interval([0.5, 1.5])
        assert some["arrivals"] * 7 == pytest.approx([((records["arrival"] >= 0.5) & (records["arrival"] < 1.5)).sum()])

    def test_more_staff_in_the_rush_helps_where_the_rush_is(self):
        rush = {"arrivals": simulate.arrivals_per_interval([4, 14, 4], interval=4), "replications": 200}
        flat, fitted = (day(servers, **rush).by_interval(4) for servers in (5, simulate.shifts([3, 9, 3], interval=4)))
        assert fitted["mean_wait"][1] + fitted["mean_wait_half_width"][1] < flat["mean_wait"][1] / 2


class TestAppointmentsAndNoShows:
    def test_on_time(self):
        records = day(arrivals=simulate.appointments([30, 0, 10]), service=simulate.deterministic(15)).records()
        assert records["arrival"].tolist() == records["due"].tolist() == [0, 10, 30]
        assert records["wait"].tolist() == [0, 5, 0]

    def test_late_and_early_customers_are_served_as_they_come(self):
        result = day(
            arrivals=simulate.appointments([0, 10, 20], lateness=replay([12, -3, -30])),
            service=simulate.deterministic(6),
        )
        records = result.records()
        assert records["due"].tolist() == [20, 10, 0]
        assert records["arrival"].tolist() == [0, 7, 12]  # nobody comes before the doors open
        assert records["wait"].tolist() == [0, 0, 1]

    def test_no_shows_are_as_many_as_they_should_be_and_in_no_figure(self):
        result = day(
            arrivals=simulate.appointments(np.arange(20) * 1.0),
            service=simulate.deterministic(0.5),
            no_show=0.15,
            replications=500,
        )
        assert result.customers + result.no_shows == 10_000
        assert abs(result.no_shows - 1500) <= 4.5 * math.sqrt(10_000 * 0.15 * 0.85)
        assert result.records()["wait"].size == result.customers
        assert result.metrics.mean_wait == 0
        assert result.metrics.offered_load == pytest.approx(result.customers * 0.5 / (500 * 19), rel=0.05)

    def test_no_shows_thin_a_long_run(self):
        # Thinned Poisson arrivals are Poisson arrivals.
        truth = queues.erlang_c(1, arrival_rate=0.8, mean_service_time=0.9)
        hits = 0
        for seed in range(60):
            result = run(
                service=simulate.exponential(0.9), no_show=0.2, customers=4000, warm_up=500, replications=8, rng=seed
            )
            assert result.customers + result.no_shows == 32_000
            hits += abs(result.metrics.mean_wait - truth.mean_wait) <= result.metrics.half_widths["mean_wait"]
        low, high = expected_hits(60)
        assert low <= hits <= high

    def test_those_who_come_are_the_same_without_the_option(self):
        booked = {"arrivals": simulate.appointments(np.arange(30) * 5.0), "service": simulate.exponential(4.0)}
        everyone, some = day(**booked).records(), day(**booked, no_show=0.3).records()
        here = np.isin(everyone["due"], some["due"])
        service = everyone["end"] - everyone["start"]
        assert (some["end"] - some["start"]) == pytest.approx(service[here])


class TestRecords:
    def test_nobody_is_served_by_two_or_before_coming(self):
        result = run(
            3,
            service=simulate.exponential(2.9),
            patience=simulate.exponential(3.0),
            customers=500,
            warm_up=100,
            replications=4,
        )
        records = result.records(warm_up=True)
        assert {values.shape for values in records.values()} == {(2400,)}
        assert result.records()["wait"].shape == (2000,)
        lost = records["abandoned"]
        assert lost.any()
        assert (records["server"][lost] == -1).all()
        assert np.isnan(records["start"][lost]).all()
        assert set(records["server"][~lost]) == {0, 1, 2}
        assert records["end"][lost] == pytest.approx((records["arrival"] + records["wait"])[lost])
        assert records["start"][~lost] == pytest.approx((records["arrival"] + records["wait"])[~lost])
        for replication in range(4):
            for server in range(3):
                mine = (records["replication"] == replication) & (records["server"] == server)
                assert (records["start"][mine][1:] >= records["end"][mine][:-1] - 1e-9).all()

    def test_the_lowest_numbered_idle_server_takes_the_next(self):
        records = run(
            3, interarrival=replay([1, 1, 1, 1]), service=replay([2.5, 9, 9, 9]), customers=4, unstable="run"
        ).records()
        assert records["server"].tolist() == [0, 1, 2, 0]

    def test_a_table_is_one_step_away_and_a_copy(self):
        pandas = pytest.importorskip("pandas")
        result = run(customers=10)
        table = pandas.DataFrame(result.records())
        assert list(table) == [
            "replication",
            "customer",
            "class",
            "arrival",
            "start",
            "end",
            "wait",
            "abandoned",
            "server",
        ]
        result.records(warm_up=True)["wait"][:] = 99
        assert result.records()["wait"].max() < 99

    @pytest.mark.parametrize("customers", [3000, 500])  # with batches, and without
    @pytest.mark.parametrize(
        "options",
        [{}, {"priorities": [0.5, 0.5]}, {"no_show": 0.2}],
        ids=lambda options: next(iter(options), "plain"),
    )
    def test_the_metrics_are_those_of_the_records(self, options, customers):
        result = run(
            2,
            service=simulate.exponential(1.5),
            patience=simulate.exponential(2.0),
            customers=customers,
            warm_up=50,
            **options,
        )
        records, metrics = result.records(), result.metrics
        before = result.records(warm_up=True)["arrival"][-result.customers - 1]
        span = records["arrival"][-1] - before
        served = ~records["abandoned"]
        work = (records["end"] - records["start"])[served].sum()
        assert metrics.mean_wait == pytest.approx(records["wait"].mean())
        assert metrics.mean_wait_answered == pytest.approx(records["wait"][served].mean())
        assert metrics.prob_abandon == pytest.approx(1 - served.mean())
        assert metrics.prob_wait == pytest.approx((records["wait"] > 0).mean())
        assert metrics.throughput == pytest.approx(served.sum() / span)
        assert metrics.occupancy == pytest.approx(work / (2 * span))
        assert metrics.mean_time_in_system == pytest.approx((records["wait"].sum() + work) / result.customers)
        assert metrics.service_level(0.5) == pytest.approx((served & (records["wait"] <= 0.5)).mean())

    def test_shifts_count_the_time_of_those_who_are_there(self):
        plan = simulate.shifts([2, 0, 3], interval=2.0)
        assert [plan.server_time(t) for t in (0, 1, 2, 3, 5, 10)] == [0, 2, 4, 4, 7, 22]
        result = day(
            simulate.shifts([1, 2], interval=10),
            arrivals=simulate.appointments([0, 12]),
            service=simulate.deterministic(4),
        )
        assert result.metrics.occupancy == pytest.approx(8 / (10 + 2 * 6))


class TestReproducibility:
    def test_a_seed_gives_the_same_again_and_another_seed_another(self):
        first, again, other = (run(rng=seed).records()["wait"] for seed in (1, 1, 2))
        assert (first == again).all()
        assert (first != other).any()

    def test_a_generator_is_as_good_as_its_seed_and_goes_on(self):
        rng = np.random.default_rng(1)
        assert (run(rng=rng).records()["wait"] == run(rng=1).records()["wait"]).all()
        assert (run(rng=rng).records()["wait"] != run(rng=1).records()["wait"]).any()

    @pytest.mark.parametrize(
        "options",
        [{}, {"patience": simulate.exponential(1.0)}, {"priorities": [0.5, 0.5]}, {"no_show": 0.5}, {"servers": 2}],
        ids=lambda options: next(iter(options), "plain"),
    )
    def test_a_replication_is_the_same_however_many_follow(self, options):
        few, many = (run(replications=number, **options).records() for number in (3, 40))
        mine = many["replication"] < 3
        assert few["wait"] == pytest.approx(many["wait"][mine], abs=1e-12)
        assert few["arrival"] == pytest.approx(many["arrival"][mine])

    def test_the_first_of_several_is_the_only_one_of_one(self):
        alone, several = run(replications=1).records(), run(replications=2).records()
        first = several["replication"] == 0
        assert alone["arrival"].tolist() == several["arrival"][first].tolist()
        assert alone["wait"] == pytest.approx(several["wait"][first], abs=1e-12)

    def test_replications_differ(self):
        records = run(replications=2).records()
        assert (
            records["arrival"][records["replication"] == 0] != records["arrival"][records["replication"] == 1]
        ).all()

    def test_the_same_customers_come_to_any_number_of_servers(self):
        one, two = (run(servers, replications=3) for servers in (1, 2))
        assert one.records()["arrival"].tolist() == two.records()["arrival"].tolist()
        assert one.metrics.offered_load == two.metrics.offered_load
        assert (two.records()["wait"] <= one.records()["wait"] + 1e-12).all()

    def test_global_generators_are_left_alone(self):
        random.seed(4)
        np.random.seed(4)  # noqa: NPY002 -- the global state is the subject
        python, numpy = random.getstate(), np.random.get_state()[1].copy()  # noqa: NPY002 -- as above
        run()
        small_network()
        assert random.getstate() == python
        assert (np.random.get_state()[1] == numpy).all()  # noqa: NPY002 -- as above


class TestIntervals:
    @pytest.mark.parametrize("degrees", [1, 2, 3, 4, 9, 19, 30, 77, 99, 100, 101, 150, 999, 100_000])
    def test_quantiles_of_student(self, degrees):
        assert t_quantile(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=1e-10)

    @given(st.lists(st.floats(-100, 100), min_size=2, max_size=30))
    def test_equal_wholes_give_the_interval_of_a_mean(self, values):
        estimate, half = ratio(values, np.ones(len(values)))
        assert float(estimate) == pytest.approx(np.mean(values), abs=1e-9)
        usual = stats.t.ppf(0.975, len(values) - 1) * stats.sem(values)
        assert float(half) == pytest.approx(usual, rel=1e-6, abs=1e-9)

    def test_one_sample_shows_no_spread(self):
        short = run(customers=999).metrics
        assert all(math.isnan(short.half_widths[name]) for name in FIGURES)
        single = day(arrivals=simulate.arrivals_per_interval([1000], interval=2), service=simulate.exponential(1e-4))
        assert math.isnan(single.metrics.half_widths["mean_wait"])
        assert math.isnan(single.by_interval(1)["mean_wait_half_width"][0])
        assert run(customers=1000).metrics.half_widths["mean_wait"] > 0

    def test_a_quiet_day_counts_by_its_customers(self):
        # Two days, of one customer who waits 0 and of three who wait 0, 5 and 10: the mean over customers is 15 / 4.
        draws = iter([np.array([0.0]), np.array([0.0, 0.0, 0.0])])
        arrivals = simulate.Arrivals("given", 1.0, math.nan, lambda _: (next(draws), None))
        metrics = day(arrivals=arrivals, service=simulate.deterministic(5), replications=2).metrics
        assert metrics.mean_wait == 15 / 4

    def test_days_without_anyone_are_days(self):
        quiet = day(arrivals=simulate.arrivals_per_interval([0.5], interval=1), replications=200)
        assert 0 < quiet.customers < 200
        assert quiet.metrics.throughput == pytest.approx(quiet.customers / 200, rel=0.3)
        assert math.isfinite(quiet.metrics.half_widths["mean_wait"])

    def test_figures_are_plain_floats_with_a_half_width_each(self):
        metrics = run(customers=2000, replications=2).metrics
        assert isinstance(metrics, queues.QueueMetrics)
        assert set(metrics.half_widths) == set(FIGURES)
        assert all(type(getattr(metrics, name)) is float for name in FIGURES)
        assert all(type(metrics.half_widths[name]) is float for name in FIGURES)


class TestDistributions:
    @pytest.mark.parametrize(
        "distribution",
        [
            simulate.exponential(3.0),
            simulate.gamma(3.0, 0.3),
            simulate.gamma(3.0, 4.0),
            simulate.erlang(3.0, 4),
            simulate.lognormal(3.0, 0.7),
            simulate.hyperexponential(3.0, 1.0),
            simulate.hyperexponential(3.0, 3.0),
            simulate.uniform(1.0, 5.0),
            simulate.empirical([1.0, 2.0, 2.0, 7.0]),
        ],
        ids=lambda each: f"{each.name} {each.scv:.2f}",
    )
    def test_mean_and_variability_are_as_promised(self, distribution):
        drawn = distribution(np.random.default_rng(2), 400_000)
        assert abs(drawn.mean() - distribution.mean) <= 4.5 * stats.sem(drawn)
        squares = (drawn - distribution.mean) ** 2
        assert abs(squares.mean() - distribution.scv * distribution.mean**2) <= 4.5 * stats.sem(squares)
        assert drawn.min() >= 0
        again = np.empty(drawn.size)
        distribution.fill(np.random.default_rng(2), again)
        assert (again == drawn).all()

    def test_the_same_time_always_draws_nothing(self):
        rng = np.random.default_rng(2)
        assert simulate.deterministic(3)(rng, 4).tolist() == [3, 3, 3, 3]
        assert rng.random() == np.random.default_rng(2).random()

    @pytest.mark.parametrize(
        ("make", "arguments", "name"),
        [
            (simulate.exponential, (0,), "mean"),
            (simulate.exponential, (-1,), "mean"),
            (simulate.exponential, (math.nan,), "mean"),
            (simulate.exponential, (math.inf,), "mean"),
            (simulate.exponential, ("4",), "mean"),
            (simulate.exponential, ([1, 2],), "mean"),
            (simulate.exponential, (None,), "mean"),
            (simulate.deterministic, (-1,), "value"),
            (simulate.gamma, (1, 0), "scv"),
            (simulate.erlang, (1, 2.5), "phases"),
            (simulate.erlang, (1, 0), "phases"),
            (simulate.lognormal, (1, -2), "scv"),
            (simulate.hyperexponential, (1, 0.5), "scv"),
            (simulate.uniform, (5, 1), "low"),
            (simulate.uniform, (-1, 1), "low"),
            (simulate.empirical, ([],), "values"),
            (simulate.empirical, ([[1, 2]],), "values"),
            (simulate.empirical, ([1, math.nan],), "values"),
            (simulate.empirical, ("often",), "values"),
        ],
    )
    def test_bad_parameters(self, make, arguments, name):
        with pytest.raises((TypeError, ValueError), match=f"^`{name}`.*got .*"):
            make(*arguments)


class TestBadInput:
    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            ({"servers": 0}, "`servers` must be at least 1, got 0"),
            ({"servers": -3}, "`servers` must be at least 1, got -3"),
            ({"servers": 2.5}, "`servers` must be a whole number, got 2.5"),
            ({"servers": "two"}, "`servers` must be a whole number, got 'two'"),
            ({"servers": True}, "`servers` must be a whole number, got True"),
            ({"servers": [1, 2]}, r"`servers` must be a whole number, got \[1, 2\]"),
            ({"servers": None}, "`servers` must be a whole number, got None"),
            ({"service": 4.0}, r"`service` must be a distribution or a function.*got 4.0.*exponential\(4.0\)"),
            ({"service": "exponential"}, "`service` must be a distribution or a function.*got 'exponential'"),
            ({"interarrival": 1}, "`interarrival` must be a distribution or a function"),
            ({"patience": 3}, "`patience` must be a distribution or a function"),
            ({"customers": 0}, "`customers` must be at least 1, got 0"),
            ({"customers": 1e3}, "`customers` must be a whole number, got 1000.0"),
            ({"customers": 10**12}, "more than the 1e\\+08 that fit"),
            ({"customers": None}, "a long run needs `customers`"),
            ({"warm_up": None}, "a long run needs .*`warm_up`"),
            ({"warm_up": -1}, "`warm_up` must be at least 0, got -1"),
            ({"replications": 0}, "`replications` must be at least 1, got 0"),
            ({"replications": math.nan}, "`replications` must be a whole number, got nan"),
            ({"rng": None}, "`rng` must be a seed .* got None"),
            ({"rng": "seed"}, "`rng` must be a seed .* got 'seed'"),
            ({"rng": -1}, "`rng` must be a seed .* got -1"),
            ({"rng": True}, "`rng` must be a seed .* got True"),
            ({"no_show": 1}, "`no_show` must be one probability below 1, got 1"),
            ({"no_show": 20}, "`no_show` must lie between 0 and 1, got 20"),
            ({"no_show": math.nan}, "`no_show`"),
            ({"priorities": [0.5, 0.6]}, r"`priorities` must list shares that sum to 1, got \[0.5, 0.6\]"),
            ({"priorities": "first"}, "`priorities` must be a number or an array of numbers, got 'first'"),
            ({"priorities": []}, "`priorities` must hold at least one number"),
            (
                {"priorities": [0.5, 0.5], "service": [replay([1])] * 3},
                r"`service` must be one distribution or one for",
            ),
            ({"unstable": "ignore"}, "`unstable` must be one of 'raise', 'run', got 'ignore'"),
            ({"interarrival": None}, "give either `interarrival`.*or `arrivals`"),
            ({"arrivals": simulate.appointments([1])}, "give either `interarrival`.*or `arrivals`"),
            ({"interarrival": None, "arrivals": simulate.exponential(1.0)}, "`arrivals` must come from"),
            (
                {"interarrival": None, "arrivals": simulate.appointments([1])},
                "belong to a long run with `interarrival`",
            ),
        ],
    )
    def test_arguments(self, arguments, message):
        with pytest.raises((TypeError, ValueError), match=message):
            run(**arguments)

    @pytest.mark.parametrize("name", ["interarrival", "service", "patience"])
    @pytest.mark.parametrize("replications", [1, 3])
    @pytest.mark.parametrize(
        ("drawn", "message"),
        [
            (lambda size: np.full(size, math.nan), "must return finite numbers, got nan"),
            (lambda size: np.append(np.ones(size - 1), -math.inf), "must return finite numbers, got -inf"),
            (lambda size: np.append(-2.0, np.ones(size - 1)), "must return times of at least 0, got -2"),
            (lambda size: np.ones(size - 1), r"must return one number for each of the 200 .* got shape \(199,\)"),
            (lambda size: np.ones((size, 1)), r"must return one number for each of the 200 .* got shape \(200, 1\)"),
            (lambda _: 1.0, r"must return one number for each of the 200 .* got shape \(\)"),
            (lambda size: ["soon"] * size, "must return numbers, got "),
            (lambda _: None, "must return "),
        ],
    )
    def test_what_samplers_draw(self, name, replications, drawn, message):
        with pytest.raises((TypeError, ValueError), match=f"`{name}` {message}"):
            run(**{name: lambda _, size: drawn(size)}, replications=replications)

    def test_only_patience_may_be_endless(self):
        endless = {"patience": lambda _, size: np.full(size, math.inf)}
        patient = run(**endless)
        assert patient.metrics.prob_abandon == 0
        assert patient.metrics.mean_wait == pytest.approx(run().metrics.mean_wait)
        with pytest.raises(ValueError, match="`service` must return finite numbers, got inf"):
            run(service=endless["patience"])

    def test_time_has_to_pass(self):
        with pytest.raises(ValueError, match="all gaps between arrivals are 0"):
            run(interarrival=simulate.deterministic(0))

    def test_somebody_has_to_come(self):
        with pytest.raises(ValueError, match="nobody came in any replication"):
            day(arrivals=simulate.arrivals_per_interval([1e-9], interval=1))

    def test_a_queue_without_end_says_how_many_servers_it_takes(self):
        overloaded = {"interarrival": simulate.exponential(1.0), "service": simulate.exponential(3.2)}
        with pytest.raises(
            UnstableQueueError, match=r"`servers` must exceed the offered load \(3.2\), got 3.*Use 4 or"
        ):
            run(3, **overloaded)
        with pytest.raises(UnstableQueueError, match="Use 3 or more"):
            run(2, **overloaded, no_show=0.3)
        with pytest.raises(UnstableQueueError, match=r"\(2.6\).*Use 3 or more"):
            run(2, service=[simulate.exponential(1.0), simulate.exponential(3.0)], priorities=[0.2, 0.8])
        growing = run(3, **overloaded, unstable="run", customers=2000)
        waits = growing.records()["wait"]
        assert waits[:500].mean() < waits[-500:].mean()
        assert run(3, **overloaded, patience=simulate.exponential(5.0)).metrics.prob_abandon > 0
        assert run(4, **overloaded).customers == 200

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: simulate.arrivals_per_interval([], interval=1), "`rates`"),
            (lambda: simulate.arrivals_per_interval([0, 0], interval=1), "`rates` must list a rate"),
            (lambda: simulate.arrivals_per_interval(5, interval=1), "`rates` must list a rate"),
            (lambda: simulate.arrivals_per_interval([1, -1], interval=1), "`rates` must not be negative"),
            (lambda: simulate.arrivals_per_interval([1, math.nan], interval=1), "`rates` must be finite"),
            (lambda: simulate.arrivals_per_interval("ab", interval=1), "`rates` must be a number"),
            (lambda: simulate.arrivals_per_interval([1], interval=0), "`interval` must be above zero"),
            (lambda: simulate.arrivals_per_interval([1e12], interval=1), "these rates make about 1e\\+12 arrivals"),
            (lambda: simulate.arrivals_by_rate(5, maximum=5, until=1), "`rate` must be a function"),
            (lambda: simulate.arrivals_by_rate(np.sin, maximum=0, until=1), "`maximum` must be above zero"),
            (lambda: simulate.arrivals_by_rate(np.sin, maximum=1, until=math.inf), "`until` must be finite"),
            (lambda: simulate.appointments([]), "`times`"),
            (lambda: simulate.appointments(5), "`times` must list"),
            (lambda: simulate.appointments([-1]), "`times` must not be negative"),
            (lambda: simulate.appointments([1], lateness=3), "`lateness` must be a function"),
            (lambda: simulate.shifts([], interval=1), "`counts` must be numbers"),
            (lambda: simulate.shifts([1, 0], interval=1), "`counts` .*the last at least 1"),
            (lambda: simulate.shifts([-1, 1], interval=1), "`counts` must be numbers of at least 0"),
            (lambda: simulate.shifts([1.5], interval=1), "`counts` must be whole numbers"),
            (lambda: simulate.shifts(3, interval=1), "`counts` must be whole numbers"),
            (lambda: simulate.shifts([1], interval=-1), "`interval` must be above zero"),
        ],
    )
    def test_schedules(self, make, message):
        with pytest.raises((TypeError, ValueError), match=message):
            make()

    @pytest.mark.parametrize(
        ("rate", "message"),
        [
            (lambda t: t * 0 + 6, "`rate` must stay between 0 and `maximum`.*got 6"),
            (lambda t: t * 0 - 1, "`rate` must stay between 0 and `maximum`.*got -1"),
            (lambda t: t * math.nan, "`rate` must return finite numbers"),
            (lambda t: t[:-1], "`rate` must return one number for each"),
            (lambda _: "fast", "`rate` must return numbers"),
        ],
    )
    def test_rate_functions(self, rate, message):
        with pytest.raises((TypeError, ValueError), match=message):
            day(arrivals=simulate.arrivals_by_rate(rate, maximum=5, until=10))

    def test_lateness_is_checked_too(self):
        with pytest.raises(ValueError, match="`lateness` must return finite numbers, got nan"):
            day(arrivals=simulate.appointments([1, 2], lateness=replay([math.nan, 1])))

    def test_questions_to_a_result(self):
        result = run()
        for interval in (0, -1, math.nan, 1e-9, [1], [2, 1], "hour"):
            with pytest.raises((TypeError, ValueError), match="`interval`"):
                result.by_interval(interval)
        for threshold in (-1, math.nan, "soon", [1, 2]):
            with pytest.raises((TypeError, ValueError), match="`threshold`"):
                result.service_level(threshold)
        with pytest.raises(ValueError, match="`of` must be one of"):
            result.service_level(1, of="everyone")


def small_network(**arguments):
    stations = {
        "desk": simulate.Station(2, simulate.exponential(1.0), interarrival=simulate.exponential(0.8)),
        "room": simulate.Station(3, simulate.exponential(2.5)),
    }
    return simulate.simulate_network(
        **{
            "stations": stations,
            "routing": {"desk": {"room": 0.7}, "room": {"desk": 0.2}},
            "until": 40,
            "rng": 1,
        }
        | arguments
    )


class TestNetwork:
    @pytest.mark.parametrize("patient", [True, False])
    def test_one_station_is_the_queue(self, patient):
        # Ciw draws a service only when it starts, so replayed services stay in step only if nobody leaves.
        rng = np.random.default_rng(8)
        gaps, services, patience = rng.exponential(1, 256), rng.exponential(1.9, 256), rng.exponential(3, 256)
        service = replay(services) if patient else simulate.deterministic(1.9)
        limit = None if patient else replay(patience)
        until = gaps.cumsum()[199] + 1e-6
        station = simulate.Station(2, service, interarrival=replay(gaps), patience=limit)
        theirs = simulate.simulate_network({"only": station}, routing={}, until=until, rng=1).stations["only"].records()
        arrivals = simulate.appointments(gaps.cumsum()[:200])
        ours = day(
            2,
            arrivals=arrivals,
            service=lambda rng, size: services[:size] if patient else service(rng, size),
            patience=None if patient else lambda _, size: patience[:size],
        ).records()
        assert theirs["wait"].size == 200
        assert theirs["wait"] == pytest.approx(ours["wait"], abs=1e-9)
        assert theirs["abandoned"].tolist() == ours["abandoned"].tolist()
        assert theirs["abandoned"].any() != patient

    def test_jackson(self):
        # Product form: each station is M/M/c at the rate of the traffic equations.
        rates = np.linalg.solve([[1, -0.2], [-0.7, 1]], [1.25, 0])
        truth = {
            "desk": queues.erlang_c(2, arrival_rate=rates[0], mean_service_time=1.0),
            "room": queues.erlang_c(3, arrival_rate=rates[1], mean_service_time=2.5),
        }
        whole = sum(each.mean_in_system for each in truth.values())
        result = small_network(until=900, warm_up=150, replications=16)
        for name, each in truth.items():
            metrics = result.stations[name].metrics
            for figure in ("mean_wait", "throughput", "occupancy", "prob_wait", "mean_queue_length"):
                off = abs(getattr(metrics, figure) - getattr(each, figure))
                assert off <= 2 * metrics.half_widths[figure], (name, figure)
                assert metrics.half_widths[figure] < 0.5 * getattr(each, figure)
        visit = result.visit_metrics
        assert abs(visit.mean_in_system - whole) <= 2 * visit.half_widths["mean_in_system"]
        assert abs(visit.mean_time_in_system - whole / 1.25) <= 2 * visit.half_widths["mean_time_in_system"]
        assert visit.prob_abandon == 0

    def test_a_day_adds_up(self):
        stations = {
            "desk": simulate.Station(
                1, simulate.exponential(1.0), simulate.exponential(0.9), simulate.exponential(2.0)
            ),
            "room": simulate.Station(2, simulate.exponential(1.0)),
        }
        result = small_network(stations=stations, routing={"desk": {"room": 0.5}}, replications=3)
        visits = result.visits()
        assert visits["time_in_system"] == pytest.approx(visits["wait"] + visits["service"])
        assert visits["end"] == pytest.approx(visits["arrival"] + visits["time_in_system"])
        assert visits["stations"].sum() == sum(each.customers for each in result.stations.values())
        assert visits["wait"].sum() == pytest.approx(
            sum(each.records()["wait"].sum() for each in result.stations.values())
        )
        assert result.visit_metrics.prob_abandon == pytest.approx(visits["abandoned"].mean())
        assert visits["abandoned"].sum() == result.stations["desk"].records()["abandoned"].sum()
        assert result.visit_metrics.mean_time_in_system == pytest.approx(visits["time_in_system"].mean())
        assert visits["arrival"].max() <= 40
        spans = [max(40, visits["end"][visits["replication"] == one].max()) for one in range(3)]
        assert result.visit_metrics.mean_in_system == pytest.approx(visits["time_in_system"].sum() / sum(spans))

    def test_reproducible_and_each_replication_for_itself(self):
        few, again, many = (small_network(replications=number).visits() for number in (2, 2, 4))
        assert few["end"].tolist() == again["end"].tolist()
        assert few["end"].tolist() == many["end"][many["replication"] < 2].tolist()
        assert small_network(rng=2).visits()["end"].tolist() != small_network().visits()["end"].tolist()

    def test_a_change_at_one_station_leaves_the_arrivals_as_they_were(self):
        faster = {
            "desk": simulate.Station(4, simulate.exponential(0.2), interarrival=simulate.exponential(0.8)),
            "room": simulate.Station(3, simulate.exponential(2.5)),
        }
        assert small_network().visits()["arrival"] == pytest.approx(small_network(stations=faster).visits()["arrival"])

    @pytest.mark.parametrize(
        ("arguments", "error", "message"),
        [
            ({"routing": {"desk": {"rom": 0.5}}}, UnknownNameError, "no station called 'rom'. Did you mean 'room'"),
            ({"routing": {"dsk": {"room": 0.5}}}, UnknownNameError, "no station called 'dsk'"),
            ({"routing": {"desk": {"room": 1.5}}}, ValueError, "`routing from desk to room` must lie between 0 and 1"),
            ({"routing": {"desk": {"room": 0.7, "desk": 0.7}}}, ValueError, "must sum to at most 1, got 1.4"),
            ({"routing": {"desk": {"room": 1}, "room": {"desk": 1}}}, ValueError, "can never leave"),
            ({"until": 0}, ValueError, "`until` must be above zero"),
            ({"until": "noon"}, TypeError, "`until` must be a number"),
            ({"warm_up": 50}, ValueError, r"`warm_up` must end before `until` \(40\), got 50"),
            ({"warm_up": -1}, ValueError, "`warm_up` must not be negative"),
            ({"replications": 0}, ValueError, "`replications` must be at least 1"),
            ({"rng": None}, TypeError, "`rng` must be a seed"),
            ({"stations": [1]}, TypeError, "`stations` must map names to Station"),
            ({"stations": {}}, ValueError, "`stations` must have one with `interarrival`"),
            (
                {"stations": {"a": simulate.Station(0, replay([1]), replay([1]))}, "routing": {}},
                ValueError,
                "`servers of a` must be at least 1",
            ),
            (
                {"stations": {"a": simulate.Station(1, 3.0, replay([1]))}, "routing": {}},
                TypeError,
                "`service of a` must be a distribution",
            ),
        ],
    )
    def test_bad_input(self, arguments, error, message):
        with pytest.raises(error, match=message):
            small_network(**arguments)

    def test_an_overloaded_station_is_named_in_a_long_run_only(self):
        slow = {
            "desk": simulate.Station(2, simulate.exponential(1.0), interarrival=simulate.exponential(0.8)),
            "room": simulate.Station(3, simulate.exponential(4.0)),
        }
        with pytest.raises(
            UnstableQueueError, match=r"servers of 'room' must exceed .* \(4.06977\), got 3.*Use 5 or more"
        ):
            small_network(stations=slow, warm_up=10)
        assert small_network(stations=slow).stations["room"].customers > 0
