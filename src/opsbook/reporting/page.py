"""The report as one page that needs nothing else: tables, pictures, definitions, and what the figures cannot tell."""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from html import escape
from importlib import resources
from operator import attrgetter
from string import Template
from typing import Final

import opsbook
from opsbook import files
from opsbook.kpi import PERIODS, Measure
from opsbook.reporting import drawing
from opsbook.reporting.drawing import NARROW, WIDE
from opsbook.reporting.figures import Figures, Line, group_said, interval_said, is_missing, number_said, verdict

__all__ = ["page", "promise_said"]

_SHOWN: Final = 500  # groups in the table
_DOTS: Final = 25  # groups in a picture
_ABREAST: Final = 6  # pictures through time beside each other
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
            pictures.append(_figure(measure, key, lines, aim))
    place = _id(found, measure)
    return (
        f'<section aria-labelledby="{place}"><h3 id="{place}">{escape(measure.title)}</h3>'
        f'<p><span class="big">{number_said(row.value, row.unit)}</span>{beside}</p>'
        f'<p class="soft">Counted: {_formula(measure)}. Clock: {_words(measure.clock)}.'
        f"{f' Abandonment: {_words(measure.abandonment)}.' if measure.abandonment else ''}</p>"
        f'<div class="charts">{"".join(pictures)}</div>{_beside_each_other(found, measure, aim)}</section>'
    )


def _figure(measure: Measure, key: str, lines: list[Line], aim: float | None) -> str:
    timed = key in PERIODS and any(hasattr(line.keys[0], "strftime") for line in lines)
    left = ""
    if timed:
        drawn = [line for line in lines if not is_missing(line.keys[0])]
    else:
        drawn = sorted(lines, key=lambda line: -line.n)[:_DOTS] if len(lines) > _DOTS else lines
        left = f" The {_DOTS} of {len(lines):,} with the most cases." if len(lines) > _DOTS else ""
        drawn = sorted(drawn, key=lambda line: -line.value)
    least, most = min(drawn, key=attrgetter("value")), max(drawn, key=attrgetter("value"))
    message = f"From {_at(least, key)} to {_at(most, key)}."
    if number_said(least.value, least.unit) == number_said(most.value, most.unit):
        message = f"All {number_said(most.value, most.unit)}." if len(drawn) > 1 else f"{_at(most, key)}."
    said = f"{measure.title} by {key}, {len(drawn)} in all, with intervals. {message} The table has all."
    if timed:
        wide, narrow = (drawing.over_time(drawn, said, width=width, target=aim) for width in (WIDE, NARROW))
        pictures = f'<div class="wide">{wide}</div><div class="narrow again">{narrow}</div>'
    else:
        names = [group_said(line.keys[0], key) for line in drawn]
        pictures = f"<div>{drawing.of_groups(drawn, names, said, width=NARROW, target=aim)}</div>"
    caption = f"By {escape(key)}<span>{escape(message)}{left}</span>"
    return f"<figure><figcaption>{caption}</figcaption>{pictures}{_data(measure, key, lines)}</figure>"


def _at(line: Line, key: str) -> str:
    name = group_said(line.keys[0], key)
    return f"{number_said(line.value, line.unit)} {name if name.startswith('(') else f'({name})'}"


def _beside_each_other(found: Figures, measure: Measure, aim: float | None) -> str:
    """Return a picture through time for each of a few groups; empty where there are no such keys."""
    timed = [place for place, key in enumerate(found.keys) if key in PERIODS]
    if len(found.keys) != 2 or len(timed) != 1 or found.keys[timed[0]] not in found.views:  # noqa: PLR2004 -- a pair
        return ""
    when, what = timed[0], 1 - timed[0]
    groups: dict[str, list[Line]] = {}
    for line in found.groups:
        if line.measure == measure.name and not math.isnan(line.value) and not is_missing(line.keys[when]):
            groups.setdefault(group_said(line.keys[what], found.keys[what]), []).append(line)
    if not 2 <= len(groups) <= _ABREAST or min(map(len, groups.values())) < 2:  # noqa: PLR2004 -- as above
        return ""
    ranges = [drawing.ends(lines, aim) for lines in groups.values()]
    both = min(least for least, _ in ranges), max(most for _, most in ranges)
    alike = both[1] - both[0] <= _ALIKE * min(most - least for least, most in ranges)
    keys = f"{found.keys[when]} and {found.keys[what]}"
    pictures = []
    for name, lines in groups.items():
        drawn = [line._replace(keys=(line.keys[when],)) for line in lines]
        said = f"{measure.title} by {keys}: {name}. A line through {len(lines)} points with its interval as a band."
        picture = drawing.over_time(drawn, said, width=NARROW, height=180, target=aim, scale=both if alike else None)
        pictures.append(f'<div><p class="name">{escape(name)}</p>{picture}</div>')
    scale = "All to one scale." if alike else "Each to a scale of its own: look at the numbers beside it."
    return (
        f'<figure><figcaption>By {escape(keys)}<span>{scale} The figures stand in <a href="#groups">All '
        f'groups</a>.</span></figcaption><div class="abreast">{"".join(pictures)}</div></figure>'
    )


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
