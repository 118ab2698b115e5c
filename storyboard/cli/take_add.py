"""`storyboard take add`: a clip shot elsewhere as the next take of a scene, from a file or from a request of fal's."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.catalog.endpoints import catalog
from storyboard.cli.console import out, say
from storyboard.cli.lock_words import ledger_in_step, tell_of_waiting
from storyboard.cli.manner import speak
from storyboard.cli.one_scene import OneScene, Sandbox, SceneArgument, one_scene
from storyboard.cli.options import (
    Log,
    PathArgument,
    Picks,
    Prices,
    Quiet,
    Variables,
    VarsFiles,
    Verbose,
)
from storyboard.cli.variables import Given
from storyboard.errors import StoryboardError, UsageError, WorldError

if TYPE_CHECKING:
    from storyboard.fal.account import Account
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.record import TakeRecord
    from storyboard.render.added import Wanted


def command(
    path: PathArgument,
    scene: SceneArgument,
    clip: Annotated[
        str,
        typer.Argument(metavar="FILE|REQUEST_ID", help="An MP4 or MOV film, or the id of a request at fal."),
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Add a request though it is not known to be the scene's.")
    ] = False,
    sandbox: Sandbox = False,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Add a clip shot elsewhere as the scene's next take. Nothing is sent, and no take is replaced."""
    speak("take add", quiet=quiet, verbose=verbose, log=log)
    given = Given(var, vars_file, pick)
    chosen = one_scene(path, scene, sandbox=sandbox, variables=given, prices=prices)
    request_id = _request_id(clip)
    record = _file(chosen, Path(clip)) if request_id is None else _request(chosen, request_id, force=force)
    old = any(take.key == record.key for take in chosen.takes)
    for warning in record.warnings:
        say(f"warning: {scene}, take {record.take}: {warning}")
    if record.clip is None:
        raise _failed(record)
    out(f"{scene}: {'that is take' if old else 'added as take'} {record.take}{' already' if old else ''}")
    if record.charge is None:
        say("what it cost is not known here")
    chosen.say_how_to_pick(record)
    return 0


def _request_id(clip: str) -> str | None:
    """The id, unless a file is meant. Raises UsageError when it can be neither."""
    from storyboard.fal.hosts import request_id_of

    if Path(clip).exists():
        return None
    found = request_id_of(clip)
    if found is None:
        raise UsageError(f"There is no file {clip}, and it is no request id either. Nothing was added.")
    return found


def _file(chosen: OneScene, file: Path) -> TakeRecord:
    from storyboard.ledger.lease import lease
    from storyboard.ledger.store import Store
    from storyboard.render.added import add_file

    if not file.is_file():
        raise UsageError(f"{file} is not a file. Nothing was added.")
    place = chosen.place
    place.ready()
    with (
        lease(place.lock, tell_of_waiting),
        ledger_in_step(place) as ledger,
    ):
        return add_file(ledger, Store(place), chosen.request, file, _wanted(chosen))


def _wanted(chosen: OneScene) -> Wanted:
    """The shape that the scene asks for: its aspect ratio, or that of its still."""
    from storyboard.media.headers import inspect
    from storyboard.render.added import Wanted

    (listed,) = chosen.prepared.chosen.scenes
    if listed.aspect_ratio is not None:
        across, _, down = listed.aspect_ratio.partition(":")
        return Wanted(listed.height, int(across) / int(down))
    row = catalog().find(chosen.request.endpoint)
    start = row.wire("start_image_url") if row is not None else None
    still = next((u for u in chosen.request.media if u.argument == (start,) and not u.remote), None)
    fact = inspect(chosen.prepared.project, still.path) if still is not None else None
    if fact is None or not fact.width or not fact.height:
        return Wanted(listed.height, None)
    turned = fact.orientation >= 5  # noqa: PLR2004 - EXIF: from 5 on width and height change places
    return Wanted(listed.height, fact.height / fact.width if turned else fact.width / fact.height)


def _request(chosen: OneScene, request_id: str, *, force: bool) -> TakeRecord:
    from storyboard.cli.work import rehearsal
    from storyboard.fal.account import account_from
    from storyboard.ledger.lease import lease
    from storyboard.ledger.place import place_of

    place = chosen.place
    place.ready()
    with ExitStack() as stack:
        stack.enter_context(lease(place.lock, tell_of_waiting))
        ledger = stack.enter_context(ledger_in_step(place))
        builtin = place == place_of(place.project, builtin=True)
        account = rehearsal(stack, place, chosen.prepared.book) if builtin else account_from()
        account.needed_key()
        return _fetched(chosen, ledger, account, request_id, force=force)


def _fetched(
    chosen: OneScene, ledger: Ledger, account: Account, request_id: str, *, force: bool
) -> TakeRecord:
    from storyboard.cli.progress import watching
    from storyboard.ledger.store import Store
    from storyboard.render.added import add_request
    from storyboard.render.home import AT_FAL, bring_home

    project = chosen.prepared.project
    record = asyncio.run(add_request(ledger, account, project, chosen.request, request_id, force=force))
    if record.state not in AT_FAL:
        return record
    with watching() as observer:
        (record,) = asyncio.run(bring_home([record], ledger, Store(chosen.place), account, observer))
    return record


def _failed(record: TakeRecord) -> StoryboardError:
    return WorldError(
        f"Request {record.request_id} yielded no clip ({record.state.value}): {record.error or 'no reason was given'}. "
        f"It is recorded as take {record.take}; nothing was sent."
    )
