"""From a name to where it is declared and to all its places, in a storyboard and the files that it reads."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from storyboard.diagnostics import Span
from storyboard.editor.mentions import Mention, mentions
from storyboard.editor.written import Written

NAMING_FILES = frozenset({"file", "template"})


def definition(wanted: Mention, family: Sequence[Written]) -> tuple[Span, ...]:
    """Where it is declared; nothing for files, endpoints and price books, which no storyboard declares."""
    return tuple(each.span for each in _same(wanted, family) if each.declares)


def references(wanted: Mention, family: Sequence[Written], *, declared: bool = True) -> tuple[Span, ...]:
    """Every place of the name; those that declare it only when asked for."""
    return tuple(each.span for each in _same(wanted, family) if declared or not each.declares)


def _same(wanted: Mention, family: Sequence[Written]) -> Iterator[Mention]:
    for written in family:
        for each in mentions(written).all:
            if each.kind == wanted.kind and each.name == wanted.name:
                yield each
