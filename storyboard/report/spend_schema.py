"""The JSON Schema of what `spend --format json` prints."""

from __future__ import annotations

from typing import get_args

from storyboard.report.described import (
    COUNT,
    DAY,
    FLAG,
    MONTH,
    SUM,
    TEXT,
    TEXTS,
    Field,
    Schema,
    document,
    one_of,
    or_null,
    record,
    rows,
)
from storyboard.report.spend import By

CURRENCY: Field = ({"const": "USD"}, "All sums are in US dollars, without tax.")


def spend_schema() -> Schema:
    group: dict[str, Field] = {
        "name": (TEXT, "What the takes of this group have in common, or why they have nothing."),
        "known": (FLAG, "False: the name says why these takes belong to no group."),
        **sums(),
    }
    return document(
        "storyboard spend --format json",
        "What was spent, as the ledger and storyboard.lock have it.",
        {
            "currency": CURRENCY,
            "by": (one_of(get_args(By)), "What the takes are grouped by."),
            "month": (or_null(MONTH), "The month that was asked for, in UTC; null: no month was."),
            "since": (
                or_null({"anyOf": [DAY, MONTH]}),
                "The day or month since which was asked for, in UTC; null: none was.",
            ),
            "groups": (rows(record(group)), "Every take that counts is in one of these groups."),
            "total": (record(sums()), "The sum of all groups."),
            "doubtful": (
                record(sums()),
                "What of the total may never have been charged: an answer was lost, or it came to nothing.",
            ),
            "remarks": (TEXTS, "What there is to know about how the takes were grouped."),
        },
    )


def sums() -> dict[str, Field]:
    """Of sums_document."""
    return {
        "takes": (COUNT, "How many takes were sent and may have been paid."),
        "charged": (SUM, "What fal is known to have charged, in USD."),
        "estimated": (SUM, "What the price book said of takes whose charge is not known, in USD."),
        "unknown": (COUNT, "How many takes have neither a charge nor an estimate."),
        "total": (
            SUM,
            "What is charged and estimated, in USD: the least that it can be while takes are unknown.",
        ),
    }
