"""Rules on scenes that begin with the last frame of another's clip."""

from __future__ import annotations

from storyboard.compile.compiler import Compiled
from storyboard.compile.prompts import CompiledScene
from storyboard.diagnostics import Note
from storyboard.findings import Report
from storyboard.read.model import Placed, Scene

LONG = 2  # links of a chain, from which on it is told of drift


def check_continuing(film: Compiled, report: Report) -> None:
    chains = _Chains(film)
    for compiled in (*film.scenes, *film.unpicked):
        scene = compiled.scene
        if scene.after is None or scene.continues is None:
            continue
        if not compiled.endpoint.takes("start_image_url"):
            _no_start(compiled, scene.after, scene.continues, report)
        elif (links := chains.links(scene)) >= LONG:
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


class _Chains:
    """How many last frames lie between a scene and one that begins otherwise; each scene is gone through once."""

    def __init__(self, film: Compiled) -> None:
        self._shot = {compiled.scene.id.value: compiled.scene for compiled in film.scenes}
        self._links: dict[str, int] = {}

    def links(self, scene: Scene) -> int:
        way: list[str] = []
        at: Scene | None = scene
        while at is not None and at.after is not None and at.id.value not in self._links:
            way.append(at.id.value)
            at = self._shot.get(at.after)
        known = self._links.get(at.id.value, 0) if at is not None else 0
        for number, name in enumerate(reversed(way), known + 1):
            self._links[name] = number
        return known + len(way)
