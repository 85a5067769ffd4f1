"""Reads a YAML file as plain values that know their lines, tells what is wrong with its form, and writes it again."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Place", "Tree", "UnreadableError", "parse", "printable", "remedy", "text_of", "write"]

Place = tuple[str | int, ...]

# A bank needs seven levels; whatever walks the values later may walk them recursively.
_DEEPEST = 12
_TOO_DEEP = f"the file is nested too deeply. Its values lie {_DEEPEST} levels deep at most."

# A few aliases of aliases can stand for billions of values.
_MOST_VALUES = 50_000
_TOO_MANY = f"the file holds more than {_MOST_VALUES:,} values. Write aliases (`*`) out, or split it."


# Beyond this, what reads YAML takes minutes.
_MEGABYTE = 1_000_000
_LARGEST = _MEGABYTE


class _Loader(yaml.SafeLoader):
    """Reads plain scalars as YAML 1.2 does: `no` is a word, `1:30` is text, `1e3` is a number, 012 is twelve."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute, emptied


_FastLoader: Any = _Loader
if yaml.__with_libyaml__:

    class _FastLoader(yaml.composer.Composer, yaml.CSafeLoader):  # type: ignore[no-redef]
        """Reads alike, several times as fast: libyaml's parser, under Python's own composer.

        What composes values in libyaml's build runs out of the machine's stack where Python's says it is too deep.
        """

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as above

        def __init__(self, text: str) -> None:
            yaml.CSafeLoader.__init__(self, text)
            yaml.composer.Composer.__init__(self)


_SCALARS: dict[str, tuple[str, Any]] = {
    "null": (r"^(?:~|null|)$", lambda _: None),
    "bool": (r"^(?:true|false)$", lambda text: text == "true"),
    "int": (r"^[-+]?[0-9]{1,18}$", int),
    "float": (r"^[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?$", float),
}


class _Dumper(yaml.SafeDumper):
    """Quotes what `_Loader` would otherwise read as a number, a truth value or nothing."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - as above

    def ignore_aliases(self, _data: Any) -> bool:
        """Write everything out, however often it occurs."""
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    # Rare line breaks stay what they are only if they are written as escapes.
    style = '"' if set(text) & set("\x85\u2028\u2029") else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
for _name, (_form, _) in _SCALARS.items():
    for _kind in (_Loader, _FastLoader):
        _kind.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_form), None)
    _Dumper.add_implicit_resolver(f"tag:yaml.org,2002:{_name}", re.compile(_form), None)


class UnreadableError(ValueError):
    """The text is no YAML; `line` says where, as far as it is known."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.line = line


@dataclass(frozen=True)
class Tree:
    """A YAML file as plain values, with the line of every key path and the faults of its form by place."""

    value: Any
    lines: Mapping[Place, int]
    problems: tuple[tuple[int, Place, str], ...]

    def line(self, place: Place) -> int:
        """Return the line of `place`, or of the nearest place above it: a missing key stands nowhere."""
        return next(self.lines[place[:n]] for n in range(len(place), -1, -1) if place[:n] in self.lines)


class _Converter:
    """Turns YAML nodes into plain values, and keeps their lines and faults."""

    def __init__(self) -> None:
        self.count = 0
        self.lines: dict[Place, int] = {}
        self.problems: list[tuple[int, Place, str]] = []

    def value(self, node: yaml.Node, path: Place, above: tuple[int, ...]) -> Any:
        line = node.start_mark.line + 1
        self.count += 1
        if self.count > _MOST_VALUES:
            raise UnreadableError(_TOO_MANY, line)
        self.lines.setdefault(path, line)
        if id(node) in above:
            rule = "a value must not contain itself. Write it out instead of using an alias (`*`)."
            self.problems.append((line, path, rule))
            return None
        if len(path) > _DEEPEST:
            raise UnreadableError(_TOO_DEEP, line)
        above = (*above, id(node))
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path, above)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, (*path, index), above) for index, item in enumerate(node.value)]
        kind = node.tag.removeprefix("tag:yaml.org,2002:")
        if kind in _SCALARS and re.match(_SCALARS[kind][0], node.value):
            return _SCALARS[kind][1](node.value)
        if kind != "str":
            self.problems.append((line, path, f"the tag `{node.tag}` is not read here. Remove it."))
        return node.value

    def _mapping(self, node: yaml.MappingNode, path: Place, above: tuple[int, ...]) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                self.problems.append((line, path, "a key must be one word, got a list or a mapping. Mend it."))
                continue
            key = str(key_node.value)
            place = (*path, key)
            if key in result:
                rule = f"this key stands twice, first on line {self.lines[place]}. Remove one."
                self.problems.append((line, place, rule))
            self.lines.setdefault(place, line)
            result[key] = self.value(value_node, place, above)
        return result


def printable(text: str) -> str:
    r"""Return text whose control characters, which may do anything to a terminal, are escaped.

    Examples
    --------
    >>> print(printable("bell\a"))
    bell\x07
    """
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def text_of(path: Path, hint: str = "Shorten it.", *, largest: int = _LARGEST) -> str:
    """Return the text of a file of at most `largest` bytes; `hint` tells what to do about a larger one.

    Raises
    ------
    UnreadableError
        There is no such file, it cannot be read, is too long, or is no text in UTF-8.
    """
    try:
        with path.open("rb") as file:
            content = file.read(largest + 1)
        if len(content) > largest:
            size = f"{largest // _MEGABYTE} MB" if largest >= _MEGABYTE else f"{largest // 1_000} kB"
            raise UnreadableError(f"the file must not exceed {size}. {hint}")
        return content.decode("utf-8")
    except FileNotFoundError:
        raise UnreadableError("there is no such file. Check the path.") from None
    except OSError as error:
        raise UnreadableError(
            f"the file cannot be read: {error.strerror}. Check the path and its permissions."
        ) from None
    except UnicodeDecodeError as error:
        rule = f"the file must be UTF-8 text; byte {error.start + 1} is not. Save it as UTF-8."
        raise UnreadableError(rule) from None


def parse(text: str) -> Tree:
    r"""Return what the YAML `text` holds.

    Raises
    ------
    UnreadableError
        The text is no YAML, is nested too deeply, or holds too many values.

    Examples
    --------
    >>> tree = parse("questions:\n  - id: first\n    id: again\n")
    >>> tree.value, tree.line(("questions", 0, "id"))
    ({'questions': [{'id': 'again'}]}, 2)
    >>> tree.problems
    ((3, ('questions', 0, 'id'), 'this key stands twice, first on line 2. Remove one.'),)
    """
    root, converter = _compose(text), _Converter()
    value = converter.value(root, (), ()) if root is not None else None
    converter.lines.setdefault((), 1)
    return Tree(value, converter.lines, tuple(converter.problems))


def remedy(reason: str) -> str:
    """Return what to do about YAML that is broken for a `reason`.

    Examples
    --------
    >>> remedy("mapping values are not allowed here")
    'Put a value in quotes that has a colon and a space in it.'
    """
    if reason.startswith("mapping values are not allowed"):
        return "Put a value in quotes that has a colon and a space in it."
    return "Check indentation, quotes and colons."


def _compose(text: str) -> yaml.Node | None:
    try:
        return _composed(text)
    except yaml.YAMLError as error:
        spot = getattr(error, "problem_mark", None)
        reason = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
        told = f"the YAML is broken here: {reason}. {remedy(reason)}"
        raise UnreadableError(told, spot.line + 1 if spot is not None else None) from None
    except RecursionError:
        raise UnreadableError(_TOO_DEEP) from None
    except (ValueError, OverflowError) as error:
        # PyYAML lets what Python says about an escape such as "\UFFFFFFFF" through.
        raise UnreadableError(f"the YAML is broken: {error}. Check the escapes that begin with a backslash.") from None


def _composed(text: str) -> yaml.Node | None:
    root: yaml.Node | None
    try:
        root = yaml.compose(text, Loader=_FastLoader)
    except (yaml.YAMLError, ValueError):
        # What it refuses, the other reads again, whose words and lines are the same on every machine.
        root = yaml.compose(text, Loader=_Loader)
    return root


def write(value: Any) -> str:
    r"""Return plain values as YAML that `parse` reads back as they were.

    Examples
    --------
    >>> write({"name": "1e3", "steps": [{"id": "greet", "mean": 0.5}]})
    "name: '1e3'\nsteps:\n- {id: greet, mean: 0.5}\n"
    """
    return str(
        yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=None, width=120)
    )
