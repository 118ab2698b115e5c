"""A scratch voice for an animatic: every line said where its subtitle is, each speaker in a voice of its own."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from storyboard.cut.mix import Cue as Heard
from storyboard.cut.score import Frames, Score
from storyboard.errors import MediaError
from storyboard.media.sound_file import probe_sound
from storyboard.media.speech import CURE, LATIN, PROGRAM, SPEEDS, Voice, say, version, voice_of

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.subtitled import Said

LOOK = (
    "scratch/1"  # goes into the names of what is said: change it when the same line is to sound another way
)
FADE = Fraction(1, 50)  # seconds: a line that is cut off does not click
NONE_HERE = f"no scratch voice, as {PROGRAM} is not on this machine: {CURE}"
BREATH = Fraction(1, 10)  # seconds at a line's end that nobody misses
SHOWN = 48  # characters of a line that a remark quotes


class Scratch(Struct, frozen=True):
    """Lines as sounds at their places, the frames in which somebody speaks, what a person is to be told."""

    cues: tuple[Heard, ...] = ()
    spoken: tuple[Frames, ...] = ()
    remarks: tuple[str, ...] = ()

    def over(self, score: Score) -> Score:
        """With the film's music, which gives way to them as it is written to."""
        return replace(score, cues=(*score.cues, *self.cues), spoken=(*score.spoken, *self.spoken))


def scratch(said: Sequence[Said], folder: Path, latin: str = LATIN) -> Scratch:
    """All lines in order, from the folder or made there. Nothing but a remark where espeak-ng is not installed."""
    program = version()
    if program is None:
        return Scratch(remarks=(NONE_HERE,))
    lines = [each for each in said if each.cue.said.speaker is not None]
    with ThreadPoolExecutor(os.cpu_count() or 2) as speakers:
        made = list(speakers.map(lambda each: _said(each, folder, latin, program), lines))
    return Scratch(
        tuple(heard for heard, _ in made if heard is not None),
        tuple(each.frames for each, (heard, _) in zip(lines, made, strict=True) if heard is not None),
        tuple(remark for _, remark in made if remark is not None),
    )


def _said(each: Said, folder: Path, latin: str, program: str) -> tuple[Heard | None, str | None]:
    """The line's sound and a remark on it, each if there is one."""
    cue, room = each.cue, each.cue.room
    voice = voice_of(cue.speaker, cue.line, latin)
    try:
        path, seconds = _spoken(cue.line, voice, SPEEDS[0], folder, program)
        if seconds > room:
            speed = min(SPEEDS[1], ceil(SPEEDS[0] * seconds / room * Fraction(21, 20)))
            path, seconds = _spoken(cue.line, voice, speed, folder, program)
    except MediaError as error:
        return None, f"{_quoted(each)} is not said: {str(error).rstrip('.')}"
    heard = Heard(path, _content(path), cue.begin, cue.source, length=cue.seconds, fade_out=FADE)
    if seconds <= room + BREATH:
        return (heard if cue.source < seconds else None), None
    return heard, (
        f"{_quoted(each)} takes {float(seconds):.1f} s, said as fast as can be followed, and has {float(room):.1f} s: "
        "it is cut off. Make the line shorter or the shot longer."
    )


def _quoted(each: Said) -> str:
    line = " ".join(each.cue.line.split())
    return f'{each.slate}: "{line[:SHOWN]}{"…" if len(line) > SHOWN else ""}"'


def _spoken(words: str, voice: Voice, speed: int, folder: Path, program: str) -> tuple[Path, Fraction]:
    """The file, made unless it is there and whole, and its seconds."""
    text = json.dumps([LOOK, program, voice.language, voice.variant, voice.pitch, speed, words])
    path = folder / f"{hashlib.sha256(text.encode()).hexdigest()}.wav"
    if path.exists():
        with contextlib.suppress(MediaError):
            return path, probe_sound(path).seconds
    say(words, voice, speed, path)
    return path, probe_sound(path).seconds


def _content(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
