"""What moved since a plan was saved, and matters to it. Nothing did: the plan still holds, to the letter.

What matters is what would be sent, to which take, for how much, and what the ledger made of it. How the storyboard is
written does not. Once a plan was begun, its own steps may have advanced; what is left to do of them must still be the
same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct

from storyboard.compile.digest import FRAME
from storyboard.compile.request import Request
from storyboard.ledger.record import State
from storyboard.plan.changes import Change, changes
from storyboard.plan.content import content_of
from storyboard.plan.reasons import ENDED, ended_as
from storyboard.plan.saved import Book, SavedPlan, SavedStep, own_take
from storyboard.plan.steps import Decision, Plan, Step
from storyboard.plan.wording import change_in_words
from storyboard.report.money import exact

# What a step may have become without anything being bought that it does not say.
FINE: Mapping[Decision, frozenset[Decision]] = {
    "send": frozenset({"send"}),
    "ask": frozenset({"ask", "resume", "reuse"}),
    "resume": frozenset({"resume", "reuse"}),
    "reuse": frozenset({"reuse"}),
}
ADVANCED: Mapping[Decision, frozenset[Decision]] = {
    "send": frozenset({"send", "ask", "resume", "reuse"}),
    "ask": frozenset({"ask", "resume", "reuse"}),
    "resume": frozenset({"resume", "reuse", "ask"}),
    "reuse": frozenset({"reuse", "resume"}),
}


class Now(Struct, frozen=True):
    """The same plan made again, and what it comes from. `film` are the requests of the whole storyboard."""

    plan: Plan
    film: Sequence[Request]
    book: Book
    fingerprints: Mapping[str, str]
    by: str


def moved(saved: SavedPlan, now: Now, *, begun: bool) -> tuple[str, ...]:
    """What moved, a line each, scene by scene; nothing when the plan holds."""
    steps = {step.scene: step for step in now.plan.steps}
    lines = [*_book(saved.book, now.book)]
    lines += [line for step in saved.steps for line in _request(step, steps.get(step.scene))]
    lines += _added(saved, now)
    causes = _causes(saved, now) if lines else []
    lines += [line for s in saved.steps if (n := steps.get(s.scene)) for line in _ledger(s, n, begun=begun)]
    return tuple(dict.fromkeys([*causes, *lines]))


def _book(was: Book, now: Book) -> Iterator[str]:
    if was != now:
        name = now.name if now.name != was.name else ""
        yield f"price book {was.name} {was.as_of} → {f'{name} {now.as_of}'.strip()}"


def _added(saved: SavedPlan, now: Now) -> Iterator[str]:
    """A plan of the whole film is of every scene; one of some scenes has nothing to say of others."""
    if saved.options.scene or saved.options.select:
        return
    known = {step.scene for step in saved.steps}
    yield from (f"scene {request.scene} is new" for request in now.film if request.scene not in known)


def _causes(saved: SavedPlan, now: Now) -> list[str]:
    """Files that decide for many scenes, where something moved."""
    was, is_now = saved.fingerprints, now.fingerprints
    names = [
        name for name in was if name.startswith("template ") and is_now.get(name, was[name]) != was[name]
    ]
    found = [f"{name} changed" for name in names]
    if was.get("catalog") != is_now.get("catalog"):
        found.append(f"the catalog of endpoints changed ({saved.by} → {now.by})")
    return found


def _request(was: SavedStep, now: Step | None) -> Iterator[str]:
    if now is None:
        yield f"scene {was.scene} is gone"
        return
    if was.take != now.take:
        yield f"scene {was.scene}: take {was.take} → {now.take}"
    if was.request_digest == now.request.digest and was.request_digest is not None:
        return
    found = [
        each for each in changes(was.request.content(), content_of(now.request)) if not _began(was, now, each)
    ]
    yield from (_told(was.scene, change) for change in found)
    if not found and not _is_begun(was, now):
        yield f"scene {was.scene}: what is sent changed"


def _is_begun(was: SavedStep, now: Step) -> bool:
    """Was it to begin with the last frame of a clip that there was not yet, and is it to begin with that still?"""
    return was.request_digest is None and was.after is not None and was.after == now.request.after


def _began(was: SavedStep, now: Step, change: Change) -> bool:
    return _is_begun(was, now) and isinstance(change.old, str) and change.old == f"{FRAME}{was.after}"


def _told(scene: str, change: Change) -> str:
    old, new = change.paths or (None, None)
    if new is not None and old == new:
        return f"{new} changed"
    return f"scene {scene}: {change_in_words(change)}"


def _ledger(was: SavedStep, now: Step, *, begun: bool) -> Iterator[str]:
    same = was.request_digest == now.request.digest or _is_begun(was, now)
    if not same or was.take != now.take:
        return
    allowed = (ADVANCED if begun else FINE)[was.decision]
    if now.decision not in allowed or (not begun and _ended_meanwhile(was, now)):
        yield _meanwhile(was, now)
    elif was.decision == now.decision == "send" and was.amount != now.amount:
        yield f"scene {was.scene}: price {_money(was.amount)} → {_money(now.amount)}"


def _ended_meanwhile(was: SavedStep, now: Step) -> bool:
    """It failed since, at no cost: whoever agreed to the plan did not know."""
    take = own_take(now)
    if take is None or take.state not in ENDED:
        return False
    return was.relied_on is None or (was.relied_on.state, was.relied_on.intent) != (
        take.state.value,
        take.intent,
    )


def _meanwhile(was: SavedStep, now: Step) -> str:
    name = f"take {now.take} of {now.scene}"
    take = own_take(now)
    if take is None:
        if was.relied_on is None:
            return f"scene {now.scene} is no longer the same request as an earlier scene"
        return f"the ledger no longer knows {name}"
    if now.decision == "send" and take.state is State.INTENDED:
        return f"{name} was let go meanwhile, to be sent again"
    if take.state in ENDED:
        return f"{name} {ended_as(take)} meanwhile"
    if take.state is State.VERIFIED:
        gone = was.decision == "reuse"
        return f"the clip of {name} is no longer in the store" if gone else f"{name} was bought meanwhile"
    unknown = take.state in {State.UNKNOWN, State.SENDING}
    return f"{name} {'may have been' if unknown else 'was'} sent meanwhile"


def _money(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{exact(amount)} USD"
