"""The storyboard as it was meant: nothing left to inherit, nothing left to render. The first type at a boundary."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any, Generic, TypeVar

from msgspec import Struct, field

from storyboard.diagnostics import Note, Span
from storyboard.read.leaves import Pin
from storyboard.read.nodes import Node, Scalar

FPS = 24  # of a cut, where nothing is said
T = TypeVar("T")


class Placed(Struct, Generic[T], frozen=True):
    """A value and the node that it was read from."""

    value: T
    node: Node

    @property
    def span(self) -> Span:
        return self.node.span


class Part(Struct, frozen=True):
    """Text of a prompt section. `level` says in words where it was inherited from: defaults, scene or shot."""

    text: Scalar
    level: str


class Prompt(Struct, frozen=True):
    """Sections by name, each its parts in order; or verbatim text. `labelled` is False for a plain string."""

    sections: Mapping[str, tuple[Part, ...]] = field(default_factory=dict)
    labelled: bool = True
    verbatim: Scalar | None = None


class Line(Struct, frozen=True):
    """Dialogue. A beat has no speaker."""

    words: Scalar
    speaker: Scalar | None = None
    manner: Scalar | None = None


class Trim(Struct, frozen=True):
    """What the cut shows of a clip or a shot, in seconds from its beginning. None: from its first, to its last."""

    begin: Placed[Decimal] | None = None
    end: Placed[Decimal] | None = None

    @property
    def is_empty(self) -> bool:
        return self.begin is None and self.end is None


class Shot(Struct, frozen=True):
    """`seconds` is authored or the default; `node` is where a diagnostic about the whole shot points."""

    id: str
    seconds: Placed[int]
    prompt: Prompt
    dialogue: tuple[Line, ...]
    note: str | None
    node: Node
    trim: Trim = Trim()
    budget: Placed[Decimal] | None = None
    title: str | None = None

    @property
    def place(self) -> Span:
        return self.node.span


class Scene(Struct, frozen=True):
    """One request to be. None where nothing was authored: the catalog has the default."""

    id: Placed[str]
    endpoint: Placed[str] | None
    start_image: Scalar | None
    end_image: Scalar | None
    source_video: Scalar | None
    follow: Placed[str] | None
    keep_audio: Placed[bool] | None
    generate_audio: Placed[bool] | None
    negative_prompt: Scalar | None
    cfg_scale: Placed[Decimal] | None
    shot_type: Scalar | None
    aspect_ratio: Scalar | None
    voice_ids: tuple[Scalar, ...]
    elements: tuple[Scalar, ...]
    template: Scalar | None
    take: int
    pin: Placed[Pin] | None
    duration: Placed[int] | None
    shots: tuple[Shot, ...]
    trim: Trim = Trim()
    budget: Placed[Decimal] | None = None
    pack: Placed[str] | None = None
    continues: Placed[str] | None = None
    after: str | None = None  # the scene with the last frame of whose clip this one begins
    title: str | None = None
    note: str | None = None  # of a scene without `shots` it is its one shot's
    lent: Mapping[str, Note] = field(default_factory=dict)  # why a field holds what stands in another scene

    @property
    def place(self) -> Span:
        return self.id.span


class Element(Struct, frozen=True):
    """A recurring character or object. `label` is how people call it."""

    name: str
    label: str
    description: Scalar | None
    frontal_image: Scalar | None
    reference_images: tuple[Scalar, ...]
    video: Scalar | None
    voice: Scalar | None
    place: Span

    @property
    def has_media(self) -> bool:
        return bool(self.frontal_image or self.reference_images or self.video)


class Voice(Struct, frozen=True):
    name: str
    id: str
    place: Span


class Transition(Struct, frozen=True):
    before: Placed[str]
    after: Placed[str]
    kind: Placed[str]
    seconds: Placed[Decimal]
    direction: Placed[str] | None
    place: Span


class Entry(Struct, frozen=True):
    """One entry of `cut.order`. `name` is a scene's, or a shot's behind its scene's and a point."""

    name: Placed[str]
    trim: Trim


class Card(Struct, frozen=True):
    text: Placed[str]
    subtitle: str
    seconds: Placed[Decimal]


class Cue(Struct, frozen=True):
    """Music or narration. `at` is a time, or the name of a scene or a shot; gains in decibels, times in seconds."""

    file: Placed[str]
    at: Placed[str] | None
    source: Decimal
    seconds: Placed[Decimal] | None
    gain: Placed[Decimal] | None
    fade_in: Decimal
    fade_out: Decimal
    duck: Placed[Decimal] | None


class Cut(Struct, frozen=True):
    """The edit as it was authored. Without an order the scenes follow each other as they stand."""

    order: tuple[Entry, ...] = ()
    transitions: tuple[Transition, ...] = ()
    title: Card | None = None
    end: Card | None = None
    sound: tuple[Cue, ...] = ()
    loudness: Placed[Decimal] | None = None
    size: tuple[int, int] | None = None
    fit: Placed[str] | None = None
    fps: int = FPS


class Storyboard(Struct, frozen=True, dict=True):
    """The whole film. `broken_elements` were reported already and are to be passed over by the rules."""

    path: str
    title: str | None
    budget: Placed[Decimal] | None
    prices: Placed[str] | None
    elements: Mapping[str, Element]
    voices: Mapping[str, Voice]
    scenes: tuple[Scene, ...]
    cut: Cut
    vars: Mapping[str, Any]
    broken_elements: frozenset[str] = frozenset()
    cast_known: bool = True  # False when `elements` or `voices` could not be read at all
    parts: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # of scenes that were split, by their ids
    unpicked: tuple[Scene, ...] = ()  # scenes in variants that are not shot: checked all the same
    whole: bool = True  # False when a scene was left out because of its mistakes
    note: str | None = None

    @property
    def film(self) -> tuple[Entry, ...]:
        """What the cut shows, in order."""
        return self.cut.order or tuple(Entry(scene.id, Trim()) for scene in self.scenes)

    def meant(self, names: Sequence[str]) -> tuple[str, ...]:
        """The ids of scenes that these names stand for: the parts of those that were split."""
        return tuple(part for name in names for part in self.parts.get(name, (name,)))

    def named(self, name: str) -> tuple[Scene, Shot | None] | None:
        """The scene of this name, or the shot of `scene.shot`; ids may hold points themselves."""
        return next(self.all_named(name), None)

    def all_named(self, name: str) -> Iterator[tuple[Scene, Shot | None]]:
        """The one that is meant first, then others of the same name."""
        yield from self._by_name.get(name, ())

    @cached_property
    def _by_name(self) -> Mapping[str, list[tuple[Scene, Shot | None]]]:
        names: dict[str, list[tuple[Scene, Shot | None]]] = {}
        for scene in self.scenes:
            names.setdefault(scene.id.value, []).append((scene, None))
        for scene in self.scenes:
            for shot in scene.shots:
                names.setdefault(f"{scene.id.value}.{shot.id}", []).append((scene, shot))
        return names
