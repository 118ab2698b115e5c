"""The mix of a cut: each sound at its place and as loud as asked, crossing without a dip, joined without a click."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from made_sounds import RATE, click, decibels, noise, peaks_at, sounding, stereo_of, tone, wav
from mixes import FPS, RATES, all_of, heard, of_clips, of_cue
from msgspec.structs import replace

from storyboard.cut.clip import look_at_sound
from storyboard.cut.mix import Cue, Heard, Mix, ducked, in_a_row, mix_key, part_key
from storyboard.cut.mixing import _duck, _fade
from storyboard.cut.sound_track import render_mix
from storyboard.errors import MediaError
from storyboard.media.encode import BLOCK, samples_of
from storyboard.media.stereo import INSTANT

MILLISECOND = 0.001


# Clips


def test_each_clip_is_heard_at_its_place(tmp_path: Path) -> None:
    """As long as the picture, to the sample; a clip twice, from within it, and after a gap."""
    one = sounding(tmp_path / "one.mp4", click(2, 0.5, 1.5))
    two = sounding(tmp_path / "two.mp4", click(2, 0.25))
    mix = of_clips(heard(one, 0, 48), heard(two, 48, 96), heard(one, 101, 125, source=24))
    path = tmp_path / "mix.mp4"
    assert render_mix(mix, path) == ()
    sound = stereo_of(path)
    assert peaks_at(sound[0]) == pytest.approx([0.5, 1.5, 2.25, 101 / 24 + 0.5], abs=MILLISECOND)
    track = look_at_sound(path).sound
    assert track is not None
    assert track.length - BLOCK == samples_of(125, FPS)  # a packet is the coder's warm-up


@pytest.mark.parametrize("fps", RATES, ids=str)
def test_frames_are_heard_where_they_are_seen_at_any_rate(fps: Fraction, tmp_path: Path) -> None:
    """Frame 10 of the clip at frame 7 of the cut."""
    clip = sounding(tmp_path / "clip.mp4", click(1, float(20 / fps)), fps=fps)
    mix = of_clips(heard(clip, 7, 30, source=10), fps=fps)
    assert peaks_at(all_of(mix)[0]) == pytest.approx([float(17 / fps)], abs=MILLISECOND)


def test_one_channel_and_other_rates_take_their_place(tmp_path: Path) -> None:
    mono = sounding(tmp_path / "mono.mp4", click(1, 0.5, rate=44_100), rate=44_100)
    stereo = sounding(tmp_path / "stereo.mp4", np.stack([click(1, 0.5), click(1, 0.75)]))
    sound = all_of(of_clips(heard(mono, 0, 24), heard(stereo, 24, 48)))
    assert peaks_at(sound[0]) == pytest.approx([0.5, 1.5], abs=MILLISECOND)
    assert peaks_at(sound[1]) == pytest.approx([0.5, 1.75], abs=MILLISECOND)
    assert np.abs(sound[:, :RATE]).max(axis=1) == pytest.approx([0.8, 0.8], abs=0.05)


def test_a_clip_without_sound_or_with_too_little_is_silent(tmp_path: Path) -> None:
    short = sounding(tmp_path / "short.mp4", tone(1, 440))
    sound = all_of(of_clips(heard(short, 0, 48)))
    assert decibels(sound[:, 10_000:40_000]) > -20
    assert not sound[:, RATE + 3 * BLOCK :].any()


def test_sounds_cross_at_equal_power(tmp_path: Path) -> None:
    one = sounding(tmp_path / "one.mp4", noise(3, 1))
    two = sounding(tmp_path / "two.mp4", noise(3, 2))
    sound = all_of(of_clips(heard(one, 0, 72), heard(two, 48, 120)))
    steps = [decibels(sound[:, at : at + 4_800]) for at in range(4_800, 5 * RATE - 9_600, 4_800)]
    assert max(steps) - min(steps) < 1


def test_hard_joins_do_not_click(tmp_path: Path) -> None:
    """Tones cut off at their peak: the step between samples stays what the tones have themselves."""
    one = sounding(tmp_path / "one.mp4", tone(2, 225.25 / 1.125, 0.5))
    two = sounding(tmp_path / "two.mp4", -tone(2, 68.25 * 24 / 5, 0.5))
    row = (heard(one, 0, 24, source=3), heard(two, 24, 48, source=5))
    soft = all_of(of_clips(*row))[:, RATE - 2_000 : RATE + 2_000]
    hard = all_of(replace(of_clips(*row), heard=row))[:, RATE - 2_000 : RATE + 2_000]
    assert np.abs(np.diff(hard)).max() > 0.2
    assert np.abs(np.diff(soft)).max() < 0.04
    assert np.abs(soft - hard)[:, : 2_000 - INSTANT].max() == 0


def test_a_clip_that_goes_on_is_not_faded(tmp_path: Path) -> None:
    clip = sounding(tmp_path / "clip.mp4", tone(2, 440))
    parted = of_clips(heard(clip, 0, 17), heard(clip, 17, 30, source=17), heard(clip, 30, 48, source=30))
    assert parted == of_clips(heard(clip, 0, 48))
    jumped = of_clips(heard(clip, 0, 17), heard(clip, 17, 30, source=18))
    assert [each.fade_out for each in jumped.heard] == [INSTANT, INSTANT]


def test_a_clip_that_can_not_be_decoded_is_named(tmp_path: Path) -> None:
    clip = sounding(tmp_path / "clip.mp4", tone(1, 440))
    data = clip.read_bytes()
    begin, end = data.index(b"mdat") + 4, data.index(b"moov") - 4
    clip.write_bytes(data[:begin] + b"\xff" * (end - begin) + data[end:])
    with pytest.raises(
        MediaError, match=r"The sound of clip\.mp4 can't be decoded .*The cut was not touched"
    ):
        render_mix(of_clips(heard(clip, 0, 24)), tmp_path / "mix.mp4")
    assert not (tmp_path / "mix.mp4").exists()


def test_a_clip_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"gone\.mp4 is not there"):
        render_mix(of_clips(heard(tmp_path / "gone.mp4", 0, 24)), tmp_path / "mix.mp4")


# Cues


@pytest.mark.parametrize("gain", ["0", "-6", "-20.5", "3"])
def test_a_cue_is_as_loud_as_asked(gain: str, tmp_path: Path) -> None:
    path = wav(tmp_path / "tone.wav", tone(2, 440, 0.25))
    sound = all_of(of_cue(path, 2, gain_db=Decimal(gain)))
    expected = 20 * np.log10(0.25) - 3.01 + float(gain)
    assert decibels(sound[:, RATE // 2 : RATE]) == pytest.approx(expected, abs=0.05)
    render_mix(of_cue(path, 2, gain_db=Decimal(gain)), tmp_path / "mix.mp4")
    assert decibels(stereo_of(tmp_path / "mix.mp4")[:, RATE // 2 : RATE]) == pytest.approx(expected, abs=0.1)


@pytest.mark.parametrize("rate", [44_100, 48_000])
def test_a_cue_begins_where_it_is_told_and_from_where(rate: int, tmp_path: Path) -> None:
    path = wav(tmp_path / "clicks.wav", click(5, 1, 2, 3, 4, rate=rate), rate)
    mix = of_cue(path, 4, first=Fraction(3, 4), source=Fraction(3, 2), length=Fraction(2))
    render_mix(mix, tmp_path / "mix.mp4")
    assert peaks_at(stereo_of(tmp_path / "mix.mp4")[0]) == pytest.approx([1.25, 2.25], abs=MILLISECOND)


def test_a_cue_fades_in_and_out(tmp_path: Path) -> None:
    path = wav(tmp_path / "tone.wav", tone(5, 1000, 0.5))
    mix = of_cue(path, 5, first=Fraction(1), length=Fraction(3), fade_in=Fraction(1), fade_out=Fraction(1, 2))
    sound = all_of(mix)
    full = decibels(sound[:, round(2.2 * RATE) : 3 * RATE])
    level = {
        at: decibels(sound[:, round(at * RATE) - 480 : round(at * RATE) + 480]) - full for at in (1.5, 3.75)
    }
    assert level == pytest.approx({1.5: -3, 3.75: -3}, abs=0.2)
    assert not sound[:, :RATE].any()
    assert not sound[:, 4 * RATE :].any()
    assert np.abs(sound[:, RATE : RATE + 48]).max() < 0.01
    assert np.abs(sound[:, 4 * RATE - 48 : 4 * RATE]).max() < 0.01


def test_a_cue_that_is_longer_than_the_cut_fades_at_its_end(tmp_path: Path) -> None:
    path = wav(tmp_path / "tone.wav", tone(9, 1000, 0.5))
    sound = all_of(of_cue(path, 3, fade_out=Fraction(1)))
    assert np.abs(sound[:, -48:]).max() < 0.01
    assert decibels(sound[:, round(2.49 * RATE) : round(2.51 * RATE)]) == pytest.approx(-9.03 - 3, abs=0.2)
    shorter = all_of(of_cue(wav(tmp_path / "short.wav", tone(2, 1000, 0.5)), 3, fade_out=Fraction(1)))
    assert np.abs(shorter[:, 2 * RATE - 48 : 2 * RATE]).max() < 0.01
    assert not shorter[:, 2 * RATE :].any()


def test_a_cue_that_begins_after_its_file_is_refused(tmp_path: Path) -> None:
    path = wav(tmp_path / "tone.wav", tone(1, 440))
    with pytest.raises(
        MediaError, match=r"tone\.wav lasts 1\.00 s and is to be heard from 4\.00 s on: begin earlier"
    ):
        render_mix(of_cue(path, 3, source=Fraction(4)), tmp_path / "mix.mp4")


def test_a_cue_gives_way_under_dialogue(tmp_path: Path) -> None:
    """12 dB less while somebody speaks, even ramps in dB before and after."""
    path = wav(tmp_path / "tone.wav", tone(6, 1000, 0.5))
    mix = of_cue(path, 6, spoken=((48, 72),), duck_db=Decimal(12))
    sound = all_of(mix)

    def level(at: float) -> float:
        return decibels(sound[:, round(at * RATE) - 240 : round(at * RATE) + 240]) + 9.03

    times = (1.7, 1.875, 2.05, 2.95, 3.25, 3.55)
    assert [level(at) for at in times] == pytest.approx([0, -6, -12, -12, -6, 0], abs=0.3)
    assert np.abs(np.diff(sound)).max() < 0.5 * 2 * np.pi * 1000 / RATE * 1.01
    assert np.array_equal(
        all_of(replace(mix, cues=(replace(mix.cues[0], duck_db=Decimal(0)),))), all_of(of_cue(path, 6))
    )


def test_dialogue_that_pauses_for_a_breath_goes_on() -> None:
    mix = Mix((), (), ((100, 110), (24, 48), (60, 72), (47, 50)), 240, FPS)
    assert ducked(mix) == ((RATE, 3 * RATE), (samples_of(100, FPS), samples_of(110, FPS)))


# Laws of the plan


@st.composite
def rows(draw: st.DrawFn) -> tuple[tuple[Heard, ...], Fraction]:
    """Stretches one after another: some overlap, some leave a gap, some go on."""
    row: list[Heard] = []
    at = draw(st.integers(0, 5))
    for number in range(draw(st.integers(1, 8))):
        length = draw(st.integers(30, 90))
        name = draw(st.sampled_from("abc"))
        source = draw(st.integers(0, 20))
        if row and draw(st.booleans()) and row[-1].end == at:
            name, source = row[-1].sha256, row[-1].source + row[-1].end - row[-1].first
        row.append(Heard(Path(name), name, source, at, at + length))
        at += length + draw(st.sampled_from([0, 0, -12, -7, -1, 3]))
        assert number >= 0
    return tuple(row), draw(st.sampled_from(RATES))


@settings(max_examples=100, deadline=None)
@given(rows())
def test_every_sample_is_covered_as_planned(drawn: tuple[tuple[Heard, ...], Fraction]) -> None:
    """The powers of all stretches add up to one wherever a clip is seen, but for the instants at hard joins; to none
    in gaps."""
    row, fps = drawn
    planned = in_a_row(row, fps)
    power = np.zeros(samples_of(row[-1].end, fps))
    for each in planned:
        begin, end = samples_of(each.first, fps), samples_of(each.end, fps)
        ones = np.ones((2, end - begin), np.float32)
        _fade(ones, 0, end - begin, each.fade_in, each.fade_out)
        power[begin:end] += np.square(ones[0], dtype=np.float64)
    covered, instant = np.zeros(power.size, bool), np.zeros(power.size, bool)
    for each in row:
        covered[samples_of(each.first, fps) : samples_of(each.end, fps)] = True
    for each in planned:
        begin, end = samples_of(each.first, fps), samples_of(each.end, fps)
        instant[begin : begin + INSTANT] |= each.fade_in == INSTANT
        instant[max(0, end - INSTANT) : end] |= each.fade_out == INSTANT
    assert np.abs(power[covered & ~instant] - 1).max(initial=0) < 1e-4
    assert power.max() < 1 + 1e-4
    assert not power[~covered].any()
    assert sum(each.end - each.first for each in planned) == sum(each.end - each.first for each in row)


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 4_000),
    st.integers(0, 4_000),
    st.integers(0, 3_000),
    st.integers(0, 3_000),
    st.lists(st.integers(1, 3_999)),
)
def test_fades_and_ducking_are_the_same_in_pieces(
    length: int, speech: int, fade_in: int, fade_out: int, cuts: list[int]
) -> None:
    """However a stretch is cut into pieces: nothing depends on where one begins."""
    low = ((speech * 20, speech * 20 + 3_000),)
    whole = np.ones((2, length), np.float32)
    _fade(whole, 0, length, fade_in, fade_out)
    _duck(whole, 0, Decimal(9), low)
    edges = sorted({0, length, *(cut for cut in cuts if cut < length)})
    pieces = []
    for begin, end in pairwise(edges):
        piece = np.ones((2, end - begin), np.float32)
        _fade(piece, begin, length, fade_in, fade_out)
        _duck(piece, begin, Decimal(9), low)
        pieces.append(piece)
    assert np.array_equal(np.concatenate(pieces, axis=1), whole)


def test_the_key_of_a_part_holds_what_is_heard_in_it_and_no_more() -> None:
    path = Path("m")
    cue = Cue(path, "m", Fraction(2), length=Fraction(100), fade_out=Fraction(3), duck_db=Decimal(6))
    row = in_a_row([Heard(path, str(n), 0, 240 * n, 240 * n + 250) for n in range(12)], FPS)
    mix = Mix(row, (cue,), ((500, 520),), 2890, FPS)
    begin, end = 10 * RATE, 20 * RATE
    key = part_key(mix, begin, end)
    far = (
        replace(mix, heard=(*row[:5], replace(row[5], sha256="x"), *row[6:])),
        replace(mix, heard=row[:6], frames=1450),
        replace(mix, spoken=((500, 520), (900, 940))),
        replace(mix, cues=(replace(cue, length=Fraction(110)),)),
        replace(mix, cues=(replace(cue, length=None),)),
        replace(mix, cues=(replace(cue, path=Path("elsewhere")),)),
        replace(mix, cues=(cue, Cue(path, "n", Fraction(25)))),
    )
    near = (
        replace(mix, heard=(row[0], replace(row[1], sha256="x"), *row[2:])),
        replace(mix, heard=(row[0], replace(row[1], fade_in=7), *row[2:])),
        replace(mix, spoken=((485, 520),)),
        replace(mix, cues=(replace(cue, length=Fraction(19)),)),
        replace(mix, cues=(replace(cue, gain_db=Decimal(1)),)),
        replace(mix, cues=(cue, Cue(path, "n", Fraction(19)))),
        replace(mix, frames=470),
    )
    assert [part_key(each, begin, end) == key for each in far] == [True] * len(far)
    assert [part_key(each, begin, end) != key for each in near] == [True] * len(near)
    assert [mix_key(each) != mix_key(mix) for each in (*far[:5], *near)] == [True] * 12
    assert mix_key(replace(mix, loudness=Decimal(-14))) != mix_key(mix)
