"""A clip as small as a preview of the cut has it: made once, and kept with the segments."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.cut.alike import target_of
from storyboard.cut.clip import look
from storyboard.cut.forms import preview_size
from storyboard.cut.segments import normalised
from storyboard.media.encode import PREVIEW

if TYPE_CHECKING:
    from pathlib import Path


def proxy(path: Path, segments: Path) -> Path:
    """Where the small clip lies. Raises MediaError naming the file."""
    clip = look(path)
    whole = target_of([clip], None, None)
    target = replace(whole, size=preview_size(whole.size), setting=PREVIEW)
    return normalised(clip, target, segments, path.name).seen(look).path
