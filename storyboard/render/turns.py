"""What a run knows of its turn: which takes it is after, and which it gave up looking for."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Mapping

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.fal.errors import FalError
from storyboard.ledger.place import Place
from storyboard.ledger.rows import Key
from storyboard.ledger.slots import Run
from storyboard.plan.policy import Caps


class Turns(Struct):
    """Of one run: `known` as it began, and the caps that hold. `after` are the takes that it is after, with their
    intents; `in_vain` the intents of those that it looked for at fal in vain; `sent` the takes that it may have paid.
    One take at a time is `asking` for a slot; meanwhile takes that nobody is after are `followed`, by their intents.
    `told` is who was said to have the slots."""

    known: Run
    caps: Caps = field(default_factory=Caps)
    after: dict[Key, str] = field(default_factory=dict)
    in_vain: set[str] = field(default_factory=set)
    sent: set[Key] = field(default_factory=set)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    followed: dict[str, asyncio.Task[FalError | None]] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    @property
    def run(self) -> Run:
        """As it is now."""
        return replace(self.known, intents=frozenset(tuple(self.after.values())))


def turns_of(
    place: Place, name: str, slots: int, after: Mapping[Key, str] | None = None, caps: Caps | None = None
) -> Turns:
    """Of a run that begins now, under a name for people."""
    run = Run(secrets.token_hex(8), name, socket.gethostname(), str(place.folder), slots)
    return Turns(run, caps or Caps(), dict(after or {}))
