"""Draws words for burning in: captions and slates, on dark plates, in whatever script they are written."""

from __future__ import annotations

import os
import sys
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont

INK = (246, 243, 236, 255)
FAINT_INK = (246, 243, 236, 170)
PLATE = (14, 13, 12, 150)
MOST_CHARACTERS = 400
# Looked for by name, best first; what is there and covers the text is used.
FONT_FILES = (
    "NotoSans-Regular.ttf", "DejaVuSans.ttf", "SegoeUI.ttf", "segoeui.ttf", "Arial.ttf", "arial.ttf",
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf",
    "uming.ttc", "ipag.ttf", "NanumGothic.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc", "Arial Unicode.ttf", "msyh.ttc", "meiryo.ttc", "malgun.ttf", "Nirmala.ttf",
    "NotoSansDevanagari-Regular.ttf", "NotoNaskhArabic-Regular.ttf", "NotoSansArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf", "NotoSansThai-Regular.ttf", "GeezaPro.ttc", "Unifont.ttf",
)  # fmt: skip


def plate(lines: list[str], size: int, *, faint: str = "") -> Image.Image:
    """Lines of words, centred on a dark plate with round corners. `faint` follows the last line, dimmed."""
    font = font_for("".join(lines) + faint, size)
    widths = [round(font.getlength(line)) for line in lines]
    tail = round(font.getlength(faint)) if faint else 0
    leading, margin = round(size * 1.32), round(size * 0.62)
    width = max([*widths[:-1], widths[-1] + tail]) + 2 * margin
    image = Image.new("RGBA", (width, leading * len(lines) + margin), (0, 0, 0, 0))
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((0, 0, width - 1, image.height - 1), radius=round(size * 0.4), fill=PLATE)
    for row, (line, long) in enumerate(zip(lines, widths, strict=True)):
        end = tail if row == len(lines) - 1 else 0
        x, y = (width - long - end) / 2, margin / 2 + row * leading + leading / 2
        draw.text((x, y), line, font=font, fill=INK, anchor="lm")
        if end:
            draw.text((x + long, y), faint, font=font, fill=FAINT_INK, anchor="lm")
    return image


def wrapped(text: str, size: int, width: int, rows: int) -> list[str]:
    """The text in at most `rows` lines of at most `width` pixels; what does not fit ends in an ellipsis."""
    text = drawable(text[:MOST_CHARACTERS], size)
    font = font_for(text, size)
    lines: list[str] = []
    for paragraph in text.split("\n"):
        lines += _balanced(paragraph.split(), font, width)
    if len(lines) > rows:
        last = lines[rows - 1]
        while last and font.getlength(last + "…") > width:
            last = last[:-1]
        lines = [*lines[: rows - 1], last.rstrip(" ,.;:") + "…"]
    return lines


def _balanced(words: list[str], font: Any, width: int) -> list[str]:
    """As few lines as fit, of about one length: no single word hangs below."""
    lines = _lines(words, font, width)
    for percent in range(95, 50, -5):
        narrower = _lines(words, font, width * percent // 100)
        if len(narrower) > len(lines):
            break
        lines = narrower
    return lines


def _lines(words: list[str], font: Any, width: int) -> list[str]:
    lines: list[str] = []
    line = ""
    for word in words:
        joined = f"{line} {word}" if line else word
        if font.getlength(joined) <= width:
            line = joined
            continue
        if line:
            lines.append(line)
        *full, line = _broken(word, font, width)
        lines += full
    return [*lines, line] if line else lines


def _broken(word: str, font: Any, width: int) -> list[str]:
    """A word that is wider than a line, or writing without spaces, in pieces that fit."""
    pieces = [""]
    for character in word:
        if pieces[-1] and font.getlength(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def drawable(text: str, size: int) -> str:
    """The text without what the chosen font has no picture for, and without control characters."""
    text = "".join(c if c == "\n" or unicodedata.category(c)[0] != "C" else " " for c in text)
    font = font_for(text, size)
    return "".join(c for c in text if c.isspace() or _has(font, c))


def font_for(text: str, size: int) -> Any:
    """Pillow's own font where it covers the text, else the installed one that covers most of it."""
    letters = frozenset(c for c in text[:MOST_CHARACTERS] if not c.isspace())
    return _font(_best_file(letters), size)


@cache
def _best_file(letters: frozenset[str]) -> str:
    best, covered = "", _covered("", letters)
    for file in _installed() if covered < len(letters) else ():
        count = _covered(file, letters)
        if count > covered:
            best, covered = file, count
        if covered == len(letters):
            break
    return best


def _covered(file: str, letters: frozenset[str]) -> int:
    font = _font(file, 20)
    return sum(_has(font, letter) for letter in letters)


def _has(font: Any, character: str) -> bool:
    """A font draws what it does not have as its one picture for nothing: compare with that."""
    if unicodedata.combining(character):
        return True
    try:
        mask = font.getmask(character)
        return (
            bytes(mask) != bytes(font.getmask("\U0010fffe")) or mask.size != font.getmask("\U0010fffe").size
        )
    except (OSError, ValueError):
        return False


@cache
def _font(file: str, size: int) -> Any:
    if file:
        try:
            return ImageFont.truetype(file, size)
        except OSError:
            pass  # a damaged font file: the built-in one always works
    return ImageFont.load_default(size)


@cache
def _installed() -> tuple[str, ...]:
    found = {
        path.name: str(path) for folder in _font_folders() for path in sorted(folder.rglob("*.[to]t[fc]"))
    }
    return tuple(found[name] for name in FONT_FILES if name in found)


def _font_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        folders = [
            Path(os.environ.get("WINDIR", r"C:\Windows")) / "Fonts",
            home / "AppData/Local/Microsoft/Windows/Fonts",
        ]
    elif sys.platform == "darwin":
        folders = [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    else:
        folders = [
            Path("/usr/share/fonts"),
            Path("/usr/local/share/fonts"),
            home / ".local/share/fonts",
            home / ".fonts",
        ]
    return [folder for folder in folders if folder.is_dir()]
