"""Cards: titles, ends and slates, drawn as clips of an exact number of frames.

moviepy lays the words over the ground and fades them in and out; PyAV encodes. Frames that are the same are drawn
once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct
from msgspec.structs import astuple

from storyboard.errors import MediaError
from storyboard.media.clusters import cleaned
from storyboard.media.encode import FULL, Setting, clip_writer, samples_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from PIL import Image

    from storyboard.media.typeset import Block

    Pixels = NDArray[np.uint8]

LOOK = "cards/1"  # goes into the names of segments: change it with how cards are drawn
GROUND = (17, 16, 15)
FADE = Fraction(1, 2)  # seconds, of words that come and go
SAFE = 0.8  # of the picture's sides


class Card(Struct, frozen=True):
    """A title, or the end: words in the middle of a dark picture. Line breaks in the text are kept, an empty line is
    a gap. A title's text is large; an end's is smaller, for rows of credits."""

    text: str
    frames: int
    subtitle: str = ""
    kind: Literal["title", "end"] = "title"

    @property
    def name(self) -> str:
        words = " ".join(self.text.split())
        return f'The {self.kind} card "{words[:40]}{"…" if len(words) > 40 else ""}"'  # noqa: PLR2004

    @property
    def words(self) -> tuple[str, ...]:
        return self.text, self.subtitle


class Slate(Struct, frozen=True):
    """What a film slate says of the shot that follows. `first_timecode` is the slate's first frame in the cut: its
    timecode runs."""

    title: str
    scene: str
    shot: str
    take: str
    endpoint: str
    frames: int
    first_timecode: int = 0
    kind: Literal["slate"] = "slate"

    @property
    def name(self) -> str:
        return f"The slate of {self.scene or self.title}"

    @property
    def words(self) -> tuple[str, ...]:
        return self.title, self.scene, self.shot, self.take, self.endpoint


def all_words(card: Card | Slate) -> str:
    """What one set of faces is chosen for: a card has one look."""
    return "\n".join(map(cleaned, card.words))


def card_key(card: Card | Slate) -> str:
    """All that decides on what is drawn beside size, rate and sound, as text: with other fonts cards look another
    way."""
    from storyboard.media.lettering import look_of

    return json.dumps([LOOK, card.kind, astuple(card), look_of(all_words(card))])


def draw_card(
    card: Card | Slate,
    path: Path,
    *,
    size: tuple[int, int],
    fps: Fraction,
    audio: bool,
    setting: Setting = FULL,
) -> None:
    """Writes one mp4 of `card.frames` frames, with silence when `audio`.

    The first and the last frame of a card show the bare ground; a slate stands from its first frame to its last.
    Raises MediaError when its words can't be lettered or do not fit, and leaves no file then.
    """
    from storyboard.media.missing import certain

    if card.frames < 1:
        raise MediaError(f"{card.name} has no frames: give it a longer time.")
    if not "".join(card.words).strip():
        raise MediaError(f"{card.name} has no words: give it a text.")
    certain(all_words(card), card.name)
    pictures = _slate(card, size, fps) if isinstance(card, Slate) else _faded(card, size, fps)
    with clip_writer(path, size, fps, audio=audio, setting=setting) as writer:
        if audio:
            writer.sound(_silence(samples_of(card.frames, fps)))
        for pixels in pictures:
            writer.picture(pixels)


def _silence(samples: int) -> NDArray[np.float32]:
    import numpy as np

    return np.zeros((2, samples), np.float32)


def opacities(frames: int, fps: Fraction) -> list[float]:
    """How much is seen of a card's words in each frame: nothing in the first and the last, all in between. Very
    short cards fade faster; of up to three frames, all show the words."""
    fade = min(round(FADE * fps), frames // 4)
    if fade == 0:
        return [1.0] * frames
    ways = [min(1.0, min(n, frames - 1 - n) / fade) for n in range(frames)]
    return [way * way * (3 - 2 * way) for way in ways]


def _faded(card: Card, size: tuple[int, int], fps: Fraction) -> Iterator[Pixels]:
    import numpy as np

    words = lettered(card, size)
    box = words.getbbox() or (0, 0, 1, 1)
    ground = np.full((size[1], size[0], 3), GROUND, np.uint8)
    shown = opacities(card.frames, fps)
    film = _film(words.crop(box), [*shown, 1.0], fps)
    last: tuple[float, Pixels] | None = None
    for number, share in enumerate(shown):
        if last is None or last[0] != share:
            last = share, laid_over(ground, film.get_frame(number / fps), box[:2])
        yield last[1]


def _film(words: Image.Image, shown: list[float], fps: Fraction) -> Any:
    """The words over the ground, as a moviepy clip of their own size: the rest of the picture stays as it is."""
    import numpy as np
    from moviepy.video.compositing.CompositeVideoClip import CompositeVideoClip
    from moviepy.video.VideoClip import ColorClip, ImageClip

    seconds = float(len(shown) / fps)
    letters = ImageClip(np.asarray(words), duration=seconds)
    mask = letters.mask.transform(lambda frame_at, t: frame_at(t) * shown[round(t * fps)])
    return CompositeVideoClip(
        [ColorClip(words.size, GROUND, duration=seconds), letters.with_mask(mask)], size=words.size
    )


def laid_over(ground: Pixels, part: Pixels, corner: tuple[int, int]) -> Pixels:
    """The ground with a smaller picture on it, as a new picture."""
    left, top = corner
    whole = ground.copy()
    whole[top : top + part.shape[0], left : left + part.shape[1]] = part
    return whole


def lettered(card: Card, size: tuple[int, int]) -> Image.Image:
    """The words of a card where they stand, on nothing."""
    from PIL import Image

    from storyboard.media.lettering import FAINT_INK

    title, subtitle = _blocks(card, size)
    gap = round(size[1] * SAFE * 0.1) if subtitle.lines else 0
    top = (size[1] - title.height - gap - subtitle.height) / 2
    left, right = size[0] * (1 - SAFE) / 2, size[0] * (1 + SAFE) / 2
    image = Image.new("RGBA", size, (0, 0, 0, 0))
    title.draw(image, (left, top, right))
    if subtitle.lines:
        _rule(image, round(top + title.height + gap / 2))
        subtitle.draw(image, (left, top + title.height + gap, right), FAINT_INK)
    return image


def _blocks(card: Card, size: tuple[int, int]) -> tuple[Block, Block]:
    """The text as large as its kind may be, and the subtitle, which may be empty, smaller."""
    from storyboard.media.fonts import faces_of
    from storyboard.media.typeset import Block, fitted_block

    width, height = round(size[0] * SAFE), round(size[1] * SAFE)
    least, faces = max(9, round(min(size) * 0.03)), faces_of(all_words(card))
    share, smaller = (0.105, 0.46) if card.kind == "title" else (0.052, 0.8)
    largest = round(min(size[1], size[0] * 0.8) * share)
    if not card.subtitle.strip():
        return fitted_block(card.text, largest, least, (width, height), faces, card.name), Block((), 0, 0)
    text = fitted_block(card.text, largest, least, (width, round(height * 0.7)), faces, card.name)
    box, size_below = (width, round(height * 0.2)), round(text.size * smaller)
    return text, fitted_block(card.subtitle, size_below, least, box, faces, card.name)


def _rule(image: Image.Image, middle: int) -> None:
    """A fine line between text and subtitle."""
    from PIL import ImageDraw

    from storyboard.media.lettering import FAINT_INK

    half, thick = image.width * SAFE * 0.06, max(1, image.height // 540)
    line = (image.width / 2 - half, middle, image.width / 2 + half, middle + thick - 1)
    ImageDraw.Draw(image).rectangle(line, fill=(*FAINT_INK[:3], 90))


def _slate(slate: Slate, size: tuple[int, int], fps: Fraction) -> Iterator[Pixels]:
    from storyboard.media.slate import slate_pictures

    return slate_pictures(slate, size, fps)
