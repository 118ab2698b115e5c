"""How far a count has come, on one line of the terminal that goes away: bytes that are read, clips that are fetched."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator

from storyboard.cli.console import MANNER, making_room
from storyboard.cli.screen import Screen, draws
from storyboard.ledger.inventory import Told, unseen
from storyboard.report.table import shortened

OFTEN = 0.1  # seconds between two drawings


@contextlib.contextmanager
def so_far(text: Callable[[int, int], str]) -> Iterator[Told]:
    """`text` says how many of how many; on a terminal only."""
    if MANNER.quiet or not draws(sys.stderr):
        yield unseen
        return
    screen, drawn = Screen(sys.stderr), 0.0

    def told(done: int, total: int) -> None:
        nonlocal drawn
        if time.monotonic() - drawn >= OFTEN:
            drawn = time.monotonic()
            screen.draw([(shortened(text(done, total), screen.size[0] - 1), "")])

    try:
        with making_room(screen.above):
            yield told
    finally:
        screen.clear()
