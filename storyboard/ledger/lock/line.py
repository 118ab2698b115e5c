"""One line of storyboard.lock: one take, as JSON, keys in a fixed order, money and times as the ledger's text.

What is a secret, or only of this machine, is not in it: no key, no path of this machine, and URLs without their query,
where signatures stand. A key that this program does not know is kept as it is.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, get_args

from msgspec import Struct

from storyboard.ledger.lock import values as kinds
from storyboard.ledger.lock.values import DIGEST, ENDPOINT, NAME, public_url
from storyboard.ledger.record import Evidence, State, TakeRecord

VERSION = 1
LONGEST = 1 << 20  # bytes of a line
MOST_TAKES = 100_000
LONGEST_CLIP = 3600  # seconds
LARGEST = 1 << 48  # bytes of a clip
SAID = 2000  # characters of a failure's text

# Line breaks of editors, which JSON leaves as they are.
LINE_BREAKS = {"\x85": "\\u0085", "\u2028": "\\u2028", "\u2029": "\\u2029"}


class Line(Struct, frozen=True):
    """A take and the keys of its line that are not ours; `take.number` is 0."""

    take: TakeRecord
    more: tuple[tuple[str, Any], ...] = ()


class BadLine(Exception):
    """Why a line is none: the rule's code, the column (from 1), and the values of its text."""

    def __init__(self, code: str, column: int, **values: Any) -> None:
        super().__init__(code)
        self.code = code
        self.column = column
        self.values = values


class Field(NamedTuple):
    """`read` turns what JSON holds into the record's value, or raises ValueError with the reason. A `seldom` one is
    only written where there is something to write: lines from before it came stay as they are."""

    key: str
    attribute: str
    read: Callable[[Any], Any]
    needed: bool = False
    seldom: bool = False


def text_of(line: Line) -> str:
    """The line without its break. One take has one text."""
    values: dict[str, Any] = {"lock": VERSION}
    written = ((field, _written(field, line.take)) for field in FIELDS)
    values |= {field.key: value for field, value in written if not (field.seldom and value is None)}
    text = json.dumps(values | dict(line.more), ensure_ascii=False, separators=(", ", ": "))
    for character, escaped in LINE_BREAKS.items():
        text = text.replace(character, escaped)
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a character, which only JSON can hold
        text = json.dumps(json.loads(text), separators=(", ", ": "))
    return text


def line_of(text: str) -> Line:
    """The take of a line. Raises BadLine."""
    values = _values(text)
    version = values.pop("lock", None)
    if version != VERSION or isinstance(version, bool):
        if isinstance(version, int) and not isinstance(version, bool) and version > VERSION:
            raise BadLine("SB504", _column(text, "lock"), version=version)
        raise _off(text, "lock", f"is {VERSION} in every line")
    read: dict[str, Any] = {"maybe_billed": True, "number": 0}
    for field in FIELDS:
        try:
            read[field.attribute] = _read(field, values.pop(field.key, None))
        except (ValueError, ArithmeticError) as reason:
            raise _off(text, field.key, str(reason)) from None
    take = TakeRecord(**read)
    _whole(text, take)
    return Line(take, tuple(values.items()))


def _values(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as failure:
        cut = failure.pos >= len(text.rstrip()) or failure.msg.startswith("Unterminated string")
        problem = "it is cut off" if cut else f"{failure.msg[:1].lower()}{failure.msg[1:]}"
        raise BadLine("SB502", failure.colno, problem=problem) from None
    except (ValueError, RecursionError) as failure:
        problem = str(failure)[:100] if isinstance(failure, ValueError) else "it is nested too deeply"
        raise BadLine("SB502", 1, problem=problem) from None
    if not isinstance(found, dict):
        raise BadLine("SB502", 1, problem="it is no JSON object")
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands in it twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text[:40]} is no number that can be written again")
    return number


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _off(text: str, key: str, problem: str) -> BadLine:
    return BadLine("SB503", _column(text, key), key=key, problem=problem)


def _column(text: str, key: str) -> int:
    return text.find(f'"{key}"') + 1 or 1


def _read(field: Field, value: Any) -> Any:
    if value is None and field.needed:
        raise ValueError("is missing")
    if value is None:
        return {"origin": "lock", "intent": "", "warnings": ()}.get(field.key)
    return field.read(value)


def _whole(text: str, take: TakeRecord) -> None:
    """Raises BadLine where a state lacks what it rests on."""
    added = take.origin == "added"
    if take.state in {State.DOWNLOADED, State.VERIFIED} and not (take.clip or take.voice):
        raise _off(text, "clip", f"is missing, though the take is {take.state.value}")
    if take.state is State.COMPLETED and not (take.clip_url or take.voice):
        raise _off(text, "url", "is missing, though the take is completed")
    if take.request_id is None and not added and take.state not in {State.UNKNOWN, State.FAILED}:
        raise _off(text, "request", f"is missing, though the take is {take.state.value}")
    if take.request_id is None and not added and not take.intent:
        raise _off(text, "intent", "is missing, and so is `request`")
    if take.request_id is None and not added and take.sent_at is None:
        raise _off(text, "sent", "is missing, and so is `request`")


def _written(field: Field, take: TakeRecord) -> Any:
    value = getattr(take, field.attribute)
    match field.key:
        case "url":
            return public_url(value)
        case "body":
            return _body_in_line(value)
        case "origin":
            return value if value == "added" else None
        case "error":
            return value[:SAID] if value else None
        case "intent":
            return value or None
        case "warnings":
            return list(value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return value.value if isinstance(value, State) else value


def _body_in_line(body: str | None) -> Any:
    if body is not None and len(body) > LONGEST // 8:  # no request is; a line must stay readable
        return None
    try:
        found = json.loads(body or "null")
    except ValueError:
        return None
    return _public(found) if isinstance(found, Mapping) else None


def _public(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _public(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_public(inner) for inner in value]
    if isinstance(value, str) and value.startswith(("https://", "http://")):
        return public_url(value)
    return value


FIELDS = (
    Field("digest", "digest", kinds.formed(DIGEST, "a SHA-256 in lower case"), needed=True),
    Field("take", "take", kinds.count(MOST_TAKES), needed=True),
    Field("scene", "scene", kinds.text(200), needed=True),
    Field("endpoint", "endpoint", kinds.formed(ENDPOINT, "an endpoint's id"), needed=True),
    Field("state", "state", kinds.state, needed=True),
    Field("origin", "origin", kinds.one_of("added")),
    Field("seconds", "seconds", kinds.count(LONGEST_CLIP, least=0), needed=True),  # a voice has none
    Field("request", "request_id", kinds.formed(NAME, "a request id")),
    Field("clip", "clip", kinds.formed(DIGEST, "a SHA-256 in lower case")),
    Field("size", "file_size", kinds.count(LARGEST)),
    Field("url", "clip_url", kinds.url),
    Field("voice", "voice", kinds.formed(NAME, "a voice's id"), seldom=True),
    Field("estimate", "estimate", kinds.decimal),
    Field("price_book", "price_book", kinds.text(2000)),
    Field("units", "billable_units", kinds.decimal),
    Field("unit_price", "unit_price", kinds.decimal),
    Field("charge", "charge", kinds.decimal),
    Field("charged_by", "charged_by", kinds.one_of(*get_args(Evidence))),
    Field("created", "created_at", kinds.time, needed=True),
    Field("sent", "sent_at", kinds.time),
    Field("finished", "finished_at", kinds.time),
    Field("intent", "intent", kinds.formed(NAME, "an intent")),
    Field("seen", "seen_id", kinds.formed(NAME, "a request id")),
    Field("warnings", "warnings", kinds.texts),
    Field("error", "error", kinds.text(20 * SAID)),
    Field("body", "body", kinds.body),
)
