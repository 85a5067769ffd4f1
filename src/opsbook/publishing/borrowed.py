"""What a page that is no notebook takes from elsewhere: a question of the bank, and an explorer of a chapter."""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective

from opsbook.exercises.explorers import EXPLORER_MIME_TYPE
from opsbook.exercises.views import VIEW_MIME_TYPE
from opsbook.publishing.figures import explorer_figure
from opsbook.publishing.notebooks import stored
from opsbook.publishing.outputs import asked_nodes, figure_nodes
from opsbook.validation import known

__all__ = ["BorrowedExplorer", "BorrowedQuestion", "explorers", "narrowed", "titled"]


def explorers(notebook: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the payloads of a notebook's explorers by the message of each."""
    payloads = (data[mime] for mime, data in stored(notebook, EXPLORER_MIME_TYPE, VIEW_MIME_TYPE))
    return {payload["spec"]["title"]["text"]: payload for payload in payloads}


def narrowed(payload: Mapping[str, Any], sliders: Sequence[str]) -> dict[str, Any]:
    """Return an explorer with some of its sliders; the others stay where they are at first.

    Parameters
    ----------
    payload : mapping
        An explorer with a view of its own. One that draws a chart needs all of its sliders to pick among the rows.
    sliders : sequence of str
        The names of the sliders to keep.

    Raises
    ------
    UnknownNameError
        The explorer has no such slider.
    ValueError
        The explorer draws a chart.
    """
    if "view" not in payload:
        raise ValueError("`sliders` can be chosen for an explorer with a view of its own, not for a chart. Keep all.")
    controls = payload["controls"]
    for name in sliders:
        known("slider", name, [control["name"] for control in controls])
    grid = itertools.product(
        *(
            control["values"] if control["name"] in sliders else [control["values"][control["start"]]]
            for control in controls
        )
    )
    kept = [place for place, control in enumerate(controls) if control["name"] in sliders]
    keys = {
        "|".join(f"{value:g}" for value in at): "|".join(f"{at[place]:g}" for place in kept) for at in map(list, grid)
    }
    fewer = {name: {short: payload[name][whole] for whole, short in keys.items()} for name in ("sentences", "data")}
    return {**payload, "controls": [controls[place] for place in kept], **fewer}


def titled(payload: Mapping[str, Any], title: str) -> dict[str, Any]:
    """Return an explorer with another message above it."""
    spec = payload["spec"]
    return {**payload, "spec": {**spec, "title": {**spec["title"], "text": title}}}


class BorrowedQuestion(SphinxDirective):
    """A question of the bank; the argument is its full id."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return [*asked_nodes(self.env, self.arguments[0])]


class BorrowedExplorer(SphinxDirective):
    """An explorer of the notebook that is the argument.

    So it is made, proved and explained in one place. Its message picks it out, `sliders` keeps some of its controls,
    and `title` says what it shows then.
    """

    required_arguments = 1
    option_spec: ClassVar = dict.fromkeys(("message", "sliders", "title"), directives.unchanged_required)

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        found = explorers(json.loads(Path(path).read_text(encoding="utf8")))
        try:
            payload = found[known("explorer", self.options.get("message", next(iter(found), "")), found)]
            if "sliders" in self.options:
                payload = narrowed(payload, self.options["sliders"].split())
            if "title" in self.options:
                payload = titled(payload, self.options["title"])
        except (LookupError, ValueError) as error:
            raise self.error(str(error)) from None
        static = "../" * self.env.docname.count("/") + "_static"
        # Notebooks count their explorers by cell, so no name of theirs is like this one.
        name = f"explorer-{self.env.new_serialno('explorer')}"
        return [*figure_nodes(self.env, explorer_figure(payload, static=static, name=name))]
