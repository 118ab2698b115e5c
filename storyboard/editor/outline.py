"""The storyboard as a tree of scenes and shots, and what of it can be folded away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from storyboard.catalog.endpoints import catalog
from storyboard.compile.compiler import Compiled
from storyboard.diagnostics import Span
from storyboard.editor.written import Written, WrittenScene, WrittenShot, entries, tail
from storyboard.read.leaves import Unreadable, seconds
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence
from storyboard.read.source import Source

NAMELESS = "(no name)"  # editors refuse an empty one
Kind = Literal["scene", "shot", "element", "voice", "part"]
DECLARED: tuple[tuple[str, Kind], ...] = (("elements", "element"), ("voices", "voice"))


class Symbol(Struct, frozen=True):
    """`whole` is all that belongs to it, `name_span` what stands for it."""

    name: str
    kind: Kind
    detail: str
    whole: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


class Fold(Struct, frozen=True):
    """Lines from 1, both included."""

    first: int
    last: int
    comment: bool = False


def symbols(written: Written, compiled: Compiled | None = None) -> tuple[Symbol, ...]:
    """In the order of the text. Lengths are those of what it was compiled to, as far as that is of this text."""
    lengths = _Lengths(written, compiled)
    found = [symbol for name, kind in DECLARED for symbol in _declared(written, name, kind)]
    found += [_scene(scene, lengths) for scene in written.top]
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


def _scene(scene: WrittenScene, lengths: _Lengths) -> Symbol:
    file = scene.node.get("include")
    if isinstance(file, Scalar):
        return Symbol(file.value or NAMELESS, "part", "", _span(scene.node, scene.node), file.span)
    shots = tuple(_shot(shot, lengths) for shot in scene.shots)
    inner = tuple(_scene(each, lengths) for each in scene.scenes)
    others = tuple(_variant(each, scene, lengths) for each in scene.variants)
    detail = _said(lengths.of(scene))
    whole = _span(scene.node, scene.node)
    return Symbol(scene.name or NAMELESS, "scene", detail, whole, scene.head.span, (*shots, *inner, *others))


def _variant(variant: WrittenScene, scene: WrittenScene, lengths: _Lengths) -> Symbol:
    name = variant.variant.value if variant.variant is not None else ""
    picked = ["picked"] if variant is picked_of(scene) else []
    detail = " · ".join([each for each in (_said(lengths.written(variant, scene)),) if each] + picked)
    shots = tuple(_shot(shot, lengths) for shot in variant.shots)
    whole = _span(variant.head, variant.node)
    return Symbol(name or NAMELESS, "part", detail, whole, variant.head.span, shots)


def _shot(shot: WrittenShot, lengths: _Lengths) -> Symbol:
    detail = _said(lengths.shot(shot))
    return Symbol(shot.name or NAMELESS, "shot", detail, _span(shot.node, shot.node), shot.head.span)


def picked_of(scene: WrittenScene) -> WrittenScene | None:
    """The variant that the text picks."""
    pick = scene.node.get("pick")
    name = pick.value if isinstance(pick, Scalar) else None
    return next(
        (each for each in scene.variants if each.variant is not None and each.variant.value == name), None
    )


class _Lengths:
    """Seconds; None while they can't be known: a text may hold Jinja, and what is repeated is as long as its copies."""

    def __init__(self, written: Written, compiled: Compiled | None) -> None:
        self.default = _default(written)
        self.made = _made(written.source, compiled)

    def of(self, scene: WrittenScene) -> int | None:
        """All that comes of it, in the variant that is picked."""
        if scene.id is not None and scene.id.start in self.made:
            return self.made[scene.id.start]
        if scene.scenes:
            each = [self.of(inner) for inner in scene.scenes]
            is_known = self.made or scene.node.get("for_each") is None
            return _sum(each) if is_known else None
        if scene.node.get("for_each") is not None:
            return None
        return self.written(picked_of(scene) or scene, scene)

    def written(self, own: WrittenScene, scene: WrittenScene) -> int | None:
        """A scene in one of its variants, by the text."""
        shots = own.shots or scene.shots
        if shots:
            return _sum([self.shot(shot) for shot in shots])
        return _seconds(own.node, _seconds(scene.node, self.default))

    def shot(self, shot: WrittenShot) -> int | None:
        return None if shot.node.get("for_each") is not None else _seconds(shot.node, self.default)


def _sum(each: list[int | None]) -> int | None:
    known = [length for length in each if length is not None]
    return sum(known) if len(known) == len(each) else None


def _made(source: Source, compiled: Compiled | None) -> dict[int, int]:
    """Seconds of all that was made of a scene, by where its id begins."""
    found: dict[int, int] = {}
    if compiled is None or not compiled.storyboard.whole:
        return found
    fits: dict[int, bool] = {}  # by the identity of sources, which are long
    for scene in compiled.storyboard.scenes:
        node = scene.id.node
        if id(node.source) not in fits:
            fits[id(node.source)] = node.source.path == source.path and node.source.text == source.text
        if fits[id(node.source)]:
            seconds_of_it = sum(shot.seconds.value for shot in scene.shots)
            found[node.start] = found.get(node.start, 0) + seconds_of_it
    return found


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
