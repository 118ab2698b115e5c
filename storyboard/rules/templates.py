"""Rules on what a project's own prompt template makes of a shot."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from storyboard.compile.compiler import Compiled, lays_out
from storyboard.compile.family import keys_named
from storyboard.compile.paths import TEMPLATE, template_name
from storyboard.compile.prompts import CompiledPrompt, CompiledScene
from storyboard.diagnostics import Span
from storyboard.findings import Report
from storyboard.read.model import Scene, Shot
from storyboard.read.source import Source

Sources = Mapping[str, Source | None]


def check_templates(film: Compiled, report: Report) -> None:
    """A template that throws away all that a shot says."""
    for compiled in (*film.scenes, *film.unpicked):
        source = next(_family(compiled.scene, film.surroundings.templates), None)
        if source is not None and any(_is_lost(*each) for each in _prompts(compiled)):
            place = source.span(0, len(source.line(1)))
            report.add("SB177", place, name=source.path, notes=lays_out(compiled.scene))


def place_in_template(scene: Scene, templates: Sources, text: str) -> Span | None:
    """Where a text stands in the template of a scene, or in one that it names; None where it does not."""
    for source in _family(scene, templates):
        start = source.text.find(text)
        if start >= 0:
            return source.span(start, start + len(text))
    return None


def _prompts(compiled: CompiledScene) -> Iterator[tuple[Shot, CompiledPrompt]]:
    return zip(compiled.scene.shots, compiled.prompts, strict=True)


def _is_lost(shot: Shot, prompt: CompiledPrompt) -> bool:
    says = any(part.text.value.strip() for parts in shot.prompt.sections.values() for part in parts)
    return says and bool(prompt.text.strip()) and all(piece.atom is None for piece in prompt.pieces)


def _family(scene: Scene, templates: Sources) -> Iterator[Source]:
    """A scene's own template and those that it leads to, when it is a file of the project."""
    name = template_name(scene.template) if scene.template is not None else ""
    met, waiting = set(), [name] if name.endswith(TEMPLATE) else []
    for key in waiting:
        source = templates.get(key)
        if source is not None and key not in met:
            met.add(key)
            waiting += keys_named(source)
            yield source
