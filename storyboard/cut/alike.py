"""Which clips can share a track as they are, and in what size and rate."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.cut.clip import Clip, coding, frame_numbers, rate_of
from storyboard.media.encode import FULL, Setting
from storyboard.media.tables import LARGEST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.media.normal import Fit

HD = (1280, 720)
CINEMA = Fraction(24)
SLOWEST, FASTEST = 10, 240  # frames a second: a clip beyond does not decide for the others


class Target(Struct, frozen=True):
    """What every frame of the cut is like."""

    size: tuple[int, int]
    fps: Fraction
    fit: Fit = "pad"  # or crop: what is of another shape
    setting: Setting = FULL  # of what is encoded
    coded: bytes = b""  # as what packets have to be coded to be copied; empty: any that is alike

    @property
    def encoded_size(self) -> tuple[int, int]:
        """What the coder takes: even numbers."""
        return (even(self.size[0]), even(self.size[1]))


def even(length: Fraction | int) -> int:
    return max(2, round(length / 2) * 2)


def target_of(clips: Sequence[Clip], size: tuple[int, int] | None, fps: Fraction | None) -> Target:
    """The size and the rate asked for, else those of the first clip."""
    if not clips:
        return Target(size or HD, fps or CINEMA)
    video = clips[0].video
    if video is None or not video.upright:
        facts = _probed(clips[0])
        return Target(size or facts.size, fps or facts.fps)
    if clips[0].unusual is not None:
        size = size or (even(min(video.width * video.aspect, Fraction(LARGEST))), even(video.height))
    rate = rate_of(video)
    return Target(
        size or (video.width, video.height), fps or _for_all(rate, frame_numbers(video, rate) is not None)
    )


def _for_all(rate: Fraction, constant: bool) -> Fraction:
    """A clip's rate when it is constant and fit to be the cut's, else the cinema's."""
    return rate if constant and SLOWEST <= rate <= FASTEST else CINEMA


def _probed(clip: Clip) -> Target:
    from storyboard.media.probe import probe

    video = probe(clip.path).video
    width, height = min(video.width * video.aspect, Fraction(LARGEST)), Fraction(video.height)
    if video.rotation in {90, 270}:
        width, height = height, width
    return Target((even(width), even(height)), _for_all(video.frame_rate, video.constant))


def oddity(clip: Clip, target: Target) -> str | None:
    """Why a clip's packets can't be copied into this cut; None when they can."""
    video = clip.video
    if clip.unusual is not None or video is None:
        return clip.unusual or "its tables can't be read"
    if target.coded not in {b"", video.entry}:
        return f"it is coded as {video.entry.decode('ascii', 'replace')}, not as was asked for"
    if (video.width, video.height) != target.size:
        return f"it is {video.width}x{video.height}, the cut {target.size[0]}x{target.size[1]}"
    if frame_numbers(video, target.fps) is None:
        return f"its frames do not come at a constant {float(target.fps):g} a second"
    if video.start + Fraction(min(video.shown), video.scale) > 1 / (2 * target.fps):
        return "its picture begins late"
    return None


def coding_of(clip: Clip) -> object:
    return coding(clip.video) if clip.video else None
