"""Where and how the segments of a cut are made, once it is known that there is room for them and for the cut."""

from __future__ import annotations

import os
from threading import Event
from typing import TYPE_CHECKING

from msgspec import Struct, field

from storyboard.cut.alike import Target
from storyboard.cut.clip import Clip
from storyboard.cut.kept import all_made
from storyboard.cut.progress import Tell, Work
from storyboard.cut.room_ahead import Footprint, room_needed
from storyboard.cut.workers import HERE, Workers
from storyboard.errors import Interrupted
from storyboard.space import room_for_all

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

    from storyboard.cut.forms import Form
    from storyboard.cut.segments import Segment

CORES = os.cpu_count() or 2
THREADS = max(min(CORES, 4), CORES // 2)  # coders at a time: each uses about two cores, if it has them


class Room(Struct, frozen=True):
    """`folder` is where segments are kept, `output` where the cut will lie, of about so many `frames`; `copied` are
    the bytes of the clips that it copies from."""

    target: Target
    folder: Path
    output: Path
    form: Form
    frames: int
    copied: int
    tell: Tell
    workers: Workers = HERE
    stop: Event = field(default_factory=Event)

    def each(self, todo: Mapping[Hashable, Segment]) -> dict[Hashable, Clip]:
        """Every segment made, several at a time, one of equal ones. Raises MediaError, before the first, when they have
        no room."""
        missing = {each.path: each.frames for each in todo.values() if not each.path.exists()}
        if missing:
            self._ask_for(sum(missing.values()), sum(_size(each.path) for each in todo.values()))
        work = Work(sum(missing.values()), self.tell)
        found = all_made(
            todo.values(),
            THREADS,
            lambda segment: self._stoppable(work.step(segment.what)),
            workers=self.workers,
            stop=self.stop.set,
        )
        return {key: found[segment.path] for key, segment in todo.items()}

    def go_on(self) -> None:
        """Raises Interrupted when the cut was stopped, or failed elsewhere."""
        if self.stop.is_set():
            raise Interrupted(
                "the cut was stopped; what was there before is untouched, what was made is kept"
            )

    def _stoppable(self, step: Callable[[int], None]) -> Callable[[int], None]:
        def stepped(frames: int) -> None:
            self.go_on()
            step(frames)

        return stepped

    def ask_for_cut(self, packets: int) -> None:
        """Raises MediaError when the cut, of so many bytes of pictures, has no room, in this form."""
        cut = Footprint(self.target.encoded_size, self.target.fps, self.frames, 0, packets, sound=True)
        self._ask(cut)

    def _ask_for(self, made: int, there: int) -> None:
        """Raises MediaError when so many frames to be made, and the cut, have no room. `there` are bytes of segments
        that are made already."""
        size, fps = self.target.encoded_size, self.target.fps
        cut = Footprint(size, fps, max(self.frames, made), made, self.copied + there, sound=True)
        self._ask(cut)

    def _ask(self, cut: Footprint) -> None:
        needed = room_needed(cut, self.form, self.target.setting)
        room_for_all({self.output: needed.result, self.folder: needed.segments})


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
