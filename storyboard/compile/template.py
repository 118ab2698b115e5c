"""The prompt template: section texts in, one prompt out, every stretch of it still knowing where it came from.

Texts go through Jinja wrapped in marks (noncharacters, refused in every source), so that a template may join, order
and filter them and the prompt can be taken apart again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from jinja2 import nodes

from storyboard.compile.joining import joins
from storyboard.compile.names import Atom
from storyboard.read.bounds import UNSENDABLE, Misuse
from storyboard.read.compiled import Compiled, JinjaProblem
from storyboard.read.environment import Environment

OPEN, MIDDLE, CLOSE = "\ufdd0", "\ufdd1", "\ufdd2"
MARKED = re.compile(f"{OPEN}(\\d+){MIDDLE}([^{CLOSE}]*){CLOSE}")
ENDS = ".!?…。！？"
FULL_WIDTH_ENDS = "。！？"
CLOSED = CLOSE + " \n\"'”’」』)）"  # what may stand behind the full stop
CJK = (("\u2e80", "\u9fff"), ("\uac00", "\ud7af"), ("\uf900", "\ufaff"), ("\uff00", "\uffef"))


class Piece(NamedTuple):
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


def listed(texts: Sequence[str]) -> str:
    """Items of a section after each other: a comma between them, or a space where one ends in a full stop."""
    joined = ""
    for text in texts:
        between = "" if not joined else " " if _ending(joined) in ENDS else ", "
        joined += between + text
    return joined


def paragraph(texts: Sequence[str]) -> str:
    """Texts as sentences of one paragraph; empty ones are left out."""
    found: list[str] = []
    for text in texts:
        if text:
            if found and _ending(found[-1]) not in FULL_WIDTH_ENDS:
                found.append(" ")
            found.append(_sentence(text))
    return "".join(found)


def _ending(text: str) -> str:
    """The last character that is seen."""
    return text.rstrip(CLOSE)[-1:]


def _sentence(text: str) -> str:
    last = text.rstrip(CLOSED)[-1:]
    if last in ENDS:
        return text
    if last.isascii():
        return text + "."
    return text + ("。" if any(first <= last <= end for first, end in CJK) else ".")


class _TemplateEnvironment(Environment):
    """Sections are texts with marks inside: letters of them can't be had."""

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, str):
            raise Misuse("the text of a section can't be cut")
        return super().getitem(obj, argument)


def _environment() -> Environment:
    environment = _TemplateEnvironment()
    environment.filters["paragraph"] = paragraph
    environment.filters["listed"] = listed
    return environment


class PromptTemplate(Compiled):
    """A template of this program's or of the project's. Raises JinjaProblem when it is not one."""

    environment = _environment()
    filters = frozenset(
        {"paragraph", "listed", "join", "default", "d", "select", "reject", "list", "upper", "lower"}
    )
    marks = True

    def __init__(self, text: str) -> None:
        self.only_joins = True
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

    def fill(self, sections: Mapping[str, Any]) -> str:
        """The prompt, still marked. Raises JinjaProblem."""
        text = self.run(sections)
        if not isinstance(text, str):
            raise JinjaProblem("SB207", 0, 1, problem="a template gives text, not a list or a number")
        return text
