"""A scratch voice: said where the subtitles are, in a voice for each speaker, by a program that is not trusted."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from an_animatic import animatic, edited, film, segments, spans, stills
from made_clips import wave_of
from made_sounds import tone, wav

from storyboard.cli.machine import machine
from storyboard.errors import MediaError
from storyboard.media import speech
from storyboard.media.speech import Voice, language_of, say, voice_of

__all__ = ["film", "stills"]  # fixtures

RATE = 48_000
HIGH = 5_000  # Hz, of the music: hardly anything of a voice is there
ESPEAK = shutil.which("espeak-ng")
needs_espeak = pytest.mark.skipif(
    ESPEAK is None, reason="not proved on this machine: there is no espeak-ng (apt install espeak-ng)"
)
if_scripts_run = pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")


def loud(wave: np.ndarray, begin: float, end: float) -> float:
    part = wave[round(begin * RATE) : round(end * RATE)]
    return float(np.sqrt(np.mean(part**2)))


@needs_espeak
def test_every_line_is_heard_where_its_subtitle_is_and_nowhere_else(film: Path) -> None:
    said = animatic(film, "--scratch-voice")
    assert "sound:" not in said, "every line has the time that it takes"
    wave = wave_of(film / "animatic.mp4")
    listed = spans(film)
    silent = np.ones(wave.size, bool)
    for begin, end, words in listed:
        assert loud(wave, float(begin), float(min(end, begin + 1))) > 0.01, words
        silent[round(begin * RATE) - 400 : round(end * RATE) + 400] = False
    assert silent.mean() > 0.15
    assert np.abs(wave[silent]).max() < 0.01
    kept = segments(film)
    animatic(film, "--scratch-voice")
    assert segments(film) == kept


@pytest.mark.long
@needs_espeak
def test_music_gives_way_to_a_scratch_voice_as_it_does_to_clips(film: Path) -> None:
    wav(film / "music.wav", tone(12, HIGH, 0.2))
    edited(film, "  title: ", "  sound: [{file: music.wav, at: 0, duck: 12}]\n  title: ")
    loudness = []
    for arguments in ((), ("--scratch-voice",)):
        animatic(film, *arguments)
        wave = wave_of(film / "animatic.mp4")
        loudness.append([abs(_at(wave, HIGH, when)) for when in (0.3, 2.0)])
    (title, scene), (title_too, spoken) = loudness
    assert title == pytest.approx(title_too, rel=0.1)
    assert spoken / scene == pytest.approx(10 ** (-12 / 20), rel=0.15)


def _at(wave: np.ndarray, pitch: float, when: float) -> complex:
    """The part of a sound that has a pitch, in a fifth of a second."""
    part = wave[round(when * RATE) :][: RATE // 5]
    turns = np.exp(-2j * np.pi * pitch * np.arange(part.size) / RATE)
    return complex((part * turns).mean())


@pytest.mark.long
@needs_espeak
def test_a_line_that_takes_longer_than_it_has_is_told_and_cut_off(film: Path) -> None:
    edited(
        film,
        "bob: far away",
        "bob: " + "far away, beyond the hills and over the sea and farther than that, " * 3,
    )
    said = animatic(film, "--scratch-voice")
    assert 'sound: c: "far away, beyond the hills and over the sea and …" takes ' in said
    assert "and has 3.0 s: it is cut off. Make the line shorter or the shot longer." in said
    assert abs(len(wave_of(film / "animatic.mp4")) / RATE - float(spans(film)[-1][1])) < 0.1


def test_a_voice_is_the_speakers_own_and_stays() -> None:
    assert voice_of("Ann", "hello") == voice_of("ann", "good bye")
    voices = {voice_of(name, "hello") for name in ("Ann", "Bob", "Ines", "Tom", "Mara", "the potter", "华强")}
    assert len(voices) == 7
    english, chinese = voice_of("Ann", "hello"), voice_of("Ann", "你好")
    assert chinese == Voice("cmn", english.variant, english.pitch)


@pytest.mark.parametrize(
    ("words", "language"),
    [("hello", "de"), ("那个开车的人", "cmn"), ("お元気ですか", "ja"), ("안녕", "ko"), ("Привет, Tom", "ru"),
     ("مرحبا", "ar"), ("γειά", "el"), ("नमस्ते", "hi"), ("…", "de"), ("", "de")],
)  # fmt: skip
def test_the_language_is_told_by_the_script(words: str, language: str) -> None:
    assert language_of(words, "de") == language


@pytest.mark.usefixtures("programs")
def test_without_the_program_the_animatic_is_made_and_says_so(film: Path) -> None:
    said = animatic(film, "--scratch-voice")
    assert (
        "sound: no scratch voice, as espeak-ng is not on this machine: install it (Debian, Ubuntu: apt"
        in said
    )
    assert (film / "animatic.mp4").exists()


def test_the_doctor_says_whether_the_program_is_there(programs: Callable[..., None]) -> None:
    assert machine_says("voice") == ("note", True)
    programs("", says="'eSpeak NG text-to-speech: 1.99  Data at: /x'")
    speech.version.cache_clear()
    assert machine_says("voice") == ("ok", False)


def machine_says(name: str) -> tuple[str, bool]:
    """The doctor's level, and whether it names a cure."""
    [found] = [each for each in machine() if each.name == name]
    return found.level, found.cure == speech.CURE


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """A machine on which there is no espeak-ng, until one is written as a script."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    speech.version.cache_clear()
    monkeypatch.setattr(speech, "PATIENCE", 0.5)

    def write(script: str, says: str = "'fake 1'") -> None:
        path = folder / "espeak-ng"
        version = f"if '--version' in sys.argv: print({says}); sys.exit()"
        path.write_text(
            f"#!{sys.executable}\nimport json, os, sys, time, pathlib\n{version}\n{script}", encoding="utf-8"
        )
        path.chmod(0o755)

    yield write
    speech.version.cache_clear()


@if_scripts_run
def test_words_reach_the_program_by_its_standard_input_alone(
    tmp_path: Path, programs: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "secret")
    log = tmp_path / "log.json"
    programs(
        f"pathlib.Path({str(log)!r}).write_text(json.dumps([sys.argv[1:], sys.stdin.read(), dict(os.environ)]))\n"
        "pathlib.Path(sys.argv[-1]).write_bytes(b'RIFF')\n"
    )
    hostile = "-v x; $(touch /tmp/x) `id` [[h@']] <mark/> \x00\x1b[31m\ud800 \nnext"
    say(hostile, Voice("en", "m1", 50), 165, tmp_path / "line.wav")
    arguments, words, environment = json.loads(log.read_text())
    assert arguments[:-1] == ["-v", "en+m1", "-p", "50", "-s", "165", "-z", "-b", "1", "--stdin", "-w"]
    assert Path(arguments[-1]).parent == tmp_path
    assert words == "-v x; $(touch /tmp/x) `id` (h@') <mark/> [31m? next"
    assert "secret" not in json.dumps(environment)


@if_scripts_run
def test_who_asks_the_program_what_it_is_tells_it_nothing(
    programs: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "secret")
    programs("pass", says="sorted(os.environ)")
    assert "FAL_KEY" not in (speech.version() or "FAL_KEY")


@if_scripts_run
@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("time.sleep(60)", "espeak-ng did not finish within 0.5 s and was stopped"),
        ("sys.exit('there is no such voice')", "espeak-ng failed: there is no such voice"),
        ("sys.exit(3)", "espeak-ng failed: exit code 3"),
        ("pass", "there is nothing in it to be said"),
    ],
)
def test_a_program_that_fails_is_told_for_its_line(
    script: str, told: str, tmp_path: Path, programs: Callable[[str], None]
) -> None:
    programs(script)
    with pytest.raises(MediaError, match=told):
        say("hello", Voice("en", "m1", 50), 165, tmp_path / "line.wav")
    assert not list(tmp_path.glob("*.wav"))


@pytest.mark.long
@if_scripts_run
def test_what_is_no_sound_is_told_and_the_film_is_made(film: Path, programs: Callable[[str], None]) -> None:
    programs("pathlib.Path(sys.argv[-1]).write_text('<html>')")
    said = animatic(film, "--scratch-voice")
    assert said.count("is not said: ") == 7
    assert (film / "animatic.mp4").exists()
