"""Cuts in films that look like film: how many are found, to the frame, and how many are made up.

Beside ours stands PySceneDetect 0.7.2 (27 November 2026, OpenCV 5.0.0), on the same films: these 55 kinds over three
drawn views, and over two sets of photographs (scikit-image 0.26's samples), 275 films with 160 cuts, none of which were
looked at when the thresholds were chosen. A cut counts as found within three frames.

    anywhere in the clip                precision  recall   frames off
    AdaptiveDetector(min_scene_len=5)       0.575   0.931   0.11
    AdaptiveDetector()                      0.709   0.869   0.12
    ContentDetector(min_scene_len=5)        0.445   0.919   0.18
    cuts(), ours                            1.000   0.938   0

    nearest to where one was asked for
    AdaptiveDetector(min_scene_len=5)       0.832   0.931   0.11
    AdaptiveDetector()                      0.822   0.869   0.12
    ContentDetector(min_scene_len=5)        0.731   0.919   0.18
    boundaries(), ours                      0.981   0.950   0

What it takes for cuts are flashes, lamps, passers-by, and films drawn on threes. What ours misses is somebody who fills
the picture on both sides of the cut, heavy snow, and a view against its own mirror image.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from depth import either
from films_with_cuts import Film, films

from storyboard.cut.shots import boundaries, cuts
from storyboard.media.changes import changes

EASY = (
    *("at rest", "pans, quick", "a hand that shakes", "grain", "night", "fog", "the same colours"),
    *("along the same wall", "half a second", "a flash on the cut", "a whip pan, then a cut", "on twos"),
)
NO_CUT = (
    *("no cut: fast whip pan", "no cut: lightning", "no cut: long flash", "no cut: lamp off"),
    *(
        "no cut: fire",
        "no cut: passer",
        "no cut: through black",
        "no cut: on threes",
        "no cut: short dissolve",
    ),
)


@cache
def table(seed: int) -> dict[str, Film]:
    return films(seed)


@pytest.mark.parametrize("kind", [*EASY, *NO_CUT])
def test_what_is_a_cut_and_what_is_none(kind: str, tmp_path: Path) -> None:
    film = table(1)[kind]
    found = changes(film.write(tmp_path / "a.mp4"))
    assert cuts(found) == film.cuts
    asked = [cut + 3 for cut in film.cuts]
    assert tuple(each.found for each in boundaries(found, asked, 24)) == film.cuts


@pytest.mark.long
def test_the_whole_table(tmp_path: Path) -> None:
    there = anywhere = where_asked = 0
    for seed in range(3, either(5, 6)):
        for kind, film in films(seed).items():
            seen = changes(film.write(tmp_path / "a.mp4"))
            found = cuts(seen)
            assert set(found) <= set(film.cuts), f"made up in {kind!r}, seed {seed}"
            near = [each.found for each in boundaries(seen, [cut - 3 for cut in film.cuts], 24)]
            assert {cut for cut in near if cut is not None} <= set(film.cuts), f"off in {kind!r}, seed {seed}"
            there += len(film.cuts)
            anywhere += len(found)
            where_asked += sum(cut is not None for cut in near)
    assert anywhere / there >= 0.9
    assert where_asked / there >= 0.92
