"""Data sets that a generator makes, with every assumption in sight."""

from opsbook.datasets.synthetic.contact import OPERATIONS, Operation, Task, contact_shares
from opsbook.datasets.synthetic.contacts import CHANNELS, REASONS, Channel, Reason, contact_log
from opsbook.datasets.synthetic.production import STATIONS, Station, production_line
from opsbook.datasets.synthetic.survey import DIMENSIONS, Dimension, servqual_survey
from opsbook.datasets.synthetic.turnover import SITES, Site, staff_turnover

__all__ = [
    "CHANNELS",
    "DIMENSIONS",
    "OPERATIONS",
    "REASONS",
    "SITES",
    "STATIONS",
    "Channel",
    "Dimension",
    "Operation",
    "Reason",
    "Site",
    "Station",
    "Task",
    "contact_log",
    "contact_shares",
    "production_line",
    "servqual_survey",
    "staff_turnover",
]
