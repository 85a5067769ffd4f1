"""Questions that know the mistake: a bank in YAML, one way of marking, and the places where they are asked.

Use :func:`question` to ask, :func:`mark` to mark, and :func:`check` for the code a learner writes::

    from opsbook import exercises

    exercises.question("customer-contact/…")
"""

from importlib import import_module
from typing import Any

from opsbook.exercises.banks import BankReport, bank, bank_report, catalogue, check_code, mark, question
from opsbook.exercises.checks import check
from opsbook.exercises.exam import draw_exam
from opsbook.exercises.page import markup, payload
from opsbook.exercises.question import Mark, Question

__all__ = [
    "BankReport",
    "Mark",
    "Question",
    "Slider",
    "animate_queue",
    "bank",
    "bank_report",
    "catalogue",
    "check",
    "check_code",
    "contact_audit",
    "draw_exam",
    "edit_blueprint",
    "explore",
    "mark",
    "markup",
    "my_progress",
    "payload",
    "play_control_chart",
    "question",
    "queue_path",
]

# What shows charts or widgets loads Altair, pandas and ipywidgets, which asking and marking do without.
_SHOWING = {
    "Slider": "explorers",
    "animate_queue": "animation",
    "contact_audit": "audit_form",
    "edit_blueprint": "blueprint_editor",
    "explore": "explorers",
    "my_progress": "progress_view",
    "play_control_chart": "control_player",
    "queue_path": "animation",
}


def __getattr__(name: str) -> Any:
    if name in _SHOWING:
        return getattr(import_module(f"{__name__}.{_SHOWING[name]}"), name)
    raise AttributeError(f"module 'opsbook.exercises' has no attribute {name!r}; it offers {', '.join(__all__)}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_SHOWING])
