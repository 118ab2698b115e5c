"""`storyboard animatic`: the film before anything is shot, from stills, captions and timing."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.cut import segments_of
from storyboard.cli.cut_progress import shown
from storyboard.cli.cut_words import Force, Format, show
from storyboard.cli.inputs import prepare
from storyboard.cli.options import Output, PathArgument, Prices, Scenes, Variables
from storyboard.cli.place import chosen_place
from storyboard.cut.progress import spoken


def command(
    path: PathArgument,
    output: Output = None,
    force: Force = False,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
) -> int:
    """Draw the animatic. Offline and free; a shot whose words and still did not change is not drawn again."""
    from storyboard.cut.animatic import animatic

    prepared = prepare(
        path,
        prices=prices,
        variables=var or (),
        scenes=scene or (),
        missing_is_error=False,
        json=format is Format.json,
    )
    place = chosen_place(prepared.project, sandbox=True)
    place.ready()
    film = output or default_output(prepared.source, "-".join(scene or ()))
    with shown() as tell:
        report = animatic(
            prepared.chosen, prepared.project, film, segments_of(place), spoken(tell), force=force
        )
    show(report, format)
    return 0


def default_output(source: Path, part: str = "") -> Path:
    """animatic.mp4 beside storyboard.yaml, NAME.animatic.mp4 beside NAME.yaml; a part is called after its scenes."""
    name = f"animatic.{part}.mp4" if part else "animatic.mp4"
    return source.with_name(name if source.stem == "storyboard" else f"{source.stem}.{name}")
