"""What was measured of clips, kept by content: each is decoded for this once."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

from msgspec.structs import asdict

from storyboard.cut.clip import Clip
from storyboard.cut.kept import Kept, kept_name
from storyboard.cut.workers import Step
from storyboard.media.changes import WAY, Changes, changes
from storyboard.media.encode import written_whole
from storyboard.media.stills import DamagedError


def measure(clip: Clip, kept: Path, name: str) -> Kept[Changes]:
    """What changes in a clip, in the folder where such is kept."""
    path = kept / kept_name("changes", WAY, clip.sha256, suffix=".json")
    return Kept(path, partial(_write, clip.path), _read, f"looking into {name}")


def _write(clip: Path, path: Path, _step: Step) -> None:
    found = changes(clip)
    with written_whole(path) as part:
        part.write_text(json.dumps(asdict(found)), encoding="ascii")


def _read(path: Path) -> Changes:
    try:
        return _changes(path.read_bytes())
    except (ValueError, TypeError, AttributeError) as error:
        raise DamagedError(str(error)) from None


def _changes(data: bytes) -> Changes:
    rows = json.loads(data)
    peak = rows.pop("peak", "")
    numbers = [number for row in rows.values() for number in row]
    if len({len(row) for row in rows.values()}) != 1 or not isinstance(peak, float | None):
        raise ValueError
    if not all(isinstance(number, int | float) for number in numbers):
        raise TypeError
    return Changes(**{name: tuple(row) for name, row in rows.items()}, peak=peak)
