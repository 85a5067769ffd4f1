"""Holds authored values against the form of a model: every fault in plain words, and values of the right form."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from copy import deepcopy
from typing import Any, Generic, NamedTuple, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError

from opsbook import validation
from opsbook.exercises.question import OBJECTIVE_FORM, SLUG_FORM
from opsbook.located import Place

__all__ = ["Checked", "broken", "check", "enumerated", "lies_in", "meant", "nearest", "read_form", "shown", "within"]

Model = TypeVar("Model", bound=BaseModel)
Fault = Mapping[str, Any]

_LONGEST = 60

# To find the nearest of many words takes long, and to list them all helps nobody.
_MOST_COMPARED = 200
_MOST_LISTED = 50

# What is wrong so often is one thing, and every hint at the nearest word takes time.
_MOST_TOLD = 1_000

# A repair may uncover the next fault, one level deeper each time; forms are not nested deeper than this.
_ROUNDS = 20

_WORDS = {
    "string_unicode": "must be text that can be stored, got {got}. Remove the broken characters.",
    "int_type": "must be a whole number, got {got}. Write its digits alone.",
    "int_from_float": "must be a whole number, got {got}. Round it.",
    "float_type": "must be a number, got {got}. Write its digits alone.",
    "finite_number": "must be a finite number, got {got}. Write one that can be reached.",
    "number": "must be a number of at most fifteen digits, got {got}. Write its digits alone.",
    "bool_type": "must be `true` or `false`, got {got}. Write one of them, without quotes.",
    "string_too_long": "must have at most {max_length} characters, got {got}. Shorten it.",
    "list_type": "must be a list, got {got}. Begin each item with a hyphen.",
    "tuple_type": "must be a list, got {got}. Begin each item with a hyphen.",
    "dict_type": "must be a mapping of keys to values, got {got}. Write `key: value` lines.",
    "mapping_type": "must be a mapping of keys to values, got {got}. Write `key: value` lines.",
    "model_type": "must be a mapping of keys to values, got {got}. Write `key: value` lines.",
    "literal_error": "must be one of {expected}, got {got}. {nearest}",
    "too_short": "must have at least {items}, got {got}. Add what is missing.",
    "too_long": "must have at most {max_length} items, got {got}. Remove some.",
    "greater_than": "must be above {gt:g}, got {got}. Raise it.",
    "greater_than_equal": "must be at least {ge:g}, got {got}. Raise it.",
    "less_than_equal": "must be at most {le:g}, got {got}. Lower it.",
    "missing": "is required, got nothing. Add it.",
}
_PATTERNS = {
    r"\S": "must not be empty, got {got}. Write it.",
    r"^\S+$": "must be one label without spaces, got {got}. Write the label alone.",
    SLUG_FORM: "must be small letters and digits joined by hyphens, got {got}. {slug}",
    OBJECTIVE_FORM: "must be an objective such as `customer-contact/1`, got {got}. Mend it.",
    r"^[a-z][a-z0-9_]*$": "must be a name of small letters, digits and underscores, got {got}. {name}",
}

# Two different values of the right form for each fault; what they hold in turn is repaired in the next round.
_STAND_INS: dict[str, tuple[Any, Any]] = {
    "missing": (None, None),
    "string_type": ("x", "y"),
    "string_unicode": ("x", "y"),
    "int_type": (1, 2),
    "int_from_float": (1, 2),
    "float_type": (1, 2),
    "finite_number": (1, 2),
    "number": (1, 2),
    "bool_type": (False, True),
    # As few items as can be, and more than any rule asks for.
    "list_type": ([], [None] * 9),
    "dict_type": ({}, {}),
    "model_type": ({}, {}),
    r"\S": ("x", "y"),
    r"^\S+$": ("x", "y"),
    SLUG_FORM: ("x", "y"),
    OBJECTIVE_FORM: ("x/1", "y/1"),
}


# The type of a fault whose message says all there is to say.
_RULE = "rule"


class Checked(NamedTuple, Generic[Model]):
    """What a check of form found.

    Attributes
    ----------
    problems : list
        The key path and the words of every fault.
    repaired : frozenset
        The key paths whose values are stand-ins, or that an unknown key may have meant.
    values : tuple
        The value alone when its form is right; otherwise two, whose stand-ins differ. What holds of both holds
        whatever the author will write there. Empty when no stand-in is known.
    """

    problems: list[tuple[Place, str]]
    repaired: frozenset[Place]
    values: tuple[Model, ...]


def shown(value: object) -> str:
    """Return a few words on a value that was received.

    Examples
    --------
    >>> shown("four"), shown({"id": "a"}), shown(None)
    ("'four' (text)", "a mapping with 'id'", 'nothing')
    """
    if isinstance(value, dict):
        return _cut(f"a mapping with {', '.join(map(repr, value)) or 'no keys'}")
    if isinstance(value, list):
        return f"a list of {len(value)}"
    kind = {str: "text", bool: "a yes/no value", int: "a number", float: "a number"}.get(type(value), "nothing")
    return kind if value is None else f"{_cut(repr(value))} ({kind})"


def _cut(words: str) -> str:
    return words if len(words) <= _LONGEST else words[:_LONGEST] + "…"


def nearest(word: object, words: Collection[str]) -> str | None:
    """Return the one of `words` that `word` is likely a slip for; None if there is none, or too many to compare.

    Examples
    --------
    >>> nearest("chioce", ["choice", "numeric"])
    'choice'
    """
    return validation.nearest(word, words) if len(words) <= _MOST_COMPARED else None


def meant(word: object, words: Collection[str], otherwise: str) -> str:
    """Return a hint at the one of `words` that is nearest to `word`, else at what to do `otherwise`.

    Examples
    --------
    >>> meant("chioce", ["choice", "numeric"], "Choose one.")
    'Did you mean `choice`?'
    """
    near = nearest(word, words)
    return f"Did you mean `{near}`?" if near else otherwise


def enumerated(words: Collection[str]) -> str:
    """Return `words` as a list in a sentence, cut where there are too many to read.

    Examples
    --------
    >>> enumerated(["choice", "numeric"])
    'choice, numeric'
    >>> enumerated([str(number) for number in range(60)])[-18:]
    '48, 49 and 10 more'
    """
    listed, rest = list(words)[:_MOST_LISTED], len(words) - _MOST_LISTED
    return ", ".join(listed) + (f" and {rest:,} more" if rest > 0 else "")


def within(place: Place, other: Place) -> bool:
    """Return whether `place` is `other` or lies under it.

    Examples
    --------
    >>> within(("options", 1, "text"), ("options", 1))
    True
    """
    return place[: len(other)] == other


def lies_in(place: Place, others: AbstractSet[Place]) -> bool:
    """Return whether `place` is one of `others` or lies under one.

    Examples
    --------
    >>> lies_in(("options", 1, "text"), {("hints",), ("options", 1)})
    True
    """
    return any(place[:size] in others for size in range(len(place) + 1))


def broken(*told: str | tuple[Place, str]) -> PydanticCustomError:
    """Return what a validator raises so that words are told as they stand: of its own place, or of places below it."""
    faults = [((), each) if isinstance(each, str) else each for each in told]
    return PydanticCustomError(_RULE, "{words}", {"words": " ".join(words for _, words in faults), "faults": faults})


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def _keys_at(model: type[BaseModel], place: Place) -> list[str]:
    models = [model]
    for piece in place:
        fields = {(field.alias or name): field for each in models for name, field in each.model_fields.items()}
        if piece in fields:
            models = list(_models(fields[str(piece)].annotation))
    return [field.alias or name for each in models for name, field in each.model_fields.items()]


def _at(raw: Any, place: Place) -> Any:
    for piece in place:
        raw = raw[piece]
    return raw


def _place(raw: Any, loc: tuple[str | int, ...]) -> tuple[Place, bool]:
    """Return the key path that pydantic's `loc` stands for, and whether it is the key itself that is at fault."""
    place: Place = ()
    for piece in loc:
        held = isinstance(raw, dict) and piece in raw
        if not held and piece == "[key]":
            return place, True
        # The tags of unions stand in between; their names begin so, and no field's does.
        if held or not str(piece).startswith("@"):
            place = (*place, piece)
            raw = raw[piece] if held or (isinstance(raw, list) and isinstance(piece, int)) else None
    return place, False


def _in_words(fault: Fault) -> str:
    got, context, rule = shown(value := fault["input"]), fault.get("ctx", {}), fault["type"]
    if rule == "missing":
        return _WORDS[rule]
    if rule == _RULE:
        return str(fault["msg"])
    if rule == "string_type":
        hint = "Put it in quotes." if isinstance(value, bool | int | float) else "Write it as one text."
        return f"must be text, got {got}. {hint}"
    slug = re.sub(r"[^a-z0-9]+", "-", str(value).lower()).strip("-")[:_LONGEST]
    fewest = context.get("min_length")
    hints = {
        "items": f"{fewest} item{'' if fewest == 1 else 's'}",
        "slug": f"Write for example `{slug or 'first-one'}`.",
        "name": "Write for example `mean_wait`.",
        "nearest": meant(value, re.findall(r"'([^']*)'", str(context.get("expected"))), "Choose one of them."),
    }
    form = _PATTERNS.get(str(context.get("pattern"))) if rule == "string_pattern_mismatch" else _WORDS.get(rule)
    return form.format(got=got, **context, **hints) if form else f"{fault['msg']}, got {got}. Mend it."


def _stand_ins(fault: Fault) -> tuple[Any, Any] | None:
    context, rule, value = fault.get("ctx", {}), fault["type"], fault["input"]
    if rule == "greater_than":
        return context["gt"] + 1, context["gt"] + 2
    if rule == "greater_than_equal":
        return context["ge"], context["ge"] + 1
    if rule == "less_than_equal":
        return context["le"], context["le"] / 2
    if rule == "literal_error":
        words = re.findall(r"'([^']*)'", context["expected"])
        return words[0], words[-1]
    if rule == "too_short":
        lacking = context["min_length"] - len(value)
        return [*value, *[None] * lacking], [*value, *[None] * (lacking + 9)]
    return _STAND_INS.get(context["pattern"] if rule == "string_pattern_mismatch" else rule)


def _likely(key: object, keys: Sequence[str], holder: Collection[str]) -> tuple[str | None, str]:
    """Return the one of `keys` that an unknown key was likely meant for, rather one not in use, and a hint at it."""
    near = nearest(key, [each for each in keys if each not in holder]) or nearest(key, keys)
    return near, f"Did you mean `{near}`?" if near else f"Known here: {', '.join(keys)}."


class _Unrepairable(Exception):  # noqa: N818 - never leaves this module
    """No stand-in is known for a fault."""


class _Repair(Generic[Model]):
    """A copy of authored values that is changed until it has the form of a model."""

    def __init__(self, model: type[Model], raw: Any, what: str) -> None:
        self.model, self.raw, self.what = model, deepcopy(raw), what
        self.problems: list[tuple[Place, str]] = []
        self.repaired: set[Place] = set()

    def run(self, which: int) -> Model | None:
        """Return the value with the first or the second stand-in everywhere, None when there is none."""
        for _ in range(_ROUNDS):
            try:
                return self.model.model_validate(self.raw)
            except ValidationError as error:
                faults = error.errors(include_url=False)
            try:
                self._round([(*_place(self.raw, fault["loc"]), fault) for fault in faults], which)
            except _Unrepairable:
                return None
        return None

    def _round(self, faults: list[tuple[Place, bool, Fault]], which: int) -> None:
        before = frozenset(self.repaired)
        suggested: set[Place] = set()
        for place, _, fault in faults:
            if fault["type"] == "extra_forbidden":
                suggested |= self._drop_unknown(place)
        # A faulty key goes last, because its value may be at fault as well.
        for place, in_key, fault in sorted(faults, key=lambda each: each[1]):
            if fault["type"] == "extra_forbidden":
                continue
            # What a stand-in breaks is no fault of the author, and what is only misspelt is not missing as well.
            misspelt = fault["type"] == "missing" and place in suggested
            if not misspelt and not lies_in(place, before):
                self.problems.append((place, _in_words(fault)))
            self.repaired.add(place)
            if in_key:
                _at(self.raw, place[:-1]).pop(place[-1], None)
                continue
            stand_ins = _stand_ins(fault)
            if stand_ins is None:
                raise _Unrepairable
            if place:
                _at(self.raw, place[:-1])[place[-1]] = deepcopy(stand_ins[which])
            else:
                self.raw = deepcopy(stand_ins[which])

    def _drop_unknown(self, place: Place) -> set[Place]:
        """Remove an unknown key, and return the place that it was likely meant for."""
        *above, key = place
        holder, keys = _at(self.raw, tuple(above)), _keys_at(self.model, tuple(above))
        near, hint = _likely(key, keys, holder)
        absent = [each for each in keys if each not in holder]
        self.problems.append((place, f"is not a key of {self.what}. {hint}"))
        del holder[key]
        self.repaired |= {place, *((*above, each) for each in ([near] if near else absent))}
        return {(*above, near)} if near else set()


def check(model: type[Model], raw: object, what: str) -> Checked[Model]:
    """Hold `raw` against the form of `model`.

    Parameters
    ----------
    model : type
        What the values must have the form of.
    raw : object
        The values as authored.
    what : str
        What a problem with an unknown key calls the whole, such as "a choice question".

    Examples
    --------
    >>> from opsbook.exercises.question import ItemEntry
    >>> found = check(ItemEntry, {"id": "a", "text": 5, "feedbak": "Not yet."}, "an item")
    >>> for place, words in found.problems:
    ...     print(place, words)
    ('feedbak',) is not a key of an item. Did you mean `feedback`?
    ('text',) must be text, got 5 (a number). Put it in quotes.
    >>> [value.text for value in found.values]
    ['x', 'y']
    """
    first = _Repair(model, raw, what)
    value = first.run(0)
    if value is None or not first.repaired:
        return Checked(first.problems, frozenset(first.repaired), () if value is None else (value,))
    second = _Repair(model, raw, what)
    other = second.run(1)
    repaired = frozenset(first.repaired | second.repaired)
    return Checked(first.problems, repaired, () if other is None else (value, other))


def read_form(
    model: type[Model], raw: object, what: str, context: object = None
) -> tuple[Model | None, list[tuple[Place, str]]]:
    """Return `raw` as a `model`, None when its form is wrong, and the key path and the words of every fault.

    Unlike `check`, nothing is repaired: for forms of which no rule depends on another. Validators get the `context`.

    Examples
    --------
    >>> from opsbook.exercises.question import ItemEntry
    >>> _, found = read_form(ItemEntry, {"id": "a", "text": 5, "feedbak": "Not yet."}, "an item")
    >>> for place, words in found:
    ...     print(place, words)
    ('text',) must be text, got 5 (a number). Put it in quotes.
    ('feedbak',) is not a key of an item. Did you mean `feedback`?
    """
    try:
        return model.model_validate(raw, context=context), []
    except ValidationError as error:
        found = [(_held(raw, fault["loc"]), fault) for fault in error.errors(include_url=False)[:_MOST_TOLD]]
    told: list[tuple[Place, str]] = []
    suggested: set[Place] = set()
    for place, fault in found:
        if fault["type"] == "extra_forbidden":
            *above, key = place
            near, hint = _likely(key, _keys_at(model, tuple(above)), _at(raw, tuple(above)))
            suggested.add((*above, str(near)))
            owner = next((f"`{each}`" for each in reversed(above) if isinstance(each, str)), what)
            told.append((place, f"is not a key of {owner}. {hint}"))
        elif fault["type"] != "too_short" or len(fault["input"]) < fault["ctx"]["min_length"]:
            # Otherwise it only lacks items because those that it has are faulty, which is told already.
            below = fault.get("ctx", {}).get("faults", [((), _in_words(fault))])
            told.extend(((*place, *each), words) for each, words in below)
    missing = _WORDS["missing"]
    return None, [(place, words) for place, words in told if words != missing or place not in suggested]


def _held(raw: Any, loc: tuple[str | int, ...]) -> Place:
    """Return the place that pydantic's `loc` stands for, cut where authored values end."""
    place, _ = _place(raw, loc)
    for size, piece in enumerate(place):
        if isinstance(raw, list):
            raw = raw[piece] if isinstance(piece, int) else None
        elif isinstance(raw, dict):
            raw = raw.get(piece)
        else:
            return place[:size]
    return place
