"""Black, where an editor left a gap: a card without words, drawn as a still."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.cut.part import Part
from storyboard.media.encode import written_whole
from storyboard.media.moving_still import MovingStill

if TYPE_CHECKING:
    from storyboard.cut.edit import Piece

SIZE = (160, 90)  # pixels; of one colour it is that at any size


def is_black(piece: Piece) -> bool:
    """Is it a card without a word?"""
    return piece.card is not None and not (piece.card.text + piece.card.subtitle).strip()


def black_part(piece: Piece, fps: int, folder: Path) -> Part:
    """As long as the piece. The picture is kept in a folder."""
    seconds = -(-piece.there // fps)
    still = MovingStill(_picture(folder), seconds, "static", "", "")
    end = None if piece.end == seconds * fps else piece.end
    return Part(piece.name, stills=(still,), first=piece.first, end=end, transition=piece.transition)


def _picture(folder: Path) -> Path:
    path = folder / "black.png"
    if not path.exists():
        from PIL import Image

        with written_whole(path) as part:
            Image.new("RGB", SIZE).save(part, "PNG")
    return path
