"""The last words of a render: what was bought, for how much as far as it is known, where it lies, what to run next."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec.structs import replace

from storyboard.ledger.record import State, TakeRecord
from storyboard.report.rendered import Rendered, bought_now, next_text, rendered_text

DAWN = TakeRecord(
    "d" * 64, 1, "dawn", "a/b", State.VERIFIED, 5, "2026-11-27", estimate=Decimal("1.764"), clip="c" * 64
)
SEA = replace(DAWN, digest="e" * 64, scene="sea", estimate=Decimal("2.268"))
SKY = replace(DAWN, digest="f" * 64, scene="sky", estimate=None)


def charged(take: TakeRecord, amount: str) -> TakeRecord:
    return replace(take, charge=Decimal(amount))


def told(*bought: TakeRecord, sent: int | None = None, **more: bool) -> tuple[list[str], str]:
    takes = bought or (DAWN,)
    found = Rendered(takes, bought, len(bought) if sent is None else sent, "film", "/clips", **more)
    return rendered_text(found), next_text(found)


RECONCILE = "next: `storyboard reconcile film` asks fal what it charged"
TAKES = "next: `storyboard takes film`"


@pytest.mark.parametrize(
    ("bought", "counts", "money", "then"),
    [
        (
            (DAWN, SEA),
            "2 clips, 2 sent now",
            "estimate 4.03 USD; what fal charged is not known yet",
            RECONCILE,
        ),
        (
            (charged(DAWN, "1.51"), charged(SEA, "2.27")),
            "2 clips, 2 sent now",
            "fal charged 3.78 USD (estimate 4.03 USD)",
            TAKES,
        ),
        (
            (charged(DAWN, "1.51"), SEA),
            "2 clips, 2 sent now",
            "fal charged 1.51 USD for 1 of them; for 1 (estimate 2.27 USD) it is not known yet",
            RECONCILE,
        ),
        (
            (SKY,),
            "1 clip, 1 sent now",
            "estimate an unknown amount; what fal charged is not known yet",
            RECONCILE,
        ),
        ((), "1 clip, 0 sent now", "nothing was bought", TAKES),
    ],
)
def test_what_was_bought(bought: tuple[TakeRecord, ...], counts: str, money: str, then: str) -> None:
    assert told(*bought) == ([counts, money, "clips in /clips"], then)


def test_a_rehearsal_says_that_nothing_was_spent() -> None:
    lines, then = told(charged(DAWN, "1.51"), rehearsal=True, builtin=True)
    assert lines[1] == "rehearsed for 1.76 USD; nothing was spent"
    assert then == "next: `storyboard render film` shoots it at fal, for what its plan shows"


def test_what_was_found_at_fal_was_not_sent() -> None:
    assert told(DAWN, SEA, sent=1)[0][0] == "2 clips, 1 sent now, 1 found at fal"


def test_bought_now_is_what_nobody_had() -> None:
    """Each once, though two scenes ask for it; what had failed at no cost before counts, what fails so now does not."""
    failed = replace(SEA, state=State.FAILED)
    unknown = replace(SKY, state=State.UNKNOWN)
    assert bought_now((DAWN, DAWN, SEA, unknown), (failed,)) == (DAWN, SEA, unknown)
    assert bought_now((DAWN, failed), (DAWN,)) == ()
