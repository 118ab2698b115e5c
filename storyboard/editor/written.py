"""A storyboard as it is written: its nodes with shots spelt out, before anything is inherited or rendered.

It needs no storyboard without mistakes, only text that is YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence
from storyboard.read.source import Source
from storyboard.read.spell import spell_out

NESTED = ("scenes", "variants")  # what may hold scenes within a scene


@dataclass(frozen=True)
class WrittenShot:
    """`name` is its id, or its number from 1."""

    name: str
    node: Mapping
    id: Scalar | None

    @property
    def head(self) -> Scalar | Node:
        """What stands for it: its id, else its first key."""
        return self.id or _first(self.node)


@dataclass(frozen=True)
class WrittenScene:
    name: str
    node: Mapping
    id: Scalar | None
    shots: tuple[WrittenShot, ...]
    scenes: tuple[WrittenScene, ...]

    @property
    def head(self) -> Scalar | Node:
        return self.id or _first(self.node)

    def all(self) -> Iterator[WrittenScene]:
        """This one and those within it, as they stand."""
        yield self
        for scene in self.scenes:
            yield from scene.all()


@dataclass(frozen=True)
class Written:
    source: Source
    root: Mapping

    @cached_property
    def top(self) -> tuple[WrittenScene, ...]:
        """The entries of `scenes`."""
        return _scenes(self.root.get("scenes"))

    @property
    def scenes(self) -> Iterator[WrittenScene]:
        for scene in self.top:
            yield from scene.all()

    def names(self, field: str) -> dict[str, Mapping | Node]:
        """The entries of `elements`, `voices` or `vars`, by name."""
        return {key.value: value for key, value in entries(self.root.get(field))}

    def at(self, index: int) -> tuple[WrittenScene | None, WrittenShot | None]:
        """The innermost scene, and the shot, that the character lies in."""
        found = [scene for scene in self.scenes if scene.node.start <= index < scene.node.stop]
        scene = found[-1] if found else None
        shots = [shot for shot in scene.shots if shot.node.start <= index < shot.node.stop] if scene else []
        return scene, shots[-1] if shots else None


def entries(node: Node | None) -> tuple[tuple[Scalar, Node], ...]:
    return node.entries if isinstance(node, Mapping) else ()


def items(node: Node | None) -> tuple[Node, ...]:
    """The items of a list; a single value is one."""
    if isinstance(node, Sequence):
        return node.items
    return () if node is None else (node,)


def tail(node: Node) -> int:
    """Where the last thing in a node ends: without the comments and empty lines that YAML counts to it."""
    if isinstance(node, Mapping) and node.entries and not _closed(node):
        key, value = node.entries[-1]
        return max(tail(value), key.stop)
    if isinstance(node, Sequence) and node.items and not _closed(node):
        return tail(node.items[-1])
    return node.start + len(node.source.text[node.start : node.stop].rstrip())


def _closed(node: Node) -> bool:
    """Whether it is written in braces."""
    return node.source.text[node.start : node.start + 1] in {"{", "["}


@lru_cache(maxsize=32)
def written(path: str, text: str) -> Written | None:
    """None when the text is no YAML, or no mapping."""
    report = Report()
    source = Source(path, text)
    root = compose(source, report)
    return Written(source, spell_out(root, report)) if isinstance(root, Mapping) else None


def _scenes(node: Node | None) -> tuple[WrittenScene, ...]:
    found = [value for _, value in entries(node)] if isinstance(node, Mapping) else items(node)
    return tuple(_scene(each) for each in found if isinstance(each, Mapping))


def _scene(node: Mapping) -> WrittenScene:
    identity = node.get("id")
    shots = [each for each in items(node.get("shots")) if isinstance(each, Mapping)]
    own = identity if isinstance(identity, Scalar) else None
    return WrittenScene(
        name=own.value if own is not None else "",
        node=node,
        id=own,
        shots=tuple(_shot(each, number) for number, each in enumerate(shots, 1)),
        scenes=tuple(scene for field in NESTED for scene in _scenes(node.get(field))),
    )


def _shot(node: Mapping, number: int) -> WrittenShot:
    identity = node.get("id")
    own = identity if isinstance(identity, Scalar) else None
    return WrittenShot(own.value if own is not None else str(number), node, own)


def _first(node: Mapping) -> Node:
    return node.entries[0][0] if node.entries else node
