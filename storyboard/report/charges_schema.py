"""The JSON Schema of the bill that `reconcile --format json` prints."""

from __future__ import annotations

from typing import get_args

from storyboard.catalog.prices import ALL_TIERS
from storyboard.ledger.record import Evidence, State
from storyboard.report.described import (
    COUNT,
    FLAG,
    NUMBER,
    SUM,
    TEXT,
    TEXTS,
    Field,
    Schema,
    by_name,
    document,
    one_of,
    or_null,
    record,
    rows,
)
from storyboard.report.spend_schema import CURRENCY


def bill_schema() -> Schema:
    return document(
        "storyboard reconcile --format json",
        "What takes were estimated at and what fal charged for them.",
        {
            "currency": CURRENCY,
            "scenes": (rows(record(_take())), "The takes of this storyboard that may have cost something."),
            "totals": (record(_totals()), "Sums of what is known; `unknown` names what they lack."),
            "unknown": (record(_unknown()), "The takes that a sum lacks."),
            "unsettled": (TEXTS, "The takes whose answer was lost and that nobody has settled."),
            "others": (record(_others()), "Takes of other texts or storyboards in the same ledger."),
            "given_up": (
                rows(record(_given_up())),
                "Attempts that were given up for another, and were charged.",
            ),
            "price_books": (record(_price_books()), "What the charges say of the price books."),
            "remarks": (TEXTS, "What could not be asked or learned, and why."),
        },
    )


def _take() -> dict[str, Field]:
    return {
        "scene": (TEXT, "The scene that the take was bought for."),
        "take": (NUMBER, "The number of the take, from 1."),
        "state": (one_of(state.value for state in State), "Where the take stands."),
        "request_id": (
            or_null(TEXT),
            "fal's id of the request; null: none was given or the answer was lost.",
        ),
        "endpoint": (TEXT, "The id of the endpoint at fal."),
        "seconds": (COUNT, "The length that was asked for, in seconds."),
        "tier": (or_null(one_of(ALL_TIERS)), "What the take is priced by; null: what was sent is not known."),
        "price_book": (or_null(TEXT), "The book that it was estimated by; null: none is known."),
        "estimate": (or_null(SUM), "What that book said, in USD; null: it had no price."),
        "billable_units": (or_null(SUM), "The units that fal billed; null: fal has not said."),
        "unit_price": (or_null(SUM), "fal's price of such a unit, in USD; null: it is not known."),
        "charge": (or_null(SUM), "What fal charged, in USD; null: nobody knows."),
        "charged_by": (or_null(one_of(get_args(Evidence))), "How the charge is known; null: it is not."),
        "difference": (or_null(SUM), "The charge less the estimate, in USD; null: one of them is not known."),
        "maybe_billed": (FLAG, "True: it failed or was cancelled, and may have been billed all the same."),
    }


def _totals() -> dict[str, Field]:
    return {
        "estimate": (SUM, "The sum of the estimates that are known, in USD."),
        "charge": (SUM, "The sum of the charges that are known, in USD."),
        "difference": (SUM, "The sum of the differences that are known, in USD."),
    }


def _unknown() -> dict[str, Field]:
    return {
        "estimate": (TEXTS, "The takes without an estimate, by scene and take."),
        "charge": (TEXTS, "The takes whose charge nobody knows, by scene and take."),
    }


def _others() -> dict[str, Field]:
    return {
        "takes": (COUNT, "How many there are."),
        "charge": (SUM, "The sum of their charges that are known, in USD."),
        "unknown": (COUNT, "How many of them have a charge that nobody knows."),
    }


def _given_up() -> dict[str, Field]:
    return {
        "request_id": (TEXT, "fal's id of the attempt."),
        "charge": (SUM, "What fal charged for it, in USD."),
    }


def _price_books() -> dict[str, Field]:
    return {
        "looked_at": (COUNT, "How many takes say something of a price: those whose clip was charged."),
        "stale": (TEXTS, "The books that said something else than fal charged."),
        "wrong": (TEXTS, "The scenes of the takes that cost something else than estimated."),
        "right": (TEXTS, "The shipped books that would have been right for all of these takes."),
        "fits": (by_name(COUNT), "For how many of these takes each shipped book would have been right."),
    }
