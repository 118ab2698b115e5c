"""What `for_each` binds at a place of a storyboard: the names, and what they stand for, turn by turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct

from storyboard.editor.written import Written
from storyboard.findings import Report
from storyboard.read.nodes import Mapping as MappingNode
from storyboard.read.nodes import Node, Scalar
from storyboard.read.render import Renderer
from storyboard.read.repeat import ITEM, MOST_ITEMS, items_of, loop_of

LOOP = "loop"
Scope = Mapping[str, Any]


class Bound(Struct, frozen=True):
    """`items` is the value of `for_each`, as it is written."""

    name: str
    items: Node


def bound_at(written: Written | None, index: int) -> tuple[Bound, ...]:
    """Outermost first."""
    if written is None:
        return ()
    scenes = written.around(index)
    shots = [shot for scene in scenes for shot in scene.shots if shot.node.start <= index <= shot.node.stop]
    nodes = [*(scene.node for scene in scenes), *(shot.node for shot in shots[-1:])]
    return tuple(bound for node in nodes if (bound := _bound(node)) is not None)


def _bound(node: MappingNode) -> Bound | None:
    items, name = node.get("for_each"), node.get("as")
    if items is None:
        return None
    return Bound(name.value if isinstance(name, Scalar) and name.value else ITEM, items)


def turns(bound: Sequence[Bound], scope: Scope) -> Iterator[Scope]:
    """The scope of each turn of all of them, within each other. Nothing where the items can't be had."""
    if not bound:
        yield scope
        return
    first, *rest = bound
    items = items_of(Renderer(Report()).data(first.items, scope))
    if isinstance(items, list):
        for index, item in enumerate(items[:MOST_ITEMS]):
            yield from turns(rest, {**scope, first.name: item, LOOP: loop_of(index, len(items))})


def first_turn(bound: Sequence[Bound], scope: Scope) -> Scope:
    """The scope itself where there is none."""
    return next(turns(bound, scope), scope)


def values(expression: str, bound: Sequence[Bound], scope: Scope, most: int) -> list[Any]:
    """What `name.entry` stands for in the first turns; of a turn that has no such thing None."""
    return [_value(expression, turn) for turn in islice(turns(bound, scope), most)]


def _value(expression: str, scope: Scope) -> Any:
    value: Any = scope
    for part in expression.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
