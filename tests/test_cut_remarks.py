"""What is said about the clips of a cut: the words, where it is, and silence where all is as it was asked for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from films_with_cuts import AT_REST, Film, Take, film, hand, light, shots, view
from made_clips import make_clip
from msgspec.structs import replace

from storyboard.compile.shot_list import ListedScene, ListedShot, ShotList
from storyboard.cut.defects import Defect
from storyboard.cut.footage import Footage, footage_of
from storyboard.cut.remarks import Remark, remarks
from storyboard.cut.shots import Boundary
from storyboard.diagnostics import Span

PLACE = Span("", 1, 1, 1, 1)
FPS = 24
GOOD = Footage(Path("/dawn.mp4"), 97, (1280, 720), sound=True, boundaries=(Boundary(48, 48),), peak=0.4)


def scene(name: str, *seconds: int, audio: bool = True) -> ListedScene:
    made = tuple(
        ListedShot(name, f"{number}", each, {}, (), None, PLACE) for number, each in enumerate(seconds, 1)
    )
    return ListedScene(name, "", 720, None, None, None, audio, 1, made, PLACE)


def said(footage: Footage, of: ListedScene | None = None) -> list[str]:
    of = of or scene("dawn", 2, 2)
    return [str(each) for each in remarks(ShotList(None, (of,)), {of.id: footage})]


@pytest.mark.parametrize("frames", [96, 97])
def test_a_clip_as_it_was_asked_for_is_worth_no_word(frames: int) -> None:
    assert said(replace(GOOD, frames=frames)) == []
    assert said(replace(GOOD, sound=False, peak=None), scene("dawn", 2, 2, audio=False)) == []


WORDS = {
    "dawn.2: begins at frame 50, 2 frames later than written": {"boundaries": (Boundary(48, 50),)},
    "dawn.2: begins at frame 47, 1 frame earlier than written": {"boundaries": (Boundary(48, 47),)},
    "dawn.2: no cut is to be seen near frame 48, where it should begin": {
        "boundaries": (Boundary(48, None),)
    },
    "dawn.2: cuts at 00:00:03:00 of its clip to a shot that was not asked for": {"unasked": (72,)},
    "dawn.1: is black from 00:00:00:12 to 00:00:01:00 of its clip": {"defects": (Defect("black", 12, 24),)},
    "dawn.2: stands still from 00:00:02:00 to 00:00:04:00 of its clip": {
        "defects": (Defect("frozen", 48, 96),)
    },
    "dawn: is black all through": {"defects": (Defect("black", 0, 97),)},
    "dawn: lasts 90 frames, 6 frames less than asked": {"frames": 90},
    "dawn: lasts 98 frames, 2 frames more than asked": {"frames": 98},
    "dawn: has no sound, which was asked for": {"sound": False, "peak": None},
    "dawn: nothing is to be heard in its sound, which was asked for": {"peak": 0.0001},
    "dawn: can't be looked into: a.mp4 is damaged": {"damage": "a.mp4 is damaged"},
}


@pytest.mark.parametrize("words", WORDS)
def test_the_words(words: str) -> None:
    assert said(replace(GOOD, **WORDS[words])) == [words]


def test_a_clip_that_is_as_long_as_a_film_is_shorter_than_its_seconds_by_less_than_one() -> None:
    """Four seconds are paid for a film of more than three; whether it has sound is not its author's wish."""
    quiet = replace(GOOD, boundaries=(), sound=False, peak=None)

    def told(frames: int) -> list[str]:
        filmed = replace(scene("dawn", 4), follows=True, keeps_sound=True)
        found = remarks(ShotList(None, (filmed,)), {"dawn": replace(quiet, frames=frames)})
        return [str(each) for each in found]

    assert [told(frames) for frames in (73, 79, 97)] == [[]] * 3
    assert told(72) == ["dawn: lasts 72 frames, 24 frames less than asked"]
    assert told(98) == ["dawn: lasts 98 frames, 2 frames more than asked"]


def test_a_size_that_is_not_as_the_others(tmp_path: Path) -> None:
    scenes = [scene(name, 2, 2) for name in ("a", "b", "c")]
    odd = replace(GOOD, size=(1284, 716))
    found = remarks(ShotList(None, tuple(scenes)), {"a": odd, "b": GOOD, "c": GOOD})
    assert [str(each) for each in found] == ["a: is 1284x716, where others are 1280x720"]
    assert remarks(ShotList(None, tuple(scenes)), {"c": odd}) == (), "alone it has no others"


def test_what_a_script_gets() -> None:
    [found] = remarks(ShotList(None, (scene("dawn", 2, 2),)), {"dawn": replace(GOOD, unasked=(30,))})
    assert found.document() == {
        "scene": "dawn",
        "shot": "1",
        "kind": "cut",
        "first": 30,
        "end": 30,
        "words": "cuts at 00:00:01:06 of its clip to a shot that was not asked for",
        "clip": None,
    }


def kinds(found: tuple[Remark, ...]) -> list[tuple[str, str | None, int, int]]:
    return [(each.kind, each.shot, each.first, each.end) for each in found]


MOVING = hand(0.006)


def test_of_a_clip_with_everything_wrong(tmp_path: Path) -> None:
    """Its second shot three frames late, then a shot that nobody asked for, black within it, and no end."""
    a, b, c = view(1), view(2), view(3)
    takes = (
        Take(a, 27, MOVING),
        Take(b, 24, MOVING),
        Take(c, 12, MOVING),
        Take(c, 14, MOVING, [light(0)]),
        Take(c, 12, MOVING),
    )
    clip = Film(takes).write(tmp_path / "a.mp4")
    listed = ShotList(None, (scene("dawn", 1, 3),))
    found = footage_of({"dawn": clip}, listed, tmp_path / "kept")
    assert kinds(remarks(listed, found)) == [
        ("late", "2", 24, 27),
        ("cut", "2", 51, 51),
        ("black", "2", 63, 77),
        ("short", None, 89, 96),
        ("silent", None, 0, 89),
    ]


def test_of_a_clip_at_another_rate(tmp_path: Path) -> None:
    """30 frames a second in a cut of 24: a cut at its frame 35 and a rest from 60 on are at 28 and 48 of the cut's."""
    a, b = view(1), view(2)
    takes = (Take(a, 35, MOVING), Take(b, 25, MOVING), Take(a, 60, AT_REST))
    clip = film(tmp_path / "a.mp4", shots(*takes), fps=30)
    listed = ShotList(None, (scene("dawn", 1, 3, audio=False),))
    found = footage_of({"dawn": clip}, listed, tmp_path / "kept")
    assert found["dawn"].frames == 96
    assert kinds(remarks(listed, found)) == [
        ("late", "2", 24, 28),
        ("cut", "2", 48, 48),
        ("frozen", "2", 48, 96),
    ]


def test_a_clip_whose_frames_come_unevenly_is_not_looked_into(tmp_path: Path) -> None:
    times = [at * 25 + (at % 3) * 8 for at in range(96)]
    clip = make_clip(tmp_path / "a.mp4", frames=96, times=times)
    listed = ShotList(None, (scene("dawn", 2, 2),))
    found = footage_of({"dawn": clip}, listed, tmp_path / "kept")["dawn"]
    assert (found.boundaries, found.defects) == ((), ())
    assert found.peak == pytest.approx(0.5, abs=0.1)


def test_damage_within_a_clip_is_a_remark_where_the_edit_can_do_without(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=97, seconds_of_sound=Fraction(4))
    data = bytearray(clip.read_bytes())
    middle = data.index(b"mdat") + 3000
    data[middle : middle + 4000] = bytes(4000)
    clip.write_bytes(data)
    listed = ShotList(None, (scene("dawn", 2, 2),))
    found = footage_of({"dawn": clip}, listed, tmp_path / "kept")
    [told] = [each for each in remarks(listed, found) if each.kind == "damaged"]
    assert "a.mp4 is damaged" in told.words
    assert not list((tmp_path / "kept").glob("*")), "what could not be measured is not kept"


def test_a_clip_is_told_of_when_it_is_looked_into(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "a.mp4", frames=97)
    listed = ShotList(None, (scene("dawn", 2, 2),))
    told: list[str] = []
    for _ in range(2):
        footage_of({"dawn": clip}, listed, tmp_path / "kept", tell=lambda each: told.append(each.what))
    assert told == ["looking into dawn"], "once"
    footage_of(
        {"dawn": clip}, listed, tmp_path / "not", measured=False, tell=lambda each: told.append(each.what)
    )
    assert told == ["looking into dawn"]
