"""The cut as strips: they add up to the film that is cut, and each names the clip's frames that are seen in it."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
from a_handoff import Shot, shot
from made_clips import make_clip, pictures
from test_cut_shots import cut_at, film, scenery

from storyboard.cut.footage import footage_of
from storyboard.cut.wanted import Wanted
from storyboard.location import locate
from storyboard.pipeline import check, cut

__all__ = ["shot"]


def test_the_strips_of_the_film(shot: Shot) -> None:
    strips = shot.timeline.strips
    assert [(s.name, s.first, s.end, s.source) for s in strips] == [
        ("dawn.wide", 0, 24, 0),
        ("dawn.close", 24, 67, 24),  # six frames of the dissolve's twelve lie behind the cut point
        ("window-sill", 67, 134, 6),
        ("tea", 134, 206, 0),
    ]
    assert [s.change.frames if s.change else 0 for s in strips] == [0, 12, 0, 0]
    assert [s.footage is None for s in strips] == [False, False, False, True]
    assert all(before.end == after.first for before, after in pairwise(strips))


def test_it_is_the_film_that_is_cut(shot: Shot, tmp_path: Path) -> None:
    """Every frame outside of the dissolve is the one that the strips say, of the clip that they say."""
    compiled = shot.checked.compiled
    assert compiled is not None
    film = tmp_path / "film.mp4"
    report = cut(
        compiled.shot_list,
        shot.clips,
        film,
        segments=tmp_path / "segments",
        progress=lambda _: None,
        project=tmp_path,
        asked=Wanted(),
    )
    timeline = shot.timeline
    assert report.frames == timeline.frames
    seen = pictures(film)
    order = list(shot.clips)
    for strip in timeline.strips:
        if strip.footage is None:
            continue
        shared = strip.shared_before
        lead = 6 if strip.name == "window-sill" else 0
        for frame in range(strip.first + lead, strip.end - shared):
            expected = (order.index(strip.scene.id), strip.source + frame - strip.first)
            assert seen[frame] == expected, f"{strip.name}, frame {frame} of the film"


def test_a_dissolve_longer_than_the_shot_beside_it(shot: Shot, tmp_path: Path) -> None:
    """What lies wholly behind the cut point is the neighbour's: no strip is turned inside out."""
    text = (tmp_path / "storyboard.yaml").read_text(encoding="utf-8")
    (tmp_path / "storyboard.yaml").write_text(
        text.replace("duration: 0.5", "duration: 2.5"), encoding="utf-8"
    )
    longer = Shot(check(locate(tmp_path), {}), shot.clips).timeline
    assert all(strip.frames > 0 for strip in longer.strips)
    assert longer.frames == 73 + 73 - 60 + 72


def test_a_shot_begins_where_the_model_cut(shot: Shot, tmp_path: Path) -> None:
    pictures = [scenery(1), scenery(2)]
    clip = film(tmp_path / "late.mp4", cut_at(27, end=73, pictures=pictures))
    measured = Shot(shot.checked, {**shot.clips, "dawn": clip}).timeline
    assert [(s.name, s.first, s.end, s.source) for s in measured.strips[:2]] == [
        ("dawn.wide", 0, 27, 0),
        ("dawn.close", 27, 67, 27),
    ]
    assert "dawn.close: begins at frame 27, 3 frames later than written" in map(str, measured.remarks)
    for kept in (tmp_path / "kept").iterdir():
        kept.write_text("{", encoding="ascii")  # harmed: it is measured again
    assert Shot(shot.checked, {**shot.clips, "dawn": clip}).timeline == measured


def test_where_no_cut_is_seen_the_storyboard_counts(shot: Shot) -> None:
    timeline = shot.timeline
    assert timeline.strips[1].first == 24
    unseen = "dawn.close: no cut is to be seen near frame 24, where it should begin"
    assert unseen in map(str, timeline.remarks)


def test_a_clip_of_another_rate_counts_at_the_cuts_rate(shot: Shot, tmp_path: Path) -> None:
    odd = make_clip(tmp_path / "odd.mp4", frames=90, fps=30)
    compiled = shot.checked.compiled
    assert compiled is not None
    found = footage_of({"dawn": odd}, compiled.shot_list, tmp_path / "kept")["dawn"]
    with av.open(str(odd)) as container:
        assert container.streams.video[0].frames == 90
    assert (found.frames, found.size, found.sound) == (72, (320, 180), True)
