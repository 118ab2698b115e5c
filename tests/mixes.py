"""Small mixes for tests: clips in a row, one cue alone."""

from __future__ import annotations

import hashlib
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import numpy as np

from storyboard.cut.mix import Cue, Heard, Mix, in_a_row
from storyboard.cut.mixing import mixed

FPS = Fraction(24)
RATES = [Fraction(n) for n in (24, 25, 30, 60)] + [Fraction(n * 1000, 1001) for n in (24, 30, 60)]


def heard(path: Path, first: int, end: int, source: int = 0) -> Heard:
    return Heard(path, path.name, source, first, end)


def of_clips(*row: Heard, fps: Fraction = FPS, **more) -> Mix:
    return Mix(in_a_row(row, fps), (), (), row[-1].end, fps, **more)


def of_cue(path: Path, seconds: float, spoken: tuple = (), loudness: Decimal | None = None, **cue) -> Mix:
    whole = Cue(path, content(path), **{"first": Fraction(0), **cue})
    return Mix((), (whole,), spoken, round(seconds * FPS), FPS, loudness)


def all_of(mix: Mix) -> np.ndarray:
    return mixed(mix, 0, mix.samples)


def content(path: Path) -> str:
    """What names a file in a mix."""
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.exists() else path.name
