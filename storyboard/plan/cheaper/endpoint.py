"""Clips with more lines than the cut has, where a cheaper endpoint of the same family has enough."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from fractions import Fraction

from msgspec import Struct

from storyboard.catalog.endpoints import Catalog, Endpoint
from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.compile.shot_list import ListedScene
from storyboard.diagnostics import Span
from storyboard.plan.cheaper.advised import Advice, Edit
from storyboard.plan.cheaper.purchase import Purchase, difference, listed

NEARLY = Fraction(99, 100)  # a still is seldom 16:9 to the pixel


class CutSize(Struct, frozen=True):
    """Of the cut, in pixels; without a size of its own it has that of its first clip, which is nominal, and taken for
    square where its shape is not known."""

    width: Fraction
    height: Fraction
    crop: bool
    first_clip: str | None

    def lines_of(self, ratio: Fraction | None) -> int | None:
        """How many a clip of this shape needs on its shorter side so that the cut does not enlarge it; None where its
        shape would have to be known."""
        if ratio is None:
            return None if self.crop else round(min(self.width, self.height))
        by_width = self.width / max(ratio, Fraction(1))
        by_height = self.height * min(ratio, Fraction(1))
        return round((max if self.crop else min)(by_width, by_height))

    @property
    def words(self) -> str:
        if self.first_clip is not None:
            return f"the cut, in the size of its first clip ({self.first_clip}),"
        return f"the cut of {self.width}x{self.height}"


def cut_size(film: Compiled) -> CutSize:
    shots = film.shot_list
    crop = shots.fit == "crop"
    if shots.size is not None:
        return CutSize(Fraction(shots.size[0]), Fraction(shots.size[1]), crop, None)
    first = next(scene for scene in shots.scenes if scene.id == shots.row[0].scene)
    ratio, lines = shape(first, film) or Fraction(1), Fraction(first.height)
    return CutSize(lines * max(ratio, Fraction(1)), lines / min(ratio, Fraction(1)), crop, first.id)


def shape(scene: ListedScene, film: Compiled) -> Fraction | None:
    """Width to height of its clip: as asked for, or that of its start image where that is a file that is here."""
    if scene.aspect_ratio is not None:
        width, _, height = scene.aspect_ratio.partition(":")
        known = width.isdecimal() and height.isdecimal() and int(width) and int(height)
        return Fraction(int(width), int(height)) if known else None
    fact = film.surroundings.media.get(scene.start_image or "")
    if fact is None or not fact.width or not fact.height:
        return None
    return Fraction(fact.width, fact.height)


def smaller(
    purchase: Purchase,
    book: PriceBook,
    film: Compiled,
    size: CutSize,
    catalog: Catalog,
    shared: Collection[Span],
) -> Advice | None:
    """`shared` are places that it does not name: what is written there is of other scenes too."""
    row = purchase.endpoint
    lower = [each for each in catalog.endpoints if each.height < row.height and _is_alike(row, each)]
    lines = size.lines_of(shape(purchase.listed[0], film)) if lower else None
    found = _cheapest(purchase, book, [each for each in lower if each.height >= (lines or 0) * NEARLY])
    if lines is None or found is None:
        return None
    other, saves = found
    unknown = [each.alias for each in (row, other) if book.unit_price(each.id, purchase.request.tier) is None]
    price = f" The book has no price for {listed(unknown)}." if unknown else ""
    scene = purchase.scenes[0].scene
    return Advice(
        "endpoint",
        purchase.names,
        scene.place if scene.endpoint is None or scene.endpoint.span in shared else scene.endpoint.span,
        f"Write `endpoint: {other.alias}` for {listed(purchase.names)}.",
        saves,
        f"Its clip has {row.height} lines and {size.words} shows {lines}: {other.alias} gives {other.height}, which is "
        f"enough unless an editor enlarges it.{price}",
        tuple(Edit(name, "endpoint", other.alias) for name in purchase.names),
    )


def _cheapest(
    purchase: Purchase, book: PriceBook, rows: Sequence[Endpoint]
) -> tuple[Endpoint, Decimal | None] | None:
    """The one that saves the most; of those whose price is not known the one with the fewest lines."""
    fit = [each for each in rows if each.voice or purchase.request.tier != "voice"]
    found = [(each, _saves(purchase, each, book)) for each in fit]
    known = [(saves, each.height, each) for each, saves in found if saves is not None and saves > 0]
    if known:
        saves, _, best = max(known, key=lambda entry: entry[:2])
        return best, saves
    unknown = [each for each, saves in found if saves is None]
    return (min(unknown, key=lambda each: each.height), None) if unknown else None


def _saves(purchase: Purchase, other: Endpoint, book: PriceBook) -> Decimal | None:
    unit = book.unit_price(other.id, purchase.request.tier)
    return difference(purchase.price(book), None if unit is None else unit * purchase.request.seconds)


def _is_alike(one: Endpoint, other: Endpoint) -> bool:
    """Of one family: ids that differ in the tier alone, and in nothing that a request is made and judged by."""
    parts, others = one.id.split("/"), other.id.split("/")
    tier_alone = len(parts) == len(others) and sum(a != b for a, b in zip(parts, others, strict=True)) == 1
    same = ("fields", "required", "ignored_fields", "limits", "defaults")
    return tier_alone and all(getattr(one, name) == getattr(other, name) for name in same)
