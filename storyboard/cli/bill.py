"""What a storyboard cost: asked of fal where there is a key, and shown against what was estimated."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from storyboard.cli.console import out
from storyboard.cli.sheets import Format, show

if TYPE_CHECKING:
    from storyboard.cli.choice import Scenes
    from storyboard.fal.account import Account
    from storyboard.ledger.ledger import Ledger
    from storyboard.report.charges import Bill

NO_KEY = "No key is set, so fal was not asked: this is what the ledger knows."


def bill(ledger: Ledger, account: Account, own: Scenes | None, *, voices: bool) -> Bill:
    """The bill of the takes of these scenes, of all when there is None, as fal and the ledger know it; `voices`: with
    those of the project's voices."""
    from storyboard.render.charges import Asked, ask_charges
    from storyboard.report.charges import bill_of

    digests = None if own is None else own.digests
    if digests is not None and voices:
        digests |= {take.digest for take in ledger.takes() if take.of_voice}
    wanted = [take for take in ledger.takes() if digests is None or take.digest in digests]
    asked = Asked((NO_KEY,) if wanted else ())
    if account.key is not None:
        asked = asyncio.run(ask_charges(ledger, account, wanted))
    given_up = {each.request_id: each.charge for each in ledger.given_up() if each.request_id and each.charge}
    return bill_of(
        ledger.takes(),
        digests,
        remarks=asked.remarks,
        given_up=given_up,
        asked=own.asked if own is not None else (),
    )


def show_bill(found: Bill, format: Format) -> None:
    """Nothing is said of a bill that there is not, except to who reads a document."""
    from storyboard.report.charges import bill_document, bill_sheet, bill_text

    if format is not Format.text:
        show(format, lambda: bill_sheet(found), lambda: bill_document(found))
    elif found.takes or found.others:
        out(bill_text(found))
