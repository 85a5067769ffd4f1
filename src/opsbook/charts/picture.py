"""A chart as an inline SVG picture: the same bytes wherever it is drawn, light or dark, at any width asked for."""

import hashlib
import json
import re
from collections.abc import Mapping
from copy import deepcopy
from functools import cache
from html import escape
from typing import Any, Final

from opsbook.charts.theme import FONT
from opsbook.files import FONTS, font_faces

__all__ = ["NARROW", "WIDE", "document", "drawing_spec", "svg"]

WIDE: Final = 680
NARROW: Final = 340
_ALONE: Final = 960
_INK: Final = "#1d2329"


@cache
def _register_fonts() -> None:
    import vl_convert  # noqa: PLC0415 - a 30 MB library that only drawing needs

    vl_convert.register_font_directory(str(FONTS))


def drawing_spec(spec: Mapping[str, Any], width: int) -> dict[str, Any]:
    """Return `spec` without its title, which the figure's caption carries, sized to `width` pixels in all.

    Panels keep the sizes that they bring: Vega-Lite fits single views only.
    """
    drawn = deepcopy(dict(spec))
    drawn.pop("title", None)
    if "facet" in drawn:
        return drawn
    drawn["width"] = width
    drawn["autosize"] = {"type": "fit", "contains": "padding"}
    if width <= NARROW:
        config = drawn.setdefault("config", {})
        config.setdefault("axis", {})["labelLimit"] = width * 0.44
        config.setdefault("legend", {})["columns"] = 1
    return drawn


def svg(spec: Mapping[str, Any], *, width: int = WIDE) -> str:
    """Return the chart `spec` as an SVG element of `width` pixels, named by the spec's description.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification of one view, with a description.
    width : int
        Width of the whole picture in pixels, axes and labels included. Panels have the width that they bring.

    Returns
    -------
    str
        An ``<svg>`` element whose ids are unique to this chart and width.
    """
    import vl_convert  # noqa: PLC0415 - as above

    _register_fonts()
    drawn = drawing_spec(spec, width)
    picture = vl_convert.vegalite_to_svg(drawn, show_warnings=False)
    prefix = hashlib.sha256(json.dumps(drawn, sort_keys=True).encode()).hexdigest()[:8]
    # vl-convert numbers its ids through the whole process; counted anew, they do not depend on what was drawn before.
    names = dict.fromkeys(re.findall(r'\bid="([^"]+)"', picture))
    for number, name in enumerate(names):
        picture = picture.replace(f'id="{name}"', f'id="c{prefix}-{number}"')
        picture = picture.replace(f"url(#{name})", f"url(#c{prefix}-{number})")
    picture = picture.replace(f'font-family="{FONT}"', "").replace(' class="background"', "")
    picture = re.sub(r' (aria-(?:label|roledescription|hidden)|role)="[^"]*"', "", picture)
    label = escape(str(spec.get("description", "")), quote=True)
    return picture.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)


def document(spec: Mapping[str, Any], suffix: str) -> bytes:
    """Return the chart `spec` as a file of its own: with its title, and dark on white whatever is around it.

    Parameters
    ----------
    spec : mapping
        A Vega-Lite specification of one view, with a title and a description.
    suffix : str
        ``".svg"`` or ``".png"``.

    Returns
    -------
    bytes
        What to write into the file.
    """
    import vl_convert  # noqa: PLC0415 - as above

    _register_fonts()
    drawn = json.loads(json.dumps(dict(spec)).replace("currentColor", _INK))
    drawn |= {
        "width": _ALONE,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "background": "white",
        "padding": 16,
    }
    if suffix == ".png":
        return bytes(vl_convert.vegalite_to_png(drawn, scale=2, show_warnings=False))
    picture = vl_convert.vegalite_to_svg(drawn, show_warnings=False)
    label = escape(str(spec.get("description", "")), quote=True)
    picture = picture.replace("<svg ", f'<svg role="img" aria-label="{label}" ', 1)
    # Words were given the room that they take in this font; a viewer's own might need more.
    return str(picture).replace(">", f"><style>{font_faces()}</style>", 1).encode()
