"""What only a rehearsal may do: send again what its sandbox never got. Nothing was paid for it, so nobody is asked."""

from __future__ import annotations

from storyboard.errors import Refused
from storyboard.ledger.ledger import Ledger
from storyboard.render.result import RenderResult

WHY = "the sandbox never got it"


def let_go(ledger: Ledger, result: RenderResult) -> None:
    """Takes whose answer was lost, because an earlier rehearsal was killed, become free to be sent. Raises Refused when
    there are such: the plan that was shown did not say so."""
    if not result.unknown:
        return
    for take in result.unknown:
        ledger.failed(take.key, WHY, maybe_billed=False)
    scenes = ", ".join(take.scene for take in result.unknown)
    raise Refused(
        f"An earlier rehearsal was killed before the sandbox got what it was about to send ({scenes}). It was a "
        "rehearsal, so nothing can have been paid: run the same command again, and it is sent."
    )
