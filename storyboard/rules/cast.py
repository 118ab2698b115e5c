"""Rules on elements and voices as they are declared, and on whether they are used."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeVar

from storyboard.catalog.endpoints import REHEARSED, Limits, catalog
from storyboard.compile.compiler import Compiled
from storyboard.compile.names import Cast
from storyboard.compile.prompts import CompiledScene
from storyboard.findings import Report, did_you_mean
from storyboard.read.cures import spelt
from storyboard.read.model import Element, Line, Storyboard, Voice
from storyboard.rules.fields import unnamed

Declared = TypeVar("Declared", Element, Voice)


def limits_of_elements(scenes: Sequence[CompiledScene]) -> Mapping[str, tuple[Limits, ...]]:
    """By element, what holds for it at each endpoint that gets it."""
    found: dict[str, dict[str, Limits]] = {}
    for compiled in scenes:
        for element in compiled.tagged:
            found.setdefault(element.name, {})[compiled.endpoint.id] = compiled.endpoint.limits
    return {name: tuple(limits.values()) for name, limits in found.items()}


def limits_anywhere() -> tuple[Limits, ...]:
    """What holds for an element that is sent nowhere: it may be yet."""
    return (catalog().endpoints[0].limits,)


def check_cast(film: Compiled, report: Report) -> None:
    """The shapes of elements that fal refuses, voices that do not exist, and those that fal does not know."""
    known, cast = limits_of_elements(film.scenes), film.cast
    for voice in film.storyboard.voices.values():
        if voice.id.startswith(REHEARSED):
            report.add("SB870", voice.place, name=voice.name)
    for element in film.storyboard.elements.values():
        if element.name not in cast.broken:
            for limits in known.get(element.name, limits_anywhere()):
                _check_element(element, cast, limits, report)


def _check_element(element: Element, cast: Cast, limits: Limits, report: Report) -> None:
    images = bool(element.frontal_image or element.reference_images)
    least, most = limits.reference_images
    if images and element.video is not None:
        report.add("SB309", element.place, name=element.name)
    elif images and not (element.frontal_image and element.reference_images):
        report.add("SB308", element.place, name=element.name)
    elif len(element.reference_images) > most:
        count = len(element.reference_images)
        report.add("SB313", element.place, name=element.name, count=count, least=least, most=most)
    elif not element.has_media and element.description is None:
        report.add("SB215", element.place, name=element.name)
    if element.description is not None:
        unnamed(element.description, "description", cast, report)
    if "@" in element.label or "<<<" in element.label:
        report.add("SB217", element.place, field="name")
    if element.voice is None:
        return
    if element.voice.value not in cast.voices:
        hint = did_you_mean(element.voice.value, cast.voices)
        fix = spelt(element.voice, cast.voices)
        report.add("SB205", element.voice.span, name=element.voice.value, hint=hint, fix=fix)
    elif element.video is None:
        report.add("SB314", element.voice.span, name=element.name)


def check_use(storyboard: Storyboard, scenes: Sequence[CompiledScene], report: Report) -> None:
    """Elements and voices of the storyboard's own text that nothing names: what it includes is a stock for others, too.
    Silent while there are errors: one of them may hide the use."""
    if report.errors or not storyboard.whole:
        return
    used = {name for compiled in scenes for name in compiled.used}
    for element in _own(storyboard, storyboard.elements.values()):
        if element.name not in used and element.name not in storyboard.broken_elements:
            report.add("SB204", element.place, name=element.name)
    spoken = {name for compiled in scenes for name in compiled.spoken}
    bound = {element.voice.value for element in storyboard.elements.values() if element.voice is not None}
    silent = {
        _speaker(line) for compiled in scenes for shot in compiled.scene.shots for line in shot.dialogue
    }
    for voice in _own(storyboard, storyboard.voices.values()):
        if voice.name not in spoken | bound | (
            silent - storyboard.elements.keys()
        ):  # an element speaks first
            report.add("SB214", voice.place, name=voice.name)


def _own(storyboard: Storyboard, declared: Iterable[Declared]) -> Iterator[Declared]:
    return (each for each in declared if each.place.path == storyboard.path)


def _speaker(line: Line) -> str | None:
    return line.speaker.value.removeprefix("@") if line.speaker is not None else None
