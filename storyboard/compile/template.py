"""The prompt template: section texts in, one prompt out, every stretch of it still knowing where it came from.

Texts go through Jinja wrapped in marks (noncharacters, refused in every source), so that a template may join, order
and filter them and the prompt can be taken apart again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from jinja2 import nodes
from msgspec import Struct

from storyboard.compile.joining import joins
from storyboard.compile.names import Atom
from storyboard.compile.sentences import CLOSE, MIDDLE, OPEN
from storyboard.compile.template_environment import TemplateEnvironment
from storyboard.read.allowed import NODES
from storyboard.read.bounds import UNSENDABLE
from storyboard.read.compiled import Compiled, JinjaProblem

MARKED = re.compile(f"{OPEN}(\\d+){MIDDLE}([^{CLOSE}]*){CLOSE}")
NAMING = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)  # what names other templates


class Piece(Struct, frozen=True):
    """A stretch of a compiled prompt. `atom` is None for what the template itself wrote."""

    text: str
    atom: Atom | None

    @property
    def origin(self) -> tuple[str, str]:
        """Section and level; both "" for what the template wrote."""
        return (self.atom.section, self.atom.level) if self.atom is not None else ("", "")


class Marker:
    """Wraps atoms into text that the template can handle, and finds them again."""

    def __init__(self) -> None:
        self.atoms: list[Atom] = []

    def wrap(self, atom: Atom) -> str:
        if not atom.text:
            return ""
        self.atoms.append(atom)
        return f"{OPEN}{len(self.atoms) - 1}{MIDDLE}{atom.text}{CLOSE}"

    def wrapped(self, pieces: Sequence[Piece]) -> str:
        return "".join([piece.text if piece.atom is None else self.wrap(piece.atom) for piece in pieces])

    def unwrap(self, text: str) -> tuple[Piece, ...]:
        """The pieces. Raises JinjaProblem when the template has taken a section's text apart."""
        plain, *marked = MARKED.split(text)
        pieces = [Piece(plain, None)] if plain else []
        between = plain
        for index in range(0, len(marked), 3):
            number, inside, after = marked[index : index + 3]
            pieces.append(Piece(inside, self.atoms[int(number)]))
            if after:
                pieces.append(Piece(after, None))
                between += after
        if OPEN in between or MIDDLE in between or CLOSE in between:
            problem = (
                "the template takes the text of a section apart: join and order sections, do not cut them"
            )
            raise JinjaProblem("SB207", 0, 1, problem=problem)
        return tuple(pieces)


class PromptTemplate(Compiled):
    """A template of this program's or of the project's. Raises JinjaProblem when it is not one."""

    environment = TemplateEnvironment()
    filters = frozenset(
        {"paragraph", "listed", "join", "default", "d", "select", "reject", "list", "upper", "lower"}
    )
    allowed = NODES | {"Extends", "Block", "Include", "Import", "FromImport", "Macro"}
    marks = True

    def __init__(self, text: str) -> None:
        self.only_joins = True
        self.references: dict[
            str, tuple[int, int]
        ] = {}  # other templates by the names in it, and where these stand
        super().__init__(text)
        bad = UNSENDABLE.search(text)
        if bad is not None:
            problem = "the template holds a character that can't be sent"
            raise JinjaProblem("SB207", bad.start(), bad.end(), problem=problem)

    @staticmethod
    @lru_cache(maxsize=64)
    def of(text: str) -> PromptTemplate:
        return PromptTemplate(text)

    def _allow(self, node: nodes.Node) -> None:
        super()._allow(node)
        self.only_joins = self.only_joins and joins(node)
        if isinstance(node, NAMING):
            if not isinstance(node.template, nodes.Const) or not isinstance(node.template.value, str):
                self._not_available(node, "a computed name of a template", "write the name in quotes")
            if isinstance(node, nodes.Include) and node.ignore_missing:
                self._not_available(node, "`ignore missing`", "a template that is named has to be there")
            self.references.setdefault(node.template.value, self._place(node.template.lineno))

    def _may_be_called(self, node: nodes.Expr) -> bool:
        """Macros, which the environment tells from all else, by name or out of an imported template; `super()`."""
        return isinstance(node, nodes.Name) or (
            isinstance(node, nodes.Getattr) and isinstance(node.node, nodes.Name)
        )

    def fill(self, sections: Mapping[str, Any]) -> str:
        """The prompt, still marked. Raises JinjaProblem."""
        text = self.run(sections)
        if not isinstance(text, str):
            raise JinjaProblem("SB207", 0, 1, problem="a template gives text, not a list or a number")
        return text
