"""Is a ledger's file what we make? A stranger's, or a damaged one, can hold triggers that undo what was recorded,
views in place of tables, or tables without the uniqueness that keeps a take from being bought twice."""

from __future__ import annotations

from functools import cache

from sqlalchemy import Connection, create_engine

from storyboard.ledger import schema

OBJECTS = "SELECT type, name, sql FROM sqlite_master ORDER BY type, name"


def oddities(connection: Connection) -> tuple[str, ...]:
    """What is not ours, in words; () when all is."""
    found = {(str(kind), str(name)): sql for kind, name, sql in connection.exec_driver_sql(OBJECTS)}
    odd = [f"it has a {kind}" for (kind, _), sql in found.items() if kind != "table" and sql is not None]
    odd += [
        f"its table {name} differs" for name, sql in _tables().items() if found.get(("table", name)) != sql
    ]
    return tuple(odd)


@cache
def _tables() -> dict[str, str]:
    """Table → the statement that makes it, as SQLite keeps it."""
    engine = create_engine("sqlite://")
    try:
        with engine.begin() as connection:
            schema.metadata.create_all(connection)
            rows = connection.exec_driver_sql(OBJECTS).all()
    finally:
        engine.dispose()
    ours = set(schema.metadata.tables)
    return {str(name): str(sql) for kind, name, sql in rows if kind == "table" and name in ours}
