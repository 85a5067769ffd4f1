"""What practising needs of a built book: pages of its own, and what they know of the book's questions."""

import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
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

from opsbook.exercises.banks import bank_paths, catalogue, default_seed
from opsbook.exercises.exam import (
    DIFFICULTY_SHARES,
    KIND_SHARES,
    exam_markup,
    exam_script,
    examined,
    full_exam,
    quotas,
)
from opsbook.exercises.page import for_script, print_key, progress_markup
from opsbook.exercises.paper import paper_head, paper_key, paper_markup, paper_reasons
from opsbook.exercises.question import Question

__all__ = [
    "FullExam",
    "MyProgress",
    "PracticeExam",
    "answer_key",
    "asked",
    "book_catalogue",
    "note",
    "note_question",
    "settle_seed",
    "with_full_exam",
    "write_data",
]

_ASKED: Final = "opsbook_questions"
_PLACE: Final = "opsbook_place"
_SEED: Final = "OPSBOOK_SEED"
# The number of the exam that the book prints.
_PRINTED: Final = 1
_KINDS: Final = {
    "choice": "One right option",
    "numeric": "A number",
    "choices": "Several right options",
    "order": "Steps to put in order",
    "match": "Items to put into groups",
}
_DIFFICULTIES: Final = {1: "Recall", 2: "Application", 3: "Judgement"}


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


# --- The pages -------------------------------------------------------------------------------------------------


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


class FullExam(SphinxDirective):
    """A piece of the full exam: its ``blueprint``, its ``paper``, its ``key`` or the ``reasons``."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return where the piece will stand, which is written when the whole book is known."""
        piece = self.arguments[0]
        if piece not in _PIECES:
            raise self.error(f"There is no piece called {piece!r} of the full exam. Write one of {', '.join(_PIECES)}.")
        if piece != "blueprint":
            self.env.metadata[self.env.docname][_PLACE] = f"exam-{'paper' if piece == 'paper' else 'answers'}"
        for path in bank_paths().values():
            self.env.note_dependency(str(path))
        return [nodes.raw("", _mark(piece), format="html")]


def _mark(piece: str) -> str:
    return f"<!-- full exam: {piece} -->"


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
    whole = catalogue()
    # A page beside the chapters counts as one if it has a bank of its own.
    banks = {f"book/{each.partition('/')[0]}" for each in whole["questions"]}
    chapters = {
        docname.partition("/")[2]: {"title": env.titles[docname].astext(), "part": part, "url": f"../{docname}.html"}
        for docname, part in parts.items()
        if docname.startswith("chapters/") or docname in banks
    }
    places: dict[str, str] = {}
    # Who is to answer again goes to the exercises rather than into the middle of a chapter.
    for docname in sorted(parts, key=lambda docname: not docname.startswith("exercises/")):
        for question_id, _ in asked(env, docname):
            places.setdefault(question_id, f"../{docname}.html#q-{question_id.replace('/', '-')}")

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


# --- The full exam ---------------------------------------------------------------------------------------------


def with_full_exam(app: Sphinx, docname: str, body: str) -> str:
    """Return a page's body with every piece of the full exam in its place."""
    for piece, write in _PIECES.items():
        if _mark(piece) in body:
            body = body.replace(_mark(piece), write(app, docname))
    return body


def _printed(known: Mapping[str, Any]) -> tuple[Question, ...]:
    """Return the exam that is printed: the same as on the page for its number, in this book and with its seed."""
    return full_exam(seed=_PRINTED, chapters=known["chapters"])


def _table(caption: str, heads: Iterable[str], rows: Iterable[tuple[object, ...]]) -> str:
    head = "".join(f'<th scope="col">{each}</th>' for each in heads)
    body = "".join(
        f'<tr><th scope="row">{escape(str(name))}</th>{"".join(f"<td>{each}</td>" for each in cells)}</tr>'
        for name, *cells in rows
    )
    inner = f"<caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody>"
    return f'<table class="ops-paper-shares">{inner}</table>'


def _between(low: int, high: int) -> str:
    return f"{low}" if low == high else f"{low}–{high}"


def _blueprint(app: Sphinx, _docname: str) -> str:
    known = book_catalogue(app.env)
    about, printed = examined(list(known["chapters"])), _printed(known)
    count, bounds = len(printed), quotas(about, len(printed))
    part_of = {name: chapter["part"] for name, chapter in known["chapters"].items()}

    def share(of: int, whole: int) -> str:
        return f"{count * of / whole:g}"

    def parts() -> Iterator[tuple[object, ...]]:
        for part in dict.fromkeys(part_of[name] for name in part_of if name in bounds):
            names = [name for name in bounds if part_of[name] == part]
            kept = sum(each.partition("/")[0] in names for each in about)
            here = sum(each.id.partition("/")[0] in names for each in printed)
            low, high = (sum(bounds[name][end] for name in names) for end in (0, 1))
            yield part, len(names), kept, _between(low, high), here
        yield "All", len(bounds), len(about), count, count

    kept = Counter(each[key] for each in about.values() for key in ("kind", "difficulty"))
    here = Counter(each for question in printed for each in (question.kind, question.difficulty))
    kinds = [
        (name, kept[kind], share(KIND_SHARES[kind], sum(KIND_SHARES.values())), here[kind])
        for kind, name in _KINDS.items()
    ]
    levels = [
        (name, kept[level], share(DIFFICULTY_SHARES[level], sum(DIFFICULTY_SHARES.values())), here[level])
        for level, name in _DIFFICULTIES.items()
    ]
    columns = ["Kept for exams", f"Of {count}", f"In exam {_PRINTED}"]
    return (
        _table("By part of the book", ["Part", "Chapters", *columns], parts())
        + _table("By kind", ["What is asked for", *columns], kinds)
        + _table("By difficulty", ["Difficulty", *columns], levels)
    )


def _paper(app: Sphinx, docname: str) -> str:
    printed = _printed(book_catalogue(app.env))
    end = ""
    if answers := _place(app.env, "exam-answers"):
        address = escape(app.builder.get_relative_uri(docname, answers))
        end = f'<p class="ops-paper-end">Done? <a href="{address}">The answers, with a reason for each</a>.</p>'
    return f"{paper_head(printed)}{paper_markup(printed)}{end}"


def _key(app: Sphinx, _docname: str) -> str:
    return paper_key(_printed(book_catalogue(app.env)))


def _reasons(app: Sphinx, _docname: str) -> str:
    known = book_catalogue(app.env)

    def section_url(asked: Question) -> str:
        name = asked.id.partition("/")[0]
        return f"{known['chapters'][name]['url']}#{known['questions'][asked.id]['section']}"

    return paper_reasons(_printed(known), section_url=section_url)


_PIECES: Final[dict[str, Callable[[Sphinx, str], str]]] = {
    "blueprint": _blueprint,
    "paper": _paper,
    "key": _key,
    "reasons": _reasons,
}


# --- What is said on a page with questions ---------------------------------------------------------------------


def note(app: Sphinx, docname: str) -> str:
    """Return the line that says honestly, before a page's first question, what its checks are."""
    progress, kept = _place(app.env, "progress"), ""
    if progress is not None:
        address = escape(app.builder.get_relative_uri(docname, progress))
        kept = f', and <a href="{address}">My progress</a> shows how you did'
    solutions = app.config.opsbook_edition.get("solutions", "")
    return (
        '<p class="ops-honest">These checks are practice, not an exam: the answers are in the page for anybody who '
        f"looks. What you answer stays on this device{kept}.{f' {escape(solutions)}' if solutions else ''}</p>"
    )


def answer_key(questions: Iterable[Question]) -> str:
    """Return the instructor's answer key, folded on the screen and on a sheet of its own on paper."""
    keys = "".join(f"<li>{print_key(each)}</li>" for each in questions)
    return (
        '<section class="ops-answer-key"><h2>Answer key</h2><details class="printed"><summary>Show the answers, what '
        f"is said of each, and the notes for the instructor</summary><ol>{keys}</ol></details></section>"
    )
