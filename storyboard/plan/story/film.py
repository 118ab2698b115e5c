"""What differs in what a film's scenes share: title, budget, price book, elements, voices, templates. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec.structs import replace

from storyboard.compile.compiler import Compiled
from storyboard.compile.digest import LOCAL
from storyboard.compile.paths import is_remote, path_of
from storyboard.plan.changes import Change, changes, is_unread
from storyboard.plan.content import HASH, Content
from storyboard.plan.story.cut import between
from storyboard.read.model import Element, Storyboard
from storyboard.read.nodes import Scalar
from storyboard.read.source import Source
from storyboard.report.money import exact


def film_changes(old: Compiled, new: Compiled) -> tuple[Change, ...]:
    """In the order of a storyboard."""
    then, now = old.storyboard, new.storyboard
    found = [Change("title", then.title, now.title, words=between(then.title, now.title))]
    found.append(Change("budget", _budget(then), _budget(now)))
    found.append(Change("prices", _prices(then), _prices(now)))
    found += _voices(old, new)
    found += _templates(old.surroundings.templates, new.surroundings.templates)
    return (*(change for change in found if change.old != change.new), *_elements(old, new))


def _budget(storyboard: Storyboard) -> str | None:
    return exact(storyboard.budget.value) if storyboard.budget is not None else None


def _prices(storyboard: Storyboard) -> str | None:
    return storyboard.prices.value if storyboard.prices is not None else None


def _voices(old: Compiled, new: Compiled) -> Iterator[Change]:
    then, now = ({name: v.id for name, v in film.storyboard.voices.items()} for film in (old, new))
    for name in dict.fromkeys([*now, *then]):
        yield Change(f"voice {name}", then.get(name), now.get(name))


def _templates(then: Mapping[str, Source | None], now: Mapping[str, Source | None]) -> Iterator[Change]:
    """Of the project's own, those that both name."""
    for name in now:
        before, after = then.get(name), now[name]
        if before is not None and after is not None:
            yield Change("template", _hash(before.text), _hash(after.text), paths=(name, name))


def _hash(text: str) -> str:
    return HASH + hashlib.sha256(text.encode("utf-8")).hexdigest()


def _elements(old: Compiled, new: Compiled) -> Iterator[Change]:
    then, now = old.storyboard.elements, new.storyboard.elements
    for name in dict.fromkeys([*now, *then]):
        if name not in then or name not in now:
            there = {"name": name}
            yield Change(f"element {name}", *((there, None) if name in then else (None, there)))
            continue
        for change in changes(_content(then[name], old), _content(now[name], new)):
            if not is_unread(change):
                yield replace(change, field=f"element {name}, {change.field}")


def _content(element: Element, film: Compiled) -> Content:
    """An element as if it were a request, so that it is compared like one."""
    paths: dict[str, str] = {}
    arguments: dict[str, Any] = {
        "name": element.label,
        "description": element.description and element.description.value,
        "frontal_image_url": element.frontal_image and _file(element.frontal_image, film, paths),
        "reference_image_urls": [_file(scalar, film, paths) for scalar in element.reference_images],
        "video_url": element.video and _file(element.video, film, paths),
        "voice": element.voice and element.voice.value,
    }
    return Content("", {name: value for name, value in arguments.items() if value}, paths=paths)


def _file(scalar: Scalar, film: Compiled, paths: dict[str, str]) -> str:
    """The file's content, or its address."""
    if is_remote(scalar.value):
        return scalar.value
    path = path_of(scalar) or scalar.value
    fact = film.surroundings.media.get(path)
    if fact is None or fact.sha256 is None:
        return f"{LOCAL}{path}"
    paths[HASH + fact.sha256] = path
    return HASH + fact.sha256
