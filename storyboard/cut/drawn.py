"""A scene as shots to be drawn: its stills, the move that its camera asks for, words to read."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from storyboard.cut.slots import spoken_in
from storyboard.errors import MediaError
from storyboard.media.camera_words import move_of, part_of
from storyboard.media.headers import inspect
from storyboard.media.moving_still import MovingStill

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storyboard.compile.shot_list import ListedScene, ListedShot

DRAWABLE = {"png", "jpeg", "webp", "gif"}


def drawn_shots(scene: ListedScene, project: Path | None, fps: int = 24) -> tuple[MovingStill, ...]:
    """The scene's shots over its start image, or what stands in for it, the last one crossing to its end image. A still
    that is missing or elsewhere on the web is a neutral card, with those that it names where there are pictures."""
    start, end = (_still(path, project) for path in (scene.start_image or scene.stand_in, scene.end_image))
    portraits = () if start is not None else _stills(scene.portraits, project)
    last = len(scene.shots) - 1
    return tuple(
        MovingStill(
            still=start,
            seconds=shot.seconds,
            move=move_of(shot.sections.get("camera", ""), shot.sections.get("subject_motion", "")),
            caption=caption(shot, seen=start is not None),
            slate=slate(scene, shot),
            end_still=end if number == last else None,
            camera=shot.sections.get("camera", ""),
            note=" · ".join(note for note in (scene.note, shot.note) if note),
            lines=spoken_in(shot, fps),
            portraits=portraits,
            part=_part(shot) if number and start is not None else 1.0,
        )
        for number, shot in enumerate(scene.shots)
    )


def _part(shot: ListedShot) -> float:
    """The first shot of a scene begins with its still as it is; another is seen from as near as it is said to be."""
    return part_of(shot.sections.get("camera", "") or shot.sections.get("subject_motion", ""))


def _stills(paths: Sequence[str], project: Path | None) -> tuple[Path, ...]:
    found = (_still(path, project) for path in paths)
    return tuple(still for still in found if still is not None)


def _still(path: str | None, project: Path | None) -> Path | None:
    if path is None or project is None or "://" in path or path.startswith("data:"):
        return None
    fact = inspect(project, path)
    return None if fact.problem or fact.kind not in DRAWABLE else project / path


def slate(scene: ListedScene, shot: ListedShot) -> str:
    """`dawn · wide`; a scene that is its own one shot is `dawn`."""
    return scene.id if len(scene.shots) == 1 else f"{scene.id} · {shot.id}"


def caption(shot: ListedShot, *, seen: bool) -> str:
    """What happens; where there is no still, and where nothing happens, what there is to see."""
    scene, motion = (shot.sections.get(name, "") for name in ("scene", "subject_motion"))
    return motion if seen and motion else "\n".join(filter(None, (scene, motion)))


def stills_key(shots: Sequence[MovingStill]) -> str:
    """All that decides on what is drawn, as text: the fonts too, with others it looks another way."""
    from storyboard.media import burn_in
    from storyboard.media.lettering import look_of

    rows = [
        [
            *map(_content, (shot.still, shot.end_still, *shot.portraits)),
            *(shot.seconds, shot.move, shot.part, shot.words),
            [(line.first, line.end) for line in shot.lines],
            shot.first_timecode,
            look_of(*shot.words),
        ]
        for shot in shots
    ]
    return json.dumps([burn_in.LOOK, rows])


def _content(still: Path | None) -> str:
    if still is None:
        return ""
    try:
        with still.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise MediaError(f"{still.name} can't be read ({error.strerror}).") from None
