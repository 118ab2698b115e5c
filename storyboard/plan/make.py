"""The stage `plan`: requests, what the ledger knows and prices, to a step a scene with its reason and its price."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.prices import PriceBook
from storyboard.compile.digest import LastFrame, canonical
from storyboard.compile.request import MediaUse, Request
from storyboard.ledger.record import State, Stock, TakeRecord
from storyboard.media.fact import MediaFact
from storyboard.plan.begun import is_another_frame
from storyboard.plan.newest import newest_book_total
from storyboard.plan.pins import all_as_pinned, as_pinned, in_words
from storyboard.plan.price import amount_of
from storyboard.plan.reasons import Past, Reason, why_of
from storyboard.plan.steps import Decision, FileToSend, Plan, Step
from storyboard.plan.twins import twins_of

NOTHING = Decimal(0)
NO_STOCK = Stock()


class Clips(Struct, frozen=True):
    """Where clips are, by sha256: in the store of this machine, or in a shared one."""

    here: Collection[str]
    stock: Stock


def clips_wanted(
    requests: Sequence[Request], takes: Sequence[TakeRecord], *, rehearsal: bool = False
) -> frozenset[str]:
    """The clips that a plan for these requests asks about, by sha256. Raises Refused for a pin that names nothing."""
    known = {take.key: take.clip for take in takes if take.state is State.VERIFIED}
    held = all_as_pinned(requests, takes, rehearsal=rehearsal)
    return frozenset(clip for each in held if (clip := known.get((each.digest or "", each.take))))


def make_plan(
    requests: Sequence[Request],
    takes: Sequence[TakeRecord],
    clips: Collection[str],
    book: PriceBook,
    *,
    rehearsal: bool = False,
    elsewhere: Collection[str] = (),
    stock: Stock = NO_STOCK,
) -> Plan:
    """`takes` as the ledger has them; `clips` the SHA-256 names that the store holds; `stock` what a shared one has of
    the others. A rehearsal need not know what scenes are pinned to. No scene is compared with a take whose digest is
    `elsewhere`: another storyboard's. Raises Refused for a pin that names nothing."""
    known = {(take.digest, take.take): take for take in takes}
    past = Past(requests, [take for take in takes if take.digest not in elsewhere])
    held = [as_pinned(request, takes, rehearsal=rehearsal) for request in requests]
    pairs = list(zip(requests, held, strict=True))
    twins = twins_of(request for request, kept in pairs if request is kept)
    there = Clips(clips, stock)
    steps = _asked_once(
        _step(request, known, twins.get(request.scene), there, book, past)
        if request is kept
        else _kept(request, kept, known, there)
        for request, kept in pairs
    )
    sent = [step for step in steps if step.decision == "send"]
    return Plan(
        digest=_digest(steps, book),
        price_book=book.name if book.shipped else f"{book.name} (not a shipped one)",
        steps=steps,
        total=sum((step.amount for step in sent if step.amount is not None), NOTHING),
        unpriced=tuple(step.scene for step in sent if step.amount is None),
        newer=newest_book_total([step.request for step in sent], book),
    )


def _step(
    request: Request,
    known: Mapping[tuple[str, int], TakeRecord],
    twin: str | None,
    clips: Clips,
    book: PriceBook,
    past: Past,
) -> Step:
    if twin is not None:
        reason = Reason("reuse", f"the same request as scene {twin}: bought once")
        return replace(_of(request, "reuse", reason, NOTHING), twin=twin)
    take = known.get((request.digest or "", request.take))
    decision, text = _decide(take, clips)
    reason = past.reason(request) if take is None else Reason(why_of(decision, take), text, take)
    if request.begins is not None:
        reason = replace(reason, text=reason.text + _of_the_beginning(request, reason))
    return _of(request, decision, reason, _amount(decision, request, take, book))


def _of_the_beginning(request: Request, reason: Reason) -> str:
    """What a scene that goes on from another's clip waits for, or why it would begin otherwise."""
    if request.is_pending:
        return f"; after {request.after}, with whose last frame it begins"
    return f"; {request.after} shows another take now" if any(map(is_another_frame, reason.changes)) else ""


def _amount(decision: Decision, request: Request, take: TakeRecord | None, book: PriceBook) -> Decimal | None:
    """What is to be paid goes by the book of today, what may have been by the estimate of then."""
    if decision == "send":
        return amount_of(request, book)
    return take.estimate if decision == "ask" and take is not None else NOTHING


def _asked_once(steps: Iterable[Step]) -> tuple[Step, ...]:
    """What may have been spent on one take is no more when two scenes have it."""
    found: list[Step] = []
    asked: set[tuple[str | None, int]] = set()
    for step in steps:
        key = (step.request.digest, step.request.take)
        found.append(replace(step, amount=NOTHING) if step.decision == "ask" and key in asked else step)
        asked |= {key} if step.decision == "ask" else set()
    return tuple(found)


def _of(request: Request, decision: Decision, found: Reason, amount: Decimal | None) -> Step:
    return Step(
        scene=request.scene,
        take=request.take,
        decision=decision,
        reason=found.text,
        amount=amount,
        request=request,
        why=found.why,
        since=found.take,
        changes=found.changes,
    )


def _kept(request: Request, held: Request, known: Mapping[tuple[str, int], TakeRecord], clips: Clips) -> Step:
    """A pinned scene: never bought. `held` has the digest and the number of what it is pinned to."""
    take = known[held.digest or "", held.take]
    decision, reason = _decide(take, clips)
    amount = take.estimate if decision == "ask" else NOTHING  # nothing is ever sent for it
    more = "" if decision == "reuse" else f"; {reason}"
    return _of(held, decision, Reason("pinned", in_words(request, held) + more, take), amount)


def _decide(take: TakeRecord | None, clips: Clips) -> tuple[Decision, str]:
    if take is None:
        return "send", "new"
    if take.state is State.VERIFIED:
        return _decide_bought(take, clips)
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


def _decide_bought(take: TakeRecord, clips: Clips) -> tuple[Decision, str]:
    if take.voice is not None:
        return "reuse", f"take {take.take} was bought: the voice is {take.voice}"
    if take.clip in clips.here:
        return "reuse", f"take {take.take} is in the store"
    if take.clip in clips.stock.clips:
        return "reuse", f"take {take.take} is in the shared store"
    unasked = f". {clips.stock.trouble}" if clips.stock.trouble else ""
    if take.error:
        return "ask", f"take {take.take} is never bought again by itself: {take.error}{unasked}"
    if take.origin == "lock":
        return (
            "resume",
            f"take {take.take} was bought elsewhere (storyboard.lock); its clip is fetched{unasked}",
        )
    return "resume", f"take {take.take} was bought; its clip is fetched again{unasked}"


def _digest(steps: Sequence[Step], book: PriceBook) -> str:
    """What a saved plan is known by: everything that decides what will be bought, and for how much."""
    rows = [
        [
            step.scene,
            step.take,
            step.decision,
            None if step.amount is None else str(step.amount),
            step.request.identity,
        ]
        for step in steps
    ]
    text = canonical({"book": book.name, "as_of": book.as_of.isoformat(), "steps": rows})
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def files_to_send(steps: Sequence[Step], uploaded: Mapping[str, str]) -> tuple[FileToSend, ...]:
    """The local files of what is to be sent, each once, in order. `uploaded`: SHA-256 → until when fal keeps it."""
    found: dict[str, MediaUse] = {}
    scenes: dict[str, dict[str, None]] = {}
    frames: dict[LastFrame, dict[str, None]] = {}
    for step in steps:
        for use in step.request.media:
            if step.decision == "send" and not use.remote:
                found.setdefault(use.path, use)
                scenes.setdefault(use.path, {})[step.scene] = None
        if step.decision == "send" and step.request.begins is not None:
            frames.setdefault(step.request.begins, {})[step.scene] = None
    return (
        *(_file(use, tuple(scenes[path]), uploaded) for path, use in found.items()),
        *(_frame(begins, tuple(of), uploaded) for begins, of in frames.items()),
    )


def _frame(begins: LastFrame, scenes: tuple[str, ...], uploaded: Mapping[str, str]) -> FileToSend:
    """A picture that is drawn when it is sent: its bytes are not known before."""
    until = uploaded.get(begins.name) if begins.clip is not None else None
    return FileToSend(str(begins), "png", None, None, scenes, until)


def _file(use: MediaUse, scenes: tuple[str, ...], uploaded: Mapping[str, str]) -> FileToSend:
    fact = use.fact or MediaFact(use.path)
    known = fact.sha256
    return FileToSend(
        path=use.path,
        kind=fact.kind,
        size=fact.size if known is not None else None,
        sha256=known,
        scenes=scenes,
        expires_at=uploaded.get(known) if known is not None else None,
    )
