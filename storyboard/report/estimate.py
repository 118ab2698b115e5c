"""The dry-run cost report as a sheet, which every form for people is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from storyboard.catalog.endpoints import alias_of
from storyboard.catalog.prices import book_names, price_book
from storyboard.plan.budget import NAMED, listed
from storyboard.plan.estimate import Estimate, Group, SceneEstimate
from storyboard.plan.newest import Newer
from storyboard.plan.spending import Spent
from storyboard.plan.what_if import Alternative
from storyboard.report.money import dollars, in_all
from storyboard.report.newest import stale_warning
from storyboard.report.rehearsal import NOT_BOUGHT
from storyboard.report.sheet.sheet import Cell, Column, Row, Sheet, Table, summed

TIER_WORDS = {"silent": "silent", "audio": "audio", "voice": "audio + voice"}


@dataclass(frozen=True, slots=True)
class Costs:
    """An estimate and what was asked for beside it. `takes`: how many of each scene the contingency reckons with;
    `unseen`: why what was bought is not known; `refused`: what a budget or the policy has against paying it; `newer`: a
    book that has overtaken the one in use; `shared`: paid for scenes of these names, here or in another storyboard;
    `look_alike`: the ledger is not of fal itself."""

    title: str
    estimate: Estimate
    takes: int | None = None
    alternatives: tuple[Alternative, ...] = ()
    unseen: str | None = None
    refused: str | None = None
    newer: Newer | None = None
    shared: Spent = field(default_factory=Spent)
    look_alike: bool = False


def estimate_sheet(costs: Costs) -> Sheet:
    found = costs.estimate
    tables = [_scenes(found), *_groups(found), *_alternatives(costs)]
    return Sheet(costs.title, (tables[0], *_remarks(costs), *tables[1:]))


def _scenes(found: Estimate) -> Table:
    """A scene a row, its shots below it; what is to pay in a column of its own once something was bought."""
    partly = not found.is_untouched
    columns = (
        Column("scene", "scene"),
        Column("shot", "shot"),
        Column("seconds", "s", "count"),
        Column("endpoint", "endpoint", narrow=False),
        Column("tier", "tier"),
        Column("why", "why", narrow=False),
        Column("take", "take", "count", narrow=False),
        Column("standing", "standing", narrow=False),
        Column("unit_price", "USD/s", "price"),
        Column("amount", "USD", "money"),
        Column("to_pay", "to pay", "money", narrow=partly),
    )
    rows = [row for scene in found.scenes for row in _rows(scene)]
    total: tuple[Cell, ...] = ("total", "", found.seconds, "", "", "", "", "", "")
    sums = (summed(s.amount for s in found.scenes), summed(s.to_pay for s in found.scenes))
    return Table(
        "scenes", columns, tuple(rows), Row((*total, *sums)), levels=("scene", "shot", "total"), repeated=1
    )


def _rows(scene: SceneEstimate) -> list[Row]:
    alias = alias_of(scene.endpoint)
    head: tuple[Cell, ...] = (
        scene.scene,
        "",
        scene.seconds,
        alias,
        TIER_WORDS[scene.tier],
        scene.why,
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
    )
    rows = [Row(("as it is", *whole(costs.estimate, costs.estimate)))]
    rows += [
        Row(
            (
                each.asked,
                *(whole(each.estimate, costs.estimate) if each.estimate else ("not possible", "", "")),
            )
        )
        for each in costs.alternatives
    ]
    return [Table("alternatives", columns, tuple(rows), title="What if")]


def whole(found: Estimate, now: Estimate) -> tuple[Cell, Cell, Cell]:
    total = summed(scene.amount for scene in found.scenes)
    known = not found.unpriced and not now.unpriced
    return total, (found.total - now.total if known else None), summed(s.to_pay for s in found.scenes)


def _remarks(costs: Costs) -> list[str]:
    found, book = costs.estimate, costs.estimate.book
    lines = [
        _to_pay(found),
        f"Price book {book.name} of {book.as_of}: {book.source}.",
        *([stale_warning(costs.newer)] if costs.newer is not None else []),
        "List prices without tax, credits or discounts.",
    ]
    if found.unpriced:
        lines.append(f"The book has no price for: {listed(found.unpriced)}.{_other_books(found)}")
    lines += _twins(found)
    lines += _by_default(found)
    if found.spent.takes:
        lines.append(_spent(found.spent))
    if costs.shared.takes:
        lines.append(
            f"{costs.shared.takes} take(s) more are of older texts of scenes of these names, in this storyboard or in "
            "another: `storyboard spend --by storyboard` shows them."
        )
    if costs.takes is not None:
        amounts = found.with_takes(costs.takes)
        lines.append(f"With {costs.takes} take(s) of every scene, {in_all(amounts)} are to pay.")
    if costs.look_alike:
        lines.append(NOT_BOUGHT)
    if costs.unseen is not None:
        lines.append(f"What was bought is not known, so all counts as still to pay: {costs.unseen}")
    if costs.refused is not None:
        lines.append(f"Refused: {' '.join(costs.refused.split())}")
    return [*lines, *_impossible(costs.alternatives)]


def _impossible(alternatives: Sequence[Alternative]) -> list[str]:
    return [f"{each.asked} is not possible: {each.why_not}" for each in alternatives if each.why_not]


def _to_pay(found: Estimate) -> str:
    if found.is_untouched:
        unpriced = f" for {listed(found.unpriced)}" if found.unpriced else ""
        return f"To pay for every scene: {in_all(s.amount for s in found.scenes)}{unpriced}."
    bought = [scene.amount for scene in found.scenes if scene.standing == "bought"]
    parts = [_part([scene.to_pay for scene in found.scenes], [scene.amount for scene in found.scenes])]
    if bought:
        parts.append(f"{len(bought)} scene(s) are bought ({in_all(bought)} by this book).")
    return " ".join([*parts, *_at_stake(found)])


def _part(to_pay: Sequence[Decimal | None], whole: Sequence[Decimal | None]) -> str:
    if None in whole:
        return f"To pay: {in_all(to_pay)}. Every scene once costs {in_all(whole)}."
    return f"To pay: {in_all(to_pay)} of {in_all(whole)}."


def _at_stake(found: Estimate) -> list[str]:
    """What may have been paid: what is looked for, and what has ended and is not."""
    stakes = [scene for scene in found.scenes if scene.standing == "at stake"]
    lost = [scene.at_stake for scene in stakes if scene.unsettled]
    ended = [scene for scene in stakes if not scene.unsettled]
    told = [f"{_first(in_all(lost))} may have been paid: `storyboard reconcile` settles it."] if lost else []
    if ended:
        amount, names = in_all(scene.at_stake for scene in ended), listed([scene.scene for scene in ended])
        told.append(
            f"{_first(amount)} may have been paid for what came to nothing ({names}): `storyboard reconcile "
            "--resend SCENE` lets it be sent again."
        )
    return told


def _first(text: str) -> str:
    """As a sentence begins."""
    return text[:1].upper() + text[1:]


def _spent(so_far: Spent) -> str:
    """What is exact, what is estimated and what is not known, apart."""
    parts = [
        f"{dollars(so_far.charged)} were charged" if so_far.charged else "",
        f"{dollars(so_far.estimated)} estimated" if so_far.estimated else "",
        f"{so_far.unknown} of an unknown amount" if so_far.unknown else "",
    ]
    return f"{so_far.takes} take(s) of these scenes were paid or may have been: {', '.join(filter(None, parts))}."


def _twins(found: Estimate) -> list[str]:
    left = len(found.twins) - NAMED
    told = [
        f"{twin} is the same request as {first}: render buys it once." for twin, first in found.twins[:NAMED]
    ]
    return [*told, *([f"So are {left} more scenes of others."] if left > 0 else [])]


def _by_default(found: Estimate) -> list[str]:
    scenes = [scene for scene in found.scenes if scene.dearer_by_default]
    if not scenes:
        return []
    more = sum(
        (s.amount - s.silent for s in scenes if s.amount is not None and s.silent is not None), Decimal(0)
    )
    names = listed([scene.scene for scene in scenes])
    cure = "`generate_audio: false` where it isn't wanted"
    return [f"Audio is on by default, which costs {dollars(more)} more, in: {names}. {cure} saves that."]


def _other_books(found: Estimate) -> str:
    """Books that come along and do have the prices that are missing."""
    missing = [(scene.endpoint, scene.tier) for scene in found.scenes if scene.amount is None]
    books = [book for name in book_names() if (book := price_book(name)) is not None]
    having = [book.name for book in books if all(book.unit_price(*wanted) for wanted in missing)]
    return f" It is in: {', '.join(having)} (--prices)." if having else ""
