"""What practising needs of a built book: two pages of its own, and what they know of the book's questions."""

import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any, Final

from docutils import nodes
from sphinx.addnodes import toctree
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.environment import BuildEnvironment
from sphinx.util.docutils import SphinxDirective

from opsbook.exercises.banks import catalogue, default_seed
from opsbook.exercises.exam import exam_markup, exam_script
from opsbook.exercises.page import for_script, print_key, progress_markup
from opsbook.exercises.question import Question

__all__ = [
    "MyProgress",
    "PracticeExam",
    "answer_key",
    "asked",
    "book_catalogue",
    "note",
    "note_question",
    "settle_seed",
    "write_data",
]

_ASKED: Final = "opsbook_questions"
_PLACE: Final = "opsbook_place"
_SEED: Final = "OPSBOOK_SEED"


def settle_seed(_app: Sphinx, config: Config) -> None:
    """Make one class seed hold for everything that is built: the environment's, else the configuration's."""
    os.environ[_SEED] = os.environ.get(_SEED, "").strip() or str(config.opsbook_seed)
    config.opsbook_seed = default_seed()


# --- Who asks what ---------------------------------------------------------------------------------------------


def note_question(env: BuildEnvironment, question_id: str, seed: int | None) -> None:
    """Keep that the page being read asks a question, with a seed of its own or the class's."""
    # Sphinx forgets this with the page and brings it home from every process that reads pages.
    env.metadata[env.docname].setdefault(_ASKED, []).append((question_id, seed))


def asked(env: BuildEnvironment, docname: str) -> list[tuple[str, int | None]]:
    """Return the questions of a page in its order, each with a seed of its own or None."""
    found: list[tuple[str, int | None]] = env.metadata.get(docname, {}).get(_ASKED, [])
    return found


def _place(env: BuildEnvironment, name: str) -> str | None:
    return next((docname for docname in sorted(env.metadata) if env.metadata[docname].get(_PLACE) == name), None)


# --- The two pages ---------------------------------------------------------------------------------------------


class MyProgress(SphinxDirective):
    """What the reader has answered, by objective, and what to review next."""

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        self.env.metadata[self.env.docname][_PLACE] = "progress"
        return [nodes.raw("", progress_markup(), format="html")]


class PracticeExam(SphinxDirective):
    """An exam drawn by seed from the questions that are kept for it."""

    def run(self) -> list[nodes.Node]:
        """Return the page's nodes."""
        self.env.metadata[self.env.docname][_PLACE] = "exam"
        return [nodes.raw("", exam_markup(), format="html")]


# --- What they know of the book --------------------------------------------------------------------------------


def _pages(env: BuildEnvironment) -> Iterator[tuple[str, str]]:
    """Yield every page of the contents in its order, with the caption of its part."""

    def below(docname: str) -> Iterator[str]:
        yield docname
        for child in env.toctree_includes.get(docname, ()):
            yield from below(child)

    for branch in env.get_doctree(env.config.root_doc).findall(toctree):
        for top in branch["includefiles"]:
            for docname in below(top):
                yield docname, branch.get("caption") or ""


def book_catalogue(env: BuildEnvironment) -> dict[str, Any]:
    """Return objectives, chapters and questions of the chapters in this book, with the places that ask them.

    Addresses begin at a page one folder below the book's root, where all pages lie.
    """
    parts = dict(_pages(env))
    chapters = {
        docname.removeprefix("chapters/"): {
            "title": env.titles[docname].astext(),
            "part": part,
            "url": f"../{docname}.html",
        }
        for docname, part in parts.items()
        if docname.startswith("chapters/")
    }
    places: dict[str, str] = {}
    # Who is to answer again goes to the exercises rather than into the middle of a chapter.
    for docname in sorted(parts, key=lambda docname: not docname.startswith("exercises/")):
        for question_id, _ in asked(env, docname):
            places.setdefault(question_id, f"../{docname}.html#q-{question_id.replace('/', '-')}")
    whole = catalogue()

    def here(entries: Mapping[str, Any]) -> Iterator[str]:
        return (each for each in entries if each.partition("/")[0] in chapters)

    order = [question_id for docname in parts for question_id, _ in asked(env, docname)]
    listed = dict.fromkeys(each for each in (*order, *whole["questions"]) if each in whole["questions"])
    return {
        "objectives": {each: whole["objectives"][each] for each in here(whole["objectives"])},
        "chapters": chapters,
        "questions": {each: {**whole["questions"][each], "url": places.get(each)} for each in here(listed)},
    }


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")


def write_data(app: Sphinx, exception: Exception | None) -> None:
    """Write what the two pages load, where the book has them: the catalogue, and a file of exam questions a chapter."""
    env = app.env
    if exception is not None or app.builder.format != "html" or not (_place(env, "progress") or _place(env, "exam")):
        return
    static, known = Path(app.outdir) / "_static", book_catalogue(env)
    _write(static / "catalogue.js", f"window.opsbookCatalogue = {for_script(known)};\n")
    examined = {each.partition("/")[0] for each, about in known["questions"].items() if "exam" in about["pool"]}
    for old in (static / "exam").glob("*.js"):
        if old.stem not in examined:
            old.unlink()
    for name in examined if _place(env, "exam") else ():
        chapter = known["chapters"][name]["url"]
        _write(static / "exam" / f"{name}.js", exam_script(name, section_url=partial("{}#{}".format, chapter)))


# --- What is said on a page with questions ---------------------------------------------------------------------


def note(app: Sphinx, docname: str) -> str:
    """Return the line that says honestly, before a page's first question, what its checks are."""
    progress, kept = _place(app.env, "progress"), ""
    if progress is not None:
        address = escape(app.builder.get_relative_uri(docname, progress))
        kept = f', and <a href="{address}">My progress</a> shows how you did'
    return (
        '<p class="ops-honest">These checks are practice, not an exam: the answers are in the page for anybody who '
        f"looks. What you answer stays on this device{kept}.</p>"
    )


def answer_key(questions: Iterable[Question]) -> str:
    """Return the instructor's answer key, which shows on paper alone."""
    keys = "".join(f"<li>{print_key(each)}</li>" for each in questions)
    return f'<section class="ops-answer-key"><h2>Answer key</h2><ol>{keys}</ol></section>'
