"""What the ledger knows and what storyboard.lock says, as one list of takes. Pure, and the same in whatever order and
however often the lines come.

A line and a row, or two lines, are the same purchase when they have one request id, or one intent where fal gave no
id, or one clip where there is neither (it was added by hand). Of one purchase the state furthest along counts, and
what one side does not know the other tells. Lines of an attempt that this ledger gave up (its events know it) no
longer count.

Two purchases of one (digest, take), bought on two branches, are both kept: what has a request id comes before what is
unknown, that before what failed, then the earlier (by sent date, then request id); the other gets the next number
that nobody has ever claimed. A number once given is kept: of the numbers that lines and rows claim for a purchase the
highest is its latest.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from storyboard.ledger.lock.line import Line
from storyboard.ledger.lock.values import WRITTEN
from storyboard.ledger.record import State, TakeRecord

ALONG = (  # how far along; what failed is an end, but a clip that is there beats it
    State.INTENDED,
    State.SENDING,
    State.UNKNOWN,
    State.SENT,
    State.COMPLETED,
    State.DOWNLOADED,
    State.CANCELLED,
    State.FAILED,
    State.VERIFIED,
)
OURS = ("number", "digest", "take", "origin", "intent", "created_at")  # a row keeps them
OF_A_STATE = ("state", "error", "maybe_billed", "warnings")  # told by the side that is further along


class Attempts(Struct, frozen=True):
    """All attempts that a ledger's events name: request ids, and (digest, sent date) for those without one."""

    requests: frozenset[str] = frozenset()
    sent: frozenset[tuple[str, str]] = frozenset()


class Purchase(Struct, frozen=True):
    """One take, numbered. `row` is the ledger's own record of it, None when it has none; `more` are keys of its lines
    that are not ours."""

    take: TakeRecord
    row: TakeRecord | None
    more: tuple[tuple[str, object], ...] = ()

    @property
    def changed(self) -> bool:
        """Does the ledger lack it, or part of it?"""
        return self.row is None or replace(self.take, number=self.row.number) != self.row

    @property
    def line(self) -> Line | None:
        """What is written of it: nothing when nothing was or may have been paid for it."""
        take = self.take
        paid = take.state in WRITTEN and (take.maybe_billed or take.state is State.VERIFIED)
        return Line(replace(take, number=0), self.more) if paid else None


def united(
    takes: Sequence[TakeRecord], lines: Iterable[Line], attempts: Attempts | None = None
) -> tuple[Purchase, ...]:
    """The ledger's takes in their order, then those that only the lock has, by sent date."""
    groups = _grouped(takes, lines, attempts or Attempts())
    merged = [_merged(row, found) for row, found in groups]
    claims = [_claims(row, found) for row, found in groups]
    numbers = _numbered(merged, claims)
    purchases = [
        Purchase(replace(take, take=number), row, _more(found))
        for take, number, (row, found) in zip(merged, numbers, groups, strict=True)
    ]
    return tuple(sorted(purchases, key=_place))


def known(purchases: Sequence[Purchase]) -> tuple[TakeRecord, ...]:
    """The takes of purchases as the ledger would have them."""
    highest = max((p.row.number for p in purchases if p.row), default=0)
    found = []
    for purchase in purchases:
        if purchase.row is None:
            highest += 1
        found.append(replace(purchase.take, number=purchase.row.number if purchase.row else highest))
    return tuple(found)


class Rows:
    """The ledger's rows, by what a purchase is known by."""

    def __init__(self, takes: Sequence[TakeRecord]) -> None:
        self._by_request = {take.request_id: take for take in takes if take.request_id}
        self._by_intent = {take.intent: take for take in takes if take.intent}
        self._by_clip = {
            (take.digest, take.clip): take for take in takes if not (take.request_id or take.intent)
        }

    def of(self, take: TakeRecord) -> TakeRecord | None:
        """The row of a line's purchase."""
        row = self._by_request.get(take.request_id or "")
        if row is None and take.intent:
            found = self._by_intent.get(take.intent)
            row = found if found and not (found.request_id and take.request_id) else None
        if row is None and not (take.request_id or take.intent):
            row = self._by_clip.get((take.digest, take.clip))
        return row if row is not None and row.digest == take.digest else None


Group = tuple[TakeRecord | None, list[Line]]


def _grouped(takes: Sequence[TakeRecord], lines: Iterable[Line], attempts: Attempts) -> list[Group]:
    rows = Rows(takes)
    mine: dict[int, list[Line]] = {id(take): [] for take in takes}
    others: dict[tuple[str, ...], list[Line]] = defaultdict(list)
    listed = list(lines)
    requests = _requests(listed)
    for line in listed:
        take = line.take
        row = rows.of(take)
        if row is not None:
            mine[id(row)].append(line)
        elif take.request_id in attempts.requests or (
            take.request_id is None and (take.digest, take.sent_at) in attempts.sent
        ):
            continue
        else:
            request = take.request_id or (requests.get((take.digest, take.intent)) if take.intent else None)
            others[_name(take, request)].append(line)
    return [*((take, mine[id(take)]) for take in takes), *((None, others[name]) for name in sorted(others))]


def _requests(lines: Iterable[Line]) -> dict[tuple[str, str], str]:
    """(digest, intent) → the request id that an attempt got, as some line knows."""
    found: dict[tuple[str, str], str] = {}
    for line in lines:
        take = line.take
        if take.request_id:
            attempt = (take.digest, take.intent)
            found[attempt] = min(found.get(attempt, take.request_id), take.request_id)
    return found


def _name(take: TakeRecord, request: str | None) -> tuple[str, ...]:
    """What a purchase is known by."""
    if request:
        return (take.digest, "request", request)
    return (take.digest, "intent", take.intent) if take.intent else (take.digest, "clip", take.clip or "")


def _merged(row: TakeRecord | None, lines: Sequence[Line]) -> TakeRecord:
    """One record of one purchase: the furthest side, and what it leaves open from the others."""
    told = [line.take for line in _by_text(lines)]
    told.sort(key=lambda take: -_along(take))
    if row is None:
        first, *others = told
    else:
        first, others = row, told
        if told and _along(told[0]) > _along(row):
            state = {name: getattr(told[0], name) for name in OF_A_STATE}
            first = replace(told[0], **{name: getattr(row, name) for name in OURS}, **state)
            others = [row, *told]
    for other in others:
        first = _filled(first, other)
    return first


def _filled(take: TakeRecord, other: TakeRecord) -> TakeRecord:
    skipped = {*OF_A_STATE, *OURS}
    if take.charge is not None or other.charge is None:
        skipped |= {"charge", "charged_by", "unit_price"}  # they belong together
    names = (name for name in TakeRecord.__struct_fields__ if name not in skipped)
    found = {
        name: value
        for name in names
        if getattr(take, name) is None and (value := getattr(other, name)) is not None
    }
    return replace(take, **found) if found else take


def _along(take: TakeRecord) -> int:
    if take.state in {State.FAILED, State.CANCELLED} and take.request_id is None:
        return 2 * ALONG.index(State.UNKNOWN) + 1  # refused or written off; the id may come to light yet
    return 2 * ALONG.index(take.state)


def _claims(row: TakeRecord | None, lines: Sequence[Line]) -> list[int]:
    """The numbers that a purchase was given so far, the latest first."""
    numbers = {line.take.take for line in lines} | ({row.take} if row else set())
    return sorted(numbers, reverse=True)


def _numbered(takes: Sequence[TakeRecord], claims: Sequence[list[int]]) -> list[int]:
    """The number of each: no two purchases of one digest have the same."""
    taken: dict[str, set[int]] = defaultdict(set)
    claimed: dict[str, set[int]] = defaultdict(set)
    for take, numbers in zip(takes, claims, strict=True):
        claimed[take.digest] |= set(numbers)
    found = [0] * len(takes)
    for index in sorted(range(len(takes)), key=lambda index: _first_come(takes[index])):
        digest = takes[index].digest
        free = [number for number in claims[index] if number not in taken[digest]]
        number = free[0] if free else _fresh(taken[digest] | claimed[digest])
        found[index] = number
        taken[digest].add(number)
    return found


def _fresh(used: set[int]) -> int:
    return next(number for number in range(1, len(used) + 2) if number not in used)


def _first_come(take: TakeRecord) -> tuple[int, str, str, str, str]:
    if take.sendable:
        worth = 3
    elif take.state in {State.FAILED, State.CANCELLED}:
        worth = 2
    else:
        worth = int(take.state in {State.UNKNOWN, State.SENDING})
    return (worth, take.sent_at or take.created_at, take.request_id or "", take.intent, take.clip or "")


def _more(lines: Sequence[Line]) -> tuple[tuple[str, object], ...]:
    found: dict[str, object] = {}
    for line in _by_text(lines):
        found = dict(line.more) | found
    return tuple(sorted(found.items()))


def _by_text(lines: Iterable[Line]) -> list[Line]:
    """Each line once, in an order of their own."""
    lines = list(lines)
    if len(lines) <= 1:
        return lines
    return [line for _, line in sorted({repr(line): line for line in lines}.items())]


def _place(purchase: Purchase) -> tuple[bool, int, str, str, str, str]:
    take, row = purchase.take, purchase.row
    number = row.number if row else 0
    return (
        row is None,
        number,
        take.sent_at or take.created_at,
        take.request_id or "",
        take.digest,
        take.intent,
    )
