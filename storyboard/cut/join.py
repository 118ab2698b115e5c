"""Any clips to one film, packets copied wherever they are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.cut.assemble import assemble
from storyboard.cut.part import Part
from storyboard.cut.progress import Tell, nobody

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storyboard.cut.report import CutReport


def join(
    clips: Sequence[Path],
    output: Path,
    segments: Path,
    *,
    codec: str | None = None,
    preview: bool = False,
    force: bool = False,
    progress: Tell = nobody,
) -> CutReport:
    """The clips in this order; the first decides size and rate. Raises MediaError and leaves `output` as it was."""
    parts = [Part(clip.name, clip) for clip in clips]
    return assemble(parts, output, segments, codec=codec, preview=preview, force=force, progress=progress)
