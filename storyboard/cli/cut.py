"""`storyboard cut`: the clips that were rendered, as one film."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.console import say
from storyboard.cli.cut_words import Force, Format, show
from storyboard.cli.inputs import Prepared, prepare
from storyboard.cli.options import Output, PathArgument, Prices, Scenes, Variables

if TYPE_CHECKING:
    from storyboard.cut.report import CutReport


def command(
    path: PathArgument,
    output: Output = None,
    force: Force = False,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="Cut what the sandbox rendered.")] = False,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,  # noqa: A002 - the option's name
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
) -> int:
    """Join the rendered clips into one film. A scene without a clip is shown from its still, slated."""
    prepared = prepare(
        path, prices=prices, variables=var or (), scenes=scene or (), json=format is Format.json
    )
    report = cut_of(
        prepared, output or default_output(prepared.source, sandbox=sandbox), sandbox=sandbox, force=force
    )
    show(report, format)
    return 0


def cut_of(prepared: Prepared, output: Path, *, sandbox: bool = False, force: bool = False) -> CutReport:
    """Cuts what the ledger and the store have of a storyboard; says which scenes have no clip."""
    from storyboard.cut.edit import edit
    from storyboard.cut.make import make_cut

    cut = edit(prepared.shot_list, clips_in_store(prepared, sandbox=sandbox))
    if cut.missing:
        say(f"no clip yet, shown from stills: {', '.join(cut.missing)}")
    return make_cut(
        cut, output, segments_folder(prepared.project), say, project=prepared.project, force=force
    )


def clips_in_store(prepared: Prepared, *, sandbox: bool = False) -> dict[str, Path]:
    """Scene to clip, for the takes that are verified and chosen."""
    from storyboard.ledger.facts import known_takes, place_in_force
    from storyboard.ledger.store import Store, clips_of

    takes, _ = known_takes(prepared.project, sandbox=sandbox)
    store = Store(place_in_force(prepared.project, sandbox=sandbox))
    return clips_of(takes, store, prepared.requests)


def segments_folder(project: Path) -> Path:
    """Where segments are kept: beside the ledger, out of git."""
    from storyboard.ledger.place import place_of

    place = place_of(project)
    place.ready()
    return place.folder / "segments"


def default_output(source: Path, *, sandbox: bool = False) -> Path:
    """cut.mp4 beside storyboard.yaml, NAME.cut.mp4 beside NAME.yaml; `.sandbox` before the suffix where it applies."""
    name = "cut.sandbox.mp4" if sandbox else "cut.mp4"
    return source.with_name(name if source.stem == "storyboard" else f"{source.stem}.{name}")
