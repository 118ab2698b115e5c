"""Rules on scenes that begin with the last frame of another's clip."""

from __future__ import annotations

from collections.abc import Mapping

from storyboard.compile.compiler import Compiled
from storyboard.compile.prompts import CompiledScene
from storyboard.diagnostics import Note
from storyboard.findings import Report
from storyboard.read.model import Placed, Scene

LONG = 2  # links of a chain, from which on it is told of drift


def check_continuing(film: Compiled, report: Report) -> None:
    shot = {compiled.scene.id.value: compiled.scene for compiled in film.scenes}
    for compiled in (*film.scenes, *film.unpicked):
        scene = compiled.scene
        if scene.after is None or scene.continues is None:
            continue
        if not compiled.endpoint.takes("start_image_url"):
            _no_start(compiled, scene.after, scene.continues, report)
        elif (links := _links(scene, shot)) >= LONG:
            report.add("SB820", scene.continues.span, scene=scene.id.value, before=scene.after, links=links)


def _no_start(compiled: CompiledScene, before: str, place: Placed[str], report: Report) -> None:
    name, asked = compiled.scene.id.value, compiled.scene.endpoint
    report.add(
        "SB169",
        place.span,
        scene=name,
        before=before,
        which=name,
        endpoint=compiled.endpoint.alias,
        still="start image",
        notes=(Note("its endpoint", asked.span),) if asked is not None else (),
    )


def _links(scene: Scene, shot: Mapping[str, Scene]) -> int:
    """How many last frames lie between a scene and one that begins otherwise."""
    links = 0
    at: Scene | None = scene
    while at is not None and at.after is not None:
        links, at = links + 1, shot.get(at.after)
    return links
