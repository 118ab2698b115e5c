"""Which words are burnt into which frames of the cut: scene, shot and take at their shots, the cut's timecode. Pure."""

from __future__ import annotations

from collections.abc import Collection
from fractions import Fraction

from msgspec import Struct
from msgspec.structs import replace

from storyboard.cut.edit import Cut, Piece, shot_bounds
from storyboard.cut.transition import Transition
from storyboard.media.burnt import Burn, Label, label_words


class Burning(Struct, frozen=True):
    """Over a clip: words from frames of the clip on; `zero` is where in the cut the clip's frame 0 would lie, None
    without a timecode."""

    labels: tuple[Label, ...]
    zero: int | None

    def of(self, first: int, fps: Fraction) -> Burn:
        """Over a stretch of the clip that begins at its frame `first`."""
        earlier = [label for label in self.labels if label.first <= first]
        later = [label for label in self.labels if label.first > first]
        labels = [replace(label, first=max(0, label.first - first)) for label in (*earlier[-1:], *later)]
        return Burn(tuple(labels), None if self.zero is None else self.zero + first, fps)


def over(change: Transition, old: Burning, start: int, new: Burning, source: int, fps: Fraction) -> Burn:
    """Over the frames of a transition, which begins at the old clip's frame `start` and the new one's `source`: the old
    words, from its middle on the new ones."""
    turn = change.tail if not change.shared else change.drawn // 2
    begin = source + (turn if change.shared else 0)
    before, after = old.of(start, fps), new.of(begin, fps)
    kept = [label for label in before.labels if label.first < max(1, turn)]
    moved = [replace(label, first=label.first + max(1, turn)) for label in after.labels]
    return replace(before, labels=(*kept, *moved))


def burning_of(piece: Piece, start: int, cut: Cut, words: Collection[str]) -> Burning | None:
    """What is asked for, over a piece that begins at frame `start` of the cut; cards and slates have words enough."""
    if not words or piece.scene is None or piece.slate:
        return None
    zero = start - piece.first if "timecode" in words else None
    bounds = shot_bounds(piece.scene, piece.footage, cut.fps)
    labels = [
        Label(first, _label(piece, shot.id, words))
        for shot, first in zip(piece.scene.shots, bounds[:-1], strict=True)
    ]
    return Burning(tuple(labels), zero)


def _label(piece: Piece, shot: str, words: Collection[str]) -> str:
    scene = piece.scene
    if scene is None:
        return ""
    alone = len(scene.shots) == 1
    return label_words(
        scene.id if "scene" in words else "",
        shot if "shot" in words and not alone else "",
        scene.take if "take" in words and piece.footage is not None else None,
    )
