"""What one value of a body may be, and what fal answers when it is not: pydantic's errors, less `url`.

A check takes a value and its place and gives the errors, none when the value will do.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

Place = tuple[str | int, ...]
Error = dict[str, Any]
Check = Callable[[Any, Place], list[Error]]

TRUTH_WORDS = {"1", "0", "on", "off", "t", "f", "true", "false", "y", "n", "yes", "no"}


class Field(Struct, frozen=True):
    """One key of an object. `nullable` keys may be null; keys that no field names are ignored, as fal
    does."""

    check: Check
    required: bool = False
    nullable: bool = True


def error(kind: str, place: Place, message: str, value: Any, **context: Any) -> Error:
    found: Error = {"type": kind, "loc": list(place), "msg": message, "input": value}
    return found | {"ctx": context} if context else found


def value_error(place: Place, message: str, value: Any) -> Error:
    """What a validator of fal's own says."""
    return error("value_error", place, f"Value error, {message}", value, error=message)


def text(most: int | None = None) -> Check:
    def check(value: Any, place: Place) -> list[Error]:
        if not isinstance(value, str):
            return [error("string_type", place, "Input should be a valid string", value)]
        if most is not None and len(value) > most:
            message = f"String should have at most {most} characters"
            return [error("string_too_long", place, message, value, max_length=most)]
        return []

    return check


def shot_text(most: int) -> Check:
    """A shot's prompt. Its limit is a validator of fal's own and stands in no schema."""

    def check(value: Any, place: Place) -> list[Error]:
        if isinstance(value, str) and len(value) > most:
            return [value_error(place, f"Prompt must not exceed {most} characters.", value)]
        return text()(value, place)

    return check


def film_address(value: Any, place: Place) -> list[Error]:
    """Of a film that a clip starts from: motion control refuses it inside the body. Only the message is recorded."""
    if isinstance(value, str) and value.startswith("data:"):
        return [value_error(place, "Video URL is invalid", value)]
    return text()(value, place)


def one_of(*expected: str) -> Check:
    quoted = [f"'{word}'" for word in expected]
    words = " or ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1]]))

    def check(value: Any, place: Place) -> list[Error]:
        if isinstance(value, str) and value in expected:
            return []
        return [error("literal_error", place, f"Input should be {words}", value, expected=words)]

    return check


def truth(value: Any, place: Place) -> list[Error]:
    if isinstance(value, bool) or (isinstance(value, (int, float)) and value in {0, 1}):
        return []
    if isinstance(value, str) and value.lower() in TRUTH_WORDS:
        return []
    if isinstance(value, (str, int, float)):
        message = "Input should be a valid boolean, unable to interpret input"
        return [error("bool_parsing", place, message, value)]
    return [error("bool_type", place, "Input should be a valid boolean", value)]


def number(least: float, most: float) -> Check:
    def check(value: Any, place: Place) -> list[Error]:
        if not isinstance(value, (int, float, str)):
            return [error("float_type", place, "Input should be a valid number", value)]
        try:
            found = float(value)
        except ValueError:
            message = "Input should be a valid number, unable to parse string as a number"
            return [error("float_parsing", place, message, value)]
        if found > most or math.isnan(found):
            message = f"Input should be less than or equal to {most:g}"
            return [error("less_than_equal", place, message, value, le=most)]
        if found < least:
            message = f"Input should be greater than or equal to {least:g}"
            return [error("greater_than_equal", place, message, value, ge=least)]
        return []

    return check


def items(each: Check, least: int, most: int) -> Check:
    def check(value: Any, place: Place) -> list[Error]:
        if not isinstance(value, list):
            return [error("list_type", place, "Input should be a valid list", value)]
        found = [problem for index, item in enumerate(value) for problem in each(item, (*place, index))]
        return found or _length(value, place, least, most)

    return check


def _length(value: Sequence[Any], place: Place, least: int, most: int) -> list[Error]:
    count = len(value)
    if count < least:
        message = f"List should have at least {_items(least)} after validation, not {count}"
        return [
            error(
                "too_short", place, message, value, field_type="List", min_length=least, actual_length=count
            )
        ]
    if count > most:
        message = f"List should have at most {_items(most)} after validation, not {count}"
        return [
            error("too_long", place, message, value, field_type="List", max_length=most, actual_length=count)
        ]
    return []


def _items(count: int) -> str:
    return f"{count} item" if count == 1 else f"{count} items"


def fields(
    table: Mapping[str, Field], after: Callable[[Mapping[str, Any], Place], list[Error]] | None = None
) -> Check:
    """An object with these keys; `after` looks at the whole of it when every key will do."""

    def check(value: Any, place: Place) -> list[Error]:
        if not isinstance(value, dict):
            message = "Input should be a valid dictionary or object to extract fields from"
            return [error("model_attributes_type", place, message, value)]
        found = [problem for name, field in table.items() for problem in _field(name, field, value, place)]
        return found or (after(value, place) if after else [])

    return check


def _field(name: str, field: Field, whole: Mapping[str, Any], place: Place) -> list[Error]:
    if name not in whole:
        return [error("missing", (*place, name), "Field required", whole)] if field.required else []
    value = whole[name]
    if value is None and field.nullable:
        return []
    return field.check(value, (*place, name))
