"""Sound files: every kind is heard at its time from wherever it is begun, and nothing else is opened as one."""

from __future__ import annotations

import itertools
import os
import struct
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from made_sounds import click, decibels, peaks_at, plucked, sound_file, sounding, tone, wav

from storyboard.errors import MediaError
from storyboard.media import ffmpeg
from storyboard.media.sound_file import probe_sound, sound_from

RATE = 48_000
MILLISECOND = 0.001
# name, form, coder, rate, channels, what it decodes as, how far off a click may be
KINDS = [
    ("a.wav", "wav", "pcm_s16le", 44_100, 1, "pcm_s16le", MILLISECOND),
    ("b.wav", "wav", "pcm_s24le", 48_000, 2, "pcm_s24le", MILLISECOND),
    ("c.wav", "wav", "pcm_f32le", 96_000, 2, "pcm_f32le", MILLISECOND),
    ("d.flac", "flac", "flac", 44_100, 2, "flac", MILLISECOND),
    ("e.mp3", "mp3", "libmp3lame", 44_100, 2, "mp3float", 3 * MILLISECOND),
    ("f.mp3", "mp3", "libmp3lame", 48_000, 1, "mp3float", 3 * MILLISECOND),
    ("g.m4a", "ipod", "aac", 44_100, 2, "aac", 3 * MILLISECOND),
    ("h.m4a", "ipod", "aac", 48_000, 1, "aac", 3 * MILLISECOND),
    ("i.aac", "adts", "aac", 48_000, 2, "aac", 3 * MILLISECOND),
    ("j.opus", "ogg", "libopus", 48_000, 2, "opus", 3 * MILLISECOND),
    ("k.ogg", "ogg", "libvorbis", 44_100, 2, "vorbis", 3 * MILLISECOND),
]


def whole(path: Path, start: int = 0) -> np.ndarray:
    return np.concatenate([np.zeros((2, 0), np.float32), *sound_from(path, start)], axis=1)


def made(folder: Path, kind: tuple, wave: np.ndarray) -> Path:
    name, form, codec, rate, channels, *_ = kind
    path = folder / name
    sound = np.stack([wave] * channels)
    if codec != "libvorbis":
        return sound_file(path, sound, form, codec, rate)
    source = wav(folder / "source.wav", sound, rate)  # PyAV's wheels bring no coder for it
    command = [ffmpeg.binary(), "-v", "error", "-nostdin", "-y", "-i", source, "-c:a", codec, path]
    subprocess.run(command, check=True)
    return path


@pytest.mark.parametrize("kind", KINDS, ids=[kind[0] for kind in KINDS])
def test_every_kind_is_heard_at_its_time(kind: tuple, tmp_path: Path) -> None:
    *_, rate, channels, codec, slack = kind
    path = made(tmp_path, kind, click(6, 1, 4.5, rate=rate))
    sound = whole(path)
    assert sound.shape[0] == 2
    assert peaks_at(sound[0]) == pytest.approx([1, 4.5], abs=slack)
    facts = probe_sound(path)
    assert (facts.rate, facts.channels, facts.codec) == (rate, channels, codec)
    assert float(facts.seconds) == pytest.approx(6, abs=0.03)
    assert sound.shape[1] / RATE == pytest.approx(6, abs=0.03)


@pytest.mark.parametrize("kind", KINDS, ids=[kind[0] for kind in KINDS])
def test_wherever_it_is_begun_the_same_samples_come(kind: tuple, tmp_path: Path) -> None:
    path = made(tmp_path, kind, plucked(9, 1)[: 6 * kind[3]])
    sound = whole(path)
    for start in (1, 999, 2 * RATE + 7, 4 * RATE + 12_345):
        later = whole(path, start)
        assert later.shape[1] == sound.shape[1] - start
        assert np.abs(later - sound[:, start:]).max() < 1e-3  # AAC fills up with noise of its own
    assert not list(sound_from(path, 60 * RATE))


def test_one_channel_is_heard_in_both_as_loud_as_it_is(tmp_path: Path) -> None:
    for rate in (22_050, 44_100, 48_000):
        sound = whole(wav(tmp_path / "mono.wav", tone(1, 441, 0.5, rate), rate))
        assert np.array_equal(sound[0], sound[1])
        assert decibels(sound[0, 5_000:40_000]) == pytest.approx(20 * np.log10(0.5) - 3.01, abs=0.05)


def test_a_film_is_a_sound_too(tmp_path: Path) -> None:
    path = sounding(tmp_path / "film.mp4", click(1, 0.5))
    assert peaks_at(whole(path)[0]) == pytest.approx([0.5], abs=3 * MILLISECOND)
    assert probe_sound(path).codec == "aac"


def test_tags_and_pictures_are_passed_over(tmp_path: Path) -> None:
    plain = made(tmp_path, KINDS[5], click(1, 0.5))
    body = plain.read_bytes()
    if body[:3] == b"ID3":
        body = body[10 + int.from_bytes(body[6:10], "big") :]
    tag = b"APIC" + struct.pack(">I", 3000) + b"\0\0" + bytes(3000)
    tagged = tmp_path / "tagged.mp3"
    size = bytes(len(tag) >> shift & 0x7F for shift in (21, 14, 7, 0))
    tagged.write_bytes(b"ID3\3\0\0" + size + tag + body)
    assert peaks_at(whole(tagged)[0]) == pytest.approx([0.5], abs=3 * MILLISECOND)


TEXTS = {
    "page.mp3": (b"\n<!doctype html><title>404</title>", "a web page"),
    "list.mp3": (b"#EXTM3U\n#EXTINF:1,\nsecret.wav\n", "a playlist"),
    "list.wav": (b"ffconcat version 1.0\nfile 'secret.wav'\n", "a list of files"),
    "answer.ogg": (b'{"detail": "not found"}', "a JSON document"),
    "pointer.flac": (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"),
    "words.m4a": (b"la la la, la la", "nothing that is known here"),
    "tagged.mp3": (b"ID3\3\0\0\0\0\0\0#EXTM3U\nsecret.wav\n", "a playlist"),
    "film.mp3": (b"\x1aE\xdf\xa3" + bytes(60), "Matroska"),
    "film.wav": (b"RIFF\0\0\0\0AVI LIST", "an AVI film"),
    "utf16.mp3": ("\ufeffmusic".encode("utf-16-le"), "nothing that is known here"),
    "empty.wav": (b"", "holds nothing"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_what_only_has_a_sounds_name_is_refused_by_name(name: str, tmp_path: Path) -> None:
    wav(tmp_path / "secret.wav", tone(1, 440))
    path = tmp_path / name
    data, what = TEXTS[name]
    path.write_bytes(data)
    for ask in (probe_sound, whole):
        with pytest.raises(MediaError, match=what) as caught:
            ask(path)
        assert str(caught.value).startswith(name)


def test_what_is_no_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder.wav").mkdir()
    os.mkfifo(tmp_path / "pipe.wav")
    for name, what in (("folder.wav", "a folder"), ("pipe.wav", "device"), ("gone.wav", "is not there")):
        with pytest.raises(MediaError, match=what):
            probe_sound(tmp_path / name)


def test_a_playlist_behind_sync_bytes_opens_no_other_file(tmp_path: Path) -> None:
    """The first bytes are an mp3's, the rest names a file: the mp3 demuxer finds nothing, and looks nowhere else."""
    wav(tmp_path / "secret.wav", tone(1, 440))
    path = tmp_path / "list.mp3"
    path.write_bytes(b"\xff\xfb\n#EXTM3U\nsecret.wav\n")
    with pytest.raises(MediaError, match=r"^list\.mp3 "):
        whole(path)


@pytest.mark.parametrize("kind", KINDS, ids=[kind[0] for kind in KINDS])
def test_a_damaged_file_is_heard_in_part_or_refused_by_name(kind: tuple, tmp_path: Path) -> None:
    good = made(tmp_path, kind, plucked(2, 3)).read_bytes()
    path = tmp_path / f"damaged-{kind[0]}"
    dice = np.random.default_rng(5)
    cuts = [good[:length] for length in (1, 5, 40, 400, len(good) // 2)]
    flips = []
    for _ in range(10):
        data = bytearray(good)
        for at in dice.integers(0, len(good), 20):
            data[at] ^= 1 << int(dice.integers(0, 8))
        flips.append(bytes(data))
    for data in itertools.chain(cuts, flips):
        path.write_bytes(data)
        for ask in (probe_sound, whole):
            try:
                ask(path)
            except MediaError as error:
                assert path.name in str(error)  # noqa: PT017 - either is right, anything else is not


def test_a_coder_that_is_not_known_is_refused(tmp_path: Path) -> None:
    path = sound_file(tmp_path / "old.wav", tone(1, 440), "wav", "adpcm_ima_wav")
    with pytest.raises(MediaError, match=r"old\.wav is coded as adpcm_ima_wav: export its sound as AAC"):
        probe_sound(path)
    with pytest.raises(MediaError, match=r"old\.wav is coded as adpcm_ima_wav"):
        whole(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e30], ids=str)
def test_floats_that_are_no_sound_are_refused(value: float, tmp_path: Path) -> None:
    wave = tone(1, 440)
    wave[20_000] = value
    path = sound_file(tmp_path / "odd.wav", wave, "wav", "pcm_f32le")
    with pytest.raises(MediaError, match=r"odd\.wav holds sound beyond all measure"):
        whole(path)


def test_more_than_two_hours_are_too_much(tmp_path: Path) -> None:
    path = wav(tmp_path / "long.wav", np.zeros(4_000, np.float32), 4_000)
    length = 7_201 * 4_000 * 2
    with path.open("r+b") as file:
        file.seek(40)
        file.write(struct.pack("<I", length))
        file.truncate(44 + length)
    with pytest.raises(MediaError, match=r"long\.wav lasts more than two hours"):
        probe_sound(path)


def test_the_end_of_two_hours_is_reached_at_once(tmp_path: Path) -> None:
    """Sought, not decoded up to there: as many pieces come as lie behind the start."""
    path = wav(tmp_path / "long.wav", np.zeros(4_000, np.float32), 4_000)
    length = 7_000 * 4_000 * 2
    with path.open("r+b") as file:
        file.seek(40)
        file.write(struct.pack("<I", length))
        file.truncate(44 + length)
    assert probe_sound(path).seconds == Fraction(7_000)
    assert whole(path, 6_999 * RATE).shape[1] == RATE
