"""`storyboard voice list`: the voices of a storyboard, where each is heard, and which were created here."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec import Struct

from storyboard.cli.console import out, out_document
from storyboard.cli.inputs import prepare
from storyboard.cli.options import Format, FormatOption, PathArgument, Picks, Variables, VarsFiles
from storyboard.cli.place import chosen_place
from storyboard.cli.variables import Given
from storyboard.report.documents import as_json
from storyboard.report.money import exact
from storyboard.report.table import table
from storyboard.report.takes import money

if TYPE_CHECKING:
    from storyboard.compile.compiler import Compiled
    from storyboard.ledger.record import TakeRecord


class Listed(Struct, frozen=True):
    """A voice, declared or only bought. `scenes` use it, if only in a variant; `take` is the one that made it here,
    None: it came from elsewhere."""

    name: str
    identity: str | None
    declared: bool
    elements: tuple[str, ...]
    scenes: tuple[str, ...]
    take: TakeRecord | None


def command(
    path: PathArgument,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Those that rehearsals created.")] = False,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    format: FormatOption = Format.text,
) -> int:
    """List the voices: name, id, the elements and scenes that use it, and what creating it here cost."""
    from storyboard.catalog.endpoints import catalog
    from storyboard.ledger.facts import known_takes

    prepared = prepare(path, variables=Given(var, vars_file, pick), missing_is_error=False, unfinished=True)
    place = chosen_place(prepared.project, sandbox=sandbox)
    takes, _ = known_takes(prepared.project, place=place)
    made = [take for take in takes if take.endpoint == catalog().voices.id]
    compiled = prepared.checked.compiled
    listed = _listed(compiled, made) if compiled is not None else []
    if format is Format.json:
        out_document(as_json({"voices": [_document(each) for each in listed]}))
    else:
        out("\n".join(_text(listed)))
    return 0


def _listed(film: Compiled, made: Sequence[TakeRecord]) -> list[Listed]:
    declared = film.storyboard.voices
    by_id = {take.voice: take for take in made if take.voice is not None}
    found = [_of(film, name, voice.id, by_id.get(voice.id)) for name, voice in declared.items()]
    ids = {voice.id for voice in declared.values()}
    left = [take for take in made if take.voice not in ids]
    return found + [Listed(take.scene.partition(" ")[2], take.voice, False, (), (), take) for take in left]


def _of(film: Compiled, name: str, identity: str, take: TakeRecord | None) -> Listed:
    bound = tuple(
        e.name for e in film.storyboard.elements.values() if e.voice is not None and e.voice.value == name
    )
    scenes = dict.fromkeys(
        each.scene.id.value
        for each in (*film.scenes, *film.unpicked)
        if name in each.spoken or any(element.name in bound for element in each.tagged)
    )
    return Listed(name, identity, True, bound, tuple(scenes), take)


def _text(listed: Sequence[Listed]) -> list[str]:
    if not listed:
        return ["no voices: `storyboard voice create NAME FILE` makes one of a sample"]
    rows = [["voice", "id", "used by", "created here", "USD"]]
    rows += [
        [each.name, each.identity or "-", _uses(each), _created(each.take), _paid(each.take)]
        for each in listed
    ]
    return table(rows, "llllr", flexible=2, wrap=True)


def _uses(each: Listed) -> str:
    if not each.declared:
        return "not in the storyboard"
    named = [*(f"@{name}" for name in each.elements), *each.scenes]
    return ", ".join(named) or "nothing"


def _created(take: TakeRecord | None) -> str:
    return "-" if take is None else f"{take.created_at[:10]}, {take.state.value}"


def _paid(take: TakeRecord | None) -> str:
    return "-" if take is None else money(take)


def _document(each: Listed) -> dict[str, Any]:
    take = each.take
    return {
        "name": each.name,
        "voice_id": each.identity,
        "declared": each.declared,
        "elements": list(each.elements),
        "scenes": list(each.scenes),
        "created": None
        if take is None
        else {
            "at": take.created_at,
            "state": take.state.value,
            "request_id": take.request_id,
            "estimate": exact(take.estimate),
            "charge": exact(take.charge),
        },
    }
