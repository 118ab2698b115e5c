"""Clips on a shelf, parts of them, and cuts of these."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest
from made_clips import make_clip

from storyboard.cut.assemble import assemble
from storyboard.cut.part import Part
from storyboard.cut.progress import Advance
from storyboard.cut.report import CutReport
from storyboard.cut.transition import Transition
from storyboard.cut.wanted import Wanted
from storyboard.media.ffmpeg import decode_errors

KEYS = {"g": "24", "keyint_min": "24", "sc_threshold": "0"}
FPS = Fraction(24)


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three clips of 73 frames with a key frame each second; 3 is of another rate and size."""
    folder = tmp_path_factory.mktemp("shelf")
    for number in range(3):
        make_clip(folder / f"{number}.mp4", number, frames=73, options=KEYS)
    make_clip(folder / "3.mp4", 3, frames=75, fps=25, size=(256, 256))
    return folder


@pytest.fixture
def cut(shelf: Path, tmp_path: Path):
    def made(*parts: Part, name: str = "cut.mp4", splice: bool = False) -> tuple[CutReport, Path]:
        film = tmp_path / name
        said: list[Advance] = []
        report = assemble(
            parts, film, tmp_path / "segments", fps=FPS, asked=Wanted(splice=splice), progress=said.append
        )
        assert decode_errors(film) == ""
        assert not [each for each in said if "not spliced" in each.what], said
        return report, film

    return made


def part(shelf: Path, number: int, *, first: int = 0, end: int | None = None, **more: object) -> Part:
    change = Transition(**more) if more else None  # type: ignore[arg-type]
    return Part(str(number), shelf / f"{number}.mp4", first=first, end=end, transition=change)


def whole(number: int, first: int = 0, end: int = 73) -> list[tuple[int, int]]:
    return [(number, frame) for frame in range(first, end)]
