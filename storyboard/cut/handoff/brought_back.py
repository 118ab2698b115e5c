"""An editor's timeline, brought back: the clips that it shows are looked at, and what is not followed is told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec.structs import replace

from storyboard.compile.shot_list import ShotList
from storyboard.cut.cues import left_by_an_editor
from storyboard.cut.edit import Cut
from storyboard.cut.footage import Footage, footage_of
from storyboard.cut.handoff.returned import EditorsCut, Held, cut_of
from storyboard.cut.progress import Advance, Tell


def brought_back(
    editors: EditorsCut,
    shots: ShotList,
    clips: Mapping[str, Path],
    found: Mapping[str, Footage],
    segments: Path,
    tell: Tell,
) -> tuple[Cut, ShotList]:
    """The edit that an editor made of these clips, and of other takes, and the shot list with the cues that it has a
    place for. `clips` and `found` are by scene, `segments` is a folder for what was measured. What is not followed is
    told as progress. Raises MediaError."""
    held = [Held(scene, clips[scene].stem, each) for scene, each in found.items()]
    for sha256, other in editors.clips.items():
        if other.path not in clips.values():
            [its] = footage_of({other.scene: other.path}, shots, segments, measured=False).values()
            held.append(Held(other.scene, sha256, its, other.take))
    back = cut_of(editors.document, shots, held)
    cues, left = left_by_an_editor(shots, back.cut)
    for remark in (*back.remarks, *left):
        tell(Advance(remark, stays=True))
    return back.cut, replace(shots, cues=cues)
