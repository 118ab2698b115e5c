"""How a cut is told on the terminal, and the options that cut, join and animatic share."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.console import out

if TYPE_CHECKING:
    from storyboard.cut.report import CutReport

Force = Annotated[bool, typer.Option("--force", help="Replace a file that was not made here.")]
Codec = Annotated[
    str | None,
    typer.Option(
        "--codec",
        metavar="NAME",
        help="h264, prores, vp9 or gif. Otherwise the ending of FILE decides: .mp4 .mov .mkv (H.264), .webm, .gif.",
    ),
]
Preview = Annotated[
    bool, typer.Option("--preview", help="Small and quick: at most 640x360, under a name of its own.")
]
Splice = Annotated[
    bool, typer.Option("--splice", help="Experimental: copy what no transition and no trim touches.")
]
MOST_NAMED = 8


class Format(StrEnum):
    text = "text"
    json = "json"


def suffix_of(codec: str | None) -> str:
    """What a film in this coding is called by itself."""
    from storyboard.cut.forms import FORMS

    return next((form.suffixes[0] for form in FORMS if form.codec == codec), ".mp4")


def show(report: CutReport, form: Format) -> None:
    """The report on stdout."""
    if form is Format.json:
        import json

        out(json.dumps(report.document(), ensure_ascii=False, indent=2))
        return
    out(told(report))


def told(report: CutReport) -> str:
    """Two or three lines: where the film is, what it is, what was encoded and why."""
    width, height = report.size
    sound = "with sound" if report.audio else "silent"
    what = f"{float(report.seconds):.2f} s, {report.frames} frames, {width}x{height}, {sound}"
    if not report.written:
        return f"{report.output}: unchanged ({what})"
    lines = [f"{report.output}: {what}"]
    if report.encoded:
        names = [f"{name} ({reason})" for name, reason in report.encoded[:MOST_NAMED]]
        more = len(report.encoded) - len(names)
        lines.append(f"encoded: {', '.join(names)}" + (f" and {more} more" if more else ""))
    if report.again:
        lines.append(f"encoded once more: {report.again}")
    elif report.copied:
        lines.append(
            f"copied without loss: {len(report.copied)} of {len(report.copied) + len(report.encoded)} clips"
        )
    return "\n".join(lines)
