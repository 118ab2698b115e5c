"""Two texts word by word: what stayed, what went, what came."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from difflib import SequenceMatcher
from itertools import groupby
from typing import Literal, NamedTuple

# A word with the white space before it. Scripts that write without spaces are compared sign by sign.
CJK = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
WORD = re.compile(rf"\s*(?:[{CJK}]|[@<]*(?:(?![{CJK}])\w)+(?:['’-](?:(?![{CJK}])\w)+)*>*|\S)|\s+$")
MOST_COMPARED = 1_000_000  # pairs of words; beyond it the matcher's worst case takes too long
KEPT = 4  # words of what stayed beside a change, for people
SHORT = 2 * KEPT + 2  # a stretch that is not worth shortening
PAIR = "-] {+"  # of old and new, which are read as one


class Piece(NamedTuple):
    """A stretch of text: in both (`=`), in the old alone (`-`), in the new alone (`+`)."""

    mark: Literal["=", "-", "+"]
    text: str


def compared(old: str, new: str) -> tuple[Piece, ...]:
    """The pieces of both texts in order: those marked = and - make the old text, = and + the new one."""
    return compared_words(WORD.findall(old), WORD.findall(new))


def compared_words(before: list[str], after: list[str]) -> tuple[Piece, ...]:
    """The same of texts that are in words already, each with the white space before it."""
    start = _alike(before, after)
    stop = _alike(before[start:][::-1], after[start:][::-1])
    middle = _middle(before[start : len(before) - stop], after[start : len(after) - stop])
    same = (Piece("=", "".join(before[:start])), Piece("=", "".join(before[len(before) - stop :])))
    return _joined([same[0], *middle, same[1]])


def marked(pieces: tuple[Piece, ...]) -> str:
    """On one line: `[-old-]{+new+}` between a few words of what stayed."""
    return bracketed(shortened(pieces))


def bracketed(pieces: tuple[Piece, ...]) -> str:
    """On one line, whole."""
    texts = [text if mark == "=" else _bracketed(mark, text) for mark, text in pieces]
    return re.sub(r"\s+", " ", "".join(texts).replace(PAIR, "-]{+")).strip()


def shortened(pieces: tuple[Piece, ...]) -> tuple[Piece, ...]:
    """Of what stayed, only a few words beside what changed."""
    last = len(pieces) - 1
    return tuple(
        Piece("=", _shortened(text, first=index == 0, last=index == last))
        if mark == "="
        else Piece(mark, text)
        for index, (mark, text) in enumerate(pieces)
    )


def counted(texts: Iterable[str]) -> Counter[str]:
    """The words of texts, however they are written."""
    return Counter(word.strip() for text in texts for word in WORD.findall(text.casefold()))


def likeness(one: Counter[str], other: Counter[str]) -> float:
    """How much of the first is in the other, from 0 to 1."""
    return (one & other).total() / max(1, one.total())


def _alike(one: list[str], other: list[str]) -> int:
    """How many words the two begin with alike."""
    pairs = zip(one, other, strict=False)
    return next((i for i, (a, b) in enumerate(pairs) if a != b), min(len(one), len(other)))


def _middle(before: list[str], after: list[str]) -> list[Piece]:
    if len(before) * len(after) > MOST_COMPARED or _monotonous(before) or _monotonous(after):
        return [Piece("-", "".join(before)), Piece("+", "".join(after))]
    pieces: list[Piece] = []
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("=", "".join(before[a:b])))
        else:
            pieces += [Piece("-", "".join(before[a:b])), Piece("+", "".join(after[c:d]))]
    return pieces


def _monotonous(words: list[str]) -> bool:
    """A few words over and over are the matcher's worst case."""
    return len(words) > 200 and len(set(words)) * 12 < len(words)  # noqa: PLR2004 - measured: below, it is quick


def _joined(pieces: list[Piece]) -> tuple[Piece, ...]:
    """Without empty pieces, neighbours of one mark as one; a change that is broken by a lone sign is one change."""
    found = [piece for piece in pieces if piece.text]
    for index in range(len(found) - 2, 0, -1):
        if found[index].mark == "=" and not re.search(r"\w", found[index].text):
            text = found[index].text
            found[index : index + 1] = [Piece("-", text), Piece("+", text)]
    changes: list[Piece] = []
    for same, group in groupby(found, key=lambda piece: piece.mark == "="):
        run = list(group)
        for mark in ("=",) if same else ("-", "+"):
            text = "".join(piece.text for piece in run if piece.mark == mark)
            if text:
                changes.append(Piece(mark, text))  # type: ignore[arg-type]
    return tuple(changes)


def _bracketed(mark: str, text: str) -> str:
    """The white space before a change stands before its bracket."""
    bare = text.lstrip()
    space = " " if bare != text else ""
    return f"{space}[-{bare}-]" if mark == "-" else f"{space}{{+{bare}+}}"


def _shortened(text: str, *, first: bool, last: bool) -> str:
    words = WORD.findall(text)
    if len(words) <= (SHORT if not (first or last) else KEPT + 2):
        return text
    head = "" if first else "".join(words[:KEPT])
    tail = "" if last else "".join(words[-KEPT:])
    return f"{head} …{tail}"
