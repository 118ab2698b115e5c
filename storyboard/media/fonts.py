"""The fonts that there are: Pillow's own for Latin letters, for all others those found on this machine.

STORYBOARD_FONTS names folders that are looked in instead of the system's: with the same fonts, words look the same
on every machine.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any

from msgspec import Struct
from PIL import ImageFont, features

from storyboard.media.clusters import clusters, ignorable, is_emoji, script
from storyboard.media.cmap import Coverage, coverage

VARIABLE = "STORYBOARD_FONTS"
COLOURED = (
    "NotoColorEmoji.ttf",
    "Noto-COLRv1.ttf",
    "Apple Color Emoji.ttc",
    "seguiemj.ttf",
    "TwemojiMozilla.ttf",
)
# Looked for by name, best first; then all others that are there.
PREFERRED = (
    "NotoSans-Regular.ttf", "NotoSansArabic-Regular.ttf", "NotoNaskhArabic-Regular.ttf",
    "NotoSansHebrew-Regular.ttf", "NotoSansDevanagari-Regular.ttf", "NotoSansThai-Regular.ttf",
    "DejaVuSans.ttf", "SegoeUI.ttf", "segoeui.ttf", "Arial.ttf", "arial.ttf",
    "NotoSansCJK-Regular.ttc", "NotoSansCJKsc-Regular.otf", "NotoSansSC-Regular.otf",
    "SourceHanSansSC-Regular.otf", "wqy-microhei.ttc", "wqy-zenhei.ttc", "DroidSansFallbackFull.ttf",
    "uming.ttc", "ipag.ttf", "NanumGothic.ttf", "PingFang.ttc", "Hiragino Sans GB.ttc",
    "AppleSDGothicNeo.ttc", "Arial Unicode.ttf", "msyh.ttc", "meiryo.ttc", "malgun.ttf", "Nirmala.ttf",
    "GeezaPro.ttc",
)  # fmt: skip
STYLED = (
    "Bold",
    "Italic",
    "Oblique",
    "Light",
    "Thin",
    "Black",
    "Condensed",
    "Mono",
    "Serif",
    "Display",
    "UI",
)
STRIKES = (109, 160, 136, 128, 96, 64)  # pixels: sizes that pictures of emoji are kept in
TONGUES = {"ja": " JP", "ko": " KR", "zh": " SC"}  # how the faces of a collection for all of them are called
MOST_FACES = 20  # of a collection


class Face(Struct, frozen=True):
    """A font file, "" for Pillow's own, and which of the fonts in it."""

    file: str
    index: int = 0

    @property
    def identity(self) -> str:
        """What other machines' files of the same look are called too: name and size, not folder."""
        try:
            return (
                f"{Path(self.file).name}:{Path(self.file).stat().st_size}:{self.index}"
                if self.file
                else "own"
            )
        except OSError:
            return Path(self.file).name

    @property
    def coloured(self) -> bool:
        return Path(self.file).name in COLOURED


OWN = Face("")


def shapes() -> bool:
    """Can letters be joined, stacked and run to the left? Pillow looks for FriBiDi when it is loaded."""
    return bool(features.check("raqm"))


class Faces(Struct, frozen=True):
    """The faces of one text: a file for each writing in it, so that a word does not change its look midway."""

    tongue: str
    files: tuple[tuple[str, str], ...]
    folders: tuple[str, ...]  # that fonts are looked for in

    def face(self, cluster: str, current: Face | None = None) -> Face | None:
        """The face that draws a cluster; None when no font has all of it. What is no letter stays in the current
        face where that has it."""
        letters, writing = seen_letters(cluster), script(cluster)
        stays = current is not None and not (current.coloured or writing or is_emoji(cluster))
        if current is not None and stays and _has(current.file, letters):
            return current
        file = dict(self.files).get(writing)
        if file is None:
            file = _file_for(letters, is_emoji(cluster), self.folders) if letters else OWN.file
        return None if file is None else Face(file, _index(file, self.tongue))


def faces_of(text: str) -> Faces:
    """One face for all letters of a writing where a font has them all."""
    letters: dict[str, str] = {}
    for cluster in clusters(text):
        if (writing := script(cluster)) and not is_emoji(cluster):
            letters[writing] = letters.get(writing, "") + seen_letters(cluster)
    folders = _folders()
    found = ((each, _file_for("".join(sorted(set(all_))), False, folders)) for each, all_ in letters.items())
    tongue = "ja" if {"HIRAGANA", "KATAKANA"} & letters.keys() else "ko" if "HANGUL" in letters else "zh"
    return Faces(tongue, tuple((writing, file) for writing, file in found if file is not None), folders)


def seen_letters(cluster: str) -> str:
    return "".join(c for c in cluster if not ignorable(c))


@lru_cache(4_096)
def _file_for(letters: str, emoji: bool, folders: tuple[str, ...]) -> str | None:
    plain, coloured = _installed(folders)
    candidates = [*coloured, "", *plain] if emoji else ["", *plain, *coloured]
    return next((file for file in candidates if _has(file, letters) and _draws(file, letters, emoji)), None)


def _has(file: str, letters: str) -> bool:
    return all(letter in _covered(file) for letter in letters)


def _draws(file: str, letters: str, emoji: bool) -> bool:
    """A damaged font does not open; pictures in a form that Pillow does not know come out empty."""
    try:
        left, top, right, bottom = font(Face(file), 20).getbbox(letters)
    except OSError:
        return False
    return not emoji or bool(right > left and bottom > top)


@cache
def _covered(file: str) -> Coverage:
    if not file:
        return coverage(BytesIO(_own_bytes()))
    try:
        with Path(file).open("rb") as font:
            return coverage(font)
    except OSError:
        return Coverage()


@cache
def _own_bytes() -> bytes:
    return bytes(ImageFont.load_default(20).font_bytes)  # type: ignore[union-attr]


@cache
def _index(file: str, tongue: str) -> int:
    """The face of a collection that is made for a language; the first where none is."""
    if not file.endswith(".ttc"):
        return 0
    families = enumerate(_families(file))
    return next((index for index, family in families if family.endswith(TONGUES[tongue])), 0)


def _families(file: str) -> Iterator[str]:
    for index in range(MOST_FACES):
        try:
            yield ImageFont.truetype(file, 20, index).getname()[0] or ""
        except OSError:
            return


@lru_cache(256)
def font(face: Face, size: int) -> Any:
    """Pillow's font. Of coloured pictures that are kept in one size only: that size."""
    engine = ImageFont.Layout.RAQM if shapes() else ImageFont.Layout.BASIC
    if not face.file:
        return ImageFont.truetype(BytesIO(_own_bytes()), size, layout_engine=engine)
    for pixels in (size, *STRIKES):
        try:
            return ImageFont.truetype(face.file, pixels, face.index, layout_engine=engine)
        except OSError as error:
            problem = error
    raise problem


@lru_cache(4)
def _installed(folders: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Font files, best first: plain ones, coloured ones. Of files with one name the last found counts."""
    found = {path.name: str(path) for folder in folders for path in sorted(Path(folder).rglob("*.[to]t[fc]"))}
    coloured = tuple(found.pop(name) for name in COLOURED if name in found)
    preferred = tuple(found.pop(name) for name in PREFERRED if name in found)
    return (*preferred, *(found[name] for name in sorted(found, key=_plainness))), coloured


def _plainness(name: str) -> tuple[bool, bool, str]:
    return any(style in name for style in STYLED), "Sans" not in name, name


def _folders() -> tuple[str, ...]:
    named = os.environ.get(VARIABLE)
    if named is not None:
        return tuple(folder for folder in named.split(os.pathsep) if folder)
    return tuple(map(str, _system_folders()))


def _system_folders() -> list[Path]:
    home = Path.home()
    if sys.platform == "win32":
        windows = Path(os.environ.get("WINDIR", r"C:\Windows"))
        return [windows / "Fonts", home / "AppData/Local/Microsoft/Windows/Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    shared = [Path("/usr/share/fonts"), Path("/usr/local/share/fonts")]
    return [*shared, home / ".local/share/fonts", home / ".fonts"]
