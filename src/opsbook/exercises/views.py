"""Explorers with a view of their own: an element that plays or edits what a model gives, the same in both media.

A view is a custom element, ``static/views/ELEMENT.js`` with ``ELEMENT.css``, that shows whatever its property ``data``
holds; a script of the page, or a widget in JupyterLab, sets it at every move of a slider. What a view shows without a
script is a still chart and the result in words.
"""

from dataclasses import dataclass
from functools import cached_property
from html import escape
from typing import Any, ClassVar, Final

import anywidget
import traitlets

from opsbook.charts.frame import View
from opsbook.charts.theme import check
from opsbook.exercises.assets import asset, view_script, view_style
from opsbook.exercises.explorers import Moved, in_words, weighed

__all__ = ["VIEW_MIME_TYPE", "ElementExplorer", "ElementWidget"]

VIEW_MIME_TYPE: Final = "application/vnd.opsbook.animation.v1+json"


class ElementWidget(anywidget.AnyWidget):
    """A view's element in JupyterLab: it shows the data that Python sends. A subclass names its element."""

    element = traitlets.Unicode().tag(sync=True)
    data = traitlets.Dict().tag(sync=True)

    _element: ClassVar[str]

    def __init_subclass__(cls, *, element: str = "", **options: Any) -> None:
        if element:  # traitlets makes further subclasses by itself
            cls._element = element
            cls._esm = view_script(element) + asset("keys.js") + asset("views/widget.js")
            cls._css = view_style(element)
        super().__init_subclass__(**options)

    def __init__(self, **state: Any) -> None:
        super().__init__(element=self._element, **state)


@dataclass(frozen=True)
class ElementExplorer(Moved):
    """An explorer whose view is an element of its own; a subclass names it and draws the still picture."""

    message: str
    description: str
    subtitle: str

    element: ClassVar[str]
    widget: ClassVar[type[ElementWidget]]
    remedy: ClassVar[str] = "give the sliders fewer positions"

    def __repr__(self) -> str:
        return f"[Explorer] {self.message}"

    def data(self, **values: float) -> dict[str, Any]:
        """Return what the element shows at one position of every slider."""
        shown: dict[str, Any] = self.model(**values)
        return shown

    @property
    def common(self) -> dict[str, Any]:
        """What the element shows at every position alike, so that a page carries it once."""
        return {}

    def still(self, data: dict[str, Any]) -> View:
        """Return the chart that a reader without a script sees at the first position."""
        raise NotImplementedError

    @cached_property
    def specification(self) -> dict[str, Any]:
        """The still picture at the sliders' first positions."""
        start = {name: slider.start for name, slider in self.sliders.items()}
        spec: dict[str, Any] = self.still(self.data(**start)).to_dict()
        check(spec)
        return spec

    @cached_property
    def payload(self) -> dict[str, Any]:
        """All that the page needs: controls, what is shown and said at every position, the still picture."""
        return weighed(
            {
                "view": self.element,
                "controls": self.controls(),
                "sentences": self.over_the_grid(self.sentence),
                "data": self.over_the_grid(self.data),
                "spec": self.specification,
                **({"common": self.common} if self.common else {}),
            },
            self.remedy,
        )

    def live(self) -> Any:
        """Return the explorer as ipywidgets whose every move calls the model."""
        import ipywidgets  # noqa: PLC0415 - only JupyterLab needs it

        view, words = self.widget(), ipywidgets.HTML()
        heading = ipywidgets.HTML(f"<strong>{escape(self.message)}</strong><br>{escape(self.subtitle)}")

        def update(**values: float) -> None:
            view.data = {**self.common, **self.data(**values)}
            words.value = in_words(self.sentence(**values))

        return ipywidgets.VBox([heading, *self.selectors(update), view, words])

    def _repr_mimebundle_(self, **_options: object) -> dict[str, Any]:
        view = self.live()._repr_mimebundle_()
        return {**view, VIEW_MIME_TYPE: self.payload, "text/plain": repr(self)}
