"""The JSON Schema of an edition's file, with which editors complete keys and explain them.

It says less than `settings.read` does, which also knows the rules that tie keys together, files and days. Run as a
program, this module writes the schema that is shipped anew.
"""

import json
from pathlib import Path
from typing import Any, Final

from opsbook.publishing.editions.settings import Settings

__all__ = ["SCHEMA", "schema", "text"]

SCHEMA: Final = Path(__file__).with_name("schema.json")
"""Where the schema is shipped."""


def schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of an edition's file.

    Examples
    --------
    >>> whole = schema()
    >>> whole["required"], whole["properties"]["requires"]["enum"]
    (['title'], ['error', 'auto', 'ignore'])
    """
    found = Settings.model_json_schema()
    tidy: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "An edition of opsbook",
        "description": "An instructor's own course: what it holds, when it meets, what students get.",
    }
    for key, value in found.items():
        if key == "$defs":
            tidy[key] = {name: {**_tidied(each), **_described(each)} for name, each in value.items()}
        elif key == "properties":
            tidy[key] = _fields(value)
        elif key not in tidy:
            tidy[key] = _tidied(value)
    return tidy


def _described(model: dict[str, Any]) -> dict[str, Any]:
    return {"properties": _fields(model["properties"])} if "properties" in model else {}


def _fields(properties: dict[str, Any]) -> dict[str, Any]:
    """Return properties by name: a key of a file may be called `title`, too."""
    return {name: _tidied(each) for name, each in properties.items()}


def _tidied(value: Any) -> Any:
    """Return a part of a schema without names, defaults and the nothing that stands for a key left out."""
    if isinstance(value, list):
        return [_tidied(each) for each in value]
    if not isinstance(value, dict):
        return value
    # pydantic names every field and model anew; to an editor's user that is noise.
    kept = {key: _tidied(each) for key, each in value.items() if key != "title" and not _is_nothing(key, each)}
    choices = [each for each in kept.pop("anyOf", []) if each != {"type": "null"}]
    if len(choices) == 1:
        return {**choices[0], **kept}
    return {**kept, "anyOf": choices} if choices else kept


def _is_nothing(key: str, value: Any) -> bool:
    return key == "default" and (isinstance(value, dict) or value in (None, "", []))


def text() -> str:
    """Return the schema as it is shipped."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    SCHEMA.write_text(text(), encoding="utf-8", newline="\n")
