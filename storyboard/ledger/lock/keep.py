"""storyboard.lock: what a project bought on fal, committed with it.

The ledger is the truth of one machine; the lock is what the others, and a ledger to come, learn from it. It stands in
the project's folder, one JSON line a take, and has every take for which money went, or may have gone:

    verified, downloaded, completed, sent   which request bought which clip, where it is, for how much
    unknown                                 an answer was lost: it counts as spent, and is asked about
    failed, cancelled                       when it may have been billed: never sent again by itself

It does not have what certainly cost nothing, what is still being sent (the POST of this moment; the next run finds out
and writes it down), what a person gave up for another attempt, and what a look-alike made.

Written by whoever holds the lease, from the ledger: as a take is sent, as it is verified, and at a run's end; what the
file says beyond the ledger (a colleague's, brought by a merge meanwhile) stays in it. So with `.storyboard/` lost,
all takes but those of the last seconds are here, and for those fal's history is searched before a POST.

Read when a plan is made, which changes nothing, and taken into the ledger when one is carried out. Nothing in it can
make a take be bought: a forged line can only keep one from being bought, and its clip must have the bytes it names.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from storyboard.ledger.admission import Queue
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.lock.file import LockFile, bytes_of, read_lock, same, write_lock
from storyboard.ledger.lock.united import Purchase, united
from storyboard.ledger.place import Place
from storyboard.ledger.record import TakeRecord


def keep_lock(place: Place, ledger: Ledger) -> bool:
    """Brings storyboard.lock up to what the ledger has; for whoever holds the lease. True when it was written.

    To be called after a take of the real place changed; a look-alike's place has no lock. Raises LedgerError: the
    ledger has the take all the same, and the next call writes it.
    """
    if place.rehearsal:
        return False
    found = read_lock(place)
    data = _bytes(_purchases(ledger, found))
    if same(data, found.data):
        return False
    write_lock(place.lock_file, data)
    return True


def admit_lock(place: Place, ledger: Ledger, queue: Queue) -> tuple[TakeRecord, ...]:
    """Takes into the ledger what only storyboard.lock has, for whoever holds the lease; returns that. `queue` says
    where a request is asked for. Raises LedgerError when the file can't be read whole."""
    if place.rehearsal:
        return ()
    return ledger.admission.admit(_purchases(ledger, read_lock(place)), queue)


@contextlib.contextmanager
def in_step(place: Place, ledger: Ledger, queue: Queue) -> Iterator[None]:
    """The ledger and the lock with the same takes, before the block and after it, however it ends."""
    admit_lock(place, ledger, queue)
    keep_lock(place, ledger)
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):  # what ended the block is what has to be said
            keep_lock(place, ledger)
        raise
    keep_lock(place, ledger)


def known_in_both(place: Place, ledger: Ledger) -> tuple[Purchase, ...]:
    """The takes of the ledger and of the lock, for whoever only looks. Raises LedgerError."""
    return _purchases(ledger, read_lock(place))


def out_of_step(place: Place) -> bool:
    """Is there something in the lock that the ledger lacks, or the other way about? Changes nothing."""
    if place.rehearsal:
        return False
    found = read_lock(place)
    if not place.has_ledger():
        return bool(found.lines)
    purchases = _purchases(Ledger.open(place), found)
    return any(p.changed for p in purchases) or not same(_bytes(purchases), found.data)


def _purchases(ledger: Ledger, found: LockFile) -> tuple[Purchase, ...]:
    return united(ledger.takes(), found.lines, ledger.admission.attempts() if found.lines else None)


def _bytes(purchases: Sequence[Purchase]) -> bytes:
    return bytes_of(line for purchase in purchases if (line := purchase.line) is not None)
