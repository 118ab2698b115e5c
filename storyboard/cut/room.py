"""Where and how the segments of a cut are made, once it is known that there is room for them and for the cut."""

from __future__ import annotations

import os
from threading import Event
from typing import TYPE_CHECKING

from msgspec import Struct, field

from storyboard.cut.alike import Target
from storyboard.cut.clip import Clip, look, look_at_sound
from storyboard.cut.progress import Advance, Tell, Work
from storyboard.cut.room_ahead import Footprint, room_needed
from storyboard.errors import Interrupted
from storyboard.space import room_for_all

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

    from storyboard.cut.forms import Form
    from storyboard.cut.segments import Segment


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
    stop: Event = field(default_factory=Event)

    def each(self, todo: Mapping[Hashable, Segment]) -> dict[Hashable, Clip]:
        """Every segment made, several at a time, one of equal ones. Raises MediaError, before the first, when they have
        no room."""
        missing = {each.path: each.frames for each in todo.values() if not each.path.exists()}
        if missing:
            self._ask_for(sum(missing.values()), sum(_size(each.path) for each in todo.values()))
        work = Work(sum(missing.values()), self.tell)

        def made(segment: Segment) -> Clip:
            return self._looked(segment, self._stoppable(work.step(segment.what)))

        each: dict[Path, Segment] = {}
        for segment in todo.values():
            each.setdefault(segment.path, segment)
        found = _several(made, each, self.stop)
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

    def sound(self, segment: Segment) -> Clip:
        """A segment without pictures. Raises MediaError."""
        if not segment.path.exists():
            self.tell(Advance(segment.what))
        return segment.seen(look_at_sound)

    def ask_for_cut(self, packets: int) -> None:
        """Raises MediaError when the cut, of so many bytes of pictures, has no room, in this form."""
        cut = Footprint(self.target.encoded_size, self.target.fps, self.frames, 0, packets, sound=True)
        self._ask(cut)

    def _looked(self, segment: Segment, step: Callable[[int], None]) -> Clip:
        if not segment.path.exists():
            step(0)
        return segment.seen(look, step)

    def _ask_for(self, made: int, there: int) -> None:
        """Raises MediaError when so many frames to be made, and the cut, have no room. `there` are bytes of segments
        that are made already."""
        size, fps = self.target.encoded_size, self.target.fps
        cut = Footprint(size, fps, max(self.frames, made), made, self.copied + there, sound=True)
        self._ask(cut)

    def _ask(self, cut: Footprint) -> None:
        needed = room_needed(cut, self.form, self.target.setting)
        room_for_all({self.output: needed.result, self.folder: needed.segments})


def _several(made: Callable[[Segment], Clip], todo: Mapping[Path, Segment], stop: Event) -> dict[Path, Clip]:
    """The longest made first, so that no core is left with one when the others are done. What stops one, stops all."""
    if not todo:
        return {}
    from concurrent.futures import ThreadPoolExecutor

    cores = os.cpu_count() or 2
    with ThreadPoolExecutor(max(min(cores, 4), cores // 2)) as makers:  # each uses about two, if it has them
        try:
            longest = sorted(todo.items(), key=lambda item: -item[1].frames)
            begun = {path: makers.submit(made, segment) for path, segment in longest}
            return {path: each.result() for path, each in begun.items()}
        except BaseException:
            stop.set()
            makers.shutdown(wait=False, cancel_futures=True)
            raise


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0
