"""The stage `compile`: the storyboard and the catalog to the shot list and the requests."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.catalog.endpoints import Catalog
from storyboard.compile.family import template_of
from storyboard.compile.names import Cast
from storyboard.compile.paths import template_name
from storyboard.compile.prompts import CompiledScene, compile_scene
from storyboard.compile.template import PromptTemplate
from storyboard.diagnostics import Note
from storyboard.findings import Report, did_you_mean
from storyboard.media.fact import MediaFact
from storyboard.read.compiled import JinjaProblem
from storyboard.read.cures import meant, spelt
from storyboard.read.model import Scene, Storyboard
from storyboard.read.source import Source

if TYPE_CHECKING:
    from storyboard.compile.request import Request
    from storyboard.compile.shot_list import ShotList

DEFAULT_ENDPOINT = "kling-v3-standard"
DEFAULT_TEMPLATE = "kling-v3"


class Surroundings(Struct, frozen=True):
    """What the compiler has to know of the world, as values.

    `templates`: by the names that compile/paths.py gives them, None for a file that can't be read. `media`: facts by
    project path. `missing_is_error`: whether a still has to exist. `beside`: of a file that is not there, by its
    project path, the names in the folder where it should be, or the way from there to it ("../…").
    """

    templates: Mapping[str, Source | None] = field(default_factory=dict)
    media: Mapping[str, MediaFact] = field(default_factory=dict)
    missing_is_error: bool = True
    beside: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def offered(self, source: Source) -> list[str]:
        """The templates that a file can name, as it has to write them."""
        from storyboard.compile.offered import offered

        near = (
            posixpath.join(posixpath.dirname(path), n) for path, names in self.beside.items() for n in names
        )
        return offered(source.folder, source.file, self.templates, near)


class Compiled(Struct, frozen=True, dict=True):
    """The result. The requests and the shot list are made when asked for: `check` needs neither."""

    storyboard: Storyboard
    scenes: tuple[CompiledScene, ...]
    cast: Cast
    surroundings: Surroundings
    unpicked: tuple[CompiledScene, ...] = ()  # variants that are not shot: for the rules alone

    @cached_property
    def shot_list(self) -> ShotList:
        from storyboard.compile.listing import shot_list

        return shot_list(self.storyboard, self.scenes, self.cast)

    @cached_property
    def requests(self) -> tuple[Request, ...]:
        """Only good to send when the report held no error."""
        from storyboard.compile.requests import request_of

        voices, media = self.storyboard.voices, self.surroundings.media
        return tuple(request_of(compiled, voices, media) for compiled in self.scenes)


def compile_storyboard(
    storyboard: Storyboard, catalog: Catalog, surroundings: Surroundings, report: Report
) -> Compiled:
    """Every request of the film. Names and templates that fail go to the report; `rules` judges the rest."""
    cast = Cast(storyboard.elements, storyboard.voices, storyboard.broken_elements, storyboard.cast_known)
    scenes, unpicked = (
        tuple(
            compiled
            for scene in all_of_them
            if (compiled := _scene(scene, cast, catalog, surroundings, report)) is not None
        )
        for all_of_them in (storyboard.scenes, storyboard.unpicked)
    )
    return Compiled(storyboard, scenes, cast, surroundings, unpicked)


def _scene(
    scene: Scene, cast: Cast, catalog: Catalog, surroundings: Surroundings, report: Report
) -> CompiledScene | None:
    name = scene.endpoint.value if scene.endpoint is not None else DEFAULT_ENDPOINT
    endpoint = catalog.find(name)
    if endpoint is None:
        place = scene.endpoint.span if scene.endpoint is not None else scene.place
        fix = spelt(scene.endpoint.node, catalog.names()) if scene.endpoint is not None else None
        report.add("SB113", place, name=name, hint=did_you_mean(name, catalog.names()), fix=fix)
        endpoint = catalog.find(meant(name, catalog.names()) or "")
    if endpoint is None:
        return None
    template = _template(scene, surroundings, report)
    if template is None:
        return None
    own = replace(cast, raw_voices=len(scene.voice_ids), scene=scene)
    try:
        return compile_scene(scene, endpoint, own, template, report)
    except JinjaProblem as problem:
        _template_problem(scene, surroundings, problem, report)
        return None


def _template(scene: Scene, surroundings: Surroundings, report: Report) -> PromptTemplate | None:
    name = _template_name(scene)
    source = surroundings.templates.get(name)
    if source is None:
        place = scene.template.span if scene.template is not None else scene.place
        known = surroundings.offered(scene.template.source) if scene.template is not None else []
        problem = "the project has no such file of UTF-8 text ending in .j2"
        name = scene.template.value if scene.template is not None else name
        hint, fix = did_you_mean(name, known), spelt(scene.template, known)
        report.add("SB211", place, name=name, problem=problem, hint=hint, fix=fix)
        return None
    try:
        return template_of(name, source, surroundings.templates)
    except JinjaProblem as problem:
        _template_problem(scene, surroundings, problem, report)
        return None


def _template_problem(
    scene: Scene, surroundings: Surroundings, problem: JinjaProblem, report: Report
) -> None:
    """A mistake in a template stands in the template's file, and is said there."""
    source = problem.source or surroundings.templates.get(_template_name(scene)) or Source("", "")
    span, hint = source.span(problem.start, problem.stop), problem.hint
    if problem.code == "SB211":
        hint = did_you_mean(problem.values["name"], surroundings.offered(source))
    report.add(problem.code, span, hint=hint, notes=lays_out(scene), **problem.values)


def lays_out(scene: Scene) -> tuple[Note, ...]:
    """Which scene a mistake in a template was found with."""
    place = scene.template.span if scene.template is not None else scene.place
    return (Note(f"it lays out the scene `{scene.id.value}`", place),)


def _template_name(scene: Scene) -> str:
    return template_name(scene.template) if scene.template is not None else DEFAULT_TEMPLATE
