"""A ledger that several machines share: a schema of a PostgreSQL database, named by STORYBOARD_LEDGER_URL, or by the
project's settings once the person has accepted that.

fal's own is the schema `storyboard`; what a look-alike made never counts as bought, so each has a schema of its own,
named as its folder is. The built-in sandbox keeps its ledger on this machine.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct

from storyboard.errors import UsageError
from storyboard.ledger.named import named
from storyboard.location import SETTINGS
from storyboard.secret import LEDGER_URL, Secret

SCHEMES = ("postgresql", "postgres")
SCHEMA = "storyboard"
LONGEST = 63  # bytes of a name in PostgreSQL; what is longer is cut off silently
PASSWORD = re.compile(r"(?i)\b(password|sslpassword)=[^&]*&?")


class Shared(Struct, frozen=True):
    """Where a shared ledger lies. `shown` is the URL as messages have it: without the password."""

    url: Secret
    shown: str
    schema: str

    def __str__(self) -> str:
        return self.shown


def shared_ledger(
    alike: str | None, project: Path, environment: Mapping[str, str] = os.environ
) -> Shared | None:
    """The ledger that the environment names, or the project's settings; of fal or of the look-alike whose folder has
    that name. None: it is this machine's own. Raises UsageError, and LedgerError for settings that nobody accepted."""
    text = environment.get(LEDGER_URL, "").strip()
    if text:
        return shared_at(text, alike, LEDGER_URL)
    text = named(project, "ledger")
    return shared_at(text, alike, f"`ledger` in {SETTINGS}") if text else None


def shared_at(text: str, alike: str | None, named: str) -> Shared:
    """The ledger at a URL; `named` is what said so. Raises UsageError, which does not repeat the URL."""
    parts = _parts(text)
    if parts is None:
        raise UsageError(
            f"{named} must be the URL of a PostgreSQL database, as in postgresql://user@host/database. Nothing was "
            "sent. The password is better kept in ~/.pgpass or PGPASSWORD than in the URL."
        )
    return Shared(Secret(text), _shown(parts), _schema(alike))


def _parts(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    plain = text.isprintable() and not any(letter.isspace() for letter in text)
    return parts if plain and parts.scheme in SCHEMES else None


def _shown(parts: SplitResult) -> str:
    user, at, host = parts.netloc.rpartition("@")
    asked = PASSWORD.sub("", parts.query).strip("&")
    return f"{parts.scheme}://{user.partition(':')[0]}{at}{host}{parts.path}{f'?{asked}' if asked else ''}"


def _schema(alike: str | None) -> str:
    if alike is None:
        return SCHEMA
    name = f"{SCHEMA} {alike}"
    if len(name) <= LONGEST:  # a place's name has ASCII letters, digits, dots and dashes
        return name
    return f"{SCHEMA} {hashlib.sha256(alike.encode()).hexdigest()[:16]}"
