"""Leaves of the authored model: scalars whose field decides the type. Text stays as written; the rest is parsed here.

A parser takes the text of a scalar and returns the value, or raises `Unreadable` with the rule and its values.
A leaf that holds Jinja is left alone until it has been rendered.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Annotated, Any, NamedTuple
from unicodedata import category

from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from storyboard.read.nodes import Scalar

SECONDS = re.compile(r"(\d{1,9})(?:\.(\d{1,9}))?\s?s?", re.ASCII)
SIZE = re.compile(r"(\d{2,5})\s*[x×]\s*(\d{2,5})", re.ASCII)
MOMENT = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s?s?", re.ASCII)
NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
MONEY = re.compile(r"\d{1,12}(?:\.\d{1,9})?", re.ASCII)
# What can't mean anything else: `4 seconds`; `$12`, `12 USD`; version `1.0`.
WORDED = re.compile(r"(\d{1,4})\s*(?:sec|secs|second|seconds)\.?", re.ASCII | re.IGNORECASE)
AMOUNT = re.compile(
    r"\$\s?(\d{1,12}(?:\.\d{1,9})?)|(\d{1,12}(?:\.\d{1,9})?)\s?(?:USD|\$)", re.ASCII | re.IGNORECASE
)
ONE = re.compile(r"[vV]?1(?:\.0)*")
JINJA = re.compile(r"\{[{%#]")
PIN = re.compile(r"([0-9a-f]{12,64})/([1-9][0-9]{0,8})", re.ASCII)
ASCII_WORD = re.compile(r"[A-Za-z0-9_-]*")
RESERVED = frozenset({"scene", "shot", "loop"})  # names that the language gives
MAX_DIGITS = 18
LONGEST_NAME = 64  # characters of a name or an id
LEAST_PIXELS, MOST_PIXELS = 64, 8192  # of a cut
MOST_FRAMES = 120  # a second


class Unreadable(Exception):
    """The text is not of the field's type. Holds the rule's code, the values of its text, and what was certainly meant
    instead."""

    def __init__(self, code: str, *, instead: str | None = None, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.values = values
        self.instead = instead


def holds_jinja(scalar: Scalar) -> bool:
    return "{" in scalar.value and scalar.pieces is None and JINJA.search(scalar.value) is not None


def seconds(text: str) -> int:
    """`4`, `4s`: whole seconds."""
    match = SECONDS.fullmatch(text.strip())
    if match is None:
        if re.fullmatch(r"([0-9]{1,4}):([0-9]{2})", text):
            minutes, rest = text.split(":")
            sum_of = str(int(minutes) * 60 + int(rest))
            raise Unreadable("SB106", value=text, cure=sum_of, instead=sum_of)
        worded = WORDED.fullmatch(text.strip())
        expected = "a number of seconds, like 4 or 4s"
        raise Unreadable("SB104", value=text, expected=expected, instead=worded[1] if worded else None)
    whole, fraction = match[1], match[2]
    if fraction and set(fraction) != {"0"}:
        cure = f"{int(whole)} or {int(whole) + 1}" if int(whole) else "1, the shortest"
        raise Unreadable("SB106", value=text, cure=cure)
    return int(whole)


def moment(text: str) -> Decimal:
    """`0.5`, `0.5s`: seconds within a clip or a cut, to any fraction."""
    match = MOMENT.fullmatch(text.strip())
    if match is None:
        raise Unreadable("SB104", value=text, expected="a time in seconds, like 0.5 or 0.5s")
    return Decimal(match[1])


def flag(text: str) -> bool:
    if text in {"true", "false"}:
        return text == "true"
    meant = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(text.casefold(), text.casefold())
    known = meant if meant in {"true", "false"} else None
    hint = f"write `{known}`" if known else None
    raise Unreadable(
        "SB103", expected="`true` or `false`", found=f"the text `{text}`", hint=hint, instead=known
    )


def number(text: str) -> Decimal:
    if NUMBER.fullmatch(text.strip()) is None or len(text) > 2 * MAX_DIGITS:
        raise Unreadable("SB104", value=text, expected="a number")
    return Decimal(text.strip())


def whole(text: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", text.strip()):
        raise Unreadable("SB104", value=text, expected="a whole number")
    return int(text)


def positive(text: str) -> int:
    value = whole(text)
    if value < 1:
        raise Unreadable("SB104", value=text, expected="a whole number from 1")
    return value


def money(text: str) -> Decimal:
    if MONEY.fullmatch(text.strip()) is None:
        amount = AMOUNT.fullmatch(text.strip())
        if amount is None:
            raise Unreadable("SB118", value=text)
        plain = amount[1] or amount[2]
        plain = plain if "." in plain else f"{plain}.00"
        raise Unreadable("SB118", value=text, instead=plain, hint=f"did you mean `{plain}`?")
    return Decimal(text.strip())


def word_end(text: str, position: int) -> int:
    """Where a word of letters (of any script, with the marks it is written with), digits, `_` and `-` ends."""
    if plain := ASCII_WORD.match(text, position):
        position = plain.end()
    while position < len(text) and (
        text[position].isalnum() or text[position] in "_-" or _is_mark(text[position])
    ):
        position += 1
    return position


def _is_mark(character: str) -> bool:
    return not character.isascii() and category(character).startswith("M")


def is_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST_NAME and word_end(text, 0) == len(text)


def identifier(text: str) -> str:
    if not text[:1].isalnum() or len(text) > LONGEST_NAME or word_end(text.replace(".", "_"), 0) != len(text):
        raise Unreadable("SB107", value=text)
    return text


def bound(text: str) -> str:
    """What `as` binds: a name as Jinja has them."""
    if not text.isidentifier():
        raise Unreadable("SB104", value=text, expected="a name of letters, digits and `_`")
    if text in RESERVED:
        raise Unreadable("SB216", name=text)
    return text


def version(text: str) -> int:
    if text.strip() != "1":
        raise Unreadable("SB105", value=text, instead="1" if ONE.fullmatch(text.strip()) else None)
    return 1


def rate(text: str) -> int:
    value = positive(text)
    if value > MOST_FRAMES:
        raise Unreadable("SB104", value=text, expected=f"a rate of 1 to {MOST_FRAMES} frames a second")
    return value


def size(text: str) -> tuple[int, int]:
    """`1280x720`: width and height in pixels, both even, as video encoders need them."""
    match = SIZE.fullmatch(text.strip())
    if match is None or int(match[1]) % 2 or int(match[2]) % 2:
        raise Unreadable("SB104", value=text, expected="a size like 1280x720, both numbers even")
    width, height = int(match[1]), int(match[2])
    if not all(LEAST_PIXELS <= side <= MOST_PIXELS for side in (width, height)):
        raise Unreadable(
            "SB104", value=text, expected=f"a size of {LEAST_PIXELS} to {MOST_PIXELS} pixels each way"
        )
    return width, height


class Pin(NamedTuple):
    """Which take a scene keeps: the beginning of its request's digest, and its number."""

    digest: str
    take: int


def pin(text: str) -> Pin:
    """`0123456789ab/2`: twelve or more of the digest's hexadecimal digits, and the take."""
    match = PIN.fullmatch(text.strip())
    if match is None:
        expected = (
            "a pin: 12 or more digits of a digest, `/` and the take, as `storyboard take pin` writes it"
        )
        raise Unreadable("SB104", value=text, expected=expected)
    return Pin(match[1], int(match[2]))


def one_of(*choices: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in choices:
            raise Unreadable("SB104", value=text, expected=" or ".join(f"`{choice}`" for choice in choices))
        return text

    return parse


pack = one_of("auto")
FOLLOWED = ("image", "video")
follow = one_of(*FOLLOWED)


class Leaf:
    """How pydantic checks a field (`check` returns the value or raises) and what editors are told of it.

    PlainValidator and WithJsonSchema say the same, but they build a schema of the field's type too, which nobody uses
    and which takes longer than to check a small storyboard.
    """

    __slots__ = ("check", "told")

    def __init__(self, check: Callable[[Any], Any], told: Mapping[str, Any]) -> None:
        self.check, self.told = check, told

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> CoreSchema:
        del source, handler
        return core_schema.no_info_plain_validator_function(self.check)

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: Any) -> dict[str, Any]:
        del schema, handler
        return dict(self.told)


def _leaf(
    parse: Callable[[str], Any], told: Mapping[str, Any], *, null: bool = True, jinja: bool = True
) -> Leaf:
    def check(value: Any) -> Scalar:
        if not isinstance(value, Scalar):
            found = "a list" if isinstance(value, list) else "a mapping"
            raise PydanticCustomError("SB103", "", {"expected": "one value", "found": found})
        if value.is_null and not null:
            raise PydanticCustomError("SB103", "", {"expected": "a value", "found": "nothing"})
        if not value.is_null and not (jinja and holds_jinja(value)):
            try:
                parse(value.value)
            except Unreadable as problem:
                values = {**problem.values, "instead": problem.instead}
                raise PydanticCustomError(problem.code, "", values) from None
        return value

    return Leaf(check, told)


def _text(value: Any) -> Scalar:
    if not isinstance(value, Scalar):
        raise PydanticCustomError("SB116", "", {})
    return value


def _typed(**types: Any) -> dict[str, Any]:
    """A typed leaf for editors: its type, or a string that holds a template."""
    return {"anyOf": [types, {"type": "string", "pattern": r"\{\{"}, {"type": "null"}]}


NAME = {"type": ["string", "number"]}
SECONDS_TOLD = {
    "anyOf": [
        {"type": "integer"},
        {"type": "string", "pattern": r"^\d+(\.0+)?\s*s?$|\{\{"},
        {"type": "null"},
    ]
}
Text = Annotated[Scalar | None, Leaf(_text, {"type": ["string", "number", "boolean", "null"]})]
Seconds = Annotated[Scalar | None, _leaf(seconds, SECONDS_TOLD)]
MOMENT_TOLD = {
    "anyOf": [
        {"type": "number", "minimum": 0},
        {"type": "string", "pattern": r"^\d+(\.\d+)?\s?s?$|\{\{"},
        {"type": "null"},
    ]
}
Moment = Annotated[Scalar | None, _leaf(moment, MOMENT_TOLD)]
Flag = Annotated[Scalar | None, _leaf(flag, _typed(type="boolean"))]
Number = Annotated[Scalar | None, _leaf(number, _typed(type="number"))]
Positive = Annotated[Scalar | None, _leaf(positive, _typed(type="integer", minimum=1))]
Money = Annotated[Scalar | None, _leaf(money, _typed(type="number", minimum=0))]
Rate = Annotated[Scalar | None, _leaf(rate, _typed(type="integer", minimum=1, maximum=MOST_FRAMES))]
PIN_TOLD = {"anyOf": [{"type": "string", "pattern": f"^{PIN.pattern}$"}, {"type": "null"}]}
Pinned = Annotated[Scalar | None, _leaf(pin, PIN_TOLD, jinja=False)]
Id = Annotated[Scalar | None, _leaf(identifier, NAME)]
Bound = Annotated[Scalar | None, _leaf(bound, {"type": "string"}, null=False, jinja=False)]
Pack = Annotated[Scalar | None, _leaf(pack, {"enum": ["auto", None]})]
Follow = Annotated[Scalar | None, _leaf(follow, _typed(enum=[*FOLLOWED]))]
SceneId = Annotated[Scalar, _leaf(identifier, NAME, null=False)]
Before = Annotated[Scalar | None, _leaf(identifier, {"type": ["string", "number", "null"]})]
Given = Annotated[Scalar, _leaf(str, NAME, null=False)]
Version = Annotated[Scalar, _leaf(version, {"const": 1}, null=False, jinja=False)]
Size = Annotated[Scalar | None, _leaf(size, _typed(type="string", pattern=r"^\d{2,5}\s*[x×]\s*\d{2,5}$"))]
