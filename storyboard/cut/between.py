"""Segments between pieces of the cut: a transition by itself, or a bridge from what stays of one clip to the next.

clip      |=========|---[xx]           = stays, - is shown, xx is mingled
next                   [xx]---|=======|
bridge              |---xx---|
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cut.segments import (
    Segment,
    Step,
    burn_key_of,
    explained,
    form_of_target,
    segment_name,
    shown,
    silent_writer,
    with_words,
)
from storyboard.media.mingle import faded, mingled

if TYPE_CHECKING:
    from storyboard.cut.alike import Target
    from storyboard.cut.clip import Clip
    from storyboard.cut.transition import Transition
    from storyboard.media.burnt import Burn

    Range = tuple[Clip, int, int]  # frames of a clip, from one to before another


def transition(
    made: Transition,
    before: Clip,
    start: int,
    after: Clip,
    source: int,
    target: Target,
    folder: Path,
    burn: Burn | None = None,
) -> Segment:
    """The frames in which `before`, from its frame `start` on, gives way to `after` from its frame `source` on."""

    def write(path: Path, step: Step) -> None:
        with explained(before), explained(after), silent_writer(path, target) as writer:
            going = shown(before, target, start, start + made.tail)
            coming = shown(after, target, source, source + made.head)
            for frame in with_words(_mingled(made, going, coming), burn):
                writer.frame(frame)
                step(1)

    names = (before.sha256, start, after.sha256, source)
    path = folder / segment_name(
        "transition", *_how(made), *names, *form_of_target(target), *burn_key_of(burn)
    )
    return Segment(path, made.drawn, "drawing transitions", write)


def bridge(made: Transition, going: Range, coming: Range, target: Target, folder: Path, name: str) -> Segment:
    """From a frame of one clip, through a transition that begins before its frame `going[2]`, to before a frame of the
    next one, which it begins with at its frame `coming[1]`."""
    (before, first, until), (after, source, end) = going, coming

    def write(path: Path, step: Step) -> None:
        with explained(before), explained(after), silent_writer(path, target) as writer:
            old = shown(before, target, first, until + made.tail)
            new = shown(after, target, source, end)
            lead = itertools.islice(old, until - first)
            for frame in itertools.chain(lead, _mingled(made, old, itertools.islice(new, made.head)), new):
                writer.frame(frame)
                step(1)

    names = (before.sha256, first, until, after.sha256, source, end)
    path = folder / segment_name("bridge", *_how(made), *names, *form_of_target(target))
    return Segment(path, until - first + made.drawn + end - source - made.head, f"encoding {name}", write)


def _how(made: Transition) -> tuple[object, ...]:
    return (made.kind, *([made.direction] if made.kind == "wipe" else []), made.frames)


def _mingled(made: Transition, going: Iterator[Any], coming: Iterator[Any]) -> Iterator[Any]:
    if made.shared:
        for number, (old, new) in enumerate(zip(going, coming, strict=False), 1):
            yield mingled(made.kind, made.direction, old, new, Fraction(number, made.shared + 1))
        return
    for number, old in enumerate(going, 1):
        yield faded(made.kind, old, Fraction(number, made.tail))
    for number, new in enumerate(coming, 1):
        yield faded(made.kind, new, 1 - Fraction(number, made.head + 1))
