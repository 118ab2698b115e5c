"""Opens a media file for PyAV: demuxer pinned, handed over as an open file.

A text behind an .mp4 name (a playlist, a concat list) makes ffmpeg open other files of this machine when it may choose
the demuxer. It may not, and without a protocol there is nothing else that it could open.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer

BUFFER = 1 << 20
STRICT = {"err_detect": "crccheck+explode", "protocol_whitelist": ""}


@contextlib.contextmanager
def opened(path: Path, demuxer: str) -> Iterator[InputContainer]:
    """The file as a container. Raises av.FFmpegError and OSError: callers say what they were about to do."""
    import av

    with (
        path.open("rb") as file,
        av.open(file, "r", format=demuxer, options=dict(STRICT), buffer_size=BUFFER) as container,
    ):
        yield container
