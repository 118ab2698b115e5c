"""An animatic of a small film with dialogue, trims and transitions, as a person has it made, and what it is like."""

from __future__ import annotations

import re
import shutil
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from asked_here import asked_here
from PIL import Image

FPS = 12


def light(path: Path) -> np.ndarray:
    """The brightness of all frames: (frames, rows, columns)."""
    with av.open(str(path), "r", format="mov") as container:
        return np.stack([frame.to_ndarray()[: frame.height] for frame in container.decode(video=0)]).astype(
            float
        )


@pytest.fixture(scope="module")
def stills(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bright disc in the middle of a dark picture, wide and tall; a grey one; fine stripes."""
    folder = tmp_path_factory.mktemp("stills")
    y, x = np.mgrid[0:360, 0:640]
    disc = np.where(np.hypot(x - 320, y - 180) < 40, 230, 20).astype(np.uint8)
    grey = (60 + x // 8 + y // 8).astype(np.uint8)
    stripes = np.where(x // 4 % 2, 220, 30).astype(np.uint8)
    for name, pixels in (("disc", disc), ("tall", disc[:, 220:420]), ("grey", grey), ("stripes", stripes)):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    return folder


FILM = """\
storyboard: 1
endpoint: kling-v3-standard
defaults: {duration: 3, start_image: grey.png, generate_audio: false}
scenes:
  - id: a
    shots:
      - id: x
        duration: 3
        out: 2.5
        prompt: {camera: static, subject_motion: she waits}
        dialogue: ["ann: one and one makes two", "bob: yes it does"]
      - id: y
        duration: 3
        prompt: {camera: static, subject_motion: he goes}
        dialogue: ["ann: where to", a silence, "bob: home"]
  - id: b
    in: 0.5
    prompt: {camera: static, subject_motion: a door}
    dialogue: ["ann: stay a while", "bob: no"]
  - id: c
    prompt: {camera: static, subject_motion: a road}
    dialogue: ["bob: far away"]
cut:
  size: 320x180
  fps: 12
  title: {text: T, duration: 1}
  transitions:
    - {from: a, to: b, kind: dissolve, duration: 0.5}
    - {from: b, to: c, kind: fade-black, duration: 0.5}
"""


@pytest.fixture
def film(tmp_path: Path, stills: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    for name in ("grey", "disc"):
        shutil.copy(stills / f"{name}.png", folder)
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    (folder / "storyboard.toml").touch()
    return folder


def edited(film: Path, old: str, new: str) -> Path:
    path = film / "storyboard.yaml"
    text = path.read_text("utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return film


def animatic(film: Path, *arguments: object) -> str:
    code, out, err = asked_here("animatic", film, "--force", *arguments)
    assert code == 0, err
    return out + err


def spans(film: Path) -> list[tuple[Fraction, Fraction, str]]:
    """What the exported subtitles say: from, to, words."""
    code, _, err = asked_here("export", film, "--format", "srt", "-o", film / "cut.srt", "--force")
    assert code == 0, err
    blocks = (film / "cut.srt").read_text("utf-8").strip().split("\n\n")
    found = [re.findall(r"(\d+):(\d+):(\d+),(\d+)", block) for block in blocks]
    times = [
        [Fraction(int(h) * 3600 + int(m) * 60 + int(s)) + Fraction(int(ms), 1000) for h, m, s, ms in row]
        for row in found
    ]
    return [(begin, end, block.split("\n", 2)[2]) for (begin, end), block in zip(times, blocks, strict=True)]


def segments(film: Path) -> set[str]:
    return {path.name for path in (film / ".storyboard").rglob("segments/*") if not path.name.startswith(".")}
