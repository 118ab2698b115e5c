"""The part of a plan's JSON Schema that is about the project's policy."""

from __future__ import annotations

from typing import get_args

from storyboard.plan.budget import Rule
from storyboard.report.described import (
    MONTH,
    NUMBER,
    SUM,
    TEXT,
    TEXTS,
    Field,
    Schema,
    one_of,
    or_null,
    record,
    rows,
)
from storyboard.report.spend_schema import sums


def ruling_schema() -> Schema:
    """Of ruling_document."""
    month: dict[str, Field] = {"month": (MONTH, "The calendar month that it is, in UTC."), **sums()}
    return record(
        {
            "max_per_run": (or_null(SUM), "What one run may cost, in USD; null: the policy does not say."),
            "max_per_month": (or_null(SUM), "What a calendar month may cost, in USD; null: it does not say."),
            "endpoints": (or_null(TEXTS), "The ids of the endpoints that may be bought; null: all may."),
            "approval": (
                or_null(TEXTS),
                "The ids of the endpoints that a person still has to approve of; null: none is named.",
            ),
            "month": (
                or_null(record(month)),
                "What was spent this month already; null: no cap is of a month.",
            ),
            "violations": (
                rows(record(_violation())),
                "All that stands against carrying the plan out, budgets too; where there is any, the exit code is 3.",
            ),
        }
    )


def _violation() -> dict[str, Field]:
    return {
        "rule": (one_of(get_args(Rule)), "The budget, or the rule of the policy, that is broken."),
        "message": (TEXT, "What is wrong, where it is ruled, for how much, and the cure."),
        "scenes": (TEXTS, "The scenes that it is about."),
        "path": (
            or_null(TEXT),
            "The file where it is ruled; null: on the command line or by the environment.",
        ),
        "line": (or_null(NUMBER), "Its line in that file, from 1."),
        "column": (or_null(NUMBER), "Its column in that line, from 1."),
        "amount": (or_null(SUM), "What is too much, in USD; null: it is no sum, or is not known."),
        "limit": (or_null(SUM), "What is allowed, in USD; null: the rule is about no sum."),
    }
