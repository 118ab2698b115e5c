"""The JSON Schemas of what is told about an earlier revision: by `estimate --against`, and by `diff --format json`."""

from __future__ import annotations

from typing import Any

from storyboard.report.estimate_schema import AMOUNT, COUNT, NAME, NAMES, SUM

STATES = ["same", "changed", "renamed", "added", "removed"]
MAYBE = {"type": ["string", "null"]}


def difference_schema() -> dict[str, Any]:
    """Of difference_document, whole in itself."""
    side = _object(price_book=NAME, as_of={"type": "string", "format": "date"}, total=SUM, unpriced=NAMES)
    scene = _object(
        scene=NAME,
        state={"enum": STATES},
        was={**MAYBE, "description": "The name that it had before."},
        before=AMOUNT,
        after=AMOUNT,
        change=AMOUNT,
        changes=_list(_change()),
    )
    return _object(
        **_revision(),
        then=_or_null(side),
        now=_or_null(side),
        change={**AMOUNT, "description": "Of the whole: the total now less the total then."},
        scenes=_or_null(_list(scene)),
        unread={
            **NAMES,
            "description": "Stills whose content then or now can't be read; they count as the same.",
        },
    )


def story_schema() -> dict[str, Any]:
    """Of story_document."""
    shot = {"seconds": COUNT, "prompt": {"type": "object", "additionalProperties": NAME}, "dialogue": NAMES}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "storyboard diff --format json",
        "description": "How a story differs from what it was. It may gain fields, never lose them.",
        **_object(
            **_revision(),
            differs={"type": ["boolean", "null"], "description": "null: it is not known what was then."},
            film=_list(_change()),
            scenes=_list(_scene(shot)),
            cut=_list(_change()),
            unchanged={"type": ["integer", "null"]},
            unread=NAMES,
        ),
    }


def _scene(shot: dict[str, Any]) -> dict[str, Any]:
    """`whole` is what came or went."""
    return _object(
        scene=NAME,
        state={"enum": STATES},
        was=MAYBE,
        moved_behind={**MAYBE, "description": "Where it is now, when it was moved; empty: the beginning."},
        changes=_list(_change()),
        shots=_list(
            _object(
                id=NAME,
                state={"enum": STATES},
                was=MAYBE,
                moved={"type": "boolean"},
                changes=_list(_change()),
                whole=_or_null(_object(**shot)),
            )
        ),
        whole=_or_null(_object(endpoint=NAME, seconds=COUNT, shots=_list(_object(id=NAME, **shot)))),
    )


def _revision() -> dict[str, Any]:
    return {
        "revision": {**NAME, "description": "As it was asked for."},
        "commit": {"type": "string", "pattern": "^[0-9a-f]{40,64}$"},
        "path": {**MAYBE, "description": "The storyboard then; null: there was none."},
        "problem": {**MAYBE, "description": "Why it is not known what the storyboard said then."},
        "remarks": NAMES,
    }


def _change() -> dict[str, Any]:
    """A field; `words` are pairs of a mark (= in both, - then, + now) and a text."""
    words = {"type": "array", "prefixItems": [{"enum": ["=", "-", "+"]}, NAME], "minItems": 2, "maxItems": 2}
    found = _object(shot=MAYBE, field=NAME, old={}, new={})
    found["properties"] |= {"words": _list(words), "old_path": MAYBE, "new_path": MAYBE}
    return found


def _object(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": items}


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [{"type": "null"}, schema]}
