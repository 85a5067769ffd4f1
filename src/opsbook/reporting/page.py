"""The report as one page that needs nothing else: tables, pictures, definitions, and what the figures cannot tell."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from html import escape
from importlib import resources
from operator import attrgetter
from string import Template
from typing import TYPE_CHECKING, Any, Final

import opsbook
from opsbook import files
from opsbook.kpi import PERIODS, Measure
from opsbook.reporting.figures import Figures, Line, group_said, interval_said, is_missing, number_said, verdict

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["page", "promise_said"]

_SHOWN: Final = 500  # groups in the table
_DOTS: Final = 25  # groups in a picture
_PANELS: Final = 6  # groups through time
_LONG: Final = 120  # points through time above which a wide page has a wide picture
_ALIKE: Final = 8  # times the range of the flattest that one scale for all may span
_PROMISED: Final = "service_level"


def page(found: Figures, *, saved: str, tell: Callable[[float], None]) -> bytes:
    """Return the page.

    Parameters
    ----------
    found : Figures
        What it shows.
    saved : str
        The name of the file with all figures.
    tell : callable
        Called with the share of the pictures that are drawn.
    """
    template = Template(resources.files("opsbook.reporting").joinpath("page.html").read_text(encoding="utf-8"))
    return template.substitute(
        fonts=files.font_faces(),
        title=f"KPI report: {escape(found.file.name)}",
        about=_about(found),
        links=_links(found),
        promise=_promise(found),
        summary=_summary(found),
        left_out=_list("Left out, for want of columns:", found.left_out),
        measures=_measures(found, tell),
        groups=_groups(found, saved),
        reading=_reading(found, saved),
        version=escape(opsbook.__version__),
        file=escape(found.file.name),
    ).encode()


def _about(found: Figures) -> str:
    parts = [f"{found.rows:,} contact{'' if found.rows == 1 else 's'} in {escape(found.file.name)}"]
    if found.period:
        first, last = found.period
        parts.append(f"arrived on {first}" if first == last else f"arrived from {first} to {last}")
    return f"{', '.join(parts)}. Intervals at {100 * found.level:g} %."


def _links(found: Figures) -> str:
    places = [("summary", "The whole period")]
    if found.views:
        places += [(_id(found, measure), measure.title) for measure in _charted(found)]
        places.append(("groups", "All groups"))
    places.append(("reading", "How to read this"))
    return "".join(f'<li><a href="#{place}">{escape(name)}</a></li>' for place, name in places)


def _id(found: Figures, measure: Measure) -> str:
    return f"measure-{found.measures.index(measure)}"


def _promise(found: Figures) -> str:
    said = promise_said(found)
    return "".join(f"<p>{escape(line)}</p>" for line in said)


def promise_said(found: Figures) -> list[str]:
    """Return in sentences whether the target was met: as a whole, and in how many groups."""
    row = next((row for row in found.whole if row.measure in _promised(found)), None)
    if found.target is None or row is None:
        return []
    share, threshold = f"{100 * found.target.share:g} %", f"{found.target.threshold:g} s"
    said = number_said(row.value, "proportion"), interval_said(row.low, row.high, "proportion")
    lines = [
        (
            f"Target: {share} of contacts answered within {threshold}. Reached: {said[0]} ({said[1]}): "
            f"{verdict(row.low, row.high, found.target)}."
        )
    ]
    groups = [verdict(each.low, each.high, found.target) for each in found.groups if each.measure == row.measure]
    if groups:
        listed = ", ".join(f"{count:,} {said}" for said, count in Counter(groups).most_common())
        close = " Too close to call: the interval holds the target." if "too close to call" in groups else ""
        lines.append(f"Of {len(groups):,} groups: {listed}.{close}")
    return lines


def _promised(found: Figures) -> list[str]:
    return [measure.name for measure in found.measures if measure.name.startswith(_PROMISED)]


def _summary(found: Figures) -> str:
    rows = []
    cards = {measure.name: measure for measure in found.measures}
    for row in found.whole:
        card = cards[row.measure]
        title = escape(card.title)
        if found.views and card in _charted(found):
            title = f'<a href="#{_id(found, card)}">{title}</a>'
        interval = interval_said(row.low, row.high, row.unit)
        close = "" if interval == "–" else f'<small class="close">{interval}<br>{_count(row.n)} cases</small>'
        rows.append(
            f'<tr><th scope="row">{title}<small class="close">{_formula(card)}{_note(row.note)}</small></th>'
            f'<td class="number">{number_said(row.value, row.unit)}{close}</td>'
            f'<td class="number roomy">{interval}</td><td class="number roomy">{_count(row.n)}</td>'
            f'<td class="words roomy">{_formula(card)}{_note(row.note)}</td></tr>'
        )
    head = ("Measure", "Value", f"{100 * found.level:g} % interval", "Cases", "What is divided by what")
    return _table("Every measure over the whole log", head, rows, numbers=(1, 2, 3), roomy=(2, 3, 4))


def _count(number: float) -> str:
    return "–" if math.isnan(number) else f"{number:,.0f}"


def _formula(card: Measure) -> str:
    return _words(f"{card.numerator} ÷ {card.denominator}")


def _words(text: str) -> str:
    """Return a text in which names of columns stand between backticks."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))


def _note(note: str) -> str:
    return f"<br><em>{_words(note)}</em>" if note else ""


def _table(
    caption: str,
    head: Iterable[str],
    rows: Iterable[str],
    *,
    numbers: Iterable[int],
    roomy: Iterable[int] = (),
    tall: bool = False,
) -> str:
    """Return a table whose columns `numbers` are flush right and `roomy` are not for phones."""
    kinds = {"number": set(numbers), "roomy": set(roomy)}
    names = "".join(
        f'<th scope="col" class="{" ".join(kind for kind, places in kinds.items() if place in places)}">'
        f"{escape(name)}</th>"
        for place, name in enumerate(head)
    )
    label = escape(caption, quote=True)
    return (
        f'<div class="scroll{" tall" if tall else ""}" role="region" aria-label="{label}" tabindex="0"><table>'
        f"<caption>{escape(caption)}</caption><thead><tr>{names}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _list(words: str, items: Iterable[str]) -> str:
    listed = "".join(f"<li>{escape(item)}</li>" for item in items)
    return f"<p>{words}</p><ul>{listed}</ul>" if listed else ""


# --- One measure after the other -------------------------------------------------------------------------------------


def _charted(found: Figures) -> list[Measure]:
    names = {line.measure for view in found.views.values() for line in view}
    return [measure for measure in found.measures if measure.name in names]


def _measures(found: Figures, tell: Callable[[float], None]) -> str:
    charted = _charted(found)
    parts = []
    for place, measure in enumerate(charted):
        parts.append(_measure(found, measure))
        tell((place + 1) / len(charted))
    if not parts:
        return ""
    return (
        '<section aria-labelledby="measures"><h2 id="measures">Measure by measure</h2>'
        '<p class="soft">Each picture splits by one key and takes all contacts of the others together. '
        f"Bands and bars are {100 * found.level:g} % intervals; means and scores of fewer than 30 cases have none.</p>"
        f"{''.join(parts)}</section>"
    )


def _measure(found: Figures, measure: Measure) -> str:
    row = next(row for row in found.whole if row.measure == measure.name)
    interval = interval_said(row.low, row.high, row.unit)
    beside = f"({interval})" if interval != "–" else ""
    aim = found.target.share if found.target and measure.name in _promised(found) else None
    pictures = []
    for key, view in found.views.items():
        lines = [line for line in view if line.measure == measure.name and not math.isnan(line.value)]
        if lines:
            pictures.append(_figure(found, measure, key, lines, aim))
    place = _id(found, measure)
    return (
        f'<section aria-labelledby="{place}"><h3 id="{place}">{escape(measure.title)}</h3>'
        f'<p><span class="big">{number_said(row.value, row.unit)}</span>{beside}</p>'
        f'<p class="soft">Counted: {_formula(measure)}. Clock: {_words(measure.clock)}.'
        f"{f' Abandonment: {_words(measure.abandonment)}.' if measure.abandonment else ''}</p>"
        f'<div class="charts">{"".join(pictures)}{_panels(found, measure, aim)}</div></section>'
    )


def _figure(found: Figures, measure: Measure, key: str, lines: list[Line], aim: float | None) -> str:
    from opsbook.charts.intervals import of_groups, over_time  # noqa: PLC0415 -- takes a second, and only pictures need it
    from opsbook.charts.picture import NARROW, WIDE, svg  # noqa: PLC0415 -- as above

    timed = key in PERIODS and any(hasattr(line.keys[0], "strftime") for line in lines)
    left = ""
    if timed:
        drawn = [line for line in lines if not is_missing(line.keys[0])]
    else:
        drawn = sorted(lines, key=lambda line: -line.n)[:_DOTS] if len(lines) > _DOTS else lines
        left = f" The {_DOTS} of {len(lines):,} with the most cases." if len(lines) > _DOTS else ""
        drawn = sorted(drawn, key=lambda line: -line.value)
    message = f"{_span(drawn, key)}."
    message = message[0].upper() + message[1:]
    said = f"{measure.title} by {key}, {len(drawn)} in all, with intervals. {message} The table has all."
    if timed:
        spec = over_time(_table_of(drawn, start=[line.keys[0] for line in drawn]), said, unit=measure.unit, target=aim)
    else:
        names = [group_said(line.keys[0], key) for line in drawn]
        spec = of_groups(_table_of(drawn, group=names), said, unit=measure.unit, target=aim)
    long = timed and (len(drawn) > _LONG or len(found.views) == 1)
    picture = f'<div class="narrow">{svg(spec, width=NARROW)}</div>' if long else svg(spec, width=NARROW)
    wide = f'<div class="wide">{svg(spec, width=WIDE)}</div>' if long else ""
    return (
        f'<figure class="{"long" if long else ""}"><figcaption>By {escape(key)}<span>{escape(message)}{left}</span>'
        f"</figcaption>{wide}{picture}{_data(measure, key, lines)}</figure>"
    )


def _table_of(lines: Iterable[Line], **keys: list[Any]) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415 -- as above

    return pd.DataFrame(
        {**keys, **{name: [getattr(line, name) for line in lines] for name in ("value", "low", "high")}}
    )


def _span(lines: list[Line], key: str, place: int = 0) -> str:
    """Return in words from where to where figures go, and at which value of the key."""
    least, most = min(lines, key=attrgetter("value")), max(lines, key=attrgetter("value"))
    if number_said(least.value, least.unit) != number_said(most.value, most.unit):
        low, high = (_at(line, group_said(line.keys[place], key)) for line in (least, most))
        return f"from {low} to {high}"
    if len(lines) > 1:
        return f"all {number_said(most.value, most.unit)}"
    return _at(most, group_said(most.keys[place], key))


def _at(line: Line, name: str) -> str:
    return f"{number_said(line.value, line.unit)} {name if name.startswith('(') else f'({name})'}"


def _panels(found: Figures, measure: Measure, aim: float | None) -> str:
    """Return a picture through time with a panel for each of a few groups; empty where there are no such keys."""
    from opsbook.charts.intervals import panels, unit_said  # noqa: PLC0415 -- as above
    from opsbook.charts.picture import NARROW, svg  # noqa: PLC0415 -- as above

    timed = [place for place, key in enumerate(found.keys) if key in PERIODS]
    if len(found.keys) != 2 or len(timed) != 1 or found.keys[timed[0]] not in found.views:  # noqa: PLR2004 -- a pair
        return ""
    when, what = timed[0], 1 - timed[0]
    groups: dict[str, list[Line]] = {}
    for line in found.groups:
        if line.measure == measure.name and not math.isnan(line.value) and not is_missing(line.keys[when]):
            groups.setdefault(group_said(line.keys[what], found.keys[what]), []).append(line)
    if not 2 <= len(groups) <= _PANELS or min(map(len, groups.values())) < 2:  # noqa: PLR2004 -- as above
        return ""
    ranges = [_ends(lines, aim) for lines in groups.values()]
    both = min(least for least, _ in ranges), max(most for _, most in ranges)
    alike = both[1] - both[0] <= _ALIKE * min(most - least for least, most in ranges)
    keys = f"{found.keys[when]} and {found.keys[what]}"
    said = "; ".join(f"{name}: {_span(lines, found.keys[when], when)}" for name, lines in groups.items())
    drawn = [line for lines in groups.values() for line in lines]
    table = _table_of(
        drawn,
        group=[name for name, lines in groups.items() for _ in lines],
        start=[line.keys[when] for line in drawn],
    )
    scale = "all to one scale." if alike else "each to a scale of its own: look at the numbers beside it."
    spec = panels(
        table, f"{measure.title} by {keys}, with intervals. {said}.", unit=measure.unit, target=aim, alike=alike
    )
    return (
        f'<figure class="panels"><figcaption>By {escape(keys)}<span>In {escape(unit_said(measure.unit))}, {scale} '
        f'The figures stand in <a href="#groups">All groups</a>.</span></figcaption>{svg(spec, width=NARROW)}</figure>'
    )


def _ends(lines: Iterable[Line], target: float | None) -> tuple[float, float]:
    """Return the least and the most of all that is drawn."""
    numbers = [number for line in lines for number in (line.value, line.low, line.high) if not math.isnan(number)]
    numbers += [] if target is None else [target]
    return min(numbers), max(numbers)


def _data(measure: Measure, key: str, lines: list[Line]) -> str:
    cells = [
        f'<tr><th scope="row">{escape(group_said(line.keys[0], key))}</th>'
        f'<td class="number">{number_said(line.value, line.unit)}</td>'
        f'<td class="number">{interval_said(line.low, line.high, line.unit)}</td>'
        f'<td class="number">{_count(line.n)}</td></tr>'
        for line in lines[:_SHOWN]
    ]
    more = f", the first {_SHOWN} of {len(lines):,}" if len(lines) > _SHOWN else ""
    table = _table(
        f"{measure.title} by {key}{more}", (key, "Value", "Interval", "Cases"), cells, numbers=(1, 2, 3), tall=True
    )
    return f"<details><summary>Show the data</summary>{table}</details>"


# --- All groups ------------------------------------------------------------------------------------------------------


def _groups(found: Figures, saved: str) -> str:
    if not found.groups:
        return ""
    cards = [measure for measure in found.measures if measure.name not in found.not_split]
    size = len(cards)
    count = len(found.groups) // size
    rows = []
    for place in range(min(count, _SHOWN)):
        part = found.groups[place * size : (place + 1) * size]
        keys = "".join(
            f'<th scope="row" class="key">{escape(group_said(value, key))}</th>'
            for key, value in zip(found.keys, part[0].keys, strict=True)
        )
        rows.append(f"<tr>{keys}{''.join(map(_group_cell, part))}</tr>")
    more = f" The first {_SHOWN} of {count:,} groups; all are in {saved}." if count > _SHOWN else ""
    names = [*found.keys, *(card.title for card in cards)]
    table = _table(
        f"Every measure by {', '.join(found.keys)}, with its interval.{more}",
        names,
        rows,
        numbers=range(len(found.keys), len(names)),
        tall=True,
    )
    lost = f"<p>As a whole only: {escape(', '.join(found.not_split))}. {_NOT_SPLIT}</p>" if found.not_split else ""
    return (
        f'<section class="everything" aria-labelledby="groups"><h2 id="groups">All groups</h2>{lost}{table}</section>'
    )


_NOT_SPLIT: Final = "The table of staffed time does not say to which group its hours and costs belong."


def _group_cell(row: Line) -> str:
    interval = interval_said(row.low, row.high, row.unit)
    small = f"<small>{interval}</small>".replace(" %", "\N{NO-BREAK SPACE}%") if interval != "–" else ""
    return f'<td class="number">{number_said(row.value, row.unit)}{small}</td>'


# --- Reading ---------------------------------------------------------------------------------------------------------


def _reading(found: Figures, saved: str) -> str:
    return "".join(
        (
            (
                "<p><strong>A figure is an estimate.</strong> Its interval says how far chance alone could have moved "
                "it, if contacts are independent of each other and answers stand for those not given. The same "
                "customer twice, a bad hour that hits many, and angry customers who answer more often all break that: "
                "then the interval is too narrow.</p>"
            ),
            (
                "<p><strong>Many groups, some flukes.</strong> Each interval stands by itself. Of 100 groups that do "
                f"not differ, about {100 * (1 - found.level):.2g} seem to, so the best and the worst of many groups "
                "prove little.</p>"
            ),
            (
                "<p><strong>A difference is no cause.</strong> Channels, days and people get different contacts. "
                "Compare like with like before you praise, blame or change.</p>"
            ),
            (
                "<p>Proportions have Wilson's interval, means and net promoter scores the normal one from 30 cases "
                "on, cut at the ends of its scale. Ratios of two totals, such as occupancy, have none.</p>"
            ),
            _empty(found),
            _list("How the file was read:", found.notes),
            f"<p>All figures, unrounded, with notes, are in {escape(saved)}.</p>",
        )
    )


def _empty(found: Figures) -> str:
    if not found.empty:
        return "<p>No cell that was needed is empty.</p>"
    uses = {name: [measure.name for measure in found.measures if name in measure.columns] for name in found.empty}
    rows = [
        f'<tr><th scope="row">{escape(name)}</th><td class="number">{count:,}</td>'
        f'<td class="number">{100 * count / found.rows:.1f} %</td>'
        f'<td class="words">{escape(", ".join(uses[name])) or "none"}</td></tr>'
        for name, count in found.empty.items()
    ]
    head = ("Column", "Empty cells", "Of all rows", "Needed by")
    words = (
        "<p><strong>Rows left out.</strong> A contact without a value that a measure needs is left out of its "
        "numerator and denominator alike. Some cells are rightly empty: nobody handled an abandoned contact, not "
        "everybody was asked, or answered, and a first contact repeats none.</p>"
    )
    return words + _table("Cells without a value", head, rows, numbers=(1, 2))
