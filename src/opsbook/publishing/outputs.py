"""How the outputs that only opsbook knows reach the page: MyST-NB asks here for each of them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from myst_nb.core.render import MimeData, NbElementRenderer
from sphinx.environment import BuildEnvironment
from sphinx.util import logging

from opsbook.charts.theme import MIME_TYPE
from opsbook.errors import BankError, UnknownNameError
from opsbook.exercises import markup, question
from opsbook.exercises.banks import bank_paths
from opsbook.exercises.explorers import EXPLORER_MIME_TYPE
from opsbook.exercises.page import QUESTION_MIME_TYPE
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.publishing.figures import Figure, chart_figure, explorer_figure
from opsbook.publishing.practice import note_question

__all__ = ["OutputRenderer", "asked_nodes", "figure_nodes"]


def _content(data: MimeData) -> Any:
    return data.content if isinstance(data.content, dict) else json.loads(data.string)


_LOG = logging.getLogger(__name__)


class OutputRenderer:
    """MyST-NB's plugin for charts, explorers and questions."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = (
        ("*", EXPLORER_MIME_TYPE, 1),
        ("*", VIEW_MIME_TYPE, 1),
        ("*", QUESTION_MIME_TYPE, 1),
        ("*", MIME_TYPE, 1),
    )

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:  # noqa: FBT001 - MyST-NB's signature
        """Return the output as one raw HTML node, or None for a type that is not ours."""
        if inline or data.mime_type not in {MIME_TYPE, EXPLORER_MIME_TYPE, VIEW_MIME_TYPE, QUESTION_MIME_TYPE}:
            return None
        env = renderer.renderer.sphinx_env
        static = "../" * env.docname.count("/") + "_static"
        content = _content(data)
        if data.mime_type == QUESTION_MIME_TYPE:
            return asked_nodes(env, content["id"], content["seed"])
        if data.mime_type in {EXPLORER_MIME_TYPE, VIEW_MIME_TYPE}:
            name = f"explorer-{data.cell_index}-{data.output_index}"
            figure = explorer_figure(content, static=static, name=name)
        else:
            figure = chart_figure(content, static=static)
        return figure_nodes(env, figure)


def asked_nodes(env: BuildEnvironment, question_id: str, seed: int | None = None) -> list[nodes.Element]:
    """Return a question of the bank for the page that is being read, and keep that it asks it."""
    try:
        asked = question(question_id)
    except (BankError, UnknownNameError) as error:
        _LOG.warning(str(error), location=env.docname)
        return [nodes.paragraph(text=f"The question {question_id} is missing.")]
    name = question_id.partition("/")[0]
    # The answers stand in the bank alone, so a page must be built again when its bank changes.
    env.note_dependency(str(bank_paths()[name]))
    note_question(env, question_id, seed)
    # A bank belongs to the chapter of its name, or to the page.
    home = f"book/{name}" if f"book/{name}" in env.found_docs else f"chapters/{name}"
    up = "../" * env.docname.count("/")
    html = markup(
        question_id,
        seed,
        section_url=f"{'' if env.docname == home else f'{up}{home}.html'}#{asked.section}",
        notebook_url=f"{up}_static/notebooks/{env.docname}.ipynb",
    )
    if asked.graded and env.config.opsbook_instructor:
        html = f'<p class="ops-counts"><strong>It counts:</strong> {asked.worth}.</p>{html}'
    return [nodes.raw("", html, format="html")]


def figure_nodes(env: BuildEnvironment, figure: Figure) -> list[nodes.Element]:
    """Return a figure for the page that is being read, and write the files that it leads to."""
    folder = Path(env.app.outdir) / "_static"
    for name, text in figure.files.items():
        path = folder / name
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf8")
    return [nodes.raw("", figure.html, format="html")]
