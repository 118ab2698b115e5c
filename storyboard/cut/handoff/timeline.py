"""The cut as editors see it: strips end to end, one a shot, each a range of a clip. Pure; frames at the cut's rate.

clip of dawn     |--- wide ---|--- close ---~~~|        ~ the dissolve, which both clips have
clip of window                          |~~~----- one -----|
timeline         |--- wide ---|--- close -|------- one -----|
                                        ^ the cut point, in the middle of the dissolve
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.request import Request
from storyboard.compile.shot_list import ListedScene, ListedShot
from storyboard.cut.edit import Cut, Piece, shot_bounds
from storyboard.cut.footage import Footage
from storyboard.cut.handoff.strip import Change, SoundStrip, Strip
from storyboard.cut.remarks import Remark
from storyboard.cut.sound_places import places_of_sound
from storyboard.diagnostics import Span
from storyboard.ledger.record import TakeRecord


class Timeline(Struct, frozen=True):
    """The whole cut; `cues` are rows of music and narration, in each of which nothing overlaps; `remarks` are of the
    clips."""

    name: str
    fps: int
    size: tuple[int, int]
    strips: tuple[Strip, ...]
    cues: tuple[tuple[SoundStrip, ...], ...] = ()
    remarks: tuple[Remark, ...] = ()

    @property
    def frames(self) -> int:
        return self.strips[-1].end if self.strips else 0

    @property
    def footage(self) -> tuple[Footage, ...]:
        """Every clip once, in order of first use."""
        return tuple(dict.fromkeys(strip.footage for strip in self.strips if strip.footage is not None))

    @property
    def cue_files(self) -> tuple[Path, ...]:
        """Every file of music and narration once."""
        return tuple(dict.fromkeys(cue.path for row in self.cues for cue in row))


def timeline(
    cut: Cut,
    name: str,
    takes: Mapping[str, TakeRecord],
    requests: Mapping[str, Request],
    cues: tuple[tuple[SoundStrip, ...], ...] = (),
) -> Timeline:
    """The edit with its takes and requests, each by scene, and its music."""
    strips: list[Strip] = []
    before: Change | None = None
    for number, (piece, start) in enumerate(zip(cut.pieces, cut.starts, strict=True)):
        change = Change.around(piece.transition) if piece.transition else None
        shown = _shown(piece, cut.fps, requests, takes, (before, change))
        shown[-1] = replace(shown[-1], change=change)
        moved = start - piece.first
        strips += [
            replace(s, first=s.first + moved, end=s.end + moved, piece=number, item=piece.name) for s in shown
        ]
        before = change
    size = cut.size or next((each.footage.size for each in cut.pieces if each.footage), (1280, 720))
    return Timeline(name, cut.fps, size, tuple(_with_sound(strips)), cues)


def _shown(
    piece: Piece,
    fps: int,
    requests: Mapping[str, Request],
    takes: Mapping[str, TakeRecord],
    changes: tuple[Change | None, Change | None],
) -> list[Strip]:
    """The strips of a piece between its cut points; frames of its clip."""
    before, behind = changes
    first = piece.first + (before.before if before and before.overlaps else 0)
    end = piece.end - (behind.behind if behind and behind.overlaps else 0)
    strips = _strips(piece, fps, requests, takes)
    # Of a frame that is all transition nothing is left: it stays as a strip without length.
    shown = _between(strips, first, end) or [replace(strips[0], first=first, end=first, source=first)]
    return _with_room(shown, before.behind if before else 0, behind.before if behind else 0)


def _with_room(strips: list[Strip], head: int, tail: int) -> list[Strip]:
    """A transition lies within one strip: a shot that is shorter goes along with its neighbour."""
    while len(strips) > 1:
        if strips[0].frames < head:
            strips = [_together(strips[0], strips[1]), *strips[2:]]
        elif strips[-1].frames < tail:
            strips = [*strips[:-2], _together(strips[-2], strips[-1])]
        else:
            break
    return strips


def _together(one: Strip, other: Strip) -> Strip:
    longer = max(one, other, key=lambda strip: strip.frames)
    return replace(longer, first=one.first, end=other.end, source=one.source)


def _strips(
    piece: Piece, fps: int, requests: Mapping[str, Request], takes: Mapping[str, TakeRecord]
) -> list[Strip]:
    """The shots of a piece's scene, from its clip's first frame on; what a clip is too short for is left out."""
    scene = piece.scene
    if scene is None or piece.slate:
        scene, shot = _of_card(piece, fps)
        return [Strip(scene, shot, 0, piece.end, 0, None, "", None, card=piece.card)]
    request = requests.get(scene.id)
    prompts = {shot.id: shot.prompt for shot in request.shots} if request else {}
    take = takes.get(scene.id)
    return [
        Strip(scene, shot, *span, span[0], piece.footage, prompts.get(shot.id, ""), take, shot_bounds=span)
        for shot, span in zip(scene.shots, pairwise(shot_bounds(scene, piece.footage, fps)), strict=True)
        if span[0] < span[1]
    ]


def _of_card(piece: Piece, fps: int) -> tuple[ListedScene, ListedShot]:
    """A card as a scene that is never shot."""
    place = Span("", 1, 1, 1, 1)
    words = {"subject_motion": piece.card.text} if piece.card else {}
    shot = ListedShot(piece.name, "1", -(-piece.frames // fps), words, (), None, place)
    return ListedScene(piece.name, "", 0, None, None, None, False, 1, (shot,), place), shot


def _between(strips: list[Strip], first: int, end: int) -> list[Strip]:
    """What the cut points leave of a scene's strips: beyond them it is the neighbours that count."""
    shown = [replace(s, first=max(s.first, first), end=min(s.end, end)) for s in strips]
    return [replace(strip, source=strip.first) for strip in shown if strip.end > strip.first]


def _with_sound(strips: list[Strip]) -> list[Strip]:
    """Each with the place of its sound."""
    early = [strip.change.made.early if strip.change else 0 for strip in strips]
    places = places_of_sound([strip.end for strip in strips], early)
    return [replace(strip, heard=heard) for strip, heard in zip(strips, places, strict=True)]
