"""Shows a learner's progress in JupyterLab: the same element that serves the page, with Python's file behind it."""

import re
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import anywidget
import traitlets

from opsbook.exercises import progress
from opsbook.exercises.assets import asset
from opsbook.exercises.banks import bank_paths, catalogue

__all__ = ["ProgressWidget", "my_progress"]

_NOTE = (
    "Your answers are kept in a file on the computer that runs JupyterLab, and are sent nowhere. To go on in the pages "
    "of the book, or on another computer, export them here and import them there."
)


def _in_order(names: Iterable[str]) -> list[str]:
    """Return chapters in the order of the book; where opsbook was installed without the book, by name."""
    contents = next(iter(bank_paths().values())).parents[2] / "_toc.yml"
    text = contents.read_text(encoding="utf-8") if contents.exists() else ""
    listed = re.findall(r"file: (?:chapters|book)/(\S+)$", text, re.MULTILINE)
    return sorted(names, key=lambda name: (listed.index(name) if name in listed else len(listed), name))


def _catalogue() -> dict[str, Any]:
    known = catalogue()
    # A notebook's address in JupyterLab depends on where it was opened, so nothing is linked here: the view gives the
    # line that asks a question.
    names = _in_order({objective.partition("/")[0] for objective in known["objectives"]})
    chapters = {name: {"title": name.replace("-", " ").capitalize(), "part": "", "url": None} for name in names}
    return {"objectives": known["objectives"], "chapters": chapters, "questions": known["questions"]}


class ProgressWidget(anywidget.AnyWidget):
    """The live view of the progress file, made by `my_progress` and shown by being a cell's last value."""

    _esm = asset("ops-progress.js") + asset("keys.js") + asset("progress-widget.js")
    _css = asset("ops-question.css") + asset("ops-progress.css")

    answers = traitlets.Dict().tag(sync=True)
    catalogue = traitlets.Dict().tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self) -> None:
        note = _NOTE
        try:
            answers = _answers()
        except (OSError, RuntimeError) as error:
            answers, note = {}, f"Your progress cannot be read: {error}"
        super().__init__(answers=answers, catalogue=_catalogue(), note=note)
        self.on_msg(self._asked)

    def __repr__(self) -> str:
        return "[My progress]"

    def _asked(self, _widget: object, message: dict[str, Any], _buffers: object) -> None:
        # The view only looks whether another notebook has stored something, and waits for no answer.
        if message["action"] == "look":
            with suppress(OSError, RuntimeError):
                self.answers = _answers()
            return
        try:
            result = _act(message["action"], message["text"])
            self.answers = _answers()
        except (OSError, RuntimeError, ValueError) as error:
            self.send({"asked": message["asked"], "fault": str(error)})
        else:
            self.send({"asked": message["asked"], "result": result})


def _act(action: str, text: str) -> Any:
    if action == "export":
        return progress.export_text()
    if action == "import":
        return progress.merge(text)._asdict()
    if action == "reset":
        return progress.reset() is not None
    return progress.undo()


def _answers() -> dict[str, Any]:
    return {question_id: answer.model_dump() for question_id, answer in progress.load().items()}


def my_progress() -> ProgressWidget:
    """Show what you have answered, by objective, and what to review next.

    The view reads and writes the same file as the questions in JupyterLab, and offers export, import and reset. In
    a notebook its output is the same for every learner; the live view is drawn when the cell runs.

    Returns
    -------
    ProgressWidget
        Shown by being a cell's last value.

    Examples
    --------
    >>> my_progress()
    [My progress]
    """
    return ProgressWidget()
