"""The meter of a shot's prompt: how many characters each section takes, to scale."""

from __future__ import annotations

from msgspec import Struct

from storyboard.report.page.facts import ShotFacts


class MeterRow(Struct, frozen=True):
    """A stretch of the meter; `start` and `width` in percent of it."""

    name: str
    level: str
    characters: int
    start: str
    width: str


class Meter(Struct, frozen=True):
    """`mark` is where a warning begins, in percent."""

    rows: tuple[MeterRow, ...]
    mark: str
    whole: int


def meter_of(shot: ShotFacts) -> Meter:
    """To the limit's scale; of a prompt that is longer, to its own. Tags count for more than what is sent for them:
    what they add has a stretch of its own."""
    sent = sum(each.characters for each in shot.stretches)
    stretches = [(each.section or "template", each.level, each.characters) for each in shot.stretches]
    if shot.characters > sent:
        stretches.append(("element tags", "", shot.characters - sent))
    whole = max(shot.limit, shot.characters, 1)
    rows, start = [], 0
    for name, level, characters in stretches:
        rows.append(MeterRow(name, level, characters, percent(start, whole), percent(characters, whole)))
        start += characters
    return Meter(tuple(rows), percent(shot.warning, whole), whole)


def percent(part: int, whole: int) -> str:
    """As an attribute of SVG has it: "12.5%"."""
    return f"{100 * part / whole:.2f}".rstrip("0").rstrip(".") + "%"
