"""What an edition keeps from its students, read from the whole of it; less what they are meant to read anyway.

Whatever the course shows its students is no secret. What instructors write, a chapter or a bank of their own or the
front page, says nothing of what is a secret elsewhere: a solution that was copied there is what is looked for. It only
excuses what is kept back of the same file, and a chapter the prompts, options, hints and feedback of its bank, which
may quote it.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from opsbook.errors import BankError
from opsbook.exercises.banks import class_seed
from opsbook.exercises.numeric import NumericEntry, NumericQuestion
from opsbook.exercises.question import KEPT_SOLUTION, Entry, Question
from opsbook.exercises.reading import read_bank
from opsbook.publishing.editions.streams import (
    OWN,
    OWN_OF_RUN,
    RUN,
    STREAMS,
    TAG,
    WHOLE,
    Index,
    Secret,
    Secrets,
    letters,
    spaced,
)
from opsbook.publishing.editions.withholding import Policy, fed_by_solutions
from opsbook.publishing.lab import cited_names
from opsbook.publishing.solutions import REGIONS

__all__ = ["secrets"]

# The page that holds notes for who teaches, by its name.
_GUIDE: Final = "book/instructor-guide"
_FRONT: Final = "book/index"
# What of a question may quote the chapter that it belongs to, by its name.
_QUOTING: Final = ("prompt of", "text of", "hint of", "feedback of")

_FEWEST: Final = 20  # characters that a text must have to be told from others
_FEW: Final = 4  # letters and digits that tell a formula from a ruler
_PART: Final = 28  # letters and digits between two formulas, which no secret shares with others by chance
_QUOTED: Final = 24  # letters and digits in a row that count as quoted from what students read
_ABOUT: Final = frozenset({"covers", "minutes", "objectives", "requires"})
_CELL_METADATA: Final = frozenset({"jupyter", "nbgrader", "slideshow", "tags"})
_KEPT_TAGS: Final = frozenset({"solution", "instructor"})


class _Told(NamedTuple):
    """Something that an author wrote.

    What it is, the text, whether it is code, whether an exam shows it, and the files of an instructor's that it stands
    in, or that excuse it.
    """

    name: str
    text: str
    code: bool = False
    exam: bool = False
    own: frozenset[str] = frozenset()


def secrets(instructor_stage: Path, policy: Policy) -> Secrets:
    """Return what an edition keeps from its students, read from the whole edition.

    Parameters
    ----------
    instructor_stage : pathlib.Path
        The whole edition.
    policy : Policy
        What is kept back.

    Raises
    ------
    BankError
        A bank breaks the rules of banks.

    Notes
    -----
    What students are meant to read is read here too, by rules of its own and not by those that strip the students'
    stage, so that a fault in the one does not hide in the other.
    """
    kept: list[_Told] = []
    public: list[_Told] = []
    keyless: set[str] = set()
    own = _own(instructor_stage)
    for path in sorted((instructor_stage / "exercises" / "bank").glob("*.yml")):
        held, shown = _read_bank(path, policy, keyless)
        if path.stem in own:
            held, shown = _of_bank(held, path.stem), [each._replace(own=frozenset({path.name})) for each in shown]
        kept += held
        public += shown
    for folder in ("book", "chapters", "exercises"):
        for path in sorted((instructor_stage / folder).rglob("*")):
            docname = path.relative_to(instructor_stage).with_suffix("").as_posix()
            held, shown = _read(path, docname, policy)
            if docname in own.values() or (own and docname == _FRONT):
                held, shown = ([each._replace(own=frozenset({docname})) for each in told] for told in (held, shown))
            kept += held
            public += shown
    public += _surroundings(instructor_stage)
    works = cited_names(instructor_stage / "book" / "references.bib")
    return Secrets(_secret(kept, public, works), frozenset(keyless), policy.hidden)


def _own(stage: Path) -> dict[str, str]:
    """Return the chapters of the instructor's own, by their names and those of their banks."""
    path = stage / "_config.yml"
    settings = yaml.safe_load(path.read_text(encoding="utf8")) if path.exists() else {}
    edition = settings.get("sphinx", {}).get("config", {}).get("opsbook_edition", {})
    return {name: f"chapters/{name}" for name in edition.get("own", ())}


def _of_bank(kept: Iterable[_Told], name: str) -> list[_Told]:
    """Return what a bank of the instructor's own keeps back, with what excuses it."""
    bank, both = frozenset({f"{name}.yml"}), frozenset({f"{name}.yml", f"chapters/{name}"})
    return [each._replace(own=both if each.name.startswith(_QUOTING) else bank) for each in kept]


def _secret(kept: Iterable[_Told], public: Iterable[_Told], works: Mapping[str, str]) -> tuple[Secret, ...]:
    """Return as secrets what stands in no public text."""
    texts = [(each, told.own) for told in kept for each in _streams(told)]
    found: list[Secret] = []
    for kind in STREAMS:
        index = Index([each for each, _ in texts if each.kind == kind], quotes=True)
        own_to = [own for each, own in texts if each.kind == kind]
        masks = [bytearray(len(stream)) for stream in index.streams]
        for told in public if index.secrets else ():
            for data in _public_streams(told, works, kind):
                for number, start, end in index.matches(data):
                    excused = not told.own or told.own & own_to[number]
                    if excused and end - start >= min(len(masks[number]), _QUOTED):
                        masks[number][start:end] = b"\1" * (end - start)
        for secret, stream, mask in zip(index.secrets, index.streams, masks, strict=True):
            own = tuple(
                (len(stream[: run.start()].decode(errors="ignore")), len(stream[: run.end()].decode(errors="ignore")))
                for run in re.finditer(rb"\0{%d,}" % (OWN if len(mask) <= RUN else OWN_OF_RUN), mask)
            )
            if own:
                found.append(replace(secret, own=own))
    return tuple(dict.fromkeys(found))


def _streams(told: _Told) -> Iterator[Secret]:
    """Yield what is searched for: the whole of a text, the parts that a page shows in one piece, and each sentence."""
    text = told.text.strip()
    if len(text) < _FEWEST or text == KEPT_SOLUTION:
        return
    kind = "squeezed" if told.code else "letters"
    streams = {STREAMS[kind](text): (text, WHOLE)}
    if not told.code:
        for part in _parts(text):
            for piece in (part, *re.split(r"(?<=[.!?])\s+", part)):
                streams.setdefault(letters(piece), (piece, _PART))
    for stream, (piece, fewest) in streams.items():
        if len(stream) >= fewest:
            yield Secret(told.name, piece, ((0, len(stream)),), kind, told.exam)
    if len(STREAMS[kind](text)) < WHOLE and len(letters(text)) >= _FEW and len(spaced(text)) >= _FEWEST:
        yield _by_signs(told, text)


def _by_signs(told: _Told, text: str) -> Secret:
    """Return what is searched for of a text that has few letters: all its signs, less those that a page drops."""
    bare = text.strip() if told.code else text.strip(" $`*_")
    tries = (("squeezed", bare), ("spaced", bare), ("spaced", text))
    kind, each = next((kind, each) for kind, each in tries if len(STREAMS[kind](each)) >= WHOLE)
    return Secret(told.name, each, ((0, len(STREAMS[kind](each))),), kind, told.exam)


def _parts(text: str) -> list[str]:
    """Return Markdown as a page shows it, in the pieces between what a page shows in other letters."""
    text = re.sub(r"\{cite[^}]*\}`[^`]*`|\[\[[^\]]*\]\]|\$\$.*?\$\$|\$[^$]*\$", "\0", text, flags=re.DOTALL)
    text = re.sub(r"^[ \t]*(?:`{3,}|:{3,}|~{3,})[^\n]*$", "\0", text, flags=re.MULTILINE)
    text = re.sub(r"\{[\w:-]+\}`([^`<]*)(?:<[^`>]*>)?`", r"\1", text)
    text = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", text)
    text = html.unescape(TAG.sub("", text))
    return text.split("\0")


def _public_streams(told: _Told, works: Mapping[str, str], kind: str) -> Iterator[bytes]:
    """Yield a public text as it is written, as a page shows it, and with the words of its formulas and citations."""
    yield STREAMS[kind](told.text).encode()
    if kind != "letters":
        return
    for part in _parts(told.text):
        yield letters(part).encode()
    if "{cite" in told.text or "$" in told.text:
        cited = re.sub(
            r"\{+cite[^}]*\}+`([^`]*)`",
            lambda found: " ".join(works.get(key.strip(), "") for key in found[1].split(",")),
            told.text,
        )
        bare = re.sub(r"\\[A-Za-z]+|[${}]", " ", cited)
        for part in _parts(bare):
            yield letters(part).encode()


def _read(path: Path, docname: str, policy: Policy) -> tuple[list[_Told], list[_Told]]:
    """Return what a page or notebook keeps back, and what it shows."""
    if path.suffix == ".ipynb":
        return _read_notebook(path, docname, policy)
    if path.suffix == ".md" and docname == _GUIDE:
        return list(_guide(path, docname)), []
    if path.suffix == ".md":
        return _read_page(path, docname, policy)
    return [], []


def _read_bank(path: Path, policy: Policy, keyless: set[str]) -> tuple[list[_Told], list[_Told]]:
    file = read_bank(path, path.name)
    if file.problems:
        raise BankError(list(file.problems))
    public = [_Told("objective", text) for text in file.objectives.values()]
    notes = re.findall(r"^[ \t]*#[ \t]?(.*)$", path.read_text(encoding="utf8"), re.MULTILINE)
    kept = [_Told(f"note in the bank {path.stem}", line) for line in notes]
    seed = class_seed(path.parent)
    for question_id, entry in file.entries.items():
        beside: list[str] = []
        dropped, withheld = policy.is_dropped(entry), policy.is_withheld(entry)
        if dropped or withheld:
            keyless.add(question_id)
        for place, text, code, hidden in _written(entry):
            kind = "hint" if place[0] == "hints" else str(place[-1])
            told = _Told(f"{kind} of {question_id}", text, code)
            if kind == "instructor" or hidden:
                kept.append(told)
            elif kind in {"prompt", "text"}:
                (kept if dropped else public).append(told._replace(exam=True))
                beside += [] if dropped else [text]
            elif policy.hidden if kind in {"solution", "rationale"} else dropped or withheld:
                kept.append(told)
            else:
                beside.append(text)
                public.append(told)
        if dropped or withheld or policy.hidden:
            kept += _with_numbers(entry.draw(question_id, seed, fixed=False), all_of_it=dropped or withheld)
        # In a bank one text follows another, and letters alone do not tell where it begins.
        public.append(_Told(question_id, "\n".join(beside)))
    return kept, public


def _with_numbers(asked: Question, *, all_of_it: bool) -> Iterator[_Told]:
    """Yield what is kept back of a question with numbers, with those of the class in place."""
    if isinstance(asked, NumericQuestion):
        texts = [("solution", asked.solution)]
        if all_of_it:
            texts += [("hint", hint) for hint in asked.hints]
            texts += [("feedback", slip.feedback) for slip in asked.mistakes if not slip.general]
        for name, text in texts:
            # Few words around a number may stand around the same number elsewhere.
            if len(letters(text)) >= _PART:
                yield _Told(f"{name} of {asked.id}", text)


def _written(entry: Entry) -> Iterator[tuple[tuple[str | int, ...], str, bool, bool]]:
    """Yield everything that the author of a question wrote: its place, the text, if it is code, and if it is hidden."""
    tests = getattr(entry, "tests", ())
    for place, text in entry.texts():
        yield place, text, False, place[0] == "tests" and tests[int(place[1])].hidden
    for number, test in enumerate(tests):
        yield ("tests", number, "code"), test.code, True, test.hidden
    if isinstance(entry, NumericEntry):
        for text in (entry.answer, *entry.let.values(), *(mistake.value for mistake in entry.mistakes)):
            yield ("expression",), text, True, False
    if entry.kind == "code" and entry.solution:
        yield ("solution",), entry.solution, True, False


# --- Notebooks and pages, read line by line --------------------------------------------------------------------------


def _divided(text: str, *, shown: bool = False) -> tuple[list[tuple[str, str]], str]:
    """Return what stands in regions that are kept back, by the region's name, and what stands outside of them.

    Solutions that are `shown` stand outside.
    """
    inside: list[tuple[str, list[str]]] = []
    outside: list[str] = []
    region = ""
    for line in text.splitlines():
        begins = next((name for name in REGIONS if f"BEGIN {name}" in line), "")
        ends = any(f"END {name}" in line for name in REGIONS)
        if begins == "SOLUTION" and shown:
            continue
        if begins:
            region = begins
            inside.append((begins, []))
        elif ends:
            region = ""
        elif region:
            inside[-1][1].append(line)
        else:
            outside.append(line)
    return [(name, "\n".join(lines)) for name, lines in inside], "\n".join(outside)


_CODE = re.compile(
    r"^[ \t]*(`{3,}|~{3,})(?:[ \t]*\{(?:code[\w-]*|sourcecode|raw|mermaid)\}[^\n]*|[^{\n]*)\n.*?^[ \t]*\1",
    re.DOTALL | re.MULTILINE,
)


def _commented(text: str) -> tuple[list[str], str]:
    """Return the comments of a Markdown text, and the text less them; code is there to be read with all its lines."""
    pieces = re.findall(r"<!--(.*?)-->", text, re.DOTALL)
    pieces += ["\n".join(run.splitlines()) for run in re.findall(r"(?:^ {0,3}%[^\n]*\n?)+", text, re.MULTILINE)]
    without = re.sub(r"^ {0,3}%[^\n]*$", "", re.sub(r"<!--.*?-->", "", text, flags=re.DOTALL), flags=re.MULTILINE)
    return pieces, "\n".join((without, *(found[0] for found in _CODE.finditer(text))))


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)


def _read_notebook(path: Path, docname: str, policy: Policy) -> tuple[list[_Told], list[_Told]]:
    kept: list[_Told] = []
    public: list[_Told] = []
    notebook = json.loads(path.read_text(encoding="utf8"))
    known = {"kernelspec", "language_info"}
    for name, value in notebook.get("metadata", {}).items():
        unknown = {} if name in known else value
        if name == "opsbook" and isinstance(value, dict):
            public += [_Told("about", text) for text in _strings(value.get("objectives"))]
            unknown = {key: each for key, each in value.items() if key not in _ABOUT}
        kept += [_Told(f"metadata of {docname}", text) for text in _strings(unknown)]
    fed = fed_by_solutions(notebook["cells"]) if policy.hidden else ()
    for number, cell in enumerate(notebook["cells"], 1):
        where = f"cell {number} of {docname}"
        source, is_code = "".join(cell["source"]), cell["cell_type"] == "code"
        metadata = cell.get("metadata", {})
        tags, grading = _KEPT_TAGS & set(metadata.get("tags", ())), metadata.get("nbgrader", {})
        held = {name: value for name, value in metadata.items() if name not in _CELL_METADATA}
        kept += [_Told(f"metadata of {where}", text, code=code) for text in _strings(held) for code in (False, True)]
        regions, outside = _divided(source, shown=not policy.hidden)
        solved = "solution" in tags or (grading.get("solution") and not regions)
        if "instructor" in tags or (solved and policy.hidden):
            name = f"{min(tags, default='solution')} in {where}"
            kept.append(_Told(name, source, code=is_code))
            kept += _told_by(name, cell)
            kept += [_Told(name, _picture(text), code=True) for text in _strings(cell.get("attachments"))]
            continue
        for region, text in regions:
            kept.append(_Told(f"{region.lower()} in {where}", text, code=is_code))
            kept += _told_by(f"{region.lower()} in {where}", cell)
        if number - 1 in fed:
            kept += _told_by(f"solution shown by {where}", cell)
        elif is_code and not regions and not grading.get("grade"):
            public.append(_Told(where, "\n".join(text for _, text in _shown(cell))))
        if is_code:
            public.append(_Told(where, outside))
        else:
            comments, rest = _commented(outside)
            kept += [_Told(f"comment in {where}", text) for text in comments]
            public.append(_Told(where, rest))
    return kept, public


_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def _shown(cell: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the texts that a cell shows beneath it, each with its type: printed, displayed, or told by an error."""
    for output in cell.get("outputs", ()):
        yield "text", "".join(output.get("text", ""))
        yield "text", _COLOURS.sub("", "\n".join((output.get("evalue", ""), *output.get("traceback", ()))))
        for mime, value in output.get("data", {}).items():
            # A text may stand there as a list of its lines; what is JSON has its strings anywhere.
            whole = isinstance(value, list) and all(isinstance(line, str) for line in value)
            yield from ((mime, text) for text in _strings("".join(value) if whole else value))


def _told_by(name: str, cell: Mapping[str, Any]) -> Iterator[_Told]:
    """Yield what a cell shows, to be kept back."""
    for mime, text in dict.fromkeys(_shown(cell)):
        picture = mime.startswith("image/") and not mime.endswith("xml")
        yield _Told(name, _picture(text), code=True) if picture else _Told(name, text)


def _picture(encoded: str) -> str:
    """Return a stretch of a picture in base64 that no other begins with."""
    signs = "".join(encoded.split())
    return signs[400:2400] if len(signs) > 800 else signs  # noqa: PLR2004 - behind what software writes first


def _read_page(path: Path, docname: str, policy: Policy) -> tuple[list[_Told], list[_Told]]:
    regions, outside = _divided(path.read_text(encoding="utf8"))
    kept = [
        _Told(f"{region.lower()} in {docname}", text)
        for region, text in regions
        if policy.hidden or region != "SOLUTION"
    ]

    def tagged(found: re.Match[str]) -> str:
        tags = re.search(r"^[ \t]*:?tags:.*\b(solution|instructor)\b", found[0], re.MULTILINE)
        if not tags:
            return found[0]
        if policy.hidden or tags[1] == "instructor":
            kept.append(_Told(f"solution in {docname}", found[2], code=True))
        return ""

    outside = re.sub(r"^(`{3,})\{code-cell\}[^\n]*\n(.*?)^\1[ \t]*$", tagged, outside, flags=re.DOTALL | re.MULTILINE)
    comments, rest = _commented(outside)
    kept += [_Told(f"comment in {docname}", text) for text in comments]
    return kept, [_Told(docname, rest)]


def _guide(path: Path, docname: str) -> Iterator[_Told]:
    for paragraph in re.split(r"\n\s*\n", path.read_text(encoding="utf8")):
        if len(paragraph) >= 2 * _FEWEST and not paragraph.lstrip().startswith(("```", ":::", "|", "(")):
            yield _Told(f"instructor's page {docname}", paragraph)


def _surroundings(stage: Path) -> Iterator[_Told]:
    """Yield what students get of every edition: the library, the lists that pages are made from, the licences."""
    package = stage / "src" / "opsbook"
    for path in sorted(package.rglob("*")):
        place = path.relative_to(package)
        if path.suffix in {".py", ".js", ".md", ".html"} and "vendor" not in place.parts and "bank" not in place.parts:
            yield _Told(place.as_posix(), path.read_text(encoding="utf8"))
    lists = ("book/references.bib", "book/evidence.yml", "book/coverage.yml", "datasets/datapackage.json")
    for name in (*lists, "README.md"):
        if (stage / name).is_file():
            yield _Told(name, (stage / name).read_text(encoding="utf8"))
