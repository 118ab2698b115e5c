"""From the authored model to the storyboard as it was meant: inherit, render, read types. Each once, in that order."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any

from storyboard.diagnostics import Note
from storyboard.findings import Report, did_you_mean
from storyboard.read import authored, leaves
from storyboard.read.cures import spelt
from storyboard.read.cut import cut_of
from storyboard.read.declared import Declared
from storyboard.read.levels import Row
from storyboard.read.model import Placed, Scene, Storyboard
from storyboard.read.nodes import Sequence as Items
from storyboard.read.render import Renderer, Scope
from storyboard.read.repeat import Repeats, again
from storyboard.read.scenes import SceneReader
from storyboard.read.unite import Act, Film


def resolve(
    film: Film, variables: MappingType[str, Any], picks: MappingType[str, str], report: Report
) -> Storyboard:
    """The storyboard. `variables` (`--var`) and `picks` of variants by scene (`--pick`) come from outside and win."""
    renderer = Renderer(report)
    declared = [Declared(file, report, renderer) for file in film.files]
    names: dict[str, Any] = {}
    for each in declared:
        names.update(each.vars())
    names.update(variables)
    return _resolved(film, declared, names, _Scenes(film, picks, renderer), renderer)


def _resolved(
    film: Film, declared: list[Declared], scope: Scope, reader: _Scenes, render: Renderer
) -> Storyboard:
    source = film.storyboard
    elements = {name: found for each in declared for name, found in each.elements(scope).items()}
    scenes = reader.found(scope)
    return Storyboard(
        path=source.node.source.path,
        title=render.plain(source.title, scope),
        note=render.plain(source.note, scope),
        budget=render.typed(source.budget, leaves.money, scope),
        prices=render.placed(source.prices, scope),
        elements=elements,
        voices={name: voice for each in declared for name, voice in each.voices(scope).items()},
        scenes=tuple(scenes.scenes),
        unpicked=tuple(scenes.unpicked),
        cut=cut_of(source.cut, render, scope),
        vars=scope,
        broken_elements=film.broken_elements.union(*(each.broken for each in declared)),
        cast_known=film.cast_known,
        whole=scenes.whole,
    )


class _Scenes:
    """The scenes in the order of the film. `whole` becomes False when one was left out because of its mistakes."""

    def __init__(self, film: Film, picks: MappingType[str, str], renderer: Renderer) -> None:
        self.film, self.picks = film, picks
        self.renderer, self.report = renderer, renderer.report
        self.repeats = Repeats(renderer)
        self.reader = SceneReader(film.storyboard, renderer, self.repeats)
        self.scenes: list[Scene] = []
        self.unpicked: list[Scene] = []
        self.seen: dict[str, Placed[str]] = {}
        self.whole = True

    def found(self, scope: Scope) -> _Scenes:
        before = self.report.errors
        self._act(self.film.whole, Row(), scope)
        self.whole = not self.film.broken_scenes and not self.repeats.lost and self.report.errors == before
        if not self.scenes and self.whole:
            self.report.add("SB123", self.film.storyboard.place("scenes"))
        return self

    def _act(self, act: Act, row: Row, scope: Scope) -> None:
        for level in act.levels:
            row = row.inside("defaults", level)
        self._walk(act.entries, row, scope)

    def _walk(self, entries: tuple[Any, ...], row: Row, scope: Scope) -> None:
        for entry in entries:
            if isinstance(entry, authored.Act):
                if (act := self.film.acts.get(id(entry))) is not None:
                    self._act(act, row, scope)
                continue
            for inner in self.repeats.turns(entry, scope):
                if isinstance(entry, authored.Sequence):
                    self._sequence(entry, row, inner)
                else:
                    self._scene(entry, row, inner)

    def _sequence(self, source: authored.Sequence, row: Row, scope: Scope) -> None:
        written = source.node.get("scenes")
        if not source.scenes and isinstance(written, Items) and not written.items:
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
        self.seen.setdefault(identity.value, identity)
        scope = {**scope, "scene": {"id": identity.value}}
        name, known = self._picked(source, identity, scope)
        if known:
            self._add(self.scenes, source, identity, row, scope, name)
        for other in source.variants or ():
            if other != name:
                self._add(self.unpicked, source, identity, row, scope, other)

    def _add(
        self,
        scenes: list[Scene],
        source: authored.Scene,
        identity: Placed[str],
        row: Row,
        scope: Scope,
        variant: str | None,
    ) -> None:
        before = self.report.errors
        scene, standing_in = self.reader.scene(source, identity, row, scope, variant)
        if (
            self.report.errors == before + standing_in
        ):  # one mistake, one message: the rules pass over the broken
            scenes.append(scene)

    def _picked(self, source: authored.Scene, identity: Placed[str], scope: Scope) -> tuple[str | None, bool]:
        """The variant that is shot, None for the scene as it stands; and whether there is one of that name."""
        authored_pick = self.renderer.placed(source.pick, scope)
        name = self.picks.get(identity.value, authored_pick.value if authored_pick is not None else None)
        if name is None or name in (source.variants or {}):
            return name, True
        place = identity if identity.value in self.picks or authored_pick is None else authored_pick
        hint = did_you_mean(name, source.variants or {})
        fix = spelt(place.node, source.variants or {}, name) if place is authored_pick else None
        self.report.add("SB160", place.span, scene=identity.value, name=name, hint=hint, fix=fix)
        return name, False
