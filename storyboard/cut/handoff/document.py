"""What an edited timeline says, as plain values. Frames at the cut's rate."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

HASH = re.compile(r"^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Known:
    """What we once wrote about an entry, as far as it is still there."""

    scene: str = ""
    clip: str = ""  # sha256
    piece: int | None = None  # of the cut that was handed over
    item: str = ""
    early: int = 0  # frames by which the next sound began before its picture
    card: tuple[str, str] | None = None  # text and subtitle
    is_cue: bool = False  # music or narration


@dataclass(frozen=True, slots=True)
class Leaving:
    """A transition to the next entry: frames before the cut point and behind it."""

    kind: str  # one of storyboard.compile.shot_list.KINDS
    before: int
    behind: int
    direction: str = "right"


@dataclass(frozen=True, slots=True)
class Entry:
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


@dataclass(frozen=True, slots=True)
class Document:
    """A timeline: what is seen, end to end; clips that are heard; what can't be followed and does no harm."""

    pictures: tuple[Entry, ...]
    sounds: tuple[Entry, ...] = ()
    remarks: tuple[str, ...] = ()

    @property
    def clips(self) -> frozenset[str]:
        """The sha256 of every clip that it names."""
        names = {name for entry in self.pictures for name in (entry.file, entry.known.clip)}
        return frozenset(name for name in names if HASH.match(name))
