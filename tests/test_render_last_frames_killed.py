"""A render of two scenes, the second of which begins with the last frame of the first: killed in a real process between
the two, and while the second is bought. Nothing is bought twice."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from a_gated_film import POINTS, filmed, settled
from rude_server import Asked

CHAIN = """
storyboard: 1
endpoint: kling-v3-standard
defaults: {generate_audio: false, duration: 3}
scenes:
  - {id: two, continues: one, prompt: the potter rests}
  - {id: one, start_image: still.png, prompt: "a potter at the wheel, static"}
"""


@pytest.mark.long
@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("point", ["initiate", "put", "submit", "result"])
def test_killed_at_the_second_scene_it_goes_on(tmp_path: Path, point: str, when: str) -> None:
    with filmed(tmp_path) as film:
        (film.project / "storyboard.yaml").write_text(CHAIN, encoding="utf-8")
        process = film.start("render", ".", "--yes")
        seen: list[Asked] = []

        def second(asked: Asked) -> str | None:
            seen.extend([asked] if POINTS[point](asked) else [])
            return when if len(seen) == 2 else None

        film.gate.strikes, film.gate.strike = second, process.kill
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL
        film.gate.strikes = lambda _: None
        settled(film)
