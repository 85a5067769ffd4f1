"""Queues: how long customers wait, how many leave, and what one server more would change.

==================  ==========================================================================================
`erlang_b`          No queue: who finds all servers busy is lost (beds, lines, parking places).
`erlang_c`          Everybody waits for as long as it takes (M/M/n).
`erlang_a`          Customers wait, and leave when their patience ends (M/M/n+M).
`mg1`, `ggc`        Service times of any variability at one server; arrivals too, and several servers (approximate).
`pooled`            Streams of customers with queues of their own against one queue for all.
`halfin_whitt`      What happens to large systems; `square_root_staffing` turns it round.
`littles_law`       The one relation that holds in every queue.
==================  ==========================================================================================

All models describe the long run, with the same rates at all times. Any unit of time will do if all arguments use it.
Each model but `erlang_b` returns a `QueueMetrics`, and so does a simulation::

    desk = queues.erlang_a(12, arrival_rate=200, mean_service_time=1 / 20, mean_patience=1 / 30)
    desk.service_level(1 / 180), desk.prob_abandon, desk.occupancy

Notes
-----
**Accuracy.** Erlang B, C and A are right to 12 significant digits wherever the true value is at least 1e-290; smaller
values may come out as 0. Loads may go up to 1e10 erlangs, and the offered load is arrival rate × mean service time
as a floating-point number has it.

**Cost.** B and C add about 9√load numbers (more only where there are more servers than load, and then at most about
46√load). What A adds for the waiting customers does not grow.

**What is counted.** Every share states its denominator; see `QueueMetrics`.
"""

from opsbook.queues.metrics import QueueMetrics
from opsbook.queues.models import erlang_a, erlang_b, erlang_c, ggc, mg1
from opsbook.queues.rules import Pooling, halfin_whitt, littles_law, pooled, square_root_staffing

__all__ = [
    "Pooling",
    "QueueMetrics",
    "erlang_a",
    "erlang_b",
    "erlang_c",
    "ggc",
    "halfin_whitt",
    "littles_law",
    "mg1",
    "pooled",
    "square_root_staffing",
]
