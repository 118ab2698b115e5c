"""Where music gives way: with what is heard of dialogue, not with what is seen of it, and only where one does."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import pytest
from made_clips import make_clip
from made_sounds import tone, wav
from mixes import content, of_cue
from msgspec.structs import replace
from test_cut_edit import joined, scene, shot, trim

from storyboard.compile.shot_list import DialogueLine, ListedScene, ShotList
from storyboard.cut.assemble import assemble
from storyboard.cut.edit import edit
from storyboard.cut.footage import Footage
from storyboard.cut.mix import Cue, part_key
from storyboard.cut.part import Part
from storyboard.cut.score import Score, spoken


def speaking(listed: ListedScene) -> ListedScene:
    """Somebody speaks in its last shot."""
    *others, last = listed.shots
    return replace(listed, shots=(*others, replace(last, dialogue=(DialogueLine("Mind it", "Ann"),))))


@pytest.mark.parametrize(("kind", "begins"), [("j-cut", 72 - 12), ("l-cut", 72 + 12)])
def test_music_gives_way_when_dialogue_is_heard_not_when_it_is_seen(kind: str, begins: int) -> None:
    scenes = (scene("a", 4, own=trim(None, "3")), speaking(scene("b", 4, own=trim("1"))))
    listed = ShotList(None, scenes, (joined("a", "b", kind, "0.5"),))
    cut = edit(listed, {"a": shot("a"), "b": shot("b")})
    assert list(spoken(cut)) == [(begins, 72 + 97 - 24)]


def test_what_goes_on_under_the_next_picture_is_given_way_to() -> None:
    scenes = (speaking(scene("a", 2, 2, own=trim(None, "3"))), scene("b", 4))
    listed = ShotList(None, scenes, (joined("a", "b", "l-cut", "0.5"),))
    assert list(spoken(edit(listed, {"a": shot("a"), "b": shot("b")}))) == [(48, 72 + 12)]


@pytest.mark.parametrize("footage", [{}, {"a": replace(shot("a"), sound=False)}], ids=["none", "silent"])
def test_nobody_speaks_where_no_sound_was_shot(footage: dict[str, Footage]) -> None:
    assert list(spoken(edit(ShotList(None, (speaking(scene("a")),)), footage))) == []


def test_who_speaks_is_no_matter_where_no_music_gives_way(tmp_path: Path) -> None:
    """A line of dialogue more: the same cut, the same sound."""
    clip = make_clip(tmp_path / "clip.mp4", frames=25)
    music = wav(tmp_path / "music.wav", tone(1, 440))
    written = []
    for number, duck in enumerate((0, 0, 12, 12)):
        cue = Cue(music, content(music), Fraction(0), duck_db=Decimal(duck))
        score = Score((cue,), ((number, 10),))
        film = tmp_path / f"{duck}.mp4"
        written.append(assemble([Part("a", clip)], film, tmp_path / "segments", score=score).written)
    assert written == [True, False, True, True]
    low = of_cue(music, 1, ((0, 10),), duck_db=Decimal(0))
    assert part_key(low, 0, 48_000) == part_key(replace(low, spoken=()), 0, 48_000)
