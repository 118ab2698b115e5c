"""What changed, and what it makes to be bought again, in words."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from msgspec import Struct

from storyboard.plan.changes import Change
from storyboard.plan.content import HASH
from storyboard.plan.steps import Step
from storyboard.plan.words import marked

LONGEST = 60  # characters of a value


class Rebuy(Struct, frozen=True):
    """What a change makes to be bought again: the whole request. `changed` are ids of shots, empty when the change is
    the scene's own; `amount` in USD, None when unknown."""

    changed: tuple[str, ...]
    shots: int
    seconds: int
    amount: Decimal | None


def rebuy_of(step: Step) -> Rebuy | None:
    """None for a step that buys nothing, or nothing in place of another take."""
    if step.decision != "send" or step.why != "changed":
        return None
    changed = dict.fromkeys(change.shot for change in step.changes if change.shot is not None)
    return Rebuy(tuple(changed), len(step.request.shots), step.request.seconds, step.amount)


def change_in_words(change: Change) -> str:
    """On one line: `duration 4 → 5`."""
    where = f"shot {change.shot}" if change.shot is not None else ""
    if change.field == "shot":
        return f"{where} {_came_or_went(change)}"
    name = f"{where}, {change.field}" if where else change.field
    if change.paths is not None:
        return f"{name} {_file(change)}"
    if change.words:
        return f"{name}: {marked(change.words)}"
    if isinstance(change.old or change.new, dict):
        return f"{name} {_came_or_went(change)}"
    return f"{name} {_value(change.old)} → {_value(change.new)}"


def rebuy_in_words(step: Step, amount: str) -> str | None:
    """For a request of several shots: what else is bought again with the shot that changed."""
    rebuy = rebuy_of(step)
    if rebuy is None or rebuy.shots == 1:
        return None
    shots = (
        f"shot{'s' * (len(rebuy.changed) > 1)} {', '.join(rebuy.changed)} changed; " if rebuy.changed else ""
    )
    return f"{shots}the whole request ({rebuy.shots} shots, {rebuy.seconds} s) is bought again: {amount}"


def _came_or_went(change: Change) -> str:
    return "is new" if change.old is None else "is gone"


def _file(change: Change) -> str:
    old, new = change.paths or (None, None)
    if change.new is None:
        return f"{old or _value(change.old)} is gone"
    if change.old is None:
        return f"{new or _value(change.new)} is new"
    if new is not None and old is None:
        return f"{new} is not the file that was sent"
    if new is not None and old == new:
        return f"{new} has other content"
    return f"{old or _value(change.old)} → {new or _value(change.new)}"


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if text.startswith(HASH):
        return "another file"
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
