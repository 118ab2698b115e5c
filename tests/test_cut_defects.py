"""Black and frozen stretches, against ffmpeg's own filters on the same clips; silence; and what is kept of it all."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from films_with_cuts import AT_REST, Film, Take, fade, film, flash, grain, hand, light, push, shots, view
from hypothesis import given
from hypothesis import strategies as st
from made_clips import make_clip

from storyboard.cut.clip import look
from storyboard.cut.defects import Defect, stretches
from storyboard.cut.measured import measure
from storyboard.media.changes import Changes, changes
from storyboard.media.ffmpeg import binary, clip_arguments

FPS = 24
PLACE = view(1)
FILTERS = {
    "black": "blackdetect=d=0.5:pix_th=0.10:pic_th=0.98",
    "frozen": "freezedetect=n=-60dB:d=1",
}


def judged(path: Path, kind: str) -> list[tuple[int, int]]:
    """What ffmpeg makes of it, in frames; an end that it does not tell is the clip's."""
    command = [
        str(binary()),
        "-nostdin",
        "-hide_banner",
        *clip_arguments(path),
        "-vf",
        FILTERS[kind],
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    begins = re.findall(r"(?:black|freeze)_start: ?([\d.]+)", said)
    ends = [*re.findall(r"(?:black|freeze)_end: ?([\d.]+)", said), str(changes(path).frames / FPS)]
    return [(round(float(a) * FPS), round(float(b) * FPS)) for a, b in zip(begins, ends, strict=False)]


def found(path: Path, kind: str) -> list[tuple[int, int]]:
    return [(each.first, each.end) for each in stretches(changes(path), Fraction(FPS)) if each.kind == kind]


MOVING, RESTING = hand(0.006), AT_REST
BLACK = {
    "a second of it": Film(
        (Take(PLACE, 30, MOVING), Take(PLACE, 24, MOVING, [light(0)]), Take(PLACE, 30, MOVING))
    ),
    "all through": Film((Take(PLACE, 40, MOVING, [light(0.02)]),)),
    "from the first frame": Film((Take(PLACE, 20, MOVING, [light(0)]), Take(PLACE, 30, MOVING))),
    "a long fade to it": Film((Take(PLACE, 72, MOVING, [fade(20, 24)]),)),
    "with grain": Film((Take(PLACE, 30, MOVING), Take(PLACE, 30, MOVING, [light(0.03), grain(3)]))),
    "a fade at the end": Film((Take(PLACE, 60, MOVING, [fade(45, 14)]),)),
    "a blink": Film((Take(PLACE, 30, MOVING), Take(PLACE, 6, MOVING, [light(0)]), Take(PLACE, 30, MOVING))),
    "a dim shot": Film((Take(PLACE, 48, MOVING, [light(0.35)]),)),
    "none": Film((Take(PLACE, 48, MOVING),)),
}
NOT_BLACK = {"a fade at the end", "a blink", "a dim shot", "none"}


@pytest.mark.parametrize("name", BLACK)
def test_black_is_what_ffmpeg_calls_black(name: str, tmp_path: Path) -> None:
    path = BLACK[name].write(tmp_path / "a.mp4")
    own, theirs = found(path, "black"), judged(path, "black")
    assert len(own) == len(theirs) == (name not in NOT_BLACK)
    for one, other in zip(own, theirs, strict=True):
        assert abs(one[0] - other[0]) <= 1
        assert abs(one[1] - other[1]) <= 1


FROZEN = {
    "all through": Film((Take(PLACE, 48, RESTING),)),
    "coded anew each second": Film((Take(PLACE, 72, RESTING),), crf=18),
    "at the end": Film((Take(PLACE, 30, MOVING), Take(PLACE, 40, RESTING))),
    "in the middle": Film((Take(PLACE, 30, MOVING), Take(PLACE, 36, RESTING), Take(PLACE, 30, MOVING))),
    "but for a flash": Film((Take(PLACE, 90, RESTING, [flash(40)]),)),
    "grain": Film((Take(PLACE, 48, RESTING, [grain(4)]),), crf=18),
    "a hand camera": Film((Take(PLACE, 48, MOVING),)),
    "a slow push": Film((Take(PLACE, 60, push(1.02)),)),
    "twelve frames": Film((Take(PLACE, 30, MOVING), Take(PLACE, 12, RESTING), Take(PLACE, 20, MOVING))),
}
NOT_FROZEN = {"grain", "a hand camera", "a slow push", "twelve frames"}


@pytest.mark.parametrize("name", FROZEN)
def test_frozen_is_what_ffmpeg_calls_frozen(name: str, tmp_path: Path) -> None:
    path = FROZEN[name].write(tmp_path / "a.mp4")
    own, theirs = found(path, "frozen"), judged(path, "frozen")
    assert len(own) == len(theirs)
    assert bool(own) == (name not in NOT_FROZEN)
    for one, other in zip(own, theirs, strict=True):
        assert abs(one[0] - other[0]) <= 1
        assert abs(one[1] - other[1]) <= 1


def test_an_eye_that_blinks_is_seen(tmp_path: Path) -> None:
    """Half of one part in a hundred of the picture: a mean over all of it, as ffmpeg's, does not see that."""

    def blinking() -> Iterator[np.ndarray]:
        for frame, pixels in enumerate(shots(Take(PLACE, 60, RESTING))):
            seen = pixels.copy()
            if frame % 20 < 3:
                seen[60:70, 150:165] //= 3
            yield seen

    assert found(film(tmp_path / "a.mp4", blinking()), "frozen") == []


def test_what_is_black_is_not_also_said_to_stand_still(tmp_path: Path) -> None:
    path = BLACK["all through"].write(tmp_path / "a.mp4")
    assert stretches(changes(path), Fraction(FPS)) == (Defect("black", 0, 40),)


def test_the_peak_of_the_sound(tmp_path: Path) -> None:
    assert changes(make_clip(tmp_path / "a.mp4", frames=24)).peak == pytest.approx(0.5, abs=0.1)
    assert changes(make_clip(tmp_path / "b.mp4", frames=24, sound=False)).peak is None
    silent = make_clip(
        tmp_path / "c.mp4", frames=24, sound_at=Fraction(0), seconds_of_sound=Fraction(1), loud=0
    )
    assert changes(silent).peak == pytest.approx(0, abs=1e-4)


rows = st.lists(st.tuples(st.sampled_from([0.0, 10.0, 200.0]), st.booleans()), min_size=1, max_size=200)


@given(rows, st.sampled_from([Fraction(24), Fraction(30000, 1001)]))
def test_stretches_lie_in_the_clip_in_order_and_are_as_long_as_they_must_be(
    rows: list, fps: Fraction
) -> None:
    rests: list[int] = []
    for _, stirs in rows:
        rests.append(0 if stirs or not rests else rests[-1] + 1)
    none = (0.0,) * len(rows)
    made = Changes(none, none, none, tuple(bright for bright, _ in rows), tuple(rests), none, none, None)
    told = stretches(made, fps)
    assert list(told) == sorted(told, key=lambda each: each.first)
    for each in told:
        assert 0 <= each.first < each.end <= len(rows)
        assert each.frames == len(rows) or each.frames >= fps * (
            Fraction(1, 2) if each.kind == "black" else 1
        )
        within = range(each.first, each.end)
        assert each.kind != "black" or all(made.bright[frame] < 26 for frame in within)
        assert each.kind != "frozen" or not any(made.rests[frame] == 0 for frame in within[1:])


def test_a_clip_is_measured_once_and_again_when_that_was_harmed(tmp_path: Path) -> None:
    clip = look(make_clip(tmp_path / "a.mp4", frames=24))
    first = measure(clip, tmp_path / "kept", "a").seen()
    [kept] = (tmp_path / "kept").iterdir()
    clip.path.unlink()
    assert measure(clip, tmp_path / "kept", "a").seen() == first, "without the clip: from what is kept"
    make_clip(clip.path, frames=24)
    whole = kept.read_text(encoding="ascii")
    for harmed in ("{", "[]", "{}", whole.replace("[", "[1, ", 1), whole.replace("[0.0", '["0"', 1)):
        assert harmed != whole
        kept.write_text(harmed, encoding="ascii")
        assert measure(clip, tmp_path / "kept", "a").seen() == first, harmed[:40]
