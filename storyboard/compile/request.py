"""A request: an endpoint and its exact arguments. It yields one clip of one or several shots, or a voice."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.catalog.prices import Tier
from storyboard.compile.digest import LastFrame
from storyboard.diagnostics import Span
from storyboard.media.fact import MediaFact
from storyboard.read.leaves import Pin
from storyboard.read.model import Placed

ArgumentPath = tuple[str | int, ...]  # ("multi_prompt", 1, "prompt")


class RequestShot(Struct, frozen=True):
    """One shot of a request. `characters` is what counts against the limit, tag budget included; `budget` is what its
    seconds may cost, in USD."""

    id: str
    seconds: int
    characters: int
    prompt: str
    budget: Placed[Decimal] | None = None


class MediaUse(Struct, frozen=True):
    """Where in the arguments a still, an element's file or a voice's sample stands, and where its author wrote it."""

    argument: ArgumentPath
    path: str  # from the project folder, forward slashes; or an https URL
    remote: bool
    video: bool
    span: Span
    fact: MediaFact | None = None  # of a local file that was looked at
    sample: bool = False  # it is sent for what is heard in it


class Request(Struct, frozen=True):
    """One scene, or one voice (see voice.py), ready to be priced and sent.

    `arguments` is the exact body for fal, except that a local file stands as "file:" and its path from the project
    folder; `media` lists those places. `digest` is None while a local file's content is not known, or the clip with
    whose last frame it begins.
    `places` leads from an argument, by its path, to where its author wrote it: fal names arguments in its refusals.
    """

    scene: str
    take: int
    endpoint: str
    arguments: Mapping[str, Any]
    digest: str | None
    seconds: int
    tier: Tier
    shots: tuple[RequestShot, ...]
    media: tuple[MediaUse, ...]
    places: Mapping[ArgumentPath, Span]
    span: Span
    elements: tuple[str, ...] = ()  # the names of all that occur; first those sent as elements, in that order
    pin: Placed[Pin] | None = None  # the take that the scene keeps, whatever its text says
    budget: Placed[Decimal] | None = None  # USD that one take of it may cost; in no digest
    length_known: bool = True  # False where the clip is as long as a film whose length is not known here
    begins: LastFrame | None = None  # what stands in its arguments for the still that it begins with
    pending: str | None = None  # what tells it from others while there is no clip that it could begin with

    @property
    def after(self) -> str | None:
        """The scene whose clip has to be there first."""
        return self.begins.scene if self.begins is not None else None

    @property
    def is_pending(self) -> bool:
        """Is the clip that it begins with the last frame of still to be had?"""
        return self.begins is not None and self.begins.clip is None and self.digest is None

    @property
    def identity(self) -> str | None:
        """Its digest; before it can have one, what it is known by within its film."""
        return self.pending if self.is_pending else self.digest

    @property
    def quantity(self) -> int:
        """How often its unit price is due: for every second of output, or for the run."""
        return 1 if self.tier == "run" else self.seconds

    def place(self, argument: ArgumentPath) -> Span:
        """The nearest authored place of an argument: its own, that of what holds it, or the scene."""
        for length in range(len(argument), 0, -1):
            if argument[:length] in self.places:
                return self.places[argument[:length]]
        return self.span
