"""`storyboard render`: shows the plan and its price, asks, carries it out, and cuts.

Exit codes beside the common ones: 3 when money stands against it (no answer to the question, a budget, a
submission whose answer was lost), 4 when fal, the media or this machine failed. A missing key is 4 too:
the command's words are right, the way to fal is not.
"""

from __future__ import annotations

import asyncio
import os
from contextlib import ExitStack
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyboard.catalog.prices import DEFAULT_BOOK, book_names
from storyboard.cli.console import out, out_document, say
from storyboard.cli.inputs import Prepared, amount, prepare
from storyboard.cli.options import MaxCost, Output, PathArgument, Prices, Scenes, Variables
from storyboard.cli.permission import permitted
from storyboard.errors import Refused, StoryboardError, UsageError
from storyboard.pipeline import plan, render
from storyboard.plan.steps import Plan
from storyboard.report.documents import as_json
from storyboard.report.money import in_all
from storyboard.report.text import plan_text

if TYPE_CHECKING:
    from storyboard.fal.account import Account
    from storyboard.ledger.place import Place
    from storyboard.render.result import RenderResult

MOST_AT_A_TIME = 100
MOST_NAMED = 20


class Format(StrEnum):
    text = "text"
    json = "json"


def command(
    path: PathArgument,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Send without asking. For scripts.")] = False,
    max_cost: MaxCost = None,
    scene: Scenes = None,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Rehearse against the built-in look-alike: no key, no money.")
    ] = False,
    prices: Prices = None,
    var: Variables = None,
    output: Output = None,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No plan, no progress.")] = False,
) -> int:
    """Shoot a storyboard: shows the plan and its price, asks, sends, and cuts. Nothing is bought twice."""
    from storyboard.fal.account import account_from
    from storyboard.ledger.place import place_of
    from storyboard.render.result import finished

    prepared = prepare(
        path,
        prices=prices,
        variables=var or (),
        scenes=scene or (),
        max_cost=max_cost,
        json=format is Format.json,
    )
    concurrency = at_a_time()
    account = None if sandbox else account_from()
    place = place_of(prepared.project, account.base_url if account else None, builtin=sandbox)
    planned, takes = plan(prepared.requests, prepared.book, prepared.project, place)
    if not (quiet and sandbox):  # nobody pays for a plan that was not shown
        _say_where(account)
        say(plan_text(planned))
        _say_uploads(planned, prepared.project)
    budget = _rehearsal_budget(max_cost) if sandbox else prepared.budget
    if account is not None:
        permitted(planned, account, takes, budget, max_cost, yes=yes)
    result = finished(planned, takes) or _rendered(
        prepared, planned, place, account=account, concurrency=concurrency, budget=budget, quiet=quiet
    )
    failure = verdict(result)
    cut = None if failure else _cut(prepared, place, output, sandbox=sandbox, quiet=quiet)
    if format is Format.json:
        out_document(as_json(document(result, place, cut, failure)))
    elif not failure:
        _summary(result, place, cut)
    _tell_of_stranded(place, planned)
    if failure:
        raise failure
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


def _say_uploads(plan: Plan, project: Path) -> None:
    """Which local files would leave this machine."""
    uses = [use for step in plan.to_send() for use in step.request.media if not use.remote]
    paths = list(dict.fromkeys(use.path for use in uses))
    if not paths:
        return
    named = ", ".join(
        f"{path} ({(project / path).stat().st_size / 1024:,.0f} KiB)" for path in paths[:MOST_NAMED]
    )
    more = f" and {len(paths) - MOST_NAMED} more" if len(paths) > MOST_NAMED else ""
    say(f"{len(paths)} file(s) to upload, where fal does not have them yet: {named}{more}")


def _rehearsal_budget(max_cost: str | None) -> Decimal | None:
    """A rehearsal costs nothing, so the storyboard's budget is no bar; one that was given here and now is."""
    given = (
        amount(max_cost, "--max-cost"),
        amount(os.environ.get("STORYBOARD_MAX_COST") or None, "STORYBOARD_MAX_COST"),
    )
    found = [value for value in given if value is not None]
    return min(found) if found else None


def _rendered(
    prepared: Prepared,
    planned: Plan,
    place: Place,
    *,
    account: Account | None,
    concurrency: int,
    budget: Decimal | None,
    quiet: bool,
) -> RenderResult:
    """The plan carried out, alone in its place; a rehearsal against a sandbox that runs meanwhile."""
    from storyboard.cli.progress import watching
    from storyboard.ledger.lease import lease
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.store import Store
    from storyboard.render.interrupt import stop_on_signals
    from storyboard.render.rehearsal import let_go

    async def all_of_it(there: Account) -> RenderResult:
        with stop_on_signals() as stop:
            return await render(
                planned,
                project=prepared.project,
                ledger=ledger,
                store=Store(place),
                account=there,
                observer=observer,
                concurrency=concurrency,
                budget=budget,
                stop=stop,
            )

    place.ready()
    with ExitStack() as stack:
        stack.enter_context(lease(place.lock, lambda who: say(f"{who}: waiting for it to end")))
        ledger = Ledger.open(place)
        there = account or _rehearsal(stack, prepared, place)
        observer = stack.enter_context(watching(quiet=quiet))
        result = asyncio.run(all_of_it(there))
        if account is None:
            let_go(ledger, result)
        return result


def _rehearsal(stack: ExitStack, prepared: Prepared, place: Place) -> Account:
    """The built-in sandbox, started for as long as the stack is open; its state lasts."""
    from storyboard.fal.account import account_from

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


def _tell_of_stranded(place: Place, plan: Plan) -> None:
    from storyboard.ledger.facts import known_takes
    from storyboard.render.home import stranded

    left = stranded(known_takes(place.project, place=place)[0], plan)
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
