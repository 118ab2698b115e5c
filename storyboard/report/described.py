"""Parts of JSON Schemas in which every field is described: objects of exactly the fields that they name."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

DRAFT = "https://json-schema.org/draft/2020-12/schema"
Schema = dict[str, Any]
Field = tuple[Schema, str]  # what it may be, and a sentence

TEXT: Schema = {"type": "string"}
TEXTS: Schema = {"type": "array", "items": TEXT}
FLAG: Schema = {"type": "boolean"}
COUNT: Schema = {"type": "integer", "minimum": 0}
NUMBER: Schema = {"type": "integer", "minimum": 1}
SUM: Schema = {"type": "string", "pattern": r"^-?[0-9]+\.[0-9]{2,}$"}  # exact USD
DAY: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
MONTH: Schema = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}$"}
SHA256: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}


def document(title: str, says: str, fields: dict[str, Field], **more: Any) -> Schema:
    """The schema of a whole document, which may name parts of its own in `$defs`."""
    promise = "This schema names every field; a later one may name more, and never fewer."
    return {"$schema": DRAFT, "title": title, "description": f"{says} {promise}", **record(fields), **more}


def record(fields: dict[str, Field], optional: Iterable[str] = ()) -> Schema:
    """An object of these fields and no others."""
    left = set(optional)
    return {
        "type": "object",
        "properties": {name: described(schema, says) for name, (schema, says) in fields.items()},
        "required": [name for name in fields if name not in left],
        "additionalProperties": False,
    }


def described(schema: Schema, says: str) -> Schema:
    return {**schema, "description": says}


def rows(items: Schema, **more: Any) -> Schema:
    return {"type": "array", "items": items, **more}


def or_null(schema: Schema) -> Schema:
    """What is not known or does not apply is null, and never zero or left out."""
    return {"oneOf": [{"type": "null"}, schema]}


def one_of(values: Iterable[str]) -> Schema:
    return {"enum": list(values)}


def by_name(values: Schema) -> Schema:
    """An object whose keys are names."""
    return {"type": "object", "additionalProperties": values}
