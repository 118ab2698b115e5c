"""Is the clip what was asked for? A clip that is paid is kept, whatever it is; what is odd about it is
said."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

from storyboard.catalog.endpoints import catalog
from storyboard.errors import MediaError
from storyboard.ledger.record import TakeRecord

FRAME = Fraction(1, 24)  # clips are one frame longer than asked; live clips of 2026-07
TOLERANCE = FRAME * 3  # either side


def shortcomings(path: Path, take: TakeRecord) -> tuple[str, ...]:
    """What differs from the request, both numbers named. Raises MediaError when it is no clip at all."""
    from storyboard.media.probe import probe

    facts = probe(path)
    found = [length] if (length := _other_length(facts.seconds, take)) else []
    if facts.audio is None and _asks_for_sound(take):
        found.append("the clip has no sound, though sound was asked for")
    return tuple(found)


def _asks_for_sound(take: TakeRecord) -> bool:
    """A take of which no body is known asks for nothing."""
    row = catalog().find(take.endpoint)
    if row is None or not take.body or row.keeps_sound:  # a film may have none to keep
        return False
    return row.makes_sound(json.loads(take.body))


def unusable(path: Path, take: TakeRecord) -> str | None:
    """Why a clip that is not as fal describes it can't be the take's; None when every frame of it decodes and it is as
    long as was asked for."""
    from storyboard.media.decode import decodes
    from storyboard.media.probe import probe

    reason = decodes(path, "mp4")
    if reason is not None:
        return reason
    try:
        return _other_length(probe(path).seconds, take)
    except MediaError as failure:
        return str(failure).rstrip(".")


def _other_length(seconds: Fraction, take: TakeRecord) -> str | None:
    """A clip that is as long as a film is shorter than the whole seconds that it is paid as, by less than one."""
    row = catalog().find(take.endpoint)
    less = 1 if row is not None and row.follows else 0
    if take.seconds - less - TOLERANCE <= seconds - FRAME <= take.seconds + TOLERANCE:
        return None
    return f"the clip lasts {float(seconds):.3f} s, {take.seconds} s were asked for"
