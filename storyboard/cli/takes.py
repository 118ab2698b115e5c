"""`storyboard takes`: what was bought for each scene of a storyboard, which take is chosen, and where its clip lies."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyboard.around import project_settings
from storyboard.cli.console import folded, out, out_document, say, table_width
from storyboard.cli.expiring import warn_of_expiry
from storyboard.cli.options import PathArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.place import chosen_place
from storyboard.cli.variables import Given, looked_at
from storyboard.findings import Report
from storyboard.location import Location, locate
from storyboard.pipeline import check
from storyboard.plan.begun import begun
from storyboard.report.documents import as_json
from storyboard.report.money import exact
from storyboard.report.takes import SceneTakes, scene_document, takes_of_scene, takes_text

if TYPE_CHECKING:
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord


class Format(StrEnum):
    text = "text"
    json = "json"


Sandbox = Annotated[bool, typer.Option("--sandbox", help="The takes of rehearsals in the built-in sandbox.")]


def command(
    path: PathArgument,
    sandbox: Sandbox = False,
    accept_ledger: Annotated[
        bool, typer.Option("--accept-ledger", help="Believe a ledger that was not made on this machine.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """List the takes of each scene: number, state, date, price, clip, and which goes into the cut."""
    given = Given(var, vars_file, pick)
    from storyboard.ledger.facts import known_takes

    looked_at(prices, given)
    location = locate(path)
    place = chosen_place(location.project, sandbox=sandbox)
    if accept_ledger:
        _accept(place)
    takes, _ = known_takes(place.project, place=place)
    found = _by_scene(location, given, takes, rehearsal=place.rehearsal)
    scenes = [each for each in found if not scene or each.scene in scene]
    listed = {take.key for each in scenes for take in (*each.own, *each.older)}
    takes = tuple(take for take in takes if take.key in listed)
    if format is Format.json:
        rows = [take_row(take, place) for take in takes]
        out_document(as_json({"takes": rows, "scenes": [scene_document(found) for found in scenes]}))
    else:
        out(_text(scenes, takes, place, table_width()))
    warn_of_expiry(takes, place, project_settings(location, Report())[1].fal)
    return 0


def _by_scene(
    location: Location, given: Given, takes: Sequence[TakeRecord], *, rehearsal: bool
) -> list[SceneTakes]:
    """The takes under the scenes that they are of, in the order of the film; then those that no scene asks for. Of a
    storyboard with errors nothing is known but the names."""
    checked = check(location, given.values, picks=given.picks, missing_is_error=False)
    if checked.compiled is None or checked.errors:
        say(
            f"{location.shown} has errors: which takes are its own can't be told. `storyboard check` shows them."
        )
        return _left(takes)
    requests = begun(checked.compiled.requests, takes, rehearsal=rehearsal)
    present = {request.digest for request in requests}
    gone = [take for take in takes if take.digest not in present]
    found = [takes_of_scene(request, takes) for request in requests]
    names = {request.scene for request in requests}
    return found + _left([take for take in gone if take.scene not in names])


def _left(takes: Sequence[TakeRecord]) -> list[SceneTakes]:
    """Takes that no scene asks for, under the names that they were shot for."""
    names = dict.fromkeys(take.scene for take in takes)
    return [
        SceneTakes(name, None, None, None, None, tuple(take for take in takes if take.scene == name))
        for name in names
    ]


def _accept(place: Place) -> None:
    from storyboard.ledger.known import ledger_id
    from storyboard.ledger.owner import accept

    if not place.has_ledger():
        say("there is no ledger here to accept")
        return
    accept(ledger_id(place), place.project)
    say(f"the ledger {place.ledger_shown} is believed from now on")


def take_row(take: TakeRecord, place: Place) -> dict[str, Any]:
    clip = _clip(take, place)
    return {
        "scene": take.scene,
        "take": take.take,
        "state": take.state.value,
        "endpoint": take.endpoint,
        "request_digest": take.digest,
        "request_id": take.request_id,
        "seconds": take.seconds,
        "estimate": exact(take.estimate),
        "price_book": take.price_book,
        "billable_units": exact(take.billable_units),
        "charge": exact(take.charge),
        "charged_by": take.charged_by,
        "maybe_billed": take.maybe_billed,
        "clip": clip,
        "voice_id": take.voice,
        "created_at": take.created_at,
        "warnings": list(take.warnings),
        "error": take.error,
        "origin": take.origin,
        "finished_at": take.finished_at,
    }


def _text(scenes: Sequence[SceneTakes], takes: Sequence[TakeRecord], place: Place, width: int) -> str:
    if not takes:
        return f"no takes yet{_rehearsed(place)}"
    told = [f"{t.scene}, take {t.take}: {text}" for t in takes for text in (t.error, *t.warnings) if text]
    said = [folded(text, width) for text in told]
    below = "* goes into the cut; ~ is an estimate, not a charge"
    return "\n".join([*takes_text(scenes, width), "", *said, folded(below, width), f"clips in {place.clips}"])


def _rehearsed(place: Place) -> str:
    """Where the takes are that somebody may look for here."""
    from storyboard.ledger.place import place_of

    there = not place.rehearsal and place_of(place.project, None, builtin=True).ledger.is_file()
    return "; those of rehearsals are shown with --sandbox" if there else ""


def _clip(take: TakeRecord, place: Place) -> str | None:
    from storyboard.ledger.store import Store

    if take.clip is None or not Store(place).holds(take.clip):
        return None
    return str(Store(place).path_of(take.clip))
