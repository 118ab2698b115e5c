"""Segments between pieces of the cut: a transition by itself, or a bridge from what stays of one clip to the next.

clip      |=========|---[xx]           = stays, - is shown, xx is mingled
next                   [xx]---|=======|
bridge              |---xx---|
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from storyboard.cut.kept import kept_name
from storyboard.cut.segments import (
    Segment,
    as_named,
    burn_key_of,
    explained,
    form_of_target,
    look_at_segment,
    shown,
    silent_writer,
    with_words,
)
from storyboard.media.mingle import faded, mingled

if TYPE_CHECKING:
    from storyboard.cut.alike import Target
    from storyboard.cut.clip import Clip
    from storyboard.cut.transition import Transition
    from storyboard.cut.workers import Step
    from storyboard.media.burnt import Burn

    Range = tuple[Clip, int, int]  # frames of a clip, from one to before another
    Reach = tuple[Path, int, int]  # the same of a file
    Place = tuple[Path, int]  # a frame of a file


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

    names = (before.sha256, start, after.sha256, source)
    key = burn_key_of(burn)
    path = folder / kept_name("transition", *_how(made), *names, *form_of_target(target), *key)
    places = (before.path, start), (after.path, source)
    write = partial(_write_transition, made, *places, target, burn, key)
    return Segment(path, write, look_at_segment, "drawing transitions", made.drawn)


def _write_transition(
    made: Transition,
    old: Place,
    new: Place,
    target: Target,
    burn: Burn | None,
    key: list[str],
    path: Path,
    step: Step,
) -> None:
    (before, start), (after, source) = old, new
    as_named(burn_key_of(burn), key, "A transition")
    with explained(before), explained(after), silent_writer(path, target) as writer:
        going = shown(before, target, start, start + made.tail)
        coming = shown(after, target, source, source + made.head)
        for frame in with_words(_mingled(made, going, coming), burn):
            writer.frame(frame)
            step(1)


def bridge(made: Transition, going: Range, coming: Range, target: Target, folder: Path, name: str) -> Segment:
    """From a frame of one clip, through a transition that begins before its frame `going[2]`, to before a frame of the
    next one, which it begins with at its frame `coming[1]`."""
    (before, first, until), (after, source, end) = going, coming
    names = (before.sha256, first, until, after.sha256, source, end)
    path = folder / kept_name("bridge", *_how(made), *names, *form_of_target(target))
    write = partial(_write_bridge, made, (before.path, *going[1:]), (after.path, *coming[1:]), target)
    count = until - first + made.drawn + end - source - made.head
    return Segment(path, write, look_at_segment, f"encoding {name}", count)


def _write_bridge(
    made: Transition, going: Reach, coming: Reach, target: Target, path: Path, step: Step
) -> None:
    (before, first, until), (after, source, end) = going, coming
    with explained(before), explained(after), silent_writer(path, target) as writer:
        old = shown(before, target, first, until + made.tail)
        new = shown(after, target, source, end)
        lead = itertools.islice(old, until - first)
        for frame in itertools.chain(lead, _mingled(made, old, itertools.islice(new, made.head)), new):
            writer.frame(frame)
            step(1)


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
