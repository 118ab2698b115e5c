"""The stage `plan`: requests, what the ledger knows and prices, to a step a scene with its reason and its price."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal

from storyboard.catalog.prices import PriceBook
from storyboard.compile.digest import canonical
from storyboard.compile.request import Request
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.estimate import amount_of
from storyboard.plan.pins import as_pinned, in_words
from storyboard.plan.steps import Decision, Plan, Step

NOTHING = Decimal(0)


def make_plan(
    requests: Sequence[Request],
    takes: Sequence[TakeRecord],
    clips: Collection[str],
    book: PriceBook,
    *,
    rehearsal: bool = False,
) -> Plan:
    """`takes` as the ledger has them; `clips` the SHA-256 names that the store holds. A rehearsal need not know what
    scenes are pinned to. Raises Refused for a pin that names nothing."""
    known = {(take.digest, take.take): take for take in takes}
    planned: dict[tuple[str, int], str] = {}
    held = [as_pinned(request, takes, rehearsal=rehearsal) for request in requests]
    steps = tuple(
        _step(request, known, planned, clips, book) if request is kept else _kept(request, kept, known, clips)
        for request, kept in zip(requests, held, strict=True)
    )
    sent = [step.amount for step in steps if step.decision == "send"]
    return Plan(
        digest=_digest(steps, book),
        price_book=book.name if book.shipped else f"{book.name} (not a shipped one)",
        steps=steps,
        total=sum((amount for amount in sent if amount is not None), NOTHING),
        unpriced=tuple(step.scene for step in steps if step.amount is None),
    )


def _step(
    request: Request,
    known: Mapping[tuple[str, int], TakeRecord],
    planned: dict[tuple[str, int], str],
    clips: Collection[str],
    book: PriceBook,
) -> Step:
    key = (request.digest or "", request.take)
    first = planned.setdefault(key, request.scene) if request.digest else request.scene
    if first != request.scene:
        return _of(request, "reuse", f"the same request as scene {first}: bought once", NOTHING)
    decision, reason = _decide(known.get(key), clips)
    return _of(
        request, decision, reason, amount_of(request, book) if decision in {"send", "ask"} else NOTHING
    )


def _kept(
    request: Request, held: Request, known: Mapping[tuple[str, int], TakeRecord], clips: Collection[str]
) -> Step:
    """A pinned scene: never bought. `held` has the digest and the number of what it is pinned to."""
    take = known[held.digest or "", held.take]
    decision, reason = _decide(take, clips)
    amount = take.estimate if decision == "ask" else NOTHING
    more = "" if decision == "reuse" else f"; {reason}"
    return _of(held, decision, in_words(request, held) + more, amount)


def _of(request: Request, decision: Decision, reason: str, amount: Decimal | None) -> Step:
    return Step(request.scene, request.take, decision, reason, amount, request)


def _decide(take: TakeRecord | None, clips: Collection[str]) -> tuple[Decision, str]:
    if take is None:
        return "send", "new"
    if take.state is State.VERIFIED:
        if take.clip in clips:
            return "reuse", f"take {take.take} is in the store"
        return "resume", f"take {take.take} was bought; its clip is fetched again"
    if take.state in {State.SENT, State.COMPLETED, State.DOWNLOADED}:
        return "resume", f"take {take.take} was sent as {take.request_id or 'a request'}"
    if take.state in {State.SENDING, State.UNKNOWN}:
        return (
            "ask",
            f"take {take.take} may have been sent: it is looked for in fal's history, never re-sent blindly",
        )
    if take.state in {State.FAILED, State.CANCELLED}:
        ended = "failed" if take.state is State.FAILED else "was cancelled"
        bill = "" if take.sendable else " and may have been billed: never re-sent by itself"
        reason = f"take {take.take} {ended}{bill}: {take.error or 'no reason was given'}"
        return ("send" if take.sendable else "ask"), reason
    if take.maybe_billed:
        return "send", "sent again by your decision; it may be paid twice"
    return "send", "intended before, nothing had left"


def _digest(steps: Sequence[Step], book: PriceBook) -> str:
    """What a saved plan is known by: everything that decides what will be bought, and for how much."""
    rows = [
        [
            step.scene,
            step.take,
            step.decision,
            None if step.amount is None else str(step.amount),
            step.request.digest,
        ]
        for step in steps
    ]
    text = canonical({"book": book.name, "as_of": book.as_of.isoformat(), "steps": rows})
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
