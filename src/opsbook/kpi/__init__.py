"""Key performance indicators, each defined once and computed the same way everywhere.

A `Measure` is a definition card that can be computed: its texts say what is divided by what, which events start and
stop the clock and how abandonment counts, and its expressions do exactly that. `table` evaluates any set of measures
at any grain, on pandas, Polars or DuckDB, and `report` adds the intervals::

    kpi.table(log, by=[kpi.every("day"), "channel"], measures=[kpi.service_level(threshold=20), kpi.asa(), kpi.csat()])

A measure is computed in three steps: values of each row, plain aggregates of them (sum, count, min or max of one
column), and one ratio of the aggregates. So a total is never an average of averages, and a group's figure has the
same definition as the whole log's.

Notes
-----
**A figure is an estimate.** The contacts of a month are a sample of what the operation does. `report` gives every
proportion, mean and net promoter score its interval, `compare` the interval of a difference, and `peers` says of each
person or team whether it differs by more than chance, and what to expect of it next.

**What the intervals assume.** Contacts that are independent of each other, and answers that stand for those not given.
The same customer twice, a bad hour that hits many, and angry customers who answer more often all break that, and no
formula here mends it: then an interval is too narrow.
"""

from opsbook.kpi.catalogue import catalogue, conventions, example
from opsbook.kpi.contacts import abandonment, aht, asa, escalation, fcr, service_level, transfer
from opsbook.kpi.flow import contact_share, flow_time, throughput, wip
from opsbook.kpi.intervals import Interval, nps_interval, quantile_interval, wilson
from opsbook.kpi.keys import PERIODS, Every, every
from opsbook.kpi.measure import Doubt, Measure
from opsbook.kpi.peers import Comparison, Funnel, Shrunk, compare, difference, funnel, peers, shrink
from opsbook.kpi.reports import report
from opsbook.kpi.resources import (
    availability,
    cost_per_contact,
    occupancy,
    oee,
    performance_rate,
    quality_rate,
    turnover,
    utilisation,
)
from opsbook.kpi.survey import ces, csat, nps, response_rate
from opsbook.kpi.tables import problems, rename, table

__all__ = [
    "PERIODS",
    "Comparison",
    "Doubt",
    "Every",
    "Funnel",
    "Interval",
    "Measure",
    "Shrunk",
    "abandonment",
    "aht",
    "asa",
    "availability",
    "catalogue",
    "ces",
    "compare",
    "contact_share",
    "conventions",
    "cost_per_contact",
    "csat",
    "difference",
    "escalation",
    "every",
    "example",
    "fcr",
    "flow_time",
    "funnel",
    "nps",
    "nps_interval",
    "occupancy",
    "oee",
    "peers",
    "performance_rate",
    "problems",
    "quality_rate",
    "quantile_interval",
    "rename",
    "report",
    "response_rate",
    "service_level",
    "shrink",
    "table",
    "throughput",
    "transfer",
    "turnover",
    "utilisation",
    "wilson",
    "wip",
]
