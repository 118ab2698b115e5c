"""The storyboard as a tree of scenes and shots, and what of it can be folded away."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from storyboard.catalog.endpoints import catalog
from storyboard.diagnostics import Span
from storyboard.editor.written import Written, WrittenScene, WrittenShot, entries, tail
from storyboard.read.leaves import Unreadable, seconds
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence

NAMELESS = "(no name)"  # editors refuse an empty one
Kind = Literal["scene", "shot", "element", "voice", "part"]
DECLARED: tuple[tuple[str, Kind], ...] = (("elements", "element"), ("voices", "voice"))


@dataclass(frozen=True, slots=True)
class Symbol:
    """`whole` is all that belongs to it, `name_span` what stands for it."""

    name: str
    kind: Kind
    detail: str
    whole: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines from 1, both included."""

    first: int
    last: int
    comment: bool = False


def symbols(written: Written) -> tuple[Symbol, ...]:
    """In the order of the text."""
    found = [symbol for name, kind in DECLARED for symbol in _declared(written, name, kind)]
    found += [_scene(scene, _default(written)) for scene in written.top]
    return tuple(sorted(found, key=lambda symbol: symbol.whole.key()))


def _declared(written: Written, name: str, kind: Kind) -> Iterator[Symbol]:
    key, node = written.root.key(name), written.root.get(name)
    if key is None or not isinstance(node, Mapping) or not node.entries:
        return
    children = tuple(
        Symbol(each.value or NAMELESS, kind, "", _span(each, value), each.span)
        for each, value in node.entries
    )
    yield Symbol(name, "part", str(len(children)), _span(key, node), key.span, children)


def _scene(scene: WrittenScene, default: int | None) -> Symbol:
    shots = tuple(_shot(shot, default) for shot in scene.shots)
    inner = tuple(_scene(each, default) for each in scene.scenes)
    name = scene.name or NAMELESS
    detail = _said(_sum(scene, default))
    return Symbol(name, "scene", detail, _span(scene.node, scene.node), scene.head.span, shots + inner)


def _shot(shot: WrittenShot, default: int | None) -> Symbol:
    detail = _said(_seconds(shot.node, default))
    return Symbol(shot.name or NAMELESS, "shot", detail, _span(shot.node, shot.node), shot.head.span)


def _sum(scene: WrittenScene, default: int | None) -> int | None:
    if scene.scenes:
        each = [_sum(inner, default) for inner in scene.scenes]
    else:
        each = [_seconds(shot.node, default) for shot in scene.shots] or [_seconds(scene.node, default)]
    known = [length for length in each if length is not None]
    return sum(known) if len(known) == len(each) else None


def _default(written: Written) -> int | None:
    """Seconds of a shot that says nothing."""
    seconds_of_none = catalog().endpoints[0].defaults.duration
    defaults = written.root.get("defaults")
    return _seconds(defaults, seconds_of_none) if isinstance(defaults, Mapping) else seconds_of_none


def _seconds(node: Mapping, default: int | None) -> int | None:
    """None while it can't be read: it may hold Jinja."""
    found = node.get("duration")
    if not isinstance(found, Scalar) or found.is_null:
        return default
    try:
        return seconds(found.value)
    except Unreadable:
        return None


def _said(length: int | None) -> str:
    return "" if length is None else f"{length} s"


def _span(first: Node, last: Node) -> Span:
    """From where one begins to where the other's last word ends."""
    return first.source.span(first.start, max(tail(last), first.start))


def folds(written: Written) -> tuple[Fold, ...]:
    """Mappings, lists and blocks of text of several lines, and comments of several lines."""
    found = {(fold.first, fold.last): fold for fold in (*_nested(written.root), *_comments(written))}
    return tuple(found[key] for key in sorted(found))


def _nested(node: Node) -> Iterator[Fold]:
    for key, value in entries(node):
        yield from _fold(key.start, value)
        yield from _nested(value)
    if isinstance(node, Sequence):
        for item in node.items:
            yield from _fold(item.start, item)
            yield from _nested(item)


def _fold(start: int, node: Node) -> Iterator[Fold]:
    first, _ = node.source.position(start)
    last, _ = node.source.position(max(tail(node) - 1, start))
    if last > first:
        yield Fold(first, last)


def _comments(written: Written) -> Iterator[Fold]:
    first = 0
    for number in range(1, len(written.source.starts) + 2):
        if written.source.line(number).lstrip().startswith("#"):
            first = first or number
        elif first:
            if number - 1 > first:
                yield Fold(first, number - 1, comment=True)
            first = 0
