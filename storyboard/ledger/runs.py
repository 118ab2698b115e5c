"""The runs that are at work on a shared ledger: each has a row, and says again and again that it lives.

Only the server's clock is asked: that of a machine may be wrong. A row that was not seen for a while is of a run that
died, or lost its way to the server; nothing rests on it but whose turn it is, and words. A ledger of this machine's own
is used by one run at a time, which holds its lease: there is no other to wait for, and no row.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace
from sqlalchemy import BigInteger, Connection, Row, cast, delete, extract, func, insert, select, update

from storyboard.ledger import schema
from storyboard.ledger.database import Database
from storyboard.ledger.paid import paid_around
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.rows import stamp
from storyboard.ledger.slots import HOLDING, Full, Holder, Run, turn

LIVES = 30_000  # milliseconds for which a run that says nothing is believed to be at work
LONG_AGO = timedelta(
    hours=3
)  # longer than any POST or fal's work on it takes, and than most clocks are wrong
NOW = cast(func.floor(extract("epoch", func.clock_timestamp()) * 1000), BigInteger)
takes, runs = schema.takes.c, schema.runs.c
ALIVE = runs.seen > NOW - LIVES
LIVING = select(schema.runs).where(ALIVE)
HELD = select(takes.intent, takes.digest, takes.take, takes.state, takes.sent_at).where(
    takes.state.in_([state.value for state in HOLDING])
)
Judge = Callable[
    [Sequence[TakeRecord], datetime], None
]  # of what was paid in a month, and when it is; raises Refused

Ask = Callable[[Connection, TakeRecord, datetime], Full | None]  # may this take be sent, at that time?


class Runs:
    """The runs of one ledger; `shared` by several machines or not."""

    def __init__(self, database: Database, *, shared: bool) -> None:
        self._database = database
        self._shared = shared

    def begin(self, run: Run) -> None:
        """It is at work from now on. Whoever was in its folder before is gone: the caller holds that place's lease."""

        def begun(connection: Connection) -> None:
            before = (runs.host == run.host) & (runs.folder == run.folder)
            connection.execute(delete(schema.runs).where(before | ~ALIVE))
            _say(connection, run, waits=run.waiting is not None)

        if self._shared:
            self._database.write(begun)

    def lives(self, run: Run) -> None:
        """Says so once more, and what it is after by now."""
        said = update(schema.runs).where(runs.run == run.id).values(seen=NOW, intents=_listed(run))
        if self._shared:
            self._database.write(lambda connection: connection.execute(said))

    def end(self, run: Run) -> None:
        gone = delete(schema.runs).where(runs.run == run.id)
        if self._shared:
            self._database.write(lambda connection: connection.execute(gone))

    def standing(self, now: datetime) -> tuple[tuple[Holder, ...], tuple[Run, ...]]:
        """What holds a slot, and who is at work."""
        return self._database.read(lambda connection: (_holders(connection, now), self._living(connection)))

    def ask(
        self,
        connection: Connection,
        take: TakeRecord,
        at: datetime,
        *,
        run: Run,
        given_up: Collection[str],
        judge: Judge | None,
    ) -> Full | None:
        """A slot for a take, within the transaction that makes it `sending`; Full when it is not this run's turn: then
        it is known to wait. `given_up` are intents that were looked for at fal in vain. Raises what `judge` raises of
        what was paid by then."""
        living = self._living(connection)
        held = tuple(each for each in _holders(connection, at) if each.intent not in given_up)
        ours = next((replace(run, waiting=each.waiting) for each in living if each.id == run.id), run)
        full = turn(held, living, ours)
        if full is None and judge is not None:
            judge(paid_around(connection, at), at)
        if self._shared:
            after = run.intents | (set() if full is not None else {take.intent})
            _say(connection, replace(run, intents=after), waits=full is not None)
        return full

    def _living(self, connection: Connection) -> tuple[Run, ...]:
        return tuple(map(_run, connection.execute(LIVING))) if self._shared else ()


def _holders(connection: Connection, now: datetime) -> tuple[Holder, ...]:
    """An answer that was lost long ago is of a request that is done by now, if there was one."""
    old = stamp(now - LONG_AGO)
    return tuple(
        Holder(row.intent, row.digest, row.take, State(row.state))
        for row in connection.execute(HELD)
        if row.state != State.UNKNOWN.value or (row.sent_at or "") > old
    )


def _say(connection: Connection, run: Run, *, waits: bool) -> None:
    values = {"name": run.name, "host": run.host, "folder": run.folder, "slots": run.slots, "seen": NOW}
    values["intents"] = _listed(run)
    since = func.coalesce(runs.waiting, NOW) if waits else None
    told = update(schema.runs).where(runs.run == run.id).values(**values, waiting=since)
    if not connection.execute(told).rowcount:
        first = insert(schema.runs).values(**values, run=run.id, waiting=NOW if waits else None)
        connection.execute(first)


def _listed(run: Run) -> str:
    return json.dumps(sorted(run.intents))


def _run(row: Row[tuple[object, ...]]) -> Run:
    try:
        intents = frozenset(map(str, json.loads(row.intents)))
    except (ValueError, TypeError):
        intents = frozenset()
    return Run(row.run, row.name, row.host, row.folder, row.slots, intents, row.waiting)
