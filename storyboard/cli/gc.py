"""`storyboard gc`: what nobody names any more goes to a trash, after it was shown what that frees and what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from storyboard.cli.console import asked, interactive, out, out_document, say
from storyboard.cli.doctor import project_of
from storyboard.cli.lock_words import tell_of_waiting
from storyboard.errors import Refused
from storyboard.report.counted import counted
from storyboard.report.documents import as_json

if TYPE_CHECKING:
    from storyboard.ledger.garbage.unnamed import Removable

UNUSED = 7  # days after which a segment is thought to be of an older cut
WHAT = {
    "segment": "segments of cuts: made again at no charge by the next cut that needs them",
    "incoming": "half-made files of killed runs",
}


class Format(StrEnum):
    text = "text"
    json = "json"


def command(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="A storyboard or a project.")],
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Move without asking. For scripts.")] = False,
    segments: Annotated[
        int, typer.Option(metavar="DAYS", min=0, help="Segments made so long ago are of older cuts.")
    ] = UNUSED,
    empty: Annotated[
        int | None,
        typer.Option(
            metavar="DAYS", min=0, help="Instead: delete for good what has been in the trash so long."
        ),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="Text or JSON.")] = Format.text,
) -> int:
    """Move what no take, lock line or storyboard names to .storyboard/trash. Clips of takes are never touched."""
    project = project_of(path)
    with _alone(project):
        document = (
            _moved(project, timedelta(days=segments), yes=yes)
            if empty is None
            else _emptied(project, timedelta(days=empty), yes=yes)
        )
    if format is Format.json:
        out_document(as_json(document))
    else:
        out(document["text"])
    return 0


@contextmanager
def _alone(project: Path) -> Iterator[None]:
    """Every place of the project at once, so that no render is at work in any. Raises LedgerError."""
    from storyboard.errors import LedgerError
    from storyboard.ledger.doctor.access import links_in
    from storyboard.ledger.lease import lease
    from storyboard.ledger.place import places_of

    links = links_in(project)
    if links:
        raise LedgerError(f"{links[0].text}. Nothing was moved. Remove it, then run the same command again.")
    with ExitStack() as stack:
        for place in places_of(project):
            stack.enter_context(lease(place.lock, tell_of_waiting))
        yield


def _moved(project: Path, unused: timedelta, *, yes: bool) -> dict[str, Any]:
    from storyboard.ledger.garbage.trash import throw_away
    from storyboard.ledger.garbage.unnamed import removable

    now = datetime.now(UTC)
    things = removable(project, now, unused)
    size = sum(thing.size for thing in things)
    rows = [
        {
            "kind": thing.kind,
            "path": str(thing.path),
            "bytes": thing.size,
            "remake": None if thing.costly else "0.00",
        }
        for thing in things
    ]
    found = {"removable": rows, "bytes": size, "trash": None}
    if not things:
        return found | {"text": "nothing to move: somebody names all that is here"}
    for line in _shown(things):
        say(line)
    _agreed(
        f"Move {counted(len(things), 'file')}, {_mib(size)}, to the trash?", "Nothing was moved.", yes=yes
    )
    trash = throw_away(project, things, now.date())
    moved = f"{counted(len(things), 'file')}, {_mib(size)}, moved to {trash}"
    text = f"{moved}; `storyboard gc PATH --empty DAYS` frees the space"
    return found | {"trash": str(trash), "text": text}


def _emptied(project: Path, age: timedelta, *, yes: bool) -> dict[str, Any]:
    from storyboard.ledger.garbage.trash import emptied, named_again, old_trash, size_in
    from storyboard.ledger.garbage.unnamed import names_of

    folders = old_trash(project, datetime.now(UTC).date(), age)
    kept = named_again(folders, names_of(project)) if folders else ()
    for path in kept:
        say(
            f"{path} is named again: it stays. `storyboard doctor PATH --repair` puts it back where it is missing"
        )
    size = size_in(folders) - sum(path.stat().st_size for path in kept)
    found = {"emptied": [str(folder) for folder in folders], "kept": [str(path) for path in kept], "bytes": 0}
    if not folders or not size:
        return found | {"text": "nothing in the trash is that old"}
    paid = sum(1 for folder in folders for clip in (folder / "clips").glob("*/*") if clip not in kept)
    also = f", {counted(paid, 'clip')} among it that fal may have been paid for" if paid else ""
    say(f"{', '.join(folder.name for folder in folders)}: {_mib(size)}{also}")
    _agreed(f"Delete {_mib(size)} for good?", "Nothing was deleted.", yes=yes)
    gone = emptied(folders, kept)
    return found | {"bytes": gone, "text": f"{_mib(gone)} deleted"}


def _shown(things: Sequence[Removable]) -> Iterator[str]:
    for thing in things:
        if thing.kind == "clip":
            again = (
                "to make it again: unknown, no take says what it cost" if thing.costly else "a rehearsal's"
            )
            yield f"{thing.path}: {_mib(thing.size)}; {again}"
    for kind, what in WHAT.items():
        some = [thing for thing in things if thing.kind == kind]
        if some:
            yield f"{counted(len(some), 'file')}, {_mib(sum(thing.size for thing in some))}: {what}"


def _agreed(question: str, nothing: str, *, yes: bool) -> None:
    """Raises Refused without a yes."""
    if yes:
        return
    if not interactive():
        raise Refused(f"There is no terminal to ask at. {nothing} Add --yes to go ahead without asking.")
    if not asked(f"{question} [y/N] "):
        raise Refused(nothing)


def _mib(size: int) -> str:
    return f"{size / 2**20:,.1f} MiB"
