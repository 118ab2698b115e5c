"""Money for people and for programs."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import ROUND_HALF_UP, Decimal

CENT = Decimal("0.01")


def exact(amount: Decimal | None) -> str | None:
    """An exact decimal string without an exponent, with cents at least: "3.024", "2.10"."""
    if amount is None:
        return None
    whole, _, fraction = f"{amount:f}".partition(".")
    return f"{whole}.{fraction.rstrip('0'):0<2}"


def dollars(amount: Decimal | None) -> str:
    """Rounded half up to the cent, only ever for people."""
    return "unknown" if amount is None else f"{bare(amount)} USD"


def amount_of(amount: Decimal | None) -> str:
    """An amount within a sentence."""
    return "an unknown amount" if amount is None else dollars(amount)


def in_all(amounts: Iterable[Decimal | None]) -> str:
    """A sum within a sentence. What is not known is never counted as nothing."""
    return _in_all(amounts, dollars)


def in_full(amounts: Iterable[Decimal | None]) -> str:
    """The same to the last digit, beside the amounts that it sums."""
    return _in_all(amounts, lambda total: f"{exact(total)} USD")


def _in_all(amounts: Iterable[Decimal | None], told: Callable[[Decimal], str]) -> str:
    given = list(amounts)
    known = [amount for amount in given if amount is not None]
    if given and not known:
        return "an unknown amount"
    total = told(sum(known, Decimal(0)))
    return total if len(known) == len(given) else f"{total} and an unknown amount"


def decimals(amounts: Iterable[Decimal | None]) -> int:
    """How many decimals a column needs so that what it shows adds up: at least cents."""
    places = [len((exact(amount) or "").partition(".")[2]) for amount in amounts if amount is not None]
    return max([2, *places])


def column(amount: Decimal | None, places: int) -> str:
    """An exact amount with this many decimals."""
    return "unknown" if amount is None else f"{amount:,.{places}f}"


def bare(amount: Decimal | None) -> str:
    """Rounded half up to the cent, but never to nothing."""
    if amount is None:
        return "unknown"
    cents = amount.quantize(CENT, ROUND_HALF_UP)
    return f"{cents:,}" if cents or not amount else f"{exact(amount)}"
