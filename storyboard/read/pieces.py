"""Stretches of text in pieces."""

from __future__ import annotations

from storyboard.read.nodes import Piece


def cut(pieces: tuple[Piece, ...], start: int, stop: int) -> tuple[Piece, ...]:
    """The pieces of text[start:stop], where text is all pieces joined."""
    found: list[Piece] = []
    position = 0
    for piece in pieces:
        first, last = max(start - position, 0), min(stop - position, len(piece.text))
        if first < last:
            found.append(_stretch(piece, first, last))
        position += len(piece.text)
    return tuple(found)


def _stretch(piece: Piece, first: int, last: int) -> Piece:
    if not piece.literal:
        return Piece(piece.text[first:last], piece.scalar, piece.start, piece.stop, literal=False)
    return Piece(piece.text[first:last], piece.scalar, piece.start + first, piece.start + last)
