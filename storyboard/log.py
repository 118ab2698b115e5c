"""What the work tells of itself while it is done, for whoever listens: a log file, a person who asked for more.

    note("request", method="POST", host="queue.fal.run", path="/fal-ai/…", status=200, seconds=0.41)

Nobody listens as a rule, and then it costs nothing. It is not the logging of the standard library: that one is shared
with httpx, which writes whole addresses there, with their signatures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Listener = Callable[[str, dict[str, Any]], None]
"""Gets an event and its facts: plain values, None for what is not known. It must not fail."""

_listeners: list[Listener] = []


def note(event: str, **facts: Any) -> None:
    """From any thread."""
    for listener in tuple(_listeners):
        listener(event, facts)


def listened() -> bool:
    """Does anybody hear it? For what takes some work to say."""
    return bool(_listeners)


def listen(listener: Listener) -> None:
    _listeners.append(listener)


def nobody_listens() -> None:
    """From now on, as at the beginning."""
    _listeners.clear()
