"""What a run knows of its turn: which takes it is after, and which it gave up looking for."""

from __future__ import annotations

import asyncio
import secrets
import socket
from collections.abc import Collection

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.ledger.place import Place
from storyboard.ledger.slots import Run
from storyboard.plan.policy import Caps


class Turns(Struct):
    """Of one run: `known` as it began, and the caps that hold. `after` and `in_vain` are intents: of takes that it is
    after, and of those that it looked for at fal in vain. `sent` are the takes that it may have paid. One take at a
    time is `asking` for a slot; meanwhile takes of runs that ended are `followed`, by their intents. `told` is who was
    said to have the slots."""

    known: Run
    caps: Caps = field(default_factory=Caps)
    after: set[str] = field(default_factory=set)
    in_vain: set[str] = field(default_factory=set)
    sent: set[tuple[str, int]] = field(default_factory=set)
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    followed: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    told: tuple[str, ...] = ()

    @property
    def run(self) -> Run:
        """As it is now."""
        return replace(self.known, intents=frozenset(self.after))


def turns_of(
    place: Place, name: str, slots: int, after: Collection[str] = (), caps: Caps | None = None
) -> Turns:
    """Of a run that begins now, under a name for people."""
    run = Run(secrets.token_hex(8), name, socket.gethostname(), str(place.folder), slots)
    return Turns(run, caps or Caps(), set(after))
