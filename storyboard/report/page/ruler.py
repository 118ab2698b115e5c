"""The cut's strip as it is drawn: places in percent, and a ruler of timecodes."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

from storyboard.report.page.facts import Bar, Joint, Strip
from storyboard.report.page.meters import percent

STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600)  # seconds between two ticks
MOST = 8  # ticks
NAMED = 25  # of so many bars as long as this one at most, each has room for a name


class Drawn(Struct, frozen=True):
    """A bar or a joint of the strip, where it lies and how long it is; of a bar also where its shots part, and whether
    there is room for its name."""

    what: Bar | Joint
    start: str
    width: str
    seconds: str
    parts: tuple[str, ...] = ()
    named: bool = False


class Ruler(Struct, frozen=True):
    """`ticks` are (place, timecode)."""

    bars: tuple[Drawn, ...]
    joints: tuple[Drawn, ...]
    ticks: tuple[tuple[str, str], ...]
    length: str


def ruler_of(strip: Strip | None) -> Ruler | None:
    if strip is None or not strip.frames:
        return None
    bars = tuple(_bar(bar, strip) for bar in strip.bars)
    joints = tuple(_drawn(joint, strip) for joint in strip.joints)
    return Ruler(bars, joints, tuple(_ticks(strip)), clock(strip.frames, strip.fps))


def _drawn(what: Bar | Joint, strip: Strip) -> Drawn:
    return Drawn(
        what,
        percent(what.first, strip.frames),
        percent(what.frames, strip.frames),
        f"{what.frames / strip.fps:.2f}",
    )


def _bar(bar: Bar, strip: Strip) -> Drawn:
    parts = tuple(percent(first - bar.first, bar.frames) for _, first, _ in bar.shots[1:])
    return replace(_drawn(bar, strip), parts=parts, named=bar.frames * NAMED >= strip.frames)


def _ticks(strip: Strip) -> list[tuple[str, str]]:
    seconds = strip.frames // strip.fps
    step = next((each for each in STEPS if seconds // each < MOST), STEPS[-1])
    return [
        (percent(at * strip.fps, strip.frames), clock(at * strip.fps, strip.fps))
        for at in range(0, seconds + 1, step)
    ]


def clock(frames: int, fps: int) -> str:
    """Minutes and seconds: "1:05"."""
    seconds = round(frames / fps)
    return f"{seconds // 60}:{seconds % 60:02d}"
