"""A film with a template, stills and prices, and a plan of it that was saved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from a_plan import still

FILM = """
storyboard: 1
endpoint: kling-v3-standard
prices: observed-2026-10
template: ours.j2
vars: {light: first light}
defaults: {start_image: stills/one.png, generate_audio: false}
scenes:
  - id: dawn
    shots:
      - {id: wide, duration: 3, prompt: "a studio at {{ light }}"}
      - {id: hands, duration: 4, prompt: hands on a wheel}
  - {id: noon, duration: 3, prompt: a bowl in the sun, start_image: stills/two.png}
  - {id: dusk, duration: 3, prompt: an empty chair, endpoint: kling-v3-standard-text, start_image: null}
"""
TEMPLATE = "{{ subject_motion }} {{ audio }}"
HOLDS = 4  # what a render without a key ends with, once nothing stands against the plan


@pytest.fixture
def film(tmp_path: Path) -> Path:
    project = tmp_path / "film"
    (project / "stills").mkdir(parents=True)
    still(project / "stills", "one.png")
    still(project / "stills", "two.png", shade=30)
    (project / "ours.j2").write_text(TEMPLATE, encoding="utf-8")
    (project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    return project


@pytest.fixture
def plan(film: Path, tmp_path: Path, run: Callable) -> Path:
    file = tmp_path / "dawn.plan"
    ran = run("plan", film, "-o", file)
    assert ran.code == 0, ran.err
    assert f"storyboard render {file}" in ran.err
    return file


def rewritten(film: Path, *changes: tuple[str, str]) -> None:
    text = (film / "storyboard.yaml").read_text(encoding="utf-8")
    for before, after in changes:
        assert before in text
        text = text.replace(before, after)
    (film / "storyboard.yaml").write_text(text, encoding="utf-8")
