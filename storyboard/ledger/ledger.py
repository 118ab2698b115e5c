"""The ledger: every take from its intent to its clip. Each step is one durable transaction and one event.

    intended ─▶ sending ─▶ sent ─▶ completed ─▶ downloaded ─▶ verified
        ▲          │ │       ╰──┬──────╯╰───────────────────────▲        a voice has no file to fetch
        ├──────────╯ │          ├─▶ failed ───╮
        │            ├─▶ failed ╰─▶ cancelled ┤
        │            ╰─▶ unknown ─▶ sent      │    adopted
        ╰────────────────┴────────────────────╯    when nothing can have been bought, or a person says so

Whoever inserts the row of a (digest, take) is its buyer; whoever moves it from intended to sending may send.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from storyboard.errors import LedgerError
from storyboard.ledger import owner
from storyboard.ledger.admission import Admission
from storyboard.ledger.another import Another
from storyboard.ledger.charges import Charges
from storyboard.ledger.database import Database, database_of
from storyboard.ledger.holds import Holds, refuse_held
from storyboard.ledger.known import Known
from storyboard.ledger.place import Place
from storyboard.ledger.plans import Plans
from storyboard.ledger.record import Evidence, Intent, State, Submission, TakeRecord
from storyboard.ledger.rows import (
    ATTEMPT,
    Key,
    added,
    changed,
    exact,
    expected_take,
    found_take,
    is_old,
    not_its_own,
    noted,
    overtaken,
    plain,
    row_of,
    row_of_new,
    stamp,
)
from storyboard.ledger.runs import Ask, Runs
from storyboard.ledger.slots import Full
from storyboard.ledger.states import ALLOWED
from storyboard.ledger.uploads import Uploads


def utc_now() -> datetime:
    return datetime.now(UTC)


class Ledger(Known):
    """The takes of one place."""

    def __init__(self, place: Place, database: Database, now: Callable[[], datetime] = utc_now) -> None:
        super().__init__(database)
        self.place = place
        self._now = now
        self.uploads = Uploads(database, now)
        self.admission = Admission(database, now)
        self.charges = Charges(database, now)
        self.plans = Plans(database, now)
        self.holds = Holds(database)
        self.another = Another(database)
        self.runs = Runs(database, shared=place.shared is not None)

    @classmethod
    def open(cls, place: Place, now: Callable[[], datetime] = utc_now, *, anew: bool = False) -> Ledger:
        """Opens or makes the ledger of a place; refuses one that this person neither made nor accepted, and to make one
        beside clips whose ledger is gone, unless a person said so (`anew`)."""
        place.ready()
        owner.refuse_moved(place)
        database = database_of(place)
        ledger_id = secrets.token_hex(16)

        def making() -> None:
            # Only what this call makes is accepted unasked, and remembered as the person's before it is there.
            if not anew:
                owner.refuse_to_forget(place)
            owner.accept(ledger_id, place.project)

        database.prepare(ledger_id, making)
        ledger = cls(place, database, now)
        owner.refuse_strangers(ledger.id, place)
        database.check()
        return ledger

    def claim(self, intent: Intent) -> TakeRecord:
        """Makes the intent durable, or returns the take that is there already."""
        try:
            return self._added(row_of_new(intent, self._stamp()), "")
        except IntegrityError:  # another writer was first; its row is the one that counts
            return self.get((intent.digest, intent.take))

    def admit(self, take: TakeRecord, note: str) -> TakeRecord:
        """A take that this ledger did not send, as `take.origin` says, whole; or the one that is there already.

        Its number is given here. Raises LedgerError when another take has its request id.
        """
        try:
            return self._added(row_of(take), note)
        except IntegrityError as failure:
            if found := self.find(take.key):
                return found
            raise LedgerError(
                f"Request {take.request_id} belongs to another take already. Nothing was changed."
            ) from failure

    def _added(self, row: Mapping[str, Any], note: str) -> TakeRecord:
        def taken_down(connection: Connection) -> TakeRecord:
            take = added(connection, row)
            noted(connection, take, None, plain(note), self._stamp())
            return take

        return self._database.write(taken_down)

    def charged(self, key: Key, unit_price: Decimal | None, charge: Decimal, by: Evidence) -> TakeRecord:
        """What fal charged for a take: see `Charges.note`."""
        return self.charges.note(key, unit_price, charge, by)

    def begin_sending(
        self,
        key: Key,
        body: str,
        estimate: Decimal | None,
        price_book: str,
        skew: timedelta = timedelta(0),
        *,
        bought: bool = False,
        accepted: datetime | None = None,
        ask: Ask | None = None,
    ) -> TakeRecord | Full | None:
        """intended → sending, durable before a byte leaves. None when another process was first, Full when `ask` says
        that there is no slot for it now.

        `skew` is how far fal's clock is from ours: the time of sending is kept as fal's, by which its history is
        searched when ours may long be set right. Raises Refused for what `storyboard cancel` holds, unless it is
        `bought`: at fal already, to be adopted; `accepted` is when fal took it, where that is known.
        """

        def begun(connection: Connection) -> TakeRecord | Full | None:
            found = found_take(connection, key)
            if found is None or found.state is not State.INTENDED:
                return None
            if not bought:
                refuse_held(connection, found)
            moment = self._now() + skew
            if ask is not None and (full := ask(connection, found, moment)) is not None:
                return full
            at = stamp(moment)  # the event's too: the attempt is known by it when fal gives no id
            since = found.sent_at or (stamp(accepted) if accepted else None) if bought else None
            values: dict[str, Any] = {"body": body, "sent_at": since or at, "error": None, "seen_id": None}
            values |= {"estimate": exact(estimate), "price_book": price_book}
            return self._write(connection, found, State.SENDING, values, "", at)

        return self._database.write(begun)

    def not_sent(self, take: TakeRecord, why: str) -> TakeRecord:
        """sending → intended: certainly nothing was bought, and it may be tried again.

        Only the intent that was sent may say so: the take may have been given up and sent anew meanwhile.
        """
        before = take.maybe_billed  # of an attempt that a person gave up
        return self._move(take.key, State.INTENDED, why, of=take.intent, error=why, maybe_billed=before)

    def refused(self, take: TakeRecord, why: str) -> TakeRecord:
        """sending → failed: fal refused the submit, so nothing was bought."""
        return self._move(take.key, State.FAILED, why, of=take.intent, error=why, maybe_billed=False)

    def unknown(self, key: Key, why: str, seen_id: str | None = None) -> TakeRecord:
        return self._move(key, State.UNKNOWN, why, error=why, maybe_billed=True, seen_id=seen_id)

    def sent(self, key: Key, submission: Submission, note: str = "") -> TakeRecord:
        """fal gave an id. Called again with that id (header first, body later), it may refine the URLs."""
        values = asdict(submission) | {"maybe_billed": True, "error": None}
        try:
            return self._sent(key, submission, values, note)
        except IntegrityError as failure:
            raise not_its_own(submission) from failure

    def _sent(self, key: Key, submission: Submission, values: dict[str, Any], note: str) -> TakeRecord:
        def recorded(connection: Connection) -> TakeRecord:
            found = expected_take(connection, key)
            if found.state is State.SENT and found.submission == submission:
                return found
            if found.state is State.SENT and found.request_id == submission.request_id:
                return changed(connection, found, values)
            if not note and State.SENT in ALLOWED[found.state] and is_old(connection, submission.request_id):
                raise not_its_own(submission)
            return self._write(connection, found, State.SENT, values, note)

        return self._database.write(recorded)

    def completed(
        self,
        key: Key,
        clip_url: str | None,
        file_size: int | None,
        units: Decimal | None,
        voice: str | None = None,
    ) -> TakeRecord:
        """fal has what was asked for: a clip to fetch, or a voice by its id."""
        values: dict[str, Any] = {"clip_url": clip_url, "file_size": file_size, "voice": voice}
        if units is not None:
            values["billable_units"] = exact(units)
        return self._move(key, State.COMPLETED, "", **values)

    def failed(self, key: Key, why: str, *, maybe_billed: bool, units: Decimal | None = None) -> TakeRecord:
        billed: dict[str, Any] = {"maybe_billed": maybe_billed, "billable_units": exact(units)}
        return self._move(key, State.FAILED, why, error=why, **billed)

    def cancelled(
        self, key: Key, why: str, *, maybe_billed: bool, units: Decimal | None = None
    ) -> TakeRecord:
        billed: dict[str, Any] = {"maybe_billed": maybe_billed, "billable_units": exact(units)}
        return self._move(key, State.CANCELLED, why, error=why, **billed)

    def downloaded(self, key: Key, clip: str) -> TakeRecord:
        return self._move(key, State.DOWNLOADED, "", clip=clip)

    def verified(self, key: Key, warnings: tuple[str, ...]) -> TakeRecord:
        said: dict[str, Any] = {"warnings": plain("\n".join(warnings)) or None, "finished_at": self._stamp()}
        return self._move(key, State.VERIFIED, "", error=None, **said)

    def clip_missing(self, key: Key, why: str | None) -> TakeRecord:
        """A bought take's clip was found neither here nor at fal, so the next plan asks; None: it is there again."""
        said = plain(why) if why else None

        def told(connection: Connection) -> TakeRecord:
            found = expected_take(connection, key)
            take = changed(connection, found, {"error": said})
            noted(connection, take, found.state, said or "its clip is here again", self._stamp())
            return take

        return self._database.write(told)

    def reopen(self, key: Key, decision: str) -> TakeRecord:
        """Lets a take be sent again: a refusal that cost nothing, or a person's decision, kept in words.

        What the attempt cost that is given up stays in the events, with its id, and whether it may have been billed in
        the take; the take gets a new intent.
        """
        gone = dict.fromkeys(
            (
                *("request_id", "status_url", "response_url", "cancel_url", "clip_url", "seen_id"),
                *("billable_units", "unit_price", "charge", "charged_by", "voice"),
            )
        )
        return self._move(key, State.INTENDED, decision, **gone, intent=secrets.token_hex(16), file_size=None)

    def _move(self, key: Key, state: State, note: str, *, of: str | None = None, **values: Any) -> TakeRecord:
        def moved(connection: Connection) -> TakeRecord:
            found = expected_take(connection, key)
            if of is not None and found.intent != of:
                raise overtaken(found, state)
            if found.state is state is State.CANCELLED:
                return found  # a render and a `cancel` may both hear of it: the first has said so
            return self._write(connection, found, state, values, note)

        return self._database.write(moved)

    def _write(
        self,
        connection: Connection,
        found: TakeRecord,
        state: State,
        values: dict[str, Any],
        note: str,
        at: str = "",
    ) -> TakeRecord:
        if state not in ALLOWED[found.state]:
            raise overtaken(found, state)
        if values.get("error"):
            values["error"] = plain(values["error"])
        after = changed(connection, found, {"state": state.value, **values})
        known = ATTEMPT if state is State.INTENDED else ()  # what the next attempt overwrites
        noted(connection, after, found.state, plain(note), at or self._stamp(), found, known)
        return after

    def _stamp(self) -> str:
        return stamp(self._now())
