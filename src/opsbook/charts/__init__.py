"""Charts of the course: Altair with one theme, a message for a title, and a description for every reader."""

from opsbook.charts.blueprint import blueprint
from opsbook.charts.contact import contact_extents, contact_shares, decoupling, timeline
from opsbook.charts.frame import titled
from opsbook.charts.measures import funnel
from opsbook.charts.pareto import pareto
from opsbook.charts.quality import control_chart
from opsbook.charts.queues import waiting_line
from opsbook.charts.staffing import staffing_plan
from opsbook.charts.theme import CONTACT_COLOURS, PALETTE

__all__ = [
    "CONTACT_COLOURS",
    "PALETTE",
    "blueprint",
    "contact_extents",
    "contact_shares",
    "control_chart",
    "decoupling",
    "funnel",
    "pareto",
    "staffing_plan",
    "timeline",
    "titled",
    "waiting_line",
]
