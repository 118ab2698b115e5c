"""What differs in how a film is cut: its order, its transitions, its cards, its music. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, TypeVar

from storyboard.compile.shot_list import (
    ListedCard,
    ListedCue,
    ListedItem,
    ListedTransition,
    ListedTrim,
    ShotList,
)
from storyboard.plan.changes import Change
from storyboard.plan.words import Piece, compared, compared_words

T = TypeVar("T")


def cut_changes(old: ShotList, new: ShotList) -> tuple[Change, ...]:
    """In the order of the storyboard's `cut`."""
    return (
        *_order(old, new),
        *_entries(old, new),
        *_each("transition", old.transitions, new.transitions, _ends, _transition),
        *_words("title card", _card(old.first_card), _card(new.first_card)),
        *_words("end card", _card(old.last_card), _card(new.last_card)),
        *_each("sound", old.cues, new.cues, _file, _cue),
        *_plain(old, new),
    )


def _order(old: ShotList, new: ShotList) -> Iterator[Change]:
    """Only where one was authored: without, the cut is in the order of the scenes."""
    before, after = ([item.name for item in listed.row] for listed in (old, new))
    if (old.items or new.items) and before != after:
        words = compared_words([f" {name}" for name in before], [f" {name}" for name in after])
        yield Change("order", before, after, words=words)


def _entries(old: ShotList, new: ShotList) -> Iterator[Change]:
    """Trims of entries that are in both; others are told by the order."""
    before, after = _numbered(old.items, _name), _numbered(new.items, _name)
    for name in after:
        if name in before:
            yield from trim_changes(before[name].trim, after[name].trim, f"{name}, ")


def _name(item: ListedItem) -> str:
    return item.name


def trim_changes(old: ListedTrim, new: ListedTrim, of: str = "") -> Iterator[Change]:
    for name, before, after in (("in", old.begin, new.begin), ("out", old.end, new.end)):
        if before != after:
            yield Change(f"{of}{name}", seconds(before), seconds(after))


def seconds(value: Decimal | None) -> str | None:
    return None if value is None else f"{value.normalize():f} s"


def _ends(transition: ListedTransition) -> str:
    return f"from {transition.before} to {transition.after}"


def _transition(transition: ListedTransition) -> str:
    way = f" {transition.direction}" if transition.kind == "wipe" else ""
    return f"{transition.kind}{way}, {seconds(Decimal(transition.seconds))}"


def _card(card: ListedCard | None) -> str | None:
    if card is None:
        return None
    subtitle = f" ({card.subtitle})" if card.subtitle else ""
    return f"{card.text}{subtitle}, {seconds(card.seconds)}"


def _file(cue: ListedCue) -> str:
    return cue.file


def _cue(cue: ListedCue) -> str:
    parts = [f"at {cue.at if isinstance(cue.at, str) else seconds(cue.at)}"]
    lengths = {"from": cue.source, "for": cue.seconds, "fade in": cue.fade_in, "fade out": cue.fade_out}
    parts += [f"{name} {seconds(value)}" for name, value in lengths.items() if value]
    parts += [f"{name} {value} dB" for name, value in {"gain": cue.gain, "duck": cue.duck}.items() if value]
    return ", ".join(parts)


def _plain(old: ShotList, new: ShotList) -> Iterator[Change]:
    values: dict[str, Callable[[ShotList], Any]] = {
        "loudness": lambda listed: listed.loudness and f"{listed.loudness} LUFS",
        "size": lambda listed: listed.size and "{}x{}".format(*listed.size),
        "fit": lambda listed: listed.fit,
        "fps": lambda listed: listed.fps,
    }
    for name, value in values.items():
        if value(old) != value(new):
            yield Change(name, value(old), value(new))


def _each(
    what: str, old: Sequence[T], new: Sequence[T], name: Callable[[T], str], told: Callable[[T], str]
) -> Iterator[Change]:
    """What came, went and changed of things with a name, which may be there twice."""
    before, after = (
        {each: told(thing) for each, thing in _numbered(things, name).items()} for things in (old, new)
    )
    for each in dict.fromkeys([*after, *before]):
        yield from _words(f"{what} {each}", before.get(each), after.get(each))


def _numbered(things: Sequence[T], name: Callable[[T], str]) -> Mapping[str, T]:
    """By name; what has the name of an earlier one gets a number."""
    counts: Counter[str] = Counter()
    found: dict[str, T] = {}
    for thing in things:
        counts[name(thing)] += 1
        number = counts[name(thing)]
        found[name(thing) if number == 1 else f"{name(thing)} #{number}"] = thing
    return found


def _words(name: str, old: str | None, new: str | None) -> Iterator[Change]:
    if old != new:
        yield Change(name, old, new, words=between(old, new))


def between(old: str | None, new: str | None) -> tuple[Piece, ...]:
    """Two texts word by word; all of one where the other is not there."""
    if old is None or new is None:
        return (Piece("-", old),) if old is not None else (Piece("+", new or ""),)
    return compared(old, new)
