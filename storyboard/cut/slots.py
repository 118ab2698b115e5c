"""When each line of a shot is said: lines, and the beats between them, share its time by their length. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from math import ceil
from typing import TYPE_CHECKING

from storyboard.media.burn_in import Spoken

if TYPE_CHECKING:
    from storyboard.compile.shot_list import DialogueLine, ListedShot

LEAST = 8  # characters that a line counts for at least: a "No." is heard, too


def slots(
    lines: Sequence[DialogueLine], begin: Fraction, length: Fraction
) -> Iterator[tuple[DialogueLine, Fraction, Fraction]]:
    """Each with the seconds at which it begins and ends, in a shot that begins at `begin` and lasts `length`."""
    weights = [max(LEAST, len(each.line)) for each in lines]
    done = 0
    for each, weight in zip(lines, weights, strict=True):
        first, end = (begin + length * Fraction(part, sum(weights)) for part in (done, done + weight))
        yield each, first, end
        done += weight


def spoken_in(shot: ListedShot, fps: int) -> tuple[Spoken, ...]:
    """What is read in a shot that is shown by itself."""
    return tuple(
        Spoken(ceil(first * fps), ceil(end * fps), line_words(line))
        for line, first, end in slots(shot.dialogue, Fraction(0), Fraction(shot.seconds))
    )


def line_words(line: DialogueLine) -> str:
    """`Ann (whispering): mind the step`; what nobody says, in brackets."""
    if line.speaker is None:
        return f"({line.line})"
    manner = f" ({line.manner})" if line.manner else ""
    return f"{line.speaker}{manner}: {line.line}"
