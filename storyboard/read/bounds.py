"""Values inside Jinja: plain data only, and never more of it than fits into a prompt."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from jinja2 import StrictUndefined
from jinja2.exceptions import TemplateRuntimeError

MAX_TEXT = 64 * 1024
MAX_WEIGHT = 10_000  # values inside a list or mapping, nested ones counted as often as they are used
MAX_NUMBER = 10**18

# What no source may hold, and so nothing that Jinja makes: NUL and other control characters, lone surrogates, and the
# noncharacters that mark places inside templates.
UNSENDABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]"
)


class Undefined(StrictUndefined):
    """Raises wherever it would become text, `repr` included: `[Undefined]` never reaches a prompt."""

    __slots__ = ()
    __repr__ = StrictUndefined.__str__


class Misuse(TemplateRuntimeError):
    """A value stands where one of its kind can't. `cure` says what to write instead."""

    def __init__(self, message: str, cure: str | None = None) -> None:
        super().__init__(message)
        self.cure = cure


class TooMuch(TemplateRuntimeError):
    """A bound was passed."""


def exact(value: Any) -> Any:
    return Decimal(repr(value)) if isinstance(value, float) else value


def shown(value: Any) -> str:
    """A value inside a text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float, Decimal)):
        return f"{exact(value):f}" if isinstance(value, (float, Decimal)) else str(value)
    if isinstance(value, (list, tuple, dict, range)):
        raise Misuse("a list or a mapping can't stand inside a text: use for example `| join(', ')`")
    if value is None:
        raise Misuse("null can't stand inside a text")
    if isinstance(value, Undefined):
        str(value)
    raise Misuse("this is a part of Jinja, not a text")


def plain(value: Any) -> Any:
    """What an expression gave, as plain data. Raises UndefinedError for an undefined value anywhere in it."""
    if isinstance(value, Mapping):
        return {shown(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, range)):
        return [plain(entry) for entry in value]
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, (int, float, Decimal)):
        return exact(value)
    return shown(value)


def weighed(value: Any) -> Any:
    """The value, when it is plain data and within bounds; what gives values one by one becomes a list."""
    if hasattr(value, "__next__") or isinstance(value, (set, frozenset)):
        value = _listed(value)
    _weigh(value)
    return value


def _listed(values: Any) -> list[Any]:
    found: list[Any] = []
    for value in values:
        found.append(value)
        if len(found) > MAX_WEIGHT:
            raise TooMuch(f"a list of more than {MAX_WEIGHT:,} values")
    return found


def _weigh(value: Any) -> None:
    if _light(value):
        return
    pending, weight = [value], 0
    while pending:
        current = pending.pop()
        weight += 1
        if weight > MAX_WEIGHT:
            raise TooMuch(f"a list of more than {MAX_WEIGHT:,} values")
        if isinstance(current, str):
            if len(current) > MAX_TEXT:
                raise TooMuch("text grows beyond 64 KiB")
        elif isinstance(current, dict):
            pending.extend(current.values())
        elif isinstance(current, (list, tuple)):
            pending.extend(current)
        elif isinstance(current, Undefined):
            str(current)
        elif not isinstance(current, (int, float, Decimal, range, type(None))):
            raise Misuse("this is a part of Jinja, not plain data")


def _light(value: Any) -> bool:
    """What most values are, told at a glance: a text, or a few of them."""
    texts = value if type(value) is list else (value,)
    return len(texts) < MAX_WEIGHT and all(type(text) is str and len(text) <= MAX_TEXT for text in texts)


def number(value: Any) -> Any:
    """The result of arithmetic, within bounds."""
    if abs(value) > MAX_NUMBER:
        raise TooMuch("a number grows beyond 18 digits")
    return value


def joined(parts: list[Any]) -> str:
    """`a ~ b`."""
    texts = [shown(part) for part in parts]
    if sum(map(len, texts)) > MAX_TEXT:
        raise TooMuch("text grows beyond 64 KiB")
    return "".join(texts)


def replaced(text: Any, old: str, new: str) -> str:
    whole, old, new = shown(text), shown(old), shown(new)
    if len(whole) + whole.count(old) * len(new) > MAX_TEXT:
        raise TooMuch("text grows beyond 64 KiB")
    return whole.replace(old, new)


def rounded(value: Any, precision: int = 0) -> Any:
    """Exact, half up, to 0 to 9 decimals; a whole number when there are none."""
    if not isinstance(precision, int) or not 0 <= precision <= 9:  # noqa: PLR2004 - decimals
        raise Misuse("round takes 0 to 9 decimals")
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        raise Misuse("round is for numbers")
    result = exact(value) if isinstance(value, float) else Decimal(value)
    result = result.quantize(Decimal(1).scaleb(-precision), rounding="ROUND_HALF_UP")
    return result if precision else int(result)


def text_of(value: Any) -> str:
    """`| string`."""
    return shown(value)


def ranged(*bounds: int) -> list[int]:
    result = range(*bounds)
    if len(result) > MAX_RANGE:
        raise TooMuch(f"a range of more than {MAX_RANGE:,}")
    return list(result)


MAX_RANGE = 1_000
