"""The files of a project with what is open in the editor in place of what lies on the disk."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from msgspec import Struct, field

from storyboard.location import MAX_TEXT, SETTINGS, Location, OnDisk, project_above
from storyboard.media.fact import MediaFact
from storyboard.read.include import ENDINGS
from storyboard.read.opened import Absent

LISTED = 500  # files that are offered
LOOKED_AT = 5_000  # entries of folders
DEEP = 6


Stamp = tuple[int, int, int]
Facts = dict[Path, tuple[Stamp, MediaFact]]


class TooMuch(Exception):
    """The project holds more than is looked through. The text says what, for people."""


class Overlay(Struct, frozen=True):
    """Files as `location.Files` has them. `open` are texts by absolute path; `facts` keeps what is known of stills by
    their size and time, so that a key typed does not read them all again."""

    path: Path
    project: Path
    open: Mapping[Path, str]
    facts: Facts = field(default_factory=dict)

    @property
    def disk(self) -> OnDisk:
        return OnDisk(self.path, self.project)

    def source(self) -> bytes:
        text = self.open.get(self.path)
        return self.disk.source() if text is None else _bytes(text)

    def included(self, path: str) -> bytes | Absent:
        text = self.open.get(self.project / path)
        return self.disk.included(path) if text is None else _bytes(text)

    def settings(self) -> bytes:
        text = self.open.get(self.project / SETTINGS)
        return self.disk.settings() if text is None else _bytes(text)[:MAX_TEXT]

    def settings_around(self) -> Iterator[tuple[str, bytes]]:
        return self.disk.settings_around()

    def text(self, path: str) -> bytes | None:
        text = self.open.get(Path(os.path.normpath(self.project / path)))
        return self.disk.text(path) if text is None else _bytes(text)[:MAX_TEXT]

    def fact(self, path: str) -> MediaFact:
        file = self.project / path
        stamp = stamp_of(file)
        kept = self.facts.get(file)
        if stamp is not None and kept is not None and kept[0] == stamp:
            return kept[1]
        found = self.disk.fact(path)
        if stamp is not None:
            self.facts[file] = (stamp, found)
        return found


def located(path: Path, opened: Mapping[Path, str], facts: Facts) -> Location:
    """The storyboard of this file, which need not exist yet."""
    absolute = Path(os.path.normpath(path))
    project = project_above(absolute.parent)
    return Location(absolute, project, absolute.as_posix(), Overlay(absolute, project, opened, facts))


def files_below(location: Location, suffixes: tuple[str, ...]) -> tuple[str, ...]:
    """Files of the project with these endings, as the storyboard names them; not those of hidden folders."""
    found: list[str] = []
    for seen, path in enumerate(_walk(location.project)):
        if seen > LOOKED_AT or len(found) >= LISTED:
            break
        if path.suffix.lower() in suffixes:
            found.append(Path(os.path.relpath(path, location.source.parent)).as_posix())
    return tuple(sorted(found, key=lambda name: (name.startswith(".."), name)))


def yaml_below(project: Path) -> Iterator[Path]:
    """The YAML of a project, not in hidden folders and not by links to other projects. Raises TooMuch."""
    seen = 0
    for above, folders, files in os.walk(project):
        folders[:] = sorted(name for name in folders if not name.startswith((".", "node_modules")))
        seen += len(files) + len(folders)
        if seen > LOOKED_AT:
            raise TooMuch(f"the project holds more than {LOOKED_AT:,} files")
        for name in files:
            path = Path(above) / name
            if name.endswith(ENDINGS) and _is_within(path, project):
                yield path


def _is_within(path: Path, project: Path) -> bool:
    if not path.is_symlink():
        return True
    try:
        return path.resolve().is_relative_to(project.resolve())
    except (OSError, RuntimeError):  # a circle of links
        return False


def _walk(folder: Path) -> Iterator[Path]:
    for above, folders, files in os.walk(folder):
        depth = len(Path(above).relative_to(folder).parts)
        kept = [name for name in sorted(folders) if not name.startswith((".", "node_modules"))]
        folders[:] = kept if depth < DEEP else []
        for name in sorted(files):
            if not name.startswith("."):
                yield Path(above) / name


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def stamp_of(file: Path) -> Stamp | None:
    try:
        found = file.stat()
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
