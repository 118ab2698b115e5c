"""What a clip is, counted, and judged by the ffmpeg program's words and by decoding it."""

from __future__ import annotations

import re
import subprocess
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import pytest
from clip_kinds import KINDS, made
from made_clips import make_clip

from storyboard.cut.clip import look
from storyboard.errors import MediaError
from storyboard.media import ffmpeg
from storyboard.media.colours import Colours
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


def described(path: Path) -> str:
    """What the ffmpeg program says of a file."""
    command = [ffmpeg.binary(), "-hide_banner", "-f", "mov", "-i", path]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


@pytest.mark.parametrize("kind", KINDS)
def test_the_ffmpeg_program_says_the_same(kind: str, tmp_path: Path) -> None:
    clip = made(kind, tmp_path)
    facts, told = probe(clip.path), described(clip.path)
    video, audio = facts.video, facts.audio
    [line] = [line for line in told.splitlines() if "Video:" in line]
    profile = f" ({video.profile})" if video.profile else ""
    assert f"Video: {video.codec}{profile}" in line
    assert f", {video.width}x{video.height}" in line
    assert (f"SAR {video.aspect.numerator}:{video.aspect.denominator}" in line) == (video.aspect != 1)
    assert _colours(line) == (video.pixel_format, video.colours)
    [base] = re.findall(r"(\d+)(k?) tbn", line)
    assert video.time_base == Fraction(1, int(base[0]) * (1000 if base[1] else 1))
    turned = re.search(r"rotation of (-?\d+)", told)
    assert video.rotation == (-int(turned[1]) % 360 if turned else 0)
    heard = [line for line in told.splitlines() if "Audio:" in line]
    assert len(heard) == (audio is not None)
    if audio is not None:
        assert f"Audio: {audio.codec}" in heard[0]
        assert f" {audio.rate} Hz, {audio.layout}," in heard[0]
        assert audio.channels == {"mono": 1, "stereo": 2, "5.1": 6}[audio.layout]


def _colours(line: str) -> tuple[str, Colours]:
    """Pixel format and colours of a line like `yuv420p(tv, smpte170m/bt709/bt709, progressive)`."""
    found = re.search(r", (\w+)\((?:(tv|pc), )?(?:([\w-]+)(?:/([\w-]+)/([\w-]+))?, )?progressive\)", line)
    assert found, line
    matrix = found[3] or ""
    primaries, transfer = found[4] or matrix, found[5] or matrix
    names = ["" if name == "unknown" else name for name in (primaries, transfer, matrix)]
    return found[1], Colours(found[2] or "", *names)


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_decoded_is_what_was_counted(kind: str, tmp_path: Path) -> None:
    clip = made(kind, tmp_path)
    video = probe(clip.path).video
    with av.open(str(clip.path)) as container:
        times = [frame.pts * frame.time_base for frame in container.decode(video=0)]
        stored = container.streams.video[0].frames or len(times)
    assert (video.frames, video.hidden) == (len(times), stored - len(times))
    assert video.start == times[0]
    assert float(video.seconds) == pytest.approx(
        float(clip.kind.end), abs=0.05 if clip.kind.uneven else 0.001
    )
    steps = {later - earlier for earlier, later in pairwise(times)}
    assert video.constant == (len(steps) <= 1)
    if not clip.kind.uneven:
        assert video.frame_rate == clip.kind.fps


@pytest.mark.parametrize("kind", [name for name, kind in KINDS.items() if kind.beep_at is not None])
def test_when_sound_begins_and_ends(kind: str, tmp_path: Path) -> None:
    """As its packets say, to a packet: of a coder's warm-up nothing counts."""
    clip = made(kind, tmp_path)
    audio = probe(clip.path).audio
    with av.open(str(clip.path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
        first, last = packets[0].pts * packets[0].time_base, packets[-1].pts * packets[-1].time_base
    assert audio is not None
    assert audio.packets == len(packets)
    assert audio.start == max(0, first)
    assert last < audio.start + audio.seconds <= last + Fraction(1152, audio.rate)


def test_hours_of_plain_sound_are_no_harm(tmp_path: Path) -> None:
    """Four million samples that are not compressed, each a line of the index if one would write it out."""
    path = tmp_path / "long.mov"
    pictures = ["-f", "lavfi", "-i", "color=s=64x36:r=1:d=502"]
    sound = ["-f", "lavfi", "-i", "sine=r=8000:d=502"]
    coding = ["-c:v", "libx264", "-preset", "ultrafast", "-c:a", "pcm_mulaw"]
    subprocess.run([ffmpeg.binary(), "-v", "error", *pictures, *sound, *coding, path], check=True)
    facts = probe(path)
    assert (facts.seconds, facts.audio.codec, facts.audio.seconds) == (502, "pcm_mulaw", 502)
    assert look(path).unusual == "its sound is long and not compressed"
    path.write_bytes(path.read_bytes()[:1000] + path.read_bytes()[-20_000:])
    with pytest.raises(MediaError, match=r"long\.mov"):
        probe(path)


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
