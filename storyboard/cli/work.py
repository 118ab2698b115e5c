"""What every command that may buy does: shows the plan and its price, asks, carries it out alone in its place, and
says what became of it."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from storyboard.catalog.prices import DEFAULT_BOOK, book_names
from storyboard.cli.caps import caps_of, month_so_far
from storyboard.cli.console import fail, say, table_width
from storyboard.cli.expiring import warn_of_expiry
from storyboard.cli.inputs import Prepared
from storyboard.cli.lock_words import bring_in_step, tell_of_waiting, telling_of_lock
from storyboard.cli.permission import permitted
from storyboard.cli.saved import Saved
from storyboard.cli.sharing import reused_brought_here, shared_out
from storyboard.errors import Refused, StoryboardError, UsageError
from storyboard.fal.account import Account, account_from
from storyboard.ledger.place import Place
from storyboard.log import note
from storyboard.pipeline import render
from storyboard.plan.begun import refuse_without_beginning
from storyboard.plan.budget import FEWER
from storyboard.plan.policy import Caps
from storyboard.plan.rehearsed import refuse_rehearsed
from storyboard.plan.steps import Plan
from storyboard.render.budget import ruling_on
from storyboard.render.interrupt import stop_on_signals
from storyboard.render.result import RenderResult, finished
from storyboard.report.counted import counted
from storyboard.report.money import in_all
from storyboard.report.plan import plan_text

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.catalog.prices import PriceBook
    from storyboard.cli.course import Expected
    from storyboard.ledger.record import TakeRecord
    from storyboard.render.observer import Observer

Stopping = Callable[[], AbstractContextManager[asyncio.Event]]


class Work(Struct, frozen=True):
    """What a render was asked for. `account` is None for a rehearsal; `saved` is the plan that is carried out, where
    one was named; `lifting` are the holds of earlier cancels: a later one holds this render, too; `webhook` is where
    fal is asked to call; `fewer` is how the command leaves scenes out; `files` is the folder from which files are
    named, where it is not the project's."""

    prepared: Prepared
    planned: Plan
    takes: tuple[TakeRecord, ...]
    place: Place
    account: Account | None
    saved: Saved | None
    lifting: frozenset[str]
    webhook: str | None = None
    fewer: str | None = FEWER
    files: Path | None = None


def agreed(work: Work, max_cost: str | None, *, yes: bool) -> Caps:
    """Shows a plan and its price and asks; returns the caps that hold. Raises Refused."""
    refuse_without_beginning(work.planned)
    rehearsal = work.account is None
    caps = caps_of(work.prepared, max_cost, rehearsal=rehearsal, fewer=work.fewer)
    month = month_so_far(caps, work.takes, work.place)
    ruling = ruling_on(work.planned, work.takes, caps, month)
    _note_plan(work.planned)
    tell = say if rehearsal else fail  # nobody pays for a plan that was not shown
    _tell_where(work.account, tell)
    tell(plan_text(work.planned, ruling, width=table_width(sys.stderr)))
    warn_of_expiry(work.takes, work.place, work.prepared.settings.fal)
    if work.account is not None:
        refuse_rehearsed(work.planned, work.takes, rehearsal=work.place.rehearsal)
        permitted(work.planned, work.account, ruling, max_cost, yes=yes)
    return caps


def carried_out(
    work: Work,
    *,
    concurrency: int,
    caps: Caps,
    observer: Observer | None = None,
    stopping: Stopping = stop_on_signals,
    waiting: Callable[[str], None] = tell_of_waiting,
) -> RenderResult:
    """A plan that was agreed to, carried out; storyboard.lock is in step with the ledger afterwards. It is watched at
    the terminal unless there is an observer, and ends when the event is set that `stopping` gives. `waiting` hears who
    else is at work there, before anything was sent and before it waits for that to end; it may raise instead."""
    with telling_of_lock(work.place, work.takes):
        whole = reused_brought_here(work.place, work.planned, work.takes)
        result = finished(work.planned, work.takes) if whole else None
        result = result or _rendered(
            work,
            concurrency=concurrency,
            caps=caps,
            observer=observer,
            stopping=stopping,
            waiting=waiting,
        )
        bring_in_step(work.place)
    shared_out(work.place, [take.clip for take in result.takes])
    for remark in result.remarks:
        say(f"warning: {remark}")
    return result


def _note_plan(plan: Plan) -> None:
    note("plan", digest=plan.digest, price_book=plan.price_book, total=plan.total)
    for step in plan.steps:
        decided = {"decision": step.decision, "reason": step.reason, "amount": step.amount}
        note("step", scene=step.scene, take=step.take, **decided)


def _tell_where(account: Account | None, tell: Callable[[str], None]) -> None:
    """Whether money is meant: not when it is not fal that is asked."""
    if account is None:
        tell(
            "a rehearsal against the built-in look-alike of fal: no key, no money; prices as if it were real"
        )
    elif account.base_url is not None:
        tell(f"against {account.base_url} in place of fal (STORYBOARD_FAL_URL)")


def _rendered(
    work: Work,
    *,
    concurrency: int,
    caps: Caps,
    observer: Observer | None,
    stopping: Stopping,
    waiting: Callable[[str], None],
) -> RenderResult:
    """The plan carried out, alone in its place; a rehearsal against a sandbox that runs meanwhile."""
    from storyboard.cli.progress import watching
    from storyboard.ledger.lease import lease
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.store import Store
    from storyboard.render.hints import Hints
    from storyboard.render.rehearsal import let_go

    async def all_of_it(there: Account) -> RenderResult:
        with stopping() as stop:
            return await render(
                work.planned,
                project=work.files or work.prepared.project,
                ledger=ledger,
                store=Store(work.place),
                account=there,
                observer=watcher,
                concurrency=concurrency,
                caps=caps,
                stop=stop,
                settings=work.prepared.settings.fal,
                lifting=work.lifting,
                webhook=work.webhook,
                hints=Hints(work.place.hints),
                name=work.prepared.source.relative_to(work.prepared.project).as_posix(),
            )

    work.place.ready()
    with ExitStack() as stack:
        stack.enter_context(lease(work.place.lock, waiting))
        ledger = Ledger.open(work.place)
        if work.saved is not None:
            work.saved.begin(ledger)
        there = work.account or rehearsal(stack, work.place, work.prepared.book)
        watcher = observer or stack.enter_context(watching(_expected(work, concurrency)))
        result = asyncio.run(all_of_it(there))
        if work.account is None:
            let_go(ledger, result)
        return result


def _expected(work: Work, concurrency: int) -> Expected:
    from storyboard.catalog.times import times
    from storyboard.cli.course import Expected
    from storyboard.plan.due import dues

    rehearsal = work.place.rehearsal
    due = dues(work.planned, work.takes, times(), datetime.now(UTC), rehearsal=rehearsal)
    return Expected(due, concurrency, rehearsal)


def rehearsal(stack: ExitStack, place: Place, book: PriceBook | None = None) -> Account:
    """The built-in sandbox, started for as long as the stack is open; its state lasts. Raises UsageError where
    it is not installed."""
    try:
        from storyboard.sandbox.serve import running
        from storyboard.sandbox.settings import SandboxSettings
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"The sandbox needs {missing.name}: run "
            '`pip install "storyboard-compiler[sandbox]"`, then the same command again.'
        ) from None
    name = book.name if book is not None and book.name in book_names() else DEFAULT_BOOK
    settings = SandboxSettings(state=place.server, prices=name, latency=0.0)
    return account_from(base_url=stack.enter_context(running(settings)).base_url)


def verdict(result: RenderResult) -> StoryboardError | None:
    """What keeps a render from being done, as one failure: money first."""
    if result.unknown:
        return Refused(_unknown_text(result))
    if not result.problems:
        return None
    texts = dict.fromkeys(str(problem.error) for problem in result.problems)
    done = sum(bool(take.clip or take.voice) for take in result.takes)
    count = f"{counted(len(result.problems), 'scene')} without a clip, {done} with one; what was bought is recorded."
    return _same_kind(result.problems[0].error, "\n".join([*texts, count]))


def _same_kind(failure: StoryboardError, text: str) -> StoryboardError:
    told = StoryboardError(text)
    told.exit_code = failure.exit_code
    return told


def _unknown_text(result: RenderResult) -> str:
    held = in_all(take.estimate for take in result.unknown)
    scenes = ", ".join(take.scene for take in result.unknown)
    failed = "".join(f"\n{problem.error}" for problem in result.problems)
    return (
        f"fal's answer to {counted(len(result.unknown), 'submit')} was lost ({scenes}): {held} may have been "
        "spent. They are recorded, count as spent and are not sent again. fal's history does not show them; "
        "it can lag by hours. Run the same command later to look again, or settle them with `storyboard "
        "reconcile`." + failed
    )
