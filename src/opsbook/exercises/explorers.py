"""Explorers: a model behind sliders, live in JupyterLab and as a precomputed grid in the page."""

import itertools
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, Final

import pandas as pd

from opsbook.charts.frame import View
from opsbook.charts.picture import svg
from opsbook.charts.theme import check
from opsbook.errors import ChartError
from opsbook.files import font_faces

__all__ = ["EXPLORER_MIME_TYPE", "MAX_BYTES", "Explorer", "Moved", "Slider", "explore", "in_words", "weighed"]

EXPLORER_MIME_TYPE: Final = "application/vnd.opsbook.explorer.v1+json"
MAX_BYTES: Final = 150_000


@dataclass(frozen=True)
class Slider:
    """One control of an explorer.

    Parameters
    ----------
    label : str
        What the reader moves, in words.
    values : sequence of float
        Every position of the slider, in order.
    start : float
        The position at first; one of `values`.
    unit : str
        Unit of the values, shown behind them.
    texts : sequence of str
        What the slider shows at each position, where a number with its unit would say too little.

    Examples
    --------
    >>> clerks = Slider("clerks", values=[1, 2, 3], start=2, unit="people")
    >>> clerks.text(2)
    '2 people'
    """

    label: str
    values: Sequence[float]
    start: float
    unit: str = ""
    texts: Sequence[str] = ()

    def __post_init__(self) -> None:
        if len(set(self.values)) <= 1 or list(self.values) != sorted(set(self.values)):
            raise ValueError(
                f"`values` of the slider {self.label!r} must rise and be at least two, got {self.values!r}."
            )
        written = [f"{value:g}" for value in self.values]
        if len(set(written)) < len(written) or any("e" in number for number in written):
            raise ValueError(
                f"`values` of the slider {self.label!r} must differ in six digits written without an exponent, "
                f"got {self.values!r}. Choose another unit."
            )
        if self.start not in self.values:
            raise ValueError(f"`start` of the slider {self.label!r} must be one of its values, got {self.start!r}.")
        if self.texts and len(self.texts) != len(self.values):
            raise ValueError(
                f"`texts` of the slider {self.label!r} must be as many as its values, {len(self.values)}, "
                f"got {len(self.texts)}."
            )

    def text(self, value: float) -> str:
        """Return what the slider shows at `value`."""
        if self.texts:
            return self.texts[list(self.values).index(value)]
        return f"{value:g}%" if self.unit == "%" else f"{value:g} {self.unit}".strip()


@dataclass(frozen=True)
class Moved:
    """What every explorer is, whatever view it has: a model, sliders that move it, and its result in words."""

    model: Callable[..., Any]
    sliders: Mapping[str, Slider]
    sentence: Callable[..., str]

    def positions(self) -> list[dict[str, float]]:
        """Return every combination of slider positions."""
        grids = itertools.product(*(slider.values for slider in self.sliders.values()))
        return [dict(zip(self.sliders, position, strict=True)) for position in grids]

    def over_the_grid(self, result: Callable[..., Any]) -> dict[str, Any]:
        """Return what `result` gives at every combination, under the name that the page's script looks up."""
        return {"|".join(f"{value:g}" for value in at.values()): result(**at) for at in self.positions()}

    def controls(self) -> list[dict[str, Any]]:
        """Return the sliders as the page needs them."""
        return [
            {
                "name": name,
                "label": slider.label,
                "values": list(slider.values),
                "texts": [slider.text(value) for value in slider.values],
                "start": list(slider.values).index(slider.start),
            }
            for name, slider in self.sliders.items()
        ]

    def selectors(self, update: Callable[..., None]) -> list[Any]:
        """Return the sliders as ipywidgets that call `update` with every position now and at each move."""
        import ipywidgets  # noqa: PLC0415 - only JupyterLab needs it

        # As wide as the longest label, or JupyterLab would cut it.
        label = max([16.0, *(0.6 * len(slider.label) for slider in self.sliders.values())])
        made = {
            name: ipywidgets.SelectionSlider(
                options=[(slider.text(value), value) for value in slider.values],
                value=slider.start,
                description=slider.label,
                continuous_update=True,
                style={"description_width": f"{label:.1f}em"},
                layout={"width": f"min({label + 26:.1f}em, 100%)"},
            )
            for name, slider in self.sliders.items()
        }

        def move(_change: object = None) -> None:
            update(**{name: control.value for name, control in made.items()})

        for control in made.values():
            control.observe(move, names="value")
        move()
        return list(made.values())


def in_words(sentence: str) -> str:
    """Return a result in words as JupyterLab shows and announces it."""
    return f'<p role="status" style="max-width: 42em">{escape(sentence)}</p>'


def weighed(payload: dict[str, Any], remedy: str) -> dict[str, Any]:
    """Return `payload` if a page can carry it."""
    size = len(json.dumps(payload, ensure_ascii=False).encode())
    if size > MAX_BYTES:
        raise ValueError(f"an explorer's grid must stay under {MAX_BYTES} bytes, this one has {size}; {remedy}.")
    return payload


@dataclass(frozen=True)
class Explorer(Moved):
    """A model that a reader moves; made by `explore`, shown by being a cell's last value."""

    chart: Callable[[pd.DataFrame], View]

    def __post_init__(self) -> None:
        if not self.sliders:
            raise ValueError("`sliders` must name at least one control; a model without one is a chart.")

    def __repr__(self) -> str:
        return f"[Explorer] {check(self.specification)}"

    def rows(self, **values: float) -> pd.DataFrame:
        """Return what the model gives for one position of every slider."""
        rows: pd.DataFrame = self.model(**values)
        return rows

    @cached_property
    def specification(self) -> dict[str, Any]:
        """The chart over the whole grid, with one parameter for each slider that picks the rows to draw."""
        answers = [(self.rows(**values), values) for values in self.positions()]
        if clashing := sorted(set(self.sliders) & {str(name) for rows, _ in answers for name in rows.columns}):
            raise ValueError(
                f"`model` must not return a column called as a slider is, got {', '.join(clashing)}. Rename the column."
            )
        grid = pd.concat([rows.assign(**values) for rows, values in answers], ignore_index=True)
        spec = self.chart(grid).to_dict()
        if len(spec.get("datasets", {})) != 1:
            raise ChartError(
                "an explorer's chart must draw from the rows that it is given and no others, since the sliders pick "
                "among those. Write a fixed mark with `alt.datum`."
            )
        spec["params"] = [
            *spec.get("params", []),
            *({"name": f"at_{name}", "value": slider.start} for name, slider in self.sliders.items()),
        ]
        picked = " && ".join(f"datum[{json.dumps(name)}] === at_{name}" for name in self.sliders)
        spec["transform"] = [{"filter": picked}, *spec.get("transform", [])]
        check(spec)
        return spec

    @cached_property
    def payload(self) -> dict[str, Any]:
        """All that the page needs: controls, the chart over the grid, and the result in words at every point."""
        return weighed(
            {
                "controls": self.controls(),
                "sentences": self.over_the_grid(self.sentence),
                "spec": self.specification,
            },
            "give the sliders fewer positions or the model fewer rows and decimals",
        )

    def live(self) -> Any:
        """Return the explorer as ipywidgets whose every move calls the model."""
        import ipywidgets  # noqa: PLC0415 - only JupyterLab needs it

        picture, words, heading = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.HTML()
        # Words of a picture were given the room that they take in the book's own font; JupyterLab's is wider.
        fonts = ipywidgets.HTML(f"<style>{font_faces()}</style>", layout={"display": "none"})

        def update(**values: float) -> None:
            spec = self.chart(self.rows(**values)).to_dict()
            message, under = check(spec), spec["title"].get("subtitle", [])
            lines = [under] if isinstance(under, str) else under
            heading.value = "<br>".join([f"<strong>{escape(message)}</strong>", *map(escape, lines)])
            picture.value = f"<div style=\"font-family: 'Source Sans Pro'\">{svg(spec)}</div>"
            words.value = in_words(self.sentence(**values))

        return ipywidgets.VBox([fonts, heading, *self.selectors(update), picture, words])

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        view = self.live()._repr_mimebundle_()
        return {**view, EXPLORER_MIME_TYPE: self.payload, "text/plain": repr(self)}


def explore(
    model: Callable[..., pd.DataFrame],
    *,
    sliders: Mapping[str, Slider],
    chart: Callable[[pd.DataFrame], View],
    sentence: Callable[..., str],
) -> Explorer:
    """Let a reader move a model and see, in a chart and in words, what it answers.

    In JupyterLab every move calls `model`. The page carries the model's answers at every combination of the
    sliders' positions, so that it needs no kernel; both come from the same call.

    Parameters
    ----------
    model : callable
        Takes one keyword for each slider and returns the rows to draw.
    sliders : mapping of str to Slider
        The controls, by the keyword of `model` and `sentence` that each one moves.
    chart : callable
        Takes the rows and returns a chart made with `charts.titled`. It draws from these rows alone, and fixes its
        scales, so that the axes stand still while the marks move.
    sentence : callable
        Takes the same keywords as `model` and restates the result in words.

    Returns
    -------
    Explorer

    Raises
    ------
    ValueError
        No slider is given, a column of the model's rows is called as a slider is, or the grid takes more than 150 kB.
    ChartError
        The chart draws from other rows too.

    Examples
    --------
    >>> import altair as alt
    >>> from opsbook import charts
    >>> def model(clerks):
    ...     return pd.DataFrame({"jobs": [6 * clerks]})
    >>> def chart(rows):
    ...     bars = alt.Chart(rows).mark_bar().encode(x=alt.X("jobs:Q", scale=alt.Scale(domain=[0, 20])))
    ...     return charts.titled(bars, "Each clerk adds six jobs", description="One bar, the jobs an hour.")
    >>> moved = explore(
    ...     model,
    ...     sliders={"clerks": Slider("clerks", values=[1, 2, 3], start=2)},
    ...     chart=chart,
    ...     sentence=lambda clerks: f"{clerks} clerks do {6 * clerks} jobs an hour.",
    ... )
    >>> moved
    [Explorer] Each clerk adds six jobs
    >>> int(moved.rows(clerks=3)["jobs"].sum())
    18
    """
    return Explorer(model, sliders, sentence, chart)
