"""What a sandbox is told when it is started."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

from msgspec import Struct, field

from storyboard.catalog.prices import DEFAULT_BOOK

Recorded = Callable[[str | None], tuple[str, str | None] | None]


class SandboxSettings(Struct, frozen=True):
    """`state` is the folder that outlives the process: a sandbox started on it again goes on where the last
    one stopped.

    Faults are rates from 0 to 1 by name (see faults.py); `seed` and what `state` has counted decide when they
    strike, so a run on a new folder can be replayed. Times are in seconds.
    """

    state: Path
    latency: float = 0.5  # the simulated run time of a request
    faults: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0
    prices: str = DEFAULT_BOOK
    port: int = 0  # 0: any free one
    log: Path | None = None  # one JSON line a request
    concurrency: int = 2  # what fal gives to a new account
    full_size: bool = False  # draw 4k clips at 2160 lines; otherwise nothing is drawn above REHEARSAL_HEIGHT
    slow_seconds: float = 3.0  # how long the fault `slow` holds an answer back
    key_required: bool = False  # fal's public models answer without a key
    keys_refused: bool = False  # every key is a wrong one
    balance: Decimal | None = None  # USD; None never runs out
    history_lag: float = 0.0  # fal has been seen to list a request hours after it ended
    history_outage: bool = False
    billing_lag: float = 0.0  # its accounting comes later than the clip
    webhook_pauses: tuple[float, ...] = (
        0.2,
        0.5,
        1,
        2,
        4,
        8,
        8,
        8,
        8,
    )  # between calls; fal's grow over hours
    webhook_seconds: float = 15.0  # for an answer
    webhook_keys_outage: bool = False
    # Of whoever submits: it must hold each intent when its submission arrives. A function tells the state and the body
    # of an intent, for a ledger that is no file.
    watched_ledger: Path | Recorded | None = None
    clock: Callable[[], float] = time.time  # seconds since 1970
