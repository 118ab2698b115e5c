"""A film of three scenes, two of them shot: several shots in one clip, a dissolve, dialogue, awkward words."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from made_clips import make_clip

from storyboard.cut.handoff.timeline import Timeline
from storyboard.ledger.record import State, TakeRecord
from storyboard.location import locate
from storyboard.pipeline import Checked, check, handed_over

FILM = """
storyboard: 1
title: "Mud & <glaze>"
endpoint: kling-v3-standard-text
voices: {ann: "829"}
scenes:
  - id: dawn
    note: before the rain
    shots:
      - {id: wide, duration: 1, prompt: {subject_motion: "the potter sits", camera: static}}
      - id: close
        duration: 2
        note: "=HYPERLINK(0)"
        prompt: {subject_motion: "she speaks"}
        dialogue:
          - "Ann (softly): Mind the <kiln> & me."
          - "a long silence"
          - "Ben: No."
  - {id: window-sill, duration: 3, generate_audio: false, prompt: "a pot, static"}
  - {id: tea, duration: 3, prompt: "=1+1 a cup fills"}
cut:
  transitions:
    - {from: dawn, to: window-sill, kind: dissolve, duration: 0.5}
"""
LENGTHS = {"dawn": 73, "window-sill": 73}  # frames: what the model gives for three seconds


@dataclass(frozen=True)
class Shot:
    """The film as checked, and its clips by scene."""

    checked: Checked
    clips: dict[str, Path]

    @property
    def timeline(self) -> Timeline:
        compiled = self.checked.compiled
        assert compiled is not None
        takes = {scene: taken(scene, number) for number, scene in enumerate(self.clips, 1)}
        listed = compiled.shot_list
        project = self.checked.location.project
        named = listed.title or "film"
        return handed_over(listed, self.clips, takes, compiled.requests, named, project / "kept", project)


def taken(scene: str, number: int) -> TakeRecord:
    return TakeRecord(
        digest=f"{number:064}",
        take=number,
        scene=scene,
        endpoint="fal-ai/kling-video/v3/standard/text-to-video",
        state=State.VERIFIED,
        seconds=3,
        created_at="2026-11-20T00:00:00+00:00",
        request_id=f"0190-{number}",
        estimate=Decimal("0.504"),
        charge=Decimal("0.378"),
        clip=f"{number:064}",
    )


@pytest.fixture
def shot(tmp_path: Path) -> Shot:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    checked = check(locate(tmp_path), {})
    assert not checked.errors, checked.diagnostics
    clips = {
        scene: make_clip(tmp_path / f"{scene}.mp4", number, frames=frames, sound=scene == "dawn")
        for number, (scene, frames) in enumerate(LENGTHS.items())
    }
    return Shot(checked, clips)
