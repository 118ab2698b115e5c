"""What is known of a local media file, as a value: the pure stages take these and never open a file."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

from msgspec import Struct

Kind = Literal["png", "jpeg", "webp", "gif", "mp4", "mov", "mp3", "wav", "other"]
Problem = Literal[
    "missing",  # there is no such file
    "not a file",  # a folder, a device, a pipe
    "unreadable",  # no permission, or the disk failed
    "outside",  # it, or what a symbolic link makes of it, leaves the project folder
    "empty",  # 0 bytes
    "git-lfs pointer",  # the text that git-lfs leaves where the file was not fetched
    "damaged",  # begins like the kind, but its header does not hold together
]


class MediaFact(Struct, frozen=True):
    """One local file. `path` is relative to the project folder with forward slashes; sizes in pixels and bytes.

    With a `problem` everything below it is None or 0.
    """

    path: str
    problem: Problem | None = None
    kind: Kind = "other"
    size: int = 0
    sha256: str | None = None
    width: int | None = None
    height: int | None = None
    seconds: Decimal | None = None  # of a video or a sample
    frame_rate: Decimal | None = None  # of a video
    orientation: int = 1  # EXIF: 1 is upright
    detail: str | None = None  # why it is damaged or unreadable, in words
