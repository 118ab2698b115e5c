"""Clips as small as a preview of the cut has them: made once, and kept with the segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.cut.alike import target_of
from storyboard.cut.clip import Clip, look
from storyboard.cut.forms import preview_size
from storyboard.cut.kept import all_tried
from storyboard.cut.progress import Tell, Work
from storyboard.cut.room import THREADS
from storyboard.cut.segments import Segment, normalised
from storyboard.cut.workers import HERE, Workers
from storyboard.errors import MediaError
from storyboard.media.encode import PREVIEW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def proxies(
    clips: Mapping[str, Path], segments: Path, tell: Tell, workers: Workers = HERE
) -> dict[str, Path | MediaError]:
    """Where the small clips lie, by the names of their clips; of one that can't be made, why."""
    todo = {name: _proxy(path, segments) for name, path in clips.items()}
    wanted = [each for each in todo.values() if not isinstance(each, MediaError)]
    work = Work(sum(each.frames for each in wanted if not each.path.exists()), tell)
    made = all_tried(wanted, THREADS, lambda each: work.step(each.what), workers=workers)
    return {
        name: each if isinstance(each, MediaError) else _path(made[each.path]) for name, each in todo.items()
    }


def _path(found: Clip | MediaError) -> Path | MediaError:
    return found if isinstance(found, MediaError) else found.path


def _proxy(path: Path, segments: Path) -> Segment | MediaError:
    try:
        clip = look(path)
    except MediaError as error:
        return error
    whole = target_of([clip], None, None)
    target = replace(whole, size=preview_size(whole.size), setting=PREVIEW)
    return normalised(clip, target, segments, path.name)
