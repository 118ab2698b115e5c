"""A storyboard as it is written: its nodes with shots spelt out, before anything is inherited or rendered.

It needs no storyboard without mistakes, only text that is YAML.
"""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as SequenceType
from functools import cached_property, lru_cache

from msgspec import Struct
from msgspec.structs import replace

from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.leaves import holds_jinja
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence
from storyboard.read.source import Source
from storyboard.read.spell import spell_out


class WrittenShot(Struct, frozen=True):
    """`name` is its id, or its number from 1."""

    name: str
    node: Mapping
    id: Scalar | None

    @property
    def is_made(self) -> bool:
        """Whether Jinja makes the id, or `for_each` makes more than one of it."""
        return (self.id is not None and holds_jinja(self.id)) or self.node.get("for_each") is not None

    @property
    def head(self) -> Scalar | Node:
        """What stands for it: its id, else its first key."""
        return self.id or _first(self.node)


class WrittenScene(Struct, frozen=True):
    """A scene, a sequence with its `scenes`, or a variant with its `variant` as name."""

    name: str
    node: Mapping
    id: Scalar | None
    shots: tuple[WrittenShot, ...]
    scenes: tuple[WrittenScene, ...]
    variants: tuple[WrittenScene, ...] = ()
    variant: Scalar | None = None

    @property
    def head(self) -> Scalar | Node:
        return self.variant or self.id or _first(self.node)

    @property
    def is_made(self) -> bool:
        """Whether Jinja makes the id, so that the text does not tell what it is."""
        return self.id is not None and holds_jinja(self.id)

    def all(self) -> Iterator[WrittenScene]:
        """This one and those within it, as they stand."""
        yield self
        for scene in (*self.scenes, *self.variants):
            yield from scene.all()


class Names(Struct, frozen=True):
    """What texts declare, and what they call their scenes."""

    elements: frozenset[str] = frozenset()
    voices: frozenset[str] = frozenset()
    scenes: frozenset[str] = frozenset()

    def with_(self, other: Names) -> Names:
        return Names(self.elements | other.elements, self.voices | other.voices, self.scenes | other.scenes)


NO_NAMES = Names()


class Written(Struct, frozen=True, dict=True):
    """`others` are the names that other files of the same storyboard bring."""

    source: Source
    root: Mapping
    others: Names = NO_NAMES

    @cached_property
    def top(self) -> tuple[WrittenScene, ...]:
        """The entries of `scenes`."""
        return _scenes(self.root.get("scenes"))

    @property
    def scenes(self) -> Iterator[WrittenScene]:
        for scene in self.top:
            yield from scene.all()

    @cached_property
    def own(self) -> Names:
        scenes = frozenset(scene.name for scene in self.scenes if scene.name and not scene.is_made)
        return Names(frozenset(self.names("elements")), frozenset(self.names("voices")), scenes)

    @cached_property
    def known(self) -> Names:
        """The names that count in it."""
        return self.own.with_(self.others)

    def names(self, field: str) -> dict[str, Mapping | Node]:
        """The entries of `elements`, `voices` or `vars`, by name."""
        return {key.value: value for key, value in entries(self.root.get(field))}

    def around(self, index: int) -> tuple[WrittenScene, ...]:
        """The scenes, sequences and variants that the character lies in, outermost first."""
        return tuple(scene for scene in self.scenes if scene.node.start <= index <= scene.node.stop)

    def at(self, index: int) -> tuple[WrittenScene | None, WrittenShot | None]:
        """The innermost scene, and the shot, that the character lies in."""
        found = [scene for scene in self.around(index) if index < scene.node.stop]
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


def together(files: SequenceType[Written]) -> tuple[Written, ...]:
    """The files of one storyboard, each knowing the names of all."""
    names = NO_NAMES
    for each in files:
        names = names.with_(each.own)
    return tuple(each if each.own == names else replace(each, others=names) for each in files)


def _scenes(node: Node | None) -> tuple[WrittenScene, ...]:
    return tuple(_scene(each) for each in items(node) if isinstance(each, Mapping))


def _variants(node: Node | None) -> tuple[WrittenScene, ...]:
    found = entries(node)
    return tuple(_scene(value, key) for key, value in found if isinstance(value, Mapping))


def _scene(node: Mapping, variant: Scalar | None = None) -> WrittenScene:
    identity = node.get("id")
    shots = [each for each in items(node.get("shots")) if isinstance(each, Mapping)]
    own = identity if isinstance(identity, Scalar) else None
    return WrittenScene(
        name=own.value if own is not None else "",
        node=node,
        id=own,
        shots=tuple(_shot(each, number) for number, each in enumerate(shots, 1)),
        scenes=_scenes(node.get("scenes")),
        variants=_variants(node.get("variants")),
        variant=variant,
    )


def _shot(node: Mapping, number: int) -> WrittenShot:
    identity = node.get("id")
    own = identity if isinstance(identity, Scalar) else None
    return WrittenShot(own.value if own is not None else str(number), node, own)


def _first(node: Mapping) -> Node:
    return node.entries[0][0] if node.entries else node
