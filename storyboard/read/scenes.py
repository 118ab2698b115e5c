"""A scene from the row of levels that it lies in: inherited, rendered, its types read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from storyboard.diagnostics import Edit, Fix, Note
from storyboard.read import authored, authored_prompt, leaves
from storyboard.read.authored_mapping import Authored
from storyboard.read.cures import without
from storyboard.read.cut import beginning, trim_of
from storyboard.read.dialogue import dialogue
from storyboard.read.inherit import ADDING, over
from storyboard.read.leaves import holds_jinja
from storyboard.read.levels import VARIANT, Row, is_inherited
from storyboard.read.model import Part, Placed, Prompt, Scene, Shot
from storyboard.read.nodes import Scalar
from storyboard.read.render import Renderer, Scope
from storyboard.read.repeat import ITEM, Repeats, again

DEFAULT_SECONDS = 5
Own = tuple[authored.Takeable, ...]  # what a scene says itself, in its variant first


# Rendered sections of a scene by the identity of what they were made from, which the scene's outer prompt keeps alive.
Shared = dict[int, tuple[Part, ...] | None]


class SceneReader:
    """Reads scenes of one storyboard, whose `endpoint` and `template` hold where no level says otherwise."""

    def __init__(self, storyboard: authored.Storyboard, renderer: Renderer, repeats: Repeats) -> None:
        self.storyboard, self.renderer, self.repeats = storyboard, renderer, repeats
        self.report = renderer.report

    def scene(
        self,
        source: authored.Scene,
        identity: Placed[str],
        outer: Row,
        scope: Scope,
        variant: str | None = None,
    ) -> tuple[Scene, int]:
        """`outer` are the levels around the scene, `scope` the names in it; `variant` is the one that it is read in.
        With it the number of mistakes for which a text as it was written stands in."""
        row = outer.inside("scene", source)
        own: Own = (source,)
        if variant is not None and source.variants is not None:
            own = (source.variants[variant], source)
            row = row.inside(VARIANT + variant, own[0])
        shots = _Shots(self, source, identity, own, outer, row, scope)
        return self._scene(identity, row, own, scope, shots.all()), shots.standing_in

    def _scene(
        self, identity: Placed[str], row: Row, own: Own, scope: Scope, shots: tuple[Shot, ...]
    ) -> Scene:
        pick, render = row.pick, self.renderer
        return Scene(
            id=identity,
            endpoint=render.placed(pick("endpoint") or self.storyboard.endpoint, scope),
            start_image=render.text(pick("start_image"), scope),
            end_image=render.text(pick("end_image"), scope),
            source_video=render.text(pick("source_video"), scope),
            follow=render.typed(pick("follow"), leaves.follow, scope),
            keep_audio=render.typed(pick("keep_audio"), leaves.flag, scope),
            generate_audio=render.typed(pick("generate_audio"), leaves.flag, scope),
            negative_prompt=render.text(pick("negative_prompt"), scope),
            cfg_scale=render.typed(pick("cfg_scale"), leaves.number, scope),
            shot_type=render.text(pick("shot_type"), scope),
            aspect_ratio=render.text(pick("aspect_ratio"), scope),
            voice_ids=render.texts(pick("voice_ids"), scope),
            elements=render.texts(pick("elements"), scope),
            template=render.text(pick("template") or self.storyboard.template, scope),
            take=_value(render.typed(pick("take"), leaves.positive, scope), 1),
            pin=_placed_pin(_first(own, "pin")),
            duration=render.typed(_first(_of_the_shots(own), "duration"), leaves.seconds, scope),
            shots=shots,
            trim=trim_of(pick("begin"), pick("end"), render, scope),
            budget=render.typed(pick("budget"), leaves.money, scope),
            pack=render.typed(pick("pack"), leaves.pack, scope),
            continues=render.typed(_first(own, "continues"), leaves.identifier, scope),
            title=render.plain(_first(own, "title"), scope),
            note=render.plain(_first(own, "note"), scope)
            if _of_the_shots(own)[-1].shots is not None
            else None,
        )


class _Shots:
    """The shots of one scene."""

    def __init__(
        self,
        reader: SceneReader,
        scene: authored.Scene,
        identity: Placed[str],
        own: Own,
        outer: Row,
        row: Row,
        scope: Scope,
    ) -> None:
        self.scene, self.outer, self.row, self.scope = scene, outer, row, scope
        self.own = _of_the_shots(own)
        self.shots: tuple[authored.Shot, ...] | None = self.own[-1].shots
        self.renderer, self.report, self.repeats = reader.renderer, reader.report, reader.repeats
        self.inherited = (Note(f"inherited by the scene `{identity.value}`", identity.span),)
        self.standing_in = 0

    def all(self) -> tuple[Shot, ...]:
        if self.shots is None:
            return (self._only(),)
        if not self.shots:
            place = self.own[-1].place("shots")
            self.report.add("SB103", place, expected="a list of shots", found="an empty one")
        self._fields_of_the_scene(self.shots)
        seen: dict[str, Placed[str]] = {}
        shots: list[Shot] = []
        shared = _same_in_all(self.row.prompt, self.shots)
        for source, scope in self._written_out(self.shots):
            name = self._name(source, scope, str(len(shots) + 1), seen)
            shots.append(self._shot(source, {**scope, "shot": {"id": name}}, name, shared))
        return tuple(shots)

    def _written_out(self, shots: tuple[authored.Shot, ...]) -> Iterator[tuple[authored.Shot, Scope]]:
        for source in shots:
            for scope in self.repeats.turns(source, self.scope):
                yield source, scope

    def _name(self, source: authored.Shot, scope: Scope, number: str, seen: dict[str, Placed[str]]) -> str:
        """Its id, unique in the scene, or its number."""
        identity = self.renderer.typed(source.id, leaves.identifier, scope)
        name = identity.value if identity else number
        place = identity or Placed(name, beginning(source.node))
        if name in seen:
            notes = (Note("first used here", seen[name].span),)
            hint = again(scope, source, source.id) if source.for_each and source.id is not None else None
            self.report.add("SB108", place.span, id=name, notes=notes, hint=hint)
            self.standing_in += 1  # what is in the shot is judged all the same
        seen.setdefault(name, place)
        return name

    def _only(self) -> Shot:
        """A scene without shots is its own one shot."""
        scope = {**self.scope, "shot": {"id": "1"}}
        return Shot(
            id="1",
            seconds=self._seconds(_first(self.own, "duration"), self.scene, scope),
            prompt=self._prompt(self.row.prompt, scope, {}),
            dialogue=self._dialogue(self.row.pick("dialogue"), scope),
            note=self.renderer.plain(_first(self.own, "note"), scope),
            node=self.scene.id,
        )

    def _shot(self, source: authored.Shot, scope: Scope, name: str, shared: Shared) -> Shot:
        return Shot(
            id=name,
            seconds=self._seconds(source.duration, source, scope),
            prompt=self._prompt(over(self.row.prompt, "shot", source.prompt), scope, shared),
            dialogue=self._dialogue(source.dialogue, scope),
            note=self.renderer.plain(source.note, scope),
            node=source.id if source.id is not None else beginning(source.node),
            trim=trim_of(source.begin, source.end, self.renderer, scope),
            budget=self.renderer.typed(source.budget, leaves.money, scope),
            title=self.renderer.plain(source.title, scope),
        )

    def _fields_of_the_scene(self, shots: tuple[authored.Shot, ...]) -> None:
        """What a scene with shots can't say for all of them."""
        prompt = _first(self.own, "prompt")
        if isinstance(prompt, Scalar) and not prompt.is_null and shots and all(map(_has_text, shots)):
            self.report.add("SB131", prompt.span)
        if isinstance(prompt, authored_prompt.Verbatim):
            self.report.add("SB125", prompt.place("verbatim"))
        for level in self.row.levels:
            if level.dialogue is not None:
                if not _is_null(level.dialogue):
                    self.report.add("SB109", level.node.key("dialogue").span, key="dialogue")
                return

    def _seconds(self, scalar: Scalar | None, owner: Authored, scope: Scope) -> Placed[int]:
        """Of a shot: what it says itself, else what the levels around its scene say of shots."""
        found = self.renderer.typed(scalar, leaves.seconds, scope)
        if found is None:
            found = self.renderer.typed(self.outer.pick("duration"), leaves.seconds, scope)
        return found or Placed(DEFAULT_SECONDS, beginning(owner.node))

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
            self.renderer.notes = self.inherited if is_inherited(part.level) else ()
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


def _same_in_all(outer: Prompt, shots: tuple[authored.Shot, ...]) -> Shared:
    """The sections whose text speaks neither of the shot nor of what its `for_each` binds: rendered for one, they hold
    for all."""
    bound = {
        shot.bound.value if shot.bound is not None else ITEM for shot in shots if shot.for_each is not None
    }
    names = {"shot", "loop", *bound} if bound else {"shot"}
    return {
        id(parts): None
        for parts in outer.sections.values()
        if not any(holds_jinja(part.text) and any(n in part.text.value for n in names) for part in parts)
    }


def _cleared(section: str, text: Scalar) -> Fix | None:
    """An empty section that means the same and says so: `null` where the nearest wins, no key where levels add up."""
    if text.pieces is not None:
        return None
    if section in ADDING:
        return without(text)
    return Fix("write `null`", (Edit(text.span, "null"),)) if text.style in {"'", '"'} else None


def _of_the_shots(own: Own) -> Own:
    """Those levels of a scene's own that speak of the shots which are shot. A variant with shots replaces the scene's,
    whose length and text are of others then."""
    found = next((n for n, level in enumerate(own, 1) if level.shots is not None), len(own))
    return own[:found]


def _first(own: Own, field: str) -> Any:
    """The nearest value of what is a scene's own and not inherited."""
    return next((value for level in own if (value := getattr(level, field)) is not None), None)


def _placed_pin(scalar: Scalar | None) -> Placed[leaves.Pin] | None:
    """A pin names what was bought and is never rendered."""
    return None if scalar is None or scalar.is_null else Placed(leaves.pin(scalar.value), scalar)


def _value(placed: Placed[Any] | None, default: Any) -> Any:
    return placed.value if placed is not None else default


def _has_text(shot: authored.Shot) -> bool:
    """Whether a shot says itself what happens in it."""
    prompt = shot.prompt
    if isinstance(prompt, authored_prompt.Sections):
        return prompt.subject_motion is not None
    return prompt is not None


def _is_null(value: Any) -> bool:
    return isinstance(value, Scalar) and value.is_null
