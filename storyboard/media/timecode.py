"""Frames as editors write them. Non-drop, at whole rates."""

from __future__ import annotations

from fractions import Fraction


def timecode(frame: int, fps: int) -> str:
    """`01:00:00:12`."""
    seconds, rest = divmod(frame, fps)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}:{rest:02}"


def clock(seconds: Fraction, point: str) -> str:
    """`00:01:02,500` with `,` or `.` as subtitles want it, to the millisecond."""
    thousandths = round(seconds * 1000)
    whole, rest = divmod(thousandths, 1000)
    return f"{whole // 3600:02}:{whole // 60 % 60:02}:{whole % 60:02}{point}{rest:03}"
