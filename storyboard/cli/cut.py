"""`storyboard cut`: the clips that were rendered, as one film."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace

from storyboard.cli.console import say
from storyboard.cli.cut_edit import Edit, editors_cut
from storyboard.cli.cut_progress import shown
from storyboard.cli.cut_words import (
    BurnIn,
    Codec,
    Force,
    Format,
    NoInspect,
    Preview,
    Slates,
    Splice,
    burnt,
    say_left_out,
    show,
    suffix_of,
)
from storyboard.cli.inputs import Prepared, prepare
from storyboard.cli.manner import speak
from storyboard.cli.options import (
    Log,
    Output,
    PathArgument,
    Picks,
    Prices,
    Quiet,
    Scenes,
    Variables,
    VarsFiles,
    Verbose,
)
from storyboard.cli.place import chosen_place
from storyboard.cli.variables import Given
from storyboard.cut.wanted import PLAINLY, Wanted
from storyboard.pipeline import cut

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from storyboard.cut.handoff.returned import EditorsCut
    from storyboard.cut.progress import Tell
    from storyboard.cut.report import CutReport
    from storyboard.ledger.place import Place


def command(
    path: PathArgument,
    output: Output = None,
    edit: Edit = None,
    codec: Codec = None,
    preview: Preview = False,
    slates: Slates = False,
    burn_in: BurnIn = None,
    splice: Splice = False,
    no_inspect: NoInspect = False,
    force: Force = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Cut what the sandbox rendered.")] = False,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Join the rendered clips into one film. A scene without a clip is shown from its still, slated."""
    speak("cut", quiet=quiet, verbose=verbose, log=log)
    given = Given(var, vars_file, pick)
    prepared = prepare(path, prices=prices, variables=given, scenes=scene or (), json=format is Format.json)
    place = chosen_place(prepared.project, sandbox=sandbox)
    editors = editors_cut(edit, prepared, place, alone=not (scene or slates))
    clips = clips_in_store(
        prepared, place, fetching=prepared.chosen.shown if editors is None else frozenset()
    )
    words = [*(scene or ()), *(["preview"] if preview else [])]
    film = output or default_output(
        prepared.source, sandbox=sandbox, part="-".join(words), suffix=suffix_of(codec)
    )
    if scene:
        prepared = replace(prepared, shot_list=prepared.chosen)
    asked = Wanted(codec, preview, splice, slates, burnt(burn_in), force, inspect=not no_inspect)
    show(cut_report(prepared, clips, place, film, asked, editors), format)
    return 0


def cut_report(
    prepared: Prepared,
    clips: Mapping[str, Path],
    place: Place,
    output: Path,
    asked: Wanted = PLAINLY,
    editors: EditorsCut | None = None,
    tell: Tell | None = None,
) -> CutReport:
    """Cuts the clips of a storyboard; says which scenes have none. Without `tell` the terminal shows how far it is.
    Raises MediaError, and what `tell` raises."""
    lacking = prepared.shot_list.shown - clips.keys()
    missing = [scene.id for scene in prepared.shot_list.scenes if scene.id in lacking]
    if missing and editors is None:
        say(f"no clip here, shown from stills: {', '.join(missing)}")
        _say_of_others(prepared, place, missing)
        say_left_out((s for s in prepared.shot_list.scenes if s.id in missing), prepared.project)
    place.ready()
    with nullcontext(tell) if tell is not None else shown() as progress:
        return cut(
            prepared.shot_list,
            clips,
            output,
            editors,
            segments=segments_of(place),
            progress=progress,
            project=prepared.project,
            asked=asked,
        )


def _say_of_others(prepared: Prepared, place: Place, missing: Sequence[str]) -> None:
    """Where the clips may be that are not here: bought and lost, or made by a rehearsal."""
    from storyboard.ledger.facts import known_takes
    from storyboard.ledger.store import takes_of
    from storyboard.plan.begun import held

    takes, _ = known_takes(prepared.project, place=place)
    bought = takes_of(takes, held(prepared.film, takes, rehearsal=place.rehearsal))
    for scene in missing:
        if scene in bought:
            path = prepared.source.parent
            say(
                f"{scene}: take {bought[scene].take} was bought, but its clip is gone: "
                f"`storyboard doctor {path} --repair` fetches it again, at no charge"
            )
    other = chosen_place(prepared.project, sandbox=True)
    if not place.rehearsal and not bought and clips_in_store(prepared, other):
        say("a rehearsal's clips are cut with --sandbox")


def clips_in_store(
    prepared: Prepared, place: Place, *, fetching: Collection[str] = frozenset()
) -> dict[str, Path]:
    """Scene to clip, for the takes that are verified and chosen, or pinned; `fetching` are the scenes whose clips are
    fetched out of a shared store where they are not here."""
    from storyboard.cli.sharing import brought_here
    from storyboard.ledger.facts import known_takes
    from storyboard.ledger.store import Store, clips_of, takes_of
    from storyboard.plan.begun import held

    takes, _ = known_takes(prepared.project, place=place)
    requests = held(prepared.film, takes, rehearsal=place.rehearsal)
    bought = takes_of(takes, requests)
    brought_here(place, [take.clip for scene, take in bought.items() if scene in fetching])
    return clips_of(takes, Store(place), requests)


def segments_of(place: Place) -> Path:
    """Where segments are kept: by content, so that all ledgers of a project share them; out of git."""
    from storyboard.ledger.place import FOLDER

    return place.project / FOLDER / "segments"


def default_output(source: Path, *, sandbox: bool = False, part: str = "", suffix: str = ".mp4") -> Path:
    """cut.mp4 beside storyboard.yaml, NAME.cut.mp4 beside NAME.yaml; the sandbox's is cut.sandbox.mp4; that of a part
    of the film is called after its scenes."""
    name = ".".join(word for word in ("cut", part, "sandbox" if sandbox else "") if word) + suffix
    return source.with_name(name if source.stem == "storyboard" else f"{source.stem}.{name}")
