"""Somebody who watches a render."""

from __future__ import annotations

from collections.abc import Callable

from storyboard.render.observer import Progress


class Watching:
    """Hears what a run tells; `then` is done at each word of it."""

    def __init__(self, then: Callable[[Progress], object] = id) -> None:
        self.seen: list[Progress] = []
        self._then = then

    def saw(self, progress: Progress) -> None:
        self.seen.append(progress)
        self._then(progress)
