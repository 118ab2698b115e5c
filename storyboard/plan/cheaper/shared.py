"""Scenes that could be shots of one request. fal bills seconds, so that alone saves nothing; but a clip has a shortest
length, and of two scenes that are padded to it the padding is paid twice."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from msgspec import Struct

from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.compile.digest import canonical
from storyboard.plan.cheaper.advised import Advice
from storyboard.plan.cheaper.lengths import Used, needed
from storyboard.plan.cheaper.purchase import Purchase, difference, listed

APART = frozenset({"prompt", "multi_prompt", "duration", "shot_type"})  # what a shot has of its own


class _Scene(Struct, frozen=True, dict=True):
    """A purchase of one scene, and the seconds that the cut uses of it."""

    purchase: Purchase
    seconds: int

    @cached_property
    def shared(self) -> str:
        """What all shots of a request have together."""
        request = self.purchase.request
        arguments = {name: value for name, value in request.arguments.items() if name not in APART}
        return canonical([request.endpoint, request.tier, request.take, arguments])

    def fits(self) -> bool:
        """Can its shots be among several? They have less room for text then, and no end image."""
        request, limits = self.purchase.request, self.purchase.endpoint.limits
        tags = limits.tag_characters if len(request.shots) == 1 else 0
        long = (shot.characters + tags * shot.prompt.count("@Element") for shot in request.shots)
        return "end_image_url" not in request.arguments and max(long) <= limits.shot_characters_warning


def shared(
    purchases: Sequence[Purchase], book: PriceBook, uses: Mapping[str, Used], film: Compiled
) -> Iterator[Advice]:
    """Of neighbours in the storyboard, as many as save by it."""
    run: list[_Scene] = []
    for purchase in purchases:
        scene = _scene(purchase, uses, film.shot_list.fps)
        if scene is None or not run or not _joins(run, scene):
            yield from _told(run, book)
            run = [] if scene is None else [scene]
        else:
            run.append(scene)
    yield from _told(run, book)


def _scene(purchase: Purchase, uses: Mapping[str, Used], fps: int) -> _Scene | None:
    """None for what can't, or need not, share."""
    name = purchase.names[0]
    if not purchase.unpaid or len(purchase.names) > 1 or name not in uses:
        return None
    kept = needed(purchase.listed[0], uses[name], fps, least_shot=purchase.endpoint.limits.shot_seconds[0])
    found = _Scene(purchase, sum(each.seconds for each in kept))
    return found if found.fits() else None


def _joins(run: Sequence[_Scene], scene: _Scene) -> bool:
    """Whether it is worth while, there is room, and all is the same but what shots have of their own."""
    limits = scene.purchase.endpoint.limits
    least, most = limits.clip_seconds
    seconds = sum(each.seconds for each in run)
    shots = sum(len(each.purchase.request.shots) for each in (*run, scene))
    return (
        min(seconds, scene.seconds) < least
        and seconds + scene.seconds <= most
        and shots <= limits.shots[1]
        and scene.purchase.number == run[-1].purchase.number + 1
        and scene.shared == run[0].shared
    )


def _told(run: Sequence[_Scene], book: PriceBook) -> Iterator[Advice]:
    if len(run) < 2:  # noqa: PLR2004 - alone there is nothing to share
        return
    first = run[0].purchase
    least = first.endpoint.limits.clip_seconds[0]
    seconds = max(least, sum(each.seconds for each in run))
    before = sum(each.purchase.request.seconds for each in run)
    names = [each.purchase.names[0] for each in run]
    used = listed([f"{each.seconds} s" for each in run])
    still = " Only the first then begins with the start image." if first.listed[0].start_image else ""
    yield Advice(
        "one request",
        tuple(names),
        first.request.span,
        f"Make {listed(names)} the shots of one scene: {seconds} s in place of {before}.",
        difference(first.price(book, seconds=before), first.price(book, seconds=seconds)),
        f"A clip is {least} s long at least, the cut uses {used} of them, and only their prompts differ.{still}",
    )
