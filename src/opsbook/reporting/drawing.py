"""Pictures of figures with their intervals as SVG that the page's own style colours: through time, and of groups."""

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from html import escape
from itertools import groupby
from typing import Any, Final

from opsbook.reporting.figures import Line

__all__ = ["NARROW", "WIDE", "ends", "of_groups", "over_time"]

WIDE: Final = 680
NARROW: Final = 340
_LETTER: Final = 6.8  # pixels of a letter, on average
_ROW: Final = 26
_LABEL: Final = 22  # letters of a group's name
_DOTS: Final = 60  # points through time above which only the line is drawn
_MONDAY: Final = dt.datetime(1970, 1, 5)  # noqa: DTZ001 -- on the log's own clock
_STEPS: Final = tuple(
    dt.timedelta(minutes=each) for each in (5, 10, 20, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080, 20160, 40320)
)
_MONTHS: Final = (1, 2, 3, 6, 12, 24, 60, 120)


def over_time(
    lines: Sequence[Line],
    said: str,
    *,
    width: int,
    height: int = 240,
    target: float | None = None,
    scale: tuple[float, float] | None = None,
) -> str:
    """Return a figure through time as a line, with its interval as a band.

    Parameters
    ----------
    lines : sequence of Line
        What is drawn, with its time as the only key; none without a value.
    said : str
        The picture in words.
    width, height : int
        Size in pixels.
    target : float, optional
        A line across the picture.
    scale : tuple of two float, optional
        The least and the most that must have room, so that several pictures have one scale.
    """
    lines = sorted(lines, key=lambda line: line.keys[0])
    ticks = _ticks(*(scale or ends(lines, target)), 5)
    names = [_number(tick, lines[0].unit, ticks) for tick in ticks]
    left, right, top, bottom = 12 + _LETTER * max(map(len, names)), width - 8, 26, height - 24
    first, last = lines[0].keys[0], lines[-1].keys[0]

    def x(when: Any) -> float:
        return (left + right) / 2 if first == last else left + (right - left) * ((when - first) / (last - first))

    def y(value: float) -> float:
        return bottom - (bottom - top) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts = [_text(0, 12, _unit(lines[0].unit), "start")]
    for tick, name in zip(ticks, names, strict=True):
        parts += [_line("grid", left, y(tick), right, y(tick)), _text(left - 6, y(tick) + 4, name, "end")]
    for when, name in _moments(first, last, width // 85):
        parts += [
            _line("axis", x(when), bottom, x(when), bottom + 5),
            _text(min(max(x(when), left), right - 3 * _LETTER), bottom + 19, name, "middle"),
        ]
    for known, run in groupby(lines, lambda line: not math.isnan(line.low)):
        band = list(run)
        if known and len(band) > 1:
            edge = [(x(each.keys[0]), y(each.high)) for each in band]
            edge += [(x(each.keys[0]), y(each.low)) for each in reversed(band)]
            parts.append(f'<path class="band" d="M{_points(edge)}Z"/>')
        elif known:
            parts.append(_line("alone", x(band[0].keys[0]), y(band[0].low), x(band[0].keys[0]), y(band[0].high)))
    places = [(x(line.keys[0]), y(line.value)) for line in lines]
    parts.append(f'<path class="line" d="M{_points(places)}"/>')
    if len(lines) <= _DOTS:
        parts += [f'<circle class="dot" cx="{across:.1f}" cy="{up:.1f}" r="3"/>' for across, up in places]
    if target is not None:
        parts.append(_line("aim", left, y(target), right, y(target)))
    return _svg(parts, said, width, height)


def of_groups(
    lines: Sequence[Line], names: Sequence[str], said: str, *, width: int, target: float | None = None
) -> str:
    """Return a figure of several groups as dots below each other, each with its interval as a bar.

    Parameters
    ----------
    lines : sequence of Line
        What is drawn, from top to bottom; none without a value.
    names : sequence of str
        What the groups are called.
    said, width, target
        As for `over_time`.
    """
    short = [name if len(name) <= _LABEL else f"{name[: _LABEL - 9]}…{name[-8:]}" for name in names]
    left, right, bottom = 12 + _LETTER * max(map(len, short)), width - 24, _ROW * len(lines) + 8
    ticks = _ticks(*ends(lines, target), 4)

    def x(value: float) -> float:
        return left + (right - left) * (value - ticks[0]) / (ticks[-1] - ticks[0])

    parts = [_text((left + right) / 2, bottom + 38, _unit(lines[0].unit), "middle")]
    for tick in ticks:
        parts += [
            _line("grid", x(tick), 0, x(tick), bottom),
            _text(x(tick), bottom + 18, _number(tick, lines[0].unit, ticks), "middle"),
        ]
    for place, (line, name) in enumerate(zip(lines, short, strict=True)):
        middle = _ROW * (place + 0.5)
        parts.append(_text(left - 8, middle + 4, name, "end"))
        if not math.isnan(line.low):
            parts.append(_line("bar", x(line.low), middle, x(line.high), middle))
        parts.append(f'<circle class="dot" cx="{x(line.value):.1f}" cy="{middle:.1f}" r="4.4"/>')
    if target is not None:
        parts.append(_line("aim", x(target), 0, x(target), bottom))
    return _svg(parts, said, width, bottom + 44)


def _svg(parts: Sequence[str], said: str, width: int, height: int) -> str:
    return (
        f'<svg role="img" aria-label="{escape(said, quote=True)}" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}">{"".join(parts)}</svg>'
    )


def _line(kind: str, x: float, y: float, x2: float, y2: float) -> str:
    return f'<line class="{kind}" x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _points(places: Sequence[tuple[float, float]]) -> str:
    return "L".join(f"{x:.1f},{y:.1f}" for x, y in places)


def ends(lines: Sequence[Line], target: float | None) -> tuple[float, float]:
    """Return the least and the most of all that is drawn."""
    numbers = [number for line in lines for number in (line.value, line.low, line.high) if not math.isnan(number)]
    numbers += [] if target is None else [target]
    return min(numbers), max(numbers)


def _ticks(least: float, most: float, count: int) -> list[float]:
    """Return about `count` round numbers from at or below the least to at or above the most.

    Examples
    --------
    >>> _ticks(0.13, 0.87, 4), _ticks(7, 7, 4), _ticks(0, 0, 4)[-1]
    ([0.0, 0.2, 0.4, 0.6, 0.8, 1.0], [0.0, 2.0, 4.0, 6.0, 8.0], 1.0)
    """
    if most - least <= 1e-9 * max(abs(least), abs(most), 1):  # all one number
        least, most = min(least, 0.0), max(most, 0.0) or float(least == 0)
    step = 10.0 ** math.floor(math.log10((most - least) / count))
    step *= next((each for each in (1, 2, 5) if (most - least) / (step * each) <= count), 10)
    low, high = math.floor(least / step + 1e-9), math.ceil(most / step - 1e-9)
    return [float(f"{place * step:.12g}") for place in range(low, high + 1)]


def _number(tick: float, unit: str, ticks: Sequence[float]) -> str:
    """Return a tick with the digits that its neighbours need."""
    size = 100 if unit == "proportion" else 1
    digits = max(0, -math.floor(math.log10(size * (ticks[1] - ticks[0])) + 1e-9))
    return f"{size * tick + 0.0:,.{digits}f}".replace("-", "−")


def _unit(unit: str) -> str:
    return "per cent" if unit == "proportion" else unit.partition(" from ")[0].partition(" (")[0].replace("`", "")


def _moments(first: dt.datetime, last: dt.datetime, most: int) -> Iterator[tuple[dt.datetime, str]]:
    """Yield round times from the first to the last, `most` at the most, each with its name.

    Examples
    --------
    >>> march = dt.datetime(2024, 3, 4)
    >>> [name for _, name in _moments(march, march + dt.timedelta(days=40), 8)]
    ['4 Mar', '11 Mar', '18 Mar', '25 Mar', '1 Apr', '8 Apr']
    >>> [name for _, name in _moments(march, march + dt.timedelta(days=400), 6)]
    ['Apr 2024', 'Jul 2024', 'Oct 2024', 'Jan 2025', 'Apr 2025']
    """
    if first == last:
        yield first, _named(first)
        return
    step = next((step for step in _STEPS if (last - first) / step <= most), None)
    if step is not None:
        when = _MONDAY + math.ceil((first - _MONDAY) / step) * step
        while when <= last:
            yield when, _named(when)
            when += step
        return
    months = range(12 * first.year + first.month - (first.day == 1), 12 * last.year + last.month)
    every = next((every for every in _MONTHS if len(months) / every <= most), 1200)
    for month in months:
        if month % every == 0:
            when = dt.datetime(month // 12, month % 12 + 1, 1)  # noqa: DTZ001 -- as above
            yield when, f"{when:%b %Y}"


def _named(when: dt.datetime) -> str:
    return f"{when:%H:%M}" if (when.hour, when.minute) != (0, 0) else f"{when.day} {when:%b}"
