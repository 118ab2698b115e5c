"""Writes mp4 in the one setting of this project: h264 yuv420p, AAC 48 kHz stereo, constant rate, faststart.

The same pictures give the same bytes on one build: threads are fixed, no dates and versions are written.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 48_000
AUDIO_BITS = 160_000
BT709 = 1
LIMITED = 1
# mbtree and a short lookahead: stills in slow motion gain nothing from more.
X264 = {
    "preset": "veryfast",
    "crf": "19",
    "profile": "high",
    "threads": "2",
    "x264-params": "rc-lookahead=20:keyint=48:min-keyint=24",
}


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; when the block ends well its file is durable and called `path`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.stem}.{secrets.token_hex(4)}.part{path.suffix}")
    try:
        yield part
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(path)
        sync_folder(path.parent)
    finally:
        part.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Makes a rename in the folder durable; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class ClipWriter:
    """Takes frames and sound, writes one mp4. Frame n is shown at n / fps; sound begins with frame 0."""

    def __init__(
        self, path: Path, size: tuple[int, int], fps: Fraction, *, audio: bool, comment: str = ""
    ) -> None:
        import av

        self.fps = fps
        self.frames = 0
        self.samples = 0
        options = {"movflags": "+faststart", "fflags": "+bitexact"}
        self.container = av.open(str(path), "w", format="mp4", options=options)
        if comment:
            self.container.metadata["comment"] = comment
        self.video = self._video_stream(size)
        self.audio = self._audio_stream() if audio else None

    def _video_stream(self, size: tuple[int, int]) -> Any:
        from av.video.reformatter import VideoReformatter

        stream = self.container.add_stream("libx264", rate=self.fps, options=dict(X264))
        stream.width, stream.height = size
        stream.pix_fmt = "yuv420p"
        stream.time_base = 1 / self.fps
        context = stream.codec_context
        context.time_base = 1 / self.fps
        context.sample_aspect_ratio = Fraction(1)
        context.color_range, context.colorspace = LIMITED, BT709
        context.color_primaries = context.color_trc = BT709
        self.reformatter = VideoReformatter()
        return stream

    def _audio_stream(self) -> Any:
        stream = self.container.add_stream("aac", rate=RATE, layout="stereo")
        stream.codec_context.bit_rate = AUDIO_BITS
        return stream

    def picture(self, pixels: NDArray[np.uint8]) -> None:
        """One frame of RGB pixels, shape (height, width, 3)."""
        import av

        self.frame(av.VideoFrame.from_ndarray(pixels, format="rgb24"))

    def frame(self, frame: Any) -> None:
        """One decoded frame of any format and of the clip's size."""
        ready = self.reformatter.reformat(
            frame, format="yuv420p", dst_colorspace=BT709, dst_color_range=LIMITED, threads=1
        )
        ready.pts, ready.time_base = self.frames, 1 / self.fps
        self.frames += 1
        self.container.mux(self.video.encode(ready))

    def sound(self, samples: NDArray[np.float32]) -> None:
        """Stereo sound at 48 kHz, shape (2, n), within -1 and 1. Only the last call may have n % 1024 != 0."""
        import av
        import numpy as np

        if self.audio is None:
            raise ValueError("this clip is silent")
        for start in range(0, samples.shape[1], 1024):
            block = np.ascontiguousarray(samples[:, start : start + 1024], dtype=np.float32)
            frame = av.AudioFrame.from_ndarray(block, format="fltp", layout="stereo")
            frame.sample_rate, frame.pts, frame.time_base = RATE, self.samples, Fraction(1, RATE)
            self.samples += block.shape[1]
            self.container.mux(self.audio.encode(frame))

    def close(self) -> None:
        """Ends both streams and writes the index."""
        self.container.mux(self.video.encode(None))
        if self.audio is not None:
            self.container.mux(self.audio.encode(None))
        self.container.close()

    def abandon(self) -> None:
        """Lets go of the file after a failure; what was written is of no use."""
        with contextlib.suppress(Exception):
            self.container.close()


@contextlib.contextmanager
def clip_writer(
    path: Path, size: tuple[int, int], fps: Fraction, *, audio: bool, comment: str = ""
) -> Iterator[ClipWriter]:
    """A writer whose file appears under `path` only when all went well."""
    with written_whole(path) as part:
        writer = ClipWriter(part, size, fps, audio=audio, comment=comment)
        try:
            yield writer
            writer.close()
        except BaseException:
            writer.abandon()
            raise
