"""Questions that know the mistake: a bank in YAML, one way of marking, and the places where they are asked.

Use :func:`question` to ask, :func:`mark` to mark, and :func:`check` for the code a learner writes::

    from opsbook import exercises

    exercises.question("customer-contact/…")
"""

from opsbook.exercises.banks import BankReport, bank, bank_report, mark, question
from opsbook.exercises.checks import Verdict, check
from opsbook.exercises.page import markup, payload
from opsbook.exercises.question import Mark, Question

__all__ = [
    "BankReport",
    "Mark",
    "Question",
    "Verdict",
    "bank",
    "bank_report",
    "check",
    "mark",
    "markup",
    "payload",
    "question",
]
