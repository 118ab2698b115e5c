"""`storyboard export`: the cut for editing programs, subtitles and spreadsheets."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.console import out, say
from storyboard.cli.cut import default_output, segments_of
from storyboard.cli.cut_words import say_remarks
from storyboard.cli.inputs import Prepared, prepare
from storyboard.cli.options import Output, PathArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.place import chosen_place
from storyboard.cli.sharing import brought_here
from storyboard.cli.variables import Given
from storyboard.cut.handoff.formats import Handoff, format_of, hand_over
from storyboard.cut.handoff.timeline import Timeline
from storyboard.errors import UsageError
from storyboard.ledger.place import Place
from storyboard.pipeline import handed_over


def command(
    path: PathArgument,
    format: Annotated[
        Handoff | None,
        typer.Option("--format", help="Without it the end of FILE's name decides; otherwise otio."),
    ] = None,
    output: Output = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that differs.")] = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Of what the sandbox rendered.")] = False,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Hand the cut over: a clip a shot, with its range, take, prompt and cost. Offline and free."""
    given = Given(var, vars_file, pick)
    form = _form(format, output)
    prepared = prepare(path, prices=prices, variables=given, scenes=scene, missing_is_error=False)
    place = chosen_place(prepared.project, sandbox=sandbox)
    file = output or default_output(prepared.source, sandbox=sandbox, part="-".join(scene or ()))
    if output is None:
        file = file.with_suffix(form.suffix)
    made = timeline_of(prepared, place)
    say_remarks(made.remarks)
    written = hand_over(made, form, file, force=force)
    length = f"{len(made.strips)} shots, {made.frames} frames at {made.fps}"
    out(f"{file}: {length}" if written else f"{file}: unchanged ({length})")
    return 0


def timeline_of(prepared: Prepared, place: Place) -> Timeline:
    """The scenes that were asked for, with the takes that are chosen. Raises LedgerError, MediaError, Refused."""
    from storyboard.ledger.facts import known_takes
    from storyboard.ledger.store import Store, clips_of, takes_of
    from storyboard.plan.begun import begun
    from storyboard.plan.pins import all_as_pinned

    takes, _ = known_takes(prepared.project, place=place)
    requests = begun(prepared.requests, takes, prepared.film, rehearsal=place.rehearsal)
    held = all_as_pinned(requests, takes, rehearsal=place.rehearsal)
    found = takes_of(takes, held)
    shown = prepared.chosen.shown
    brought_here(place, [take.clip for scene, take in found.items() if scene in shown])
    clips = clips_of(takes, Store(place), held)
    missing = [scene.id for scene in prepared.chosen.scenes if scene.id in shown - clips.keys()]
    if missing:
        say(f"no clip yet, left as gaps: {', '.join(missing)}")
    name = prepared.shot_list.title or prepared.source.stem
    return handed_over(prepared.chosen, clips, found, held, name, segments_of(place), prepared.project)


def _form(asked: Handoff | None, output: Path | None) -> Handoff:
    if asked is not None:
        return asked
    if output is None:
        return Handoff.otio
    found = format_of(output)
    if found is None:
        raise UsageError(
            f"{output.name}: its end names no format ({', '.join(each.suffix for each in Handoff)}); say --format."
        )
    return found
