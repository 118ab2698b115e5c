"""Scenes whose requests hardly differ, which could be one take that is shown more than once.

Of all pairs few are looked at. Two prompts that differ in at most n words share two of the n + 2 rarest of each: only
those that do are compared; and what was found to be like an earlier scene is not compared with others again.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from heapq import nsmallest
from itertools import combinations, islice
from typing import Any

from msgspec import Struct, field

from storyboard.catalog.prices import PriceBook
from storyboard.compile.compiler import Compiled
from storyboard.compile.digest import MediaPath, canonical
from storyboard.media.fact import MediaFact
from storyboard.plan.cheaper.advised import Advice, Edit
from storyboard.plan.cheaper.purchase import Purchase, listed
from storyboard.plan.words import CJK, compared, marked

SHARE = 3  # percent of a scene's own words that may differ
MOST_COMPARED = 8  # earlier scenes that one is compared with: the search gives up rather than last
CLAUSES = re.compile(r"[.,;:!?。，；：！？、\n]")
WORDS = re.compile(rf"[{CJK}]|[^\W{CJK}]+(?:['’-][^\W{CJK}]+)*")
BETWEEN = "\n"  # two shots
OWN = (
    "scene",
    "variant",
    "shot",
)  # how levels of a scene's own words begin; it shares the others with more scenes
TEXTS = frozenset({"prompt", "multi_prompt", "duration", "negative_prompt"})


class _Text(Struct, frozen=True, eq=False):
    """A purchase as what it says: its words however they are written, and how many of them may differ."""

    purchase: Purchase
    words: tuple[str, ...]
    counts: Counter[str]
    allowed: int

    @property
    def clauses(self) -> list[tuple[str, ...]]:
        shots = [shot.prompt for shot in self.purchase.request.shots]
        return [clause for shot in shots for clause in sorted(map(_words, CLAUSES.split(shot)))]


def alike(purchases: Sequence[Purchase], book: PriceBook, film: Compiled) -> Iterator[Advice]:
    groups: dict[str, list[Purchase]] = {}
    for purchase in purchases:
        if purchase.request.pin is None:
            groups.setdefault(_frame(purchase, film.surroundings.media), []).append(purchase)
    for group in groups.values():
        if len(group) > 1:
            for kept, others in _clusters([_text(purchase) for purchase in group]):
                yield _advice(kept, others, book)


def _frame(purchase: Purchase, media: Mapping[str, MediaFact]) -> str:
    """What has to be the same: all but the texts. Of one shot the longer clip serves for the shorter, unless it has to
    end with a picture."""
    request = purchase.request
    same = {name: value for name, value in request.arguments.items() if name not in TEXTS}
    fixed = len(request.shots) > 1 or "end_image_url" in same
    seconds = [shot.seconds for shot in request.shots] if fixed else None
    negative = _words(str(request.arguments.get("negative_prompt", "")))
    return canonical(
        [request.endpoint, request.take, request.tier, _by_content(same, media), negative, seconds]
    )


def _by_content(value: Any, media: Mapping[str, MediaFact]) -> Any:
    """Local files by their content, where that is known."""
    if isinstance(value, Mapping):
        return {key: _by_content(entry, media) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_by_content(entry, media) for entry in value]
    if isinstance(value, MediaPath) and value.path in media:
        return media[value.path].sha256 or value
    return value


def _words(text: str) -> tuple[str, ...]:
    return tuple(WORDS.findall(text.casefold()))


@lru_cache(maxsize=1024)
def _length(text: str) -> int:
    return len(_words(text))


def _text(purchase: Purchase) -> _Text:
    words: list[str] = []
    for shot in purchase.request.shots:
        words += [*_words(shot.prompt), BETWEEN]
    pieces = [piece for prompt in purchase.scenes[0].prompts for piece in prompt.pieces]
    inherited = sum(_length(piece.text) for piece in pieces if not piece.origin[1].startswith(OWN))
    own = len(words) - len(purchase.request.shots) - inherited
    return _Text(purchase, tuple(words), Counter(words), max(0, own) * SHARE // 100)


class _Index(Struct):
    """The scenes that others may be like, by what they say and by pairs of their rarest words."""

    rank: Mapping[str, int]  # of each word, from the rarest on
    exact: dict[tuple[str, ...], _Text] = field(default_factory=dict)
    rare: dict[tuple[str, str], list[_Text]] = field(default_factory=dict)

    def find_or_add(self, text: _Text) -> _Text | None:
        """The one that it is like, or None: others may be like it."""
        same = self.exact.get(text.words)
        if same is not None and _serves(same, text):
            return same
        pairs = [*combinations(nsmallest(text.allowed + 2, text.counts, key=self.rank.__getitem__), 2)]
        near = (each for pair in pairs for each in self.rare.get(pair, ()))
        few = dict.fromkeys(islice(near, MOST_COMPARED))
        found = next((each for each in few if _serves(each, text) and _hardly_differ(each, text)), None)
        if found is None:
            self.exact[text.words] = text
            for pair in pairs:
                self.rare.setdefault(pair, []).append(text)
        return found


def _clusters(texts: Sequence[_Text]) -> list[tuple[_Text, list[_Text]]]:
    """Those that can stay, each with those that it stands for. What is paid stays; else the longer, then the first."""
    rarity = Counter(word for text in texts for word in text.counts)
    rarest_first = sorted(rarity, key=lambda word: (rarity[word], word))
    index = _Index({word: number for number, word in enumerate(rarest_first)})
    found: dict[int, tuple[_Text, list[_Text]]] = {}
    for text in sorted(texts, key=_first_to_stay):
        kept = index.find_or_add(text)
        if kept is not None and text.purchase.unpaid:
            found.setdefault(id(kept), (kept, []))[1].append(text)
    return list(found.values())


def _first_to_stay(text: _Text) -> tuple[bool, int, int]:
    return text.purchase.unpaid, -text.purchase.request.seconds, text.purchase.number


def _serves(kept: _Text, other: _Text) -> bool:
    return kept.purchase.request.seconds >= other.purchase.request.seconds


def _hardly_differ(one: _Text, other: _Text) -> bool:
    allowed = min(one.allowed, other.allowed)
    gone = len(one.counts.keys() - other.counts.keys())  # quick to see, and most often enough
    if gone > allowed or (one.counts - other.counts).total() > allowed:
        return False
    if one.counts == other.counts and one.clauses == other.clauses:
        return True
    start = _common(one.words, other.words)
    end = _common(one.words[start:][::-1], other.words[start:][::-1])
    before, after = (words[start : len(words) - end] for words in (one.words, other.words))
    return _within(before, after, allowed)


def _within(one: Sequence[str], other: Sequence[str], most: int) -> bool:
    """Whether so many words, written anew, put in or left out, make one text the other: the edit distance, of which
    only the band is computed in which it can be so small."""
    if abs(len(one) - len(other)) > most:
        return False
    row = [min(number, most + 1) for number in range(len(other) + 1)]
    for number, word in enumerate(one, 1):
        low, high = max(1, number - most), min(len(other), number + most)
        before, row[low - 1] = row[low - 1], (number if low == 1 else most + 1)
        for place in range(low, high + 1):
            above = row[place]
            same = word == other[place - 1]
            row[place] = before if same else 1 + min(before, above, row[place - 1])
            before = above
        if min(row[low - 1 : high + 1]) > most:
            return False
    return row[-1] <= most


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words the two begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def _advice(kept: _Text, others: Sequence[_Text], book: PriceBook) -> Advice:
    gone = sorted((text.purchase for text in others), key=lambda purchase: purchase.number)
    names = [name for purchase in gone for name in purchase.names]
    first, scenes = kept.purchase.names[0], len(kept.purchase.names) + len(names)
    by = "`cut.order`" if _as_long(kept, others) else "`cut.order`, with an `out` as short as it is now"
    prices = [purchase.price(book) for purchase in gone]
    known = [price for price in prices if price is not None]
    return Advice(
        "one take",
        (*kept.purchase.names, *names),
        gone[0].request.span,
        f"Show {first} in place of {listed(names)}, by {by}: one take for {scenes} scenes.",
        sum(known, Decimal(0)) if len(known) == len(prices) else None,
        _why(kept, others),
        tuple(Edit(name, "scene", first) for name in names),
    )


def _as_long(kept: _Text, others: Sequence[_Text]) -> bool:
    return {text.purchase.request.seconds for text in others} == {kept.purchase.request.seconds}


def _why(kept: _Text, others: Sequence[_Text]) -> str:
    shots = [zip(kept.purchase.request.shots, other.purchase.request.shots, strict=True) for other in others]
    for other, pairs in zip(others, shots, strict=True):
        if other.words == kept.words:
            continue
        different = next((old, new) for old, new in pairs if _words(old.prompt) != _words(new.prompt))
        words = marked(compared(different[0].prompt, different[1].prompt))
        return f"All but few of their words are the same: {words}"
    return "They differ in nothing but how they are written."
