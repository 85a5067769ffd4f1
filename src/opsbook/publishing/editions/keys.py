"""Keys too short to be told from any other word, found by their place: a field of a question that is not checked."""

import html
import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import yaml

from opsbook.publishing.editions.blobs import Blob
from opsbook.publishing.editions.streams import Secrets, unescaped
from opsbook.publishing.solutions import MARKER

__all__ = ["by_place"]

_KEYS: Final = frozenset(
    {
        *("answer", "correct", "feedback", "group", "high", "hints", "instructor", "key", "let", "low", "mistakes"),
        *("rationale", "review", "solution", "tests", "tolerance", "wrong"),
    }
)
_KEPT_TAGS: Final = frozenset({"solution", "instructor"})
_READ: Final = frozenset({".yml", ".yaml", ".json", ".ipynb", ".js", ".html", ".htm", ".xml", ".md", ".txt", ".csv"})
_ID = re.compile(r"[\"']([a-z0-9-]+/[a-z0-9-]+)[\"']")


def _keys_in(value: object) -> set[str]:
    """Return which fields that hold keys stand anywhere in a value."""
    if isinstance(value, Mapping):
        here = {str(key) for key, each in value.items() if key in _KEYS and each not in (None, [], "", {})}
        groups = value.get("groups")
        if isinstance(groups, list) and any(isinstance(each, Mapping) and each.get("items") for each in groups):
            here.add("groups")
        return here.union(*(_keys_in(each) for each in value.values())) if value else here
    if isinstance(value, list):
        return set().union(*(_keys_in(each) for each in value)) if value else set()
    return _keys_in_markup(value) if isinstance(value, str) and "<ops-question" in value else set()


def _about(value: object, ids: frozenset[str], stem: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each question of `ids` that a value speaks of, with the fields that hold its key."""
    if isinstance(value, Mapping):
        own = value.get("id")
        for question_id in (own, f"{stem}/{own}"):
            if isinstance(own, str) and question_id in ids:
                yield str(question_id), _keys_in(value)
        for key, each in value.items():
            if key in ids:
                yield str(key), _keys_in(each)
            yield from _about(each, ids, stem)
    elif isinstance(value, list):
        for each in value:
            yield from _about(each, ids, stem)
    elif isinstance(value, str) and "data-question" in value:
        yield from _elements(value, ids)


_ELEMENT = re.compile(r"<ops-question\b[^>]*?data-question=[\"']([^\"']+)[\"'].*?(?:</ops-question>|\Z)", re.DOTALL)


def _elements(text: str, ids: frozenset[str]) -> Iterator[tuple[str, set[str]]]:
    for found in _ELEMENT.finditer(text):
        if found[1] in ids:
            yield found[1], _keys_in_markup(found[0])


def _keys_in_markup(text: str) -> set[str]:
    keys = set(re.findall(r"\bdata-(correct|answer|key|solution|group)\b", text))
    keys |= {"key"} if re.search(r"class=[\"'][^\"']*\bops-(?:print-)?key\b", text) else set()
    for script in re.findall(r"<script\b[^>]*>(.*?)</script>", text, re.DOTALL):
        try:
            keys |= _keys_in(json.loads(script))
        except ValueError:
            keys |= {"script"}
    return keys


def _objects(text: str, ids: Iterable[str]) -> Iterator[tuple[str, set[str]]]:
    """Yield what a script says of questions, object by object."""
    decoder = json.JSONDecoder()
    named = "|".join(map(re.escape, sorted(ids)))
    for found in re.finditer(rf"[\"']?\bid[\"']?\s*:\s*[\"']({named})[\"']|[\"']({named})[\"']\s*:\s*(?=\{{)", text):
        start = found.end() if found[2] else _opening(text, found.start())
        try:
            value, _ = decoder.raw_decode(text, start)
            yield found[1] or found[2], _keys_in(value)
        except ValueError:
            # No JSON: what follows, up to the next question.
            rest = re.split(r"\bid[\"']?\s*:\s*[\"'][a-z0-9-]+/", text[found.end() : found.end() + 4000])[0]
            yield found[1] or found[2], set(re.findall(rf"[\"']?\b({'|'.join(sorted(_KEYS))})[\"']?\s*:", rest))


def _opening(text: str, place: int) -> int:
    depth = 0
    for at in range(place - 1, max(place - 20_000, -1), -1):
        if text[at] == "}":
            depth += 1
        elif text[at] == "{":
            if not depth:
                return at
            depth -= 1
    return place


def by_place(blob: Blob, held: Secrets) -> Iterator[str]:
    """Yield each key that stands beside a question which must have none, and what no student's notebook may hold."""
    suffix, stem = Path(blob.name).suffix, Path(blob.name).stem
    if suffix not in _READ:
        return
    text = blob.data.decode("utf-8", errors="ignore")
    # Pages show their sources as own.md.txt.
    if blob.name.removesuffix(".txt").endswith(".md"):
        for marker in MARKER.finditer(text):
            yield f"the marker `{marker[0]}` in its line {text.count(chr(10), 0, marker.start()) + 1}"
    if suffix in {".yml", ".yaml"}:
        yield from _in_yaml(text, stem, held)
        return
    value: Any = None
    if suffix in {".json", ".ipynb"}:
        with suppress(ValueError):
            value = json.loads(text)
    if suffix == ".ipynb" and isinstance(value, dict):
        yield from _in_notebook(value, held)
    found: dict[str, set[str]] = defaultdict(set)
    for reading in dict.fromkeys((text, html.unescape(unescaped(text)))):
        ids = held.keyless & set(_ID.findall(reading))
        if ids:
            spoken = _about(value, ids, stem)
            for question_id, keys in (*spoken, *_elements(reading, ids), *_objects(reading, ids)):
                found[question_id] |= keys
    yield from (f"{', '.join(sorted(keys))} beside the question {name}" for name, keys in found.items() if keys)


def _in_yaml(text: str, stem: str, held: Secrets) -> Iterator[str]:
    slugs = (each.rpartition("/")[2] for each in held.keyless)
    if not re.search(r"\b(?:instructor|hidden)\b['\"]?\s*:", text) and not any(slug in text for slug in slugs):
        return
    try:
        # The fastest of the safe readers that there is.
        value = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 - both are safe
    except yaml.YAMLError:
        return
    for question_id, keys in _about(value, held.keyless, stem):
        if keys:
            yield f"{', '.join(sorted(keys))} beside the question {question_id}"
    questions = value.get("questions", ()) if isinstance(value, dict) else ()
    for each in questions if isinstance(questions, list) else ():
        if isinstance(each, dict) and each.get("instructor"):
            yield f"a note for instructors in the question {stem}/{each.get('id')}"
        tests = each.get("tests") if isinstance(each, dict) else None
        if isinstance(tests, list) and any(isinstance(test, dict) and test.get("hidden") for test in tests):
            yield f"hidden tests in the question {stem}/{each.get('id')}"


def _in_notebook(notebook: Mapping[str, Any], held: Secrets) -> Iterator[str]:
    cells = notebook.get("cells")
    for number, cell in enumerate(cells if isinstance(cells, list) else (), 1):
        source = "".join(cell.get("source", ""))
        metadata = cell.get("metadata", {})
        for tag in _KEPT_TAGS & set(metadata.get("tags", ())):
            if held.hidden or tag == "instructor":
                yield f"a cell tagged `{tag}`, its cell {number}"
        marker = MARKER.search(source)
        if marker and cell.get("cell_type") != "raw":
            yield f"the marker `{marker[0]}` in its cell {number}"
        if "opsbook" in metadata:
            yield f"wrong answers in the metadata of its cell {number}"
