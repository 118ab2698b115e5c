"""The shot list: every shot in order, expanded, with what the cut, the animatic and the reports need of it."""

from __future__ import annotations

from dataclasses import dataclass

from storyboard.diagnostics import Span


@dataclass(frozen=True, slots=True)
class DialogueLine:
    """One authored line of dialogue. A beat ("a long silence") has no speaker."""

    line: str
    speaker: str | None = None  # as people read it: an element's name, a voice's, or any words
    manner: str | None = None  # "whispering"


@dataclass(frozen=True, slots=True)
class ListedShot:
    """One shot. `sections` are the prompt's sections as plain text with names for elements, for people to read."""

    scene: str
    id: str
    seconds: int
    sections: dict[str, str]  # keys of storyboard.compile.template.SECTIONS; only those that are not empty
    dialogue: tuple[DialogueLine, ...]
    note: str | None
    span: Span


@dataclass(frozen=True, slots=True)
class ListedScene:
    """One scene: one request, one clip. Stills are project paths with forward slashes, or URLs."""

    id: str
    endpoint: str
    height: int  # nominal lines of the clip
    aspect_ratio: str | None  # "16:9" and kin, where the frame does not follow a start image
    start_image: str | None
    end_image: str | None
    audio: bool
    take: int  # the circled take, from 1
    shots: tuple[ListedShot, ...]
    span: Span

    @property
    def seconds(self) -> int:
        return sum(shot.seconds for shot in self.shots)


@dataclass(frozen=True, slots=True)
class ListedTransition:
    """Between two neighbouring scenes; `frames` at the cut's rate are decided in the edit. `seconds` is exact text."""

    before: str
    after: str
    kind: str  # dissolve
    seconds: str
    span: Span


@dataclass(frozen=True, slots=True)
class ShotList:
    """The whole film, in order, before anything is shot. `size` (width, height) is None when the first clip decides."""

    title: str | None
    scenes: tuple[ListedScene, ...]
    transitions: tuple[ListedTransition, ...] = ()
    size: tuple[int, int] | None = None
    fps: int = 24

    @property
    def shots(self) -> tuple[ListedShot, ...]:
        return tuple(shot for scene in self.scenes for shot in scene.shots)
