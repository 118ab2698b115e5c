"""What can't be drawn on this machine, why not, and what to do about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence

from storyboard.errors import MediaError
from storyboard.media.clusters import JOINER, MODIFIERS, TAGS, cleaned, clusters, ignorable, is_emoji, script
from storyboard.media.fonts import VARIABLE, faces_of, shapes

SHOWN = 5  # characters that a message names
JOINED = {"R", "AL", "AN"}
# Scripts whose letters change shape, order or place by their neighbours.
STACKED = (
    range(0x0900, 0x1000),  # India, Sri Lanka, Thailand, Laos, Tibet
    range(0x1000, 0x10A0),  # Myanmar
    range(0x1700, 0x18B0),  # Philippines, Cambodia, Mongolia
    range(0x1900, 0x1AB0),
    range(0x1B00, 0x1C80),
    range(0xA800, 0xAB00),
    range(0x11000, 0x11F60),
)
CHINESE = {"CJK", "IDEOGRAPHIC", "FULLWIDTH", "HIRAGANA", "KATAKANA", "HALFWIDTH", "BOPOMOFO", "HANGUL"}
SPOKEN = {"CJK": "Chinese characters", "FULLWIDTH": "full-width letters"}
INSTALL = "Install fonts (Debian, Ubuntu: apt install {}; macOS and Windows have them)"
OWN_FOLDER = f"or name a folder with such a font in {VARIABLE}"
SHAPER = (
    "Install FriBiDi (Debian, Ubuntu: apt install libfribidi0; macOS: brew install fribidi; "
    "Windows: put fribidi-0.dll on the PATH)"
)


def undrawable(text: str) -> tuple[str, ...]:
    """The clusters of a text that no font here has, or that can't be shaped here: in order, each once."""
    found = dict.fromkeys(each for each in clusters(cleaned(text)) if not each.isspace())
    return tuple(each for each in found if not _can_be_drawn(each))


def drawable(text: str) -> str:
    """The text, cleaned, without what can't be drawn."""
    return "".join(each for each in clusters(cleaned(text)) if each.isspace() or _can_be_drawn(each))


def _can_be_drawn(cluster: str) -> bool:
    return (shapes() or not needs_shaping(cluster)) and faces_of(cluster).face(cluster) is not None


def needs_shaping(cluster: str) -> bool:
    """Would it be wrong when its characters are put one after the other, from left to right?"""
    if is_emoji(cluster):
        signs = [c for c in cluster if c == JOINER or ord(c) in MODIFIERS or ord(c) in TAGS]
        return bool(signs) or sum(not ignorable(c) for c in cluster) > 1
    if any(unicodedata.bidirectional(c) in JOINED for c in cluster):
        return True
    return (
        any(ord(c) in block for c in cluster for block in STACKED) or len(cluster.rstrip("\ufe0e\ufe0f")) > 1
    )


def certain(text: str, what: str) -> None:
    """Raises MediaError, beginning with what was to be lettered, when a part of the text can't be drawn."""
    missing = undrawable(text)
    if missing:
        raise MediaError(f"{what} can't be lettered: {explained(missing)}")


def explained(missing: Sequence[str]) -> str:
    """Which characters, why, and the cure, as sentences that can follow a colon."""
    if not shapes() and any(map(needs_shaping, missing)):
        unshaped = [each for each in missing if needs_shaping(each)]
        return f"this Pillow can't shape {_named(unshaped)}. {SHAPER}."
    cures = dict.fromkeys(package for each in missing if (package := _package(each)))
    if not cures:
        return f"no font on this machine has {_named(missing)}. Leave them out, {OWN_FOLDER}."
    return f"no font on this machine has {_named(missing)}. {INSTALL.format(' '.join(cures))}, {OWN_FOLDER}."


def _named(missing: Sequence[str]) -> str:
    """`你, 好 and 3 more (Chinese characters)`; what has no name is told by its number."""
    letters_first = sorted(missing, key=lambda cluster: not cluster[0].isalpha())
    shown = ", ".join(each if _script(each) else _code(each) for each in letters_first[:SHOWN])
    more = f" and {len(missing) - SHOWN} more" if len(missing) > SHOWN else ""
    scripts = _listed(filter(None, map(_script, missing)))
    return f"{shown}{more} ({scripts})" if scripts else f"{shown}{more}"


def _listed(words: Iterable[str]) -> str:
    return ", ".join(dict.fromkeys(words))


def _code(cluster: str) -> str:
    return " ".join(f"U+{ord(c):04X}" for c in cluster)


def _script(cluster: str) -> str:
    """What a person calls the writing that it is of; empty for characters without a name."""
    if is_emoji(cluster):
        return "emoji"
    if not cluster[0].isalpha():
        return "signs" if unicodedata.name(cluster[0], "") else ""
    return SPOKEN.get(script(cluster), script(cluster).capitalize())


def _package(cluster: str) -> str:
    """Debian's package with a font for it."""
    if is_emoji(cluster):
        return "fonts-noto-color-emoji"
    name = unicodedata.name(cluster[0], "")
    if name.replace("-", " ").split(" ", 1)[0] in CHINESE:
        return "fonts-noto-cjk"
    return "fonts-noto-core" if name else ""
