"""The field's words for framing, movement, angle and lens, read from camera.toml. They are offered, never asked for."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

from msgspec import Struct

DATA = Path(__file__).parent / "camera.toml"


class Word(Struct, frozen=True):
    text: str
    kind: str  # framing, movement, angle or lens
    meaning: str


@cache
def camera_words() -> tuple[Word, ...]:
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return tuple(Word(text, kind, meaning) for kind, words in data.items() for text, meaning in words.items())
