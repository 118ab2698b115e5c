"""A card or a slate of the edit as what is drawn of it."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Literal

from storyboard.compile.shot_list import ListedCard
from storyboard.cut.edit import LAST, Cut, Piece

if TYPE_CHECKING:
    from storyboard.media.title import Card, Slate


def card_of(piece: Piece, start: int, cut: Cut) -> Card | Slate:
    """What is drawn of a card or a slate."""
    from storyboard.media.title import Card, Slate

    if piece.scene is not None:
        scene = piece.scene
        shot = piece.name[len(scene.id) + 1 :]  # nothing for a whole scene
        return Slate(cut.title, scene.id, shot, str(scene.take), scene.endpoint, piece.there, start)
    card = piece.card or ListedCard("", "", Decimal(0))
    kind: Literal["title", "end"] = "end" if piece.name == LAST else "title"
    return Card(card.text, piece.there, card.subtitle, kind)
