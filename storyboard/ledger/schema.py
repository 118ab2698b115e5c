"""The ledger's tables. Money and times are text: exact decimals, ISO 8601 in UTC."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, Table, Text, UniqueConstraint

VERSION = 5

metadata = MetaData()
LARGE = Integer().with_variant(BigInteger(), "postgresql")  # SQLite's own integers are

# name → value: "version" of these tables, "ledger" its random id (see owner.py), saved plans (see plans.py).
facts = Table(
    "facts",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

takes = Table(
    "takes",
    metadata,
    Column("number", LARGE, primary_key=True, autoincrement=True),
    Column("digest", Text, nullable=False),
    Column("take", Integer, nullable=False),
    Column("scene", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("seconds", Integer, nullable=False),
    Column("created_at", Text, nullable=False),
    Column("intent", Text, nullable=False),
    Column("price_book", Text),
    Column("estimate", Text),
    Column("body", Text),
    Column("sent_at", Text),
    Column("seen_id", Text),
    Column("request_id", Text, unique=True),
    Column("status_url", Text),
    Column("response_url", Text),
    Column("cancel_url", Text),
    Column("clip_url", Text),
    Column("file_size", LARGE),
    Column("clip", Text),
    Column("billable_units", Text),
    Column("error", Text),
    Column("maybe_billed", Boolean, nullable=False, default=False),
    Column("warnings", Text),  # one a line
    Column("origin", Text),  # how it came here when this ledger did not send it
    Column("finished_at", Text),
    Column("unit_price", Text),  # of the charge: USD a billable unit
    Column("charge", Text),  # USD
    Column("charged_by", Text),  # what the charge is known from
    Column("voice", Text),  # the id of a voice, where that is what was bought
    Column("seal", Text),  # the hash of all the others: a flipped bit must not make a paid take a new one
    # Whoever inserts first buys; everybody else finds the row.
    UniqueConstraint("digest", "take", name="one_writer_wins"),
    sqlite_autoincrement=True,
)

# What happened, in order; only ever appended to. `request_id` is of the attempt that it happened to, and so is the rest
# after `note`: all of it where an attempt is given up, the charge where one is told.
events = Table(
    "events",
    metadata,
    Column("number", LARGE, primary_key=True, autoincrement=True),
    Column("at", Text, nullable=False),
    Column("digest", Text, nullable=False),
    Column("take", Integer, nullable=False),
    Column("was", Text),
    Column("state", Text, nullable=False),
    Column("request_id", Text),
    Column("note", Text),
    Column("sent_at", Text),
    Column("price_book", Text),
    Column("estimate", Text),
    Column("unit_price", Text),
    Column("charge", Text),
    Column("charged_by", Text),
    sqlite_autoincrement=True,
)

uploads = Table(
    "uploads",
    metadata,
    Column("sha256", Text, primary_key=True),
    Column("url", Text, nullable=False),
    Column("uploaded_at", Text, nullable=False),
    Column("expires_at", Text, nullable=False),
)

# Who is at work now, on a shared ledger (see runs.py). Times are the server's, in milliseconds since 1970.
runs = Table(
    "runs",
    metadata,
    Column("run", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("host", Text, nullable=False),
    Column("folder", Text, nullable=False),
    Column("slots", Integer, nullable=False),
    Column("intents", Text, nullable=False),  # of the takes that it is after, as JSON
    Column("seen", LARGE, nullable=False),
    Column("waiting", LARGE),
)

LASTING = (facts, takes, events, uploads)  # what a ledger is; the rest is of the moment
