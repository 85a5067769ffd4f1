"""From an exported contact log to a KPI report: what ``opsbook kpi`` does.

`report` reads a log and lists all that is missing or malformed in it, computes the measures of `opsbook.kpi` with their
intervals, and saves them as CSV and as one page that needs nothing else.
"""

from opsbook.reporting.command import Report, report

__all__ = ["Report", "report"]
