"""Data sets that a generator makes, with every assumption in sight."""

from opsbook.datasets.synthetic.contact import OPERATIONS, Operation, Task, contact_shares
from opsbook.datasets.synthetic.contacts import ANSWERS, CHANNELS, REASONS, Channel, Reason, contact_log
from opsbook.datasets.synthetic.operations import (
    DEFECTS,
    PRODUCTS,
    Defect,
    Product,
    ServiceOperations,
    service_operations,
)
from opsbook.datasets.synthetic.production import STATIONS, Station, production_line
from opsbook.datasets.synthetic.staffing import contact_staffing
from opsbook.datasets.synthetic.survey import DIMENSIONS, Dimension, servqual_survey
from opsbook.datasets.synthetic.turnover import SITES, Site, staff_turnover

__all__ = [
    "ANSWERS",
    "CHANNELS",
    "DEFECTS",
    "DIMENSIONS",
    "OPERATIONS",
    "PRODUCTS",
    "REASONS",
    "SITES",
    "STATIONS",
    "Channel",
    "Defect",
    "Dimension",
    "Operation",
    "Product",
    "Reason",
    "ServiceOperations",
    "Site",
    "Station",
    "Task",
    "contact_log",
    "contact_shares",
    "contact_staffing",
    "production_line",
    "service_operations",
    "servqual_survey",
    "staff_turnover",
]
