"""Seconds that are paid and never shown: scenes that the cut leaves out, and whole seconds that trims cut away.

Where seconds go, `in` and `out` move along, so that the cut stays the same to the frame.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.plan.cheaper.advised import Advice, Edit
from storyboard.plan.cheaper.lengths import Kept, Used, as_long_as_a_clip, needed, together
from storyboard.plan.cheaper.moving import edits_of
from storyboard.plan.cheaper.purchase import Purchase, difference, listed


def continued(film: Compiled) -> frozenset[str]:
    """The scenes whose clip another scene begins with."""
    scenes = [each.scene for each in film.scenes]
    named = {scene.continues.value for scene in scenes if scene.continues is not None}
    return frozenset(named | {scene.after for scene in scenes if scene.after is not None})


def not_shown(
    purchase: Purchase, book: PriceBook, uses: Mapping[str, Used], gone_on: Collection[str]
) -> Advice | None:
    """The whole clip, when no entry of the cut shows a scene of it, and none of `gone_on`, `continued`, is of it."""
    if any(name in uses or name in gone_on for name in purchase.names):
        return None
    names = listed(purchase.names)
    return Advice(
        "not shown",
        purchase.names,
        purchase.request.span,
        f"Take {names} out of the storyboard, or into `cut.order`.",
        purchase.price(book),
        "`cut.order` does not name it: nothing of its clip is shown.",
        tuple(Edit(name, "scene", None) for name in purchase.names),
    )


def shorter(purchase: Purchase, book: PriceBook, uses: Mapping[str, Used], film: Compiled) -> Advice | None:
    """Whole seconds of its shots. With an end image the clip has to get as far as that; one that is as long as a film
    is not made shorter here."""
    shown = [uses[name] for name in purchase.names if name in uses]
    scene = purchase.listed[0]
    if not shown or scene.end_image is not None or purchase.endpoint.follows:
        return None
    limits = purchase.endpoint.limits
    kept = needed(scene, together(shown), film.shot_list.fps, least_shot=limits.shot_seconds[0])
    kept = as_long_as_a_clip(scene, kept, limits.clip_seconds[0])
    seconds = sum(each.seconds for each in kept)
    if seconds >= scene.seconds:
        return None
    edits = tuple(
        edit
        for compiled, each in zip(purchase.scenes, purchase.listed, strict=True)
        for edit in edits_of(compiled.scene, each, kept, film.shot_list.items)
    )
    less = scene.seconds - seconds
    shown_seconds = "1 second" if less == 1 else f"{less} seconds"
    return Advice(
        "shorter",
        purchase.names,
        purchase.request.span,
        _text(purchase, kept, seconds, edits),
        difference(purchase.price(book), purchase.price(book, seconds=seconds)),
        f"The cut shows nothing of {shown_seconds} of its {scene.seconds}.",
        edits,
    )


def _text(purchase: Purchase, kept: Sequence[Kept], seconds: int, edits: Sequence[Edit]) -> str:
    scene = purchase.listed[0]
    said = f"Make {listed(purchase.names)} {seconds} s long in place of {scene.seconds}"
    if len(scene.shots) > 1:
        changed = [
            f"shot {shot.id} {each.seconds} s in place of {shot.seconds}"
            if each.seconds
            else f"no shot {shot.id}"
            for shot, each in zip(scene.shots, kept, strict=True)
            if each.seconds != shot.seconds
        ]
        said += f": {', '.join(changed)}"
    moved = [edit for edit in edits if edit.field in {"in", "out"}]
    if moved:
        said += f"; {listed([_moved(edit, purchase) for edit in moved])}"
    return f"{said}."


def _moved(edit: Edit, purchase: Purchase) -> str:
    where = f" of shot {edit.shot}" if edit.shot is not None else ""
    if edit.entry is not None:
        where = f" in entry {edit.entry + 1} of `cut.order`"
    elif len(purchase.names) > 1:
        where += f" of {edit.scene}"
    return f"`{edit.field}` {edit.value}{where}"
