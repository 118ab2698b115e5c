"""What a film's price differs in from an earlier revision's, scene by scene. Pure.

total then + change = total now, exactly, wherever these are known.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Literal

from msgspec import Struct

from storyboard.catalog.prices import PriceBook
from storyboard.compile.digest import canonical
from storyboard.compile.request import Request
from storyboard.plan.changes import Change, changes, is_unread
from storyboard.plan.content import content_of
from storyboard.plan.estimate import Estimate, SceneEstimate
from storyboard.plan.pairing import paired
from storyboard.report.money import exact

NOTHING = Decimal(0)

# Renamed: the same request under another name. It may differ in its take or its price.
State = Literal["same", "changed", "renamed", "added", "removed"]


class Revision(Struct, frozen=True):
    """An earlier commit. `asked` is how the person named it, `name` how people are told of it; `path` is the
    storyboard's then, as messages have it, None when there was none. `problem` says why that can't be read."""

    asked: str
    name: str
    commit: str
    path: str | None = None
    problem: str | None = None
    remarks: tuple[str, ...] = ()


class Version(Struct, frozen=True):
    """The requests of a film at one revision, and what each costs."""

    requests: Sequence[Request]
    estimate: Estimate


class SceneDifference(Struct, frozen=True):
    """One scene then and now; None where there is none. `change` in USD, None when it is not known."""

    state: State
    old: SceneEstimate | None
    new: SceneEstimate | None
    change: Decimal | None
    changes: tuple[Change, ...] = ()

    @property
    def scene(self) -> str:
        known = self.new or self.old
        return known.scene if known is not None else ""

    @property
    def was(self) -> str | None:
        """The name that it had before, if that was another."""
        return self.old.scene if self.state == "renamed" and self.old is not None else None

    @property
    def before(self) -> Decimal | None:
        return self.old.amount if self.old is not None else NOTHING

    @property
    def after(self) -> Decimal | None:
        return self.new.amount if self.new is not None else NOTHING


class Difference(Struct, frozen=True):
    """Scenes in the order of today; what is gone stands where it was. `unread` are stills whose content then or now is
    not known: they count as the same."""

    scenes: tuple[SceneDifference, ...]
    books: tuple[PriceBook, PriceBook]  # then, now
    unread: tuple[str, ...] = ()

    @property
    def change(self) -> Decimal | None:
        """Of the whole, in USD; None when it is not known of a scene."""
        return change_of(self.scenes)


class Comparison(Struct, frozen=True):
    """A film against an earlier revision. `difference` is None where it is not known what the film was then."""

    revision: Revision
    difference: Difference | None


def difference_of(old: Version, new: Version, scenes: Collection[str] | None = None) -> Difference:
    """Of whole films, or only of the scenes that have one of these names, then or now; of none when there is none."""
    then = {scene.scene: scene for scene in old.estimate.scenes}
    now = {scene.scene: scene for scene in new.estimate.scenes}
    books = (old.estimate.book, new.estimate.book)
    found: list[SceneDifference] = []
    unread: list[str] = []
    pairs = paired(old.requests, new.requests, _name, asked_for)
    apart = [told_apart(before, after) if before and after else ((), ()) for before, after in pairs]
    begun = _begun_otherwise(
        new.requests,
        [after.scene for (_, after), (found, _) in zip(pairs, apart, strict=True) if after and found],
    )
    for (before, after), (changed, paths) in zip(pairs, apart, strict=True):
        if scenes is None or {each.scene for each in (before, after) if each is not None} & {*scenes}:
            estimates = (then[before.scene] if before else None, now[after.scene] if after else None)
            unread += paths
            more = begun.get(after.scene, ()) if before and after and not changed else ()
            found.append(_difference(*estimates, (*changed, *more), books))
    return Difference(tuple(found), books, tuple(dict.fromkeys(unread)))


def _begun_otherwise(film: Sequence[Request], changed: Sequence[str]) -> dict[str, tuple[Change, ...]]:
    """Scenes that go on from the clip of one that changed, and from theirs: they begin with another picture."""
    followers: dict[str | None, list[Request]] = {}
    for request in film:
        followers.setdefault(request.after, []).append(request)
    found: dict[str, tuple[Change, ...]] = {}
    waiting = list(changed)
    while waiting:
        for request in followers.get(waiting.pop(), ()):
            if request.begins is not None and request.scene not in found:
                same = (request.begins.source, request.begins.source)
                frame = str(request.begins)
                found[request.scene] = (Change("start_image", frame, frame, paths=same),)
                waiting.append(request.scene)
    return found


def change_of(scenes: Sequence[SceneDifference]) -> Decimal | None:
    """In USD. What is not known of one may be more or less: nothing is known of all, not even the least."""
    known = [scene.change for scene in scenes if scene.change is not None]
    return sum(known, NOTHING) if len(known) == len(scenes) else None


def _name(request: Request) -> str:
    return request.scene


def asked_for(request: Request) -> str:
    """What makes two requests the same: the digest, or what is known where a file's content is not."""
    if request.digest is not None:
        return request.digest
    content = content_of(request)
    return canonical([content.endpoint, content.arguments])


def told_apart(old: Request, new: Request) -> tuple[tuple[Change, ...], tuple[str, ...]]:
    """What changed between two requests, and the stills of which it is not known."""
    found = changes(content_of(old), content_of(new)) if asked_for(old) != asked_for(new) else ()
    known = [change for change in found if not is_unread(change)]
    known += [Change("take", old.take, new.take)] if old.take != new.take else []
    known += [Change("pin", _pin(old), _pin(new))] if _pin(old) != _pin(new) else []
    return tuple(known), tuple(path for change in found if is_unread(change) for path in _paths(change))


def _pin(request: Request) -> str | None:
    pin = request.pin
    return f"{pin.value.digest[:12]}/{pin.value.take}" if pin is not None else None


def _paths(change: Change) -> list[str]:
    return [path for path in change.paths or () if path is not None]


def _difference(
    old: SceneEstimate | None,
    new: SceneEstimate | None,
    changed: tuple[Change, ...],
    books: tuple[PriceBook, PriceBook],
) -> SceneDifference:
    if old is None or new is None:
        known = new or old
        amount = known.amount if known is not None else None
        change = -amount if amount is not None and new is None else amount
        return SceneDifference("added" if old is None else "removed", old, new, change)
    found = (*changed, *_repriced(old, new))
    state: State = "renamed" if old.scene != new.scene else "changed" if found else "same"
    return SceneDifference(state, old, new, _change(old, new, books), found)


def _repriced(old: SceneEstimate, new: SceneEstimate) -> tuple[Change, ...]:
    """The same thing at another price."""
    if (old.endpoint, old.tier) != (new.endpoint, new.tier) or old.unit_price == new.unit_price:
        return ()
    then, now = (exact(scene.unit_price) or "unknown" for scene in (old, new))
    return (Change("USD/s", then, now),)


def _change(old: SceneEstimate, new: SceneEstimate, books: tuple[PriceBook, PriceBook]) -> Decimal | None:
    """Two amounts that nobody knows differ by nothing only when they are the same seconds of the same thing by the same
    book."""
    if old.amount is not None and new.amount is not None:
        return new.amount - old.amount
    same = (old.endpoint, old.tier, old.seconds) == (new.endpoint, new.tier, new.seconds)
    one_book = (books[0].name, books[0].as_of) == (books[1].name, books[1].as_of)
    return NOTHING if old.amount is None and new.amount is None and same and one_book else None
