"""What check passes can be cut: the rules on the edit and the edit itself, over storyboards of every kind of cut."""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st
from in_memory import compiled

from storyboard.compile.ranges import frames_of
from storyboard.compile.shot_list import KINDS, ShotList
from storyboard.cut.cues import placed
from storyboard.cut.edit import Cut, edit
from storyboard.cut.footage import Footage
from storyboard.cut.handoff.timeline import timeline
from storyboard.errors import MediaError

TWO_AT_ONE_PLACE = """
storyboard: 1
endpoint: kling-v3-standard-text
defaults: {duration: 3, prompt: reeds}
scenes:
  - {id: a, shots: [{id: 1, duration: 1}, {duration: 2}]}
  - id: b
cut:
  order: [{scene: b}, {scene: a.1}, {scene: b}, {scene: a}]
  transitions:
    - {from: b, to: a, kind: dissolve, duration: 1}
    - {from: b, to: a.1, kind: dissolve, duration: 0.1}
"""
IDS = ("a", "b", "a.1", "b.2", "a.1.x", "c")  # scenes' ids that are shots' names too
LENGTHS = {"SB104", "SB130", "SB705", "SB711"}  # of transitions, and of what trims leave


def seconds(least: str, most: str) -> st.SearchStrategy[str]:
    """Of any kind: whole frames at some rates, halves of a frame, neither."""
    return st.one_of(st.decimals(least, most, places=places) for places in (1, 3)).map(str)


@st.composite
def trims(draw: st.DrawFn, whole: int, *, often: bool = False) -> dict[str, str]:
    """`in`, `out`, both or neither, within so many seconds; often little is left."""
    if not often and draw(st.booleans()):
        return {}
    begin = Decimal(draw(seconds("0", str(whole - 1)))) if draw(st.booleans()) else None
    end = (begin or 0) + Decimal(draw(seconds("0.001", "1.5")))
    if draw(st.booleans()):
        end = whole - Decimal(draw(seconds("0", "1")))
    found = {"in": begin, "out": end if draw(st.booleans()) else None}
    return {key: str(value) for key, value in found.items() if value is not None}


@st.composite
def scenes(draw: st.DrawFn, name: str) -> dict[str, Any]:
    lengths = draw(st.sampled_from([(3,), (4,), (2, 1), (1, 1, 2), (3, 2, 1), (1, 3)]))
    shots = [
        {"id": shot, "duration": length, "prompt": "reeds", **draw(trims(length))}
        for shot, length in zip(("1", "x", "2"), lengths, strict=False)
    ]
    return {"id": name, "shots": shots, **draw(trims(sum(lengths)))}


def length_of(scene: Mapping[str, Any]) -> int:
    return sum(shot["duration"] for shot in scene["shots"])


@st.composite
def orders(draw: st.DrawFn, authored: list[dict[str, Any]]) -> list[dict[str, str]]:
    """Scenes and shots, most of them once, some again."""
    order = []
    for scene in [*authored, *draw(st.lists(st.sampled_from(authored), max_size=3))]:
        shot = draw(st.sampled_from([None, None, *scene["shots"]]))
        name = scene["id"] if shot is None else f"{scene['id']}.{shot['id']}"
        order.append({"scene": name, **draw(trims(shot["duration"] if shot else length_of(scene)))})
    return order


@st.composite
def storyboards(draw: st.DrawFn) -> str:
    names = draw(st.lists(st.sampled_from(IDS), min_size=2, max_size=4, unique=True))
    authored = [draw(scenes(name)) for name in names]
    cut: dict[str, Any] = {"fps": draw(st.integers(12, 60))}
    if draw(st.booleans()):
        cut["order"] = draw(orders(authored))
    row = [entry["scene"] for entry in cut.get("order", [])] or names
    cut["transitions"] = [
        {
            "from": before,
            "to": after,
            "kind": draw(st.sampled_from(KINDS)),
            "duration": draw(seconds("0.001", "2")),
        }
        for before, after in sorted(set(pairwise(row)))
        if draw(st.integers(0, 3))
    ]
    for card in ("title", "end"):
        if draw(st.booleans()):
            cut[card] = {"text": "The heron", "duration": draw(seconds("0.5", "2"))}
    film = {"storyboard": 1, "endpoint": "kling-v3-standard-text", "scenes": authored, "cut": cut}
    return json.dumps(film)  # YAML too


def judged(text: str) -> tuple[ShotList, set[str]]:
    """With the codes of its errors."""
    found = compiled(text)
    assert found.film is not None
    return found.film.shot_list, {each.code for each in found.diagnostics if each.severity == "error"}


def refused(name: str) -> str:
    """One that check has passed before, which the cut refused then."""
    return (Path(__file__).parent / "golden" / "err" / f"{name}.yaml").read_text(encoding="utf-8")


def clips(shots: ShotList, more: int) -> dict[str, Footage]:
    """A clip for each scene, as long as written and so many frames more."""
    return {
        scene.id: Footage(Path(f"{scene.id}.mp4"), scene.seconds * shots.fps + more, (320, 180), sound=True)
        for scene in shots.scenes
    }


def all_transition(cut: Cut) -> bool:
    """Is there a piece of which its transitions take all?"""
    heads = [0, *(piece.transition.head if piece.transition else 0 for piece in cut.pieces)]
    tails = [piece.transition.tail if piece.transition else 0 for piece in cut.pieces]
    return any(
        head + tail == piece.frames for head, tail, piece in zip(heads, tails, cut.pieces, strict=False)
    )


def rightly_stricter(shots: ShotList, cut: Cut) -> bool:
    """The cut could be made, though nobody means it: a piece is nothing but transition, a transition has less than half
    a frame and would be rounded up to one, or takes the place of another one that is too long there."""
    return (
        all_transition(cut)
        or any(frames_of(each.seconds, shots.fps) < 1 for each in shots.transitions)
        or any(sum(each.joins(*both) for each in shots.transitions) > 1 for both in pairwise(shots.row))
    )


@given(storyboards())
@example(refused("cut-nothing-left"))
@example(refused("cut-sound-in-frames"))
@example(refused("cut-transition-beside-a-gap"))
@example(refused("cut-transition-in-frames"))
def test_what_check_passes_can_be_cut(text: str) -> None:
    shots, errors = judged(text)
    if errors:
        return
    for footage in ({}, clips(shots, 0), clips(shots, 1)):
        cut = edit(shots, footage)
        assert all(piece.frames > 0 for piece in cut.pieces)
        assert not any(piece.transition for piece in edit(shots, footage, slates=True).pieces)


@given(storyboards())
@example(TWO_AT_ONE_PLACE)
def test_lengths_that_check_refuses_can_not_be_cut(text: str) -> None:
    """Only of lengths: a trim beyond the end (SB702), or of a shot that is not shown (SB701), is a slip in writing that
    the cut could pass over."""
    shots, errors = judged(text)
    if not errors or errors - LENGTHS:
        return
    try:
        cut = edit(shots, {})
    except MediaError:
        return
    assert errors <= {"SB104", "SB130"}
    assert rightly_stricter(shots, cut)


@given(storyboards(), st.integers(0, 2))
def test_durations_and_frame_numbers_add_up(text: str, more: int) -> None:
    shots, errors = judged(text)
    try:
        cut = edit(shots, clips(shots, more))
    except MediaError:
        assert errors
        return
    for piece, start in zip(cut.pieces, cut.starts, strict=True):
        assert 0 <= piece.first < piece.end <= piece.there
        assert start >= 0
    for (before, begins), (_, follows) in pairwise(zip(cut.pieces, cut.starts, strict=True)):
        assert follows == begins + before.frames - before.shared
    assert cut.frames == sum(p.frames for p in cut.pieces) - sum(p.shared for p in cut.pieces)
    taken = 0  # of each piece, no more than it has
    for piece in cut.pieces:
        tail = piece.transition.tail if piece.transition else 0
        assert taken + tail <= piece.frames
        taken = piece.transition.head if piece.transition else 0
    strips = timeline(cut, "film", {}, {}).strips
    assert sum(strip.frames for strip in strips) == cut.frames
    assert all(one.end == other.first for one, other in pairwise(strips))


def test_a_name_of_two_means_the_scene_everywhere() -> None:
    """`a.1` is a scene, and the shot 1 of the scene a."""
    scenes = [{"id": name, "duration": 3, "prompt": "reeds"} for name in ("a", "a.1", "b")]
    cut = {
        "order": ["a", "b", "a.1"],
        "transitions": [{"from": "b", "to": "a.1", "kind": "dissolve", "duration": 1}],
        "sound": [{"file": "theme.wav", "at": "a.1"}],
    }
    film = {"storyboard": 1, "endpoint": "kling-v3-standard-text", "scenes": scenes, "cut": cut}
    shots, errors = judged(json.dumps(film))
    assert not errors
    made = edit(shots, {})
    assert [each.scene.id for each in made.pieces if each.scene] == ["a", "b", "a.1"]
    assert [each.shared for each in made.pieces] == [0, 24, 0]
    (cue,) = placed(shots.cues, made, shots)
    assert cue.begin == 5
