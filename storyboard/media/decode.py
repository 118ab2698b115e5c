"""Does a file decode as the kind it claims to be? Asked before anything is uploaded: a secret with a picture's name
does not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from storyboard.media.opening import opened
from storyboard.media.picture import DEMUXERS, MOST_PIXELS

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.media.fact import Kind

VIDEO_CODECS = {"h264", "hevc"}


def decodes(path: Path, kind: Kind) -> str | None:
    """None when the whole file decodes as `kind`, else the reason in words."""
    import av

    try:
        if kind == "mp4":
            return _video(path)
        if kind not in DEMUXERS:
            return "it is no picture or clip of a kind that can be sent"
        return _still(path, kind)
    except (av.FFmpegError, OSError, ValueError) as error:
        return f"it can't be decoded ({getattr(error, 'strerror', None) or error})"


def _still(path: Path, kind: Kind) -> str | None:
    if kind == "jpeg" and not _ends(path.read_bytes()):
        return "it ends before its picture does"
    with opened(path, DEMUXERS[kind]) as container:
        stream = container.streams.video[0]
        if stream.width * stream.height > MOST_PIXELS:
            return f"it has too many pixels ({stream.width}x{stream.height})"
        for frame in container.decode(stream):
            return "its picture is damaged" if frame.is_corrupt else None
    return "there is no picture in it"


def _ends(jpeg: bytes) -> bool:
    """The decoder fills up what is missing of a JPEG in grey and says nothing: look for its end mark."""
    return jpeg.find(b"\xff\xd9", jpeg.rfind(b"\xff\xda")) > 0


def _video(path: Path) -> str | None:
    with opened(path, "mov") as container:
        if not container.streams.video:
            return "there is no video in it"
        stream = container.streams.video[0]
        codec = stream.codec_context.name if stream.codec_context is not None else "of an unknown kind"
        if codec not in VIDEO_CODECS:
            return f"its video is {codec}, not H.264 or H.265"
        stream.thread_type = "AUTO"
        frames = 0
        for frame in container.decode(stream):
            frames += 1
            if frame.is_corrupt:
                return f"its frame {frames} is damaged"
    if not frames:
        return "no frame of it can be decoded"
    if stream.frames and frames != stream.frames:
        return f"{frames} of its {stream.frames} frames can be decoded"
    return None
