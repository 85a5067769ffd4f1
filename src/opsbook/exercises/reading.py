"""Reads a bank file, and says in plain words everything that is wrong with it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args

import yaml
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from opsbook.exercises import prose
from opsbook.exercises.choice import ChoiceEntry
from opsbook.exercises.numeric import NumericEntry
from opsbook.exercises.question import Entry

__all__ = ["BankFile", "read_bank"]

Place = tuple[str | int, ...]

_KINDS = ("choice", "numeric")
_PLANNED = ("choices", "order", "match", "reflect", "code")
_ENTRY: TypeAdapter[Entry] = TypeAdapter(Annotated[ChoiceEntry | NumericEntry, Field(discriminator="kind")])
_MODELS: dict[str, type[BaseModel]] = {"choice": ChoiceEntry, "numeric": NumericEntry}


class _Loader(yaml.SafeLoader):
    """Reads plain scalars as YAML 1.2 does: `no` is a word, `1:30` is text, `1e3` is a number, 012 is twelve."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute, emptied


_SCALARS: dict[str, tuple[str, Any]] = {
    "null": (r"^(?:~|null|)$", lambda _: None),
    "bool": (r"^(?:true|false)$", lambda text: text == "true"),
    "int": (r"^[-+]?[0-9]{1,18}$", int),
    "float": (r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", float),
}
for _name, (_form, _) in _SCALARS.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_form), None)


@dataclass(frozen=True)
class _Tree:
    """A YAML file as plain values, with the line of every key path and the faults of its form."""

    value: Any
    lines: Mapping[Place, int]
    problems: tuple[tuple[int, str], ...]


def _parse(text: str) -> _Tree:
    lines: dict[Place, int] = {}
    problems: list[tuple[int, str]] = []

    def convert(node: yaml.Node, path: Place, above: tuple[int, ...]) -> Any:
        line = node.start_mark.line + 1
        lines.setdefault(path, line)
        if id(node) in above:
            problems.append((line, "a value must not contain itself. Write it out instead of using an alias (`*`)."))
            return None
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            result: dict[str, Any] = {}
            for key_node, value_node in node.value:
                key = str(key_node.value)
                place = (*path, key)
                if key in result:
                    rule = f"the key `{key}` stands twice, first on line {lines[place]}. Remove one."
                    problems.append((key_node.start_mark.line + 1, rule))
                lines.setdefault(place, key_node.start_mark.line + 1)
                result[key] = convert(value_node, place, above)
            return result
        if isinstance(node, yaml.SequenceNode):
            return [convert(item, (*path, index), above) for index, item in enumerate(node.value)]
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind in _SCALARS and re.match(_SCALARS[kind][0], node.value):
            return _SCALARS[kind][1](node.value)
        if kind != "str":
            problems.append((line, f"the tag `{node.tag}` is not read here. Remove it."))
        return node.value

    root = yaml.compose(text, Loader=_Loader)
    return _Tree(convert(root, (), ()) if root is not None else None, lines, tuple(problems))


_LONGEST = 60


def _shown(value: object) -> str:
    if isinstance(value, dict):
        return f"a mapping with {', '.join(map(repr, value)) or 'no keys'}"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    kind = {str: "text", bool: "a yes/no value", int: "a number", float: "a number"}.get(type(value), "nothing")
    text = repr(value)
    return kind if value is None else f"{text if len(text) <= _LONGEST else text[:_LONGEST] + '…'} ({kind})"


_RULES = {
    "string_type": "must be text, got {got}. Put it in quotes.",
    "int_type": "must be a whole number, got {got}.",
    "int_from_float": "must be a whole number, got {got}.",
    "float_type": "must be a number, got {got}.",
    "bool_type": "must be `true` or `false`, got {got}.",
    "list_type": "must be a list, got {got}. Begin each item with a hyphen.",
    "dict_type": "must be a mapping of keys to values, got {got}.",
    "model_type": "must be a mapping of keys to values, got {got}.",
    "model_attributes_type": "must be a mapping of keys to values, got {got}.",
    "literal_error": "must be one of {expected}, got {got}.",
    "too_short": "must have at least {min_length} items, got {got}. Add what is missing.",
    "greater_than": "must be above {gt:g}, got {got}.",
    "greater_than_equal": "must be at least {ge:g}, got {got}.",
    "less_than_equal": "must be at most {le:g}, got {got}.",
    "missing": "is required, got nothing. Add it.",
    "number": "must be a number of at most fifteen digits, got {got}.",
}
_FORMS = {
    r"\S": "must not be empty, got {got}.",
    r"^\S+$": "must be one label without spaces, got {got}.",
    r"^[a-z0-9]+(-[a-z0-9]+)*$": "must be small letters and digits joined by hyphens, got {got}.",
    r"^[a-z0-9]+(-[a-z0-9]+)*/[1-9][0-9]*$": "must be an objective such as `customer-contact/1`, got {got}.",
    r"^[a-z][a-z0-9_]*$": "must be a name of small letters, digits and underscores, got {got}.",
}


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _keys_at(kind: str, path: Place) -> list[str]:
    models = [_MODELS[kind]]
    for piece in path:
        fields = {(field.alias or name): field for model in models for name, field in model.model_fields.items()}
        if piece in fields:
            models = list(_models(fields[str(piece)].annotation))
    return [field.alias or name for model in models for name, field in model.model_fields.items()]


def _in_words(error: Mapping[str, Any], kind: str) -> tuple[Place, str]:
    place = tuple(piece for piece in error["loc"][1:] if not str(piece).startswith(("@", "[")))
    got, context, rule = _shown(error.get("input")), error.get("ctx", {}), str(error["type"])
    if rule == "extra_forbidden":
        keys = _keys_at(kind, place[:-1])
        near = get_close_matches(str(place[-1]), keys, n=1, cutoff=0.6)
        hint = f"Did you mean `{near[0]}`?" if near else f"Known here: {', '.join(keys)}."
        return place, f"is not a key of a {kind} question. {hint}"
    if rule == "string_pattern_mismatch":
        return place, _FORMS[context["pattern"]].format(got=got)
    return place, _RULES[rule].format(got=got, **context) if rule in _RULES else f"{error['msg']}, got {got}."


def _kind_problem(kind: object) -> str:
    supported = f"Supported: {', '.join(_KINDS)}."
    if kind in _PLANNED:
        return f"kind not supported yet: {kind!r}. {supported}"
    near = get_close_matches(str(kind), _KINDS, n=1, cutoff=0.5)
    return f"must be a kind of question, got {_shown(kind)}. {f'Did you mean `{near[0]}`?' if near else supported}"


def _prose_problems(entry: Entry) -> Iterator[tuple[Place, str]]:
    for path, text in entry.texts():
        values = entry.sample() | ({"answer": 0.5} if path == ("solution",) else {})
        faulty = False
        for name, form in prose.placeholders(text):
            if name not in values:
                faulty = True
                known_names = f"Known here: {', '.join(values)}." if values else "This question has no `given`."
                yield path, f"`[[{name}]]` is not a known value. {known_names}"
                continue
            try:
                format(values[name], form)
            except ValueError:
                faulty = True
                yield path, f"`[[{name}:{form}]]` has a format that numbers do not know. Write for example `:.1f`."
        if not faulty:
            try:
                prose.to_html(prose.fill(text, values))
            except ValueError as error:
                yield path, f"{error} Mend the formula."


def _question_problems(raw: object, question_id: str) -> tuple[Entry | None, list[tuple[Place, str]]]:
    if not isinstance(raw, dict):
        return None, [((), f"a question must be a mapping of keys to values, got {_shown(raw)}.")]
    kind = raw.get("kind")
    if kind not in _KINDS:
        return None, [(("kind",), _RULES["missing"] if "kind" not in raw else _kind_problem(kind))]
    try:
        entry = _ENTRY.validate_python(raw)
    except ValidationError as error:
        return None, [_in_words(fault, str(kind)) for fault in error.errors(include_url=False)]
    return entry, [*entry.problems(question_id), *_prose_problems(entry)]


def _path_words(raw: Any, place: Place) -> str:
    words = ""
    for piece in place:
        if isinstance(piece, int):
            raw = raw[piece] if isinstance(raw, list) else None
            name = raw.get("id") if isinstance(raw, dict) else None
            words += f"[{name if isinstance(name, str) else piece + 1}]"
        else:
            raw = raw.get(piece) if isinstance(raw, dict) else None
            words += f".{piece}" if words else piece
    return words


class BankFile(NamedTuple):
    """What a bank file holds: the sound questions by full id, and a line for every problem."""

    entries: Mapping[str, Entry]
    problems: tuple[str, ...]


def _read_text(path: Path, label: str) -> tuple[_Tree | None, list[str]]:
    try:
        return _parse(path.read_text(encoding="utf-8")), []
    except FileNotFoundError:
        return None, [f"{label}: there is no such file. Check the path."]
    except OSError as error:
        return None, [f"{label}: the file cannot be read: {error.strerror}."]
    except UnicodeDecodeError as error:
        return None, [f"{label}: the file must be UTF-8 text; byte {error.start + 1} is not. Save it as UTF-8."]
    except RecursionError:
        return None, [f"{label}: the file is nested too deeply. A question needs five levels at most."]
    except yaml.YAMLError as error:
        spot = getattr(error, "problem_mark", None)
        line = f":{spot.line + 1}" if spot is not None else ""
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        return None, [f"{label}{line}: the YAML is broken here: {reason}. Check indentation, quotes and colons."]


@lru_cache(maxsize=128)
def _read(path: Path, label: str, _changed_ns: int) -> BankFile:
    name = path.stem
    tree, problems = _read_text(path, label)
    if tree is None:
        return BankFile({}, tuple(problems))
    problems += [f"{label}:{line}: {text}" for line, text in tree.problems]
    raws = tree.value.get("questions") if isinstance(tree.value, dict) else None
    if not isinstance(raws, list) or not raws:
        rule = "must hold one key, `questions`, with a list of questions"
        return BankFile({}, (*problems, f"{label}:1: the file {rule}, got {_shown(tree.value)}."))
    problems += [
        f"{label}:{tree.lines[(key,)]}: `{key}` is not a key of a bank file. Known here: questions."
        for key in tree.value
        if key != "questions"
    ]
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name):
        problems.append(f"{label}: the file's name must be small letters and digits joined by hyphens, got {name!r}.")
    entries: dict[str, Entry] = {}
    first_lines: dict[str, int] = {}
    for index, raw in enumerate(raws):
        base = ("questions", index)
        slug = raw.get("id") if isinstance(raw, dict) else None
        title = slug if isinstance(slug, str) else str(index + 1)
        entry, found = _question_problems(raw, f"{name}/{title}")
        for place, text in found:
            # The nearest line known: a missing key stands nowhere, its question does.
            line = next(
                tree.lines[(*base, *place[:n])] for n in range(len(place), -1, -1) if (*base, *place[:n]) in tree.lines
            )
            words = _path_words(raw, place)
            problems.append(f"{label}:{line}: question {title}: {f'{words}: ' if words else ''}{text}")
        if isinstance(slug, str) and slug in first_lines:
            rule = f"id: must be unique in the file, got {slug!r}, first on line {first_lines[slug]}. Rename one."
            problems.append(f"{label}:{tree.lines[base]}: question {title}: {rule}")
        elif isinstance(slug, str):
            first_lines[slug] = tree.lines[base]
        if entry is not None:
            entries.setdefault(f"{name}/{entry.id}", entry)
    return BankFile(entries, tuple(problems))


def read_bank(path: Path, label: str) -> BankFile:
    """Return the questions and the problems of the bank file at `path`; an unchanged file is read once.

    Parameters
    ----------
    path : Path
        The file; its stem is the NAME of the questions' full ids.
    label : str
        What the problems call the file.
    """
    return _read(path, label, path.stat().st_mtime_ns if path.is_file() else 0)
