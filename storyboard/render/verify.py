"""Is the clip what was asked for? A clip that is paid is kept, whatever it is; what is odd about it is
said."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from storyboard.ledger.record import TakeRecord

FRAME = Fraction(1, 24)  # clips are one frame longer than asked; live clips of 2026-07
TOLERANCE = FRAME * 3  # either side


def shortcomings(path: Path, take: TakeRecord) -> tuple[str, ...]:
    """What differs from the request, both numbers named. Raises MediaError when it is no clip at all."""
    from storyboard.media.probe import probe

    facts = probe(path)
    found: list[str] = []
    if abs(facts.seconds - (take.seconds + FRAME)) > TOLERANCE:
        lasts = f"{float(facts.seconds):.3f}"
        found.append(f"the clip lasts {lasts} s, {take.seconds} s were asked for")
    if json.loads(take.body or "{}").get("generate_audio") and facts.audio is None:
        found.append("the clip has no sound, though sound was asked for")
    return tuple(found)
