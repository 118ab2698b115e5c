"""Ways to pay less for the same film, each with the exact sum that it saves.

A sum is the difference between two estimates: of the storyboard as it is, and with that one advice carried out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from decimal import Decimal

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.plan.cheaper.advised import Advice
from storyboard.plan.cheaper.alike import alike
from storyboard.plan.cheaper.endpoint import cut_size, smaller
from storyboard.plan.cheaper.lengths import Used, used
from storyboard.plan.cheaper.purchase import Purchase, purchases, shared_places
from storyboard.plan.cheaper.shared import shared
from storyboard.plan.cheaper.shorter import continued, not_shown, shorter
from storyboard.plan.cheaper.silent import scenes_of_sound_cuts, silent

JOINT = frozenset({"one request", "one take"})  # of several scenes together


def advice(film: Compiled, book: PriceBook, sending: Collection[str] | None = None) -> tuple[Advice, ...]:
    """Of a storyboard without errors, what saves the most first, what saves an unknown sum last. `sending` names the
    scenes that are still to be paid, None for all: to change another would buy it again."""
    if not film.requests:
        return ()
    bought, uses = purchases(film, sending), used(film.shot_list)
    found = [
        *_of_each(bought, book, film, uses),
        *shared(bought, book, uses, film),
        *alike(bought, book, film),
    ]
    return tuple(sorted(found, key=_by_sum))


def compatible(found: Sequence[Advice]) -> tuple[Advice, ...]:
    """Those that can be followed together, at most one a scene, so that their sums add up. What takes several scenes
    together counts where it saves more than the best for each of them."""
    of_one = [each for each in found if each.kind not in JOINT]
    best: dict[str, Advice] = {}
    for each in of_one:
        best.setdefault(each.scenes[0], each)
    gains = [(each, _sum([each]) - _sum(_within(each, best))) for each in found if each.kind in JOINT]
    joint = [
        each for each, gain in sorted(gains, key=lambda pair: -pair[1]) if gain > 0 or each.saves is None
    ]
    touched: set[str] = set()
    kept: set[int] = set()
    for each in (*joint, *of_one):
        if touched.isdisjoint(each.scenes):
            touched.update(each.scenes)
            kept.add(id(each))
    return tuple(each for each in found if id(each) in kept)


def _within(joint: Advice, best: Mapping[str, Advice]) -> list[Advice]:
    return [best[name] for name in joint.scenes if name in best]


def _sum(advised: Sequence[Advice]) -> Decimal:
    return sum((each.saves for each in advised if each.saves is not None), Decimal(0))


def _of_each(
    bought: Sequence[Purchase], book: PriceBook, film: Compiled, uses: Mapping[str, Used]
) -> Iterator[Advice]:
    wanted, size, rows, places = scenes_of_sound_cuts(film), cut_size(film), catalog(), shared_places(film)
    gone_on = continued(film)
    for purchase in bought:
        if purchase.unpaid:
            for found in (
                not_shown(purchase, book, uses, gone_on),
                shorter(purchase, book, uses, film),
                silent(purchase, book, wanted, places),
                smaller(purchase, book, film, size, rows, places),
            ):
                if found is not None:
                    yield found


def _by_sum(each: Advice) -> tuple[bool, Decimal, tuple[str, int, int, int, int], str]:
    return each.saves is None, -(each.saves or Decimal(0)), each.span.key(), each.kind
