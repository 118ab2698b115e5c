"""Where a project keeps what it bought: `.storyboard/` for fal, `.storyboard/sandbox/NAME/` for any
look-alike.

What a look-alike made never counts as bought, so each has a ledger and a store of its own. The ledger may be a
shared one, on a server: see shared.py; clips may be shared as well: see shared_clips.py.

    storyboard.lock         committed, of fal alone (see lock.py)
    .storyboard/            .gitignore  ledger.sqlite  lock  clips/  incoming/
        sandbox/builtin/    the same, and server/: the state of the built-in sandbox
        sandbox/127.0.0.1-8123/ …
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from msgspec import Struct

from storyboard.durable import sync_folder
from storyboard.errors import LedgerError
from storyboard.ledger.shared import Shared, shared_ledger
from storyboard.ledger.shared_clips import SharedClips, shared_clips

FOLDER = ".storyboard"
LOCK_FILE = "storyboard.lock"
BUILTIN = "builtin"
LEDGER = "ledger.sqlite"


class Place(Struct, frozen=True):
    """The folder of one ledger and its store. `project` is the folder that all of it belongs to; `shared` is where its
    ledger lies when that is not this machine's own; `shared_clips` is where its clips are shared, beside those here."""

    project: Path
    folder: Path
    shared: Shared | None = None
    shared_clips: SharedClips | None = None

    @property
    def ledger(self) -> Path:
        """The file of this machine's own ledger."""
        return self.folder / LEDGER

    @property
    def ledger_shown(self) -> str:
        """What messages call the ledger."""
        return str(self.shared or self.ledger)

    def has_ledger(self) -> bool:
        """Is there one to look at? Only a server knows of its own. Raises LedgerError."""
        if self.shared is None:
            return self.ledger.exists()
        from storyboard.ledger.database import database_of

        return database_of(self).is_made()

    def has_begun_ledger(self) -> bool:
        """Is there one that can hold anything? An empty file is what is left of one."""
        if self.shared is None:
            return self.ledger.is_file() and self.ledger.stat().st_size > 0
        return self.has_ledger()

    @property
    def clips(self) -> Path:
        return self.folder / "clips"

    @property
    def incoming(self) -> Path:
        """Half-made files; beside the clips, so that a rename stays within one file system."""
        return self.folder / "incoming"

    @property
    def odd(self) -> Path:
        """What was paid for and can't be read as a clip."""
        return self.folder / "odd"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def lock_file(self) -> Path:
        """What the project's people share of what was bought; not `lock`, which is held while a render runs."""
        return self.project / LOCK_FILE

    @property
    def hints(self) -> Path:
        """What webhooks said: see render/hints.py."""
        return self.folder / "hints"

    @property
    def departures(self) -> Path:
        """What this clone has under way to fal, beside a shared ledger: see departures.py."""
        return self.folder / "departures"

    @property
    def moved(self) -> Path:
        """Says where the ledger was moved to, beside the file that it was."""
        return self.folder / "moved"

    @property
    def server(self) -> Path:
        """The state of the built-in sandbox."""
        return self.folder / "server"

    @property
    def rehearsal(self) -> bool:
        """Is it a look-alike's, where nothing was paid?"""
        return self.folder != self.project / FOLDER

    def ready(self) -> None:
        """Makes the folders, and keeps them out of git."""
        self._stays_inside()
        try:
            for folder in (self.clips, self.incoming):
                _make(folder)
            ignore = self.project / FOLDER / ".gitignore"
            if not ignore.exists():
                ignore.write_text("*\n", encoding="utf-8")
        except OSError as failure:
            raise LedgerError(
                f"The folder {self.folder} can't be made ({failure.strerror or failure}). Nothing was sent. "
                "Check permissions and space, then run the same command again."
            ) from failure

    def _stays_inside(self) -> None:
        """A stranger's repository can plant symbolic links where we write: none is followed. Raises LedgerError."""
        top = self.project / FOLDER
        ours = (top, *(top / name for name in ("sandbox", ".gitignore", "segments", "trash")), self.folder)
        inside = (
            self.ledger,
            self.ledger.with_suffix(".sum"),
            self.lock,
            self.clips,
            self.incoming,
            self.odd,
            self.hints,
            self.departures,
            self.moved,
            self.server,
        )
        beside = tuple(self.ledger.with_name(self.ledger.name + end) for end in ("-journal", "-wal", "-shm"))
        for path in (*ours, *inside, *beside, *self.clips.glob("??")):
            if path.is_symlink():
                raise LedgerError(
                    f"{path} is a symbolic link, as a stranger's repository might plant. Nothing was written or "
                    "sent. Remove it, then run the same command again."
                )


def place_of(project: Path, base_url: str | None = None, *, builtin: bool = False) -> Place:
    """The place for fal itself (no base URL), for the built-in sandbox, or for the look-alike at a base
    URL; with the ledger and the clip store that the environment or the project's settings name. Raises UsageError
    and LedgerError."""
    if builtin:
        return _place(project, project / FOLDER / "sandbox" / BUILTIN)
    if base_url is None:
        return _place(project, project / FOLDER)
    return _place(project, project / FOLDER / "sandbox" / _name(base_url))


def places_of(project: Path) -> tuple[Place, ...]:
    """Every place that a project has by now: fal's own first, then each look-alike's by name. No link is followed."""
    top = project / FOLDER
    if top.is_symlink() or not top.is_dir():
        return ()
    aside = top / "sandbox"
    known = () if aside.is_symlink() or not aside.is_dir() else sorted(aside.iterdir())
    folders = [folder for folder in known if folder.is_dir() and not folder.is_symlink()]
    return (_place(project, top), *(_place(project, folder) for folder in folders))


def _place(project: Path, folder: Path) -> Place:
    if folder.name == BUILTIN:
        return Place(project, folder)
    alike = None if folder == project / FOLDER else folder.name
    return Place(project, folder, shared_ledger(alike, project), shared_clips(alike, project))


def keeps_purchases(project: Path) -> bool:
    """Is there more in the project's folder than the segments that a `join` leaves beside its film?"""
    top = project / FOLDER
    try:
        return top.is_dir() and any(each.name not in {"segments", ".gitignore"} for each in top.iterdir())
    except OSError:  # `doctor` says what is wrong with it
        return True


def _make(folder: Path) -> None:
    """The folder and those above it; each new name is on the disk before anything is kept under it."""
    if folder.is_dir():
        return
    _make(folder.parent)
    folder.mkdir(exist_ok=True)
    sync_folder(folder.parent)


def _name(base_url: str) -> str:
    plain = re.sub(r"[^a-z0-9.]+", "-", base_url.lower().split("://", 1)[-1]).strip("-.")
    if plain and plain != BUILTIN and len(plain) <= 60:  # noqa: PLR2004 - a length that every file system takes
        return plain
    return hashlib.sha256(base_url.encode()).hexdigest()[:16]
