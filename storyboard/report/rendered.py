"""What came of a render, in a few lines: what was bought, for how much, where it lies, what to run next."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from storyboard.ledger.record import TakeRecord
from storyboard.report.counted import counted
from storyboard.report.money import in_all


class Rendered(Struct, frozen=True):
    """`takes` are those of the scenes that were asked for; `bought` those of them that nobody had before this run, and
    of these `sent` were sent by it: the others were found at fal. `path` is the storyboard as a command names it,
    `clips` the folder of the clips."""

    takes: tuple[TakeRecord, ...]
    bought: tuple[TakeRecord, ...]
    sent: int
    path: str
    clips: str
    rehearsal: bool = False
    builtin: bool = False  # the rehearsal's look-alike, which costs nothing


def bought_now(takes: Sequence[TakeRecord], before: Sequence[TakeRecord]) -> tuple[TakeRecord, ...]:
    """Each once, in the order of the film."""
    had = {take.key for take in before if not take.sendable}
    return tuple({take.key: take for take in takes if take.key not in had and not take.sendable}.values())


def rendered_text(found: Rendered) -> list[str]:
    """Lines for a person. Whatever failed is told after them."""
    here = any(take.clip for take in found.takes)
    return [_counts(found), *_money(found), *([f"clips in {found.clips}"] if here else [])]


def next_text(found: Rendered) -> str:
    """What to run when all went well."""
    if found.builtin:
        return f"next: `storyboard render {found.path}` shoots it at fal, for what its plan shows"
    if not found.rehearsal and any(take.charge is None for take in found.bought):
        return f"next: `storyboard reconcile {found.path}` asks fal what it charged"
    return f"next: `storyboard takes {found.path}`"


def _counts(found: Rendered) -> str:
    here = len({take.key for take in found.takes if take.clip})
    adopted = max(len(found.bought) - found.sent, 0)
    also = f", {adopted} found at fal" if adopted and found.bought else ""
    return f"{counted(here, 'clip')}, {found.sent} sent now{also}"


def _money(found: Rendered) -> list[str]:
    """What is known of it; an estimate is never told as a charge."""
    if not found.bought:
        return ["nothing was bought"]
    estimate = in_all(take.estimate for take in found.bought)
    if found.rehearsal:
        return [f"rehearsed for {estimate}; nothing was spent"]
    charged = [take for take in found.bought if take.charge is not None]
    owed = [take for take in found.bought if take.charge is None]
    if not charged:
        return [f"estimate {estimate}; what fal charged is not known yet"]
    told = f"fal charged {in_all(take.charge for take in charged)}"
    if not owed:
        return [f"{told} (estimate {estimate})"]
    rest = in_all(take.estimate for take in owed)
    return [f"{told} for {len(charged)} of them; for {len(owed)} (estimate {rest}) it is not known yet"]
