"""Whose ledger is it? One that came with a stranger's clone is not believed.

A ledger has a random id. The person's own state folder, outside every project, has a file of that name for
each ledger that was made or accepted here. A ledger that holds takes and is not listed there is refused:
it could claim that clips were bought which were not, or point at clips of its choice. A project that is
moved or copied on one machine keeps its id and stays accepted; on another machine the person accepts it
once, with `storyboard takes PATH --accept-ledger`.
"""

from __future__ import annotations

import re
from pathlib import Path

from storyboard.errors import LedgerError
from storyboard.ledger.lock.file import read_lock
from storyboard.ledger.place import Place
from storyboard.ledger.remembered import is_remembered, remember
from storyboard.report.counted import counted

LEDGER_ID = re.compile(r"^[0-9a-f]{32}$")


def accept(ledger_id: str, project: Path) -> None:
    """Remembers that this person believes this ledger."""
    remember("ledgers", _checked(ledger_id), project, f"the ledger of {project}")


def accepted(ledger_id: str) -> bool:
    return is_remembered("ledgers", _checked(ledger_id))


def refuse_strangers(ledger_id: str, place: Place) -> None:
    """Raises unless this person made or accepted the ledger. A shared one is named by the person's own environment, and
    no repository can bring that along."""
    if place.shared is not None or accepted(ledger_id):
        return
    raise LedgerError(
        f"The ledger {place.ledger} was not made by you on this machine: it may have come with the repository, and "
        "what it says was bought can't be believed. Nothing was sent. If it is yours (another machine, a "
        f"restored backup), run `storyboard takes {place.project} --accept-ledger` once. If not, move the folder "
        f"away: {place.ledger.parent}."
    )


def refuse_moved(place: Place) -> None:
    """Raises when this machine's own file was copied to a server: what was bought since, it does not know."""
    if place.shared is not None or not place.moved.is_file():
        return
    where = place.moved.read_text(encoding="utf-8", errors="replace").strip()[:500]
    raise LedgerError(
        f"The ledger {place.ledger} was moved to {where}, and does not know what was bought since. Nothing was sent. "
        "Set STORYBOARD_LEDGER_URL to where it is now. Only if nobody uses it there any more, remove "
        f"{place.moved}: then the file counts again."
    )


def refuse_to_forget(place: Place) -> None:
    """Raises when there are clips, and neither a ledger nor storyboard.lock says what they are, or a ledger that the
    shared one knows nothing of: their scenes would be bought again."""
    if place.shared is not None and place.ledger.is_file() and place.ledger.stat().st_size:
        raise LedgerError(
            f"The shared ledger {place.shared} is empty, and {place.ledger} says what was bought for this project "
            f"until now. Nothing was sent. `storyboard ledger move {place.project} --to URL`, without "
            "STORYBOARD_LEDGER_URL, copies it there. To begin anew all the same, move that file away."
        )
    clips = {path.stem for path in place.clips.glob("??/*.mp4")}
    if not clips:
        return
    unnamed = clips - {line.take.clip for line in read_lock(place).lines}
    if not unnamed:
        return
    if place.rehearsal:
        anew = (
            f"remove {place.folder} (a rehearsal's: nothing in it was paid) and run the same command again."
        )
    else:
        anew = (
            f"run `storyboard reconcile {place.project} --new-ledger` once: what storyboard.lock names or fal's "
            "history still shows is then fetched, everything else bought again at its full price."
        )
    raise LedgerError(
        f"{place.clips} holds {counted(len(clips), 'clip')}, but the ledger {place.ledger_shown}, which says what "
        f"they are, is gone or empty{_also(place, len(unnamed))}. Nothing was sent. Put it back from a backup. "
        f"To begin anew all the same, {anew}"
    )


def _also(place: Place, unnamed: int) -> str:
    return "" if place.rehearsal else f", and {place.lock_file} does not name {unnamed} of them"


def _checked(ledger_id: str) -> str:
    """The id, which is the name of a file."""
    if not LEDGER_ID.match(ledger_id):
        raise LedgerError(
            "The ledger's id is not one that storyboard makes: the file is damaged or forged. Nothing was "
            "sent. Put the ledger back from a backup."
        )
    return ledger_id
