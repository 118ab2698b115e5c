"""The dry-run cost report as a sheet, which every form for people is made from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storyboard.catalog.endpoints import alias_of
from storyboard.plan.estimate import Estimate, Group, SceneEstimate
from storyboard.report.costs import Costs
from storyboard.report.counted import counted
from storyboard.report.estimate_remarks import remarks
from storyboard.report.sheet.sheet import Cell, Column, Row, Sheet, Table, summed

TIER_WORDS = {"silent": "silent", "audio": "audio", "voice": "audio + voice"}


def estimate_sheet(costs: Costs, heading: str = "") -> Sheet:
    """`heading` is of the first table, where it does not stand alone."""
    found = costs.estimate
    tables = [_scenes(costs, heading), *_groups(found), *_alternatives(costs)]
    chosen = f": {costs.selection}" if costs.selection is not None else ""
    return Sheet(f"{costs.title}{chosen}", (tables[0], *remarks(costs), *tables[1:]))


def _scenes(costs: Costs, heading: str) -> Table:
    """A scene a row, its shots below it; what is to pay in a column of its own once something was bought."""
    found = costs.estimate
    partly, mixed = not found.is_untouched, len(found.by_endpoint) > 1
    columns = (
        Column("scene", "scene"),
        Column("shot", "shot"),
        Column("seconds", "s", "count"),
        Column("endpoint", "endpoint", narrow=mixed, whole=True),
        Column("tier", "tier"),
        Column("why", "why", narrow=False),
        Column("take", "take", "count", narrow=False),
        Column("standing", "standing", narrow=False),
        Column("unit_price", "USD/s", "price"),
        Column("amount", "USD", "money"),
        Column("to_pay", "to pay", "money", narrow=partly),
    )
    rows = [row for scene in found.scenes for row in _rows(scene)]
    name, why = _of_all(costs)
    total: tuple[Cell, ...] = (name, "", found.seconds, "", "", why, "", "", "")
    sums = (summed(s.amount for s in found.scenes), summed(s.to_pay for s in found.scenes))
    levels = ("scene", "shot", "total")
    return Table("scenes", columns, tuple(rows), Row((*total, *sums)), heading, levels, repeated=1)


def _of_all(costs: Costs) -> tuple[str, str]:
    """The name of the total and, further on, what chose the scenes: by these a form with nothing but the table shows
    that it is not of the whole film."""
    chosen = costs.selection
    if chosen is None:
        return "total", ""
    return f"total, {chosen.chosen} of {counted(chosen.of, 'scene')}", f"({' '.join(chosen.options)})"


def _rows(scene: SceneEstimate) -> list[Row]:
    alias = alias_of(scene.endpoint)
    head: tuple[Cell, ...] = (
        scene.scene,
        "",
        scene.seconds,
        alias,
        TIER_WORDS[scene.tier],
        scene.why if scene.length_known else f"{scene.why}; its length is not known",
        scene.take,
    )
    rows = [Row((*head, scene.standing, scene.unit_price, scene.amount, scene.to_pay))]
    if len(scene.shots) > 1:
        rows += [
            Row((scene.scene, shot.id, shot.seconds, "", "", "", "", "", "", shot.amount, ""), part=True)
            for shot in scene.shots
        ]
    return rows


def _groups(found: Estimate) -> list[Table]:
    tables: list[Table] = []
    partly = not found.is_untouched
    if len(found.by_endpoint) > 1:
        tables.append(_grouped("endpoints", "By endpoint", found.by_endpoint, alias_of, partly))
    if found.by_element:
        title = "By element (a scene that shows two is in both)"
        tables.append(_grouped("elements", title, found.by_element, str, partly))
    return tables


def _grouped(key: str, title: str, groups: Sequence[Group], named: Any, partly: bool) -> Table:
    columns = (
        Column(key.removesuffix("s"), key.removesuffix("s")),
        Column("scenes", "scenes", "count"),
        Column("seconds", "s", "count"),
        Column("amount", "USD", "money"),
        Column("to_pay", "to pay", "money", narrow=partly),
    )
    return Table(key, columns, tuple(Row((named(g.name), *_sums(g.scenes))) for g in groups), title=title)


def _sums(scenes: Sequence[SceneEstimate]) -> tuple[Cell, ...]:
    seconds = sum(scene.seconds for scene in scenes)
    return len(scenes), seconds, summed(s.amount for s in scenes), summed(s.to_pay for s in scenes)


def _alternatives(costs: Costs) -> list[Table]:
    if not costs.alternatives:
        return []
    columns = (
        Column("what_if", "what if"),
        Column("amount", "USD", "money"),
        Column("change", "change", "change"),
        Column("to_pay", "to pay", "money"),
        *([Column("takes", counted(costs.takes, "take"), "money")] if costs.takes is not None else []),
    )
    rows = [_alternative("as it is", costs.estimate, costs)]
    rows += [_alternative(each.asked, each.estimate, costs) for each in costs.alternatives]
    return [Table("alternatives", columns, tuple(rows), title="What if")]


def _alternative(asked: str, found: Estimate | None, costs: Costs) -> Row:
    more = costs.takes is not None
    if found is None:
        return Row((asked, "not possible", "", "", *([""] if more else [])))
    takes = [summed(found.with_takes(costs.takes))] if costs.takes is not None else []
    return Row((asked, *whole(found, costs.estimate), *takes))


def whole(found: Estimate, now: Estimate) -> tuple[Cell, Cell, Cell]:
    total = summed(scene.amount for scene in found.scenes)
    known = not found.unpriced and not now.unpriced
    return total, (found.total - now.total if known else None), summed(s.to_pay for s in found.scenes)
