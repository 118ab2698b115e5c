"""From the authored model to the storyboard as it was meant: inherit, render, read types. Each once, in that order."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any

from storyboard.diagnostics import Note
from storyboard.findings import Report
from storyboard.read import authored, leaves
from storyboard.read.cut import cut_of
from storyboard.read.declared import Declared
from storyboard.read.levels import Row
from storyboard.read.model import Placed, Scene, Storyboard
from storyboard.read.render import Renderer, Scope
from storyboard.read.repeat import Repeats, again
from storyboard.read.scenes import SceneReader
from storyboard.read.shape import Shaped


def resolve(shaped: Shaped, variables: MappingType[str, Any], report: Report) -> Storyboard:
    """The storyboard. `variables` come from outside (`--var`) and win over `vars`."""
    return _Resolver(shaped, variables, report).storyboard()


class _Resolver:
    def __init__(self, shaped: Shaped, variables: MappingType[str, Any], report: Report) -> None:
        self.shaped = shaped
        self.source = shaped.storyboard
        self.report = report
        self.renderer = Renderer(report)
        self.declared = Declared(self.source, report, self.renderer)
        self.vars = {**self.declared.vars(), **variables}

    def storyboard(self) -> Storyboard:
        source, scope, render = self.source, self.vars, self.renderer
        elements = self.declared.elements(self.vars)
        scenes = _Scenes(self.source, self.renderer).found(self.vars, whole=not self.shaped.broken_scenes)
        return Storyboard(
            path=source.node.source.path,
            title=render.plain(source.title, scope),
            budget=render.typed(source.budget, leaves.money, scope),
            prices=render.placed(source.prices, scope),
            elements=elements,
            voices=self.declared.voices(self.vars),
            scenes=tuple(scenes.scenes),
            cut=cut_of(source.cut, render, scope),
            vars=self.vars,
            broken_elements=self.shaped.broken_elements | self.declared.broken,
            cast_known=self.shaped.cast_known,
            whole=scenes.whole,
        )


class _Scenes:
    """The scenes in the order of the film. `whole` becomes False when one was left out because of its mistakes."""

    def __init__(self, source: authored.Storyboard, renderer: Renderer) -> None:
        self.source, self.renderer, self.report = source, renderer, renderer.report
        self.repeats = Repeats(renderer)
        self.reader = SceneReader(source, renderer, self.repeats)
        self.scenes: list[Scene] = []
        self.seen: dict[str, Placed[str]] = {}
        self.whole = True

    def found(self, scope: Scope, *, whole: bool) -> _Scenes:
        before = self.report.errors
        row = Row().inside("defaults", self.source.defaults) if self.source.defaults is not None else Row()
        self._walk(self.source.scenes, row, scope)
        self.whole = whole and self.report.errors == before
        if not self.scenes and self.whole:
            self.report.add("SB123", self.source.place("scenes"))
        return self

    def _walk(self, entries: tuple[Any, ...], row: Row, scope: Scope) -> None:
        for entry in entries:
            for inner in self.repeats.turns(entry, scope):
                if isinstance(entry, authored.Sequence):
                    self._sequence(entry, row, inner)
                else:
                    self._scene(entry, row, inner)

    def _sequence(self, source: authored.Sequence, row: Row, scope: Scope) -> None:
        if not source.scenes:
            place = source.place("scenes")
            self.report.add("SB103", place, expected="a list of scenes", found="an empty one")
        identity = self.renderer.typed(source.id, leaves.identifier, scope)
        name = f"sequence {identity.value}" if identity is not None else "sequence"
        self._walk(source.scenes, row.inside(name, source), scope)

    def _scene(self, source: authored.Scene, row: Row, scope: Scope) -> None:
        identity = self.renderer.typed(source.id, leaves.identifier, scope)
        if identity is None:
            return
        if identity.value in self.seen:
            notes = (Note("first used here", self.seen[identity.value].span),)
            hint = again(scope, source, source.id)
            self.report.add("SB108", identity.span, id=identity.value, notes=notes, hint=hint)
            return
        self.seen[identity.value] = identity
        before = self.report.errors
        scene = self.reader.scene(source, identity, row, scope)
        if self.report.errors == before:  # one mistake, one message: the rules pass over what is broken
            self.scenes.append(scene)
