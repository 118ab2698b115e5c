"""Opens a still as pixels. PyAV decodes, its demuxer pinned: what strangers drew is never given to Pillow."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.errors import MediaError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]  # height, width, 3

MOST_PIXELS = 64_000_000
DEMUXERS = {"png": "png_pipe", "jpeg": "jpeg_pipe", "webp": "webp_pipe", "gif": "gif"}
MAGIC = {b"\x89PNG": "png", b"\xff\xd8\xff": "jpeg", b"RIFF": "webp", b"GIF8": "gif"}


def picture(path: Path) -> Pixels:
    """The still's pixels, upright, as RGB."""
    kind = kind_of(path)
    if kind not in DEMUXERS:
        raise MediaError(
            f"{path.name} is no PNG, JPEG, WebP or GIF picture: name a still of one of these kinds."
        )
    return _rgb(first_frame(path, DEMUXERS[kind]))


def kind_of(path: Path) -> str:
    """What the first bytes say: png, jpeg, webp, gif or other."""
    try:
        with path.open("rb") as file:
            head = file.read(12)
    except OSError as error:
        raise MediaError(f"{path.name} can't be read: {error.strerror}.") from None
    kind = next((kind for magic, kind in MAGIC.items() if head.startswith(magic)), "other")
    return "other" if kind == "webp" and head[8:] != b"WEBP" else kind


def first_frame(path: Path, demuxer: str) -> Any:
    """The first frame of a picture. The file is handed over open: no name is ever read as a protocol."""
    import av

    try:
        with (
            path.open("rb") as file,
            av.open(file, "r", format=demuxer, options={"protocol_whitelist": ""}) as container,
        ):
            stream = container.streams.video[0]
            if stream.width * stream.height > MOST_PIXELS:
                raise MediaError(f"{path.name} has too many pixels ({stream.width}x{stream.height}).")
            for frame in container.decode(stream):
                return frame
    except (av.FFmpegError, OSError, IndexError, ValueError) as error:
        raise MediaError(f"{path.name} can't be decoded: {error}.") from None
    raise MediaError(f"{path.name} holds no picture.")


def _rgb(frame: Any) -> Pixels:
    import numpy as np

    pixels = frame.to_ndarray(format="rgb24")
    turns = round(frame.rotation / 90) % 4
    return np.ascontiguousarray(np.rot90(pixels, turns)) if turns else pixels
