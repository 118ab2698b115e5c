"""Room on disks: how much is free where, and a refusal in words before anything is begun that would not fit."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from storyboard.errors import MediaError

UNITS = ((1 << 30, "GB"), (1 << 20, "MB"), (1 << 10, "kB"))


def free_at(path: Path) -> int | None:
    """Bytes that may be written at `path`, which need not exist yet; None where the file system does not say."""
    try:
        usage = shutil.disk_usage(standing(path))
    except OSError:
        return None
    return usage.free if usage.total else None


def standing(path: Path) -> Path:
    """The nearest folder above, or `path` itself, that exists."""
    whole = path.absolute()
    return next((place for place in (whole, *whole.parents) if place.exists()), whole)


def told(size: int) -> str:
    """A size for people: two digits are enough for an estimate."""
    for unit, name in UNITS:
        if size >= unit:
            amount = size / unit
            return f"{amount:.1f} {name}" if amount < 10 else f"{amount:,.0f} {name}"  # noqa: PLR2004
    return f"{size} bytes"


def room_for(path: Path, needed: int) -> None:
    """Raises MediaError when `needed` bytes have no room at `path`."""
    room_for_all({path: needed})


def room_for_all(needed: Mapping[Path, int]) -> None:
    """The same for several places; what lies on one disk is added up. Nothing is written."""
    disks: dict[int, tuple[Path, int]] = {}
    for path, size in needed.items():
        device = _device(path)
        first, before = disks.get(device, (path, 0))
        disks[device] = (first, before + size)
    for path, size in disks.values():
        free = free_at(path)
        if size and free is not None and free < size:
            raise MediaError(
                f"{path.name} needs about {told(size)}, {told(free)} are free on the disk of {standing(path)}; "
                "what was there is untouched. Free some space there, or write it to another disk with -o."
            )


def _device(path: Path) -> int:
    try:
        return standing(path).stat().st_dev
    except OSError:
        return 0
