"""The edit: decisions without a file being opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.compile.shot_list import ListedScene, ListedShot, ListedTransition, ShotList
from storyboard.cut.edit import edit
from storyboard.diagnostics import Span
from storyboard.errors import MediaError

HERE = Span("storyboard.yaml", 1, 1, 1, 2)


def scene(name: str, seconds: int = 4) -> ListedScene:
    shot = ListedShot(name, "1", seconds, {"subject_motion": name}, (), None, HERE)
    return ListedScene(name, "e", 720, None, None, None, True, 1, (shot,), HERE)


def film(*transitions: ListedTransition) -> ShotList:
    return ShotList(None, (scene("a"), scene("b"), scene("c")), transitions)


def test_scenes_keep_their_order_and_the_missing_ones_are_named() -> None:
    cut = edit(film(), {"c": Path("c.mp4"), "a": Path("a.mp4")})
    assert [(item.scene.id, item.clip) for item in cut.items] == [
        ("a", Path("a.mp4")),
        ("b", None),
        ("c", Path("c.mp4")),
    ]
    assert cut.missing == ("b",)
    assert (cut.fps, cut.size) == (24, None)


@pytest.mark.parametrize(
    ("seconds", "frames"), [("0.5", 12), ("1", 24), ("0.01", 1), ("0.021", 1), ("1.48", 36)]
)
def test_a_dissolve_in_frames(seconds: str, frames: int) -> None:
    cut = edit(film(ListedTransition("a", "b", "dissolve", seconds, HERE)), {})
    assert [item.dissolve for item in cut.items] == [frames, 0, 0]


def test_what_is_not_drawn_is_refused() -> None:
    with pytest.raises(MediaError, match="from a to b is a wipe"):
        edit(film(ListedTransition("a", "b", "wipe", "0.5", HERE)), {})
    with pytest.raises(MediaError, match="does not join neighbours"):
        edit(film(ListedTransition("a", "c", "dissolve", "0.5", HERE)), {})
