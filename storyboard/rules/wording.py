"""Wording that a rule looks for in an author's text."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

NEAR = 24  # characters before a wording in which a `no` is about it
DENIED = re.compile(
    r"\b(?:no|not|never|without|avoid|free of|nor|neither|\w+n't)\b[^.;:!?]*\Z", re.IGNORECASE
)


class Wording(Struct, frozen=True):
    """A pattern (any case), and letters of which each match holds some: most texts need no more than these."""

    letters: tuple[str, ...]
    pattern: str

    def found(self, text: str, folded: str) -> Iterator[re.Match[str]]:
        """Where it stands in the text without being denied. `folded` is the text in lower case."""
        for letters in self.letters:
            if letters in folded:
                break
        else:
            return
        for match in re.compile(self.pattern, re.IGNORECASE).finditer(text):
            if DENIED.search(text, max(match.start() - NEAR, 0), match.start()) is None:
                yield match

    def first(self, text: str, folded: str) -> re.Match[str] | None:
        return next(self.found(text, folded), None)
