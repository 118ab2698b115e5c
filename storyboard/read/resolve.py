"""From the authored model to the storyboard as it was meant: inherit, render, read types. Each once, in that order."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from typing import Any

from storyboard.diagnostics import Edit, Fix, Note
from storyboard.findings import Report
from storyboard.read import authored, leaves
from storyboard.read.authored_mapping import Authored
from storyboard.read.cures import without
from storyboard.read.cut import beginning, cut_of, trim_of
from storyboard.read.declared import Declared
from storyboard.read.dialogue import dialogue
from storyboard.read.inherit import ADDING, over
from storyboard.read.leaves import holds_jinja
from storyboard.read.model import (
    Part,
    Placed,
    Prompt,
    Scene,
    Shot,
    Storyboard,
)
from storyboard.read.nodes import Scalar
from storyboard.read.render import Renderer, Scope
from storyboard.read.shape import Shaped

DEFAULT_SECONDS = 5

# Rendered sections of a scene by the identity of what they were made from, which the scene's outer prompt keeps alive.
Shared = dict[int, tuple[Part, ...] | None]


def resolve(shaped: Shaped, variables: MappingType[str, Any], report: Report) -> Storyboard:
    """The storyboard. `variables` come from outside (`--var`) and win over `vars`."""
    return _Resolver(shaped, variables, report).storyboard()


class _Resolver:
    def __init__(self, shaped: Shaped, variables: MappingType[str, Any], report: Report) -> None:
        self.shaped = shaped
        self.source = shaped.storyboard
        self.report = report
        self.renderer = Renderer(report)
        self.whole = not shaped.broken_scenes
        self.declared = Declared(self.source, report, self.renderer)
        self.vars = {**self.declared.vars(), **variables}
        self.inherited: tuple[Note, ...] = ()  # by the scene at hand
        self.standing_in = 0  # mistakes in it for which the text as it was written stands in
        defaults = self.source.defaults
        self.defaults = over(Prompt(), "defaults", defaults.prompt if defaults is not None else None)

    def storyboard(self) -> Storyboard:
        source, scope, render = self.source, self.vars, self.renderer
        elements, scenes = self.declared.elements(self.vars), self._scenes()
        return Storyboard(
            path=source.node.source.path,
            title=render.plain(source.title, scope),
            budget=render.typed(source.budget, leaves.money, scope),
            prices=render.placed(source.prices, scope),
            elements=elements,
            voices=self.declared.voices(self.vars),
            scenes=scenes,
            cut=cut_of(source.cut, render, scope),
            vars=self.vars,
            broken_elements=self.shaped.broken_elements | self.declared.broken,
            cast_known=self.shaped.cast_known,
            whole=self.whole,
        )

    def _scenes(self) -> tuple[Scene, ...]:
        seen: dict[str, Placed[str]] = {}
        found: list[Scene] = []
        if not self.source.scenes and self.whole:
            self.report.add("SB123", self.source.place("scenes"))
        for source in self.source.scenes:
            identity = self.renderer.typed(source.id, leaves.identifier, self.vars)
            if identity is None:
                continue
            if identity.value in seen:
                notes = (Note("first used here", seen[identity.value].span),)
                self.report.add("SB108", identity.span, id=identity.value, notes=notes)
                continue
            seen[identity.value] = identity
            before = self.report.errors
            self.standing_in = 0
            scene = self._scene(source, identity)
            if self.report.errors > before:
                self.whole = False
            if self.report.errors == before + self.standing_in:
                found.append(scene)  # else: one mistake, one message: the rules pass over what is broken
        return tuple(found)

    def _scene(self, source: authored.Scene, identity: Placed[str]) -> Scene:
        self.inherited = (Note(f"inherited by the scene `{identity.value}`", identity.span),)
        scope = {**self.vars, "scene": {"id": identity.value}}
        pick, render = _picker(source, self.source.defaults), self.renderer
        return Scene(
            id=identity,
            endpoint=render.placed(pick("endpoint") or self.source.endpoint, scope),
            start_image=render.text(pick("start_image"), scope),
            end_image=render.text(pick("end_image"), scope),
            generate_audio=render.typed(pick("generate_audio"), leaves.flag, scope),
            negative_prompt=render.text(pick("negative_prompt"), scope),
            cfg_scale=render.typed(pick("cfg_scale"), leaves.number, scope),
            shot_type=render.text(pick("shot_type"), scope),
            aspect_ratio=render.text(pick("aspect_ratio"), scope),
            voice_ids=render.texts(pick("voice_ids"), scope),
            elements=render.texts(pick("elements"), scope),
            template=render.text(pick("template") or self.source.template, scope),
            take=_value(render.typed(pick("take"), leaves.positive, scope), 1),
            pin=_placed_pin(source.pin),
            duration=render.typed(source.duration, leaves.seconds, scope),
            shots=self._shots(source, scope),
            trim=trim_of(pick("begin"), pick("end"), render, scope),
            budget=render.typed(pick("budget"), leaves.money, scope),
        )

    def _shots(self, scene: authored.Scene, scope: Scope) -> tuple[Shot, ...]:
        if scene.shots is None:
            return (self._only_shot(scene, scope),)
        if not scene.shots:
            self.report.add("SB103", scene.place("shots"), expected="a list of shots", found="an empty one")
        self._scene_fields_of_shots(scene)
        seen: dict[str, Placed[str]] = {}
        shots: list[Shot] = []
        outer = self._outer(scene)
        shared = _same_in_all_shots(outer)
        for number, source in enumerate(scene.shots, 1):
            identity = self.renderer.typed(source.id, leaves.identifier, scope)
            name = identity.value if identity else str(number)
            place = identity or Placed(name, beginning(source.node))
            if name in seen:
                notes = (Note("first used here", seen[name].span),)
                self.report.add("SB108", place.span, id=name, notes=notes)
            seen[name] = place
            shots.append(self._shot(source, outer, {**scope, "shot": {"id": name}}, name, shared))
        return tuple(shots)

    def _only_shot(self, scene: authored.Scene, scope: Scope) -> Shot:
        """A scene without shots is its own one shot."""
        scope = {**scope, "shot": {"id": "1"}}
        defaults = self.source.defaults
        lines = scene.dialogue if scene.dialogue is not None else (defaults.dialogue if defaults else None)
        return Shot(
            id="1",
            seconds=self._seconds(scene.duration, scene, scope),
            prompt=self._prompt(self._outer(scene), scope, {}),
            dialogue=self._dialogue(lines, scope),
            note=self.renderer.plain(scene.note, scope),
            node=scene.id,
        )

    def _shot(self, source: authored.Shot, outer: Prompt, scope: Scope, name: str, shared: Shared) -> Shot:
        return Shot(
            id=name,
            seconds=self._seconds(source.duration, source, scope),
            prompt=self._prompt(over(outer, "shot", source.prompt), scope, shared),
            dialogue=self._dialogue(source.dialogue, scope),
            note=self.renderer.plain(source.note, scope),
            node=source.id if source.id is not None else beginning(source.node),
            trim=trim_of(source.begin, source.end, self.renderer, scope),
            budget=self.renderer.typed(source.budget, leaves.money, scope),
        )

    def _scene_fields_of_shots(self, scene: authored.Scene) -> None:
        """What a scene with shots can't say for all of them."""
        own = scene.prompt if isinstance(scene.prompt, Scalar) and not scene.prompt.is_null else None
        if own is not None and scene.shots and all(map(_has_text, scene.shots)):
            self.report.add("SB131", own.span)
        if isinstance(scene.prompt, authored.Verbatim):
            self.report.add("SB125", scene.prompt.place("verbatim"))
        for level in (scene, self.source.defaults):
            if level is not None and level.dialogue is not None:
                if not _is_null(level.dialogue):
                    self.report.add("SB109", level.node.key("dialogue").span, key="dialogue")
                return

    def _seconds(self, scalar: Scalar | None, owner: Authored, scope: Scope) -> Placed[int]:
        found = self.renderer.typed(scalar, leaves.seconds, scope)
        if found is None and self.source.defaults is not None:
            found = self.renderer.typed(self.source.defaults.duration, leaves.seconds, scope)
        return found or Placed(DEFAULT_SECONDS, beginning(owner.node))

    def _outer(self, scene: authored.Scene) -> Prompt:
        """What all shots of a scene inherit."""
        return over(self.defaults, "scene", scene.prompt)

    def _prompt(self, prompt: Prompt, scope: Scope, shared: Shared) -> Prompt:
        sections = {}
        for name, parts in prompt.sections.items():
            found = shared.get(id(parts))
            if found is None:
                found = self._parts(name, parts, scope)
                if id(parts) in shared:
                    shared[id(parts)] = found
            if found:
                sections[name] = found
        return Prompt(sections, labelled=prompt.labelled, verbatim=prompt.verbatim)

    def _parts(self, section: str, parts: tuple[Part, ...], scope: Scope) -> tuple[Part, ...]:
        found: list[Part] = []
        for part in parts:
            self.renderer.notes = () if part.level in {"scene", "shot"} else self.inherited
            texts = self._rendered(part.text, scope) if holds_jinja(part.text) else (part.text,)
            for text in texts:
                if not text.value.strip():
                    self.report.add("SB117", text.span, section=section, fix=_cleared(section, text))
                else:
                    found.append(part if text is part.text else Part(text, part.level))
        self.renderer.notes = ()
        return tuple(found)

    def _rendered(self, text: Scalar, scope: Scope) -> tuple[Scalar, ...]:
        """The text; as it was written where its template fails, so that the rest of the scene can still be judged."""
        before = self.report.errors
        found = self.renderer.texts(text, scope)
        failed = self.report.errors - before
        self.standing_in += failed
        return (text,) if failed else found

    def _dialogue(self, lines: Any, scope: Scope) -> Any:
        if lines is None or _is_null(lines):
            return ()
        return dialogue(lines if isinstance(lines, tuple) else (lines,), self.renderer, scope)


def _same_in_all_shots(outer: Prompt) -> Shared:
    """The sections whose text does not speak of the shot: rendered for one, they hold for all."""
    return {
        id(parts): None
        for parts in outer.sections.values()
        if not any(holds_jinja(part.text) and "shot" in part.text.value for part in parts)
    }


def _cleared(section: str, text: Scalar) -> Fix | None:
    """An empty section that means the same and says so: `null` where the nearest wins, no key where levels add up."""
    if text.pieces is not None:
        return None
    if section in ADDING:
        return without(text)
    return Fix("write `null`", (Edit(text.span, "null"),)) if text.style in {"'", '"'} else None


def _picker(scene: authored.Scene, defaults: authored.Inheritable | None) -> Any:
    """The nearest authored value of a field; null clears what would be inherited."""

    def pick(name: str) -> Any:
        own = getattr(scene, name)
        if own is not None:
            return own
        return getattr(defaults, name) if defaults is not None else None

    return pick


def _placed_pin(scalar: Scalar | None) -> Placed[leaves.Pin] | None:
    """A pin names what was bought and is never rendered."""
    return None if scalar is None or scalar.is_null else Placed(leaves.pin(scalar.value), scalar)


def _value(placed: Placed[Any] | None, default: Any) -> Any:
    return placed.value if placed is not None else default


def _has_text(shot: authored.Shot) -> bool:
    """Whether a shot says itself what happens in it."""
    prompt = shot.prompt
    if isinstance(prompt, authored.Sections):
        return prompt.subject_motion is not None
    return prompt is not None


def _is_null(value: Any) -> bool:
    return isinstance(value, Scalar) and value.is_null
