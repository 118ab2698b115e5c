"""What a cut came to: a value, for the command line and for scripts."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cut.remarks import Remark


class CutReport(Struct, frozen=True):
    """One written or kept file. `encoded` pairs a part's name with the reason; `drawn` are parts without a clip.
    `remarks` are of the clips; None where they were not looked into."""

    output: Path
    written: bool  # False: the identical cut was there already
    frames: int
    fps: Fraction
    size: tuple[int, int]
    audio: bool
    copied: tuple[str, ...] = ()
    encoded: tuple[tuple[str, str], ...] = ()
    drawn: tuple[str, ...] = ()
    heard: tuple[str, ...] = ()  # remarks on the sound
    again: str | None = None  # as what the finished cut was encoded once more
    remarks: tuple[Remark, ...] | None = None

    @property
    def seconds(self) -> Fraction:
        return self.frames / self.fps

    def document(self) -> dict[str, Any]:
        """The report as JSON data; seconds as exact a decimal as milliseconds allow."""
        return {
            "output": str(self.output),
            "written": self.written,
            "frames": self.frames,
            "fps": str(self.fps),
            "seconds": f"{float(self.seconds):.3f}",
            "width": self.size[0],
            "height": self.size[1],
            "audio": self.audio,
            "copied": list(self.copied),
            "encoded": [{"name": name, "reason": reason} for name, reason in self.encoded],
            "drawn": list(self.drawn),
            "encoded_again": self.again,
            "heard": list(self.heard),
            "remarks": None if self.remarks is None else [each.document() for each in self.remarks],
        }
