"""Estimate against charge: a take a row, what is not known never counted as nothing, and what it says of the books."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.catalog.endpoints import alias_of
from storyboard.catalog.prices import Tier, book_names, price_book
from storyboard.catalog.stale import Paid, Verdict, judged, tier_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.spending import FREE, may_cost
from storyboard.report.counted import counted
from storyboard.report.money import dollars, exact, in_all
from storyboard.report.sheet.forms import Form, formed
from storyboard.report.sheet.sheet import Cell, Column, Row, Sheet, Table, summed

EVIDENCE = {"billing events": "bill", "billable units": "units"}
LEVELS = ("take", "part", "total")
COLUMNS = (
    Column("scene", "scene"),
    Column("take", "take", "count"),
    Column("state", "state"),
    Column("seconds", "s", "count"),
    Column("estimate", "estimate", "money"),
    Column("charge", "charge", "money"),
    Column("difference", "more", "change"),
    Column("by", "by"),
    Column("endpoint", "endpoint", narrow=False),
    Column("tier", "tier", narrow=False),
    Column("price_book", "price book", narrow=False),
    Column("request_id", "request", narrow=False),
)


class Bill(Struct, frozen=True):
    """The takes that may have cost something. `others` are of the same ledger, and not of this storyboard as it is
    now; `given_up` are charges for attempts that were given up, by request id; `asked` is what the storyboard needs a
    price for."""

    takes: tuple[TakeRecord, ...]
    others: tuple[TakeRecord, ...] = ()
    remarks: tuple[str, ...] = ()
    given_up: Mapping[str, Decimal] = field(default_factory=dict)
    asked: tuple[tuple[str, Tier], ...] = ()


def bill_of(
    takes: Sequence[TakeRecord],
    digests: Collection[str | None] | None,
    *,
    remarks: tuple[str, ...] = (),
    given_up: Mapping[str, Decimal] | None = None,
    asked: Iterable[tuple[str, Tier]] = (),
) -> Bill:
    """`digests` are those of the storyboard's requests; None takes every take for its own."""
    costly = [take for take in takes if may_cost(take)]
    own = tuple(take for take in costly if digests is None or take.digest in digests)
    others = tuple(take for take in costly if digests is not None and take.digest not in digests)
    return Bill(own, others, remarks, given_up or {}, tuple(sorted(asked)))


def verdict_of(bill: Bill) -> Verdict:
    books = [book for name in book_names() if (book := price_book(name)) is not None]
    return judged([paid for take in bill.takes if (paid := _paid(take)) is not None], books)


def _paid(take: TakeRecord) -> Paid | None:
    """Takes that came to nothing are charged in part at most: they say nothing of a price a second."""
    tier = _tier(take)
    if take.charge is None or tier is None or take.state in FREE or not take.seconds:
        return None
    listed = take.charge
    if take.unit_price is not None and take.billable_units is not None:
        listed = take.unit_price * take.billable_units  # a discount is no other price
    return Paid(take.scene, take.endpoint, tier, take.seconds, take.estimate, take.price_book, listed)


def _tier(take: TakeRecord) -> Tier | None:
    try:
        body = json.loads(take.body or "")
    except (ValueError, RecursionError):
        return None
    return tier_of(take.endpoint, body) if isinstance(body, dict) else None


def bill_document(bill: Bill) -> dict[str, Any]:
    verdict = verdict_of(bill)
    return {
        "currency": "USD",
        "scenes": [_row(take) for take in bill.takes],
        "totals": {
            "estimate": exact(_sum(take.estimate for take in bill.takes)),
            "charge": exact(_sum(take.charge for take in bill.takes)),
            "difference": exact(_sum(_difference(take) for take in bill.takes)),
        },
        "unknown": {
            "estimate": [_name(take) for take in bill.takes if take.estimate is None],
            "charge": [_name(take) for take in bill.takes if take.charge is None],
        },
        "unsettled": [_name(take) for take in bill.takes if take.state in {State.UNKNOWN, State.SENDING}],
        "others": {
            "takes": len(bill.others),
            "charge": exact(_sum(take.charge for take in bill.others)),
            "unknown": sum(take.charge is None for take in bill.others),
        },
        "given_up": [{"request_id": id_, "charge": exact(sum_)} for id_, sum_ in bill.given_up.items()],
        "price_books": {
            "looked_at": verdict.of,
            "stale": sorted({paid.book for paid in verdict.wrong if paid.book}),
            "wrong": [paid.scene for paid in verdict.wrong],
            "right": list(verdict.right) if verdict.of else [],
            "fits": dict(verdict.fits),
        },
        "remarks": list(bill.remarks),
    }


def _row(take: TakeRecord) -> dict[str, Any]:
    return {
        "scene": take.scene,
        "take": take.take,
        "state": take.state.value,
        "request_id": take.request_id,
        "endpoint": take.endpoint,
        "seconds": take.seconds,
        "tier": _tier(take),
        "price_book": take.price_book,
        "estimate": exact(take.estimate),
        "billable_units": exact(take.billable_units),
        "unit_price": exact(take.unit_price),
        "charge": exact(take.charge),
        "charged_by": take.charged_by,
        "difference": exact(_difference(take)),
        "maybe_billed": take.maybe_billed,
    }


def bill_sheet(bill: Bill) -> Sheet:
    """A take a row, the totals, and what they mean."""
    total = Row(_totals(bill)) if bill.takes else None
    table = Table("takes", COLUMNS, tuple(Row(_cells(take)) for take in bill.takes), total, levels=LEVELS)
    return Sheet("Charges against estimates", (table, *_remarks(bill)))


def bill_text(bill: Bill) -> str:
    """In 80 columns; without a table where there is nothing to be in it."""
    sheet = bill_sheet(bill)
    if not bill.takes:
        sheet = replace(sheet, blocks=tuple(block for block in sheet.blocks if isinstance(block, str)))
    return formed(sheet, Form.text)


def _cells(take: TakeRecord) -> tuple[Cell, ...]:
    more = _difference(take)
    return (
        take.scene,
        take.take,
        take.state.value,
        take.seconds,
        take.estimate,
        take.charge,
        "" if more is None else more,
        EVIDENCE.get(take.charged_by or "", ""),
        alias_of(take.endpoint),
        _tier(take) or "",
        take.price_book or "",
        take.request_id or "",
    )


def _totals(bill: Bill) -> tuple[Cell, ...]:
    """A sum that lacks a part is marked as the least that it can be."""
    known = [more for take in bill.takes if (more := _difference(take)) is not None]
    return (
        "total",
        "",
        "",
        sum(take.seconds for take in bill.takes),
        summed(take.estimate for take in bill.takes),
        summed(take.charge for take in bill.takes),
        _sum(known) if known else "",
        *("" for _ in COLUMNS[7:]),
    )


def _remarks(bill: Bill) -> list[str]:
    lines: list[str] = []
    if not bill.takes:
        lines.append("Nothing of it was paid.")
    else:
        lines.append(
            f"Estimated {in_all(t.estimate for t in bill.takes)}, charged {in_all(t.charge for t in bill.takes)}; "
            "USD without tax. by bill: fal's billing events; by units: its units at its price of a unit."
        )
    unknown = [_name(take) for take in bill.takes if take.charge is None]
    if unknown:
        lines.append(f"What fal charged is not known for: {', '.join(unknown)}.")
    if bill.others:
        lines.append(
            f"{counted(len(bill.others), 'more take')} of other texts or storyboards in this ledger: "
            f"charged {in_all(take.charge for take in bill.others)}."
        )
    lines += [
        f"Charged for an attempt that was given up ({i}): {dollars(c)}." for i, c in bill.given_up.items()
    ]
    return [*lines, *_of_the_books(verdict_of(bill), bill.asked), *bill.remarks]


def _of_the_books(verdict: Verdict, asked: Sequence[tuple[str, Tier]]) -> list[str]:
    if not verdict.of:
        return []
    if not verdict.wrong:
        return ["The estimates were right."]
    names = sorted({paid.book or "unknown" for paid in verdict.wrong})
    wrong = (
        f"The price book {', '.join(names)} does not hold: {len(verdict.wrong)} of {counted(verdict.of, 'take')} cost "
        "something else than it said."
    )
    if verdict.right:
        return [wrong, _right(verdict.right, asked)]
    best, count = verdict.fits[0]
    nearest = f" The nearest, {best}, is right for {count} of {verdict.of}." if count else ""
    none = (
        f"None of the shipped books would have been right.{nearest} fal charged {_per_second(verdict)}. Put that "
        "into a book of your own: `storyboard prices --format toml` shows one to begin with."
    )
    return [wrong, none]


def _right(names: Sequence[str], asked: Sequence[tuple[str, Tier]]) -> str:
    """A book that has no price for something else in the storyboard is no cure: the next estimate would refuse it."""
    right = f"{' and '.join(names)} would have been right"
    books = [book for name in names if (book := price_book(name)) is not None]
    lacking = [[(e, tier) for e, tier in asked if book.unit_price(e, tier) is None] for book in books]
    for book, lacks in zip(books, lacking, strict=True):
        if not lacks:
            return f"{right}: `--prices {book.name}`, or `prices: {book.name}`."
    unpriced = "; ".join(f"{alias_of(endpoint)}, {tier}" for endpoint, tier in lacking[0])
    return (
        f"{right}, but the storyboard asks for more than {names[0]} has a price for ({unpriced}). Put both into "
        "a book of your own: `storyboard prices --format toml` shows one to begin with."
    )


def _per_second(verdict: Verdict) -> str:
    found: dict[tuple[str, str], Decimal] = {}
    for paid in verdict.wrong:
        found[paid.endpoint, paid.tier] = paid.listed / paid.seconds
    told = []
    for (endpoint, tier), price in found.items():
        shown = price.quantize(Decimal("0.0001")).normalize()
        told.append(f"{shown:f} USD/s for {alias_of(endpoint)}, {tier}")
    return "; ".join(told)


def _difference(take: TakeRecord) -> Decimal | None:
    return None if take.estimate is None or take.charge is None else take.charge - take.estimate


def _sum(amounts: Any) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))


def _name(take: TakeRecord) -> str:
    return f"{take.scene}, take {take.take}" if take.take != 1 else take.scene
