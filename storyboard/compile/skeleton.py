"""What a template makes of sections, whatever they say: its own words, and where each section goes.

Most templates, those that ship among them, only join sections: they ask whether one is there and how it ends. Such a
template is run once for all shots that are alike in that, on stand-ins that end as the sections do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from msgspec import Struct

from storyboard.compile.names import Atom
from storyboard.compile.sentences import CJK, CLOSED, ENDS
from storyboard.compile.template import Marker, Piece, PromptTemplate
from storyboard.read.authored_prompt import SECTIONS
from storyboard.read.nodes import Scalar
from storyboard.read.source import Source

NONE = (*SECTIONS, "dialogue")
MOST = 4_096  # skeletons of one template
LONGEST = 16 * 1024  # characters of sections: the template itself has bounds for longer ones
NOWHERE = Scalar(Source("", ""), 0, 0, "")

Skeleton = tuple[str | Piece, ...]  # the name of a section, or what the template wrote
Key = tuple[object, ...]


class Section(Struct, frozen=True):
    """A section's text in pieces. `tail` stands for its end, None where that can't be told."""

    pieces: tuple[Piece, ...]
    tail: str | None
    length: int


def section_of(texts: Sequence[Sequence[Atom]]) -> Section:
    """The items of a section after each other: a comma between them, or a space where one ends in a full stop."""
    pieces: list[Piece] = []
    for atoms in texts:
        if pieces:
            pieces.append(Piece(" " if pieces[-1].text[-1] in ENDS else ", ", None))
        pieces += [Piece(atom.text, atom) for atom in atoms if atom.text]
    tail = _tail(pieces[-1].text) if pieces else None
    return Section(tuple(pieces), tail, sum([len(piece.text) for piece in pieces]))


def _tail(text: str) -> str | None:
    """The shortest text that a template which only joins can't tell from this one: by its last letter, and by what
    closes quotes and brackets behind it."""
    inner = text.rstrip(CLOSED)
    if not inner:
        return None
    last = inner[-1]
    if last not in ENDS:
        last = "x" if last.isascii() else "一" if any(low <= last <= high for low, high in CJK) else "é"
    return last + text[len(inner) :]


class Skeletons:
    """Those of one template that only joins."""

    def __init__(self, template: PromptTemplate) -> None:
        self._template = template
        self._known: dict[Key, Skeleton | None] = {}

    @staticmethod
    @lru_cache(maxsize=64)
    def of(template: PromptTemplate) -> Skeletons | None:
        return Skeletons(template) if template.only_joins else None

    def pieces(
        self, sections: Mapping[str, Section], fixed: Mapping[str, object]
    ) -> tuple[Piece, ...] | None:
        """The prompt, or None where the template has to see the sections themselves. Raises JinjaProblem."""
        tails = [(name, section.tail) for name, section in sections.items()]
        key = (*fixed.values(), *tails)
        if key not in self._known:
            if len(self._known) >= MOST:
                return None
            self._known[key] = self._run(tails, fixed)
        skeleton = self._known[key]
        if skeleton is None or sum([section.length for section in sections.values()]) > LONGEST:
            return None
        found: list[Piece] = []
        for part in skeleton:
            if isinstance(part, str):
                found += sections[part].pieces
            else:
                found.append(part)
        return tuple(found)

    def _run(self, tails: Sequence[tuple[str, str | None]], fixed: Mapping[str, object]) -> Skeleton | None:
        marker = Marker()
        values: dict[str, object] = dict.fromkeys(NONE, "")
        for name, tail in tails:
            if tail is None:
                return None
            values[name] = marker.wrap(Atom("text", tail, NOWHERE, 0, 0, name))
        made = marker.unwrap(self._template.fill({**values, **fixed}).strip())
        if any(piece.atom is not None and piece.text != piece.atom.text for piece in made):
            return None
        return tuple([piece if piece.atom is None else piece.atom.section for piece in made])
