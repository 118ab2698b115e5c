"""Voices that only the sandbox knows, in requests that are to be paid."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from storyboard.catalog.endpoints import REHEARSED
from storyboard.errors import Refused
from storyboard.plan.steps import Plan


def refuse_rehearsed(plan: Plan) -> None:
    """Raises Refused when something that would be sent names a rehearsal's voice: fal does not know it, and may charge
    for finding out."""
    named = [step.scene for step in plan.to_send() if any(_voices(step.request.arguments))]
    if named:
        raise Refused(
            f"{', '.join(named)}: a voice there is a rehearsal's, and fal does not know it. Nothing was sent. "
            "`storyboard voice create NAME FILE` has fal make it."
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
