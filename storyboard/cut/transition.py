"""How one piece of the cut becomes the next: what is shared, what is taken of each, where the sound changes.

dissolve, wipe   |======|xx|          both are seen: the cut is shorter by the transition
                        |xx|=====|
fade-black       |====|\\|//|====|    half of it of each, nothing shared
j-cut, l-cut     |=======|=======|    pictures change at once, sounds earlier or later
"""

from __future__ import annotations

from msgspec import Struct

from storyboard.compile.shot_list import FADES, OVERLAPPING


class Transition(Struct, frozen=True):
    """`frames` at the cut's rate; `direction` is where the edge of a wipe goes."""

    kind: str  # one of storyboard.compile.shot_list.KINDS
    frames: int
    direction: str = "right"

    @property
    def shared(self) -> int:
        """Frames in which both neighbours are seen."""
        return self.frames if self.kind in OVERLAPPING else 0

    @property
    def tail(self) -> int:
        """Frames that it takes of the piece before."""
        return self.frames // 2 if self.kind in FADES else self.shared

    @property
    def head(self) -> int:
        """Frames that it takes of the piece after."""
        return self.frames - self.frames // 2 if self.kind in FADES else self.shared

    @property
    def drawn(self) -> int:
        """Frames that are drawn for it."""
        return self.tail + self.head - self.shared

    @property
    def early(self) -> int:
        """Frames by which the sound changes before the picture; negative: behind it."""
        return {"j-cut": self.frames, "l-cut": -self.frames}.get(self.kind, 0)
