"""Two pictures as one: dissolved, wiped, or one on its way to a colour. All yuv420p of one size, limited range."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from storyboard.media.encode import BT709, LIMITED

if TYPE_CHECKING:
    from fractions import Fraction

    import numpy as np
    from numpy.typing import NDArray

    Planes = NDArray[np.uint8]  # height * 3 / 2, width: Y, then U and V
    Weights = NDArray[np.uint16]  # of the new picture, 0 to 256, of a row or a column

BLACK, WHITE, GREY = 16, 235, 128
ROWS = 64  # of a picture that are worked on together
SOFT = 12  # a wipe's edge is soft over this part of the picture's side
COLOURS = {"fade-black": BLACK, "fade-white": WHITE}


def mingled(kind: str, direction: str, old: Any, new: Any, share: Fraction) -> Any:
    """A frame that is `share` new and the rest old. Raises KeyError for a kind that mingles nothing."""
    was, comes = _planes(old), _planes(new)
    if kind == "dissolve":
        return _frame(_mixed(was, comes, round(share * 256)))
    if kind != "wipe":
        raise KeyError(kind)
    return _frame(_wiped(was, comes, old.width, direction, float(share)))


def faded(kind: str, frame: Any, share: Fraction) -> Any:
    """A frame that is `share` of the way to the kind's colour."""
    import numpy as np

    planes = _planes(frame)
    colour = np.full_like(planes, GREY)
    colour[: frame.height] = COLOURS[kind]
    return _frame(_mixed(planes, colour, round(share * 256)))


def _planes(frame: Any) -> Planes:
    planes: Planes = frame.to_ndarray(format="yuv420p")
    return planes


def _mixed(was: Planes, comes: Planes, weight: int | Weights) -> Planes:
    """Each value `weight` of 256 new; a few rows at a time, which stay near the processor."""
    import numpy as np

    shares = np.asarray(weight, np.uint16)
    old, new = np.broadcast_to(256 - shares, was.shape), np.broadcast_to(shares, was.shape)
    planes: Planes = np.empty(was.shape, np.uint8)
    for first in range(0, len(was), ROWS):
        rows = slice(first, first + ROWS)
        mixed = np.multiply(was[rows], old[rows], dtype=np.uint16)
        mixed += np.multiply(comes[rows], new[rows], dtype=np.uint16)
        mixed += 128
        mixed >>= 8
        planes[rows] = mixed
    return planes


def _wiped(was: Planes, comes: Planes, width: int, direction: str, share: float) -> Planes:
    """The edge goes to where `direction` says, from beyond one side to beyond the other."""
    import numpy as np

    height = was.shape[0] * 2 // 3
    luma = _edge(width if direction in {"left", "right"} else height, direction, share)
    whole = np.empty_like(was)
    if direction in {"left", "right"}:
        whole[:height] = _mixed(was[:height], comes[:height], luma)
        chroma = np.concatenate([luma[::2], luma[::2]])  # a row of it holds two rows of U, or of V
        whole[height:] = _mixed(was[height:], comes[height:], chroma)
        return whole
    whole[:height] = _mixed(was[:height], comes[:height], luma[:, None])
    shape = (2, height // 2, width // 2)
    old, new = (planes[height:].reshape(shape) for planes in (was, comes))
    whole[height:] = _mixed(old, new, luma[::2][None, :, None]).reshape(whole[height:].shape)
    return whole


def _edge(length: int, direction: str, share: float) -> Weights:
    """How much of the new picture is seen along a side."""
    import numpy as np

    soft = length / SOFT
    along = np.arange(length, dtype=np.float64) + 0.5
    if direction in {"left", "up"}:
        along = length - along
    reach = share * (length + soft)
    weights: Weights = np.clip((reach - along) / soft * 256, 0, 256).round().astype(np.uint16)
    return weights


def _frame(planes: Planes) -> Any:
    import av

    frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
    frame.colorspace, frame.color_range = BT709, LIMITED
    return frame
