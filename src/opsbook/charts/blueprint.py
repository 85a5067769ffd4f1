"""A service blueprint as a picture: lanes and the three lines between them, steps, links and where things go wrong."""

import math
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import altair as alt
import pandas as pd

from opsbook.blueprint import LANES, LINES, Blueprint, Link, Step
from opsbook.charts.frame import View, titled
from opsbook.charts.picture import NARROW, WIDE
from opsbook.charts.theme import PALETTE

__all__ = ["blueprint"]

_LINE_HEIGHT: Final = 15
_LETTER: Final = 5.8  # width of a letter of the running text, on the average
_TEXT: Final = 12
_GAP: Final = 22  # between boxes, for arrows
_LABEL: Final = 24  # for a lane's name
_NAME: Final = 72  # how far the names of lanes reach to the right
_MOST_COLUMNS: Final = 7  # more would leave no room for words in the wide picture
_WIDEST: Final = 150
_HEAD: Final = 4
_PADDING: Final = 16
_EMPTY: Final = {"row": 34, "column": 70}  # of a lane without steps
_DASHES: Final[Mapping[str, list[int]]] = {
    "line of interaction": [1, 0],
    "line of visibility": [8, 4],
    "line of internal interaction": [2, 3],
}

Point = tuple[float, float]


@dataclass(frozen=True)
class _Box:
    """A step's place on the picture, in pixels."""

    step: Step
    left: float
    top: float
    width: float
    height: float
    evidence: bool = False

    @property
    def middle(self) -> Point:
        return self.left + self.width / 2, self.top + self.height / 2

    def edge(self, dx: int, dy: int, along: float = 0) -> Point:
        """Return a point of the edge that lies in a direction: its middle, or so much of the edge beyond it."""
        x, y = self.middle
        return x + (dx / 2 + along * abs(dy)) * self.width, y + (dy / 2 + along * abs(dx)) * self.height


def blueprint(plan: Blueprint, message: str, *, description: str, subtitle: str = "") -> View:
    """Draw a service blueprint: one row a lane, from what the customer sees down to support.

    Boxes are steps with their expected minutes, arrows are links; a share beside an arrow is a choice, and several
    arrows without one run side by side. Thick boxes and arrows are the critical path. "F" marks a fail point, "P" a
    poka-yoke. On a phone, and with more than seven columns, the lanes stand side by side and time runs downward.

    Parameters
    ----------
    plan : opsbook.blueprint.Blueprint
        The blueprint.
    message, description, subtitle : str
        As in `titled`.

    Returns
    -------
    altair.LayerChart
        As `titled` returns it; ``usermeta`` holds the picture for a phone.

    Examples
    --------
    >>> from opsbook.blueprint import Link, Step
    >>> steps = [Step("ask", "Ask", "customer"), Step("answer", "Answer", "frontstage", mean=2)]
    >>> plan = Blueprint("A question", steps, [Link("ask", "answer")])
    >>> blueprint(plan, "One step meets the customer", description="Two boxes, one above the other.").title.text
    'One step meets the customer'
    """
    cells = _cells(plan)
    columns = 1 + max(column for _, column in cells.values())
    wide = _drawn(plan, cells, WIDE, down=columns > _MOST_COLUMNS)
    phone = _drawn(plan, cells, NARROW, down=True)
    narrow = titled(phone, message, description=description, subtitle=subtitle).to_dict()
    chart = titled(wide, message, description=description, subtitle=subtitle)
    return chart.properties(usermeta={"narrow": narrow})


def _cells(plan: Blueprint) -> dict[str, tuple[int, int]]:
    """Return lane and column of every step: below what it follows in another lane, after what it follows in its own."""
    cells: dict[str, tuple[int, int]] = {}
    for step in sorted(plan.steps, key=_rank(plan)):
        lane = LANES.index(step.lane)
        before = [cells[link.source] for link in plan.links if link.target == step.id]
        column = max((at + (other == lane) for other, at in before), default=0)
        while (lane, column) in cells.values():
            column += 1
        cells[step.id] = lane, column
    return cells


def _rank(plan: Blueprint) -> Any:
    """Return a key that sorts steps so that each comes after all it follows."""
    depth = {plan.start: 0}
    for _ in plan.steps:
        for link in plan.links:
            if link.source in depth:
                depth[link.target] = max(depth.get(link.target, 0), depth[link.source] + 1)
    return lambda step: depth[step.id]


def _drawn(plan: Blueprint, cells: Mapping[str, tuple[int, int]], width: int, *, down: bool) -> View:
    layout = _Down(plan, cells, width) if down else _Across(plan, cells, width)
    scale = {"x": alt.Scale(domain=[0, width], nice=False), "y": alt.Scale(domain=[layout.height, 0], nice=False)}
    critical = plan.critical_path().steps
    chain = set(pairwise(critical))
    links = [_Arrow(link, layout, (link.source, link.target) in chain) for link in plan.links]
    layers = [
        *_lines(layout, scale),
        *_texts(layout.titles, scale, fontWeight=600, align="left"),
        *_boxes(layout.boxes.values(), critical, scale),
        *_arrows(links, scale),
        *_texts([_label(box) for box in layout.boxes.values()], scale),
        *_texts(layout.evidence, scale, fontStyle="italic"),
        *_marks(layout, scale),
    ]
    return alt.layer(*layers, data=_table(plan)).properties(width=width, height=layout.height)


class _Layout:
    """Where everything stands; `boxes` by id, and texts as points with words."""

    def __init__(self, plan: Blueprint, cells: Mapping[str, tuple[int, int]], width: int, box: float) -> None:
        self.plan, self.cells, self.width = plan, cells, width
        self.letters = _letters(box)
        self.box_width = box
        self.boxes: dict[str, _Box] = {}
        self.lines: list[tuple[str, Point, Point]] = []
        self.line_names: list[dict[str, Any]] = []
        self.titles: list[dict[str, Any]] = []
        self.evidence: list[dict[str, Any]] = []
        self.height = 0.0

    def taken(self, lane: int, columns: Sequence[int]) -> bool:
        return any((lane, column) in self.cells.values() for column in columns)


class _Across(_Layout):
    """Lanes are rows, and time runs to the right."""

    def __init__(self, plan: Blueprint, cells: Mapping[str, tuple[int, int]], width: int) -> None:
        columns = 1 + max(column for _, column in cells.values())
        # The arrows of the first column, which leave from its middle, pass the lanes' names.
        pitch = min(_WIDEST + _GAP, (width - 4) / columns, (width - 4 - _NAME) / (columns - 0.5))
        indent = max(0.0, _NAME - pitch / 2)
        super().__init__(plan, cells, width, pitch - _GAP)
        most = max(len(_words(step, self.letters)) for step in plan.steps)
        self.box_height = float(_LINE_HEIGHT * most + _PADDING)
        used = {lane for lane, _ in cells.values()}
        full = self.box_height + _LABEL + _GAP + 4
        heights = [full if lane in used else _EMPTY["row"] for lane in range(1, len(LANES))]
        seen = [step for step in plan.steps if step.evidence]
        top = 0.0
        if seen:
            rows = {step.id: _wrapped(step.evidence, self.letters) for step in seen}
            self.titles.append({"x": 2, "y": 9, "text": LANES[0]})
            for column in {cells[step.id][1] for step in seen}:
                here = [line for step in seen if cells[step.id][1] == column for line in rows[step.id]]
                x = indent + (column + 0.5) * pitch
                self.evidence.append({"x": x, "y": _LABEL + _LINE_HEIGHT * len(here) / 2 + 2, "text": "\n".join(here)})
                top = max(top, _LABEL + _LINE_HEIGHT * len(here) + 10)
        tops = [top + sum(heights[:number]) for number in range(len(heights) + 1)]
        self.titles += [{"x": 2, "y": tops[number] + 10, "text": lane} for number, lane in enumerate(LANES[1:])]
        if seen:
            self.lines.append(("", (0, top), (width, top)))
        for step in plan.steps:
            lane, column = cells[step.id]
            left, y = indent + column * pitch + _GAP / 2, tops[lane - 1] + _LABEL + 6
            self.boxes[step.id] = _Box(step, left, y, self.box_width, self.box_height)
        for name, (_, below) in LINES.items():
            y = tops[LANES.index(below) - 1]
            self.lines.append((name, (0, y), (width, y)))
            self.line_names.append({"x": self._free(name, y), "y": y - 8, "text": name})
        self.height = tops[-1] + _LINE_HEIGHT * 2

    def _free(self, name: str, y: float) -> float:
        """Return where a line's name ends: as far right as no arrow crosses it."""
        routes = [self.route(link) for link in self.plan.links]
        crossing = [
            start[0]
            for route in routes
            for start, end in pairwise(route)
            if min(start[1], end[1]) < y and max(start[1], end[1]) > y - _LINE_HEIGHT
        ]
        # The marks of fail points reach down to the name too.
        marked = [box for box in self.boxes.values() if box.step.fail_point and 0 < y - box.top - box.height < 2 * _GAP]
        crossing += [box.left + box.width - shift for box in marked for shift in (-1, 17, 35)]
        length = len(name) * _LETTER
        for right in range(self.width - 2, int(length) + 90, -10):
            if not any(right - length - 6 < x < right + 6 for x in crossing):
                return float(right)
        return float(self.width - 2)

    def route(self, link: Link) -> list[Point]:
        """Return the corners of an arrow that crosses no box."""
        one, other = self.boxes[link.source], self.boxes[link.target]
        (lane, column), (onto, to) = self.cells[link.source], self.cells[link.target]
        if lane == onto:
            if to == column + 1:
                return [one.edge(1, 0), other.edge(-1, 0)]
            out, into, gutter = one.edge(0, -1, 0.25), other.edge(0, -1, -0.25), one.top - 9
            return [out, (out[0], gutter), (into[0], gutter), into]
        way = 1 if onto > lane else -1
        if to == column:
            return [one.edge(0, way), other.edge(0, -way)]
        if not self.taken(lane, range(column + 1, to + 1)):
            return [one.edge(1, 0), (other.middle[0], one.middle[1]), other.edge(0, -way)]
        between = range(column + 1, to)
        if self.taken(lane, between) and self.taken(onto, between):
            out, into = one.edge(0, way, 0.25), other.edge(0, -way, -0.25)
            gutter = (one if way > 0 else other).edge(0, 1)[1] + 8
            return [out, (out[0], gutter), (into[0], gutter), into]
        bend = one.left + one.width + _GAP / 2 if self.taken(lane, between) else other.left - _GAP / 2
        return [one.edge(1, 0), (bend, one.middle[1]), (bend, other.middle[1]), other.edge(-1, 0)]


class _Down(_Layout):
    """Lanes are columns, and time runs downward."""

    def __init__(self, plan: Blueprint, cells: Mapping[str, tuple[int, int]], width: int) -> None:
        used = {lane for lane, _ in cells.values()}
        room = (width - _EMPTY["column"] * (len(LANES) - 1 - len(used))) / len(used)
        widths = [room if lane in used else _EMPTY["column"] for lane in range(1, len(LANES))]
        edges = [sum(widths[:number]) for number in range(len(widths))]
        super().__init__(plan, cells, width, min(_WIDEST, room - _GAP))
        rows = 1 + max(column for _, column in cells.values())
        words = {step.id: _words(step, self.letters, evidence=True) for step in plan.steps}
        most = [max(len(words[step]) for step, (_, at) in cells.items() if at == row) for row in range(rows)]
        tops = [_LABEL + 12.0]
        for lines in most:
            tops.append(tops[-1] + lines * _LINE_HEIGHT + _PADDING + _GAP + 4)
        self.titles += [{"x": edges[number] + 5, "y": 9, "text": lane} for number, lane in enumerate(LANES[1:])]
        for step in plan.steps:
            lane, row = cells[step.id]
            left = edges[lane - 1] + room - self.box_width - 6
            self.boxes[step.id] = _Box(
                step, left, tops[row], self.box_width, most[row] * _LINE_HEIGHT + float(_PADDING), evidence=True
            )
        foot = tops[-1] - 4
        for number, (name, (_, below)) in enumerate(LINES.items()):
            x, end = edges[LANES.index(below) - 1], foot + number * _LINE_HEIGHT
            self.lines.append((name, (x, 0), (x, end)))
            half = len(name) * _LETTER / 2
            self.line_names.append({"x": min(max(x, half), width - half), "y": end + 8, "text": name})
        self.height = foot + (len(LINES) + 2) * _LINE_HEIGHT

    def route(self, link: Link) -> list[Point]:
        """Return the corners of an arrow that crosses no box."""
        one, other = self.boxes[link.source], self.boxes[link.target]
        (lane, row), (onto, to) = self.cells[link.source], self.cells[link.target]
        if lane == onto:
            if to == row + 1:
                return [one.edge(0, 1), other.edge(0, -1)]
            out, into, gutter = one.edge(-1, 0, 0.25), other.edge(-1, 0, -0.25), one.left - 7
            return [out, (gutter, out[1]), (gutter, into[1]), into]
        way = 1 if onto > lane else -1
        if to == row:
            return [one.edge(way, 0), other.edge(-way, 0)]
        if not self.taken(lane, range(row + 1, to + 1)):
            return [one.edge(0, 1), (one.middle[0], other.middle[1]), other.edge(-way, 0)]
        between = range(row + 1, to)
        if self.taken(lane, between) and self.taken(onto, between):
            out, into = one.edge(way, 0, 0.25), other.edge(-way, 0, -0.25)
            gutter = (one if way > 0 else other).edge(1, 0)[0] + 3
            return [out, (gutter, out[1]), (gutter, into[1]), into]
        bend = one.top + one.height + _GAP / 2 if self.taken(lane, between) else other.top - _GAP / 2
        return [one.edge(0, 1), (one.middle[0], bend), (other.middle[0], bend), other.edge(0, -1)]


class _Arrow:
    """A link as it is drawn."""

    def __init__(self, link: Link, layout: "_Across | _Down", critical: bool) -> None:  # noqa: FBT001 - it is data
        self.link, self.critical = link, critical
        points = layout.route(link)
        (x0, y0), (x1, y1) = points[-2:]
        dx, dy = _sign(x1 - x0), _sign(y1 - y0)
        self.head = {(1, 0): "triangle-right", (-1, 0): "triangle-left", (0, 1): "triangle-down"}.get(
            (dx, dy), "triangle-up"
        )
        self.tip = (x1 - dx * _HEAD, y1 - dy * _HEAD)
        self.points = [*points[:-1], (x1 - dx * 2 * _HEAD, y1 - dy * 2 * _HEAD)]
        self.label = _share(link, points, layout.boxes[link.source])


def _sign(number: float) -> int:
    return 0 if abs(number) < 1 else int(math.copysign(1, number))


def _share(link: Link, points: Sequence[Point], box: _Box) -> dict[str, Any] | None:
    """Return where the share of a choice stands: beside the beginning of its arrow, and clear of the box."""
    if link.probability is None:
        return None
    (x0, y0), (x1, y1) = points[:2]
    text = f"{100 * link.probability:.3g}%"
    around = len(points) == len(("out", "up", "along", "in"))
    foot = box.top + box.height
    if x0 == x1 and y1 > y0:
        return {"x": x0 + 21, "y": y0 + 16, "text": text}
    if x0 == x1:
        return {"x": x0 + (16 if around else -16), "y": y0 - (17 if around else 10), "text": text}
    aside = _GAP / 2 + (8 if box.step.fail_point else 0)  # clear of the marks at the box's corner
    return {"x": x1 + 17 if around and x1 < x0 else x0 + aside * _sign(x1 - x0), "y": foot + 13, "text": text}


def _letters(width: float) -> int:
    return max(6, int((width - 4) / _LETTER))


def _wrapped(text: str, letters: int) -> list[str]:
    return textwrap.wrap(text, letters) or [""]


def _words(step: Step, letters: int, *, evidence: bool = False) -> list[str]:
    """Return the lines of a box."""
    lines = _wrapped(step.name, letters)
    if step.mean:
        lines.append(f"{round(step.time, 2):g} min")
    return lines + (_wrapped(f"sees: {step.evidence}", letters) if evidence and step.evidence else [])


def _label(box: _Box) -> dict[str, Any]:
    words = _words(box.step, _letters(box.width), evidence=box.evidence)
    return {"x": box.middle[0], "y": box.middle[1] - 3, "text": "\n".join(words)}


def _pixels(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(rows).round(1)


def _at(scale: Mapping[str, alt.Scale], **names: str) -> dict[str, Any]:
    """Return position channels in pixels, without axes."""
    first = {"x": alt.X, "y": alt.Y}
    return {
        channel: first[channel](f"{name}:Q", scale=scale[channel], axis=None) if channel in first else f"{name}:Q"
        for channel, name in names.items()
    }


def _texts(rows: Sequence[Mapping[str, Any]], scale: Mapping[str, alt.Scale], **mark: Any) -> list[alt.Chart]:
    if not rows:
        return []
    # Several lines stand around their middle: Vega puts the first at the place itself.
    placed = [{**row, "y": row["y"] - row["text"].count("\n") * _LINE_HEIGHT / 2} for row in rows]
    style = {"fontSize": _TEXT, "lineBreak": "\n", "lineHeight": _LINE_HEIGHT, "baseline": "middle", **mark}
    return [alt.Chart(_pixels(placed)).mark_text(**style).encode(**_at(scale, x="x", y="y"), text="text:N")]


def _lines(layout: "_Across | _Down", scale: Mapping[str, alt.Scale]) -> list[alt.Chart]:
    drawn = []
    for name, (x, y), (x2, y2) in layout.lines:
        rows = _pixels([{"x": x, "y": y, "x2": x2, "y2": y2}])
        mark: dict[str, Any] = {"strokeDash": _DASHES.get(name, [1, 0]), "opacity": 0.75 if name else 0.25}
        drawn.append(alt.Chart(rows).mark_rule(**mark).encode(**_at(scale, x="x", y="y", x2="x2", y2="y2")))
    align = "right" if isinstance(layout, _Across) else "center"
    return [*drawn, *_texts(layout.line_names, scale, align=align, fontStyle="italic")]


def _boxes(boxes: Any, critical: Sequence[str], scale: Mapping[str, alt.Scale]) -> list[alt.Chart]:
    drawn = []
    for width, thick in ((1, False), (3, True)):
        rows = [
            {"x": box.left, "y": box.top, "x2": box.left + box.width, "y2": box.top + box.height}
            for box in boxes
            if (box.step.id in critical) == thick
        ]
        if rows:
            mark: dict[str, Any] = {
                "cornerRadius": 4,
                "color": PALETTE["blue"],
                "fillOpacity": 0.12,
                "stroke": PALETTE["blue"],
            }
            chart = alt.Chart(_pixels(rows)).mark_rect(**mark, strokeWidth=width)
            drawn.append(chart.encode(**_at(scale, x="x", y="y", x2="x2", y2="y2")))
    return drawn


def _arrows(arrows: Sequence[_Arrow], scale: Mapping[str, alt.Scale]) -> list[alt.Chart]:
    drawn = []
    for width, thick in ((1.2, False), (3, True)):
        chosen = [(number, arrow) for number, arrow in enumerate(arrows) if arrow.critical == thick]
        if not chosen:
            continue
        corners = [
            {"link": number, "corner": corner, "x": x, "y": y}
            for number, arrow in chosen
            for corner, (x, y) in enumerate(arrow.points)
        ]
        heads = [{"x": arrow.tip[0], "y": arrow.tip[1], "head": arrow.head} for _, arrow in chosen]
        line = alt.Chart(_pixels(corners)).mark_line(color="currentColor", strokeWidth=width, strokeJoin="round")
        head = alt.Chart(_pixels(heads)).mark_point(
            color="currentColor", filled=True, opacity=1, size=90 if thick else 60
        )
        drawn += [
            line.encode(**_at(scale, x="x", y="y"), detail="link:N", order="corner:Q"),
            head.encode(**_at(scale, x="x", y="y"), shape=alt.Shape("head:N", scale=None)),
        ]
    return drawn + _texts([arrow.label for arrow in arrows if arrow.label], scale)


def _marks(layout: "_Across | _Down", scale: Mapping[str, alt.Scale]) -> list[alt.Chart]:
    """Return the letters of fail points and poka-yokes, and at the foot what they mean."""
    letters = []
    for box in layout.boxes.values():
        x, y = box.left + box.width - 8, box.top + box.height
        if box.step.poka_yoke:
            letters.append({"x": x, "y": y, "text": "P"})
            x -= 18
        if box.step.fail_point:
            letters.append({"x": x, "y": y, "text": "F"})
    key = [("F", "fail point"), ("P", "poka-yoke")]
    x, y, words = 10.0, layout.height - 10, []
    for letter, text in key:
        if any(row["text"] == letter for row in letters):
            letters.append({"x": x, "y": y, "text": letter})
            words.append({"x": x + 12, "y": y, "text": text})
            x += 36 + len(text) * _LETTER
    words.append({"x": x - 8 if words else 2, "y": y, "text": "thick: critical path"})
    drawn = []
    for letter, shape, colour in (("F", "circle", PALETTE["orange"]), ("P", "square", PALETTE["violet"])):
        rows = [row for row in letters if row["text"] == letter]
        if rows:
            base = alt.Chart(_pixels(rows)).encode(**_at(scale, x="x", y="y"))
            drawn += [
                base.mark_point(shape=shape, filled=True, size=230, opacity=1, color=colour),
                base.mark_text(fontSize=_TEXT, fontWeight=600, color="white", baseline="middle").encode(text="text:N"),
            ]
    return [*drawn, *_texts(words, scale, align="left")]


def _table(plan: Blueprint) -> pd.DataFrame:
    """Return what the picture says, as a table."""

    def onward(step: Step) -> str:
        links = [link for link in plan.links if link.source == step.id]
        return "; ".join(
            plan.step(link.target).name + (f" ({100 * link.probability:.3g}%)" if link.probability else "")
            for link in links
        )

    return pd.DataFrame(
        [
            {
                "step": step.name,
                "lane": step.lane,
                "minutes": round(step.time, 3),
                "done by": step.resource,
                "contact": step.contact,
                "then": onward(step),
                "seen": step.evidence,
                "fail point": step.fail_point,
                "poka-yoke": step.poka_yoke,
            }
            for step in plan.steps
        ]
    )
