"""One shot in its place on the timeline, and how it becomes the next. Frames at the cut's rate."""

from __future__ import annotations

from pathlib import Path

from msgspec import Struct

from storyboard.compile.shot_list import FADES, ListedCard, ListedCue, ListedScene, ListedShot
from storyboard.cut.footage import Footage
from storyboard.cut.transition import Transition
from storyboard.ledger.record import TakeRecord


class Change(Struct, frozen=True):
    """A transition around a cut point: frames before it and behind it. In one that `overlaps` these are both
    neighbours', each with so many more of its clip; in a fade each is one's own; a cut of the sound has none."""

    made: Transition
    before: int = 0
    behind: int = 0

    @classmethod
    def around(cls, made: Transition) -> Change:
        if made.kind in FADES:
            return cls(made, made.tail, made.head)
        return cls(made, made.shared // 2, made.shared - made.shared // 2)

    @property
    def frames(self) -> int:
        return self.before + self.behind

    @property
    def kind(self) -> str:
        return self.made.kind

    @property
    def overlaps(self) -> bool:
        return self.made.shared > 0

    @property
    def is_seen(self) -> bool:
        return self.frames > 0


class Strip(Struct, frozen=True):
    """`first` to before `end` on the timeline; `source` is the clip's frame at `first`. Without `footage` it is shown
    from its still, or is a `card`. `heard` is where its sound is, which may begin and end elsewhere; `shot_bounds`
    where the whole shot lies in the clip; `piece` and `item` say of which piece of the cut it is a part. `change`
    leads to the next strip."""

    scene: ListedScene
    shot: ListedShot
    first: int
    end: int
    source: int
    footage: Footage | None
    prompt: str
    take: TakeRecord | None
    heard: tuple[int, int] = (0, 0)
    shot_bounds: tuple[int, int] = (0, 0)
    piece: int = 0
    item: str = ""
    card: ListedCard | None = None
    change: Change | None = None

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def name(self) -> str:
        """`dawn.wide`; a scene that is its own one shot is `dawn`."""
        return self.scene.id if len(self.scene.shots) == 1 else f"{self.scene.id}.{self.shot.id}"

    @property
    def number(self) -> int:
        return self.take.take if self.take is not None else self.scene.take

    @property
    def sounds(self) -> bool:
        """Is anything of its own heard?"""
        return self.footage is not None and self.footage.sound and self.heard[0] < self.heard[1]

    @property
    def is_to_sound(self) -> bool:
        """The same, and of what has no clip yet: will there be?"""
        return self.sounds or (self.footage is None and self.scene.audio and self.heard[0] < self.heard[1])

    @property
    def is_in_step(self) -> bool:
        """Does its sound begin and end with its picture?"""
        return self.heard == (self.first, self.end)

    @property
    def heard_source(self) -> int:
        """The clip's frame at which its sound begins."""
        return self.source + self.heard[0] - self.first

    @property
    def shared_behind(self) -> int:
        """Frames of its clip that are seen behind its end."""
        return self.change.behind if self.change and self.change.overlaps else 0

    @property
    def shared_before(self) -> int:
        """Frames before its end in which the next one is seen as well."""
        return self.change.before if self.change and self.change.overlaps else 0


class SoundStrip(Struct, frozen=True):
    """Music or narration: `first` to before `end` on the timeline, from its file's frame `source` on. `there` is how
    many frames the file lasts, where that is known."""

    path: Path
    first: int
    end: int
    source: int
    cue: ListedCue
    there: int | None = None

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def name(self) -> str:
        return self.path.stem
