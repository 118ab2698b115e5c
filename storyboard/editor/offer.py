"""What is offered at a place, and what there is to choose from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any, Literal

from msgspec import Struct, field

from storyboard.catalog.prices import PriceBook
from storyboard.editor.cursor import Cursor
from storyboard.editor.written import Written
from storyboard.read.data import data
from storyboard.read.nodes import Mapping as MappingNode
from storyboard.read.nodes import Node, Scalar

Kind = Literal["field", "element", "voice", "scene", "endpoint", "file", "word", "value", "var", "snippet"]


class Offer(Struct, frozen=True):
    """`text` stands in place of the source's text[start:stop], its lines indented as they have to be; that of a snippet
    holds tab stops."""

    label: str
    kind: Kind
    text: str
    start: int
    stop: int
    detail: str = ""
    documentation: str = ""
    snippet: bool = False


class Around(Struct, frozen=True, dict=True):
    """What there is to choose from. `written` is the text as it last was YAML, `others` are the other files of its
    storyboard; `scenes` and `shots` are the names of those that it was compiled to; `files` are paths from the
    storyboard's folder, those that `suffixes_at` asks for; `variables` come from the command line."""

    written: Written | None
    files: tuple[str, ...] = ()
    book: PriceBook | None = None
    others: tuple[Written, ...] = ()
    scenes: tuple[str, ...] = ()
    shots: tuple[str, ...] = ()
    variables: Mapping[str, Any] = field(default_factory=dict)

    @property
    def texts(self) -> tuple[Written, ...]:
        return (*((self.written,) if self.written is not None else ()), *self.others)

    def declared(self, where: str) -> Iterator[tuple[str, str]]:
        """The names of `elements`, `voices` or `vars`, each once, with what its declaration says of itself."""
        found: dict[str, Node] = {}
        for text in self.texts:
            found = {**text.names(where), **found}
        for name in dict.fromkeys(name for text in self.texts for name in text.names(where)):
            yield name, _said(found[name])

    @cached_property
    def scope(self) -> Mapping[str, Any]:
        """The vars by name, as data."""
        found = {name: data(node) for text in self.texts for name, node in text.names("vars").items()}
        return {**found, **self.variables}


def whole(cursor: Cursor, text: str, kind: Kind, detail: str = "", documentation: str = "") -> Offer:
    """In place of all that was typed of the value."""
    return Offer(text, kind, text, cursor.start, cursor.index, detail, documentation)


def _said(node: Node) -> str:
    """What a declaration says of itself, on one line."""
    if isinstance(node, Scalar):
        return node.value
    if not isinstance(node, MappingNode):
        return ""
    texts = (node.get(name) for name in ("description", "frontal_image", "video"))
    return next((text.value for text in texts if isinstance(text, Scalar)), "")
