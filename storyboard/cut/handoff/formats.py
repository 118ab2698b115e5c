"""What a cut can be handed over as."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from pathlib import Path

from storyboard.cut.handoff.edl import edl
from storyboard.cut.handoff.fcp7 import fcp7
from storyboard.cut.handoff.fcpxml import fcpxml
from storyboard.cut.handoff.otio import otio, write_otioz
from storyboard.cut.handoff.shots_csv import shots_csv
from storyboard.cut.handoff.subtitles import srt, vtt
from storyboard.cut.handoff.timeline import Timeline
from storyboard.errors import UsageError
from storyboard.media.encode import written_whole


class Handoff(StrEnum):
    otio = "otio"
    otioz = "otioz"
    edl = "edl"
    fcp7 = "fcp7"
    fcpxml = "fcpxml"
    csv = "csv"
    srt = "srt"
    vtt = "vtt"

    @property
    def suffix(self) -> str:
        return ".xml" if self is Handoff.fcp7 else f".{self.value}"


TEXTS: dict[Handoff, Callable[[Timeline], str]] = {
    Handoff.otio: otio,
    Handoff.edl: edl,
    Handoff.fcp7: fcp7,
    Handoff.fcpxml: fcpxml,
    Handoff.csv: shots_csv,
    Handoff.srt: srt,
    Handoff.vtt: vtt,
}


def format_of(path: Path) -> Handoff | None:
    """What the end of a file's name asks for."""
    return next((each for each in Handoff if each.suffix == path.suffix.lower()), None)


def hand_over(timeline: Timeline, form: Handoff, path: Path, *, force: bool = False) -> bool:
    """Writes the file, whole or not at all; False when it is there already, the same to the byte. What differs may have
    been edited by hand: it is replaced by `force` only. Raises UsageError and MediaError."""
    if form is Handoff.otioz:
        _refuse(path, force=force)
        with written_whole(path) as part:
            write_otioz(timeline, part)
        return True
    data = TEXTS[form](timeline).encode("utf-8-sig" if form is Handoff.csv else "utf-8")
    if path.is_file() and path.read_bytes() == data:
        return False
    _refuse(path, force=force)
    with written_whole(path) as part:
        part.write_bytes(data)
    return True


def _refuse(path: Path, *, force: bool) -> None:
    if path.exists() and not force:
        raise UsageError(
            f"{path} is there already, and differs: somebody may have edited it. Replace it with --force, or choose "
            "another name with -o."
        )
