"""The map of the course, written by its notebooks and banks: what each chapter teaches, where, and after what."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxRole

from opsbook.exercises.banks import bank_paths, catalogue
from opsbook.publishing.course import Page, Unit, chapter_file, read_pages, read_unit
from opsbook.publishing.pages import Generated, folded

__all__ = [
    "CurriculumMap",
    "Ideas",
    "Prerequisites",
    "QuestionLink",
    "curriculum_map",
    "ideas_taught",
    "prerequisites",
]

# --- What the pages say ----------------------------------------------------------------------------------------


def prerequisites(units: Sequence[Unit]) -> str:
    """Return, part by part, what each chapter builds on and which chapters build on it, as Markdown."""
    links = {unit.name: unit.link for unit in units}
    lines = []
    for part, members in groupby(units, key=lambda unit: unit.part):
        lines.append(f"\n**{part}**\n" if part else "")
        for unit in members:
            before = [links[name] for name in unit.requires if name in links]
            after = [other.link for other in units if unit.name in other.requires]
            said = [f"builds on {_listed(before)}" if before else "stands alone"]
            said += [f"leads to {_listed(after)}"] if after else []
            lines.append(f"- {unit.link}: {'; '.join(said)}.")
    return "\n".join(lines).strip()


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]]))


def curriculum_map(units: Sequence[Unit], ideas: Mapping[str, str], questions: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the map as Markdown: part by part each chapter's objectives, with where each is taught and practised.

    Parameters
    ----------
    units : sequence of Unit
        The chapters in the order of the book.
    ideas : mapping
        What each coverage id stands for.
    questions : mapping
        The questions of the `catalogue` of the banks, by full id.
    """
    parts = []
    for part, members in groupby(units, key=lambda unit: unit.part):
        parts += [f"## {part}"] if part else []
        parts += [_unit(unit, ideas, questions) for unit in members]
    return "\n\n".join(parts)


def _unit(unit: Unit, ideas: Mapping[str, str], questions: Mapping[str, Mapping[str, Any]]) -> str:
    time = " and ".join(
        f"[{minutes} minutes to {what}](../{folder}/{unit.name}{unit.suffix if folder == 'chapters' else '.ipynb'})"
        for minutes, (folder, what) in zip(unit.minutes, _HALVES.items(), strict=False)
    )
    covered = "\n".join(f"- **{each}** {ideas.get(each, '')}".rstrip() for each in unit.covers)
    own = {each: about for each, about in questions.items() if each.partition("/")[0] == unit.name}
    objectives = "\n".join(
        "\n".join([f"{place}. {text}", *(f"   - {line}" for line in _served(unit, objective, own))])
        for place, (objective, text) in enumerate(unit.objectives.items(), start=1)
    )
    # Twenty chapters unfolded are too long a way for a thumb; the heading stays outside, so that links find it.
    summary = f"Objectives, questions and ideas: {escape(unit.title)}"
    return "\n\n".join(
        [
            f"{'###' if unit.part else '##'} {unit.title}",
            f"{time}.",
            folded(summary, objectives, f"Ideas:\n\n{covered}" if covered else "", printed=True),
        ]
    )


_HALVES = {"chapters": "read", "exercises": "practise"}


def _served(unit: Unit, objective: str, own: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield where an objective is taught, checked, practised and examined."""
    serving = {each for each, about in own.items() if about["objective"] == objective}
    labels = {own[each]["section"] for each in serving}
    # In the order of the chapter; the questions know the sections, since their feedback leads there.
    read = [
        f"[{heading}](../chapters/{unit.name}{unit.suffix}#{label})"
        for label, heading in unit.sections.items()
        if label in labels
    ]
    if read:
        yield f"Read: {' · '.join(read)}"
    for word, folder, asked in (("Check", "chapters", unit.checks), ("Practise", "exercises", unit.exercises)):
        links = [_question(folder, unit.name, each) for each in asked if each in serving]
        if links:
            yield f"{word}: {' · '.join(links)}"
    examined = sum("exam" in own[each]["pool"] for each in serving)
    if examined:
        yield f"Questions kept for the practice exam: {examined}"


def _question(folder: str, name: str, question_id: str) -> str:
    # MyST finds no label inside a question, which is HTML already.
    words = question_id.partition("/")[2].replace("-", " ")
    return f'<a href="../{folder}/{name}.html#q-{question_id.replace("/", "-")}">{escape(words)}</a>'


def ideas_taught(ideas: Mapping[str, str], units: Sequence[Unit], pages: Sequence[Page]) -> str:
    """Return every idea with the chapters and pages that teach it, as Markdown."""
    teaching: list[Unit | Page] = [*units, *pages]
    homes = {idea: [each.link for each in teaching if idea in each.covers] for idea in ideas}
    return "\n".join(
        f"- **{idea}** {text}: {_listed(homes[idea]) if homes[idea] else 'not in this edition'}"
        for idea, text in ideas.items()
    )


# --- Directives ------------------------------------------------------------------------------------------------


def _contents(env: BuildEnvironment) -> list[tuple[str, str]]:
    """Return every page of the contents in its order, with the caption of its part."""
    site = getattr(env, "external_site_map", None)
    if site is None:  # contents that are written into pages are known only when all pages are read
        return [(docname, "") for docname in sorted(env.found_docs)]

    def below(docname: str, part: str) -> Iterator[tuple[str, str]]:
        yield docname, part
        for tree in site[docname].subtrees if docname in site else ():
            for item in tree.items:
                yield from below(str(item), part or tree.caption or "")

    return list(below(site.root.docname, ""))


class _OfCourse(Generated):
    """What is made from the notebooks of this book, and anew when one of them changes."""

    def _units(self) -> list[Unit]:
        root = Path(self.env.srcdir)
        known = bank_paths()
        found = []
        for docname, part in _contents(self.env):
            folder, _, name = docname.partition("/")
            if folder == "chapters":
                found.append(read_unit(root, name, part))
                files = [chapter_file(root, name), root / "exercises" / f"{name}.ipynb", known.get(name)]
                for file in filter(None, files):
                    self.env.note_dependency(str(file))
        return found

    def _pages(self) -> list[Page]:
        paths = [Path(self.env.doc2path(docname)) for docname, _ in _contents(self.env)]
        pages = [path for path in paths if path.suffix == ".md" and path.parent.name != "chapters"]
        for page in pages:
            self.env.note_dependency(str(page))
        return read_pages(pages)

    def _ideas(self) -> dict[str, str]:
        _, path = self.env.relfn2path(self.arguments[0])
        self.env.note_dependency(path)
        return {each["id"]: each["idea"] for each in yaml.safe_load(Path(path).read_text(encoding="utf8"))}


class Prerequisites(_OfCourse):
    """What each chapter builds on."""

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return self._parsed(prerequisites(self._units()), "requires")


class CurriculumMap(_OfCourse):
    """Objectives, sections, questions and ideas of every chapter; the argument is the list of ideas."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return self._parsed(curriculum_map(self._units(), self._ideas(), catalogue()["questions"]), "curriculum")


class Ideas(_OfCourse):
    """Every idea with its home; the argument is the list of ideas."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        return self._parsed(ideas_taught(self._ideas(), self._units(), self._pages()), "ideas")


class QuestionLink(SphinxRole):
    """A link from the text of a page to a question where learners meet it; the text is its full id."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the link, or what is wrong with the id."""
        about = catalogue()["questions"].get(self.text)
        if about is None or set(about["pool"]) == {"exam"}:
            rule = "names no question that a chapter or its exercises ask"
            found = self.inliner.reporter.error(f"`{self.text}` {rule}. See exercises/bank.", line=self.lineno)
            return [nodes.literal(self.text, self.text)], [found]
        folder = "chapters" if "check" in about["pool"] else "exercises"
        return [nodes.raw("", _question(folder, self.text.partition("/")[0], self.text), format="html")], []
