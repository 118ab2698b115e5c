"""What a clip is, counted; what is no clip, refused by name."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from made_clips import make_clip

from storyboard.errors import MediaError
from storyboard.media import ffmpeg
from storyboard.media.probe import probe
from storyboard.media.tables import tables


def test_the_facts_of_a_clip(tmp_path: Path) -> None:
    facts = probe(make_clip(tmp_path / "clip.mp4", frames=121))
    video, audio = facts.video, facts.audio
    assert (video.codec, video.width, video.height, video.pixel_format) == ("h264", 320, 180, "yuv420p")
    assert (video.frame_rate, video.constant, video.frames) == (24, True, 121)
    assert (video.start, video.seconds, facts.seconds) == (0, Fraction(121, 24), Fraction(121, 24))
    assert (video.rotation, video.aspect) == (0, 1)
    assert audio is not None
    assert (audio.codec, audio.profile, audio.rate, audio.channels) == ("aac", "LC", 48_000, 2)
    assert (audio.start, float(audio.seconds)) == (0, pytest.approx(121 / 24, abs=0.022))
    assert facts.size == facts.path.stat().st_size


def test_silent_slow_and_uneven_clips(tmp_path: Path) -> None:
    assert probe(make_clip(tmp_path / "silent.mp4", sound=False)).audio is None
    assert probe(make_clip(tmp_path / "ntsc.mp4", fps=Fraction(30000, 1001))).video.frame_rate == Fraction(
        30000, 1001
    )
    uneven = probe(make_clip(tmp_path / "uneven.mp4", frames=5, times=[0, 25, 100, 110, 200])).video
    assert (uneven.constant, uneven.frames) == (False, 5)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty"),
        (b"<html>gone</html>", "web page"),
        (b"\xef\xbb\xbf#EXTM3U\n", "playlist"),
        (b"ffconcat version 1.0\nfile /etc/hosts\n", "list of files"),
        (b'{"detail": "expired"}', "JSON"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git-lfs"),
        (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + bytes(500), "damaged"),
    ],
)
def test_what_is_no_clip_is_named(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(content)
    with pytest.raises(MediaError, match=rf"out\.mp4 .*{told}"):
        probe(tmp_path / "out.mp4")


def test_missing_and_folders(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"none\.mp4 is not there"):
        probe(tmp_path / "none.mp4")
    with pytest.raises(MediaError, match="is a folder"):
        probe(tmp_path)


def test_a_clip_cut_short_is_refused_wherever_it_ends(tmp_path: Path) -> None:
    whole = make_clip(tmp_path / "clip.mp4", frames=60, movflags="faststart").read_bytes()
    short = tmp_path / "short.mp4"
    for length in range(0, len(whole), 1500):
        short.write_bytes(whole[:length])
        with pytest.raises(MediaError, match=r"short\.mp4"):
            probe(short)


def test_both_readers_agree(tmp_path: Path) -> None:
    """The tables that joins are made from say what the demuxer says."""
    for number, options in enumerate([{}, {"sound": False}, {"fps": 30}, {"form": "mov"}, {"rate": 44_100}]):
        path = make_clip(tmp_path / f"{number}.mp4", frames=40, **options)
        facts = probe(path)
        with path.open("rb") as file:
            found = tables(file, facts.size)
        video, sound = found.track(b"vide"), found.track(b"soun")
        assert video is not None
        assert (len(video.sizes), video.seconds) == (facts.video.frames, facts.video.seconds)
        assert (sound is None) == (facts.audio is None)
        if sound is not None and facts.audio is not None:
            assert (len(sound.sizes), sound.rate) == (facts.audio.packets, facts.audio.rate)


def test_ffmpeg_is_found_and_finds_faults(tmp_path: Path) -> None:
    assert ffmpeg.version().startswith("ffmpeg version")
    clip = make_clip(tmp_path / "clip '%d -i.mp4", frames=30)
    assert ffmpeg.decode_errors(clip) == ""
    clip.write_bytes(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hosts\n")
    assert ffmpeg.decode_errors(clip) != ""
