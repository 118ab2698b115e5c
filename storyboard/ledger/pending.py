"""A transaction that was asked to be committed, and whose answer never came: the one thing that must not be done again
blindly. Whoever does the same work again, once the server is back, hands it over; it is then looked for first."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, TypeVar

from storyboard.errors import LedgerAway

T = TypeVar("T")


class Pending:
    """One transaction: the token that it leaves in the database, under which number, and what its work came to and
    noted. `asked` is true from just before its commit is asked for until it is known that there was none."""

    __slots__ = ("asked", "events", "number", "result", "token")

    def __init__(self) -> None:
        self.token = secrets.token_hex(16)
        self.number = 0
        self.asked = False
        self.result: Any = None
        self.events: tuple[Mapping[str, Any], ...] = ()


_HANDED_OVER: ContextVar[Pending | None] = ContextVar("handed_over", default=None)


def taken_over() -> Pending:
    """The transaction that is to be gone on with, once; else a new one."""
    found = _HANDED_OVER.get()
    _HANDED_OVER.set(None)
    return found or Pending()


def again(failure: LedgerAway, work: Callable[[], T]) -> T:
    """The same work as before the failure; its first transaction is the one that was left pending. Raises
    LedgerError."""
    found = failure.pending
    token = _HANDED_OVER.set(found if isinstance(found, Pending) else None)
    try:
        return work()
    finally:
        _HANDED_OVER.reset(token)
