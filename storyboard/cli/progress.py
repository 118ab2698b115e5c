"""A render under way, for people: a live table on a terminal, a line at a time everywhere else. On stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.cli.console import say
from storyboard.render.observer import Activity, Observer, Progress, Unseen
from storyboard.report.visible import visible

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table

WORDS: dict[Activity, str] = {
    "waiting": "waits for a free slot",
    "following": "waits for the clip that it goes on from",
    "checking": "looks for it in fal's history first",
    "uploading": "uploads its files",
    "sending": "is sent",
    "queued": "queued",
    "running": "running",
    "looking": "answer lost: looking in fal's history",
    "downloading": "fetching its clip",
    "verified": "done",
    "unknown": "unknown: may be paid, not sent again",
    "failed": "failed",
    "cancelled": "cancelled",
    "trouble": "fal does not answer well, trying on",
}
STYLES: dict[Activity, str] = {"verified": "green", "failed": "red", "unknown": "yellow", "trouble": "yellow"}
WIDEST = 60


@contextmanager
def watching(*, quiet: bool) -> Iterator[Observer]:
    """An observer that shows what it sees, as this terminal allows."""
    if quiet:
        yield Unseen()
    elif sys.stderr.isatty() and os.environ.get("TERM") != "dumb":
        with _live() as observer:
            yield observer
    else:
        yield Lines()


def words(progress: Progress) -> str:
    ahead = f", {progress.position} ahead" if progress.activity == "queued" and progress.position else ""
    return WORDS[progress.activity] + ahead


class Lines:
    """Each change of a take on a line of its own; what repeats is left out."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, int], tuple[str, str]] = {}

    def saw(self, progress: Progress) -> None:
        key = (progress.scene, progress.take)
        text = words(progress)
        line = "" if progress.line is None or progress.activity == "failed" else progress.line
        last = self._last.get(key, ("", ""))
        if last[0] == text and line in {"", last[1]}:
            return
        self._last[key] = (text, line)
        said = f"{text}: {line}" if line else text
        say(f"{progress.elapsed:6.1f} s  {progress.scene}, take {progress.take}: {said}")


class Rows:
    """The table of a live display: a row a take, in the order of their first appearance."""

    def __init__(self) -> None:
        self.seen: dict[tuple[str, int], Progress] = {}
        self.live: Live | None = None

    def saw(self, progress: Progress) -> None:
        before = self.seen.get((progress.scene, progress.take))
        if before is not None and progress.line is None and before.activity == progress.activity:
            progress = replace(progress, line=before.line)
        self.seen[progress.scene, progress.take] = progress
        if self.live is not None:
            self.live.update(self.table())

    def table(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        table = Table(box=None, pad_edge=False)
        for name in ("scene", "take", "", "s", ""):
            table.add_column(name, justify="right" if name in {"take", "s"} else "left")
        for progress in self.seen.values():
            line = visible(progress.line or "")
            table.add_row(
                Text(visible(progress.scene)),
                str(progress.take),
                Text(words(progress), style=STYLES.get(progress.activity, "")),
                f"{progress.elapsed:.0f}",
                Text(line if len(line) <= WIDEST else line[: WIDEST - 1] + "…", style="dim"),
            )
        return table


@contextmanager
def _live() -> Iterator[Observer]:
    from rich.console import Console
    from rich.live import Live

    rows = Rows()
    console = Console(stderr=True, no_color=bool(os.environ.get("NO_COLOR")) or None)
    with Live(rows.table(), console=console, refresh_per_second=8) as live:
        rows.live = live
        yield rows
