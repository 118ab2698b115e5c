"""Any clips to one film, packets copied wherever they are alike."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from storyboard.cut.assemble import assemble
from storyboard.cut.part import Part
from storyboard.cut.progress import Tell, nobody
from storyboard.cut.wanted import PLAINLY, Wanted

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storyboard.cut.remarks import Remark
    from storyboard.cut.report import CutReport


def join(
    clips: Sequence[Path],
    output: Path,
    segments: Path,
    *,
    asked: Wanted = PLAINLY,
    progress: Tell = nobody,
) -> CutReport:
    """The clips in this order; the first decides size and rate. Raises MediaError and leaves `output` as it was."""
    parts = [Part(clip.name, clip) for clip in clips]
    return assemble(parts, output, segments, asked=asked, progress=progress)


def inspected(clips: Sequence[Path], kept: Path) -> tuple[Remark, ...]:
    """What is black, stands still or can't be heard in each of the clips; what was measured is kept in a folder. Raises
    MediaError naming the file."""
    from storyboard.cut.clip import look
    from storyboard.cut.measured import measured
    from storyboard.cut.remarks import remarks_of_clip
    from storyboard.media.probe import probe

    def of(path: Path) -> tuple[Remark, ...]:
        return remarks_of_clip(path.name, measured(look(path), kept), probe(path).video.frame_rate)

    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as lookers:
        return tuple(remark for found in lookers.map(of, dict.fromkeys(clips)) for remark in found)
