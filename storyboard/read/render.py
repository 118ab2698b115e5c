"""Jinja over nodes: a scalar becomes text in pieces, each with its place; a lone expression may become a list."""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Mapping as MappingType
from typing import Any, TypeVar

from storyboard.findings import Report
from storyboard.read.compiled import JinjaProblem
from storyboard.read.data import data, node_of
from storyboard.read.jinja import Rendered, render
from storyboard.read.leaves import Unreadable, holds_jinja
from storyboard.read.model import Placed
from storyboard.read.nodes import Mapping, Node, Piece, Scalar, Sequence, kind

T = TypeVar("T")
Scope = MappingType[str, Any]


class Renderer:
    """Renders scalars in a scope and reads typed fields. Problems are reported; the value is then None."""

    def __init__(self, report: Report) -> None:
        self.report = report

    def node(self, scalar: Scalar, scope: Scope) -> Node | None:
        """The scalar rendered: itself when it holds no Jinja."""
        if not holds_jinja(scalar):
            return scalar
        pieces = self._pieces(scalar, scope)
        if pieces is None:
            return None
        if len(pieces) == 1 and not isinstance(pieces[0][0], str):
            return node_of(pieces[0][0], scalar)
        made = tuple(
            Piece(str(value), scalar, start, stop, literal) for value, start, stop, literal in pieces
        )
        text = "".join(piece.text for piece in made)
        return Scalar(scalar.source, scalar.start, scalar.stop, text, scalar.style, made)

    def data(self, node: Node, scope: Scope) -> Any:
        """Plain data: of a lone expression what it gives, else what is written, its texts rendered. None, and a report,
        for what fails."""
        if isinstance(node, Sequence):
            return [self.data(item, scope) for item in node.items]
        if isinstance(node, Mapping):
            return {key.value: self.data(entry, scope) for key, entry in node.entries}
        if not isinstance(node, Scalar) or not holds_jinja(node):
            return data(node)
        pieces = self._pieces(node, scope) or []
        return pieces[0][0] if len(pieces) == 1 else "".join(str(piece[0]) for piece in pieces)

    def _pieces(self, scalar: Scalar, scope: Scope) -> Rendered | None:
        try:
            return render(scalar.value, scope)
        except JinjaProblem as problem:
            place = scalar.place(problem.start, problem.stop)
            self.report.add(problem.code, place, hint=problem.hint, **problem.values)
            return None

    def text(self, scalar: Scalar | None, scope: Scope) -> Scalar | None:
        """A text field; null and failures give None."""
        if scalar is None or scalar.is_null:
            return None
        node = self.node(scalar, scope)
        if node is None or isinstance(node, Scalar):
            return None if node is None or node.is_null else node
        self.report.add("SB103", scalar.span, expected="text", found=kind(node))
        return None

    def texts(self, value: Scalar | tuple[Scalar, ...] | None, scope: Scope) -> tuple[Scalar, ...]:
        """A field that takes one text or a list of them; an expression may give the whole list."""
        if value is None:
            return ()
        if isinstance(value, tuple):
            return tuple(text for item in value if (text := self.text(item, scope)) is not None)
        if value.is_null:
            return ()
        node = self.node(value, scope)
        if isinstance(node, Sequence):
            return tuple(item for item in node.items if isinstance(item, Scalar))
        return () if (text := self._scalar(node, value)) is None else (text,)

    def typed(self, scalar: Scalar | None, parse: Callable[[str], T], scope: Scope) -> Placed[T] | None:
        """A field of another type than text."""
        text = self.text(scalar, scope)
        if text is None:
            return None
        try:
            return Placed(parse(text.value), text)
        except Unreadable as problem:
            self.report.add(problem.code, text.span, **problem.values)
            return None

    def placed(self, scalar: Scalar | None, scope: Scope) -> Placed[str] | None:
        return self.typed(scalar, str, scope)

    def plain(self, scalar: Scalar | None, scope: Scope) -> str | None:
        text = self.text(scalar, scope)
        return None if text is None else text.value

    def _scalar(self, node: Node | None, place: Scalar) -> Scalar | None:
        if node is None or isinstance(node, Scalar):
            return None if node is None or node.is_null else node
        self.report.add("SB103", place.span, expected="text or a list of texts", found=kind(node))
        return None
