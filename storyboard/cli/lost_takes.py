"""The desk at which submits are settled whose answer was lost: by fal's history, or by the person's word."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.cli.console import fail, say
from storyboard.errors import UsageError
from storyboard.report.counted import counted
from storyboard.report.money import amount_of, in_all

if TYPE_CHECKING:
    from storyboard.cli.choice import Scenes
    from storyboard.fal.account import Account
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord

REFUSED = 3

Tell = Callable[[str], None]


class Words(Struct, frozen=True):
    """What a person says of takes: `SCENE=ID` is adopted (with `force` also what may be another's), a scene's is sent
    again, or written off."""

    adopt: tuple[str, ...] = ()
    resend: tuple[str, ...] = ()
    write_off: tuple[str, ...] = ()
    force: bool = False

    @property
    def are_said(self) -> bool:
        return bool(self.adopt or self.resend or self.write_off)


class Desk:
    """Settles the takes of one place, or of some of its scenes. `tell` prints what came of it."""

    def __init__(
        self, ledger: Ledger, place: Place, account: Account, tell: Tell, only: Scenes | None
    ) -> None:
        self.ledger, self.tell, self.account = ledger, tell, account
        self._place, self._only = place, only

    def decide(self, scenes: Scenes, words: Words) -> None:
        for pair in words.adopt:
            self._adopt(scenes, pair, force=words.force)
        for name in words.resend:
            self._resend(scenes, name)
        for name in words.write_off:
            self._write_off(scenes, name)

    def _adopt(self, scenes: Scenes, pair: str, *, force: bool) -> None:
        from storyboard.fal.hosts import request_id_of
        from storyboard.render.settle import adopt

        scene, _, text = pair.partition("=")
        request_id = request_id_of(text)
        if not scene or request_id is None:
            raise UsageError(f"--adopt takes SCENE=ID, the id as fal's dashboard shows it, not {pair!r}.")
        take = scenes.one(self._unknown(), scene)
        self.account.needed_key()
        asyncio.run(adopt(self.ledger, self.account, take, request_id, force=force))
        self.tell(f"{_name(take)}: adopted as {request_id}; `storyboard render` fetches its clip")

    def _resend(self, scenes: Scenes, name: str) -> None:
        from storyboard.ledger.record import State
        from storyboard.render.settle import look_before_resending

        ended = {State.FAILED, State.CANCELLED}
        settled = [t for t in self.ledger.takes() if t.state in ended and t.maybe_billed]
        take = scenes.one([*self._unknown(), *settled], name)
        looking = self.account.key is not None
        found = asyncio.run(look_before_resending(self.ledger, self.account, take)) if looking else None
        if found is not None:
            self.tell(
                f"{_name(take)}: not sent again, since fal's history has it by now as {found.request_id}: adopted; "
                "`storyboard render` fetches its clip"
            )
            return
        self.ledger.reopen(take.key, "a person decided to send it again")
        self.tell(
            f"{_name(take)}: the next render sends it again for {amount_of(take.estimate)}; if fal took it before, "
            "it is paid twice"
        )

    def _write_off(self, scenes: Scenes, name: str) -> None:
        take = scenes.one(self._unknown(), name)
        self.ledger.failed(take.key, "written off by a person", maybe_billed=True)
        self.tell(f"{_name(take)}: written off, {amount_of(take.estimate)} may have been spent")

    def look(self) -> None:
        """One look into fal's history for what is unknown."""
        from storyboard.render.settle import look_once

        unknown = self._unknown()
        if not unknown:
            return
        self.account.needed_key()
        for take in asyncio.run(look_once(self.ledger, self.account, unknown)):
            if take.request_id:
                self.tell(f"{_name(take)}: found as {take.request_id}; `storyboard render` fetches it")

    def fetch(self) -> None:
        """What is at fal, brought home."""
        from storyboard.cli.progress import watching
        from storyboard.ledger.store import Store
        from storyboard.render.home import AT_FAL, bring_home

        waiting = [take for take in self._takes() if take.state in AT_FAL]
        if not waiting:
            return
        self.account.needed_key()
        with watching() as observer:
            home = bring_home(waiting, self.ledger, Store(self._place), self.account, observer)
            for take in asyncio.run(home):
                self.tell(f"{_name(take)}: {take.state.value}{f' ({take.error})' if take.error else ''}")

    def left(self) -> int:
        """The exit code, and what is still unsettled."""
        unknown = self._unknown()
        if not unknown:
            say("nothing is unsettled")
            return 0
        for take in unknown:
            since = f"unknown since {take.sent_at} ({take.error}), {amount_of(take.estimate)}"
            self.tell(f"{_name(take)} ({take.digest[:12]}/{take.take}): {since}")
        held = in_all(take.estimate for take in unknown)
        fail(
            f"{counted(len(unknown), 'submit')} unsettled, {held} may have been spent. fal's history can lag by "
            "hours; not being in it proves nothing. Compare with fal's dashboard, then --adopt, --resend or "
            "--write-off."
        )
        return REFUSED

    def _takes(self) -> list[TakeRecord]:
        return [take for take in self.ledger.takes() if self._only is None or self._only.has(take)]

    def _unknown(self) -> list[TakeRecord]:
        from storyboard.plan.spending import at_stake

        return list(at_stake(self._takes()))


def _name(take: TakeRecord) -> str:
    return f"{take.scene}, take {take.take}"
