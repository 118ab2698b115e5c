"""What is heard in a cut beside the clips' own sound: music and narration, where dialogue keeps them low, how loud all
of it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

from msgspec import Struct

from storyboard.compile.shot_list import ShotList
from storyboard.cut.cues import PlacedCue, placed
from storyboard.cut.edit import Cut, Piece, shot_bounds
from storyboard.cut.mix import Cue
from storyboard.cut.sound_places import places_of_overlapping
from storyboard.errors import MediaError

Frames = tuple[int, int]  # from, to before


class Score(Struct, frozen=True):
    """`spoken` are frames of the cut; loudness is in LUFS. An empty one leaves the clips' sound as it is."""

    cues: tuple[Cue, ...] = ()
    spoken: tuple[Frames, ...] = ()
    loudness: Decimal | None = None

    @property
    def is_empty(self) -> bool:
        return not self.cues and self.loudness is None

    @property
    def is_ducked(self) -> bool:
        """Does anything give way to who speaks?"""
        return any(cue.duck_db for cue in self.cues)


def score_of(cut: Cut, shots: ShotList, project: Path) -> Score:
    """The storyboard's, for this edit of it. Raises MediaError naming a sound file that can't be read."""
    cues = tuple(_cue(each, project) for each in placed(shots.cues, cut, shots))
    return Score(cues, tuple(spoken(cut)), shots.loudness)


def spoken(cut: Cut) -> Iterator[Frames]:
    """Where somebody is heard to speak: shots with a line of dialogue, in clips with sound."""
    seen = [(start, start + piece.frames) for piece, start in zip(cut.pieces, cut.starts, strict=True)]
    early = [piece.transition.early if piece.transition else 0 for piece in cut.pieces]
    places = places_of_overlapping(seen, early)
    for piece, (start, _), (first, end) in zip(cut.pieces, seen, places, strict=True):
        moved = start - piece.first  # from the clip's frames to the cut's
        for begin, until in _of_piece(piece, (first - moved, end - moved), cut.fps):
            yield begin + moved, until + moved


def _of_piece(piece: Piece, heard: Frames, fps: int) -> Iterator[Frames]:
    """Where somebody speaks in what is heard of a piece's clip, in its frames."""
    if piece.scene is None or piece.footage is None or not piece.footage.sound:
        return
    bounds = pairwise(shot_bounds(piece.scene, piece.footage, fps))
    for shot, (begin, end) in zip(piece.scene.shots, bounds, strict=True):
        first, until = max(begin, heard[0]), min(end, heard[1])
        if first < until and any(line.speaker is not None for line in shot.dialogue):
            yield first, until


def _cue(each: PlacedCue, project: Path) -> Cue:
    cue = each.cue
    return Cue(
        path=project / cue.file,
        sha256=_content(project, cue.file),
        first=each.begin,
        source=Fraction(cue.source),
        length=None if cue.seconds is None else Fraction(cue.seconds),
        gain_db=cue.gain,
        fade_in=Fraction(cue.fade_in),
        fade_out=Fraction(cue.fade_out),
        duck_db=cue.duck,
    )


def _content(project: Path, file: str) -> str:
    from storyboard.media.headers import inspect

    fact = inspect(project, file)
    if fact.problem not in {
        None,
        "damaged",
    }:  # a film without pictures may be sound: whoever hears it will tell
        raise MediaError(f"The sound file {file} can't be used: {fact.detail or fact.problem}.")
    with (project / file).open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
