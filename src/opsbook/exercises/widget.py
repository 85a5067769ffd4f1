"""Shows a question in JupyterLab: a thin view over the same element that serves the page."""

from typing import Any

import anywidget
import traitlets
from pydantic import ValidationError

from opsbook.exercises import progress
from opsbook.exercises.assets import asset
from opsbook.exercises.banks import question as ask
from opsbook.exercises.code import CodeQuestion
from opsbook.exercises.page import QUESTION_MIME_TYPE, markup
from opsbook.exercises.question import Question

__all__ = ["QuestionWidget", "mimebundle"]


class QuestionWidget(anywidget.AnyWidget):
    """The live view of one question.

    The element marks at once; Python marks again, being the reference, and keeps the answer in the progress file.
    """

    _esm = asset("ops-question.js") + asset("keys.js") + asset("widget.js")
    _css = asset("ops-question.css")

    markup = traitlets.Unicode().tag(sync=True)
    record = traitlets.Dict(allow_none=True, default_value=None).tag(sync=True)
    note = traitlets.Unicode().tag(sync=True)

    def __init__(self, question: Question) -> None:
        self._question_id = question.id
        record, note = None, ""
        try:
            kept = progress.load().get(question.id)
            record = kept.model_dump() if kept else None
        except (OSError, RuntimeError) as error:
            note = f"Progress cannot be read: {error}"
        super().__init__(markup=markup(question.id, question.seed), record=record, note=note)
        self.observe(self._keep, names="record")

    def __repr__(self) -> str:
        return f"QuestionWidget({self._question_id!r})"

    def _keep(self, change: dict[str, Any]) -> None:
        if change["new"] is None:
            return
        try:
            answer = progress.Answer.model_validate(change["new"])
            asked = ask(self._question_id, seed=answer.seed)
            # Code is marked where it runs; what comes from its view is a hint that was read.
            if not isinstance(asked, CodeQuestion):
                answer = answer.model_copy(update={"mark": asked.mark(answer.response).mark})
            progress.save(self._question_id, answer)
            self.note = ""
        except (TypeError, ValidationError):
            self.note = "Progress was not saved: the answer did not arrive whole. Check it again."
        except (OSError, RuntimeError) as error:
            self.note = f"Progress was not saved: {error}"


def mimebundle(question: Question) -> dict[str, Any]:
    """Return what a notebook cell shows and stores for `question`: a live view, its id and seed, and no answer."""
    widget = QuestionWidget(question)
    return {
        "text/plain": repr(question),
        QUESTION_MIME_TYPE: {"id": question.id, "seed": question.seed if question.fixed else None},
        "application/vnd.jupyter.widget-view+json": {
            "version_major": 2,
            "version_minor": 0,
            "model_id": widget.model_id,
        },
    }
