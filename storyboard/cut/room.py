"""Where and how the segments of a cut are made."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storyboard.cut.alike import Target
from storyboard.cut.clip import Clip, look
from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Mapping
    from pathlib import Path

    from storyboard.cut.assemble import Progress


@dataclass(frozen=True, slots=True)
class Room:
    """`folder` is where segments are kept."""

    target: Target
    folder: Path
    progress: Progress

    def each(self, todo: Mapping[Hashable, Callable[[], Path]]) -> dict[Hashable, Clip]:
        """Every segment made, several at a time."""
        if not todo:
            return {}
        from concurrent.futures import ThreadPoolExecutor

        def made(job: Callable[[], Path]) -> Clip:
            path = job()
            try:
                return look(path)
            except MediaError:
                path.unlink()  # harmed since it was made: it costs nothing but time to make again
                return look(job())

        with ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2)) as makers:
            return dict(zip(todo, makers.map(made, todo.values()), strict=True))
