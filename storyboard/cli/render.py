"""`storyboard render`: shows the plan and its price, asks, carries it out, and cuts.

Exit codes beside the common ones: 3 when money stands against it (no answer to the question, a budget, a
submission whose answer was lost), 4 when fal, the media or this machine failed. A missing key is 4 too:
the command's words are right, the way to fal is not.
"""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import replace

from storyboard.cli.concurrency import at_a_time
from storyboard.cli.console import out, out_document, say
from storyboard.cli.cut_words import say_remarks
from storyboard.cli.inputs import Asked, Prepared
from storyboard.cli.manner import speak
from storyboard.cli.options import (
    Approve,
    Format,
    FormatOption,
    Log,
    MaxCost,
    Output,
    Picks,
    Prices,
    Quiet,
    Rehearse,
    Scenes,
    Select,
    Variables,
    VarsFiles,
    Verbose,
    Yes,
)
from storyboard.cli.saved import plan_again, prepared_again, saved_at
from storyboard.cli.storyboards import Neighbours
from storyboard.cli.variables import Given
from storyboard.cli.work import Work, agreed, carried_out, verdict
from storyboard.errors import StoryboardError
from storyboard.fal.account import account_from
from storyboard.fal.webhooks import webhook_url as called_at
from storyboard.ledger.facts import known_holds
from storyboard.ledger.place import Place, place_of
from storyboard.pipeline import plan
from storyboard.plan.begun import begun, held
from storyboard.plan.budget import FEWER
from storyboard.report.documents import as_json
from storyboard.report.rendered import Rendered, bought_now, next_text, rendered_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storyboard.cli.saved import Saved
    from storyboard.cut.progress import Tell
    from storyboard.cut.report import CutReport
    from storyboard.render.result import RenderResult

WebhookURL = Annotated[
    str | None,
    typer.Option(
        "--webhook-url", metavar="URL", help="Where fal calls when a take is done: see `storyboard webhook`."
    ),
]

PathOrPlan = Annotated[
    Path,
    typer.Argument(
        metavar="PATH|PLAN",
        help="A storyboard, a folder with storyboard.yaml, or a plan that `plan -o` saved.",
    ),
]


def command(
    path: PathOrPlan,
    yes: Yes = False,
    max_cost: MaxCost = None,
    approve: Approve = None,
    scene: Scenes = None,
    select: Select = None,
    sandbox: Rehearse = False,
    webhook_url: WebhookURL = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    output: Output = None,
    format: FormatOption = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Shoot a storyboard: shows the plan and its price, asks, sends, and cuts. Nothing is bought twice."""
    speak("render", quiet=quiet, verbose=verbose, log=log)
    given = Given(var, vars_file, pick)
    json = format is Format.json
    work = work_of(path, Asked(scene, select, given, prices, max_cost, approve), sandbox=sandbox, json=json)
    if webhook_url is not None:
        work = replace(work, webhook=called_at(webhook_url, work.account))
    concurrency = at_a_time()
    caps = agreed(work, max_cost, yes=yes)
    result = carried_out(work, concurrency=concurrency, caps=caps)
    return _told(work, result, output, sandbox=sandbox, json=json)


def work_of(path: Path, asked: Asked, *, sandbox: bool, json: bool) -> Work:
    """The storyboard, or the saved plan, that PATH names, as it stands. Raises Refused for a plan that was used or
    that no longer holds."""
    saved = saved_at(path)
    if saved is not None:
        prepared = prepared_again(saved, asked, sandbox=sandbox, json=json)
    else:
        prepared = asked.prepare(path, json=json)
    return work_on(prepared, sandbox=sandbox, select=asked.select or (), saved=saved)


def work_on(
    prepared: Prepared, *, sandbox: bool, select: Sequence[str] = (), saved: Saved | None = None
) -> Work:
    """The same of a storyboard that was prepared."""
    account = None if sandbox else account_from()
    place = place_of(prepared.project, account.base_url if account else None, builtin=sandbox)
    if saved is not None:
        planned, takes = plan_again(saved, prepared, place)
    else:
        elsewhere = Neighbours(prepared).elsewhere
        planned, takes = plan(
            prepared.requests, prepared.book, prepared.project, place, select, elsewhere, prepared.film
        )
    held(prepared.film, takes, rehearsal=place.rehearsal)  # the cut is of the whole film
    fewer = FEWER if saved is None else "make a plan of fewer scenes with `storyboard plan --scene`"
    return Work(prepared, planned, takes, place, account, saved, known_holds(place), fewer=fewer)


def _told(work: Work, result: RenderResult, output: Path | None, *, sandbox: bool, json: bool) -> int:
    """The cut, and what there is to say of it all. Raises what kept the render from being done."""
    failure = verdict(result)
    _tell_of_takes(result)
    for line in rendered_text(rendered := _rendered(work, result)):
        say(line)
    cut = None if failure else whole_cut(work.prepared, work.place, output, sandbox=sandbox)
    if json:
        out_document(as_json(document(result, work.place, cut, failure)))
    elif cut is not None:
        _tell_of_cut(cut, sandbox=sandbox)
    _tell_of_stranded(work, sandbox=sandbox)
    if failure:
        raise failure
    say(next_text(rendered))
    if work.saved is not None and result.complete:
        work.saved.end(work.place)
    return 0


def _rendered(work: Work, result: RenderResult) -> Rendered:
    return Rendered(
        takes=result.takes,
        bought=bought_now(result.takes, work.takes),
        sent=result.sent,
        path=shlex.quote(work.prepared.location.shown),
        clips=str(work.place.clips),
        rehearsal=work.place.rehearsal,
        builtin=work.account is None,
    )


def whole_cut(
    prepared: Prepared, place: Place, output: Path | None, *, sandbox: bool, tell: Tell | None = None
) -> CutReport:
    """The whole film, also when only some scenes were rendered now. Without `tell` the terminal shows how far it is."""
    from storyboard.cli.cut import clips_in_store, cut_report, default_output

    film = output or default_output(prepared.source, sandbox=sandbox)
    clips = clips_in_store(prepared, place, fetching=prepared.shot_list.shown)
    return cut_report(prepared, clips, place, film, tell=tell)


def _tell_of_stranded(work: Work, *, sandbox: bool) -> None:
    from storyboard.ledger.facts import known_takes
    from storyboard.render.home import stranded

    takes, _ = known_takes(work.place.project, place=work.place)
    requests = begun(work.prepared.film, takes, rehearsal=work.place.rehearsal)
    film = {(request.digest, request.take) for request in requests}
    left = [take for take in stranded(takes, work.planned) if take.key not in film]
    if left:
        names = ", ".join(dict.fromkeys(f"take {take.take} of {take.scene}" for take in left))
        paid, option = ("rehearsed", " --sandbox") if sandbox else ("paid", "")
        say(
            f"{paid}, but no scene asks for it any more: {names}. `storyboard reconcile PATH{option}` fetches "
            "what fal keeps."
        )


def document(
    result: RenderResult, place: Place, cut: CutReport | None, failure: StoryboardError | None
) -> dict[str, Any]:
    from storyboard.cli.takes import take_row

    return {
        "takes": [take_row(take, place) for take in result.takes],
        "sent": result.sent,
        "cut": None if cut is None else str(cut.output),
        "remarks": [each.document() for each in (cut.remarks or ())] if cut is not None else [],
        "error": None if failure is None else str(failure),
    }


def _tell_of_takes(result: RenderResult) -> None:
    for take in result.takes:
        for warning in take.warnings:
            say(f"warning: {take.scene}, take {take.take}: {warning}")


def _tell_of_cut(cut: CutReport, *, sandbox: bool) -> None:
    say_remarks(cut.remarks or (), ": `storyboard cut` with --format json")
    if cut.remarks and sandbox:
        say("these are remarks on what the look-alike drew: fal's clips will be others")
    out(str(cut.output))
