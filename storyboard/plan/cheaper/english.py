"""Whether a text is English for certain. Not by a dictionary: by its letters and by the small words of its sentences.

It is when all of it is ASCII (typographic quotes and dashes aside), at least one word in five is a small word that no
neighbour of English has, no long stretch is without one, and no word is a small word, or a common one of sound, of
another language. What is too short to tell is not.
"""

from __future__ import annotations

import re
from itertools import pairwise

WORD = re.compile(r"[a-z]+")
PUNCTUATION = str.maketrans(dict.fromkeys("\u2018\u2019\u2013\u2014\u2026", " "))  # of English typesetting
ONE_IN = 5  # words; of English prose it is one in two or three
STRETCH = 8  # words in a row that may be without one: longer ones may be of another language
SMALL = frozenset(
    """
    the of and with from into onto over through by at his her hers its their our my your is are was were it they she
    we this that these those there which who whose while where when behind between beneath below above across along
    around against toward towards upon up out off down before after
    """.split()  # noqa: SIM905 - word lists read better as words
)
ELSEWHERE = frozenset(
    """
    aber al alla alle am auf aus bei bez che con como da dal das de degli dei del dell della delle dem den der des det
    di die dla do dos du e ein eine einem einen einer el ella en er es est et ett fra gli het hij il im ist jest las le
    les lo los mit nach nad och og ou para pod por pour qui sie sin som sous sul sur sus te til um una und une uno unter
    van ve vom von voor z zu zum zur
    bruit campanas campane canta cantan chante cloches crie donner geluid gesang glocken grida grita lacht laut leise
    musica musik musique ruft ruido rumore schreit singt sino sinos stimme stimmen suono voce voces voix voz zingt
    """.split()  # noqa: SIM905 - word lists read better as words
)


def is_english(text: str) -> bool:
    """Better a No too many: then it only is not known what the text says."""
    plain = text.translate(PUNCTUATION).lower()
    if not plain.isascii():
        return False
    words = WORD.findall(plain)
    small = [number for number, word in enumerate(words) if word in SMALL]
    if not small or len(words) > ONE_IN * len(small) or not ELSEWHERE.isdisjoint(words):
        return False
    ends = [-1, *small, len(words)]
    return all(after - before <= STRETCH for before, after in pairwise(ends))
