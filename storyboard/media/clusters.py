"""What a reader takes for one character, and where a line may end. After Unicode's annexes 14 and 29, as far as
words on a picture need them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from itertools import pairwise

JOINER, NON_JOINER = "\u200d", "\u200c"
TEXT_STYLE, EMOJI_STYLE = "\ufe0e", "\ufe0f"
DIRECTION_MARKS = "\u200e\u200f\u061c"
ORDERS = {"Cc": " ", "Cf": "", "Zl": "\n", "Zp": "\n"}  # by category
CONJOINING = 9  # the combining class of viramas
MODIFIERS = range(0x1F3FB, 0x1F400)  # skin tones
LETTERS_OF_FLAGS = range(0x1F1E6, 0x1F200)
TAGS = range(0xE0020, 0xE0080)  # flags of regions end in these
SELECTORS = (range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0))
PICTURES = range(0x1F000, 0x1FB00)
HANGUL = (range(0x1100, 0x1200), range(0xA960, 0xA980), range(0xAC00, 0xD800))
SARA_AM = "\u0e33\u0eb3"  # letters by category, half of a vowel by sight
# Shown in colour unless asked otherwise, of those below U+1F000.
EMOJI = frozenset(
    "⌚⌛⏩⏪⏫⏬⏰⏳◽◾☔☕♈♉♊♋♌♍♎♏♐♑♒♓♿⚓⚡⚪⚫⚽⚾⛄⛅⛎⛔⛪⛲⛳⛵⛺⛽✅✊✋✨❌❎❓❔❕❗➕➖➗➰➿⬛⬜⭐⭕"
)
NO_LINE_BEGINS_WITH = frozenset(
    "、。，．・：；？！）］｝〕〉》」』】〗〙ー～…‥％ぁぃぅぇぉっゃゅょァィゥェォッャュョ々,.:;?!)]}%»”’"
)
LINE_MAY_END_AFTER = frozenset("-/–—")
NO_LINE_ENDS_WITH = frozenset("（［｛〔〈《「『【〖〘([{«“‘")


def cleaned(text: str) -> str:
    """Composed letters, spaces for control characters, and nothing that is invisible and gives orders."""
    return "".join(map(_cleaned, unicodedata.normalize("NFC", text)))


def _cleaned(character: str) -> str:
    if character == "\n" or ignorable(character):
        return character
    return ORDERS.get(unicodedata.category(character), character)


def clusters(text: str) -> list[str]:
    """The text in pieces that are never parted: a letter with its marks, an emoji with all that it is joined from."""
    found: list[str] = []
    for character in text:
        if found and _extends(found[-1], character):
            found[-1] += character
        else:
            found.append(character)
    return found


def _extends(cluster: str, character: str) -> bool:
    last = cluster[-1]
    if ignorable(character) or unicodedata.category(character)[0] == "M" or character in SARA_AM:
        return not cluster.isspace()
    code = ord(character)
    if code in MODIFIERS or last == JOINER:
        return is_emoji(cluster) or (last == JOINER and _conjoins(cluster[:-1], character))
    if code in LETTERS_OF_FLAGS:
        return len(cluster) == 1 and ord(last) in LETTERS_OF_FLAGS
    if 0x1160 <= code < 0x1200:  # noqa: PLR2004 - vowels and endings of Korean syllables
        return any(ord(last) in block for block in HANGUL)
    return _conjoins(cluster, character)


def _conjoins(cluster: str, character: str) -> bool:
    """Consonants of Indic scripts that a virama joins."""
    return unicodedata.combining(cluster[-1:] or " ") == CONJOINING and character.isalpha()


def ignorable(character: str) -> bool:
    """Is it seen only in what it does to its neighbours?"""
    code = ord(character)
    return (
        character in JOINER + NON_JOINER + DIRECTION_MARKS
        or code in TAGS
        or any(code in block for block in SELECTORS)
    )


def is_emoji(cluster: str) -> bool:
    """Is it to be shown as a coloured picture?"""
    if TEXT_STYLE in cluster:
        return False
    return EMOJI_STYLE in cluster or cluster[0] in EMOJI or ord(cluster[0]) in PICTURES


def script(cluster: str) -> str:
    """The writing that a letter is of, as the first word of its Unicode name; empty for what is no letter."""
    return unicodedata.name(cluster[0], "").split(" ", 1)[0] if cluster[0].isalpha() else ""


def pieces(word: str) -> Iterator[str]:
    """The word in pieces between which a line may end: writing without spaces, and words with hyphens
    and strokes, have more than one."""
    found = clusters(word)
    piece = "".join(found[:1])
    for before, after in pairwise(found):
        if _may_part(before, after):
            yield piece
            piece = ""
        piece += after
    yield piece


def _may_part(before: str, after: str) -> bool:
    if after[0] in NO_LINE_BEGINS_WITH or before[0] in NO_LINE_ENDS_WITH:
        return False
    after_a_sign = before in LINE_MAY_END_AFTER and after.isalpha()
    return after_a_sign or _spaceless(before) or _spaceless(after)


def _spaceless(cluster: str) -> bool:
    wide = unicodedata.east_asian_width(cluster[0]) in {"W", "F"}
    return wide and not any(ord(cluster[0]) in block for block in HANGUL)
