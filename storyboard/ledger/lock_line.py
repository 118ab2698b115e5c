"""One line of storyboard.lock: one take, as JSON, keys in a fixed order, money and times as the ledger's text.

What is a secret, or only of this machine, is not in it: no key, no path of this machine, and URLs without their query,
where signatures stand. A key that this program does not know is kept as it is.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple, get_args

from storyboard.ledger.record import Evidence, State, TakeRecord

VERSION = 1
LONGEST = 1 << 20  # bytes of a line
MOST_TAKES = 100_000
LONGEST_CLIP = 3600  # seconds
LARGEST = 1 << 48  # bytes of a clip
SAID = 2000  # characters of a failure's text

WRITTEN = frozenset(
    {
        *(State.UNKNOWN, State.SENT, State.COMPLETED, State.DOWNLOADED, State.VERIFIED),
        *(State.FAILED, State.CANCELLED),
    }
)
DIGEST = re.compile(r"[0-9a-f]{64}")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
ENDPOINT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
MONEY = re.compile(r"[0-9]{1,30}(\.[0-9]{1,60})?")
LINE_BREAKS = {
    "\x85": "\\u0085",
    "\u2028": "\\u2028",
    "\u2029": "\\u2029",
}  # of editors, which JSON leaves as they are


@dataclass(frozen=True, slots=True)
class Line:
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
    """`read` turns what JSON holds into the record's value, or raises ValueError with the reason."""

    key: str
    attribute: str
    read: Callable[[Any], Any]
    needed: bool = False


def text_of(line: Line) -> str:
    """The line without its break. One take has one text."""
    values: dict[str, Any] = {"lock": VERSION}
    values |= {field.key: _written(field, line.take) for field in FIELDS}
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
        newer = isinstance(version, int) and not isinstance(version, bool) and version > VERSION
        raise (
            BadLine("SB504", _column(text, "lock"), version=version)
            if newer
            else _off(text, "lock", f"is {VERSION} in every line")
        )
    read: dict[str, Any] = {"maybe_billed": True, "number": 0}
    for field in FIELDS:
        try:
            read[field.attribute] = _read(field, values.pop(field.key, None))
        except (ValueError, ArithmeticError) as reason:
            raise _off(text, field.key, str(reason)) from None
    take = TakeRecord(**read)
    _whole(text, take)
    return Line(take, tuple(values.items()))


def public_url(url: str | None) -> str | None:
    """A URL without what may be secret in it: its query, and a name and password before the host."""
    if url is None:
        return None
    plain = re.split(r"[?#]", url, maxsplit=1)[0]
    return re.sub(r"^([a-z]+://)[^/]*@", r"\1", plain)


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
    if take.state in {State.DOWNLOADED, State.VERIFIED} and take.clip is None:
        raise _off(text, "clip", f"is missing, though the take is {take.state.value}")
    if take.state is State.COMPLETED and take.clip_url is None:
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


# What the values of a line may be.


def _formed(form: re.Pattern[str], words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > 500 or not form.fullmatch(value):  # noqa: PLR2004 - of a name
            raise ValueError(f"is not {words}")
        return value

    return read


def _text(most: int) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if not isinstance(value, str) or len(value) > most:
            raise ValueError(f"is not text of at most {most} characters")
        return value

    return read


def _count(most: int) -> Callable[[Any], int]:
    def read(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise ValueError(f"is not a number from 1 to {most}")
        return value

    return read


def _one_of(*words: str) -> Callable[[Any], str]:
    def read(value: Any) -> str:
        if value not in words:
            raise ValueError(f"is not one of {', '.join(words)}")
        return str(value)

    return read


def _state(value: Any) -> State:
    return State(_one_of(*sorted(state.value for state in WRITTEN))(value))


def _decimal(value: Any) -> Decimal:
    return Decimal(_formed(MONEY, "a plain decimal number in quotes")(value))


def _time(value: Any) -> str:
    try:
        good = isinstance(value, str) and datetime.fromisoformat(value).tzinfo is not None
    except ValueError:
        good = False
    if not good:
        raise ValueError("is not a time with its zone, as 2026-11-20T12:00:00+00:00 is")
    return str(value)


def _url(value: Any) -> str:
    good = isinstance(value, str) and value.startswith("https://") and len(value) <= 4096  # noqa: PLR2004 - of a URL
    if not good or not value.isascii() or not value.isprintable():
        raise ValueError("is not an https address")
    return public_url(value) or ""


def _body(value: Any) -> str:
    if not isinstance(value, dict):
        raise ValueError("is not a JSON object")  # noqa: TRY004 - the kind that all readers raise
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _texts(value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(one, str) and "\n" not in one for one in value):
        raise ValueError("is not a list of lines of text")
    return tuple(value)


FIELDS = (
    Field("digest", "digest", _formed(DIGEST, "a SHA-256 in lower case"), needed=True),
    Field("take", "take", _count(MOST_TAKES), needed=True),
    Field("scene", "scene", _text(200), needed=True),
    Field("endpoint", "endpoint", _formed(ENDPOINT, "an endpoint's id"), needed=True),
    Field("state", "state", _state, needed=True),
    Field("origin", "origin", _one_of("added")),
    Field("seconds", "seconds", _count(LONGEST_CLIP), needed=True),
    Field("request", "request_id", _formed(NAME, "a request id")),
    Field("clip", "clip", _formed(DIGEST, "a SHA-256 in lower case")),
    Field("size", "file_size", _count(LARGEST)),
    Field("url", "clip_url", _url),
    Field("estimate", "estimate", _decimal),
    Field("price_book", "price_book", _text(2000)),
    Field("units", "billable_units", _decimal),
    Field("unit_price", "unit_price", _decimal),
    Field("charge", "charge", _decimal),
    Field("charged_by", "charged_by", _one_of(*get_args(Evidence))),
    Field("created", "created_at", _time, needed=True),
    Field("sent", "sent_at", _time),
    Field("finished", "finished_at", _time),
    Field("intent", "intent", _formed(NAME, "an intent")),
    Field("seen", "seen_id", _formed(NAME, "a request id")),
    Field("warnings", "warnings", _texts),
    Field("error", "error", _text(20 * SAID)),
    Field("body", "body", _body),
)
