"""Questions that know the mistake: a bank in YAML, one way of marking, and the places where they are asked.

Use :func:`question` to ask, :func:`mark` to mark, and :func:`check` for the code a learner writes::

    from opsbook import exercises

    exercises.question("customer-contact/…")
"""

from importlib import import_module
from typing import Any

from opsbook.exercises.banks import BankReport, bank, bank_report, mark, question
from opsbook.exercises.checks import Verdict, check
from opsbook.exercises.page import markup, payload
from opsbook.exercises.question import Mark, Question

__all__ = [
    "BankReport",
    "Mark",
    "Question",
    "Slider",
    "Verdict",
    "bank",
    "bank_report",
    "check",
    "contact_audit",
    "explore",
    "mark",
    "markup",
    "payload",
    "question",
]

# What draws charts loads Altair and pandas, which asking and marking do without.
_DRAWING = {"Slider": "explorers", "explore": "explorers", "contact_audit": "audit_form"}


def __getattr__(name: str) -> Any:
    if name in _DRAWING:
        return getattr(import_module(f"{__name__}.{_DRAWING[name]}"), name)
    raise AttributeError(f"module 'opsbook.exercises' has no attribute {name!r}; it offers {', '.join(__all__)}")
