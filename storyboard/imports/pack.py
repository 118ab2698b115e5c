"""Shots into scenes that Kling can make: at most six shots and 15 s each, at least 3 s; each shot's words within what
a shot of several may have."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from storyboard.imports.draft import DraftScene, DraftShot, Ids

MOST_SHOTS = 6
LEAST, MOST = 3, 15  # seconds of a clip
WORDS_A_SECOND = 3  # a page of a screenplay is a minute, and some 180 words
SPOKEN_A_SECOND = 2.5
ROOMY = 380  # characters of a shot of several, so that names and descriptions still fit into 512
SENT = 512  # the same of what was sent once, in which nothing more will stand
LONGEST = 1_900  # characters of a shot by itself, out of 2,500
TAG_ROOM = 26  # characters more than a name: what Kling counts for an element, or its description
TAGGED = re.compile(r"(?<!@)@(?!@)")
SENTENCE = re.compile(r"(?<=[.!?。！？…])[\"'”’)]*\s+|(?<=[。！？])")


def seconds_of(text: str, *, spoken: bool = False) -> int:
    """How long a text takes to be seen or said. Letters of scripts without spaces count as half a word."""
    dense = sum("\u3040" <= character <= "\uffdc" for character in text)
    words = len(text.split()) + dense / 2
    return max(2, math.ceil(words / (SPOKEN_A_SECOND if spoken else WORDS_A_SECOND)))


def stretches(text: str, most: int) -> Iterator[str]:
    """The text in pieces of at most so many characters, at the ends of sentences where that can be."""
    piece = ""
    for sentence in filter(None, SENTENCE.split(text)):
        for part in _short(sentence, most):
            if piece and len(piece) + len(part) + 1 > most:
                yield piece
                piece = part
            else:
                piece = f"{piece} {part}" if piece else part
    if piece:
        yield piece


def _short(sentence: str, most: int) -> Iterator[str]:
    while len(sentence) > most:
        cut = sentence.rfind(" ", 1, most + 1)
        cut = cut if cut > 0 else most
        yield sentence[:cut].strip()
        sentence = sentence[cut:].strip()
    yield sentence


def packed(scene: DraftScene, ids: Ids) -> tuple[DraftScene, ...]:
    """The scene, or as many as its shots need, named `id-1`, `id-2` …"""
    groups = list(_groups(scene))
    if len(groups) == 1:
        return (replace(scene, id=ids.give(scene.id), shots=_long_enough(groups[0])),)
    return tuple(
        replace(
            scene,
            id=ids.give(f"{scene.id}-{number}"),
            shots=_long_enough(group),
            above=scene.above if number == 1 else (),
            note=scene.note if number == 1 else "",
        )
        for number, group in enumerate(groups, 1)
    )


def _groups(scene: DraftScene) -> Iterator[list[DraftShot]]:
    group: list[DraftShot] = []
    seconds = 0
    for shot in scene.shots:
        alone = _words(shot) + len(scene.place) > (SENT if "verbatim" in shot.prompt else ROOMY)
        if group and (alone or len(group) == MOST_SHOTS or seconds + shot.seconds > MOST):
            yield group
            group, seconds = [], 0
        group.append(shot)
        seconds += shot.seconds
        if alone:
            yield group
            group, seconds = [], 0
    if group:
        yield group


def _words(shot: DraftShot) -> int:
    said = [*shot.prompt.values(), *shot.dialogue]
    tags = sum(len(TAGGED.findall(text)) for text in said) if "verbatim" in shot.prompt else 0
    return sum(map(len, said)) + 4 * len(shot.dialogue) + TAG_ROOM * tags


def _long_enough(shots: Sequence[DraftShot]) -> tuple[DraftShot, ...]:
    """Ids of shots are their own within a scene; a clip that would be too short gets a longer last shot."""
    lacking = max(0, LEAST - sum(shot.seconds for shot in shots))
    last = replace(shots[-1], seconds=shots[-1].seconds + lacking)
    return tuple(_named([*shots[:-1], last]))


def _named(shots: Sequence[DraftShot]) -> Iterator[DraftShot]:
    """Where one has an id, all get one: those without are called by their numbers, as they would be anyhow."""
    ids = Ids()
    named = any(shot.id for shot in shots)
    for number, shot in enumerate(shots, 1):
        yield replace(shot, id=ids.give(shot.id or str(number))) if named else shot
