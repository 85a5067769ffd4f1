"""The front page of an edition: what the course is, when it meets, what it holds, and how to start."""

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from opsbook.publishing.editions.settings import After
from opsbook.publishing.editions.wording import day, escaped, joined

if TYPE_CHECKING:
    from opsbook.publishing.editions.plan import Chapter, Plan
    from opsbook.publishing.editions.weeks import Session

__all__ = ["blurbs", "contents", "front_page", "introduction", "solutions_told", "week_plan"]

_BLURB: Final = re.compile(
    r"^\*\*\[[^\]]*\]\(\.\./chapters/([\w.-]+)\.ipynb\)\.\*\*\s+(.+?)\s*(?=^\s*$|\Z)", re.MULTILINE | re.DOTALL
)


def blurbs(front: str) -> dict[str, str]:
    r"""Return what the course's front page says of each chapter, by its name.

    Examples
    --------
    >>> blurbs("**[Beds](../chapters/case-healthcare.ipynb).** Ten beds.\n\nMore.\n")
    {'case-healthcare': 'Ten beds.'}
    """
    return {found[1]: found[2] for found in _BLURB.finditer(front)}


def front_page(plan: "Plan", *, known: Mapping[str, str], titles: Mapping[str, str], instructor: bool) -> str:
    """Return the front page as Markdown; everything that the edition's file says is shown letter by letter.

    Parameters
    ----------
    plan : Plan
        The edition.
    known : mapping
        What is said of chapters, by name: `blurbs` of a page whose links the edition has already.
    titles : mapping
        The titles of the pages behind the chapters, by name and in their order.
    instructor : bool
        Whether this is the copy of who teaches.
    """
    pieces = [
        introduction(plan, instructor=instructor),
        _start(plan, instructor=instructor),
        week_plan(plan),
        contents(plan, known, titles),
    ]
    return "\n\n".join(filter(None, [*pieces, _made_from(plan)])) + "\n"


def introduction(plan: "Plan", *, instructor: bool) -> str:
    """Return the title, what is beneath it, and who gives the course."""
    settings = plan.settings
    lines = [f"# {escaped(settings.title)}"]
    if settings.subtitle:
        lines.append(f"{{.lead}}\n{escaped(settings.subtitle)}")
    people = [escaped(each) for each in (settings.instructor, settings.institution) if each]
    if settings.contact:
        address = settings.contact if settings.contact.startswith("https://") else f"mailto:{settings.contact}"
        people.append(f"[{escaped(settings.contact)}](<{quote(address, safe=_IN_ADDRESS)}>)")
    if people:
        lines.append(" · ".join(people))
    if instructor:
        lines.append("**The instructor's copy, with solutions and answer keys. It is not for students.**")
    return "\n\n".join(lines)


_IN_ADDRESS: Final = "%/:=&?~#+!$,;'@()*[]"


def _start(plan: "Plan", *, instructor: bool) -> str:
    first = plan.parts[0].chapters[0]
    reading = (
        f"Read here, on a computer or a phone, without an account: begin with {_link(first)}. Figures, models and "
        "questions work in the page, and what you answer stays on your device."
    )
    told = "" if instructor else solutions_told(plan)
    lines = ["## How to start", f"{reading} {told}".rstrip()]
    notebooks, where = (
        ("instructor-notebooks", "take `notebooks.zip`, which lies beside the folder of these pages, unpack it")
        if instructor
        else (
            "student-notebooks",
            "download the notebooks (the button at the top of this page on the website), unpack them",
        )
    )
    if notebooks in plan.settings.outputs:
        lines.append(f"To work with code, {where}, open a terminal in the folder, and type:")
        lines.append("```\npip install -r requirements.txt\njupyter lab\n```")
    return "\n\n".join(lines)


def solutions_told(plan: "Plan") -> str:
    """Return what students are told of worked solutions that they do not have; nothing if they have them."""
    if not plan.hidden:
        return ""
    if isinstance(plan.settings.solutions, After):
        return f"Worked solutions come after {day(plan.settings.solutions.after)}."
    return "Worked solutions stay with your instructor."


def week_plan(plan: "Plan") -> str:
    """Return when the course meets and what is read for it, as a table; nothing if the file names no dates."""
    if not plan.sessions:
        return ""
    chapters = {each.name: each for part in plan.parts for each in part.chapters}
    rows = [
        f"| {'' if each.holiday else each.number} | {day(each.date)} | {_session(each, chapters)} |"
        for each in plan.sessions
    ]
    head = "| Session | Date | To read before it |\n|---|---|---|"
    return "## Week plan\n\n" + "\n".join([head, *rows])


def _session(session: "Session", chapters: Mapping[str, "Chapter"]) -> str:
    if session.holiday:
        return f"No class: {escaped(session.holiday)}"
    return ", ".join(_link(chapters[each]) for each in session.chapters) or "Review"


def contents(plan: "Plan", known: Mapping[str, str], titles: Mapping[str, str]) -> str:
    """Return the chapters by part, each with what is said of it, and the pages behind them."""
    lines = ["## What the course holds"]
    for part in plan.parts:
        lines.append(f"### {escaped(part.caption)}")
        lines += [_entry(each, known) for each in part.chapters]
    if titles:
        pages = ", ".join(f"[{title}]({name}.md)" for name, title in titles.items())
        lines += ["### To practise and to look things up", f"{pages}."]
    return "\n\n".join(lines)


def _entry(chapter: "Chapter", known: Mapping[str, str]) -> str:
    said = escaped(chapter.description) if chapter.own else known.get(chapter.name, "")
    line = f"**{_link(chapter)}.** {said}".rstrip()
    return f"{line} [Exercises](../exercises/{chapter.name}.ipynb)." if chapter.exercises else line


def _link(chapter: "Chapter") -> str:
    form = chapter.chapter.suffix if chapter.own else ".ipynb"
    return f"[{_inside(chapter.title)}](../chapters/{chapter.name}{form})"


def _inside(title: str) -> str:
    """Return a title so that it cannot end the link around it; the marks that it was written with stay."""
    return re.sub(r"(?<!\\)([\[\]|])", r"\\\1", " ".join(title.split()))


def _made_from(plan: "Plan") -> str:
    own = [_link(each) for part in plan.parts for each in part.chapters if each.own]
    added = f" Of this course itself: {joined(own)}." if own else ""
    return (
        "## What it is made from\n\nThis course is an edition of opsbook, an open course on service operations by the "
        "opsbook authors (text under [CC BY 4.0](https://creativecommons.org/licenses/by/4.0/), code under MIT, data "
        f"under the licences named beside them), which were chosen, arranged and shortened for it.{added}"
    )
