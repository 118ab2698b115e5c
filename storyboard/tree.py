"""The files of one commit, by their paths from the top of the repository: walked folder by folder, links followed.

What can't be had is a fact, not a failure: a file of a submodule, one that a partial clone does not hold, one behind a
git-lfs pointer. Only the pointer names what it stands for, by the same hash that a request's digest is made with.
"""

from __future__ import annotations

import io
import re
import tempfile
from typing import Literal, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from storyboard.git import MOST, Objects, TooMuchError
from storyboard.location import MAX_READ, MAX_TEXT, SETTINGS, absent
from storyboard.media.fact import MediaFact, Problem
from storyboard.media.headers import HASHED, OUTSIDE, fact_of, leaves
from storyboard.read.opened import Absent

LINKS = 40  # followed one after the other, as Linux does
LONGEST_LINK = 4096
LARGEST_FOLDER = 64 << 20  # bytes: a million files
IN_MEMORY = 8 << 20
WHOLE = "`git fetch --refetch --no-filter` makes it whole"
POINTER = 1024  # bytes; no pointer is longer
CONTENT = re.compile(rb"^oid sha256:([0-9a-f]{64})$", re.MULTILINE)
Kind = Literal["folder", "file", "link", "submodule"]
KINDS: dict[bytes, Kind] = {b"40000": "folder", b"120000": "link", b"160000": "submodule"}  # else a file


class Entry(NamedTuple):
    kind: Kind
    object: str


class NotThere(Exception):
    """A path leads to no file: what is wrong with it, as a still's problem."""

    def __init__(self, problem: Problem, detail: str) -> None:
        super().__init__(detail)
        self.problem: Problem = problem
        self.detail = detail


class NotHeld(NotThere):
    """This clone lacks a part of what the commit is made of."""

    def __init__(self) -> None:
        super().__init__("unreadable", f"this clone is partial or damaged and does not hold it: {WHOLE}")


class Tree:
    """The whole tree of a commit."""

    def __init__(self, objects: Objects, commit: str) -> None:
        self._objects = objects
        self._top = Entry("folder", f"{commit}^{{tree}}")
        self._folders: dict[str, dict[str, Entry]] = {}

    def project(self, folder: str, source: str) -> OfProject:
        """The files of the project in this folder, whose storyboard is `source`."""
        return OfProject(self, folder, source)

    def is_file(self, path: str) -> bool:
        """Is there such a file? Raises NotHeld where that can't be known."""
        try:
            return self.find(path, "").kind == "file"
        except NotHeld:
            raise
        except NotThere:
            return False

    def find(self, path: str, project: str) -> Entry:
        """What the path leads to, links followed, inside the project folder. Raises NotThere."""
        left, way, links = path.split("/")[::-1], [("", self._top)], 0
        while left:
            part = left.pop()
            entry = self._step(way, part)
            if entry is None:
                continue
            if entry.kind == "link":
                links += 1
                if links > LINKS:
                    raise NotThere("unreadable", "its links lead in a circle")
                left += self._target(entry).split("/")[::-1]
            else:
                way.append((part, entry))
        self._inside(way, project)
        return way[-1][1]

    def names(self, folder: str, project: str) -> list[str]:
        """What lies in a folder of the project; nothing where there is none. Raises NotHeld."""
        try:
            entry = self.find(folder, project)
            return list(self._entries(entry)) if entry.kind == "folder" else []
        except NotHeld:
            raise
        except NotThere:
            return []

    def read(self, entry: Entry, limit: int) -> bytes:
        """At most so many bytes of a file. Raises NotThere."""
        data = io.BytesIO()
        self._copy(entry, data, limit, partly=True)
        return data.getvalue()

    def fact(self, entry: Entry, blank: MediaFact) -> MediaFact:
        """What a file of media is. Raises NotThere."""
        with tempfile.SpooledTemporaryFile(IN_MEMORY) as file:
            size = self._copy(entry, file, HASHED)
            if size > HASHED:
                return replace(blank, problem="unreadable", detail="it is too large to be looked into")
            file.seek(0)
            found = fact_of(file, size, blank)
            file.seek(0)
            named = CONTENT.search(file.read(POINTER)) if found.problem == "git-lfs pointer" else None
        return found if named is None else replace(found, sha256=named[1].decode())

    def _step(self, way: list[tuple[str, Entry]], part: str) -> Entry | None:
        """What one part of a path leads to; None when it only moves along the way."""
        if part in {"", "."}:
            return None
        folder = way[-1][1]
        if folder.kind == "submodule":
            raise NotThere(
                "unreadable", "it lies in a submodule, which is another repository: its revisions are its own"
            )
        if part == "..":
            if len(way) == 1:
                raise NotThere("outside", "its links leave the repository")
            way.pop()
            return None
        entry = self._entries(folder).get(part) if folder.kind == "folder" else None
        if entry is None:
            raise NotThere("missing", "there is no such file")
        return entry

    def _entries(self, folder: Entry) -> dict[str, Entry]:
        if folder.object not in self._folders:
            data = self.read(folder, LARGEST_FOLDER)
            self._folders[folder.object] = dict(_entries(data, len(self._name) // 2))
        return self._folders[folder.object]

    @property
    def _name(self) -> str:
        return self._top.object.partition("^")[0]

    def _target(self, link: Entry) -> str:
        target = self.read(link, LONGEST_LINK).decode("utf-8", "surrogateescape")
        if target.startswith("/") or ":" in target[:2]:
            raise NotThere("outside", f"it is a link to {target}")
        return target

    @staticmethod
    def _inside(way: list[tuple[str, Entry]], project: str) -> None:
        names = [name for name, _ in way[1:]]
        wanted = project.split("/") if project else []
        if names[: len(wanted)] != wanted:
            raise NotThere("outside", f"it is a link to {'/'.join(names)}")

    def _copy(
        self,
        entry: Entry,
        to: io.BytesIO | tempfile.SpooledTemporaryFile[bytes],
        limit: int,
        *,
        partly: bool = False,
    ) -> int:
        """The size of the whole. Raises NotThere."""
        try:
            found = self._objects.copy(entry.object, to, limit, partly=partly)
        except TooMuchError:
            raise NotThere(
                "unreadable", f"it is beyond the {MOST >> 30} GB that are read of a revision"
            ) from None
        if found is None:
            raise NotHeld
        return found.size


def _entries(data: bytes, width: int) -> list[tuple[str, Entry]]:
    """The entries of a tree object: mode, space, name, zero, and a hash of `width` bytes."""
    found: list[tuple[str, Entry]] = []
    at = 0
    while (end := data.find(b"\0", at)) >= 0:
        mode, _, name = data[at:end].partition(b" ")
        at = end + 1 + width
        entry = Entry(KINDS.get(mode, "file"), data[end + 1 : at].hex())
        found.append((name.decode("utf-8", "surrogateescape"), entry))
    return found


class OfProject(Struct, frozen=True):
    """The files of a project folder in a tree, as storyboard.location.Files. Texts raise NotHeld."""

    tree: Tree
    folder: str
    path: str

    def source(self) -> bytes:
        return self._data(self.path, MAX_READ) or b""

    def included(self, path: str) -> bytes | Absent:
        folder = self.folder
        for part in path.split("/"):
            names = self.tree.names(folder, self.folder)
            if part not in names:
                return absent(path, part, names)
            folder = f"{folder}/{part}" if folder else part
        try:
            entry = self.tree.find(folder, self.folder)
            return self.tree.read(entry, MAX_READ) if entry.kind == "file" else Absent("not a file")
        except NotThere as gone:
            return Absent("outside" if gone.problem == "outside" else "missing")

    def settings(self) -> bytes:
        """Nothing of them is compared: what is no settings file counts as none."""
        data = self._data(self._full(SETTINGS), MAX_TEXT + 1) or b""
        return data if len(data) <= MAX_TEXT else b""

    def settings_around(self) -> tuple[tuple[str, bytes], ...]:
        """None: nothing is bought of what was."""
        return ()

    def text(self, path: str) -> bytes | None:
        return self._data(self._full(path), MAX_TEXT)

    def fact(self, path: str) -> MediaFact:
        blank = MediaFact(path)
        if leaves(path):
            return replace(blank, problem="outside", detail=OUTSIDE)
        try:
            entry = self.tree.find(self._full(path), self.folder)
            if entry.kind != "file":
                return replace(blank, problem="not a file", detail=f"a {entry.kind}")
            return self.tree.fact(entry, blank)
        except NotThere as gone:
            return replace(blank, problem=gone.problem, detail=gone.detail)

    def _full(self, path: str) -> str:
        return f"{self.folder}/{path}" if self.folder else path

    def _data(self, path: str, limit: int) -> bytes | None:
        try:
            entry = self.tree.find(path, self.folder)
            return self.tree.read(entry, limit) if entry.kind == "file" else None
        except NotHeld:
            raise
        except NotThere:
            return None
