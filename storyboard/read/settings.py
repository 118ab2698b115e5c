"""The project's settings, `storyboard.toml`: how fal keeps what it is given and what it makes. Pure.

    [fal]
    lifecycle = "7d"         # how long fal keeps uploads and clips: hours (h), days (d), years (y), or "never" expires
    initial_acl = "forbid"   # who may fetch a clip from fal without a signed address: "allow", "forbid" or "hide"
    store_io = false         # fal keeps no record of what was asked and answered
    fal_media = "delete"     # once a clip is here, fal is asked to delete what it keeps of it

Settings change how a request is treated, never what is asked: no digest knows them. They name no host and no key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Literal

from storyboard.diagnostics import Span
from storyboard.findings import Report, did_you_mean
from storyboard.read.source import Source

Acl = Literal["allow", "forbid", "hide"]

ACLS: Mapping[str, Acl] = {"allow": "allow", "forbid": "forbid", "hide": "hide"}
UNITS = {"h": timedelta(hours=1), "d": timedelta(days=1), "y": timedelta(days=365)}
LIFE = re.compile(r"([1-9][0-9]{0,4})([hdy])")
NEVER = timedelta(days=36_500)
SHORTEST = timedelta(hours=4)  # a request may wait for two hours, and the clip must still be fetched
FROM_OUTSIDE = frozenset({"key", "fal_key", "api_key", "host", "url", "fal_url", "base_url", "webhook_url"})
AT_LINE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")
HEADER = re.compile(r"\s*\[\s*\"?([\w-]+)\"?\s*\]")


@dataclass(frozen=True, slots=True)
class FalSettings:
    """`lifecycle` is None where nothing is said: then the account's own setting holds."""

    lifecycle: timedelta | None = None
    initial_acl: Acl | None = None
    store_io: bool = True
    fal_media: Literal["keep", "delete"] = "keep"


@dataclass(frozen=True, slots=True)
class Settings:
    """The tables of the file."""

    fal: FalSettings = FalSettings()


class Unfit(Exception):
    """What a setting should have been, in words."""


def settings_of(source: Source, report: Report) -> Settings:
    """The settings; those that are wrong are reported and left at their defaults."""
    try:
        tables = tomllib.loads(source.text)
    except (tomllib.TOMLDecodeError, RecursionError, ValueError) as failure:
        report.add("SB601", _where(source, str(failure)), problem=AT_LINE.sub("", str(failure)))
        return Settings()
    for name in tables:
        if name != "fal":
            _unknown(source, report, "", name, ["fal"])
    fal = tables.get("fal", {})
    if not isinstance(fal, Mapping):
        report.add("SB603", _place(source, "", "fal"), key="fal", expected="a table: `[fal]`")
        return Settings()
    return Settings(_fal(source, report, fal))


def _fal(source: Source, report: Report, table: Mapping[str, Any]) -> FalSettings:
    found = FalSettings()
    for name, value in table.items():
        if name not in READ:
            _unknown(source, report, "fal", name, list(READ))
            continue
        try:
            found = replace(found, **{name: READ[name](value)})
        except Unfit as expected:
            report.add("SB603", _place(source, "fal", name), key=f"fal.{name}", expected=str(expected))
    if not found.store_io:
        report.add("SB604", _place(source, "fal", "store_io"))
    if found.fal_media == "delete":
        report.add("SB605", _place(source, "fal", "fal_media"))
    return found


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


READ: Mapping[str, Any] = {
    "lifecycle": _lifecycle,
    "initial_acl": _acl,
    "store_io": _flag,
    "fal_media": _media,
}


def _unknown(source: Source, report: Report, table: str, name: str, known: list[str]) -> None:
    full = f"{table}.{name}" if table else name
    hint = did_you_mean(name, known)
    if name.lower() in FROM_OUTSIDE:
        hint = "keys and hosts come from the environment alone: a file that others commit can't name them"
    report.add("SB602", _place(source, table, name), key=full, hint=hint)


def _place(source: Source, table: str, key: str) -> Span:
    """Where a key stands. TOML's own reader tells no places, so its line is looked for as people write it."""
    header, start = "", 0
    word = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
    for line in source.text.splitlines(keepends=True):
        found = HEADER.match(line)
        header = found[1] if found else header
        there = word.search(line.partition("#")[0])
        if there and (header == table or (found and found[1] == key) or f"{table}." in line):
            return source.span(start + there.start(), start + there.end())
        start += len(line)
    there = word.search(source.text)
    return source.span(there.start(), there.end()) if there else source.span(0, 1)


def _where(source: Source, problem: str) -> Span:
    found = AT_LINE.search(problem)
    if found is None or found[1] is None:
        return source.span(0, 1) if found is None else source.span(len(source.text), len(source.text))
    line = source.starts[min(int(found[1]), len(source.starts)) - 1]
    start = min(line + int(found[2]) - 1, len(source.text))
    return source.span(start, start + 1)
