"""Draws words in whatever script they are written: joined, stacked, in the order of reading, emoji in colour.

A line is drawn in runs: stretches of one face and one direction, shaped by HarfBuzz. Which characters can't be drawn
is `missing.py`'s to say: here they are left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby
from math import ceil, floor
from typing import Any

from msgspec import Struct
from PIL import Image, ImageDraw

from storyboard.media.bidi import as_seen, levels, runs_to_the_left
from storyboard.media.clusters import cleaned, clusters, ignorable, pieces
from storyboard.media.fonts import Face, Faces, faces_of, font, shapes

Ink = tuple[int, int, int, int]

LOOK = "words/1"  # goes into the names of what holds words: change it with how they are drawn
INK: Ink = (246, 243, 236, 255)
FAINT_INK: Ink = (246, 243, 236, 170)
PLATE: Ink = (14, 13, 12, 150)
LEADING = 1.32  # of the size of the letters
SMALL, FINE = 24, 4  # letters below that size are drawn so many times as large
COLOURED_LARGER = 1.17  # than letters of the same size
ASCENT, DESCENT = 0.98, 0.34  # of a line, at least


class Row(Struct, frozen=True):
    """A line of words in the order of reading. `left`: its paragraph runs to the left."""

    text: str
    left: bool
    faces: Faces


class Run(Struct, frozen=True):
    """A stretch of a line that is drawn at once."""

    text: str
    face: Face
    level: int


def row(text: str) -> Row:
    """One line by itself, cleaned."""
    words = cleaned(text).replace("\n", " ")
    return Row(words, runs_to_the_left(words), faces_of(words))


@lru_cache(1_024)
def runs(line: Row) -> tuple[Run, ...]:
    """The line's runs from left to right."""
    found: list[Run] = []
    current: Face | None = None
    level_at = levels(line.text, left=line.left)
    at = 0
    for cluster in clusters(line.text):
        level = level_at[at]
        at += len(cluster)
        face = line.faces.face(cluster, current)
        if face is not None:
            found.append(Run(cluster, face, level))
            current = face
    joined = [
        Run("".join(run.text for run in same), *kind)
        for kind, same in groupby(found, lambda run: (run.face, run.level))
    ]
    return tuple(as_seen(joined, lambda run: run.level))


def width_of(line: Row, size: int) -> int:
    """Pixels from where the line begins to where it ends."""
    return round(sum(_advance(run, size) for run in runs(line)))


@lru_cache(4_096)
def _advance(run: Run, size: int) -> float:
    letters, scale = _letters(run.face, size)
    return float(letters.getlength(_sent(run), **_direction(run))) * scale


def _letters(face: Face, size: int) -> tuple[Any, float]:
    """The font to draw with, and by how much what it draws is scaled. Small letters are drawn larger, so that they
    stand where they should to a part of a pixel; coloured ones are kept in one size."""
    if face.coloured:
        letters = font(face, size)
        return letters, 1.0 if letters.size == size else size / letters.size / COLOURED_LARGER
    if size < SMALL:
        return font(face, size * FINE), 1 / FINE
    return font(face, size), 1.0


def _sent(run: Run) -> str:
    """What is handed to the shaper; without one, what it would have made invisible must not be there."""
    if shapes():
        return run.text
    return "".join(c for c in run.text if not ignorable(c))


def _direction(run: Run) -> dict[str, Any]:
    return {"direction": "rtl" if run.level % 2 else "ltr"} if shapes() else {}


def extent_of(line: Row, size: int) -> tuple[int, int]:
    """Pixels above and below the base line: of a common line, more where marks are stacked higher."""
    ascent, descent = round(size * ASCENT), round(size * DESCENT)
    for run in runs(line):
        if not run.face.coloured:
            _, top, _, bottom = (edge * _letters(run.face, size)[1] for edge in _box(run, size))
            ascent, descent = max(ascent, ceil(-top)), max(descent, ceil(bottom))
    return ascent, descent


def _box(run: Run, size: int) -> tuple[int, int, int, int]:
    """Where the run's ink lies from the pen, before it is scaled; on whole pixels after."""
    letters, _ = _letters(run.face, size)
    left, top, right, bottom = letters.getbbox(_sent(run), anchor="ls", **_direction(run))
    return (
        floor(left / FINE) * FINE,
        floor(top / FINE) * FINE,
        ceil(right / FINE) * FINE,
        ceil(bottom / FINE) * FINE,
    )


def write(image: Image.Image, left: float, base: float, line: Row, size: int, ink: Ink = INK) -> None:
    """Puts a line on an RGBA image, its base line at `base`."""
    for run in runs(line):
        tile, x, y = _coloured(run, size) if run.face.coloured else _inked(run, size, ink)
        _put(image, tile, round(left) + x, round(base) + y)
        left += _advance(run, size)


def _inked(run: Run, size: int, ink: Ink) -> tuple[Image.Image, int, int]:
    """The run in one ink, and where its corner lies from the pen."""
    mask, x, y = _drawn(run, size, "L", ink[3])
    tile = Image.new("RGBA", mask.size, ink)
    tile.putalpha(mask)
    return tile, x, y


def _coloured(run: Run, size: int) -> tuple[Image.Image, int, int]:
    return _drawn(run, size, "RGBA", INK)


def _drawn(run: Run, size: int, mode: str, ink: Ink | int) -> tuple[Image.Image, int, int]:
    x, y, right, bottom = _box(run, size)
    letters, scale = _letters(run.face, size)
    tile = Image.new(mode, (max(FINE, right - x), max(FINE, bottom - y)), 0 if mode == "L" else (0, 0, 0, 0))
    draw, way = ImageDraw.Draw(tile), _direction(run)
    draw.text((-x, -y), _sent(run), ink, letters, "ls", embedded_color=run.face.coloured, **way)
    if scale == 1:
        return tile, x, y
    smaller = max(1, round(tile.width * scale)), max(1, round(tile.height * scale))
    return tile.resize(smaller, Image.Resampling.BOX, reducing_gap=3), round(x * scale), round(y * scale)


def _put(image: Image.Image, tile: Image.Image, x: int, y: int) -> None:
    """What lies outside of the image is not there."""
    seen = tile.crop(
        (max(0, -x), max(0, -y), min(tile.width, image.width - x), min(tile.height, image.height - y))
    )
    if seen.width > 0 and seen.height > 0:
        image.alpha_composite(seen, (max(0, x), max(0, y)))


def plate(
    lines: Sequence[Row],
    size: int,
    *,
    faint: str = "",
    ground: Ink = PLATE,
    inks: Sequence[Ink] = (),
    side: float = 0.5,
) -> Image.Image:
    """Lines of words on a dark plate with round corners, centred; `side` 0 sets them at its left. `faint` follows the
    last line, dimmed. `inks` are the lines', INK where there is none."""
    tail = row(faint)
    ends = [0] * (len(lines) - 1) + [width_of(tail, size)]
    widths = [width_of(line, size) for line in lines]
    leading, margin = round(size * LEADING), round(size * 0.62)
    width = max(width + end for width, end in zip(widths, ends, strict=True)) + 2 * margin
    image = rounded(width, leading * len(lines) + margin, size, ground)
    for number, (line, long, end) in enumerate(zip(lines, widths, ends, strict=True)):
        left = margin + (width - 2 * margin - long - end) * side
        base = margin / 2 + number * leading + leading / 2 + size * 0.36
        write(image, left, base, line, size, inks[number] if number < len(inks) else INK)
        if end:
            write(image, left + long, base, tail, size, FAINT_INK)
    return image


def rounded(width: int, height: int, size: int, ground: Ink) -> Image.Image:
    """An empty plate for letters of a size."""
    image = Image.new("RGBA", (width, height), (0, 0, 0, 0))
    box = (0, 0, width - 1, height - 1)
    ImageDraw.Draw(image).rounded_rectangle(box, radius=round(size * 0.4), fill=ground)
    return image


def wrapped(
    text: str, size: int, width: int, rows: int | None = None, faces: Faces | None = None
) -> list[Row]:
    """The text in lines of at most `width` pixels, of about one length. Of at most `rows`: the rest is an ellipsis.
    `faces` are those of a larger text that this one is a part of."""
    text = cleaned(text)
    faces = faces or faces_of(text)
    lines: list[Row] = []
    for paragraph in text.split("\n"):
        lines += _balanced(paragraph, faces, size, width)
    if rows is not None and len(lines) > rows:
        return [*lines[: rows - 1], _shortened(lines[rows - 1], size, width)]
    return lines


def _shortened(line: Row, size: int, width: int) -> Row:
    kept = clusters(line.text)
    while kept and width_of(_ellipsis(line, kept), size) > width:
        kept.pop()
    return _ellipsis(line, kept)


def _ellipsis(line: Row, kept: list[str]) -> Row:
    return Row("".join(kept).rstrip(" ,.;:，。、；：") + "…", line.left, line.faces)


def _balanced(paragraph: str, faces: Faces, size: int, width: int) -> list[Row]:
    """As few lines as fit, of about one length: no single word hangs below."""
    left = runs_to_the_left(paragraph)
    parts = list(_parts(paragraph))
    lines = _lines(parts, left, faces, size, width)
    longest = max((width_of(Row(part.strip(), left, faces), size) for part in parts), default=0)
    for percent in range(95, 50, -5):
        narrower = _lines(parts, left, faces, size, width * percent // 100)
        if len(narrower) > len(lines) or width * percent // 100 < longest:
            break
        lines = narrower
    return lines


def _parts(paragraph: str) -> Iterator[str]:
    """What a line may end after, each with the space before it."""
    for number, word in enumerate(paragraph.split()):
        first, *others = pieces(word)
        yield f" {first}" if number else first
        yield from others


def _lines(parts: Sequence[str], left: bool, faces: Faces, size: int, width: int) -> list[Row]:
    lines: list[Row] = []
    line = Row("", left, faces)
    for part in parts:
        longer = Row(line.text + part if line.text else part.lstrip(), left, faces)
        if width_of(longer, size) <= width:
            line = longer
            continue
        if line.text:
            lines.append(line)
        *full, line = _broken(Row(part.lstrip(), left, faces), size, width)
        lines += full
    return [*lines, line] if line.text else lines


def _broken(line: Row, size: int, width: int) -> list[Row]:
    """A word that is wider than a line in parts that fit, never within what a reader takes for one character."""
    found = [Row("", line.left, line.faces)]
    for cluster in clusters(line.text):
        longer = Row(found[-1].text + cluster, line.left, line.faces)
        if found[-1].text and width_of(longer, size) > width:
            longer = Row(cluster, line.left, line.faces)
            found.append(longer)
        found[-1] = longer
    return found


def look_of(*texts: str) -> list[str]:
    """What decides on how these texts look beside the texts themselves: with other fonts other pictures are drawn."""
    files = {run.face.identity for text in texts for run in runs(row(text))}
    return [LOOK, "shaped" if shapes() else "plain", *sorted(files)]
