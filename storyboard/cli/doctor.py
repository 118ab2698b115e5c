"""`storyboard doctor`: what is missing here, what of a project is damaged, and how to get it back without paying."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from msgspec.structs import asdict

from storyboard.cli.console import out, out_document, say
from storyboard.cli.machine import machine
from storyboard.cli.manner import speak
from storyboard.cli.options import Log, Quiet, Verbose
from storyboard.cli.so_far import so_far
from storyboard.errors import UsageError
from storyboard.location import locate
from storyboard.report.documents import as_json
from storyboard.report.plan import size_in_words

if TYPE_CHECKING:
    from storyboard.ledger.doctor.finding import Finding

BROKEN = 4
MARKS = {"ok": "ok  ", "note": "-   ", "warn": "warn", "miss": "MISS"}


class Format(StrEnum):
    text = "text"
    json = "json"


def command(
    path: Annotated[
        Path | None,
        typer.Argument(
            metavar="[PATH]", help="A storyboard or a project: verify all that was bought for it."
        ),
    ] = None,
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Fetch what is gone or damaged again, at no charge. Never buys."),
    ] = False,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
    quiet: Quiet = False,
    verbose: Verbose = False,
    log: Log = None,
) -> int:
    """Look at this machine, and at a project's ledger and clips, byte by byte. Exits 4 when something needed is missing
    or broken."""
    speak("doctor", quiet=quiet, verbose=verbose, log=log)
    project = _here() if path is None else project_of(path)
    if repair and project is None:
        raise UsageError("--repair needs a project: name one. Nothing was done.")
    findings = list(machine()) if path is None else []
    done: list[str] = []
    if project is not None:
        from storyboard.cli.repair import repaired
        from storyboard.cli.verify import verified

        with so_far(read_so_far) as told:
            for text in repaired(project, told) if repair else ():
                done.append(text)
                say(text)
            findings += verified(project, _storyboard(path or Path()), told)
    if format is Format.json:
        out_document(as_json(document(findings, done)))
    else:
        _show(findings)
    return BROKEN if any(finding.level == "miss" for finding in findings) else 0


def project_of(path: Path) -> Path:
    """The project folder that PATH is in; a folder need not have a storyboard of its own when things were bought for
    it. Raises UsageError."""
    from storyboard.ledger.place import FOLDER

    try:
        return locate(path).project
    except UsageError:
        if not (path / FOLDER).is_dir():
            raise
    return path.resolve()


def _here() -> Path | None:
    """The project that we stand in, if any; a folder where films were joined is none."""
    from storyboard.ledger.place import keeps_purchases

    here = Path.cwd()
    for folder in (here, *here.parents):
        with contextlib.suppress(UsageError):
            return locate(folder).project
        if keeps_purchases(folder):
            return folder
    return None


def _storyboard(path: Path) -> Path | None:
    """PATH, when it names a storyboard."""
    try:
        locate(path)
    except UsageError:
        return None
    return path


def read_so_far(done: int, total: int) -> str:
    return f"reading every clip: {size_in_words(done)} of {size_in_words(total)}"


def document(findings: Sequence[Finding], done: Sequence[str]) -> dict[str, Any]:
    return {
        "findings": [asdict(finding) for finding in findings],
        "repairs": list(done),
        "broken": sum(finding.level == "miss" for finding in findings),
        "warnings": sum(finding.level == "warn" for finding in findings),
    }


def _show(findings: Sequence[Finding]) -> None:
    place = ""
    for finding in findings:
        if finding.place != place:
            place = finding.place
            out(f"{place or 'the project'}:")
        cure = f". {finding.cure[:1].upper()}{finding.cure[1:]}" if finding.cure else ""
        line = f"{finding.text.rstrip('.') if cure else finding.text}{cure}".replace("\n", " ")
        out(f"{MARKS[finding.level]}  {finding.name:<10}  {line}")
