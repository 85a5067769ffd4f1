"""Charts of the course: Altair with one theme, a message for a title, and a description for every reader."""

from opsbook.charts.contact import contact_extents, contact_shares, decoupling, timeline
from opsbook.charts.frame import titled
from opsbook.charts.queues import waiting_line
from opsbook.charts.staffing import staffing_plan
from opsbook.charts.theme import CONTACT_COLOURS, PALETTE

__all__ = [
    "CONTACT_COLOURS",
    "PALETTE",
    "contact_extents",
    "contact_shares",
    "decoupling",
    "staffing_plan",
    "timeline",
    "titled",
    "waiting_line",
]
