import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsbook import queues
from opsbook.errors import UnstableQueueError

property_test = settings(deadline=None, max_examples=60)
amount = st.floats(1e-3, 1e6)


class TestLittlesLaw:
    @property_test
    @given(amount, amount)
    def test_each_figure_follows_from_the_others(self, throughput, flow_time):
        number = queues.littles_law(throughput=throughput, flow_time=flow_time)
        assert type(number) is float
        assert queues.littles_law(number_in_system=number, flow_time=flow_time) == pytest.approx(throughput)
        assert queues.littles_law(number_in_system=number, throughput=throughput) == pytest.approx(flow_time)

    def test_it_holds_in_every_model(self):
        desk = queues.erlang_c(3, arrival_rate=[1.0, 2.0], mean_service_time=1)
        found = queues.littles_law(throughput=desk.throughput, flow_time=desk.mean_time_in_system)
        np.testing.assert_allclose(found, desk.mean_in_system)

    def test_nobody_in_the_system(self):
        assert queues.littles_law(throughput=0, flow_time=5) == 0
        assert queues.littles_law(number_in_system=0, flow_time=5) == 0

    @pytest.mark.parametrize("given", [{}, {"throughput": 1}, dict.fromkeys(("number_in_system", "throughput"), 1)])
    def test_two_figures_are_needed(self, given):
        if len(given) == 2:
            given = given | {"flow_time": 1}
        with pytest.raises(TypeError, match=rf"takes two of number_in_system, throughput, flow_time, got {len(given)}"):
            queues.littles_law(**given)

    @pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf, "2", True, []])
    def test_one_clear_error(self, bad):
        with pytest.raises((TypeError, ValueError), match="`throughput`"):
            queues.littles_law(number_in_system=3, throughput=bad)


class TestPooling:
    @property_test
    @given(st.lists(st.tuples(st.integers(1, 20), st.floats(0.05, 0.97)), min_size=2, max_size=5), st.floats(0.1, 10))
    def test_equal_service_times_gain(self, streams, service):
        servers = [count for count, _ in streams]
        rates = [count * occupancy / service for count, occupancy in streams]
        change = queues.pooled(servers, arrival_rate=rates, mean_service_time=[service] * len(streams))
        assert change.mean_wait_together <= change.mean_wait_separate * (1 + 1e-9)
        assert change.service_scv == 1
        whole = queues.erlang_c(sum(servers), arrival_rate=math.fsum(rates), mean_service_time=service)
        assert change.mean_wait_together == pytest.approx(whole.mean_wait, rel=1e-6)
        assert change.together.offered_load == pytest.approx(change.separate.offered_load.sum())

    def test_unequal_service_times_can_lose(self):
        change = queues.pooled([1, 1], arrival_rate=[0.8, 0.08], mean_service_time=[1, 10])
        assert change.mean_wait_together > change.mean_wait_separate
        # p = 10/11, 1/11; E[S] = 20/11, E[S²] = 2·(10 + 100)/11.
        assert change.service_scv == pytest.approx(20 / (20 / 11) ** 2 - 1)
        np.testing.assert_allclose(change.separate.mean_wait, [4, 40])
        assert change.mean_wait_separate == pytest.approx((4 * 10 + 40) / 11)

    def test_one_server_for_a_mixture_is_mg1(self):
        change = queues.pooled([1, 0 + 1], arrival_rate=[0.2, 0.1], mean_service_time=[1, 3])
        assert change.together.offered_load == pytest.approx(0.5)
        assert type(change.mean_wait_together) is float

    def test_errors(self):
        with pytest.raises(UnstableQueueError, match="got 1 at position 1"):
            queues.pooled([1, 1], arrival_rate=[0.5, 2], mean_service_time=[1, 1])
        with pytest.raises(ValueError, match="shapes that broadcast"):
            queues.pooled([1, 1], arrival_rate=[0.5, 0.2, 0.1], mean_service_time=[1, 1])
        with pytest.raises(ValueError, match="`arrival_rate` must be above zero"):
            queues.pooled([1, 1], arrival_rate=[0.5, 0], mean_service_time=[1, 1])


class TestSquareRoot:
    def test_the_limit_is_reached(self):
        for beta in (0.1, 0.5, 1, 2):
            load = 1e8
            servers = math.ceil(load + beta * math.sqrt(load))
            exact = queues.erlang_c(servers, arrival_rate=load, mean_service_time=1).prob_wait
            assert queues.halfin_whitt((servers - load) / math.sqrt(load)) == pytest.approx(exact, rel=3e-4)

    def test_ends_of_the_scale(self):
        assert queues.halfin_whitt(0) == 1
        assert queues.halfin_whitt(1e300) == 0
        assert type(queues.halfin_whitt(1)) is float
        values = queues.halfin_whitt([0, 0.5, 1, 40])
        assert (np.diff(values) < 0).all()
        assert values.shape == (4,)

    @property_test
    @given(st.floats(0, 1e6), st.floats(0.001, 0.999))
    def test_the_rule_turns_the_limit_round(self, load, share):
        servers = queues.square_root_staffing(load, prob_wait=share)
        assert type(servers) is int
        if load:
            assert queues.halfin_whitt((servers - load) / math.sqrt(load)) <= share * (1 + 1e-9)
        if servers - 1 >= load > 0:
            assert queues.halfin_whitt((servers - 1 - load) / math.sqrt(load)) >= share * (1 - 1e-9)

    @pytest.mark.parametrize("load", [30.0, 100.0, 1000.0, 20_000.0])
    def test_it_is_a_server_off_at_most(self, load):
        servers = queues.square_root_staffing(load, prob_wait=0.2)
        enough = queues.erlang_c([servers - 1, servers, servers + 1], arrival_rate=load, mean_service_time=1)
        assert enough.prob_wait[0] > 0.2 > enough.prob_wait[2]

    def test_arrays(self):
        found = queues.square_root_staffing([100, 400], prob_wait=[[0.2], [0.5]])
        assert found.dtype == np.int64
        assert found.tolist() == [[111, 422], [106, 411]]

    @pytest.mark.parametrize("bad", [0, 1, -0.2, 1.5, math.nan, "0.2", None, True, []])
    def test_shares_are_shares(self, bad):
        with pytest.raises((TypeError, ValueError), match="`prob_wait`"):
            queues.square_root_staffing(10, prob_wait=bad)

    @pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf, "1", [], True])
    def test_margins_are_not_negative(self, bad):
        with pytest.raises((TypeError, ValueError), match="`beta`"):
            queues.halfin_whitt(bad)
