"""Lines read aloud by espeak-ng, where that is installed: a scratch voice, to hear how long a line takes.

The words go to its standard input, never into a command line; what it may know of this machine is its data's folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.clusters import cleaned, script
from storyboard.media.encode import written_whole
from storyboard.media.ffmpeg import KEPT

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = "espeak-ng"
CURE = "install it (Debian, Ubuntu: apt install espeak-ng; macOS: brew install espeak-ng)"
SPEEDS = (165, 260)  # words a minute: as people talk, and as fast as anybody follows
PATIENCE = 30.0  # seconds that one line may take to make
MOST_CHARACTERS = 1_000
VARIANTS = ("m1", "f2", "m3", "f4", "m7", "f5", "m2", "f1", "m4", "f3")  # of the program: deep, high, breathy
PITCHES = (36, 44, 52, 60)
LATIN = "en"
# What is most often written in a script; a letter of Japanese's own decides before Chinese.
LANGUAGES = {
    "HIRAGANA": "ja", "KATAKANA": "ja", "HANGUL": "ko", "CJK": "cmn", "CYRILLIC": "ru", "GREEK": "el", "ARABIC": "ar",
    "HEBREW": "he", "DEVANAGARI": "hi", "BENGALI": "bn", "TAMIL": "ta", "TELUGU": "te", "GUJARATI": "gu",
    "GURMUKHI": "pa", "KANNADA": "kn", "MALAYALAM": "ml", "SINHALA": "si", "ARMENIAN": "hy", "GEORGIAN": "ka",
    "ETHIOPIC": "am", "THAI": "th", "MYANMAR": "my",
}  # fmt: skip


class Voice(Struct, frozen=True):
    """A language as the program calls it, a speaker's own variant, and how high it is, of 99."""

    language: str
    variant: str
    pitch: int


def voice_of(speaker: str, words: str, latin: str = LATIN) -> Voice:
    """The speaker's, the same whatever else is in the film. `latin` is what words in Latin letters are read as."""
    number = int.from_bytes(hashlib.sha256(speaker.casefold().encode("utf-8", "replace")).digest()[:4])
    rest, variant = divmod(number, len(VARIANTS))
    return Voice(language_of(words, latin), VARIANTS[variant], PITCHES[rest % len(PITCHES)])


def language_of(words: str, latin: str = LATIN) -> str:
    """By the script that most of the letters are in."""
    found = Counter(script(letter) for letter in words if letter.isalpha())
    if found["HIRAGANA"] + found["KATAKANA"]:
        return LANGUAGES["HIRAGANA"]
    return LANGUAGES.get(max(found, key=lambda each: found[each], default=""), latin)


@cache
def version() -> str | None:
    """What the program says of itself; None where it is not installed or does not answer."""
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "--version"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=10,
            env=_environment(),
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").partition(" Data at")[0].strip()


def say(words: str, voice: Voice, speed: int, path: Path) -> None:
    """Writes a WAV file of the words at so many words a minute. Raises MediaError saying why there is none."""
    arguments = ("-v", f"{voice.language}+{voice.variant}", "-p", str(voice.pitch), "-s", str(speed))
    with written_whole(path) as part:
        _run([*arguments, "-z", "-b", "1", "--stdin", "-w", str(part)], _plain(words))
        if not part.exists():
            raise MediaError("there is nothing in it to be said")


def _plain(words: str) -> str:
    """Without what the program takes for phonemes and not for words."""
    return " ".join(cleaned(words)[:MOST_CHARACTERS].replace("[[", "(").replace("]]", ")").split())


def _run(arguments: list[str], words: str) -> None:
    try:
        done = subprocess.run(
            [shutil.which(PROGRAM) or PROGRAM, *arguments],
            input=words.encode("utf-8", "replace"),
            capture_output=True,
            timeout=PATIENCE,
            env=_environment(),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MediaError(f"{PROGRAM} did not finish within {PATIENCE:g} s and was stopped") from None
    except OSError as error:
        raise MediaError(f"{PROGRAM} could not be started ({error.strerror})") from None
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
        raise MediaError(f"{PROGRAM} failed: {said or f'exit code {done.returncode}'}")


def _environment() -> dict[str, str]:
    return {name: os.environ[name] for name in (*KEPT, "ESPEAK_DATA_PATH") if name in os.environ}
