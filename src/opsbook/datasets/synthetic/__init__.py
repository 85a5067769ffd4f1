"""Data sets that a generator makes, with every assumption in sight."""

from opsbook.datasets.synthetic.contact import OPERATIONS, Operation, Task, contact_shares
from opsbook.datasets.synthetic.production import STATIONS, Station, production_line
from opsbook.datasets.synthetic.turnover import SITES, Site, staff_turnover

__all__ = [
    "OPERATIONS",
    "SITES",
    "STATIONS",
    "Operation",
    "Site",
    "Station",
    "Task",
    "contact_shares",
    "production_line",
    "staff_turnover",
]
