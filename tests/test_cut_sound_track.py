"""The sound of a cut as files: as loud as asked, its peaks held, in segments that join as if there were none."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sounds import RATE, click, decibels, plucked, sounding, stereo_of, tone, wav
from mixes import RATES, all_of, content, heard, of_clips, of_cue
from msgspec.structs import replace

from storyboard.cut.clip import frame_numbers, look
from storyboard.cut.level import UNASKED, finished, level_of
from storyboard.cut.mix import Cue, Mix
from storyboard.cut.sound_track import render_mix, segment_frames, sound_segments
from storyboard.cut.splice import Picture
from storyboard.cut.write import write_cut
from storyboard.errors import MediaError
from storyboard.media import ffmpeg
from storyboard.media.encode import BLOCK, samples_of
from storyboard.media.loudness import limited, true_peak

# Loudness


def judged(path: Path) -> tuple[float, float]:
    """Integrated loudness and true peak of a file, as the ffmpeg program finds them."""
    command = [
        ffmpeg.binary(),
        "-nostdin",
        "-hide_banner",
        "-i",
        path,
        "-af",
        "ebur128=peak=true",
        "-f",
        "null",
        "-",
    ]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stderr
    summary = said[said.rindex("Summary:") :]
    loudness = re.search(r"I:\s+(\S+) LUFS", summary)
    peak = re.search(r"Peak:\s+(\S+) dBFS", summary)
    assert loudness
    assert peak
    return float(loudness[1]), float(peak[1])


@pytest.mark.parametrize("target", ["-14", "-23"])
@pytest.mark.parametrize("gain", ["-30", "-12", "0"])
def test_a_cut_is_brought_to_its_loudness(target: str, gain: str, tmp_path: Path) -> None:
    path = wav(tmp_path / "music.wav", plucked(12, 4))
    remarks = render_mix(
        of_cue(path, 12, gain_db=Decimal(gain), loudness=Decimal(target)), tmp_path / "mix.mp4"
    )
    loudness, peak = judged(tmp_path / "mix.mp4")
    assert loudness == pytest.approx(float(target), abs=0.5)
    assert peak <= -1 + 0.5  # what the coder adds
    assert remarks == ()


def test_without_room_to_measure_in_nothing_is_guessed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "gone"))
    mix = of_cue(wav(tmp_path / "tone.wav", tone(2, 440)), 2, loudness=Decimal(-14))
    with pytest.raises(MediaError, match=r"could not be measured: see that there is space in .*gone"):
        render_mix(mix, tmp_path / "mix.mp4")


def test_silence_is_left_as_it_is_and_told(tmp_path: Path) -> None:
    clip = sounding(tmp_path / "clip.mp4", np.zeros(RATE, np.float32))
    [remark] = render_mix(of_clips(heard(clip, 0, 24), loudness=Decimal(-14)), tmp_path / "mix.mp4")
    assert remark.startswith("The cut is too quiet or too short for its loudness to be measured")
    assert remark.endswith("not brought to -14 LUFS.")
    assert not stereo_of(tmp_path / "mix.mp4").any()


def test_what_can_only_be_reached_by_pressing_peaks_is_told(tmp_path: Path) -> None:
    """Quiet music and a loud bang: at -14 the bang is far too high."""
    wave = plucked(8, 1) / 20 + np.pad(tone(0.02, 300, 0.9), (RATE, 7 * RATE - 960))
    path = wav(tmp_path / "bang.wav", wave)
    [remark] = render_mix(of_cue(path, 8, loudness=Decimal(-14)), tmp_path / "mix.mp4")
    assert re.match(r"At -14 LUFS the highest peaks of the cut are pressed down by \d+\.\d dB", remark)
    loudness, peak = judged(tmp_path / "mix.mp4")
    assert loudness == pytest.approx(-14, abs=0.5)
    assert peak <= -0.5


def test_what_can_not_be_reached_is_told(tmp_path: Path) -> None:
    """Nothing but clicks: pressed as they may be, there is too little in them."""
    path = wav(tmp_path / "clicks.wav", click(6, *(0.25 + 0.5 * n for n in range(11))))
    [remark] = render_mix(of_cue(path, 6, loudness=Decimal(-9)), tmp_path / "mix.mp4")
    assert re.match(
        r"The cut is at -\d+\.\d LUFS, not at -9: .* Use sound that is more even, or ask for less\.", remark
    )
    assert judged(tmp_path / "mix.mp4")[1] <= -0.5


def test_without_a_loudness_only_what_would_be_cut_off_is_turned_down(tmp_path: Path) -> None:
    quiet = of_cue(wav(tmp_path / "quiet.wav", plucked(3, 1)), 3)
    assert np.array_equal(finished(quiet, UNASKED, 0, quiet.samples), all_of(quiet))
    loud = of_cue(wav(tmp_path / "loud.wav", plucked(3, 1)), 3, gain_db=Decimal(9))
    assert true_peak(all_of(loud)) > 2
    assert true_peak(finished(loud, UNASKED, 0, loud.samples)) <= 1.001
    assert level_of(loud, tmp_path) == (UNASKED, ())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 1_000), st.floats(0.1, 1.0), st.floats(0.5, 8))
def test_no_peak_passes_the_limiter(seed: int, ceiling: float, loud: float) -> None:
    dice = np.random.default_rng(seed)
    wave = loud * dice.standard_normal((2, 9_000)) * (dice.random(9_000) > 0.99)
    wave += loud * tone(9_000 / RATE, dice.integers(50, 15_000), 0.5)
    pressed = limited(wave.astype(np.float32), ceiling)
    assert np.abs(pressed).max() <= ceiling * 1.0001
    assert true_peak(pressed) <= ceiling * 1.06  # half a dB: gain moves between samples too
    assert np.abs(pressed).max() > ceiling * 0.5


# Segments


def film(path: Path, frames: int, fps: Fraction) -> Picture:
    with av.open(str(path), "w", format="mp4") as container:
        video = container.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        video.width, video.height, video.pix_fmt = 64, 64, "yuv420p"
        video.codec_context.time_base = 1 / fps
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), number % 200, np.uint8), format="rgb24")
            frame.pts, frame.time_base = number, 1 / fps
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
    clip = look(path)
    assert clip.video is not None
    numbers = frame_numbers(clip.video, fps)
    assert numbers is not None
    return Picture(clip, clip.video, numbers, 0)


@pytest.mark.parametrize(
    "fps", [pytest.param(Fraction(24), marks=pytest.mark.long), Fraction(30_000, 1001)], ids=str
)
def test_segments_are_joined_as_if_there_were_none(fps: Fraction, tmp_path: Path) -> None:
    """The noise that coding adds is nowhere more, at the joins, than in one piece."""
    path = wav(tmp_path / "music.wav", plucked(50, 9))
    mix = Mix((), (Cue(path, content(path), Fraction(0)),), (), round(50 * fps), fps)
    track = sound_segments(mix, tmp_path / "segments")
    assert [sound.first for sound in track.sounds] == list(range(0, mix.frames, segment_frames(fps)))
    assert [sound.end for sound in track.sounds] == [*(sound.first for sound in track.sounds[1:]), mix.frames]
    write_cut(
        [film(tmp_path / "film.mp4", mix.frames, fps)], track.sounds, fps, tmp_path / "cut.mp4", "a cut"
    )
    render_mix(mix, tmp_path / "one.mp4")
    planned = all_of(mix)
    joined, whole = (
        stereo_of(tmp_path / name)[:, : mix.samples] - planned for name in ("cut.mp4", "one.mp4")
    )
    joins = [samples_of(sound.first, fps) for sound in track.sounds[1:]]
    assert len(joins) >= 2
    for join in joins:
        near = slice(join - 4 * BLOCK, join + 4 * BLOCK)
        assert np.abs(joined[:, near]).max() < max(0.015, 3 * np.abs(whole[:, near]).max())
        assert decibels(joined[:, near]) < max(-46, decibels(whole[:, near]) + 6)
    assert decibels(joined) < decibels(whole) + 3
    assert ffmpeg.decode_errors(tmp_path / "cut.mp4") == ""


def test_only_what_changed_is_made_again(tmp_path: Path) -> None:
    clips = [sounding(tmp_path / f"{n}.mp4", tone(5, 200 + 40 * n)) for n in range(2)]
    row = [heard(clips[n % 2], n * 114, n * 114 + 120) for n in range(20)]
    folder = tmp_path / "segments"
    first = sound_segments(of_clips(*row), folder)
    made = set(folder.iterdir())
    assert len(first.sounds) == len(made) == 6
    told = []
    assert sound_segments(of_clips(*row), folder, lambda: told.append(1)) == first
    assert (set(folder.iterdir()), told) == (made, [])
    row[8] = replace(row[8], sha256="another take")
    second = sound_segments(of_clips(*row), folder, lambda: told.append(1))
    assert len(set(folder.iterdir()) - made) == len(told) == 1
    assert sum(a == b for a, b in zip(first.sounds, second.sounds, strict=True)) == 5


def test_a_harmed_segment_is_made_again(tmp_path: Path) -> None:
    mix = of_cue(wav(tmp_path / "tone.wav", tone(2, 440)), 2, loudness=Decimal(-20))
    first = sound_segments(mix, tmp_path / "segments")
    for path in (tmp_path / "segments").iterdir():
        path.write_bytes(path.read_bytes()[:20])
    assert sound_segments(mix, tmp_path / "segments") == first


@pytest.mark.parametrize("fps", [*RATES, Fraction(12), Fraction(15), Fraction(48), Fraction(120)], ids=str)
def test_a_segment_lasts_whole_frames_and_whole_blocks(fps: Fraction) -> None:
    length = segment_frames(fps) * RATE / fps
    assert length == samples_of(segment_frames(fps), fps)
    assert length % BLOCK == 0
    assert 10 < length / RATE < 22


PEAK = """
import resource, sys
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from storyboard.cut.mix import Heard, Mix, in_a_row
from storyboard.cut.sound_track import render_mix, sound_segments
clip, count, out = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
row = in_a_row([Heard(clip, str(n % 7), 0, 42 * n, 42 * n + 48) for n in range(count)], Fraction(24))
mix = Mix(row, (), (), 42 * count + 6, Fraction(24), Decimal(-23))
if sys.argv[4] == "segments":
    sound_segments(mix, out)
else:
    render_mix(mix, out / "mix.mp4")
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.long
@pytest.mark.parametrize("how", ["segments", "whole"])
def test_memory_does_not_grow_with_the_number_of_clips(how: str, tmp_path: Path) -> None:
    clip = sounding(tmp_path / "clip.mp4", plucked(2, 3))
    peaks = []
    for count in (20, 200):
        command = [sys.executable, "-c", PEAK, str(clip), str(count), str(tmp_path / str(count)), how]
        peaks.append(int(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
    assert peaks[1] / peaks[0] < 1.2, peaks
