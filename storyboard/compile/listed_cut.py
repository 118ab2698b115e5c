"""The edit of a shot list from the authored one: names found, defaults filled in. What is wrong, the rules report."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, TypedDict

from storyboard.compile.paths import path_of
from storyboard.compile.shot_list import (
    Fit,
    ListedCard,
    ListedCue,
    ListedItem,
    ListedTransition,
    ListedTrim,
)
from storyboard.read.leaves import Unreadable, moment
from storyboard.read.model import Card, Cue, Placed, Storyboard, Transition, Trim


class ListedCut(TypedDict):
    """What a ShotList holds of the edit."""

    transitions: tuple[ListedTransition, ...]
    size: tuple[int, int] | None
    fps: int
    fit: Fit
    items: tuple[ListedItem, ...]
    first_card: ListedCard | None
    last_card: ListedCard | None
    cues: tuple[ListedCue, ...]
    loudness: Decimal | None


def listed_cut(storyboard: Storyboard) -> ListedCut:
    cut = storyboard.cut
    return ListedCut(
        transitions=tuple(map(_transition, cut.transitions)),
        size=cut.size,
        fps=cut.fps,
        fit="crop" if _value(cut.fit, "pad") == "crop" else "pad",
        items=_items(storyboard),
        first_card=_card(cut.title),
        last_card=_card(cut.end),
        cues=tuple(_cue(cue) for cue in cut.sound),
        loudness=_value(cut.loudness, None),
    )


def listed_trim(trim: Trim) -> ListedTrim:
    return ListedTrim(_value(trim.begin, None), _value(trim.end, None))


def _items(storyboard: Storyboard) -> tuple[ListedItem, ...]:
    items: list[ListedItem] = []
    for entry in storyboard.cut.order:
        found = storyboard.named(entry.name.value)
        if found is not None:
            scene, shot = found
            name = shot.id if shot is not None else None
            items.append(ListedItem(scene.id.value, name, listed_trim(entry.trim)))
    return tuple(items)


def _transition(authored: Transition) -> ListedTransition:
    return ListedTransition(
        authored.before.value,
        authored.after.value,
        authored.kind.value,
        str(authored.seconds.value),
        authored.place,
        _value(authored.direction, "right"),
    )


def _card(card: Card | None) -> ListedCard | None:
    return ListedCard(card.text.value, card.subtitle, card.seconds.value) if card is not None else None


def _cue(cue: Cue) -> ListedCue:
    return ListedCue(
        file=path_of(cue.file) or "",
        at=moment_or_name(cue.at),
        source=cue.source,
        seconds=_value(cue.seconds, None),
        gain=_value(cue.gain, Decimal(0)),
        fade_in=cue.fade_in,
        fade_out=cue.fade_out,
        duck=_value(cue.duck, Decimal(0)),
        span=cue.file.span,
    )


def moment_or_name(at: Placed[str] | None) -> Decimal | str:
    """Seconds where it is a time, else the name that it is."""
    if at is None:
        return Decimal(0)
    try:
        return moment(at.value)
    except Unreadable:
        return at.value


def _value(placed: Placed[Any] | None, default: Any) -> Any:
    return placed.value if placed is not None else default
