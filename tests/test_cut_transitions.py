"""Real clips through every kind of transition and trim: which frame of which clip is seen, and what is heard."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from an_edit import FPS, cut, part, shelf, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from made_clips import beeps, pictures, wave_of

from storyboard.cut.assemble import assemble
from storyboard.cut.part import Part
from storyboard.cut.transition import Transition
from storyboard.cut.wanted import Wanted
from storyboard.errors import MediaError

__all__ = ["cut", "shelf"]


def luma(path: Path) -> np.ndarray:
    """Of every frame, its luma: frames, height, width."""
    with av.open(str(path), "r", format="mov") as container:
        return np.stack(
            [f.to_ndarray(format="yuv420p")[: f.height] for f in container.decode(video=0)]
        ).astype(int)


@pytest.mark.parametrize("splice", [False, True])
def test_trims_show_the_frames_they_say(cut, shelf: Path, splice: bool) -> None:
    report, film = cut(
        part(shelf, 0, first=5, end=60),
        part(shelf, 1, first=24),
        part(shelf, 0, first=1, end=2),
        splice=splice,
    )
    assert pictures(film) == [*whole(0, 5, 60), *whole(1, 24), (0, 1)]
    assert report.frames == 55 + 49 + 1


@pytest.mark.parametrize("splice", [False, True])
@pytest.mark.parametrize("kind", ["dissolve", "wipe"])
def test_what_overlaps_shortens_the_cut(cut, shelf: Path, kind: str, splice: bool) -> None:
    _, film = cut(part(shelf, 0, kind=kind, frames=10), part(shelf, 1), splice=splice)
    seen = pictures(film)
    assert len(seen) == 73 + 73 - 10
    assert seen[:63] == whole(0, 0, 63)
    assert seen[73:] == whole(1, 10)


def test_a_dissolve_is_as_light_as_the_mean_of_both(cut, shelf: Path) -> None:
    _, film = cut(part(shelf, 0, kind="dissolve", frames=9), part(shelf, 1))
    seen, old, new = luma(film), luma(shelf / "0.mp4"), luma(shelf / "1.mp4")
    for n in range(9):
        share = (n + 1) / 10
        expected = old[64 + n] * (1 - share) + new[n] * share
        assert np.abs(seen[64 + n] - expected).mean() < 3, n


@pytest.mark.parametrize(
    ("direction", "new_side"),
    [
        ("right", np.s_[:, :60]),
        ("left", np.s_[:, -60:]),
        ("down", np.s_[:40, :]),
        ("up", np.s_[-40:, :]),
    ],
)
def test_a_wipe_goes_where_it_is_told(cut, shelf: Path, direction: str, new_side: tuple) -> None:
    """In the middle frame the side that the edge came from shows the new picture, the other one still the old."""
    _, film = cut(part(shelf, 0, kind="wipe", frames=9, direction=direction), part(shelf, 1))
    middle, old, new = luma(film)[68], luma(shelf / "0.mp4")[68], luma(shelf / "1.mp4")[4]
    assert np.abs(middle[new_side] - new[new_side]).mean() < 3
    other = tuple(slice(None, None, -1) for _ in range(2))
    flipped = (middle[other][new_side], old[other][new_side])
    assert np.abs(flipped[0] - flipped[1]).mean() < 3


@pytest.mark.parametrize(("kind", "level"), [("fade-black", 16), ("fade-white", 235)])
@pytest.mark.parametrize("splice", [False, True])
def test_a_fade_goes_through_its_colour_and_takes_no_time(
    cut, shelf: Path, kind: str, level: int, splice: bool
) -> None:
    _, film = cut(part(shelf, 0, kind=kind, frames=11), part(shelf, 1), splice=splice)
    seen = luma(film)
    assert len(seen) == 146
    assert np.abs(seen[72] - level).mean() < 2  # five frames of the old one, six of the new
    away = np.abs(seen[67:79] - level).mean((1, 2))
    assert all(away[:5] > away[1:6])
    assert all(away[5:-1] < away[6:])
    shown = pictures(film)
    assert shown[:68] == whole(0, 0, 68)
    assert shown[79:] == whole(1, 6)


def test_what_is_odd_is_brought_into_line_once(cut, shelf: Path, tmp_path: Path) -> None:
    report, film = cut(
        part(shelf, 3, first=12, kind="dissolve", frames=6), part(shelf, 0), part(shelf, 3, first=24, end=48)
    )
    assert report.size == (256, 256)
    assert report.frames == (72 - 12) + 73 - 6 + 24
    seen = luma(film)
    assert seen.shape == (151, 256, 256)
    before = len(list((tmp_path / "segments").iterdir()))
    cut(part(shelf, 3, first=12, kind="dissolve", frames=6), part(shelf, 0), name="again.mp4")
    assert len(list((tmp_path / "segments").iterdir())) <= before + 1  # another sound, no other picture


@pytest.mark.parametrize(("kind", "begins"), [("j-cut", 61 - 12), ("l-cut", 61 + 12)])
def test_the_sound_changes_earlier_or_later_than_the_picture(tmp_path: Path, kind: str, begins: int) -> None:
    """The first hums low, the second high: what is loudest tells whose sound is heard."""
    for name, tone in (("low", 300), ("high", 2000)):
        hum(tmp_path / f"{name}.mp4", tone)
    change = Transition(kind, 12)
    parts = [
        Part("low", tmp_path / "low.mp4", end=61, transition=change),
        Part("high", tmp_path / "high.mp4", first=12),
    ]
    film = tmp_path / "film.mp4"
    report = assemble(parts, film, tmp_path / "segments", fps=FPS)
    assert report.frames == 61 + 85
    wave = wave_of(film)
    heard = [loudest(wave[round(n * 2000) : round((n + 1) * 2000)]) for n in range(report.frames)]
    changes = [n for n in range(1, len(heard)) if (heard[n] > 1000) != (heard[n - 1] > 1000)]
    assert len(changes) == 1
    assert abs(changes[0] - begins) <= 1


@pytest.mark.parametrize(("kind", "changes"), [("j-cut", (8,)), ("l-cut", (40,))])
def test_a_sound_cut_that_is_longer_than_its_neighbour_leaves_that_one_silent(
    tmp_path: Path, kind: str, changes: tuple[int, ...]
) -> None:
    """Three hums of 24, 8 and 24 frames: the one between is heard nowhere, its place is the long sound's."""
    for name, tone in (("low", 300), ("middle", 1100), ("high", 2000)):
        hum(tmp_path / f"{name}.mp4", tone)
    before, behind = (None, Transition(kind, 24)) if kind == "j-cut" else (Transition(kind, 16), None)
    parts = [
        Part("low", tmp_path / "low.mp4", end=24, transition=before),
        Part("middle", tmp_path / "middle.mp4", first=30, end=38, transition=behind),
        Part("high", tmp_path / "high.mp4", first=30, end=54),
    ]
    film = tmp_path / "film.mp4"
    assert assemble(parts, film, tmp_path / "segments", fps=FPS).frames == 56
    wave = wave_of(film)
    low = [loudest(wave[n * 2000 : (n + 1) * 2000]) for n in range(56)]
    assert [n for n in range(56) if 700 < low[n] < 1600] == []
    assert [n for n in range(1, 56) if (low[n] > 1000) != (low[n - 1] > 1000)] == list(changes)


def hum(path: Path, tone: int) -> None:
    """97 frames of grey with a steady tone."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=24)
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        sound = container.add_stream("aac", rate=48_000, layout="stereo")
        for n in range(97):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), 90, np.uint8), format="rgb24")
            frame.pts = n
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        time = np.arange(97 * 2000) / 48_000
        wave = np.tile((0.4 * np.sin(2 * np.pi * tone * time)).astype(np.float32), (2, 1))
        for at in range(0, wave.shape[1], 1024):
            block = av.AudioFrame.from_ndarray(
                np.ascontiguousarray(wave[:, at : at + 1024]), "fltp", "stereo"
            )
            block.sample_rate, block.pts, block.time_base = 48_000, at, Fraction(1, 48_000)
            container.mux(sound.encode(block))
        container.mux(sound.encode(None))


def loudest(wave: np.ndarray) -> float:
    """The frequency, in Hz, that is strongest."""
    return float(np.argmax(np.abs(np.fft.rfft(wave * np.hanning(wave.size)))) * 48_000 / wave.size)


def test_sound_stays_with_its_picture_through_trims(cut, shelf: Path) -> None:
    _, film = cut(part(shelf, 0, end=60), part(shelf, 1), part(shelf, 2, first=30, end=50), part(shelf, 0))
    assert [round(at * 24) for at in beeps(wave_of(film))] == [0, 60, 60 + 73 + 20]


def test_longer_than_what_is_there_is_refused(shelf: Path, tmp_path: Path) -> None:
    parts = [part(shelf, 0, first=60, end=80), part(shelf, 1)]
    with pytest.raises(MediaError, match="frames where their tables promised"):
        assemble(parts, tmp_path / "cut.mp4", tmp_path / "segments", fps=FPS)
    assert not (tmp_path / "cut.mp4").exists()


@settings(max_examples=5, deadline=None)
@given(data=st.data())
def test_any_edit_shows_what_it_says(
    data: st.DataObject, shelf: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Spliced and encoded alike, frame by frame outside of transitions."""
    folder = tmp_path_factory.mktemp("edit")
    parts: list[Part] = []
    expected: list[tuple[int, int] | None] = []
    head = 0
    count = data.draw(st.integers(2, 4))
    for n in range(count):
        number = data.draw(st.integers(0, 2))
        first = data.draw(st.integers(0, 40))
        end = data.draw(st.integers(first + 24, 73)) if first <= 49 else 73
        change = None
        if n < count - 1 and data.draw(st.booleans()):
            kind = data.draw(st.sampled_from(["dissolve", "wipe", "fade-black", "j-cut", "l-cut"]))
            longest = 60 if kind in {"j-cut", "l-cut"} else 10
            change = Transition(kind, data.draw(st.integers(1, longest)))
        parts.append(Part(str(n), shelf / f"{number}.mp4", first=first, end=end, transition=change))
        tail = change.tail if change else 0
        expected += whole(number, first + head, end - tail)
        expected += [None] * (change.drawn if change else 0)
        head = change.head if change else 0
    for splice in (False, True):
        film = folder / f"{splice}.mp4"
        assemble(parts, film, folder / "segments", fps=FPS, asked=Wanted(splice=splice))
        seen = pictures(film)
        assert len(seen) == len(expected)
        assert [
            n for n, (one, other) in enumerate(zip(seen, expected, strict=True)) if other and one != other
        ] == []
