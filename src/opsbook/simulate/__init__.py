"""Simulate queues and networks of them, customer by customer, and measure them as the formulas do.

`simulate_queue` simulates one queue before one group of servers; `simulate_network` routes customers between several.
Both return measures with 95 % confidence intervals, in the record `opsbook.queues.QueueMetrics` that the formulas
return too. Any consistent unit of time will do. Nothing depends on hidden state: the seed is an argument.
"""

from opsbook.simulate.distributions import (
    Distribution,
    Sampler,
    deterministic,
    empirical,
    erlang,
    exponential,
    gamma,
    hyperexponential,
    lognormal,
    uniform,
)
from opsbook.simulate.network import Network, Station, simulate_network
from opsbook.simulate.queue import simulate_queue
from opsbook.simulate.results import Estimate, Simulation
from opsbook.simulate.schedule import Arrivals, Shifts, appointments, arrivals_by_rate, arrivals_per_interval, shifts

__all__ = [
    "Arrivals",
    "Distribution",
    "Estimate",
    "Network",
    "Sampler",
    "Shifts",
    "Simulation",
    "Station",
    "appointments",
    "arrivals_by_rate",
    "arrivals_per_interval",
    "deterministic",
    "empirical",
    "erlang",
    "exponential",
    "gamma",
    "hyperexponential",
    "lognormal",
    "shifts",
    "simulate_network",
    "simulate_queue",
    "uniform",
]
