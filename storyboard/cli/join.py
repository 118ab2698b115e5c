"""`storyboard join`: any clips, as one film."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from msgspec.structs import replace

from storyboard.cli.cut_progress import shown
from storyboard.cli.cut_words import Codec, Force, Format, Preview, show
from storyboard.cli.manner import speak
from storyboard.cli.options import Log, Quiet, Verbose


def command(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIP...", help="MP4 or MOV clips, in order.")],
    output: Annotated[Path, typer.Option("-o", "--output", metavar="FILE", help="The film to write.")],
    codec: Codec = None,
    preview: Preview = False,
    force: Force = False,
    inspect: Annotated[
        bool, typer.Option("--inspect", help="Look into the clips for black, stills and silence.")
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Join clips into one film: copied where they are alike, encoded once where they are not."""
    speak("join", quiet=quiet, verbose=verbose, log=log)
    from storyboard.cut.join import inspected, join
    from storyboard.cut.wanted import Wanted

    with shown() as tell:
        report = join(
            clips,
            output,
            segments_beside(output),
            asked=Wanted(codec, preview, force=force),
            progress=tell,
        )
    if inspect:
        report = replace(report, remarks=inspected(clips, segments_beside(output)))
    show(report, format)
    return 0


def segments_beside(output: Path) -> Path:
    """Segments lie in the project of the output, or in a hidden folder beside it."""
    folder = output.absolute().parent
    for above in (folder, *folder.parents):
        if (above / "storyboard.toml").exists() or (above / ".storyboard").is_dir():
            return above / ".storyboard" / "segments"
    return folder / ".storyboard" / "segments"
