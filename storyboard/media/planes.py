"""A picture as films hold it: brightness, and both colours at half the size (yuv420p, BT.709, limited range).

What moves is resampled in this form. It has half the values of RGB, and the coder takes it as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.media.encode import BT709, LIMITED

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from storyboard.media.moves import Box

    Pixels = NDArray[np.uint8]  # height * 3 / 2, width: the rows of brightness, then blue, then red


BLACK = (16, 128, 128)
GAP = 3.0  # of Pillow's: much is shrunk in two steps, which is faster


class Planes(Struct, frozen=True):
    """Brightness, blue and red; the picture's sides are even."""

    parts: tuple[Image.Image, Image.Image, Image.Image]

    @property
    def size(self) -> tuple[int, int]:
        return self.parts[0].size

    def seen(self, box: Box, size: tuple[int, int]) -> Planes:
        """What is in a box, at another size. The box may lie between pixels."""
        from PIL import Image

        light, blue, red = self.parts
        half_box = (box[0] / 2, box[1] / 2, box[2] / 2, box[3] / 2)
        half = (size[0] // 2, size[1] // 2)
        way, colour_way = (
            Image.Resampling.BICUBIC,
            Image.Resampling.BILINEAR,
        )  # colours are never seen that sharp
        return Planes(
            (
                light.resize(size, way, box),
                blue.resize(half, colour_way, half_box),
                red.resize(half, colour_way, half_box),
            )
        )

    def crossed(self, other: Planes, share: float) -> Planes:
        """`share` of another picture of the same size, and the rest of this."""
        from PIL import Image

        one, two, three = (
            Image.blend(old, new, share) for old, new in zip(self.parts, other.parts, strict=True)
        )
        return Planes((one, two, three))

    def blurred(self) -> Planes:
        """As if the lens were focused elsewhere."""
        from PIL import ImageFilter

        far = self.size[1] / 90
        one, two, three = (
            part.filter(ImageFilter.GaussianBlur(far if number == 0 else far / 2))
            for number, part in enumerate(self.parts)
        )
        return Planes((one, two, three))

    def inside(self, size: tuple[int, int]) -> Planes:
        """In the middle of a black picture of a size, whole; as it is where it has that size."""
        from PIL import Image

        if self.size == size:
            return self
        left, top = (size[0] - self.size[0]) // 4 * 2, (size[1] - self.size[1]) // 4 * 2
        grounds = []
        for part, halved, black in zip(self.parts, (1, 2, 2), BLACK, strict=True):
            ground = Image.new("L", (size[0] // halved, size[1] // halved), black)
            ground.paste(part, (left // halved, top // halved))
            grounds.append(ground)
        return Planes((grounds[0], grounds[1], grounds[2]))

    def pixels(self) -> Pixels:
        """The values as one array, which is the caller's."""
        import numpy as np

        width, height = self.size
        pixels = np.empty((height * 3 // 2, width), np.uint8)
        for lines, part in zip(lines_of(pixels), self.parts, strict=True):
            lines[:] = np.asarray(part)
        return pixels


def lines_of(pixels: Pixels) -> tuple[Pixels, Pixels, Pixels]:
    """Brightness, blue and red of an array of pixels, as views."""
    height, width = pixels.shape[0] * 2 // 3, pixels.shape[1]
    blue, red = pixels[height:].reshape(2, height // 2, width // 2)
    return pixels[:height], blue, red


def planes_of(rgb: NDArray[np.uint8], box: Box, size: tuple[int, int]) -> Planes:
    """What is in a box of a picture, shape (height, width, 3), brought to an even size."""
    import av
    from PIL import Image

    frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
    full = frame.reformat(format="yuv444p", dst_colorspace=BT709, dst_color_range=LIMITED)
    half = (size[0] // 2, size[1] // 2)
    light, blue, red = (
        Image.fromarray(part).resize(length, Image.Resampling.LANCZOS, box, reducing_gap=GAP)
        for part, length in zip(full.to_ndarray(), (size, half, half), strict=True)
    )
    return Planes((light, blue, red))


def frame_of(pixels: Pixels) -> Any:
    """A video frame of an array of pixels."""
    import av

    frame = av.VideoFrame.from_ndarray(pixels, format="yuv420p")
    frame.colorspace, frame.color_range = BT709, LIMITED
    return frame
