"""Connections to the server of a shared ledger: kept, shared by all of this process, each transaction with our schema
and our limits, whatever the server's own are."""

from __future__ import annotations

import hashlib
import os
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event

from storyboard.errors import UsageError
from storyboard.ledger.database import BUSY_SECONDS
from storyboard.ledger.shared import Shared
from storyboard.secret import redact

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
except ImportError as missing:
    raise UsageError(
        f"A shared ledger needs {missing.name or 'psycopg'}: run "
        '`pip install "storyboard-compiler[postgres]"`, then the same command again. Nothing was sent.'
    ) from None

# Of libpq; what the URL says wins. A server that says nothing is given up before an answer of fal's would be.
CONNECTING: dict[str, Any] = {
    "application_name": "storyboard",
    "connect_timeout": 4,
    "keepalives_idle": 5,
    "keepalives_interval": 2,
    "keepalives_count": 3,
    "tcp_user_timeout": 10_000,
}
HELD = BUSY_SECONDS * 1000
SETTINGS = (
    "SELECT set_config('search_path', %s, true), set_config('lock_timeout', %s, true),"
    " set_config('statement_timeout', %s, true),"
    " set_config('idle_in_transaction_session_timeout', %s, true),"  # who was stopped keeps nobody waiting
    " CASE WHEN current_setting('synchronous_commit') IN ('off', 'local', 'remote_write')"
    " THEN set_config('synchronous_commit', 'on', true) END"
)

_ENGINES: dict[Shared, Engine] = {}


def engine_at(shared: Shared) -> Engine:
    """One a process and ledger."""
    if shared not in _ENGINES:
        _ENGINES[shared] = _new_engine(shared)
    return _ENGINES[shared]


def is_of_the_way(failure: BaseException | None) -> bool:
    """Is it of the kind that the driver raises when the server did not say anything?"""
    return isinstance(failure, psycopg.OperationalError)


def close_all() -> None:
    """Closes the connections that are kept."""
    while _ENGINES:
        _ENGINES.popitem()[1].dispose()


def _forget_all() -> None:
    """A fork's connections are its parent's."""
    for engine in _ENGINES.values():
        engine.dispose(close=False)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)


def _new_engine(shared: Shared) -> Engine:
    def connected() -> psycopg.Connection[Any]:
        return psycopg.connect(**{**CONNECTING, **_given(shared)}, prepare_threshold=None)

    engine = create_engine(
        "postgresql+psycopg://", creator=connected, isolation_level="READ COMMITTED", hide_parameters=True
    )
    limits = (f"{HELD}", f"{2 * HELD}", f"{HELD}")

    def begun(connection: Connection) -> None:
        connection.exec_driver_sql(SETTINGS, (quoted(shared.schema), *limits))

    event.listen(engine, "begin", begun)
    return engine


def _given(shared: Shared) -> dict[str, Any]:
    try:
        return dict(conninfo_to_dict(shared.url.reveal()))
    except psycopg.ProgrammingError as failure:
        raise UsageError(
            f"The URL {shared} of the ledger can't be read ({redact(str(failure).strip())})."
        ) from None


def lock_of(name: str) -> int:
    """The number of a schema's lock; 64 bits, of all locks that programs take in that database."""
    return int.from_bytes(hashlib.sha256(f"storyboard ledger {name}".encode()).digest()[:8], signed=True)


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
