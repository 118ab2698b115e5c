"""Whose sound is heard where, and how it fades, as laws of the plan: nothing is decoded here."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.cut.clip import Clip
from storyboard.cut.heard import Voice, heard
from storyboard.cut.sound_places import places_of_overlapping, places_of_sound
from storyboard.cut.transition import Transition
from storyboard.media.encode import samples_of
from storyboard.media.stereo import INSTANT

FPS = Fraction(24)


def voice(
    name: str | None, first: int, frames: int, change: Transition | None = None, source: int = 100
) -> Voice:
    clip = Clip(Path(name), name, 1) if name else None
    return Voice(clip, source, first, frames, change)


@pytest.mark.parametrize("kind", ["dissolve", "wipe"])
def test_what_dissolves_to_or_from_silence_fades_with_its_picture(kind: str) -> None:
    change = Transition(kind, 12)
    [before, behind] = heard(
        [voice("a", 0, 48, change), voice(None, 36, 48, change), voice("b", 72, 48)], FPS
    )
    assert (before.end, before.fade_out, behind.first, behind.fade_in) == (
        48,
        samples_of(12, FPS),
        72,
        samples_of(12, FPS),
    )
    assert (before.fade_in, behind.fade_out) == (INSTANT, INSTANT)


def test_a_hard_cut_to_silence_fades_for_an_instant() -> None:
    [only] = heard([voice(None, 0, 24), voice("a", 24, 24), voice(None, 48, 24)], FPS)
    assert (only.fade_in, only.fade_out) == (INSTANT, INSTANT)


def test_a_fade_takes_of_each_sound_what_it_takes_of_its_picture() -> None:
    one, other = heard([voice("a", 0, 48, Transition("fade-black", 11)), voice("b", 48, 48)], FPS)
    assert (one.fade_out, other.fade_in) == (samples_of(5, FPS), samples_of(6, FPS))


@st.composite
def rows(draw: st.DrawFn) -> list[Voice]:
    row: list[Voice] = []
    at = 0
    for number in range(draw(st.integers(1, 6))):
        frames = draw(st.integers(21, 60))
        kind = draw(st.sampled_from([None, "dissolve", "fade-white", "j-cut", "l-cut"]))
        longest = 100 if kind in {"j-cut", "l-cut"} else 10
        change = Transition(kind, draw(st.integers(1, longest))) if kind else None
        name = draw(st.sampled_from([*"abc", None])) and f"{number}"
        row.append(voice(name, at, frames, change))
        at += frames - (change.shared if change else 0)
    return [*row, voice("last", at, 30)]


@given(rows())
def test_every_sound_lies_in_the_cut_and_in_step_with_its_picture(row: list[Voice]) -> None:
    """However long its sound cuts are; and where no picture dissolves, one is heard at a time."""
    by_name = {each.clip.sha256: each for each in row if each.clip}
    found = heard(row, FPS)
    for each in found:
        assert 0 <= each.first < each.end <= row[-1].first + row[-1].frames
        own = by_name[each.sha256]
        assert each.source - each.first == own.source - own.first
    shared = sum(each.change.shared for each in row if each.change)
    assert sum(max(0, one.end - other.first) for one, other in pairwise(found)) <= shared


@given(rows())
def test_without_dissolves_both_rules_of_places_are_one(row: list[Voice]) -> None:
    ends, early, at = [], [], 0
    for each in row:
        at += each.frames
        ends.append(at)
        early.append(each.change.early if each.change else 0)
    seen = list(pairwise([0, *ends]))
    assert places_of_overlapping(seen, early) == places_of_sound(ends, early)
