"""Any clips to one film, packets copied wherever they are alike."""

from __future__ import annotations

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
    from storyboard.cut.footage import LOOKERS
    from storyboard.cut.kept import all_made
    from storyboard.cut.measured import measure
    from storyboard.cut.remarks import remarks_of_clip
    from storyboard.cut.workers import unheard
    from storyboard.media.probe import probe

    with ThreadPoolExecutor(LOOKERS) as lookers:
        row = [measure(clip, kept, clip.name) for clip in lookers.map(look, dict.fromkeys(clips))]
    found = all_made(row, LOOKERS, lambda _: unheard)
    measured = [(path, found[one.path]) for path, one in zip(dict.fromkeys(clips), row, strict=True)]
    return tuple(
        remark
        for path, changes in measured
        for remark in remarks_of_clip(path.name, changes, probe(path).video.frame_rate)
    )
