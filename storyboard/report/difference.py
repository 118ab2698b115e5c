"""What an estimate differs in from an earlier revision's: a table and remarks for a sheet, and a document."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from storyboard.catalog.prices import PriceBook
from storyboard.plan.estimate import SceneEstimate
from storyboard.plan.reasons import summary
from storyboard.plan.revisions import Comparison, Difference, SceneDifference, change_of
from storyboard.plan.wording import change_in_words
from storyboard.report.counted import counted
from storyboard.report.money import exact
from storyboard.report.plan import change_document
from storyboard.report.sheet.sheet import Cell, Column, Row, Sheet, Table, summed

TOLD = 40  # scenes whose changes are told in words; the document has all
NAMED = 5  # stills in a remark
COLUMNS = (
    Column("scene", "scene"),
    Column("state", "state", narrow=False),
    Column("was", "was", narrow=False),
    Column("what", "what"),
    Column("before", "before", "money"),
    Column("after", "after", "money"),
    Column("change", "change", "change"),
)
LEVELS = ("scene", "part", "total")


def difference_sheet(comparison: Comparison) -> Sheet:
    """By itself, for a report of nothing else."""
    return Sheet(f"Against {comparison.revision.name}", difference_blocks(comparison))


def difference_blocks(comparison: Comparison) -> tuple[Table | str, ...]:
    """The table first, where there is one, then what is to be said."""
    revision, found = comparison.revision, comparison.difference
    if found is None:
        return (
            Table("difference", COLUMNS, (), levels=LEVELS),
            not_compared(comparison) or "",
            *revision.remarks,
        )
    told = [scene for scene in found.scenes if scene.changes]
    left = len(told) - TOLD
    more = [f"{counted(left, 'more scene')} changed: --format json tells all of them."] if left > 0 else []
    return (
        _table(found, f"Against {revision.name}"),
        *(f"{scene.scene}: {change_in_words(change)}" for scene in told[:TOLD] for change in scene.changes),
        *more,
        *revision.remarks,
        *_unread(found),
        *_books(found, revision.name),
    )


def not_compared(comparison: Comparison) -> str | None:
    """Why nothing is compared, where nothing is."""
    revision = comparison.revision
    if comparison.difference is not None:
        return None
    return f"{revision.name} can't be read ({revision.problem}): its scenes are not compared."


def _table(found: Difference, title: str) -> Table:
    kept = [scene for scene in found.scenes if scene.state == "same"]
    rows = [_row(scene) for scene in found.scenes if scene.state != "same"]
    rows += [_unchanged(kept)] if kept else []
    total = Row(("total", "", "", "", *_sums(found.scenes), found.change))
    return Table("difference", COLUMNS, tuple(rows), total, title, LEVELS, flexible=3)


def _row(scene: SceneDifference) -> Row:
    before: Cell = scene.before if scene.old is not None else ""
    after: Cell = scene.after if scene.new is not None else ""
    return Row((scene.scene, scene.state, scene.was or "", _what(scene), before, after, scene.change))


def _unchanged(scenes: Sequence[SceneDifference]) -> Row:
    name = counted(len(scenes), "other")
    return Row((name, "same", "", "unchanged", *_sums(scenes), change_of(scenes)))


def _sums(scenes: Sequence[SceneDifference]) -> tuple[Cell, Cell]:
    return summed(scene.before for scene in scenes), summed(scene.after for scene in scenes)


def _what(scene: SceneDifference) -> str:
    if scene.state in {"added", "removed"}:
        return scene.state
    fields = summary(scene.changes)
    if scene.state == "renamed":
        return f"renamed, was {scene.was}" + (f": {fields}" if fields else "")
    return f"changed: {fields}"


def _unread(found: Difference) -> list[str]:
    if not found.unread:
        return []
    left = len(found.unread) - NAMED
    names = ", ".join(found.unread[:NAMED]) + (f" and {left} more" if left > 0 else "")
    return [f"Their content then or now can't be read, so they count as unchanged: {names}."]


def _books(found: Difference, name: str) -> list[str]:
    then, now = map(_book, found.books)
    return [f"{name} is priced by {then}, what is here by {now}."] if then != now else []


def _book(book: PriceBook) -> str:
    return f"{book.name} of {book.as_of}"


def difference_document(comparison: Comparison) -> dict[str, Any]:
    """Money as exact decimal strings, null where it is not known; sums leave out what has no price, and name it.
    `then`, `now` and `scenes` are null when what was then can't be read."""
    revision, found = comparison.revision, comparison.difference
    return {
        "revision": revision.asked,
        "commit": revision.commit,
        "path": revision.path,
        "problem": revision.problem,
        "remarks": list(revision.remarks),
        "then": _side(found.books[0], [s.old for s in found.scenes]) if found is not None else None,
        "now": _side(found.books[1], [s.new for s in found.scenes]) if found is not None else None,
        "change": exact(found.change) if found is not None else None,
        "scenes": [_scene(scene) for scene in found.scenes] if found is not None else None,
        "unread": list(found.unread) if found is not None else [],
    }


def _side(book: PriceBook, scenes: Sequence[SceneEstimate | None]) -> dict[str, Any]:
    there = [scene for scene in scenes if scene is not None]
    known = [scene.amount for scene in there if scene.amount is not None]
    return {
        "price_book": book.name,
        "as_of": book.as_of.isoformat(),
        "total": exact(sum(known, Decimal(0))),
        "unpriced": [scene.scene for scene in there if scene.amount is None],
    }


def _scene(scene: SceneDifference) -> dict[str, Any]:
    return {
        "scene": scene.scene,
        "state": scene.state,
        "was": scene.was,
        "before": exact(scene.old.amount) if scene.old is not None else None,
        "after": exact(scene.new.amount) if scene.new is not None else None,
        "change": exact(scene.change),
        "changes": [change_document(change) for change in scene.changes],
    }
