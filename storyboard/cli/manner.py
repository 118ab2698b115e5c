"""How a run speaks, as `--quiet`, `--verbose` and `--log FILE` ask for it; and that it does so to its end."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard import __version__
from storyboard.cli.console import MANNER, fail, say
from storyboard.errors import UsageError
from storyboard.log import listen, nobody_listens, note

if TYPE_CHECKING:
    from storyboard.cli.log_file import LogFile

_ending: list[Callable[[int], None]] = []


def speak(command: str, *, quiet: bool = False, verbose: bool = False, log: Path | None = None) -> None:
    """To be called first in a command. Raises UsageError."""
    if quiet and verbose:
        raise UsageError("--quiet and --verbose exclude each other.")
    MANNER.quiet = quiet
    if verbose:
        listen(Spoken().heard)
    if log is not None:
        from storyboard.cli.log_file import LogFile

        file = LogFile(log, fail)
        listen(file)
        _ending.append(_last_line(file, time.monotonic()))
        here = {"python": platform.python_version(), "platform": platform.platform()}
        note("begun", command=command, version=__version__, **here, process=os.getpid())


def _last_line(file: LogFile, began: float) -> Callable[[int], None]:
    def end(code: int) -> None:
        note("ended", code=code, seconds=round(time.monotonic() - began, 3))
        file.close()

    return end


def ended(code: int) -> None:
    """After the last word of a run: the next one in this process begins afresh."""
    for end in _ending:
        end(code)
    _ending.clear()
    nobody_listens()
    MANNER.quiet, MANNER.aside = False, nullcontext


class Spoken:
    """For `--verbose`: requests, states of takes and what the model says, a line each; questions that get the same
    answer again are left out."""

    def __init__(self) -> None:
        self._last: dict[str, str] = {}

    def heard(self, event: str, facts: dict[str, Any]) -> None:
        told = _in_words(event, facts)
        if told is None:
            return
        about, text = told
        if facts.get("method", "GET") != "GET" or self._last.get(about) != text:
            self._last[about] = text
            say(f"  {about}: {text}")


def _in_words(event: str, facts: dict[str, Any]) -> tuple[str, str] | None:
    """What it is of, and what happened."""
    if event == "request":
        end = facts["status"] if facts["status"] is not None else f"no answer ({facts['error']})"
        took = f", {facts['seconds']:.2f} s" if facts["method"] != "GET" else ""
        return f"{facts['method']} {facts['host']}{facts['path']}", f"{end}{took}"
    if event == "take":
        name = f" as {facts['request_id']}" if facts["request_id"] and facts["state"] == "sent" else ""
        why = f" ({facts['note']})" if facts["note"] else ""
        return f"{facts['scene']}, take {facts['take']}", f"{facts['state']}{name}{why}"
    if event == "progress" and facts["line"] is not None and facts["activity"] == "running":
        return f"{facts['scene']}, take {facts['take']}, of the model", str(facts["line"])
    return None
