"""Reads a bank file, and says in plain words everything that is wrong with it."""

import re
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from functools import lru_cache
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, NamedTuple

from pydantic import Field

from opsbook.exercises import prose
from opsbook.exercises.choice import ChoiceEntry, ChoicesEntry
from opsbook.exercises.code import CodeEntry
from opsbook.exercises.forms import check, enumerated, lies_in, meant, nearest, shown
from opsbook.exercises.match import MatchEntry
from opsbook.exercises.numeric import NumericEntry
from opsbook.exercises.order import OrderEntry
from opsbook.exercises.question import OBJECTIVE_FORM, SLUG_FORM, Entry, ObjectiveId, Problem, Strict, Text
from opsbook.exercises.reflect import ReflectEntry
from opsbook.exercises.withheld import WithheldEntry
from opsbook.located import Place, Tree, UnreadableError, parse, printable, text_of

__all__ = ["KINDS", "BankFile", "read_bank"]

KINDS: Mapping[str, type[Entry]] = MappingProxyType(
    {
        "choice": ChoiceEntry,
        "choices": ChoicesEntry,
        "numeric": NumericEntry,
        "order": OrderEntry,
        "match": MatchEntry,
        "reflect": ReflectEntry,
        "code": CodeEntry,
    }
)
# Nobody writes the last of these: an edition for students holds it in place of what is graded.
_READABLE: Mapping[str, type[Entry]] = MappingProxyType({**KINDS, "withheld": WithheldEntry})

# What a rule on one key may depend on beside that key: a fault there may only look like one here.
_RESTS_ON = {
    "answer": {"given", "let", "unit"},
    "given": {"let", "prompt"},
    "let": {"given"},
    "mistakes": {"answer", "given", "items", "let", "tolerance", "unit"},
    "tolerance": {"answer", "given", "let"},
    "unit": {"answer", "given", "let"},
}


# Beyond this, what reads Markdown and formulas takes minutes, or ends the whole process.
_LONGEST_TEXT = 10_000

# Beyond these, what is wrong is one thing that stands everywhere, and every line of the report takes time.
_MOST_PROBLEMS = 1_000
_MOST_IN_QUESTION = 200
_MOST_SUGGESTED = 20


class _ObjectiveEntry(Strict):
    id: ObjectiveId
    text: Text


class _FileEntry(Strict):
    objectives: Annotated[list[_ObjectiveEntry], Field(min_length=1)] = Field(default=[])
    questions: Annotated[list[Any], Field(min_length=1)]


class BankFile(NamedTuple):
    """What a bank file holds.

    Attributes
    ----------
    entries : mapping of str to Entry
        The questions that could be read, by full id.
    problems : tuple of str
        A line for every problem, in the order of the file; of more than a thousand, the first.
    objectives : mapping of str to str
        The text of each objective by its id; empty when the file lists none.
    """

    entries: Mapping[str, Entry]
    problems: tuple[str, ...]
    objectives: Mapping[str, str]


# --- One question ------------------------------------------------------------------------------------------------


def _is_form(form: str, value: float) -> bool:
    # Python knows more formats: `c` makes a letter of a number, and a width of a billion fills the memory.
    if not re.fullmatch(r"[-+]?,?(\.[0-9]{1,2})?[efg%d]?", form):
        return False
    try:
        format(value, form)
    except (ValueError, OverflowError):
        return False
    return True


def _text_problems(path: Place, text: str, values: Mapping[str, float]) -> Iterator[Problem]:
    if len(text) > _LONGEST_TEXT:
        yield path, f"must have at most {_LONGEST_TEXT:,} characters, got {len(text):,}. Shorten it."
        return
    faulty = False
    for name, form in prose.placeholders(text):
        if name not in values:
            faulty = True
            known_names = (
                f"Known here: {enumerated(values)}."
                if values
                else "No values are drawn here; a numeric question draws them in `given`."
            )
            yield path, f"`[[{name}]]` is not a known value. {known_names}"
            continue
        if not _is_form(form, values[name]):
            faulty = True
            yield path, f"`[[{name}:{form}]]` has a format that numbers do not know. Write for example `:.1f`."
    if not faulty:
        try:
            prose.to_html(prose.fill(text, values))
        except ValueError as error:
            yield path, f"{error} Mend the formula."


def _prose_problems(entry: Entry) -> Iterator[Problem]:
    sample = entry.sample()
    for path, text in entry.texts():
        yield from _text_problems(path, text, sample | ({"answer": 0.5} if path == ("solution",) else {}))


def _first(problems: Iterator[Problem]) -> list[Problem]:
    return list(islice(problems, _MOST_IN_QUESTION))


def _in_all(lists: Sequence[Sequence[Problem]]) -> list[Problem]:
    return [problem for problem in lists[0] if all(problem in each for each in lists[1:])] if lists else []


def _stands(path: Place, repaired: frozenset[Place], rests_on: AbstractSet[str] = frozenset()) -> bool:
    """Return whether a problem at `path` is the author's, although the values in `repaired` are stand-ins."""
    return not lies_in(path, repaired) and rests_on.isdisjoint(place[0] for place in repaired if place)


def _beside(repaired: frozenset[Place]) -> frozenset[Place]:
    """Return the mappings too of which a part was repaired: a rule may tie the other parts to it."""
    return repaired | {place[:-1] for place in repaired if len(place) > 1 and isinstance(place[-1], str)}


def _kind_problems(raw: Mapping[str, Any]) -> Iterator[Problem]:
    known = list(dict.fromkeys(key for kind in KINDS.values() for key in kind.model_fields))
    misspelt = False
    for key in raw:
        if key not in known:
            hint = meant(key, [each for each in known if each not in raw], "Remove it.")
            misspelt = misspelt or "`kind`" in hint
            yield (key,), f"is not a key of a question. {hint}"
    if "kind" in raw:
        hint = meant(raw["kind"], list(KINDS), f"Known kinds: {', '.join(KINDS)}.")
        yield ("kind",), f"must be a kind of question, got {shown(raw['kind'])}. {hint}"
    elif not misspelt:
        yield ("kind",), f"is required, got nothing. Known kinds: {', '.join(KINDS)}."


def _question_problems(raw: object, question_id: str, unsure: frozenset[Place]) -> tuple[Entry | None, list[Problem]]:
    """Return the question if it is sound in form, and its problems; of the values at `unsure` nothing is known."""
    if not isinstance(raw, dict):
        return None, [((), f"a question must be a mapping of keys to values, got {shown(raw)}. Begin it with `id:`.")]
    kind = raw.get("kind")
    if not isinstance(kind, str) or kind not in _READABLE:
        # What questions of every kind have can be checked all the same, but for the values that a kind may draw.
        common = {key: raw[key] for key in Entry.model_fields if key in raw} | {"kind": ""}
        found = check(Entry, common, "a question")
        texts = _in_all([_first(_prose_problems(entry)) for entry in found.values])
        told = [(path, text) for path, text in texts if "[[" not in text and _stands(path, found.repaired | unsure)]
        return None, [*_kind_problems(raw), *found.problems, *told]
    sound = check(_READABLE[kind], raw, f"a {kind} question")
    repaired = sound.repaired | unsure
    rules = _in_all([_first(entry.problems(question_id)) for entry in sound.values])
    texts = _in_all([_first(_prose_problems(entry)) for entry in sound.values])
    beside = _beside(repaired)
    # Without its values a question has no names; a stand-in for a number leaves the name known.
    lost = any(place[:1] in {("given",), ("let",)} and len(place) <= len(("given", "name")) for place in repaired)
    problems = [
        *sound.problems,
        *((path, text) for path, text in rules if _stands(path, beside, _RESTS_ON.get(str(path[0]), frozenset()))),
        *((path, text) for path, text in texts if not lost and _stands(path, repaired)),
    ]
    return (None if repaired else sound.values[0]), problems


# --- A file ------------------------------------------------------------------------------------------------------


def _named(item: object, index: int) -> str:
    name = item.get("id") if isinstance(item, dict) else None
    return name if isinstance(name, str) and name.isprintable() and name.strip() else str(index + 1)


def _words(raw: Any, place: Place) -> str:
    """Return a key path as its author would say it, items by their ids."""
    words = ""
    for piece in place:
        if isinstance(piece, int):
            raw = raw[piece] if isinstance(raw, list) else None
            words += f"[{_named(raw, piece)}]"
        else:
            raw = raw.get(piece) if isinstance(raw, dict) else None
            words += f".{printable(piece)}" if words else printable(piece)
    return words


class _Reader:
    """Collects what one file holds, and its problems with their lines."""

    def __init__(self, tree: Tree, name: str) -> None:
        self.tree, self.name = tree, name
        self.told: list[tuple[int, str]] = []
        self.entries: dict[str, Entry] = {}
        self.objectives: dict[str, str] = {}
        self._unread = {place for _, place, _ in tree.problems}
        self._unsure: dict[str | int, set[Place]] = {}
        for place in self._unread:
            if place[:1] == ("questions",) and len(place) > 1:
                self._unsure.setdefault(place[1], set()).add(place[2:])
        for line, place, text in tree.problems:
            self.tell(place, text, line)

    @property
    def full(self) -> bool:
        """Whether there are more problems than anybody reads."""
        return len(self.told) > _MOST_PROBLEMS

    def tell(self, place: Place, text: str, line: int | None = None) -> None:
        """Keep a problem, unless the place itself could not be read for certain."""
        if line is None:
            if place in self._unread:
                return
            line = self.tree.line(place)
        subject, raw, rest = "", self.tree.value, place
        if place[:1] == ("questions",) and len(place) > 1:
            raw, rest = raw["questions"][place[1]], place[2:]
            subject = f"question {_named(raw, int(place[1]))}: "
        words = _words(raw, rest)
        told = subject + (f"{words}: " if words else "") + text
        self.told.append((line, printable(" ".join(told.splitlines()))))

    def read(self) -> None:
        """Read the whole file."""
        value = self.tree.value
        if not isinstance(value, dict):
            rule = f"the file must hold the key `questions`, got {shown(value)}. Begin with `questions:`."
            self.tell((), rule)
            return
        found = check(_FileEntry, value, "a bank file")
        for place, text in found.problems:
            self.tell(place, text)
        questions = value.get("questions")
        questions = questions if isinstance(questions, list) else []
        for index, raw in enumerate(questions):
            if not self.full:
                self._question(index, raw)
        if self.full:
            # What the file holds as a whole is not known.
            return
        for key in ("objectives", "questions"):
            self._unique(key, value.get(key))
        self._listed(found.values[0].objectives if found.values else [], found.repaired)
        if self.objectives:
            self._served(questions)

    def _question(self, index: int, raw: object) -> None:
        place: Place = ("questions", index)
        unsure = frozenset(self._unsure.get(index, ()))
        entry, problems = _question_problems(raw, f"{self.name}/{_named(raw, index)}", unsure)
        for path, text in problems:
            self.tell((*place, *path), text)
        if entry is not None:
            self.entries.setdefault(f"{self.name}/{entry.id}", entry)

    def _unique(self, key: str, items: object) -> None:
        lines: dict[str, int] = {}
        for index, item in enumerate(items if isinstance(items, list) else []):
            place, each = (key, index, "id"), item.get("id") if isinstance(item, dict) else None
            if isinstance(each, str) and each in lines:
                self.tell(place, f"must be unique in the file, got {each!r}, first on line {lines[each]}. Rename one.")
            elif isinstance(each, str):
                lines[each] = self.tree.line(place)

    def _listed(self, listed: Sequence[_ObjectiveEntry], repaired: frozenset[Place]) -> None:
        for index, objective in enumerate(listed):
            for path, text in _text_problems(("objectives", index, "text"), objective.text, {}):
                if _stands(path, repaired):
                    self.tell(path, text)
        # Which questions serve which objective is told only when every id that is listed can be relied on.
        if all(place[-1] == "text" for place in repaired):
            self.objectives = {each.id: each.text for each in listed}

    def _served(self, questions: Sequence[object]) -> None:
        served, certain, strangers = set(), True, 0
        for index, raw in enumerate(questions):
            objective = raw.get("objective") if isinstance(raw, dict) else None
            if not isinstance(objective, str) or not re.fullmatch(OBJECTIVE_FORM, objective):
                certain = False
            elif objective not in self.objectives:
                strangers += 1
                near = nearest(objective, self.objectives) if strangers <= _MOST_SUGGESTED else None
                hint = f"Did you mean `{near}`?" if near else f"Listed are: {enumerated(self.objectives)}."
                rule = f"must be one of the `objectives` of this file, got {shown(objective)}. {hint}"
                self.tell(("questions", index, "objective"), rule)
                served.add(near)
                certain = certain and strangers <= _MOST_SUGGESTED
            else:
                served.add(objective)
        for index, each in enumerate(self.objectives):
            if certain and each not in served:
                self.tell(("objectives", index), "is served by no question. Write one, or take it out of the list.")


@lru_cache(maxsize=128)
def _read(path: Path, label: str, _changed: tuple[int, int]) -> BankFile:
    try:
        reader = _Reader(parse(text_of(path, hint="Split it by chapter.")), path.stem)
    except UnreadableError as error:
        line = f":{error.line}" if error.line else ""
        return BankFile({}, (f"{label}{line}: {error}",), {})
    reader.read()
    told = sorted(reader.told, key=lambda told: told[0])[:_MOST_PROBLEMS]
    problems = [f"{label}:{line}: {text}" for line, text in told]
    if reader.full:
        problems.append(f"{label}: there are more than {_MOST_PROBLEMS:,} problems. Mend these, then check it again.")
    if not re.fullmatch(SLUG_FORM, path.stem):
        rule = f"the file's name must be small letters and digits joined by hyphens, got {path.stem!r}. Rename it."
        problems.insert(0, f"{label}: {rule}")
    return BankFile(reader.entries, tuple(problems), reader.objectives)


def read_bank(path: Path, label: str) -> BankFile:
    """Return the questions and the problems of the bank file at `path`; an unchanged file is read once.

    Parameters
    ----------
    path : Path
        The file; its stem is the NAME of the questions' full ids.
    label : str
        What the problems call the file.
    """
    try:
        stat = path.stat()
    except OSError:
        return _read(path, label, (0, 0))
    return _read(path, label, (stat.st_mtime_ns, stat.st_size))
