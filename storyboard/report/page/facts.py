"""What the page tells, as one frozen value: gathered once, drawn by anybody.

    Facts ── scenes ──▶ SceneFacts ── shots ──▶ ShotFacts      prompt, meter, notes, dialogue
          │                        ├─ stills, elements         pictures by path
          │                        ╰─ takes                    clips by content
          ├─ costs                                             the numbers of `estimate`
          ├─ strip                                             the cut, to scale
          ╰─ findings                                          diagnostics, each with its scene and shot

Money and lengths are those of the estimate, the plan, the takes and the cut: none is computed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Literal

from msgspec import Struct, field

from storyboard.compile.shot_list import DialogueLine
from storyboard.diagnostics import Severity
from storyboard.plan.estimate import SceneEstimate
from storyboard.plan.steps import Step
from storyboard.report.costs import Costs
from storyboard.report.takes import SceneTakes

Role = Literal["start", "end", "film", "element"]
RunKind = Literal["text", "element", "voice"]
ON_THE_WEB = "on the web, and not fetched"


class Still(Struct, frozen=True):
    """A still, or a film of which the first frame stands for it, by its path from the project folder or its URL.
    `problem` says why there is no picture of it."""

    path: str
    role: Role
    problem: str | None = None


class ElementFacts(Struct, frozen=True):
    """An element of a scene. `tag` is what stands for it in the request ("@Element1"); None: its name does."""

    name: str
    label: str
    tag: str | None
    description: str | None
    stills: tuple[Still, ...]


class Run(Struct, frozen=True):
    """A stretch of a prompt as it is sent. `name` is the element's or voice's that it stands for."""

    text: str
    kind: RunKind = "text"
    name: str = ""


class Stretch(Struct, frozen=True):
    """Characters of a prompt by what they come from; `section` and `level` are "" for what the template wrote."""

    section: str
    level: str
    characters: int


class ShotFacts(Struct, frozen=True):
    """`characters` is what counts against `limit`; from `warning` on it is near to it. Of one shot that is its whole
    scene `alone` is true."""

    id: str
    seconds: int
    alone: bool
    runs: tuple[Run, ...]
    characters: int
    warning: int
    limit: int
    stretches: tuple[Stretch, ...]
    amount: Decimal | None
    note: str | None
    dialogue: tuple[DialogueLine, ...]
    findings: tuple[Finding, ...] = ()
    title: str | None = None

    @property
    def state(self) -> Literal["ok", "near", "over"]:
        if self.characters > self.limit:
            return "over"
        return "near" if self.characters > self.warning else "ok"


class Finding(Struct, frozen=True):
    """A diagnostic: its place in words, and its lines as `check` shows them. `scene` and `shot` are "" where it is of
    none."""

    code: str
    severity: Severity
    message: str
    place: str
    frame: str
    hint: str | None = None
    scene: str = ""
    shot: str = ""


class SceneFacts(Struct, frozen=True):
    """`price` is the estimate's row, `step` the plan's: None while they can't be known. `after` is the scene that it
    goes on from."""

    id: str
    endpoint: str
    seconds: int
    audio: bool
    shots: tuple[ShotFacts, ...]
    stills: tuple[Still, ...] = ()
    elements: tuple[ElementFacts, ...] = ()
    after: str | None = None
    price: SceneEstimate | None = None
    step: Step | None = None
    takes: SceneTakes | None = None
    findings: tuple[Finding, ...] = ()
    title: str | None = None
    note: str | None = None

    @property
    def part(self) -> str:
        """The id of its element on the page."""
        return f"scene-{self.id}"

    @property
    def states(self) -> tuple[str, ...]:
        """What a filter knows it by: what the plan decides, whether it changed, and whether something is wrong."""
        step = self.step
        decided = (step.decision, *(("changed",) if step.why == "changed" else ())) if step else ()
        severities = {each.severity for each in self.found}
        return (*decided, *sorted(severities))

    @property
    def found(self) -> tuple[Finding, ...]:
        """Its diagnostics, those of its shots too."""
        return (*self.findings, *(each for shot in self.shots for each in shot.findings))


class Bar(Struct, frozen=True):
    """A piece of the cut: `first` and `frames` in it. `scene` is "" for a card; `shots` are (id, first, frames)."""

    name: str
    scene: str
    first: int
    frames: int
    kind: Literal["clip", "stills", "card"]
    shots: tuple[tuple[str, int, int], ...] = ()


class Joint(Struct, frozen=True):
    """A transition: the frames of the cut in which it is seen or heard."""

    kind: str
    first: int
    frames: int
    before: str
    after: str


class Strip(Struct, frozen=True):
    """The cut to scale, in frames at `fps`."""

    fps: int
    frames: int
    bars: tuple[Bar, ...]
    joints: tuple[Joint, ...]


class Facts(Struct, frozen=True):
    """`costs` is None where nothing of it can be read; `strip` where there is no cut, for which `no_strip` is the
    reason. `path` is the storyboard's name as people wrote it."""

    title: str
    path: str
    scenes: tuple[SceneFacts, ...]
    findings: tuple[Finding, ...]
    costs: Costs | None = None
    strip: Strip | None = None
    no_strip: str | None = None
    errors: int = 0
    note: str | None = None

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors

    @property
    def seconds(self) -> int:
        return sum(scene.seconds for scene in self.scenes)

    @property
    def shots(self) -> int:
        return sum(len(scene.shots) for scene in self.scenes)

    @property
    def stills(self) -> tuple[str, ...]:
        """Paths of all that are named, each once."""
        named = (
            each
            for scene in self.scenes
            for each in (*scene.stills, *(still for element in scene.elements for still in element.stills))
        )
        return tuple(dict.fromkeys(each.path for each in named))

    @property
    def elements(self) -> tuple[str, ...]:
        """Names of all that occur, in order of first use."""
        return tuple(dict.fromkeys(each.name for scene in self.scenes for each in scene.elements))


class Picture(Struct, frozen=True):
    """A small picture, upright: its URL and its size in pixels."""

    url: str
    width: int
    height: int


class Links(Struct, frozen=True):
    """From what is shown to where it is: `pictures` by a still's path or, for the first frame of a clip, by the clip's
    name; `clips` are URLs by a clip's name. What is not in them is said to be missing."""

    pictures: Mapping[str, Picture] = field(default_factory=dict)
    clips: Mapping[str, str] = field(default_factory=dict)
