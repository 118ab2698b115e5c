"""How loud the whole mix is made: measured in pieces that are kept, one gain for all, peaks held below a ceiling."""

from __future__ import annotations

import json
import os
from decimal import Decimal
from functools import partial
from itertools import chain
from math import inf, log10
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.cut.kept import Kept, all_made, kept_name
from storyboard.cut.mix import part_key, part_of
from storyboard.cut.mixing import factor, mixed
from storyboard.cut.workers import HERE, Step, Workers, unheard
from storyboard.media.encode import RATE, written_whole
from storyboard.media.loudness import AFTER, BEFORE, HOP, WINDOW, integrated, limited, true_peak, windows
from storyboard.media.stills import DamagedError

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.mix import Mix
    from storyboard.media.stereo import Sound

    Piece = tuple[list[float], float]  # the windows that end in it, its highest peak

PIECE = 100 * HOP  # samples, 10 s
LEAD = RATE  # samples: what the meter is given before a piece
HIGHEST = Decimal(-1)  # dBTP, where a loudness is asked for
TENTH = Decimal("0.1")  # a gain in tenths of a dB stays the same when little of a long film changes
HEAVY = 6  # dB: peaks that are pressed down by more may be heard to be
MISSED = 0.5  # LU
TOO_QUIET = (
    "The cut is too quiet or too short for its loudness to be measured: "
    "it was left as it is, not brought to {} LUFS."
)
SHORT_OF = (
    "The cut is at {:.1f} LUFS, not at {}: for that its peaks would be {:.1f} dB too high, and were pressed down. "
    "Use sound that is more even, or ask for less."
)
PRESSED = (
    "At {} LUFS the highest peaks of the cut are pressed down by {:.1f} dB, which may be heard. "
    "Use sound that is more even, or ask for less."
)


class Level(Struct, frozen=True):
    """What is done to a mix as a whole: a gain in dB, then peaks kept below a ceiling, 1 being full scale."""

    gain_db: Decimal
    ceiling: float


PLAIN = Level(Decimal(0), inf)
UNASKED = Level(Decimal(0), 1.0)


class Measured(Struct, frozen=True):
    """Loudness in LUFS (None: too quiet or too short to have any), the highest peak in dBTP."""

    loudness: float | None
    peak: float


def finished(mix: Mix, level: Level, begin: int, end: int) -> Sound:
    """Samples `begin` to before `end` of the mix at its level, shape (2, n); the same wherever they are begun."""
    if level == PLAIN:
        return mixed(mix, begin, end)
    wide = mixed(mix, begin - BEFORE, end + AFTER)
    wide *= factor(level.gain_db)
    return limited(wide, level.ceiling)[:, BEFORE : BEFORE + end - begin]


def finished_key(mix: Mix, level: Level, begin: int, end: int) -> str:
    """All that decides on them, as text."""
    return f"{part_key(mix, begin - BEFORE, end + AFTER)} {level.gain_db} {level.ceiling}"


def finished_part(mix: Mix, begin: int, end: int) -> Mix:
    """As much of a mix as they are made from."""
    return part_of(mix, begin - BEFORE, end + AFTER)


def level_of(mix: Mix, folder: Path, workers: Workers = HERE) -> tuple[Level, tuple[str, ...]]:
    """The level that brings the mix to its loudness, and what a person is to be told about it. Measures are kept in
    the folder."""
    if mix.loudness is None:
        return UNASKED, ()
    plain = measured(mix, PLAIN, folder, workers)
    if plain.loudness is None:
        return UNASKED, (TOO_QUIET.format(mix.loudness),)
    level = Level(_tenths(float(mix.loudness) - plain.loudness), factor(HIGHEST))
    pressed = plain.peak + float(level.gain_db - HIGHEST)
    return (level, ()) if pressed <= 0 else _pressed(mix, level, plain.peak, folder, workers)


def _pressed(
    mix: Mix, level: Level, peak: float, folder: Path, workers: Workers
) -> tuple[Level, tuple[str, ...]]:
    """Peaks held down make the whole less loud: it is raised again by what is missing."""
    asked = float(mix.loudness or 0)
    met = _met(mix, level, folder, workers)
    for _ in range(2):
        missing = max(-HEAVY, min(HEAVY, asked - met))
        level = Level(level.gain_db + _tenths(missing), level.ceiling)
        if abs(missing) <= MISSED:  # little is lost of so little
            met = asked
            break
        met = _met(mix, level, folder, workers)
    pressed = peak + float(level.gain_db - HIGHEST)
    if abs(asked - met) > MISSED:
        return level, (SHORT_OF.format(met, mix.loudness, pressed),)
    if pressed > HEAVY:
        return level, (PRESSED.format(mix.loudness, pressed),)
    return level, ()


def _met(mix: Mix, level: Level, folder: Path, workers: Workers) -> float:
    loudness = measured(mix, level, folder, workers).loudness
    return -inf if loudness is None else loudness


def _tenths(decibels: float) -> Decimal:
    return Decimal(decibels).quantize(TENTH)


def measured(mix: Mix, level: Level, folder: Path, workers: Workers = HERE) -> Measured:
    """The loudness and the highest peak of the mix at a level."""
    row = [_piece(mix, level, folder, begin) for begin in range(0, mix.samples, PIECE)]
    found = all_made(row, os.cpu_count() or 2, lambda _: unheard, workers=workers)
    pieces = [found[each.path] for each in row]
    whole = list(chain.from_iterable(piece[0] for piece in pieces))[WINDOW // HOP - 1 :]
    peak = max((piece[1] for piece in pieces), default=0)
    return Measured(integrated(whole), 20 * log10(peak) if peak else -inf)


def _piece(mix: Mix, level: Level, folder: Path, begin: int) -> Kept[Piece]:
    """The measure of a piece, kept under the name of what is heard."""
    heard = (begin - LEAD, min(begin + PIECE, mix.samples))
    path = folder / kept_name("loudness", finished_key(mix, level, *heard), suffix=".json")
    write = partial(_write_piece, finished_part(mix, *heard), level, *heard)
    return Kept(path, write, _read_piece, "measuring the sound")


def _write_piece(mix: Mix, level: Level, begin: int, end: int, path: Path, _step: Step) -> None:
    sound = finished(mix, level, begin, end)
    measure = (windows(sound)[LEAD // HOP :], true_peak(sound[:, LEAD:]))
    with written_whole(path) as part:
        part.write_text(json.dumps(measure), encoding="ascii")


def _read_piece(path: Path) -> Piece:
    try:
        found, peak = json.loads(path.read_bytes())
        return [float(each) for each in found], float(peak)
    except (ValueError, TypeError) as error:
        raise DamagedError(str(error)) from None
