"""Which state may follow which; see ledger.py for the picture."""

from __future__ import annotations

from storyboard.ledger.record import State

ALLOWED: dict[State, frozenset[State]] = {
    State.INTENDED: frozenset({State.SENDING}),
    State.SENDING: frozenset({State.SENT, State.INTENDED, State.FAILED, State.UNKNOWN}),
    State.UNKNOWN: frozenset({State.SENT, State.INTENDED, State.FAILED}),
    State.SENT: frozenset({State.COMPLETED, State.FAILED, State.CANCELLED}),
    State.COMPLETED: frozenset({State.COMPLETED, State.DOWNLOADED, State.VERIFIED, State.FAILED}),
    State.DOWNLOADED: frozenset({State.VERIFIED}),
    State.VERIFIED: frozenset(),
    State.FAILED: frozenset({State.INTENDED}),
    State.CANCELLED: frozenset({State.INTENDED}),
}
