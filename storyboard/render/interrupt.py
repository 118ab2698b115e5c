"""Ctrl-C and its kin, as an event that the runner looks at before each POST."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager

NAMES = ("SIGINT", "SIGTERM", "SIGHUP")


@contextmanager
def stop_on_signals() -> Iterator[asyncio.Event]:
    """An event that the first of the signals sets. Where a loop can't watch for signals (Windows), Ctrl-C
    cancels the main task instead, which the runner takes for the same."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    watched: list[int] = []
    for number in (getattr(signal, name) for name in NAMES if hasattr(signal, name)):
        try:
            loop.add_signal_handler(number, stop.set)
        except (NotImplementedError, RuntimeError, ValueError):  # no main thread, or no such thing here
            continue
        watched.append(number)
    try:
        yield stop
    finally:
        for number in watched:
            loop.remove_signal_handler(number)
