"""`storyboard render`: shows the plan and its price, asks, carries it out, and cuts.

Exit codes beside the common ones: 3 when money stands against it (no answer to the question, a budget, a
submission whose answer was lost), 4 when fal, the media or this machine failed. A missing key is 4 too:
the command's words are right, the way to fal is not.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyboard.catalog.prices import DEFAULT_BOOK, book_names
from storyboard.cli.console import out, out_document, say
from storyboard.cli.expiring import warn_of_expiry
from storyboard.cli.inputs import Asked, Prepared, given_budget
from storyboard.cli.lock_words import bring_in_step, telling_of_lock
from storyboard.cli.options import (
    Format,
    FormatOption,
    MaxCost,
    Output,
    Prices,
    Scenes,
    Select,
    Variables,
)
from storyboard.cli.permission import permitted
from storyboard.cli.saved import Saved, plan_again, prepared_again, saved_at
from storyboard.errors import Refused, StoryboardError, UsageError
from storyboard.fal.account import Account, account_from
from storyboard.ledger.facts import known_holds
from storyboard.ledger.place import Place, place_of
from storyboard.pipeline import plan, render
from storyboard.plan.steps import Plan
from storyboard.render.result import RenderResult, finished
from storyboard.report.documents import as_json
from storyboard.report.money import in_all
from storyboard.report.plan import plan_text

if TYPE_CHECKING:
    from storyboard.ledger.record import TakeRecord

MOST_AT_A_TIME = 100


PathOrPlan = Annotated[
    Path,
    typer.Argument(
        metavar="PATH|PLAN",
        help="A storyboard, a folder with storyboard.yaml, or a plan that `plan -o` saved.",
    ),
]


@dataclass(frozen=True)
class Work:
    """What a render was asked for. `account` is None for a rehearsal; `saved` is the plan that is carried out, where
    one was named; `lifting` are the holds of earlier cancels: a later one holds this render, too."""

    prepared: Prepared
    planned: Plan
    takes: tuple[TakeRecord, ...]
    place: Place
    account: Account | None
    saved: Saved | None
    lifting: frozenset[str]


def command(
    path: PathOrPlan,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking. For scripts.")] = False,
    max_cost: MaxCost = None,
    scene: Scenes = None,
    select: Select = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Rehearse against the built-in look-alike: no key, no money.")
    ] = False,
    prices: Prices = None,
    var: Variables = None,
    output: Output = None,
    format: FormatOption = Format.text,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No plan, no progress.")] = False,
) -> int:
    """Shoot a storyboard: shows the plan and its price, asks, sends, and cuts. Nothing is bought twice."""
    json = format is Format.json
    work = work_of(path, Asked(scene, select, var, prices, max_cost), sandbox=sandbox, json=json)
    concurrency = at_a_time()
    if not (quiet and sandbox):  # nobody pays for a plan that was not shown
        _say_where(work.account)
        say(plan_text(work.planned))
        warn_of_expiry(work.takes, work.place, work.prepared.settings.fal)
    budget = given_budget(max_cost) if sandbox else work.prepared.budget  # a rehearsal costs nothing
    if work.account is not None:
        permitted(work.planned, work.account, work.takes, budget, max_cost, yes=yes)
    with telling_of_lock(work.place, work.takes):
        result = finished(work.planned, work.takes) or _rendered(
            work, concurrency=concurrency, budget=budget, quiet=quiet
        )
        bring_in_step(work.place)
    return _told(work, result, output, sandbox=sandbox, quiet=quiet, json=json)


def work_of(path: Path, asked: Asked, *, sandbox: bool, json: bool) -> Work:
    """The storyboard, or the saved plan, that PATH names, as it stands. Raises Refused for a plan that was used or
    that no longer holds."""
    saved = saved_at(path)
    if saved is not None:
        prepared = prepared_again(saved, asked, sandbox=sandbox, json=json)
    else:
        prepared = asked.prepare(path, json=json)
    account = None if sandbox else account_from()
    place = place_of(prepared.project, account.base_url if account else None, builtin=sandbox)
    if saved is not None:
        planned, takes = plan_again(saved, prepared, place)
    else:
        planned, takes = plan(prepared.requests, prepared.book, prepared.project, place, asked.select or ())
    return Work(prepared, planned, takes, place, account, saved, known_holds(place))


def _told(
    work: Work, result: RenderResult, output: Path | None, *, sandbox: bool, quiet: bool, json: bool
) -> int:
    """The cut, and what there is to say of it all. Raises what kept the render from being done."""
    for remark in result.remarks:
        say(f"warning: {remark}")
    failure = verdict(result)
    cut = None if failure else _cut(work.prepared, work.place, output, sandbox=sandbox, quiet=quiet)
    if json:
        out_document(as_json(document(result, work.place, cut, failure)))
    elif not failure:
        _summary(result, work.place, cut)
    _tell_of_stranded(work)
    if failure:
        raise failure
    if work.saved is not None and result.complete:
        work.saved.end(work.place)
    return 0


def _say_where(account: Account | None) -> None:
    """Whether money is meant: not when it is not fal that is asked."""
    if account is None:
        say("a rehearsal against the built-in look-alike of fal: no key, no money; prices as if it were real")
    elif account.base_url is not None:
        say(f"against {account.base_url} in place of fal (STORYBOARD_FAL_URL)")


def at_a_time() -> int:
    """How many takes may be at fal at once: STORYBOARD_CONCURRENCY, or what fal gives a new account."""
    text = os.environ.get("STORYBOARD_CONCURRENCY", "").strip() or "2"
    if text.isascii() and text.isdigit() and 1 <= int(text) <= MOST_AT_A_TIME:
        return int(text)
    raise UsageError(f"STORYBOARD_CONCURRENCY is a number from 1 to {MOST_AT_A_TIME}, not {text!r}.")


def _rendered(work: Work, *, concurrency: int, budget: Decimal | None, quiet: bool) -> RenderResult:
    """The plan carried out, alone in its place; a rehearsal against a sandbox that runs meanwhile."""
    from storyboard.cli.progress import watching
    from storyboard.ledger.lease import lease
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.store import Store
    from storyboard.render.interrupt import stop_on_signals

    async def all_of_it(there: Account) -> RenderResult:
        with stop_on_signals() as stop:
            return await render(
                work.planned,
                project=work.prepared.project,
                ledger=ledger,
                store=Store(work.place),
                account=there,
                observer=observer,
                concurrency=concurrency,
                budget=budget,
                stop=stop,
                settings=work.prepared.settings.fal,
                lifting=work.lifting,
            )

    work.place.ready()
    with ExitStack() as stack:
        stack.enter_context(lease(work.place.lock, lambda who: say(f"{who}: waiting for it to end")))
        ledger = Ledger.open(work.place)
        if work.saved is not None:
            work.saved.begin(ledger)
        there = work.account or _rehearsal(stack, work.prepared, work.place)
        observer = stack.enter_context(watching(quiet=quiet))
        return asyncio.run(all_of_it(there))


def _rehearsal(stack: ExitStack, prepared: Prepared, place: Place) -> Account:
    """The built-in sandbox, started for as long as the stack is open; its state lasts."""
    try:
        from storyboard.sandbox.serve import running
        from storyboard.sandbox.settings import SandboxSettings
    except ModuleNotFoundError as missing:
        raise UsageError(
            f"The sandbox needs {missing.name}: run "
            '`pip install "storyboard-compiler[sandbox]"`, then the same command again.'
        ) from None
    book = prepared.book.name if prepared.book.name in book_names() else DEFAULT_BOOK
    settings = SandboxSettings(state=place.server, prices=book, latency=0.0)
    return account_from(base_url=stack.enter_context(running(settings)).base_url)


def verdict(result: RenderResult) -> StoryboardError | None:
    """What keeps a render from being done, as one failure: money first."""
    if result.unknown:
        return Refused(_unknown_text(result))
    if not result.problems:
        return None
    texts = dict.fromkeys(str(problem.error) for problem in result.problems)
    done = sum(take.clip is not None for take in result.takes)
    count = f"{len(result.problems)} scene(s) have no clip, {done} have one; what was bought is recorded."
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
        f"fal's answer to {len(result.unknown)} submit(s) was lost ({scenes}): {held} may have been "
        "spent. They are recorded, count as spent and are not sent again. fal's history does not show them; "
        "it can lag by hours. Run the same command later to look again, or settle them with `storyboard "
        "reconcile`." + failed
    )


def _cut(prepared: Prepared, place: Place, output: Path | None, *, sandbox: bool, quiet: bool) -> Path:
    """The whole film, also when only some scenes were rendered now."""
    from storyboard.cli.cut import clips_in_store, cut_of

    return cut_of(prepared, clips_in_store(prepared, place), place, output, sandbox=sandbox, quiet=quiet)


def _tell_of_stranded(work: Work) -> None:
    from storyboard.ledger.facts import known_takes
    from storyboard.render.home import stranded

    film = {(request.digest, request.take) for request in work.prepared.film}
    takes, _ = known_takes(work.place.project, place=work.place)
    left = [take for take in stranded(takes, work.planned) if take.key not in film]
    if left:
        names = ", ".join(f"{take.scene}, take {take.take}" for take in left)
        say(
            f"paid, but no scene asks for it any more: {names}. `storyboard reconcile` fetches what fal "
            "keeps."
        )


def document(
    result: RenderResult, place: Place, cut: Path | None, failure: StoryboardError | None
) -> dict[str, Any]:
    from storyboard.cli.takes import take_row

    return {
        "takes": [take_row(take, place) for take in result.takes],
        "sent": result.sent,
        "cut": None if cut is None else str(cut),
        "error": None if failure is None else str(failure),
    }


def _summary(result: RenderResult, place: Place, cut: Path | None) -> None:
    for take in result.takes:
        for warning in take.warnings:
            say(f"warning: {take.scene}, take {take.take}: {warning}")
    say(f"{len(result.takes)} clip(s) in {place.clips}, {result.sent} sent now")
    if cut is not None:
        out(str(cut))
