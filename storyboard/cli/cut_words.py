"""How a cut is told on the terminal, and the options that cut, join and animatic share."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from storyboard.cli.console import out, say
from storyboard.cut.wanted import WORDS
from storyboard.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from storyboard.compile.shot_list import ListedScene
    from storyboard.cut.remarks import Remark
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
Slates = Annotated[
    bool, typer.Option("--slates", help="A slate before each piece of the cut, and no transitions.")
]
BurnIn = Annotated[
    str | None,
    typer.Option(
        "--burn-in", metavar="WORDS", help="Over the pictures: scene,shot,take,timecode, or some of them."
    ),
]
NoInspect = Annotated[
    bool, typer.Option("--no-inspect", help="Don't look into the clips for cuts, black, stills and silence.")
]
MOST_NAMED = 8
MOST_REMARKS = 12


class Format(StrEnum):
    text = "text"
    json = "json"


def suffix_of(codec: str | None) -> str:
    """What a film in this coding is called by itself."""
    from storyboard.cut.forms import FORMS

    return next((form.suffixes[0] for form in FORMS if form.codec == codec), ".mp4")


def burnt(asked: str | None) -> frozenset[str]:
    """What `--burn-in` names. Raises UsageError."""
    words = frozenset(word.strip() for word in (asked or "").split(",") if word.strip())
    unknown = sorted(words - set(WORDS))
    if unknown or (asked is not None and not words):
        what = f"not {', '.join(unknown)}" if unknown else "not nothing"
        raise UsageError(f"--burn-in takes {', '.join(WORDS)}, {what}.")
    return words


def say_left_out(scenes: Iterable[ListedScene], project: Path) -> None:
    """Which characters of the captions of shots that are drawn no font here has."""
    from storyboard.cut.drawn import drawn_shots
    from storyboard.media.missing import explained
    from storyboard.media.moving_still import left_out

    missing = left_out([shot for scene in scenes for shot in drawn_shots(scene, project)])
    if missing:
        say(f"left out of captions: {explained(missing)}")


def say_remarks(remarks: Sequence[Remark], more: str = "") -> None:
    """The first of them; `more` says where the others are."""
    for remark in remarks[:MOST_REMARKS]:
        say(str(remark))
    left = len(remarks) - MOST_REMARKS
    if left > 0:
        say(f"and {left} more{more}")


def show(report: CutReport, form: Format) -> None:
    """The report on stdout, remarks for people on stderr."""
    if form is Format.json:
        import json

        out(json.dumps(report.document(), ensure_ascii=False, indent=2))
        return
    out(told(report))
    say_remarks(report.remarks or (), ": --format json")


def told(report: CutReport) -> str:
    """Two or three lines: where the film is, what it is, what was encoded and why."""
    width, height = report.size
    sound = "with sound" if report.audio else "silent"
    what = f"{float(report.seconds):.2f} s, {report.frames} frames, {width}x{height}, {sound}"
    heard = [f"sound: {remark}" for remark in report.heard[:MOST_REMARKS]]
    if len(report.heard) > MOST_REMARKS:
        heard.append(f"and {len(report.heard) - MOST_REMARKS} more on the sound: --format json")
    if not report.written:
        return "\n".join([f"{report.output}: unchanged ({what})", *heard])
    lines = [f"{report.output}: {what}"]
    if report.encoded:
        names = [f"{name} ({reason})" for name, reason in report.encoded[:MOST_NAMED]]
        more = len(report.encoded) - len(names)
        lines.append(f"encoded: {', '.join(names)}" + (f" and {more} more" if more else ""))
    lines += heard
    if report.again:
        lines.append(f"encoded once more: {report.again}")
    elif report.copied:
        lines.append(
            f"copied without loss: {len(report.copied)} of {len(report.copied) + len(report.encoded)} clips"
        )
    return "\n".join(lines)
