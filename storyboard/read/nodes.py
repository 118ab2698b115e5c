"""YAML nodes that know their place. Made by compose, reshaped by inheritance and Jinja, read by the model.

Two nodes are equal when they are one: what they say is compared as text, not by these.
"""

from __future__ import annotations

from collections.abc import Iterator

from msgspec import Struct

from storyboard.diagnostics import Span
from storyboard.read.source import Source


class Node(Struct, frozen=True, eq=False):
    """`start` and `stop` are character indexes into the source's text."""

    source: Source
    start: int
    stop: int

    @property
    def span(self) -> Span:
        return self.source.span(self.start, self.stop)


class Scalar(Node, frozen=True, eq=False):
    """A value as written. `style` is "" for plain, or one of ' " | >. `pieces` is set once Jinja made the text."""

    value: str
    style: str = ""
    pieces: tuple[Piece, ...] | None = None

    @property
    def is_null(self) -> bool:
        return not self.style and self.pieces is None and self.value in {"", "~", "null", "Null", "NULL"}

    @property
    def span(self) -> Span:
        if self.pieces:
            first, last = self.pieces[0].place(), self.pieces[-1].place()
            return Span(first.path, first.line, first.column, last.end_line, last.end_column)
        if self.style in {"|", ">"}:
            stop = self.start + len(self.source.text[self.start : self.stop].rstrip())
            return self.source.span(self.start, stop)
        return self.source.span(self.start, self.stop)

    def parts(self) -> tuple[Piece, ...]:
        """The text as pieces, each with its place."""
        return (Piece(self.value, self, 0, len(self.value)),) if self.pieces is None else self.pieces

    def place(self, start: int, stop: int) -> Span:
        """Where value[start:stop] was written."""
        for piece in self.parts():
            if start < len(piece.text) or piece is self.parts()[-1]:
                return piece.place(start, min(stop, len(piece.text)))
            start, stop = start - len(piece.text), stop - len(piece.text)
        return self.span


class Piece(Struct, frozen=True, eq=False):
    """Text that came from one place: literal[start:stop] of a scalar, or what an expression there was replaced by."""

    text: str
    scalar: Scalar
    start: int
    stop: int
    literal: bool = True

    def place(self, start: int = 0, stop: int | None = None) -> Span:
        """Where text[start:stop] was written; a replaced expression is one place."""
        from storyboard.read.places import authored

        if not self.literal:
            return authored(self.scalar, self.start, self.stop)
        stop = len(self.text) if stop is None else stop
        return authored(self.scalar, self.start + start, self.start + max(stop, start))


class Sequence(Node, frozen=True, eq=False):
    items: tuple[Node, ...]


class Mapping(Node, frozen=True, eq=False):
    """Keys are text and differ from each other: compose sees to it."""

    entries: tuple[tuple[Scalar, Node], ...]

    def get(self, name: str) -> Node | None:
        return next((value for key, value in self.entries if key.value == name), None)

    def key(self, name: str) -> Scalar | None:
        return next((key for key, _ in self.entries if key.value == name), None)

    def names(self) -> Iterator[str]:
        return (key.value for key, _ in self.entries)

    def with_entries(self, entries: list[tuple[Scalar, Node]]) -> Mapping:
        return Mapping(self.source, self.start, self.stop, tuple(entries))

    def without(self, *names: str) -> Mapping:
        return self.with_entries([(key, value) for key, value in self.entries if key.value not in names])


class Broken(Node, frozen=True, eq=False):
    """Stands where the text could not be read; what is wrong has been reported."""


def like(node: Node, value: str) -> Scalar:
    """A plain scalar of our making that stands at the node's place."""
    return Scalar(node.source, node.start, node.stop, value, "'")


def kind(node: Node) -> str:
    """What a person calls it."""
    if isinstance(node, Mapping):
        return "a mapping"
    if isinstance(node, Sequence):
        return "a list"
    return "nothing" if isinstance(node, Scalar) and node.is_null else "text"
