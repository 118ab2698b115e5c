"""The shot list from the storyboard: what people, the cut and the animatic need, with names in place of tags."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from msgspec.structs import replace

from storyboard.catalog.endpoints import Endpoint
from storyboard.compile.listed_cut import listed_cut, listed_trim
from storyboard.compile.names import Cast
from storyboard.compile.paths import is_remote, path_of
from storyboard.compile.prompts import CompiledScene
from storyboard.compile.shot_list import DialogueLine, ListedScene, ListedShot, ShotList
from storyboard.read.model import Line, Part, Scene, Shot, Storyboard
from storyboard.read.nodes import Scalar

NAME = re.compile(r"@@|@(\S+)|<<<([^<>]*)>>>")


def shot_list(storyboard: Storyboard, scenes: tuple[CompiledScene, ...], cast: Cast) -> ShotList:
    return ShotList(
        title=storyboard.title,
        scenes=tuple(_with_stand_ins(_scene(compiled, cast) for compiled in scenes)),
        **listed_cut(storyboard),
    )


def _with_stand_ins(scenes: Iterable[ListedScene]) -> Iterator[ListedScene]:
    """Each that goes on from a scene before it with that one's last still."""
    last: dict[str, str | None] = {}
    for scene in scenes:
        stand_in = last.get(scene.after) if scene.after is not None else None
        last[scene.id] = scene.end_image or scene.start_image or stand_in
        yield replace(scene, stand_in=stand_in) if stand_in else scene


def _scene(compiled: CompiledScene, cast: Cast) -> ListedScene:
    scene, endpoint = compiled.scene, compiled.endpoint
    return ListedScene(
        id=scene.id.value,
        endpoint=endpoint.id,
        height=endpoint.height,
        aspect_ratio=_ratio(scene, endpoint),
        start_image=_media(scene.start_image),
        end_image=_media(scene.end_image),
        audio=compiled.audio,
        take=scene.take,
        shots=tuple(_shot(scene.id.value, shot, cast) for shot in scene.shots),
        span=scene.place,
        trim=listed_trim(scene.trim),
        follows=endpoint.follows,
        keeps_sound=endpoint.keeps_sound,
        after=scene.after,
        portraits=_portraits(compiled, cast),
        note=scene.note,
    )


def _portraits(compiled: CompiledScene, cast: Cast) -> tuple[str, ...]:
    named = (element for name, element in cast.elements.items() if name in compiled.used)
    return tuple(path for element in named if (path := _media(element.frontal_image)))


def _ratio(scene: Scene, endpoint: Endpoint) -> str | None:
    """Where a start image is sent, it is taken to decide; fal does not say what does when both are."""
    begins = scene.start_image is not None or scene.after is not None
    if not endpoint.takes("aspect_ratio") or (begins and endpoint.takes("start_image_url")):
        return None
    ratio = scene.aspect_ratio.value if scene.aspect_ratio is not None else endpoint.defaults.aspect_ratio
    return ratio if ratio != "auto" else None  # as the film


def _media(scalar: Scalar | None) -> str | None:
    if scalar is None or is_remote(scalar.value):
        return scalar.value if scalar is not None else None
    return path_of(scalar)


def _shot(scene: str, shot: Shot, cast: Cast) -> ListedShot:
    if shot.prompt.verbatim is not None:
        sections = {"subject_motion": readable(shot.prompt.verbatim.value, cast)}
    else:
        sections = {name: _section(parts, cast) for name, parts in shot.prompt.sections.items()}
    return ListedShot(
        scene=scene,
        id=shot.id,
        seconds=shot.seconds.value,
        sections=sections,
        dialogue=tuple(_line(line, cast) for line in shot.dialogue),
        note=shot.note,
        span=shot.place,
        trim=listed_trim(shot.trim),
    )


def _section(parts: tuple[Part, ...], cast: Cast) -> str:
    return ", ".join(readable(part.text.value, cast) for part in parts)


def _line(line: Line, cast: Cast) -> DialogueLine:
    words = readable(line.words.value, cast)
    if line.speaker is None:
        return DialogueLine(words)
    name = line.speaker.value.removeprefix("@")
    element = cast.elements.get(name)
    manner = readable(line.manner.value, cast) if line.manner is not None else None
    return DialogueLine(words, element.label if element is not None else readable(name, cast), manner)


def readable(text: str, cast: Cast) -> str:
    """Text with people's names in place of tags."""

    def name(match: re.Match[str]) -> str:
        if match[0] == "@@":
            return "@"
        if match[1] is None:
            return match[2].strip()
        known = cast.longest(match[1], 0)
        element = cast.elements.get(known) if known else None
        return match[0] if known is None or element is None else element.label + match[1][len(known) :]

    return NAME.sub(name, text)
