"""The last frame of a clip as a still, for a scene that goes on from it. Drawn once and kept."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from storyboard.errors import MediaError
from storyboard.media.decode import decodes
from storyboard.media.encode import BT709, written_whole
from storyboard.media.opening import decoding, opened

if TYPE_CHECKING:
    from pathlib import Path

UNSAID = 2  # of a frame's matrix (ITU-T H.273)
HIGH = 720  # lines from which on a picture that does not say is taken for BT.709
HALVED = 4  # times at most
CURE = "run `storyboard doctor --repair`, which fetches it again as long as fal keeps it."


def last_frame(clip: Path, kept: Path, most: int) -> bytes:
    """A PNG of at most so many bytes, which is made smaller until it is; it is kept at that path and read from there.
    Raises MediaError."""
    if not _is_good(kept, most):
        png = _drawn(_decoded(clip), most)
        with written_whole(kept) as part:
            part.write_bytes(png)
    return kept.read_bytes()


def _is_good(kept: Path, most: int) -> bool:
    """A link is none: it may have come with a stranger's folder, and lead to any picture of this machine."""
    if kept.is_symlink() or not kept.is_file() or kept.stat().st_size > most:
        return False
    return decodes(kept, "png") is None


def _decoded(clip: Path) -> Any:
    """From the last key frame on."""
    with decoding(f"the clip {clip.name}", CURE, clip), opened(clip, "mov") as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        container.seek((stream.start_time or 0) + (stream.duration or 0), stream=stream)
        frame = None
        for frame in container.decode(stream):  # noqa: B007 - the last one counts
            pass
    if frame is None:
        raise MediaError(f"the clip {clip.name} has no picture: {CURE}")
    return frame


def _drawn(frame: Any, most: int) -> bytes:
    import av
    import numpy as np

    matrix = BT709 if int(frame.colorspace) == UNSAID and min(frame.width, frame.height) >= HIGH else None
    for halved in range(HALVED):
        size = (frame.width >> halved, frame.height >> halved)
        seen = frame.reformat(*size, "rgb24", src_colorspace=matrix, interpolation="LANCZOS")
        turned = np.rot90(seen.to_ndarray(), round(frame.rotation / 90))
        png = _png(av.VideoFrame.from_ndarray(np.ascontiguousarray(turned), format="rgb24"))
        if len(png) <= most:
            return png
    raise MediaError(
        f"the last frame of {frame.width}x{frame.height} pixels makes no still that can be sent."
    )


def _png(frame: Any) -> bytes:
    import av

    coder: Any = av.CodecContext.create("png", "w")
    coder.width, coder.height, coder.pix_fmt = frame.width, frame.height, "rgb24"
    coder.time_base = Fraction(1, 24)
    coder.options = {"pred": "mixed"}
    return b"".join(bytes(packet) for each in (frame, None) for packet in coder.encode(each))
