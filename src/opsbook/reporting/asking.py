"""What a report is asked for in words: measures with their options, groups, and the names of foreign columns."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, NamedTuple

from opsbook import files, kpi, located
from opsbook.errors import UnknownNameError
from opsbook.frames import Kind
from opsbook.kpi import Every, Measure
from opsbook.validation import known, nearest

__all__ = ["STANDARD", "Names", "Target", "groups", "listed", "mapping", "measures"]

_USUAL: Final = (
    "service_level",
    "asa",
    "abandonment",
    "aht",
    "fcr",
    "transfer",
    "escalation",
    "csat",
    "nps",
    "ces",
    "response_rate",
    "occupancy",
    "utilisation",
    "cost_per_contact",
)
_OTHERS: Final = (
    "throughput",
    "flow_time",
    "wip",
    "contact_share",
    "availability",
    "performance_rate",
    "quality_rate",
    "oee",
)
STANDARD: Final[Mapping[str, Kind]] = {
    "contact_id": "id",
    "customer_id": "text",
    "case_id": "text",
    "channel": "text",
    "reason": "text",
    "agent_id": "text",
    "arrived_at": "time",
    "wait_s": "number",
    "talk_s": "number",
    "wrap_s": "number",
    "handle_s": "number",
    "abandoned": "flag",
    "transferred": "flag",
    "resolved": "flag",
    "repeat_of": "id",
    "escalated": "flag",
    "asked": "flag",
    "csat": "number",
    "effort": "number",
    "recommend": "number",
    "departed_at": "time",
    "start": "time",
    "staffed_s": "number",
    "paid_s": "number",
    "cost": "number",
}
"""The columns of the standard contact log and of the table of staffed time, and their kinds."""

_TAKEN: Final = ("scope", "measure", "value", "low", "high", "n", "unit", "note")
_UNITS: Final = {"milliseconds": 0.001, "minutes": 60.0, "hours": 3600.0}
_MAPPED: Final = re.compile(r"(?P<ours>.*?)(?: in (?P<unit>[a-z]+)| when (?P<yes>.+))?", re.DOTALL)
_HINT: Final = "Write names with options, as in: service_level(30), asa, fcr(window=14)."


class Names(NamedTuple):
    """What a mapping file says: names, their name → ours, and of ours the units and the words for yes."""

    ours: dict[str, str]
    units: dict[str, tuple[str, float]]
    yes: dict[str, tuple[str, ...]]


class Target(NamedTuple):
    """A promise: the share of contacts answered within a threshold of so many seconds."""

    share: float
    threshold: float


def measures(text: str | None, target: Target | None) -> tuple[list[Measure], list[str]]:
    """Return the measures that a text asks for, those that are usual without one, and what is wrong with the text."""
    if text is None:
        return [_made(name, [], {}, target) for name in _USUAL], []
    try:
        tree: Any = ast.parse(f"[{text}]", mode="eval").body
        wanted = tree.elts if isinstance(tree, ast.List) else []
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        wanted = []
    if not wanted:
        return [], [f"--measures: must be names with commas between them, got {text!r}. {_HINT}"]
    found: list[tuple[str, Measure]] = []
    problems = []
    for each in wanted:
        said = ast.unparse(each)
        try:
            found.append((said, _asked(each, said, target)))
        except (TypeError, ValueError, UnknownNameError) as error:
            problems.append(f"--measures: {said}: {error}")
    names = [measure.name for _, measure in found]
    named = [
        measure if names.count(measure.name) == 1 else replace(measure, name=said.replace('"', "'"))
        for said, measure in found
    ]
    twice = {measure.name for measure in named if [each.name for each in named].count(measure.name) > 1}
    problems += [f"--measures: {name}: must be named once, got it more often. Remove one." for name in sorted(twice)]
    return named, problems


def _asked(each: ast.expr, said: str, target: Target | None) -> Measure:
    call = each if isinstance(each, ast.Call) else None
    name = call.func if call else each
    if not isinstance(name, ast.Name) or (call and any(option.arg is None for option in call.keywords)):
        raise ValueError(f"must be the name of a measure, got {said!r}. {_HINT}")
    known("measure", name.id, (*_USUAL, *_OTHERS))
    given = [_value(argument) for argument in call.args] if call else []
    options = {str(option.arg): _value(option.value) for option in call.keywords} if call else {}
    return _made(name.id, given, options, target)


def _value(node: ast.expr) -> Any:
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError):
        if isinstance(node, ast.Name):  # of=answered, as a shell makes of quotes
            return node.id
        raise ValueError(f"an option must be a number or a word, got {ast.unparse(node)!r}.") from None


def _made(name: str, given: Sequence[Any], options: Mapping[str, Any], target: Target | None) -> Measure:
    make: Callable[..., Measure] = getattr(kpi, name)
    signature = inspect.signature(make)
    try:
        bound = signature.bind(*given, **options)
    except TypeError as error:
        raise TypeError(f"{error}. It takes {signature.replace(return_annotation=inspect.Parameter.empty)}.") from None
    if name == "service_level" and target is not None:
        threshold = bound.arguments.setdefault("threshold", target.threshold)
        if threshold != target.threshold:
            raise ValueError(f"must have the threshold of --target, {target.threshold:g}, got {threshold!r}.")
    return make(*bound.args, **bound.kwargs)


def listed(text: str) -> list[str]:
    """Return the words of a text with commas between them."""
    return [word.strip() for word in text.split(",") if word.strip()]


def groups(text: str, columns: Sequence[str]) -> tuple[list[str | Every], list[str]]:
    """Return what to group by, columns before periods of the same name, and what is wrong with the text."""
    found: list[str | Every] = []
    problems = []
    for word in dict.fromkeys(listed(text)):
        if word in _TAKEN:
            problems.append(
                f"--by: must not be called like a column of the report, got {word!r}. Give it another name with "
                "--mapping."
            )
        elif word in columns:
            found.append(word)
        elif word in kpi.PERIODS:
            found.append(kpi.every(word))
        else:
            near = nearest(word, [*columns, *kpi.PERIODS])
            problems.append(
                f"--by: must hold columns or periods, got {word!r}. "
                + (f"Did you mean {near!r}?" if near else f"Periods: {', '.join(kpi.PERIODS)}.")
            )
    return found, problems


def mapping(file: Path, others: Sequence[str]) -> tuple[Names, list[str]]:
    """Return what a mapping file says, and what is wrong with it; `others` are further names of ours."""
    names = Names({}, {}, {})
    try:
        tree = located.parse(files.text(file))
    except files.UnreadableFileError as error:
        return names, [str(error)]
    except located.UnreadableError as error:
        return names, [f"{file}:{error.line or 1}: {error}"]
    problems = [f"{file}:{line}: {rule}" for line, _, rule in tree.problems]
    if not isinstance(tree.value, dict) or not tree.value:
        problems.append(f"{file}:1: must hold lines such as `Queue time: wait_s` (their name: ours). Add them.")
        return names, problems
    for theirs, said in tree.value.items():
        place = f"{file}:{tree.line((theirs,))}: {theirs!r}"
        parts = _MAPPED.fullmatch(said.strip()) if isinstance(said, str) else None
        ours = parts["ours"].strip() if parts else said
        if not isinstance(ours, str) or not ours:
            problems.append(f"{place}: must be mapped to one of our names, got {ours!r}. Write it after the colon.")
            continue
        if ours not in STANDARD and ours not in others:
            near = nearest(ours, [*STANDARD, *others])
            hint = f"Did you mean {near!r}?" if near else f"Ours: {', '.join(STANDARD)}, and the names in --by."
            problems.append(f"{place}: must be mapped to one of our names, got {ours!r}. {hint}")
            continue
        if ours in names.ours.values():
            first = next(name for name, mapped in names.ours.items() if mapped == ours)
            problems.append(f"{place}: must not be mapped to {ours!r} like {first!r}. Remove one of the two lines.")
            continue
        names.ours[theirs.strip()] = ours
        problems += _meaning(names, place, ours, parts) if parts else []
    return names, problems


def _meaning(names: Names, place: str, ours: str, said: re.Match[str]) -> Iterator[str]:
    """Note the unit or the words for yes that stand behind one of our names, or yield what is wrong with them."""
    if said["unit"]:
        if said["unit"] not in _UNITS or not ours.endswith("_s"):
            yield (
                f"{place}: must be a column in seconds and `in` {', '.join(_UNITS)}, got {said[0]!r}. Write, for "
                "example, wait_s in minutes."
            )
        else:
            names.units[ours] = (said["unit"], _UNITS[said["unit"]])
    elif said["yes"]:
        if STANDARD.get(ours) != "flag":
            yield (
                f"{place}: must be a column of yes and no before `when`, got {said[0]!r}. Write, for example, "
                "abandoned when Lost, Hung up."
            )
        else:
            names.yes[ours] = tuple(listed(said["yes"]))
