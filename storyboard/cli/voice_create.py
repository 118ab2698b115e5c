"""`storyboard voice create`: a voice made of a sample by fal, bought once, its id written under `voices:`.

It is a request like any other: planned, priced, agreed to, sent by the render's own protocol. What it yields is an id
in place of a clip.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec import Struct

from storyboard.cli.concurrency import at_a_time
from storyboard.cli.console import out, out_document, say
from storyboard.cli.manner import speak
from storyboard.cli.options import (
    Approve,
    Format,
    FormatOption,
    Log,
    MaxCost,
    Picks,
    Prices,
    Quiet,
    Rehearse,
    Variables,
    VarsFiles,
    Verbose,
    Yes,
)
from storyboard.cli.variables import Given
from storyboard.cli.work import Work, agreed, carried_out, verdict
from storyboard.errors import Refused, UsageError, WorldError
from storyboard.location import read_file
from storyboard.read.edit import UneditableError
from storyboard.read.edit_voices import with_voice
from storyboard.read.leaves import is_name

if TYPE_CHECKING:
    from storyboard.cli.inputs import Prepared
    from storyboard.compile.request import Request
    from storyboard.fal.account import Account
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord

NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="What the storyboard calls the voice.")]
FileArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="A sample: one clean voice, 5 to 30 s, mp3, wav, mp4 or mov.")
]
PathOption = Annotated[Path, typer.Option("--path", metavar="PATH", help="The storyboard, or its folder.")]
SOMEWHERE = "0"  # an id, to try whether one could be written


class Wanted(Struct, frozen=True):
    """A voice that was asked for. `folder` is where its sample lies."""

    name: str
    prepared: Prepared
    request: Request
    place: Place
    account: Account | None
    folder: Path


def command(
    name: NameArgument,
    file: FileArgument,
    path: PathOption = Path(),
    yes: Yes = False,
    max_cost: MaxCost = None,
    approve: Approve = None,
    sandbox: Rehearse = False,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    format: FormatOption = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Have fal make a voice of a sample: shows the price, asks, sends it once, and writes the id under `voices:`."""
    speak("voice create", quiet=quiet, verbose=verbose, log=log)
    from storyboard.cli.inputs import prepare

    if not is_name(name):
        raise UsageError(f"{name!r} is no name: letters, digits, - and _, at most 64 of them.")
    prepared = prepare(
        path, prices=prices, variables=Given(var, vars_file, pick), max_cost=max_cost, approve=approve,
        missing_is_error=False, unfinished=True,
    )  # fmt: skip
    wanted = _wanted(name, file, prepared, sandbox=sandbox)
    work = _work(wanted)
    _refuse_taken(wanted, work)
    caps = agreed(work, max_cost, yes=yes)
    result = carried_out(work, concurrency=at_a_time(), caps=caps)
    if failure := verdict(result):
        raise failure
    (record,) = result.takes
    written = _written(wanted, record)
    _tell(wanted, record, result.sent, written=written, json=format is Format.json)
    return 0


def _wanted(name: str, file: Path, prepared: Prepared, *, sandbox: bool) -> Wanted:
    """The request, its sample heard to the end. Raises MediaError."""
    from storyboard.catalog.endpoints import catalog
    from storyboard.compile.voice import voice_request
    from storyboard.fal.account import account_from
    from storyboard.ledger.place import place_of
    from storyboard.media.sample import sample

    try:
        whole = file.resolve(strict=True)
    except (OSError, RuntimeError):  # RuntimeError: links in a circle, before 3.13
        raise WorldError(f"There is no file `{file}`. Nothing was sent.") from None
    maker = catalog().voices
    request = voice_request(name, maker, sample(whole.parent, whole.name, maker), file.as_posix())
    account = None if sandbox else account_from()
    place = place_of(prepared.project, account.base_url if account else None, builtin=sandbox)
    return Wanted(name, prepared, request, place, account, whole.parent)


def _work(wanted: Wanted) -> Work:
    from storyboard.ledger.facts import known_holds
    from storyboard.pipeline import plan

    prepared, place = wanted.prepared, wanted.place
    planned, takes = plan((wanted.request,), prepared.book, prepared.project, place)
    return Work(
        prepared,
        planned,
        takes,
        place,
        wanted.account,
        None,
        known_holds(place),
        fewer=None,
        files=wanted.folder,
    )


def _refuse_taken(wanted: Wanted, work: Work) -> None:
    """Raises Refused, before anything is paid, when the name is another voice's or the id could not be written."""
    source, location = wanted.prepared.source, wanted.prepared.location
    film = wanted.prepared.checked.storyboard
    known = film.voices.get(wanted.name) if film is not None else None
    if known is not None and known.place.path != location.shown:
        raise Refused(
            f"{known.place.path}:{known.place.line}: a file that {location.shown} includes has a voice named "
            f"{wanted.name}. Nothing was sent. Choose another name, or take it out there first."
        )
    bought = next((take.voice for take in work.takes if take.digest == wanted.request.digest), None)
    try:
        with_voice(read_file(source), wanted.name, bought or SOMEWHERE)
    except UneditableError as problem:
        raise Refused(
            f"{location.shown}:{problem.line}: no voice can be written there: {problem.why}. Nothing "
            "was sent. Choose another name, or see to `voices` first."
        ) from None


def _written(wanted: Wanted, record: TakeRecord) -> bool:
    """Puts the id under `voices`; False when it stands there already."""
    from storyboard.cli.rewrite import replace_file

    source, identity = wanted.prepared.source, record.voice or ""
    before = read_file(source)
    try:
        after = with_voice(before, wanted.name, identity)
    except UneditableError as problem:
        raise Refused(
            f"{wanted.prepared.location.shown}:{problem.line}: {problem.why}, and so the id was not written. The voice "
            f'is bought and recorded: write `{wanted.name}: "{identity}"` under `voices` by hand.'
        ) from None
    if after != before:
        replace_file(source, before, after)
    return after != before


def _tell(wanted: Wanted, record: TakeRecord, sent: int, *, written: bool, json: bool) -> None:
    shown = wanted.prepared.location.shown
    if not sent:
        say("nothing was bought now: this sample was made a voice before")
    if wanted.place.rehearsal:
        say(
            "that is a rehearsal's voice, unknown to fal: the same command for fal puts another id in its place"
        )
    if json:
        from storyboard.report.documents import as_json

        document = {"name": wanted.name, "voice_id": record.voice, "sent": sent, "written": written}
        out_document(as_json(document))
    else:
        out(f"{wanted.name}: {record.voice}, {'written into' if written else 'as it stands in'} {shown}")
