"""Is a ledger's schema what we make? Another program, or another person, can have added triggers that undo what was
recorded, rules and policies that hide rows, or have taken away the uniqueness that keeps a take from being bought
twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sqlalchemy import Connection, Table, UniqueConstraint
from sqlalchemy.dialects.postgresql import dialect

KINDS = {"v": "view", "m": "view", "f": "foreign table", "p": "partitioned table", "r": "table"}


def _of_ours(query: str) -> str:
    """The query, with `c` for what lies in our schema."""
    ours = "SELECT * FROM pg_class WHERE relnamespace = to_regnamespace(quote_ident(current_schema()))"
    return f"WITH c AS ({ours}) {query}"


RELATIONS = _of_ours("""
SELECT relname, relkind, relpersistence = 'p' AND NOT relhassubclass AND NOT relispartition AND NOT relrowsecurity
  AND NOT EXISTS (SELECT 1 FROM pg_inherits WHERE inhrelid = c.oid)
FROM c WHERE relkind IN ('r', 'v', 'm', 'f', 'p') ORDER BY relname
""")
COLUMNS = _of_ours("""
SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attgenerated <> ''
FROM pg_attribute JOIN c ON c.oid = attrelid
WHERE relkind = 'r' AND attnum > 0 AND NOT attisdropped ORDER BY relname, attnum
""")
CONSTRAINTS = _of_ours("""
SELECT relname, contype, condeferrable OR NOT indisvalid OR NOT indisunique OR NOT indislive,
  ARRAY(SELECT attname FROM unnest(conkey) WITH ORDINALITY k (key, place)
        JOIN pg_attribute ON attrelid = conrelid AND attnum = k.key ORDER BY k.place)::text[]
FROM pg_constraint JOIN c ON c.oid = conrelid LEFT JOIN pg_index ON indexrelid = conindid
WHERE relkind = 'r' AND contype <> 'n'
""")
MORE = _of_ours("""
SELECT 'trigger' FROM pg_trigger JOIN c ON c.oid = tgrelid WHERE NOT tgisinternal
UNION ALL SELECT 'rule' FROM pg_rewrite JOIN c ON c.oid = ev_class WHERE rulename <> '_RETURN'
UNION ALL SELECT 'index' FROM pg_index JOIN c ON c.oid = indrelid
WHERE NOT EXISTS (SELECT 1 FROM pg_constraint WHERE conindid = indexrelid)
""")
Shape = tuple[
    tuple[tuple[str, str, bool], ...], frozenset[tuple[str, tuple[str, ...]]]
]  # columns, constraints


def oddities(connection: Connection, tables: Iterable[Table]) -> tuple[str, ...]:
    """What is not ours, in words; () when all is."""
    ours = {table.name: _meant(table) for table in tables}
    relations = connection.exec_driver_sql(RELATIONS).all()
    plain = {name for name, kind, whole in relations if kind == "r" and whole}
    odd = [f"it has a {KINDS[kind]}" for _, kind, _ in relations if kind != "r"]
    odd += [f"it has a table {name}" for name, kind, _ in relations if kind == "r" and name not in ours]
    odd += [f"it has a {kind}" for (kind,) in connection.exec_driver_sql(MORE)]
    found = _found(connection)
    odd += [
        f"its table {name} differs" for name in ours if name not in plain or found.get(name) != ours[name]
    ]
    return tuple(odd)


def _found(connection: Connection) -> dict[str, Shape]:
    columns: dict[str, list[tuple[str, str, bool]]] = {}
    for table, name, kind, needed, made in connection.exec_driver_sql(COLUMNS):
        columns.setdefault(table, []).append((name, "generated" if made else kind, needed))
    keys: dict[str, set[tuple[str, tuple[str, ...]]]] = {}
    for table, kind, idle, names in connection.exec_driver_sql(CONSTRAINTS):
        keys.setdefault(table, set()).add(("idle" if idle else kind, tuple(names)))
    return {name: (tuple(rows), frozenset(keys.get(name, ()))) for name, rows in columns.items()}


def _meant(table: Table) -> Shape:
    return tuple(_columns(table)), frozenset(_keys(table))


def _columns(table: Table) -> Iterator[tuple[str, str, bool]]:
    for column in table.columns:
        yield column.name, column.type.compile(dialect()).lower(), not column.nullable  # type: ignore[no-untyped-call]


def _keys(table: Table) -> Iterator[tuple[str, tuple[str, ...]]]:
    yield "p", tuple(column.name for column in table.primary_key)
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield "u", tuple(column.name for column in constraint.columns)
