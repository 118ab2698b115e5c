"""One place looked through, without changing it: its ledger, its clips, the takes that stopped half way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from storyboard.errors import LedgerError
from storyboard.ledger import schema
from storyboard.ledger.closed import verdict
from storyboard.ledger.doctor.finding import Finding
from storyboard.ledger.facts import known_stock
from storyboard.ledger.inventory import Inventory, Told, files_in, inventory, size_of, unseen
from storyboard.ledger.lease import at_work
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.owner import refuse_to_forget
from storyboard.ledger.place import Place
from storyboard.ledger.record import State, Stock, TakeRecord
from storyboard.ledger.store import Store
from storyboard.report.counted import counted
from storyboard.report.money import amount_of

LONG = timedelta(days=1)  # the queue forgets a result after an hour, the CDN keeps it for a week at least
SHOWN = 12  # characters of a hash in messages
REPAIR = "`storyboard doctor PATH --repair` fetches it again at no charge, as long as fal keeps it"


class Examined(Struct, frozen=True):
    """What was found in a place. `takes` is None when its ledger can't be read; `stock` is what a shared store has of
    the clips that are not here."""

    place: Place
    takes: tuple[TakeRecord, ...] | None
    inventory: Inventory
    findings: tuple[Finding, ...]
    stock: Stock = Stock()

    @property
    def named(self) -> tuple[str, ...]:
        """Clips that a take names."""
        return tuple(dict.fromkeys(take.clip for take in self.takes or () if take.clip))

    @property
    def lost(self) -> tuple[str, ...]:
        """Clips that a take names and that are neither here nor shared, or damaged."""
        whole = self.inventory.whole | (self.stock.clips - self.inventory.clips.keys())
        return tuple(clip for clip in self.named if clip not in whole)

    @property
    def orphans(self) -> tuple[str, ...]:
        """Clips that no take names; none while nobody knows."""
        if self.takes is None:
            return ()
        wanted = {take.clip for take in self.takes}
        return tuple(clip for clip in self.inventory.clips if clip not in wanted)


def examine(
    place: Place, now: datetime, told: Told = unseen, named: frozenset[str] = frozenset()
) -> Examined:
    """Everything of one place; `named` are clips that storyboard.lock names."""
    takes, findings = _ledger(place)
    found = Examined(place, takes, inventory(place, told), ())
    found = replace(found, stock=known_stock(place, set(found.named) - found.inventory.clips.keys()))
    busy = at_work(place.lock) is not None
    findings += [
        *_clips(found, named),
        *(finding for take in takes or () for finding in _stuck(take, now, busy=busy)),
        *_leftovers(place, busy=busy),
    ]
    return replace(found, findings=tuple(findings))


def _ledger(place: Place) -> tuple[tuple[TakeRecord, ...] | None, list[Finding]]:
    try:
        if not place.has_begun_ledger():
            refuse_to_forget(place)
            return (), [_none_here(place)]
        ledger = Ledger.open(place)
        takes = ledger.takes()
        ledger.events()
    except LedgerError as failure:
        return None, [Finding("miss", "ledger", str(failure))]
    except OSError as failure:
        return None, [Finding("miss", "ledger", f"can't be read ({failure.strerror or failure})")]
    return takes, [_as_closed(place, takes)]


def _none_here(place: Place) -> Finding:
    if next(place.clips.glob("??/*.mp4"), None) is None:
        return Finding("note", "ledger", "there is none yet: nothing was bought here")
    text = "it is gone; storyboard.lock says what the clips here are"
    return Finding("warn", "ledger", text, "the next render makes it anew from the lock, at no charge")


def _as_closed(place: Place, takes: Sequence[TakeRecord]) -> Finding:
    whole = f"whole: {counted(len(takes), 'take')}, version {schema.VERSION}"
    if place.shared is not None:
        return Finding("ok", "ledger", f"{whole}, shared, at {place.shared}")
    match verdict(place.ledger):
        case "changed":
            return Finding(
                "miss",
                "ledger",
                f"{place.ledger} is not byte for byte what it was when it was last closed, though each take in it is "
                "whole: the disk failed, or another program wrote to it",
                "put it back from a backup; or, when `storyboard takes PATH` looks right, let `storyboard doctor "
                "PATH --repair` take it as it is",
            )
        case "older":
            return Finding(
                "warn",
                "ledger",
                f"{whole}; but older than when it was last closed: put back from a backup?",
                "the next render looks through fal's history of six days before it buys; `storyboard takes PATH` "
                "shows what is known",
            )
        case _:
            return Finding("ok", "ledger", whole)


def _clips(found: Examined, named: frozenset[str]) -> Iterator[Finding]:
    stock = found.inventory
    wanted = {clip: [t for t in found.takes or () if t.clip == clip] for clip in found.lost}
    for clip, takes in wanted.items():
        reason = stock.damaged.get(clip, "it is not in the store")
        whose = ", ".join(f"{take.scene}, take {take.take}" for take in takes)
        yield Finding("miss", "clip", f"{clip[:SHOWN]}… ({whose}): {reason}", REPAIR)
    for clip in stock.damaged:
        if clip not in wanted:
            yield Finding(
                "miss",
                "clip",
                f"{clip[:SHOWN]}… (no take names it): {stock.damaged[clip]}",
                "`storyboard doctor PATH --repair` moves it to odd/",
            )
    elsewhere = [clip for clip in found.named if clip in found.stock.clips]
    if elsewhere:
        text = f"{counted(len(elsewhere), 'clip')} of this ledger {'is' if len(elsewhere) == 1 else 'are'} not here"
        yield Finding("note", "clip", text, "the shared store has them: each is fetched when it is needed")
    yield from _unnamed(found, named)
    yield from (
        Finding(
            "warn", "clip", f"{path} is no clip by its name", "move it away; its name would be its SHA-256"
        )
        for path in stock.strays
        if not path.is_symlink()
    )
    if stock.clips and not stock.damaged and not wanted:
        size = sum(size_of(path) for path in stock.clips.values())
        text = f"{counted(len(stock.clips), 'clip')}, {size / 2**20:,.1f} MiB, each byte as its name says"
        yield Finding("ok", "clips", text)


def _unnamed(found: Examined, named: frozenset[str]) -> Iterator[Finding]:
    for clip in found.orphans:
        if clip in found.inventory.damaged:
            continue
        if clip in named:
            text = f"{clip[:SHOWN]}… is named by storyboard.lock, and by no take of the ledger"
            yield Finding("note", "clip", text, "the next render takes it up")
        else:
            text = f"{clip[:SHOWN]}… is named by no take"
            yield Finding("warn", "clip", text, "`storyboard gc PATH` moves such clips to a trash")


def _stuck(take: TakeRecord, now: datetime, *, busy: bool) -> Iterator[Finding]:
    who = f"{take.scene}, take {take.take}"
    since = take.sent_at or take.created_at
    if take.state in {State.SENDING, State.UNKNOWN} and not (busy and take.state is State.SENDING):
        text = f"{who}: sent at {since}, its answer was lost; {amount_of(take.estimate)} may have been spent"
        yield Finding("warn", "take", text, "`storyboard reconcile PATH` looks for it in fal's history")
    elif take.state is State.SENT and now - _moment(since, now) > LONG:
        text = f"{who}: sent at {since} as {take.request_id}, and not fetched since"
        yield Finding("warn", "take", text, "`storyboard reconcile PATH` fetches it, before fal forgets it")
    elif take.state in {State.COMPLETED, State.DOWNLOADED} and not busy:
        text = f"{who}: done at fal, not {'fetched' if take.state is State.COMPLETED else 'verified'} yet"
        yield Finding("warn", "take", text, "`storyboard reconcile PATH` fetches it at no charge")


def _leftovers(place: Place, *, busy: bool) -> Iterator[Finding]:
    half = [path for path in Store(place).leftovers() if not path.is_symlink()]
    if half and busy:
        yield Finding("note", "incoming", "another render is at work here: what is half made is its own")
    elif half:
        size = sum(size_of(path) for path in half) / 2**20
        text = f"{counted(len(half), 'file')} of killed runs, {size:,.1f} MiB"
        yield Finding("warn", "incoming", text, "the next render sweeps them, and so does --repair")
    odd = list(files_in(place.odd))
    if odd:
        text = (
            f"{counted(len(odd), 'file')} in {place.odd}: paid for and no whole clip, kept for you to look at"
        )
        yield Finding("note", "odd", text)


def _moment(text: str, otherwise: datetime) -> datetime:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return otherwise
    return found if found.tzinfo else found.replace(tzinfo=UTC)
