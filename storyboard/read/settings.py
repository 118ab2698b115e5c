"""The project's settings, `storyboard.toml`: how fal keeps what it is given and what it makes, and what may be bought
(see policy.py). Pure.

    [fal]
    lifecycle = "7d"         # how long fal keeps uploads and clips: hours (h), days (d), years (y), or "never" expires
    initial_acl = "forbid"   # who may fetch a clip from fal without a signed address: "allow", "forbid" or "hide"
    store_io = false         # fal keeps no record of what was asked and answered
    fal_media = "delete"     # once a clip is here, fal is asked to delete what it keeps of it

    [shared]
    ledger = "postgresql://db.example.org/potters"   # where what was bought is written down: see ledger/shared.py
    store = "s3://potters/clips"                     # where clips are shared: see ledger/shared_clips.py

Settings change how a request is treated, never what is asked: no digest knows them. They name no key, and no host that
anything is sent to unasked: what is shared counts once a person has said so (ledger/named.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

from msgspec import Struct, field

from storyboard.findings import Report
from storyboard.read.policy import POLICY, Policy, without_approval
from storyboard.read.source import Source
from storyboard.read.tables import Table, Tables, Unfit, plain

Acl = Literal["allow", "forbid", "hide"]

ACLS: Mapping[str, Acl] = {"allow": "allow", "forbid": "forbid", "hide": "hide"}
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "y": timedelta(days=365)}
LEDGER_FORM = re.compile(
    r"postgres(?:ql)?://(?:[^\s:@/?#]*@)?[^\s@?#]+(?:\?(?!.*password)[^\s#@]*)?", re.IGNORECASE
)
STORE_FORM = re.compile(r"(?:s3|gs|az)://[^\s:@?#%]+|file:///[^\s?#]+")
LIFE = re.compile(r"([1-9][0-9]{0,4})([hdy])")
NEVER = timedelta(days=36_500)
SHORTEST = timedelta(hours=4)  # a request may wait for two hours, and the clip must still be fetched
FROM_OUTSIDE = frozenset({"key", "fal_key", "api_key", "host", "url", "fal_url", "base_url", "webhook_url"})


class FalSettings(Struct, frozen=True):
    """`lifecycle` is None where nothing is said: then the account's own setting holds."""

    lifecycle: timedelta | None = None
    initial_acl: Acl | None = None
    store_io: bool = True
    fal_media: Literal["keep", "delete"] = "keep"


class SharedNames(Struct, frozen=True):
    """What the project's people share, by URL. Nothing is believed of it here."""

    ledger: str | None = None
    store: str | None = None


class Settings(Struct, frozen=True):
    """The tables of the file."""

    fal: FalSettings = FalSettings()
    policy: Policy = field(default_factory=Policy)
    shared: SharedNames = SharedNames()


def settings_of(source: Source, report: Report) -> Settings:
    """The settings; those that are wrong are reported and left at their defaults."""
    tables = _tables(source, report)
    found = Settings(tables.read(FAL), _policy(tables, report), tables.read(SHARED))
    if not found.fal.store_io:
        report.add("SB604", tables.place("fal", "store_io"))
    if found.fal.fal_media == "delete":
        report.add("SB605", tables.place("fal", "fal_media"))
    return found


def policy_of(source: Source, report: Report) -> Policy:
    """What the settings of a project around this one say of buying; the rest of them is not of this project."""
    return _policy(_tables(source, report), report)


def _tables(source: Source, report: Report) -> Tables:
    tables = Tables(source, report, _not_here)
    tables.only([FAL.name, POLICY.name, SHARED.name])
    return tables


def _policy(tables: Tables, report: Report) -> Policy:
    policy = tables.read(POLICY)
    if policy.approval:
        place, written = tables.place(POLICY.name, "approval"), tables.entries(POLICY.name)["approval"]
        for name, others in without_approval(policy, written).items():
            report.add("SB608", place, name=name, what=", ".join(others))
    return policy


def _not_here(key: str) -> str | None:
    if key.lower() in FROM_OUTSIDE:
        return (
            "fal's key and hosts come from the environment alone: a file that others commit can't name them"
        )
    return None


def _lifecycle(value: Any) -> timedelta:
    if value == "never":
        return NEVER
    match = LIFE.fullmatch(value) if isinstance(value, str) else None
    life = int(match[1]) * UNITS[match[2]] if match else timedelta(0)
    if not SHORTEST <= life <= NEVER:
        raise Unfit(
            'a time from "4h" on, like "36h", "7d" or "1y", or "never": a request may wait two hours, and its clip '
            "must still be there to be fetched"
        )
    return life


def _acl(value: Any) -> Acl:
    found = ACLS.get(value) if isinstance(value, str) else None
    if found is None:
        raise Unfit('"allow", "forbid" or "hide"')
    return found


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise Unfit("true or false")
    return value


def _media(value: Any) -> str:
    if value not in ("keep", "delete"):
        raise Unfit('"keep" or "delete"')
    return str(value)


def _ledger(value: Any) -> str:
    if not isinstance(value, str) or not LEDGER_FORM.fullmatch(value):
        raise Unfit('a URL like "postgresql://user@host/database", without a password')
    return value


def _store(value: Any) -> str:
    if not isinstance(value, str) or not STORE_FORM.fullmatch(value):
        raise Unfit(
            'a URL like "s3://bucket/prefix", "gs://…", "az://…" or "file:///folder", without a password'
        )
    return value


FAL = Table(
    "fal",
    FalSettings,
    {
        "lifecycle": plain(_lifecycle),
        "initial_acl": plain(_acl),
        "store_io": plain(_flag),
        "fal_media": plain(_media),
    },
)
SHARED = Table("shared", SharedNames, {"ledger": plain(_ledger), "store": plain(_store)})
