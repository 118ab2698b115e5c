"""`storyboard animatic`: the film before anything is shot, from stills, captions and timing."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from storyboard.cli.cluster import Cluster, cluster_named, workers_at
from storyboard.cli.cut import segments_of
from storyboard.cli.cut_progress import shown
from storyboard.cli.cut_words import Codec, Force, Format, say_left_out, show, suffix_of
from storyboard.cli.inputs import prepare
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
from storyboard.errors import UsageError

ScratchVoice = Annotated[
    bool,
    typer.Option("--scratch-voice", help="Have the dialogue said by espeak-ng, where that is installed."),
]
Language = Annotated[
    str | None,
    typer.Option(
        "--language",
        metavar="LANG",
        help="Of lines in Latin letters: en, de, fr-fr, pt-br … (with a scratch voice).",
    ),
]


class Runs(StrEnum):
    """Whose timecode."""

    shot = "shot"
    cut = "cut"
    none = "none"


Timecode = Annotated[
    Runs,
    typer.Option(
        "--timecode",
        help="Whose runs in the picture. With that of the cut an edit of a length draws all that follows anew.",
    ),
]
KNOWN = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8})*")


def command(
    path: PathArgument,
    output: Output = None,
    codec: Codec = None,
    force: Force = False,
    cluster: Cluster = None,
    scratch_voice: ScratchVoice = False,
    language: Language = None,
    timecode: Timecode = Runs.shot,
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
    """Draw the animatic. Offline and free; a shot whose words and still did not change is not drawn again."""
    speak("animatic", quiet=quiet, verbose=verbose, log=log)
    given, there = Given(var, vars_file, pick), cluster_named(cluster)
    from storyboard.cut.animatic import animatic
    from storyboard.cut.wanted import Wanted

    prepared = prepare(
        path,
        prices=prices,
        variables=given,
        scenes=scene or (),
        missing_is_error=False,
        json=format is Format.json,
    )
    place = chosen_place(prepared.project, sandbox=True)
    place.ready()
    say_left_out(prepared.chosen.scenes, prepared.project)
    film = output or default_output(prepared.source, "-".join(scene or ()), suffix_of(codec))
    segments = segments_of(place)
    with shown() as tell, workers_at(there, segments, tell) as workers:
        report = animatic(
            prepared.chosen,
            prepared.project,
            film,
            segments,
            tell,
            asked=Wanted(
                codec,
                force=force,
                timecode=timecode.value,
                voice=_voice(language, wanted=scratch_voice),
            ),
            workers=workers,
        )
    show(report, format)
    return 0


def _voice(language: str | None, *, wanted: bool) -> str | None:
    """What a scratch voice reads Latin letters as; None without one. Raises UsageError."""
    from storyboard.media.speech import LATIN

    if language is not None and not wanted:
        raise UsageError("--language is that of a scratch voice: add --scratch-voice.")
    if language is not None and not KNOWN.fullmatch(language):
        raise UsageError(
            f"--language takes a name like en, de or pt-br, not {language}: `espeak-ng --voices` lists them."
        )
    return (language or LATIN) if wanted else None


def default_output(source: Path, part: str = "", suffix: str = ".mp4") -> Path:
    """animatic.mp4 beside storyboard.yaml, NAME.animatic.mp4 beside NAME.yaml; a part is called after its scenes."""
    name = f"animatic.{part}{suffix}" if part else f"animatic{suffix}"
    return source.with_name(name if source.stem == "storyboard" else f"{source.stem}.{name}")
