"""Ways to pay less: as blocks of a sheet, as a document. Of each scene one advice is summed, and the others told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from storyboard.diagnostics import Span
from storyboard.plan.advice import compatible
from storyboard.plan.cheaper.advised import Advice, Edit
from storyboard.report.money import exact
from storyboard.report.sheet.sheet import AtLeast, Column, Row, Table, summed

SAID = 20  # advice that is explained; programs get all
COLUMNS = (
    Column("scenes", "scene"),
    Column("advice", "advice"),
    Column("place", "where", narrow=False),
    Column("saves", "saves, USD", "money"),
)


def advice_blocks(found: Sequence[Advice]) -> tuple[Table | str, ...]:
    """For a sheet. A part is what could be done instead of the row above it, or beside, and is in no sum."""
    if not found:
        return ("No way was found to pay less for the same film.",)
    ordered = list(_with_others(found))
    rows = tuple(_row(each, part=part) for each, part in ordered)
    total = Row(("total", "", "", summed(each.saves for each in compatible(found))))
    table = Table(
        "advice", COLUMNS, rows, total, title="Ways to pay less", levels=("advice", "instead", "total")
    )
    return (table, *_remarks(found, [each for each, _ in ordered]))


def _with_others(found: Sequence[Advice]) -> Iterator[tuple[Advice, bool]]:
    """Each that counts, then the others of its scenes."""
    counted = compatible(found)
    first = {scene: number for number, each in enumerate(counted) for scene in each.scenes}
    others: dict[int, list[Advice]] = {}
    for each in found:
        number = min(first[scene] for scene in each.scenes if scene in first)
        if counted[number] is not each:
            others.setdefault(number, []).append(each)
    for number, each in enumerate(counted):
        yield each, False
        yield from ((other, True) for other in others.get(number, ()))


def _row(each: Advice, *, part: bool) -> Row:
    return Row((", ".join(each.scenes), each.kind, _place(each.span), each.saves), part)


def _place(span: Span) -> str:
    return f"{span.path}:{span.line}"


def _remarks(found: Sequence[Advice], ordered: Sequence[Advice]) -> Iterator[str]:
    counted = compatible(found)
    if len(counted) == len(found):
        yield f"{_first(_in_all(counted))} in all, for one take of each scene."
    else:
        yield (
            f"At least {_in_all(counted)} in all, for one take of each scene and counting one advice a scene: several "
            "of one scene may save more together."
        )
    said: set[str] = set()
    for each in ordered[:SAID]:
        why = "" if each.why in said else f" {each.why}"
        said.add(each.why)
        yield f"{_place(each.span)}: {each.text} Saves {_amount(each.saves)}.{why}"
    if len(ordered) > SAID:
        yield f"{len(ordered) - SAID:,} more are explained with --format json."


def _first(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def _in_all(counted: Sequence[Advice]) -> str:
    total = summed(each.saves for each in counted)
    if isinstance(total, AtLeast):
        return f"{_amount(total.amount)} and an unknown amount"
    return _amount(total)


def _amount(amount: Decimal | None) -> str:
    return "an unknown amount" if amount is None else f"{exact(amount)} USD"


def advice_document(found: Sequence[Advice]) -> dict[str, Any]:
    counted = compatible(found)
    known = summed(each.saves for each in counted if each.saves is not None)
    return {
        "currency": "USD",
        "at_least": None if isinstance(known, AtLeast) else exact(known),
        "up_to": None if isinstance(known, AtLeast) else exact(known),  # the name that it had
        "unpriced": sum(each.saves is None for each in counted),
        "advice": [_document(each, counted=each in counted) for each in found],
    }


def _document(each: Advice, *, counted: bool) -> dict[str, Any]:
    return {
        "kind": each.kind,
        "scenes": list(each.scenes),
        "path": each.span.path,
        "line": each.span.line,
        "column": each.span.column,
        "text": each.text,
        "why": each.why,
        "saves": exact(each.saves),
        "counted": counted,
        "edits": [_edit(edit) for edit in each.edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {
        "scene": edit.scene,
        "shot": edit.shot,
        "entry": edit.entry,
        "field": edit.field,
        "value": edit.value,
    }
