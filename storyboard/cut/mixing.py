"""A mix as samples: any part of it by itself, whatever came before, so that parts can be made in any order."""

from __future__ import annotations

import contextlib
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING

from storyboard.cut.mix import ATTACK, RELEASE, cues_in, ducked, heard_in
from storyboard.errors import MediaError
from storyboard.media.encode import RATE, samples_of
from storyboard.media.normal import sound
from storyboard.media.opening import decoding
from storyboard.media.sound_file import probe_sound, sound_from
from storyboard.media.stereo import rise

if TYPE_CHECKING:
    from collections.abc import Generator
    from decimal import Decimal
    from pathlib import Path

    from storyboard.cut.mix import Cue, Heard, Mix
    from storyboard.media.stereo import Sound


def mixed(mix: Mix, begin: int, end: int) -> Sound:
    """Samples `begin` to before `end` of the cut, shape (2, n); what lies outside of it is silent. Raises MediaError
    naming the file that can't be heard."""
    import numpy as np

    whole = np.zeros((2, end - begin), np.float32)
    for each, start, stop in heard_in(mix, begin, end):
        first, last = max(begin, start), min(end, stop)
        whole[:, first - begin : last - begin] += _of_clip(mix, each, start, first, last)
    for cue, start, stop in cues_in(mix, begin, end):
        first, last = max(begin, start), min(end, stop, start + _lasts(cue))
        if first < last:
            ends = min(stop, start + _lasts(cue))
            whole[:, first - begin : last - begin] += _of_cue(mix, cue, (start, ends), first, last)
    return whole


def _of_clip(mix: Mix, each: Heard, start: int, first: int, last: int) -> Sound:
    """A stretch's samples between two of the cut, faded; it begins at `start`."""
    source = samples_of(each.source, mix.fps) + first - start
    with decoding(
        f"The sound of {each.path.name}", "fetch or make it again. The cut was not touched.", each.path
    ):
        taken = _taken(sound(each.path, source), last - first)
    stop = samples_of(each.end, mix.fps)
    _fade(taken, first - start, stop - start, each.fade_in, each.fade_out)
    return taken


def _of_cue(mix: Mix, cue: Cue, span: tuple[int, int], first: int, last: int) -> Sound:
    """A cue's samples between two of the cut, at its gain, faded and ducked; it is heard in `span`."""
    import numpy as np

    source = round(cue.source * RATE) + first - span[0]
    taken = _taken(sound_from(cue.path, source), last - first) * np.float32(factor(cue.gain_db))
    fades = round(cue.fade_in * RATE), round(cue.fade_out * RATE)
    _fade(taken, first - span[0], span[1] - span[0], *fades)
    if cue.duck_db:
        _duck(taken, first, cue.duck_db, ducked(mix))
    return taken


def _lasts(cue: Cue) -> int:
    """How many samples there are in a cue's file from where it is heard."""
    left = round(_seconds(cue.path, cue.sha256) * RATE) - round(cue.source * RATE)
    if left <= 0:
        seconds = float(_seconds(cue.path, cue.sha256))
        raise MediaError(
            f"{cue.path.name} lasts {seconds:.2f} s and is to be heard from {float(cue.source):.2f} s on: "
            "begin earlier in it."
        )
    return left


@lru_cache(256)
def _seconds(path: Path, _sha256: str) -> Fraction:
    return probe_sound(path).seconds


def _taken(pieces: Generator[Sound], length: int) -> Sound:
    """The first `length` samples; what is missing is silence."""
    import numpy as np

    whole = np.zeros((2, length), np.float32)
    at = 0
    with contextlib.closing(pieces):
        for piece in pieces:
            part = piece[:, : length - at]
            whole[:, at : at + part.shape[1]] = part
            at += part.shape[1]
            if at == length:
                break
    return whole


def _fade(part: Sound, at: int, length: int, fade_in: int, fade_out: int) -> None:
    """Fades, in place, what is `part` of a stretch of `length` samples, from its sample `at` on."""
    count = part.shape[1]
    if at < fade_in:
        risen = min(count, fade_in - at)
        part[:, :risen] *= rise(at, risen, fade_in)
    left = length - at - count  # of the stretch, after this part
    if left < fade_out:
        fallen = min(count, fade_out - left)
        part[:, count - fallen :] *= rise(left, fallen, fade_out)[::-1]


def _duck(part: Sound, begin: int, by: Decimal, low: tuple[tuple[int, int], ...]) -> None:
    """Lowers, in place, what is heard from sample `begin` on while somebody speaks; ramps are even in dB."""
    import numpy as np

    down = np.linspace(0, 1, ATTACK, endpoint=False, dtype=np.float32)
    up = np.linspace(1, 0, RELEASE, endpoint=False, dtype=np.float32)
    lowered = np.float32(factor(-by))
    for start, stop in low:
        for first, last, depth in (
            (start - ATTACK, start, down),
            (start, stop, None),
            (stop, stop + RELEASE, up),
        ):
            here, there = max(first, begin), min(last, begin + part.shape[1])
            if here < there:
                change = lowered if depth is None else lowered ** depth[here - first : there - first]
                part[:, here - begin : there - begin] *= change


def factor(decibels: Decimal) -> float:
    return float(10 ** (float(decibels) / 20))
