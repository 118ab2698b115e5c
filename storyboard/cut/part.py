"""What a cut is made of, in order: stretches of clips, of drawn shots, of cards. Frozen; frames at the cut's rate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.burning import Burning
    from storyboard.cut.transition import Transition
    from storyboard.media.moving_still import MovingStill
    from storyboard.media.title import Card, Slate


class Part(Struct, frozen=True):
    """A clip, or shots to be drawn where there is none, or a card: its frames `first` to before `end`, to its last when
    that is None. `audio` is for drawn shots, `transition` leads to the next part, `burning` are words over it."""

    name: str
    clip: Path | None = None
    stills: tuple[MovingStill, ...] = ()
    audio: bool = False
    first: int = 0
    end: int | None = None
    transition: Transition | None = None
    card: Card | Slate | None = None
    burning: Burning | None = None

    def frames(self, fps: int) -> int:
        """How many frames are shown of what is drawn, transitions included."""
        drawn = self.card.frames if self.card else round(sum(shot.seconds for shot in self.stills) * fps)
        return (drawn if self.end is None else self.end) - self.first

    @property
    def tail(self) -> int:
        """Frames at its end that belong to the transition."""
        return self.transition.tail if self.transition else 0

    @property
    def shared(self) -> int:
        """Frames that it shares with the next part."""
        return self.transition.shared if self.transition else 0

    @property
    def head_of_next(self) -> int:
        """Frames at the next part's beginning that belong to the transition."""
        return self.transition.head if self.transition else 0

    @property
    def drawing(self) -> object:
        """What is drawn for it: equal ones are drawn once."""
        return (self.stills, self.card, self.audio)


def is_plain(part: Part) -> bool:
    """Is all of it shown, by itself and as it is?"""
    return part.first == 0 and part.end is None and part.transition is None and part.burning is None
