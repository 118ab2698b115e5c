"""What may be written where: the authored models, walked by the keys that lead to a place.

A path is made of keys; an item of a list is ITEM.
"""

from __future__ import annotations

import types
from collections.abc import Iterator
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from msgspec import Struct
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from storyboard.read.authored import Shot, Storyboard
from storyboard.read.leaves import Leaf
from storyboard.read.nodes import Scalar
from storyboard.read.spell import SHORT

ITEM = "-"
Path = tuple[str, ...]
WORDS = {"Inheritable": "scene", "Sections": "prompt", "Verbatim": "prompt"}  # of models, for people


class Field(Struct, frozen=True):
    """`name` as authors write it; `nested`: what is written below it has keys or items of its own."""

    name: str
    description: str
    required: bool
    flag: bool
    nested: bool
    level: str  # the model that it belongs to, in words


@cache
def fields(path: Path) -> tuple[Field, ...]:
    """The keys that the mapping at the path may have, in the language's order."""
    found: dict[str, Field] = {}
    for model in _models(_at(path)):
        for name, info in model.model_fields.items():
            if name != "node":
                field = _field(info.alias or name, info, model)
                found.setdefault(field.name, field)
    return tuple(found.values())


def field(path: Path) -> Field | None:
    """The field that the path ends in."""
    if not path:
        return None
    *above, last = path
    return next((each for each in fields(tuple(above)) if each.name == last), None)


def is_list(path: Path) -> bool:
    """Whether items stand at the path."""
    return any(get_origin(each) is tuple for each in _parts(_at(path)))


def is_text(path: Path) -> bool:
    """Whether words alone may stand at the path."""
    return any(each is Scalar for each in _parts(_at(path)))


def is_named(path: Path) -> bool:
    """Whether the keys at the path are names of the author's own."""
    return any(get_origin(each) is dict for each in _parts(_at(path)))


def _field(name: str, info: FieldInfo, model: type[BaseModel]) -> Field:
    told = [part.told for part in info.metadata if isinstance(part, Leaf)]
    nested = not told and all(_is_nested(part) for part in _parts(info.annotation) if part is not type(None))
    return Field(
        name=name,
        description=info.description or "",
        required=info.is_required(),
        flag={"type": "boolean"} in [each for one in told for each in one.get("anyOf", ())],
        nested=nested,
        level=WORDS.get(model.__name__, model.__name__.lower()),
    )


def _is_nested(part: Any) -> bool:
    return get_origin(part) in {tuple, dict} or (isinstance(part, type) and issubclass(part, BaseModel))


@cache
def _at(path: Path) -> Any:
    """The annotation of what stands at a path; None where nothing is known."""
    place: Any = Storyboard
    for part in path:
        place = _step(place, part)
    return place


def _step(place: Any, part: str) -> Any:
    steps = [step for each in _parts(place) if (step := _step_of(each, part)) is not None]
    return Union[tuple(steps)] if steps else None  # noqa: UP007 - there are as many as were found


def _step_of(each: Any, part: str) -> Any:
    origin = get_origin(each)
    if origin is tuple:
        return get_args(each)[0] if part == ITEM else None
    if origin is dict:
        return get_args(each)[1] if part != ITEM else None
    if not (isinstance(each, type) and issubclass(each, BaseModel)) or part == ITEM:
        return None
    if issubclass(each, Shot) and SHORT.fullmatch(part):
        part = "prompt"
    named = {info.alias or name: info for name, info in each.model_fields.items()}
    return named[part].annotation if part in named else None


def _parts(place: Any) -> Iterator[Any]:
    """What a value may be: the members of a union, without what is only said about them."""
    origin = get_origin(place)
    if origin is Annotated:
        yield from _parts(get_args(place)[0])
    elif origin in {Union, types.UnionType}:
        for each in get_args(place):
            yield from _parts(each)
    else:
        yield place


def _models(place: Any) -> Iterator[type[BaseModel]]:
    yield from (each for each in _parts(place) if isinstance(each, type) and issubclass(each, BaseModel))
