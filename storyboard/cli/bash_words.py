"""Words with `=` behind bash's tab key: bash takes such a word apart, and wants what comes behind the sign alone."""

from __future__ import annotations

import io
import os
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

SIGN = "="


@contextmanager
def whole_words() -> Iterator[None]:
    """While it lasts, the word that is completed is whole in the environment. At its end the answers are printed, as
    bash wants them."""
    words = re.split("[ \\n]", os.environ.get("COMP_WORDS", ""))
    at = int(os.environ.get("COMP_CWORD", "0"))
    first = _first(words, at)
    if first is None:
        yield
        return
    head = "".join(words[first : at + 1])
    os.environ |= {"COMP_WORDS": "\n".join([*words[:first], head]), "COMP_CWORD": str(first)}
    answers = io.StringIO()
    try:
        with redirect_stdout(answers):
            yield
    finally:
        kept = head.rpartition(SIGN)[0] + SIGN
        sys.stdout.write(
            "".join(line.removeprefix(kept) for line in answers.getvalue().splitlines(keepends=True))
        )


def _first(words: list[str], at: int) -> int | None:
    """Where the word begins that was taken apart around its signs; None when the one at `at` was not."""
    first = at
    if words[first : first + 1] != [SIGN]:
        first -= 1
    found = None
    while first > 0 and words[first : first + 1] == [SIGN]:
        found, first = first - 1, first - 2
    return found
