"""A clip's frames from any one on are the same as those of the whole clip, wherever its key frames are."""

from __future__ import annotations

from fractions import Fraction
from itertools import islice
from pathlib import Path

import pytest
from made_clips import make_clip, numbers

from storyboard.media.normal import frame_count, frames

SIZE = (320, 180)
VARIABLE = [0, 30, 45, 100, 101, 140, 190, 200, 260, 300, 310, 350, 420, 421, 470, 500]
KINDS: dict[str, dict[str, object]] = {
    "keys each half second": {"options": {"g": "12", "bf": "3"}},
    "one key": {"options": {"g": "999", "sc_threshold": "0"}},
    "open groups": {"options": {"g": "12", "bf": "3", "x264-params": "open-gop=1:keyint=12:min-keyint=12"}},
    "of 30 a second": {"fps": 30, "options": {"g": "15"}},
    "of variable rate": {"times": VARIABLE, "frames": 16, "options": {"g": "4"}},
    "hevc": {"codec": "libx265", "options": {"x265-params": "log-level=none:keyint=12"}},
}


@pytest.mark.parametrize("name", KINDS)
def test_from_any_frame_on(tmp_path: Path, name: str) -> None:
    clip = make_clip(tmp_path / "clip.mp4", 3, **{"frames": 61, **KINDS[name]})  # type: ignore[arg-type]
    fps = Fraction(24)
    whole = [numbers(frame.to_ndarray(format="rgb24")) for frame in frames(clip, SIZE, fps)]
    assert len(whole) == frame_count(clip, fps)
    for first in (1, 2, 7, 11, 12, 13, 25, len(whole) - 2, len(whole) - 1):
        if first >= len(whole):
            continue
        found = [
            numbers(each.to_ndarray(format="rgb24"))
            for each in islice(frames(clip, SIZE, fps, first=first), 3)
        ]
        assert found == whole[first : first + 3], first


def test_a_frame_late_in_a_clip_is_not_waited_for(tmp_path: Path) -> None:
    """Its key frame is sought: the file is not read from its beginning."""
    clip = make_clip(tmp_path / "clip.mp4", 3, frames=240, options={"g": "12"})
    data = bytearray(clip.read_bytes())
    middle = len(data) // 2
    data[middle // 4 : middle // 2] = bytes(middle // 2 - middle // 4)  # harms frames long before
    clip.write_bytes(data)
    found = [numbers(each.to_ndarray(format="rgb24")) for each in frames(clip, SIZE, Fraction(24), first=230)]
    assert found == [(3, frame) for frame in range(230, 240)]
