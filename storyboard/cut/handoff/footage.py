"""The clips' files as a timeline needs them."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from storyboard.cut.alike import target_of
from storyboard.cut.clip import Clip, frame_numbers, look
from storyboard.cut.handoff.timeline import Footage
from storyboard.media.probe import probe


def footage_of(clips: Mapping[str, Path], fps: int) -> dict[str, Footage]:
    """By scene. Raises MediaError naming the file."""
    return {scene: _footage(look(path), Fraction(fps)) for scene, path in clips.items()}


def _footage(clip: Clip, fps: Fraction) -> Footage:
    video = clip.video
    path = clip.path.resolve()
    if clip.unusual is None and video is not None:
        size, sound = (video.width, video.height), clip.sound is not None
        if frame_numbers(video, fps) is not None:
            return Footage(path, len(video.sizes), size, sound)
    else:
        size, sound = target_of([clip], None, fps).size, probe(clip.path).audio is not None
    # Brought to the cut's rate: as many frames as begin within it.
    return Footage(path, max(1, round(probe(clip.path).seconds * fps)), size, sound)
