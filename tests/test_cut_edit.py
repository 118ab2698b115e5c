"""The edit: decisions without a file being opened."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.compile.ranges import frames_of
from storyboard.compile.shot_list import (
    KINDS,
    ListedCard,
    ListedItem,
    ListedScene,
    ListedShot,
    ListedTransition,
    ListedTrim,
    ShotList,
    narrowed,
)
from storyboard.cut.edit import Cut, edit
from storyboard.cut.footage import Footage
from storyboard.cut.shots import Boundary
from storyboard.diagnostics import Span
from storyboard.errors import MediaError

HERE = Span("storyboard.yaml", 1, 1, 1, 2)


WHOLE = ListedTrim()


def trim(begin: str | None = None, end: str | None = None) -> ListedTrim:
    return ListedTrim(*(Decimal(each) if each is not None else None for each in (begin, end)))


def scene(
    name: str, *seconds: int, own: ListedTrim = WHOLE, shots: dict[str, ListedTrim] | None = None
) -> ListedScene:
    listed = tuple(
        ListedShot(name, str(n), each, {}, (), None, HERE, (shots or {}).get(str(n), WHOLE))
        for n, each in enumerate(seconds or (4,), 1)
    )
    return ListedScene(name, "e", 720, None, None, None, True, 1, listed, HERE, own)


def film(*transitions: ListedTransition, **more: object) -> ShotList:
    scenes = (scene("a"), scene("b", 2, 2), scene("c"))
    return ShotList(None, scenes, transitions, **more)  # type: ignore[arg-type]


def joined(before: str, after: str, kind: str = "dissolve", seconds: str = "0.5") -> ListedTransition:
    return ListedTransition(before, after, kind, seconds, HERE)


def shot(name: str, frames: int = 97, *boundaries: Boundary) -> Footage:
    return Footage(Path(f"{name}.mp4"), frames, (320, 180), sound=True, boundaries=boundaries)


def row(cut: Cut) -> list[tuple[str, int, int, int]]:
    """Each piece: its name, where it begins in the cut, which frames of its clip."""
    return [(p.name, start, p.first, p.end) for p, start in zip(cut.pieces, cut.starts, strict=True)]


def test_scenes_keep_their_order_and_the_missing_ones_are_named() -> None:
    cut = edit(film(), {"c": shot("c"), "a": shot("a")})
    assert row(cut) == [("a", 0, 0, 97), ("b", 97, 0, 96), ("c", 193, 0, 97)]
    assert cut.missing == ("b",)
    assert (cut.fps, cut.size, cut.frames) == (24, None, 290)


@pytest.mark.parametrize(
    ("seconds", "frames"), [("0.5", 12), ("1", 24), ("0.01", 1), ("0.021", 1), ("1.48", 36)]
)
def test_a_dissolve_in_frames(seconds: str, frames: int) -> None:
    cut = edit(film(joined("a", "b", seconds=seconds)), {})
    assert [piece.shared for piece in cut.pieces] == [frames, 0, 0]
    assert cut.frames == 3 * 96 - frames


def test_what_is_not_known_is_refused() -> None:
    with pytest.raises(MediaError, match=r"from a to b is a swirl.*use dissolve, wipe"):
        edit(film(joined("a", "b", "swirl")), {})
    with pytest.raises(MediaError, match="does not join neighbours"):
        edit(film(joined("a", "c")), {})


def test_trims_of_a_scene_and_of_its_shots() -> None:
    scenes = (
        scene("a", own=trim("0.5", "3")),
        scene("b", 2, 2, shots={"1": trim(None, "1.5"), "2": trim("0.25")}),
        scene("c", 2, 2, own=trim("1", "3.5")),
    )
    cut = edit(ShotList(None, scenes), {name: shot(name) for name in "abc"})
    assert row(cut) == [
        ("a", 0, 12, 72),
        ("b", 60, 0, 36),
        ("b", 96, 54, 97),
        ("c", 139, 24, 84),
    ]


def test_a_shot_begins_where_the_model_cut() -> None:
    scenes = (scene("b", 2, 2, shots={"2": trim("0.5")}),)
    cut = edit(ShotList(None, scenes), {"b": shot("b", 97, Boundary(48, 51))})
    assert row(cut) == [("b", 0, 0, 51), ("b", 51, 63, 97)]


def test_an_order_of_scenes_and_shots_in_which_one_comes_twice() -> None:
    items = (
        ListedItem("c", None, trim("1", "2")),
        ListedItem("b", "2", trim()),
        ListedItem("a", None, trim()),
        ListedItem("b", "2", trim("1")),
    )
    cut = edit(film(joined("b.2", "a", "fade-black", "1"), items=items), {name: shot(name) for name in "abc"})
    assert row(cut) == [("c", 0, 24, 48), ("b.2", 24, 48, 97), ("a", 73, 0, 97), ("b.2", 170, 72, 97)]
    assert [piece.transition.kind if piece.transition else "" for piece in cut.pieces] == [
        "",
        "fade-black",
        "",
        "",
    ]
    assert cut.frames == 195


def test_a_transition_stands_wherever_its_neighbours_meet() -> None:
    items = tuple(ListedItem(name, None, trim()) for name in "abab")
    cut = edit(film(joined("a", "b"), items=items), {})
    assert [piece.shared for piece in cut.pieces] == [12, 0, 12, 0]


def test_nothing_left_and_no_room_are_refused_with_the_name() -> None:
    with pytest.raises(MediaError, match=r"Nothing is left of a: its clip lasts 1\.00 s"):
        edit(ShotList(None, (scene("a", own=trim("3")),)), {"a": shot("a", 24)})
    with pytest.raises(MediaError, match="a has 10 frames in the cut, the transitions at its ends take 12"):
        edit(film(joined("a", "b")), {"a": shot("a", 10)})


def test_a_sound_that_begins_before_its_picture_needs_it_in_the_clip() -> None:
    early = film(joined("a", "b", "j-cut"))
    with pytest.raises(MediaError, match="b has no 12 frames of sound before its picture"):
        edit(early, {"b": shot("b")})
    listed = ShotList(None, (scene("a"), scene("b", own=trim("0.5"))), early.transitions)
    assert edit(listed, {"b": shot("b")}).frames == 96 + 85
    late = ShotList(None, (scene("a"), scene("b")), (joined("a", "b", "l-cut"),))
    with pytest.raises(MediaError, match="a has no 12 frames of sound behind its picture"):
        edit(late, {"a": shot("a")})


def test_cards_stand_at_both_ends() -> None:
    card = ListedCard("The heron", "", Decimal(2))
    cut = edit(film(first_card=card, last_card=card), {})
    assert [piece.name for piece in cut.pieces] == ["title card", "a", "b", "c", "end card"]
    assert cut.frames == 2 * 48 + 3 * 96


def test_slates_need_no_room_for_transitions() -> None:
    long = film(joined("a", "b", seconds="9"), joined("b", "c", "j-cut"), joined("a", "c"))
    cut = edit(long, {}, slates=True)
    assert cut.frames == 3 * (24 + 96)
    assert not any(piece.transition for piece in cut.pieces)


def test_a_part_of_the_film_keeps_the_transitions_inside_it() -> None:
    items = tuple(ListedItem(name, None, trim()) for name in "abca")
    whole = film(joined("a", "b"), joined("b", "c"), items=items, first_card=ListedCard("x", "", Decimal(1)))
    part = narrowed(whole, ["c", "b"])
    assert [item.scene for item in part.row] == ["b", "c"]
    assert [(each.before, each.after) for each in part.transitions] == [("b", "c")]
    assert part.first_card is None


SECONDS = st.decimals(0, 4, places=2)
TRIMS = st.one_of(st.none(), SECONDS)


@st.composite
def edits(draw: st.DrawFn) -> tuple[ShotList, dict[str, Footage]]:
    """Films of any trims, orders and transitions, most of which can be made."""
    names = "abcd"[: draw(st.integers(2, 4))]
    scenes = []
    for name in names:
        lengths = draw(st.lists(st.integers(1, 3), min_size=1, max_size=3))
        trims = {str(n): ListedTrim(draw(TRIMS), None) for n in range(1, len(lengths) + 1)}
        scenes.append(scene(name, *lengths, own=ListedTrim(draw(TRIMS), None), shots=trims))
    count = draw(st.integers(2, 6))
    order = [draw(st.sampled_from(scenes)) for _ in range(count)]
    items = tuple(
        ListedItem(
            each.id, draw(st.sampled_from([None, *(s.id for s in each.shots)])), ListedTrim(None, draw(TRIMS))
        )
        for each in order
    )
    pairs = {(one.name, other.name) for one, other in pairwise(items)}
    transitions = tuple(
        joined(one, other, draw(st.sampled_from(KINDS)), str(draw(st.decimals("0.04", "0.6", places=2))))
        for one, other in sorted(pairs)
        if draw(st.booleans())
    )
    fps = draw(st.sampled_from([24, 25, 30, 60]))
    footage = {
        each.id: shot(each.id, each.seconds * fps + draw(st.integers(-2, 2)))
        for each in scenes
        if draw(st.booleans())
    }
    return ShotList(None, tuple(scenes), transitions, fps=fps, items=items), footage


@given(st.integers(0, 10**6), st.sampled_from([24, 25, 30, 60]))
def test_a_whole_number_of_frames_stays_that_number(frame: int, fps: int) -> None:
    assert frames_of(Fraction(frame, fps), fps) == frame
