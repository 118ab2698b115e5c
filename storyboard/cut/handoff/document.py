"""What an edited timeline says, as plain values. Frames at the cut's rate."""

from __future__ import annotations

import re

from msgspec import Struct, field

HASH = re.compile(r"^[0-9a-f]{64}$")


class Known(Struct, frozen=True):
    """What we once wrote about an entry, as far as it is still there."""

    scene: str = ""
    clip: str = ""  # sha256
    piece: int | None = None  # of the cut that was handed over
    item: str = ""
    early: int = 0  # frames by which the next sound began before its picture
    card: tuple[str, str] | None = None  # text and subtitle
    is_cue: bool = False  # music or narration


class Leaving(Struct, frozen=True):
    """A transition to the next entry: frames before the cut point and behind it."""

    kind: str  # one of storyboard.compile.shot_list.KINDS
    before: int
    behind: int
    direction: str = "right"


class Entry(Struct, frozen=True):
    """A clip or a gap at `first` to before `end` of the timeline; `source` is the clip's frame at `first`. `file` is
    the name of its media without folder and end; `place` is where an editor finds it."""

    name: str
    place: str
    first: int
    end: int
    source: int = 0
    file: str = ""
    known: Known = field(default_factory=Known)
    is_gap: bool = False
    leaving: Leaving | None = None

    @property
    def frames(self) -> int:
        return self.end - self.first

    @property
    def told(self) -> str:
        return f"{self.name or 'a clip without a name'} (at {self.place})"


class Document(Struct, frozen=True):
    """A timeline: what is seen, end to end; clips that are heard; what can't be followed and does no harm."""

    pictures: tuple[Entry, ...]
    sounds: tuple[Entry, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def clips(self) -> frozenset[str]:
        """The sha256 of every clip that it names."""
        names = {name for entry in self.pictures for name in (entry.file, entry.known.clip)}
        return frozenset(name for name in names if HASH.match(name))
