"""Films whose cuts are known: drawn to look like shots with a camera, light, grain and somebody moving, then coded.

Nothing of the code under test is used here. A film is a row of takes, each a view (a wide picture of sky, ground and
things, of a palette of its own) that a camera looks at, and that something happens to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import accumulate
from pathlib import Path

import av
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SIZE = (320, 180)
WIDE = (960, 540)  # of a view, in which the camera finds its picture
FPS = 24
Pixels = np.ndarray
Camera = Callable[
    [int], tuple[float, float, float]
]  # of a frame: the middle of what it sees, 0 to 1, and its zoom
Event = Callable[[Pixels, int, np.random.Generator], Pixels]  # what happens to a frame, 0 to 255 as floats


def _clouds(dice: np.random.Generator, size: tuple[int, int]) -> Pixels:
    """Noise of many sizes, 0 to 1: what clouds, walls, grass and water have in common."""
    whole = np.zeros((size[1], size[0]), np.float32)
    for octave in range(2, 8):
        rough = dice.random((2**octave * 9 // 16 + 1, 2**octave + 1)).astype(np.float32)
        whole += np.asarray(Image.fromarray(rough).resize(size, Image.Resampling.BICUBIC)) / 2 ** (octave - 1)
    low, high = float(whole.min()), float(whole.max())
    return (whole - low) / (high - low)


def _toned(light: Pixels, dark: Pixels, bright: Pixels) -> Pixels:
    return dark + (bright - dark) * light[..., None]


def view(seed: int, palette: int | None = None) -> Image.Image:
    """A place to shoot in. Those of one palette have the same colours."""
    dice, tones = np.random.default_rng(seed), np.random.default_rng(seed if palette is None else palette)
    dark, bright, sky, top = tones.uniform(5, 90, (4, 3)) + np.array([[0], [70], [90], [140]])
    ground = _toned(_clouds(dice, WIDE), dark, bright)
    above = _toned(_clouds(dice, WIDE) * 0.5, sky, top)
    horizon = np.clip((np.arange(WIDE[1]) - WIDE[1] * dice.uniform(0.25, 0.6)) / 12, 0, 1)[:, None, None]
    picture = Image.fromarray(np.clip(above * (1 - horizon) + ground * horizon, 0, 255).astype(np.uint8))
    draw = ImageDraw.Draw(picture)
    for _ in range(22):
        x, y = dice.integers(0, WIDE[0]), dice.integers(WIDE[1] // 5, WIDE[1])
        w, h = dice.integers(15, 150), dice.integers(20, 190)
        tone = tuple(
            int(t) for t in np.clip(dark + (top - dark) * dice.random() + dice.normal(0, 14, 3), 0, 255)
        )
        (draw.ellipse if dice.random() < 0.5 else draw.rectangle)(
            (x - w // 2, y - h // 2, x + w // 2, y + h // 2), tone
        )
    return picture.filter(ImageFilter.GaussianBlur(1.2))


def still(x: float = 0.5, y: float = 0.5, zoom: float = 1.6) -> Camera:
    return lambda _: (x, y, zoom)


AT_REST = still()


def pan(speed: float, x: float = 0.3, zoom: float = 1.8) -> Camera:
    """`speed` in widths of the picture a second; there and back."""

    def at(frame: int) -> tuple[float, float, float]:
        way = x + speed * frame / FPS / zoom
        return 0.3 + abs((way - 0.3 + 0.4) % 0.8 - 0.4), 0.5, zoom

    return at


def push(each_second: float, zoom: float = 1.4) -> Camera:
    return lambda frame: (0.5, 0.5, zoom * each_second ** (frame / FPS))


def hand(strength: float = 0.004, zoom: float = 1.6, seed: int = 3) -> Camera:
    dice = np.random.default_rng(seed)
    path = np.cumsum(dice.normal(0, strength, (400, 2)), 0)
    path -= np.linspace(path[0], path[-1], 400)
    return lambda frame: (0.5 + path[frame, 0], 0.5 + path[frame, 1], zoom)


def whip(start: int, frames: int = 8, zoom: float = 2.6) -> Camera:
    """At rest, then across the whole view in a few frames, then at rest."""
    return lambda frame: (0.22 + 0.56 * min(1, max(0, (frame - start) / frames)), 0.5, zoom)


def grain(strength: float) -> Event:
    return lambda pixels, _, dice: pixels + dice.normal(0, strength, pixels.shape)


def light(level: float) -> Event:
    return lambda pixels, _, __: pixels * level


def lamp(start: int, level: float, over: int = 1) -> Event:
    """From one frame on everything is so much brighter or darker."""

    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        return pixels * (1 + (level - 1) * min(1, max(0, (frame - start + 1) / over)))

    return at


def flash(*starts: int, frames: int = 1) -> Event:
    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        lit = any(start <= frame < start + frames for start in starts)
        return pixels * 0.15 + 225 if lit else pixels

    return at


def figure(size: float, seconds_across: float, seed: int = 1) -> Event:
    """Somebody who walks through the picture, there and back; `size` is a share of the picture's height."""
    tone = np.random.default_rng(seed).uniform(20, 230, 3)
    texture = _clouds(np.random.default_rng(seed), SIZE)

    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        way = frame / FPS / seconds_across % 2
        x = SIZE[0] * (1.3 * (1 - abs(1 - way)) - 0.15)
        rows, columns = np.ogrid[: SIZE[1], : SIZE[0]]
        radius = SIZE[1] * size / 2
        apart = np.hypot((columns - x) / (radius * 0.55), (rows - SIZE[1] * 0.55) / radius)
        share = np.clip((1.05 - apart) * 10, 0, 1)[..., None]
        own = np.clip(tone + (np.roll(texture, round(x), 1)[..., None] - 0.5) * 90, 0, 255)
        return pixels * (1 - share) + own * share

    return at


def snow(flakes: int = 260, seed: int = 4) -> Event:
    dice = np.random.default_rng(seed)
    x, y, fall = dice.random(flakes) * SIZE[0], dice.random(flakes) * SIZE[1], dice.uniform(3, 14, flakes)

    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        found = pixels.copy()
        rows = ((y + fall * frame) % (SIZE[1] - 3)).astype(int)
        columns = ((x + 2.5 * frame) % (SIZE[0] - 3)).astype(int)
        for down in range(3):
            for right in range(3):
                found[rows + down, columns + right] = 240
        return found

    return at


def fire(strength: float = 0.35) -> Event:
    """Light that flickers from frame to frame."""

    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        level = 1 + strength * np.sin(frame * 2.1) * np.sin(frame * 0.77)
        return pixels * level * [1.1, 0.95, 0.8]

    return at


def blur(start: int, frames: int, radius: float = 7.0) -> Event:
    """The focus is drawn away."""

    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        share = min(1.0, max(0.0, (frame - start) / frames))
        picture = Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
        return np.asarray(picture.filter(ImageFilter.GaussianBlur(radius * share)), np.float32)

    return at


def passer(start: int, frames: int = 10) -> Event:
    """Somebody so near to the camera that for a moment nothing else is seen."""
    texture = _clouds(np.random.default_rng(9), (SIZE[0] * 2, SIZE[1]))[..., None] * 60 + 25

    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        way = (frame - start) / frames
        if not 0 <= way <= 1:
            return pixels
        left = round(SIZE[0] * (1 - 2.4 * way))
        found = pixels.copy()
        begin, end = max(0, left), min(SIZE[0], left + round(SIZE[0] * 1.4))
        if end > begin:
            found[:, begin:end] = texture[:, begin - left : end - left]
        return found

    return at


def fade(start: int, frames: int, *, back: bool = False) -> Event:
    """To black, and back out of it again."""

    def at(pixels: Pixels, frame: int, _: object) -> Pixels:
        gone = (frame - start) / frames
        level = abs(1 - gone) if back and gone > 1 else 1 - gone
        return pixels * min(1.0, max(0.0, level))

    return at


@dataclass(frozen=True)
class Take:
    """So many frames of a view. `step` frames are shown as one: animation on twos."""

    place: Image.Image
    frames: int
    camera: Camera = field(default_factory=still)
    events: Sequence[Event] = ()
    step: int = 1
    mirrored: bool = False

    def at(self, frame: int, dice: np.random.Generator) -> Pixels:
        frame -= frame % self.step
        x, y, zoom = self.camera(frame)
        scale = WIDE[0] / SIZE[0] / zoom
        left = min(max(x * WIDE[0] - scale * SIZE[0] / 2, 0), WIDE[0] - scale * SIZE[0])
        top = min(max(y * WIDE[1] - scale * SIZE[1] / 2, 0), WIDE[1] - scale * SIZE[1])
        across = (-scale, 0, left + scale * SIZE[0]) if self.mirrored else (scale, 0, left)
        seen = self.place.transform(
            SIZE, Image.Transform.AFFINE, (*across, 0, scale, top), Image.Resampling.BILINEAR
        )
        pixels: Pixels = np.asarray(seen, np.float32)
        for event in self.events:
            pixels = event(pixels, frame, dice)
        return pixels


def shots(*takes: Take, dissolve: int = 0, seed: int = 0) -> Iterator[Pixels]:
    """The frames of takes end to end; each gives way to the next within `dissolve` frames around the cut."""
    dice = np.random.default_rng(seed)
    for number, take in enumerate(takes):
        for frame in range(take.frames):
            pixels = take.at(frame, dice)
            share = (dissolve / 2 - (take.frames - frame)) / dissolve + 0.5 if dissolve else -1.0
            if number + 1 < len(takes) and share > 0:
                pixels = pixels * (1 - share) + takes[number + 1].at(0, dice) * share
            yield np.clip(pixels, 0, 255).astype(np.uint8)


def cuts_of(*takes: Take) -> tuple[int, ...]:
    return tuple(accumulate(take.frames for take in takes[:-1]))


def film(path: Path, frames: Iterator[Pixels], crf: int = 23, fps: int = FPS) -> Path:
    """The same bytes each time: x264 with B-frames weighs what memory happens to hold."""
    options = {"crf": str(crf), "preset": "veryfast", "x264-params": "bframes=0"}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", fps, options=options)
        stream.width, stream.height, stream.pix_fmt = *SIZE, "yuv420p"
        stream.time_base = Fraction(1, fps)
        for number, pixels in enumerate(frames):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


@dataclass(frozen=True)
class Film:
    """One film of the table. A dissolve is no cut."""

    takes: tuple[Take, ...]
    dissolve: int = 0
    crf: int = 23

    @property
    def cuts(self) -> tuple[int, ...]:
        return () if self.dissolve else cuts_of(*self.takes)

    def write(self, path: Path) -> Path:
        return film(path, shots(*self.takes, dissolve=self.dissolve), self.crf)


def films(seed: int, place: Callable[..., Image.Image] = view) -> dict[str, Film]:
    """The table: every kind of film once, of other views for another seed. Most last four seconds."""
    a, b, c, d = (place(seed * 10 + n) for n in range(4))
    same = [place(seed * 10 + n, seed) for n in (4, 5)]
    rough = [grain(14)]
    night = [light(0.14), grain(3)]

    def two(
        first: Camera = AT_REST, second: Camera = AT_REST, events: Sequence[Event] = (), at: int = 50
    ) -> Film:
        return Film((Take(a, at, first, events), Take(b, 96 - at, second, events)))

    def one(camera: Camera = AT_REST, *events: Event, step: int = 1, frames: int = 96) -> Film:
        return Film((Take(a, frames, camera, events, step),))

    return {
        "at rest": two(),
        "an early cut": two(at=37),
        "pans": two(pan(0.25), pan(-0.4)),
        "pans, quick": two(pan(1.0), pan(1.4)),
        "pushes": two(push(1.15), push(0.85, 2.2)),
        "a hand camera": two(hand(), hand(0.006)),
        "a hand that shakes": two(hand(0.015), hand(0.015, seed=8)),
        "grain": two(events=rough),
        "grain and pans": two(pan(0.5), pan(0.3), rough),
        "night": two(events=night),
        "night, hand camera": two(hand(), hand(), night),
        "fog": two(events=[lambda p, _, __: p * 0.22 + 150, grain(2)]),
        "low rate": Film((Take(a, 50, pan(0.5)), Take(b, 46, hand())), crf=38),
        "the same colours": Film((Take(same[0], 50, hand()), Take(same[1], 46, hand(seed=5)))),
        "wide to close": Film((Take(a, 50, still(zoom=1.2)), Take(a, 46, still(zoom=2.8)))),
        "another angle": Film(
            (Take(a, 50, hand(zoom=2.0)), Take(a, 46, hand(zoom=2.0, seed=4), mirrored=True))
        ),
        "along the same wall": Film((Take(a, 50, still(0.28, zoom=2.2)), Take(a, 46, still(0.7, zoom=2.2)))),
        "somebody walks": two(events=[figure(0.8, 1.6)]),
        "somebody runs": two(hand(), hand(), [figure(1.1, 0.45)]),
        "snow": two(hand(), hand(), [snow()]),
        "fire": two(hand(), hand(), [fire()]),
        "half a second": Film((Take(a, 40, hand()), Take(b, 12, hand()), Take(c, 44, hand()))),
        "five shots": Film(
            tuple(Take(p, n, hand(seed=n)) for p, n in ((a, 24), (b, 17), (c, 20), (d, 13), (a, 22)))
        ),
        "a flash at the cut": Film((Take(a, 50, hand(), [flash(47)]), Take(b, 46, hand()))),
        "a flash on the cut": Film((Take(a, 50, hand()), Take(b, 46, hand(), [flash(0)]))),
        "a whip pan, then a cut": Film((Take(a, 50, whip(30)), Take(b, 46, still()))),
        "out of black": Film((Take(a, 50, hand()), Take(b, 46, hand(), [fade(-1, 1)]))),
        "on twos": Film((Take(a, 50, pan(0.5), step=2), Take(b, 46, pan(0.7), step=2))),
        "no cut: at rest": one(),
        "no cut: pan": one(pan(0.4)),
        "no cut: quick pan": one(pan(1.5)),
        "no cut: shaking": one(hand(0.02)),
        "no cut: push": one(push(1.5)),
        "no cut: grain": one(still(), *rough),
        "no cut: night": one(hand(), *night),
        "no cut: whip pan": one(whip(44)),
        "no cut: fast whip pan": one(whip(44, 4)),
        "no cut: a flash": one(hand(), flash(46)),
        "no cut: lightning": one(hand(), flash(40, 43, 49, frames=2)),
        "no cut: long flash": one(hand(), flash(46, frames=4)),
        "no cut: lamp on": one(hand(), light(0.5), lamp(46, 1.8)),
        "no cut: lamp off": one(hand(), lamp(46, 0.35)),
        "no cut: lamp warms up": one(hand(), light(0.4), lamp(46, 2.2, 5)),
        "no cut: fire": one(hand(), fire(0.5)),
        "no cut: snow": one(hand(), snow(500)),
        "no cut: walks": one(hand(), figure(0.9, 1.0)),
        "no cut: runs by": one(still(), figure(1.4, 0.3)),
        "no cut: passer": one(hand(), passer(42)),
        "no cut: quick passer": one(hand(), passer(42, 6)),
        "no cut: focus": one(hand(), blur(42, 10)),
        "no cut: through black": one(hand(), fade(36, 10, back=True)),
        "no cut: on twos": one(pan(0.8), step=2),
        "no cut: on threes": one(hand(0.012), figure(0.8, 0.8), step=3),
        "no cut: dissolve": Film((Take(a, 50, hand()), Take(b, 46, hand())), dissolve=24),
        "no cut: short dissolve": Film((Take(a, 50, hand()), Take(b, 46, hand())), dissolve=10),
    }
