"""Paths through what an author wrote: pydantic's, led back to nodes."""

from __future__ import annotations

from typing import Any

from storyboard.read.authored_mapping import FORMS
from storyboard.read.nodes import Mapping, Node, Sequence


def deepest_last_item_first(path: tuple[Any, ...]) -> list[tuple[int, str]]:
    return [(part, "") if isinstance(part, int) else (-1, str(part)) for part in path]


def authored_path(root: Mapping, loc: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """The part of pydantic's path that leads through nodes: tags of unions are skipped."""
    node: Node = root
    path: list[int | str] = []
    for index, part in enumerate(loc):
        child = _child(node, part)
        if child is not None:
            node = child
            path.append(part)
        elif index == len(loc) - 1 and part not in FORMS and part != "[key]":
            path.append(part)
    return tuple(path)


def _child(node: Node, part: int | str) -> Node | None:
    if isinstance(node, Mapping) and isinstance(part, str):
        return node.get(part)
    if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
        return node.items[part]
    return None


def find(root: Mapping, path: tuple[int | str, ...]) -> tuple[Node, Node | None]:
    """The node at a path (the last there is) and the one that holds it."""
    node: Node = root
    parent: Node | None = None
    for part in path:
        child = _child(node, part)
        if child is None:
            return node, node
        parent, node = node, child
    return node, parent


def cut_out(plain: Any, path: tuple[int | str, ...]) -> None:
    for part in path[:-1]:
        try:
            plain = plain[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(plain, dict):
        plain.pop(path[-1], None)
    elif isinstance(plain, list) and isinstance(path[-1], int) and path[-1] < len(plain):
        del plain[path[-1]]
