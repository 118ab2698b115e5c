"""Cuts in which packets stay as they are: which do, that they are these, and that what does not decode is seen."""

from __future__ import annotations

from pathlib import Path

import av
from an_edit import FPS, cut, part, shelf, whole
from hypothesis import given
from hypothesis import strategies as st
from made_clips import make_clip, pictures

from storyboard.cut.assemble import assemble
from storyboard.cut.clip import look
from storyboard.cut.groups import Untouched, untouched
from storyboard.cut.part import Part
from storyboard.cut.progress import Advance
from storyboard.cut.wanted import Wanted
from storyboard.media.avc import parameter_sets
from storyboard.media.ffmpeg import decode_errors, stretch_errors

__all__ = ["cut", "shelf"]


def test_a_splice_leaves_untouched_packets_as_they_are(cut, shelf: Path) -> None:
    parts = (part(shelf, 0, kind="dissolve", frames=12), part(shelf, 1, end=60), part(shelf, 2))
    report, film = cut(*parts, splice=True)
    assert pictures(film)[:61] == whole(0, 0, 61)
    assert pictures(film)[73:] == [*whole(1, 12, 60), *whole(2)]
    packets = set(packets_of(film))
    assert set(packets_of(shelf / "0.mp4")[:48]) <= packets  # two groups of 24
    assert set(packets_of(shelf / "1.mp4")[24:48]) <= packets
    assert set(packets_of(shelf / "2.mp4")) <= packets
    assert report.copied == ("2",)
    assert dict(report.encoded)["0"] == "its ends alone; what is between was copied"
    track = look(film).video
    assert track is not None
    assert len(parameter_sets(track.config).sequence) == 2


def packets_of(path: Path) -> list[bytes]:
    with av.open(str(path)) as container:
        if not container.streams.video:
            return []
        return [bytes(packet) for packet in container.demux(video=0) if packet.size]


def test_what_can_not_be_spliced_is_encoded_and_said(shelf: Path, tmp_path: Path) -> None:
    hevc = make_clip(
        tmp_path / "hevc.mp4", 4, frames=30, codec="libx265", options={"x265-params": "log-level=none"}
    )
    said: list[Advance] = []
    parts = [Part("hevc", hevc, first=3, end=20), Part("again", hevc)]
    report = assemble(
        parts,
        tmp_path / "cut.mp4",
        tmp_path / "segments",
        fps=FPS,
        asked=Wanted(splice=True),
        progress=said.append,
    )
    assert report.frames == 17 + 30
    assert [
        each
        for each in said
        if each.what.startswith("not spliced: no clip is of the cut's size, rate and coding")
    ]
    assert pictures(tmp_path / "cut.mp4") == [*whole(4, 3, 20), *whole(4, 0, 30)]


def test_a_segment_that_was_harmed_is_seen_where_it_joins(shelf: Path, tmp_path: Path) -> None:
    """Its length and its tables are as they were; only a decoder can tell."""
    parts = (part(shelf, 0, kind="dissolve", frames=12), part(shelf, 1))
    segments = tmp_path / "segments"
    assemble(parts, tmp_path / "cut.mp4", segments, fps=FPS, asked=Wanted(splice=True))
    (bridge,) = (each for each in segments.iterdir() if packets_of(each))
    harm(bridge)
    said: list[Advance] = []
    assemble(
        parts,
        tmp_path / "cut.mp4",
        segments,
        fps=FPS,
        asked=Wanted(splice=True, force=True),
        progress=said.append,
    )
    assert [each for each in said if "not spliced: cut.mp4 does not decode as it should" in each.what]
    assert decode_errors(tmp_path / "cut.mp4") == ""


def test_what_is_decoded_of_a_film_is_the_stretches_asked_for(shelf: Path, tmp_path: Path) -> None:
    """One of three groups of pictures is harmed, far enough in it for a decoder that reads ahead."""
    film = tmp_path / "film.mp4"
    film.write_bytes((shelf / "0.mp4").read_bytes())
    harm(film, packets=range(40, 47))
    seconds = [(n / FPS, (n + 24) / FPS) for n in (0, 24, 48)]
    assert [bool(stretch_errors(film, [each], sound=True)) for each in seconds] == [False, True, False]
    assert stretch_errors(film, [seconds[0], seconds[2]] * 5, sound=True) == ""
    assert stretch_errors(film, [seconds[0]] * 9 + [seconds[1]], sound=False) != ""


def harm(path: Path, packets: range = range(1, 1000)) -> None:
    """Other bytes in the middle of these packets of the picture."""
    track = look(path).video
    assert track is not None
    data = bytearray(path.read_bytes())
    for number in packets[: len(track.sizes)]:
        if number < len(track.sizes):
            begin, half = track.offsets[number] + 8, (track.sizes[number] - 8) // 2
            data[begin : begin + half] = b"\xff" * half
    path.write_bytes(data)


@st.composite
def groups(draw: st.DrawFn) -> list[list[int]]:
    """The frames that the packets of a clip show, by group: a key frame, then frames in some order of decoding."""
    at, found = 0, []
    for length in draw(st.lists(st.integers(1, 12), min_size=1, max_size=6)):
        found.append([at, *draw(st.permutations(range(at + 1, at + length)))])
        at += length
    return found


@given(groups(), st.integers(0, 60), st.integers(0, 60))
def test_what_is_untouched_can_be_decoded_and_shown_without_a_gap(
    found: list[list[int]], first: int, length: int
) -> None:
    numbers = [number for group in found for number in group]
    keys = {group[0] for group in found}  # frame and packet: no frame is shown before a key frame of its own
    end = min(len(numbers), first + length)
    stays = untouched(numbers, keys, first, end)
    rows = [
        (skip, count)
        for skip in keys
        for count in range(1, len(numbers) - skip + 1)
        if sorted(numbers[skip : skip + count]) == list(range(skip, skip + count))
        and first <= skip <= end - count
    ]
    if stays is None:
        assert not rows
        return
    assert (stays.skip, stays.count) in rows
    assert (stays.first, stays.end) == (stays.skip, stays.skip + stays.count)
    assert stays.count == max(count for _, count in rows)


def test_a_group_that_leans_on_the_one_before_stays_out_of_it() -> None:
    assert untouched([0, 1, 2, 5, 3, 4, 6, 7], {0, 3}, 0, 8) == Untouched(0, 3, 0, 3)
    assert untouched([0, 1, 2, 5, 3, 4, 6, 7], {3}, 0, 8) is None
