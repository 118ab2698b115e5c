"""`vars` as plain data: text, numbers, true, false, null, lists, mappings. Nothing else reaches Jinja."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from storyboard.read.nodes import Mapping, Node, Scalar, Sequence, like

WHOLE = re.compile(r"0|-?[1-9][0-9]{0,17}")
DECIMAL = re.compile(r"-?(?:0|[1-9][0-9]{0,17})\.[0-9]{1,18}")


def plain_value(text: str) -> Any:
    """A plain scalar. What would not print as it was written (`010`, `+5`, `1e3`, `True`) stays text."""
    if WHOLE.fullmatch(text):
        return int(text)
    if DECIMAL.fullmatch(text):
        return Decimal(text)
    return {"true": True, "false": False}.get(text, text)


def data(node: Node | None) -> Any:
    """The value of a node."""
    if isinstance(node, Mapping):
        return {key.value: data(value) for key, value in node.entries}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    if isinstance(node, Scalar):
        if node.is_null:
            return None
        return node.value if node.style else plain_value(node.value)
    return None


def node_of(value: Any, place: Node) -> Node:
    """A value that an expression gave, as nodes at the expression's place."""
    from storyboard.read.bounds import shown

    if value is None:
        return Scalar(place.source, place.start, place.stop, "", "")
    if isinstance(value, dict):
        entries = tuple((like(place, str(key)), node_of(entry, place)) for key, entry in value.items())
        return Mapping(place.source, place.start, place.stop, entries)
    if isinstance(value, list):
        items = tuple(node_of(item, place) for item in value)
        return Sequence(place.source, place.start, place.stop, items)
    return like(place, shown(value))
