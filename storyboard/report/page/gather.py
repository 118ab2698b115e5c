"""From what the stages made of a storyboard to the facts of its page. Pure."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec import Struct

from storyboard.compile.compiler import Compiled
from storyboard.compile.paths import element_media, is_remote, path_of
from storyboard.compile.prompts import CompiledPrompt, CompiledScene, meter
from storyboard.compile.shot_list import ListedScene
from storyboard.diagnostics import Diagnostic
from storyboard.plan.estimate import SceneEstimate
from storyboard.plan.steps import Step
from storyboard.read.model import Scene
from storyboard.read.nodes import Scalar
from storyboard.read.source import Source
from storyboard.report.costs import Costs
from storyboard.report.page.facts import (
    ON_THE_WEB,
    ElementFacts,
    Facts,
    Finding,
    Role,
    Run,
    SceneFacts,
    ShotFacts,
    Still,
    Stretch,
    Strip,
)
from storyboard.report.page.findings import findings_of
from storyboard.report.takes import SceneTakes


class Known(Struct, frozen=True):
    """What there is to tell of a storyboard: what it was compiled to (None where it can't be read), what `check` says,
    its costs, the steps of its plan, the takes by scene, and the cut to scale. `chosen` are the scenes that were
    asked for; all where it is None."""

    shown: str
    sources: tuple[Source, ...]
    diagnostics: tuple[Diagnostic, ...]
    compiled: Compiled | None = None
    costs: Costs | None = None
    steps: tuple[Step, ...] = ()
    takes: tuple[SceneTakes, ...] = ()
    strip: Strip | None = None
    no_strip: str | None = None
    chosen: frozenset[str] | None = None


def facts_of(known: Known) -> Facts:
    compiled = known.compiled
    pairs = tuple(_chosen(compiled, known.chosen)) if compiled is not None else ()
    found = findings_of(known.diagnostics, known.sources, [each.scene for each, _ in pairs])
    storyboard = compiled.storyboard if compiled is not None else None
    return Facts(
        title=(storyboard.title if storyboard is not None else None) or known.shown,
        note=storyboard.note if storyboard is not None else None,
        path=known.shown,
        scenes=_Scenes(known, compiled, found).all(pairs) if compiled is not None else (),
        findings=found,
        costs=known.costs,
        strip=known.strip,
        no_strip=known.no_strip,
        errors=sum(each.severity == "error" for each in found),
    )


def _chosen(compiled: Compiled, chosen: frozenset[str] | None) -> Iterable[tuple[CompiledScene, ListedScene]]:
    """Of scenes that have one id, which is an error, the first: a page has one place for an id, and says there what is
    wrong with all of them."""
    seen: set[str] = set()
    for scene, listed in zip(compiled.scenes, compiled.shot_list.scenes, strict=True):
        if listed.id not in seen and (chosen is None or listed.id in chosen):
            yield scene, listed
        seen.add(listed.id)


class _Scenes:
    """The scenes of a storyboard that could be read, each with what is known of it."""

    def __init__(self, known: Known, compiled: Compiled, found: Iterable[Finding]) -> None:
        self.cast, self.media = compiled.cast, compiled.surroundings.media
        rows = known.costs.estimate.scenes if known.costs is not None else ()
        self.prices = {row.scene: row for row in rows}
        self.steps = {step.scene: step for step in known.steps}
        self.takes = {takes.scene: takes for takes in known.takes}
        self.found: dict[tuple[str, str], list[Finding]] = {}
        for each in found:
            self.found.setdefault((each.scene, each.shot), []).append(each)

    def all(self, pairs: Iterable[tuple[CompiledScene, ListedScene]]) -> tuple[SceneFacts, ...]:
        return tuple(self._scene(compiled, listed) for compiled, listed in pairs)

    def _scene(self, compiled: CompiledScene, listed: ListedScene) -> SceneFacts:
        name, price = listed.id, self.prices.get(listed.id)
        return SceneFacts(
            id=name,
            endpoint=compiled.endpoint.alias,
            seconds=listed.seconds,
            audio=compiled.audio,
            shots=tuple(self._shots(compiled, listed, price)),
            stills=tuple(self._stills(compiled.scene, listed)),
            elements=tuple(self._elements(compiled)),
            after=listed.after,
            price=price,
            step=self.steps.get(name),
            takes=self.takes.get(name),
            findings=self._of(name, ""),
            title=compiled.scene.title,
            note=compiled.scene.note,
        )

    def _shots(
        self, compiled: CompiledScene, listed: ListedScene, price: SceneEstimate | None
    ) -> Iterable[ShotFacts]:
        limits, several = compiled.endpoint.limits, len(listed.shots) > 1
        amounts = {shot.id: shot.amount for shot in price.shots} if price is not None else {}
        for shot, prompt, own in zip(listed.shots, compiled.prompts, compiled.scene.shots, strict=True):
            yield ShotFacts(
                id=shot.id,
                seconds=shot.seconds,
                alone=not several,
                runs=runs_of(prompt),
                characters=prompt.characters(compiled.endpoint) if several else len(prompt.text),
                warning=limits.shot_characters_warning if several else limits.prompt_characters_warning,
                limit=limits.shot_characters if several else limits.prompt_characters,
                stretches=tuple(Stretch(*origin, count) for origin, count in meter(prompt).items()),
                amount=amounts.get(shot.id),
                note=shot.note,
                dialogue=shot.dialogue,
                findings=self._of(listed.id, shot.id),
                title=own.title,
            )

    def _stills(self, scene: Scene, listed: ListedScene) -> Iterable[Still]:
        film = _path(scene.source_video) if scene.source_video is not None else None
        named: tuple[tuple[Role, str | None], ...] = (
            ("start", listed.start_image),
            ("end", listed.end_image),
            ("film", film),
        )
        return (self._still(path, role) for role, path in named if path is not None)

    def _elements(self, compiled: CompiledScene) -> Iterable[ElementFacts]:
        """Those that are sent as elements first, in the order of their positions."""
        tagged = {element.name: f"@Element{number}" for number, element in enumerate(compiled.tagged, 1)}
        for name in (*tagged, *sorted(compiled.used.difference(tagged))):
            element = self.cast.elements.get(name)
            if element is not None:
                words = element.description.value if element.description is not None else None
                stills = tuple(self._still(_path(each), "element") for each in element_media(element))
                yield ElementFacts(name, element.label, tagged.get(name), words, stills)

    def _still(self, path: str, role: Role) -> Still:
        if is_remote(path):
            return Still(path, role, ON_THE_WEB)
        fact = self.media.get(path)
        return Still(path, role, fact.problem if fact is not None else None)

    def _of(self, scene: str, shot: str) -> tuple[Finding, ...]:
        return tuple(self.found.get((scene, shot), ()))


def _path(scalar: Scalar) -> str:
    return scalar.value if is_remote(scalar.value) else path_of(scalar) or scalar.value


def runs_of(prompt: CompiledPrompt) -> tuple[Run, ...]:
    """The prompt as it is sent, names apart from the words around them."""
    runs: list[Run] = []
    for piece in prompt.pieces:
        atom = piece.atom
        if atom is not None and atom.kind != "text":
            runs.append(Run(piece.text, atom.kind, atom.text))
        elif runs and runs[-1].kind == "text":
            runs[-1] = Run(runs[-1].text + piece.text)
        else:
            runs.append(Run(piece.text))
    return tuple(runs)
