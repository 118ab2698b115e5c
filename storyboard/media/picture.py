"""Opens a still as pixels. PyAV decodes, its demuxer pinned: what strangers drew is never given to Pillow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storyboard.errors import MediaError
from storyboard.media.opening import file_opened, opened
from storyboard.media.stills import DamagedError, Still, still

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]  # height, width, 3

MOST_PIXELS = 64_000_000
DEMUXERS = {"png": "png_pipe", "jpeg": "jpeg_pipe", "webp": "webp_pipe", "gif": "gif"}
TURNS = {3: 2, 4: 2, 5: 3, 6: 3, 7: 1, 8: 1}  # EXIF orientation to quarter turns against the clock
MIRRORED = {2, 4, 5, 7}


def picture(path: Path) -> Pixels:
    """The still's pixels, upright, as RGB. Raises MediaError naming the file."""
    import av

    header = _header(path)
    if header.width * header.height > MOST_PIXELS:
        raise MediaError(
            f"{path.name} has too many pixels ({header.width}x{header.height}): make it smaller."
        )
    try:
        with opened(path, DEMUXERS[header.kind]) as container:
            frame: Any = next(iter(container.decode(video=0)))
            return upright(frame.to_ndarray(format="rgb24"), header.orientation)
    except (av.FFmpegError, OSError, IndexError, StopIteration, ValueError) as error:
        raise MediaError(
            f"{path.name} can't be decoded ({error}): open it in a painter and save it again."
        ) from None


def shape_of(path: Path) -> tuple[int, int]:
    """Width and height of the still, upright, as its first bytes have them. Raises MediaError naming the file."""
    header = _header(path)
    lies = header.orientation >= 5  # noqa: PLR2004 - EXIF: 5 to 8 lie on their side
    return (header.height, header.width) if lies else (header.width, header.height)


def _header(path: Path) -> Still:
    try:
        with file_opened(path) as file:
            head = file.read(64)
            header = still(file, head, path.stat().st_size)
    except OSError as error:
        raise MediaError(f"{path.name} can't be read ({error.strerror or error}): is it there?") from None
    except DamagedError as error:
        raise MediaError(f"{path.name} is damaged: {error}.") from None
    if header is None:
        raise MediaError(f"{path.name} is no PNG, JPEG, WebP or GIF: a still has to be one of these.")
    return header


def upright(pixels: Pixels, orientation: int) -> Pixels:
    """The pixels turned and mirrored as EXIF orientation 1 to 8 says."""
    import numpy as np

    turned = np.rot90(pixels, TURNS.get(orientation, 0))
    return np.ascontiguousarray(turned[:, ::-1] if orientation in MIRRORED else turned)
