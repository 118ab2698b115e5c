"""Writes films frame by frame in a setting of this project: constant rate, BT.709, sound at 48 kHz in stereo.

What is cut is mp4 in one setting, `FULL` or `PREVIEW`: h264 yuv420p, AAC, faststart. No dates and versions are
written and the number of threads is fixed there, so that the same pictures give the same film on every machine; its
bytes may still differ in rare cases, as they do in the coder.
"""

from __future__ import annotations

import contextlib
import os
import time
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.durable import sync_file, sync_folder
from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Sound = NDArray[np.float32]  # 2, n

RATE = 48_000
ABANDONED = 3_600  # seconds after which a half-made file is nobody's
BLOCK = 1_024  # samples in an AAC packet
BT709 = 1
LIMITED = 1
PARAMETERS = "x264-params"


class Setting(Struct, frozen=True):
    """How pictures and sound are coded, in ffmpeg's names. `name` goes into the names of segments and the marks of
    cuts: a setting that is changed gets a new one."""

    name: str
    options: Mapping[str, str]
    video: str = "libx264"
    pixels: str = "yuv420p"
    audio: str = "aac"
    audio_bits: int | None = 160_000  # a second
    container: str = "mp4"
    muxer: Mapping[str, str] = field(
        default_factory=lambda: {"movflags": "+faststart", "fflags": "+bitexact"}
    )
    bits: float = (
        0.2  # that a pixel of a frame takes, about and rather more: for asking whether there is room
    )
    audio_options: Mapping[str, str] = field(default_factory=dict)
    drawn: str = ""  # parameters more when pictures are drawn

    def __hash__(self) -> int:
        return hash(self.name)


FULL = Setting(
    "h264-veryfast-19/aac-160k/3",
    {
        "preset": "veryfast",
        "crf": "19",
        "profile": "high",
        "threads": "2",
        "x264-params": "keyint=48:min-keyint=24",
    },
    # A drawn move is even: less looking finds it as well, and nothing ahead tells more of it. Only what leaves the
    # parameter sets alone, for such packets stand beside others: so a zone lowers the bits, not crf.
    drawn="subme=1:me=dia:partitions=none:b-adapt=0:mbtree=0:rc-lookahead=0:zones=0,1000000,b=0.8",
)
PREVIEW = Setting(
    "h264-ultrafast-28/aac-160k/2",
    {
        "preset": "ultrafast",
        "crf": "28",
        "tune": "fastdecode",
        "threads": "2",
        "x264-params": "keyint=48:min-keyint=24",
    },
    bits=0.15,
)


def drawn(setting: Setting) -> Setting:
    """The setting for pictures that are drawn and the hum that goes with them: quicker, and coded in the same form."""
    if not setting.drawn:
        return setting
    options = {**setting.options, PARAMETERS: f"{setting.options[PARAMETERS]}:{setting.drawn}"}
    fast = {"aac_coder": "fast"}
    return replace(setting, name=f"{setting.name}/drawn 3", options=options, audio_options=fast)


def numbered(setting: Setting, number: int) -> Setting:
    """The setting with parameter sets of this number, so that its packets can stand beside another coder's."""
    options = {**setting.options, PARAMETERS: f"{setting.options[PARAMETERS]}:sps-id={number}"}
    return replace(setting, name=f"{setting.name}/set {number}", options=options)


@contextlib.contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A temporary name beside `path`; when the block ends well its file is durable and called `path`."""
    name = f".{path.stem[:40]}."
    part = path.with_name(f"{name}{os.urandom(4).hex()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent, name, f".part{path.suffix}")
        yield part
        sync_file(part)
        part.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise MediaError(
            f"{path} could not be written ({error.strerror or error}); what was there before is untouched. "
            "See that there is space and that the folder may be written, then run the same command again."
        ) from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def _sweep(folder: Path, start: str, end: str) -> None:
    """Removes what killed runs left of this file; younger ones may be another run's, still at work."""
    for entry in folder.iterdir():
        if entry.name.startswith(start) and entry.name.endswith(end):
            with contextlib.suppress(OSError):
                if time.time() - entry.stat().st_mtime > ABANDONED:
                    entry.unlink()


def samples_of(frames: int, fps: Fraction) -> int:
    """How many samples sound as long as so many frames are seen."""
    return round(frames * RATE / fps)


class ClipWriter:
    """Takes frames and sound, writes one film. Frame n is shown at n / fps; sound begins with frame 0.

    Sound ends with the last frame: what is missing is silence, what is too much is dropped. Without a size there
    is no picture, only sound.
    """

    def __init__(
        self,
        path: Path,
        size: tuple[int, int] | None,
        fps: Fraction,
        *,
        audio: bool,
        setting: Setting = FULL,
        comment: str = "",
    ) -> None:
        import av

        self.setting = setting
        self.fps = fps
        self.frames = 0
        self.samples = 0
        self.waiting: list[Sound] = []
        self.container = av.open(str(path), "w", format=setting.container, options=dict(setting.muxer))
        if comment:
            self.container.metadata["comment"] = comment
        self.video = self._video_stream(size) if size else None
        self.audio = self._audio_stream() if audio else None

    def _video_stream(self, size: tuple[int, int]) -> Any:
        from av.video.reformatter import VideoReformatter

        stream: Any = self.container.add_stream(
            self.setting.video, rate=self.fps, options=dict(self.setting.options)
        )
        stream.width, stream.height = size
        stream.pix_fmt = self.setting.pixels
        stream.time_base = 1 / self.fps
        context = stream.codec_context
        context.time_base = 1 / self.fps
        context.sample_aspect_ratio = Fraction(1)
        context.color_range, context.colorspace = LIMITED, BT709
        context.color_primaries = context.color_trc = BT709
        self.reformatter = VideoReformatter()
        return stream

    def _audio_stream(self) -> Any:
        stream: Any = self.container.add_stream(
            self.setting.audio, rate=RATE, layout="stereo", options=dict(self.setting.audio_options)
        )
        if self.setting.audio_bits:
            stream.codec_context.bit_rate = self.setting.audio_bits
        return stream

    def picture(self, pixels: NDArray[np.uint8]) -> None:
        """One frame of RGB pixels, shape (height, width, 3)."""
        import av

        self.frame(av.VideoFrame.from_ndarray(pixels, format="rgb24"))

    def frame(self, frame: Any) -> None:
        """One decoded frame of any format, scaled if need be."""
        if self.video is None:
            raise ValueError("this file has sound only")
        ready = self.reformatter.reformat(
            frame,
            width=self.video.width,
            height=self.video.height,
            format=self.setting.pixels,
            dst_colorspace=BT709,
            dst_color_range=LIMITED,
            threads=1,
        )
        ready.pts, ready.time_base = self.frames, 1 / self.fps
        ready.pict_type = 0  # what kind of frame it was in its clip must not decide what it becomes here
        self.frames += 1
        self.container.mux(self.video.encode(ready))
        self._interleave(samples_of(self.frames, self.fps))

    def unseen(self, frames: int) -> None:
        """So many frames go by that this file does not show."""
        self.frames += frames
        self._interleave(samples_of(self.frames, self.fps))

    @property
    def needs_sound(self) -> bool:
        """Has the picture come further than the sound that was given?"""
        given = self.samples + sum(stretch.shape[1] for stretch in self.waiting)
        return self.audio is not None and given < samples_of(self.frames, self.fps)

    def sound(self, sound: Sound) -> None:
        """The next stretch of stereo sound at 48 kHz, shape (2, n), within -1 and 1."""
        self.waiting.append(sound)

    def _interleave(self, until: int) -> None:
        """Encodes sound up to where the picture is, so that the two lie beside each other in the file."""
        while self.waiting and self.samples + BLOCK <= until:
            block = self._taken(BLOCK)
            if block.shape[1] < BLOCK:
                self.waiting.insert(0, block)
                return
            self._encode(block)

    def _taken(self, length: int) -> Sound:
        import numpy as np

        taken: list[Sound] = []
        missing = length
        while missing and self.waiting:
            first = self.waiting.pop(0)
            taken.append(first[:, :missing])
            missing -= taken[-1].shape[1]
            if first.shape[1] > taken[-1].shape[1]:
                self.waiting.insert(0, first[:, taken[-1].shape[1] :])
        return np.concatenate(taken, axis=1) if taken else np.zeros((2, 0), np.float32)

    def _encode(self, block: Sound) -> None:
        import av
        import numpy as np

        if self.audio is None:
            raise ValueError("this clip is silent")
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(block), format="fltp", layout="stereo")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self.samples, Fraction(1, RATE)
        self.samples += block.shape[1]
        self.container.mux(self.audio.encode(frame))

    def close(self) -> None:
        """Ends both streams and writes the index."""
        if self.video is not None:
            self.container.mux(self.video.encode(None))
        if self.audio is not None:
            self._end_sound(samples_of(self.frames, self.fps))
            self.container.mux(self.audio.encode(None))
        self.container.close()

    def _end_sound(self, end: int) -> None:
        import numpy as np

        while self.samples < end:
            length = min(BLOCK, end - self.samples)
            block = self._taken(length)
            self._encode(np.pad(block, ((0, 0), (0, length - block.shape[1]))))

    def abandon(self) -> None:
        """Lets go of the file after a failure; what was written is of no use."""
        with contextlib.suppress(Exception):
            self.container.close()


@contextlib.contextmanager
def clip_writer(
    path: Path, size: tuple[int, int] | None, fps: Fraction, *, audio: bool, setting: Setting = FULL
) -> Iterator[ClipWriter]:
    """A writer whose file appears under `path` only when all went well."""
    with written_whole(path) as part:
        writer = ClipWriter(part, size, fps, audio=audio, setting=setting)
        try:
            yield writer
            writer.close()
        except BaseException:
            writer.abandon()
            raise
