"""What was measured of a clip, kept by content: it is decoded for this once."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from msgspec.structs import asdict

from storyboard.cut.clip import Clip
from storyboard.cut.segments import segment_name
from storyboard.media.changes import WAY, Changes, changes
from storyboard.media.encode import written_whole


def measured(clip: Clip, kept: Path, tell: Callable[[], None] = lambda: None) -> Changes:
    """From the folder where it is kept, else from the clip, which is told. Raises MediaError naming the file."""
    path = (kept / segment_name("changes", WAY, clip.sha256)).with_suffix(".json")
    try:
        return _read(path.read_bytes())
    except (OSError, ValueError, TypeError, AttributeError):
        tell()  # not measured yet, or harmed since
        found = changes(clip.path)
    with written_whole(path) as part:
        part.write_text(json.dumps(asdict(found)), encoding="ascii")
    return found


def _read(data: bytes) -> Changes:
    rows = json.loads(data)
    peak = rows.pop("peak", "")
    numbers = [number for row in rows.values() for number in row]
    if len({len(row) for row in rows.values()}) != 1 or not isinstance(peak, float | None):
        raise ValueError
    if not all(isinstance(number, int | float) for number in numbers):
        raise TypeError
    return Changes(**{name: tuple(row) for name, row in rows.items()}, peak=peak)
