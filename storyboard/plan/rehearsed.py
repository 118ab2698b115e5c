"""Voices that only the sandbox knows, in requests that are to be paid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from storyboard.catalog.endpoints import REHEARSED
from storyboard.compile.request import Request
from storyboard.errors import Refused
from storyboard.ledger.record import TakeRecord
from storyboard.plan.steps import Plan


def refuse_rehearsed(plan: Plan, takes: Iterable[TakeRecord], *, rehearsal: bool) -> None:
    """Raises Refused when something that would be sent names a rehearsal's voice: fal does not know it, and may charge
    for finding out. `takes` are those of where it goes to: a look-alike (`rehearsal`) knows the voices that it made."""
    told = told_of_rehearsed((step.request for step in plan.to_send()), takes, rehearsal=rehearsal)
    if told is not None:
        raise Refused(f"{told} Nothing was sent.")


def told_of_rehearsed(
    requests: Iterable[Request], takes: Iterable[TakeRecord], *, rehearsal: bool
) -> str | None:
    """What is wrong with requests that name a rehearsal's voice, and the cure; None when none does."""
    own = {take.voice for take in takes} if rehearsal else set()
    named = [each.scene for each in requests if not own.issuperset(_voices(each.arguments))]
    if not named:
        return None
    return (
        f"{', '.join(named)}: a voice there is a rehearsal's, and fal does not know it. `storyboard voice create NAME "
        "FILE` has fal make it; only `storyboard render --sandbox` takes it as it is."
    )


def _voices(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            ids = inner if key == "voice_ids" else [inner] if key == "voice_id" else []
            yield from (each for each in ids if isinstance(each, str) and each.startswith(REHEARSED))
            yield from _voices(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _voices(inner)
