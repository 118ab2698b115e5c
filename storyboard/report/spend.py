"""What was spent, by months, storyboards, scenes, endpoints or authors: a sheet for people, a document for programs."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from storyboard.plan.spending import Group, Spent
from storyboard.report.counted import counted
from storyboard.report.money import dollars, exact
from storyboard.report.sheet.sheet import AtLeast, Cell, Column, Row, Sheet, Table

By = Literal["month", "day", "storyboard", "scene", "endpoint", "author"]
MEANING = (
    "USD without tax. Charged: what fal is known to have charged. Estimated: what the price book said, where the "
    "charge is not known. Unknown: takes of which neither is known. A take counts when it was sent, in UTC."
)
COLUMNS = (
    Column("takes", "takes", "count"),
    Column("charged", "charged", "money"),
    Column("estimated", "estimated", "money"),
    Column("unknown", "unknown", "count"),
    Column("total", "total", "money"),
)


class Spending(Struct, frozen=True):
    """`month` and `since` are what was asked for, as it was written; `doubtful` is what of the total may never have
    been charged. The groups' sums are the total's."""

    title: str
    by: By
    groups: tuple[Group, ...]
    total: Spent
    doubtful: Spent
    month: str | None = None
    since: str | None = None
    remarks: tuple[str, ...] = ()


def spend_sheet(found: Spending) -> Sheet:
    columns = (Column(found.by, found.by), *COLUMNS)
    rows = tuple(Row((_name(group), *_cells(group.spent))) for group in found.groups)
    total = Row(("total", *_cells(found.total)))
    table = Table("spending", columns, rows, total, levels=(found.by, "part", "total"))
    return Sheet(found.title, (table, *_remarks(found)))


def _name(group: Group) -> str:
    return group.name if group.known else f"({group.name})"


def _cells(spent: Spent) -> tuple[Cell, ...]:
    return (spent.takes, spent.charged, spent.estimated, spent.unknown, _total(spent))


def _total(spent: Spent) -> Cell:
    if not spent.unknown:
        return spent.total
    return AtLeast(spent.total) if spent.unknown < spent.takes else None


def _remarks(found: Spending) -> list[str]:
    lines = [MEANING]
    if found.doubtful.takes:
        lines.append(
            f"{_in_words(found.doubtful)} of it is for {counted(found.doubtful.takes, 'take')} whose answer was lost "
            "or that came to nothing: it may never have been charged. `storyboard reconcile` asks fal."
        )
    return [*lines, *found.remarks]


def _in_words(spent: Spent) -> str:
    if not spent.unknown:
        return dollars(spent.total)
    return "An unknown amount" if not spent.total else f"{dollars(spent.total)} and an unknown amount"


def spend_document(found: Spending) -> dict[str, Any]:
    return {
        "currency": "USD",
        "by": found.by,
        "month": found.month,
        "since": found.since,
        "groups": [
            {"name": group.name, "known": group.known} | sums_document(group.spent) for group in found.groups
        ],
        "total": sums_document(found.total),
        "doubtful": sums_document(found.doubtful),
        "remarks": list(found.remarks),
    }


def sums_document(spent: Spent) -> dict[str, Any]:
    return {
        "takes": spent.takes,
        "charged": exact(spent.charged),
        "estimated": exact(spent.estimated),
        "unknown": spent.unknown,
        "total": exact(spent.total),
    }
