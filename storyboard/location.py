"""Where a storyboard lies: its file, its project folder, and what is read of them. Touches the disk.

What a storyboard names is read through `Files`: those of the folder, as a rule, or those of an earlier revision, which
storyboard/revision.py has.
"""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

from msgspec import Struct

from storyboard.compile.family import keys_named
from storyboard.compile.paths import TEMPLATE
from storyboard.errors import UsageError, WorldError
from storyboard.folders import folder
from storyboard.media.fact import MediaFact
from storyboard.read.opened import Absent
from storyboard.read.source import Source

FILE = "storyboard.yaml"
SETTINGS = "storyboard.toml"
REPOSITORY = ".git"  # marks a project, too
MAX_READ = 32 * 1024 * 1024 + 1
MAX_TEXT = 64 * 1024
SUFFIXES = {".yaml", ".yml"}
BEGINS = re.compile(rb"^(?:\xef\xbb\xbf)?[\"']?storyboard[\"']?\s*:", re.MULTILINE)
HEAD = 1 << 16  # bytes of a file in which it says that it is a storyboard
MOST_NAMED = 5  # storyboards of a folder in a message
MOST_TEMPLATES = 100
SHIPPED = ("kling-v3", "kling-v3-labels")


class Files(Protocol):
    """The files of a project, by their paths from its folder."""

    def source(self) -> bytes:
        """The storyboard's own text. Raises UsageError and WorldError."""

    def included(self, path: str) -> bytes | Absent:
        """A file that the storyboard includes, or why there is none. Raises WorldError."""

    def settings(self) -> bytes:
        """The project's settings; empty when there are none. Raises UsageError and WorldError."""

    def settings_around(self) -> Iterable[tuple[str, bytes]]:
        """Those of the projects that this one lies in, the nearest first, by their paths from its folder ("../…").
        Raises UsageError and WorldError."""

    def text(self, path: str) -> bytes | None:
        """A small text file; None when there is no such file inside the project."""

    def fact(self, path: str) -> MediaFact:
        """What a still, a video or a sound is."""


class Location(Struct, frozen=True):
    """`source` is the YAML file, `project` the folder that nothing may leave, `shown` the name that messages use. Both
    paths are free of links up to the file's own name: one film, by whatever way, has one project. `earlier` are the
    files of the revision that it is of; None: it is of what lies on the disk."""

    source: Path
    project: Path
    shown: str
    earlier: Files | None = None

    @property
    def files(self) -> Files:
        return self.earlier or OnDisk(self.source, self.project)

    @property
    def base(self) -> str:
        """The storyboard's folder from the project folder, forward slashes; "" when they are the same."""
        relative = self.source.parent.relative_to(self.project).as_posix()
        return "" if relative == "." else relative


def locate(path: Path) -> Location:
    """The storyboard that PATH names: a file, or a folder that holds storyboard.yaml. Raises UsageError."""
    if path.suffix == ".json":
        raise UsageError(
            f"{path} looks like a saved plan, which `storyboard render` alone takes: here a storyboard is asked for."
        )
    try:
        source = path / FILE if path.is_dir() else path
        if not source.exists() and not source.is_symlink():
            raise UsageError(_nothing_at(path))
        absolute = source.parent.resolve() / source.name
        project = project_above(absolute.parent)
        _same_project(source, absolute.resolve(), project)
    except (OSError, RuntimeError) as error:
        raise UsageError(f"{path} can't be found: {getattr(error, 'strerror', None) or error}.") from None
    return Location(absolute, project, source.as_posix())


def _nothing_at(path: Path) -> str:
    """What to name instead of a path at which no storyboard is."""
    if str(path) == "-":
        return "A storyboard on standard input is not taken: name its file, beside which stills and includes are found."
    if not path.is_dir():
        return f"there is no file `{path}`. `storyboard init` makes a new project."
    held = _held(path)
    if not held:
        return f"there is no {FILE} in `{path}`. `storyboard init` makes a new project."
    first, last = (held, []) if len(held) == 1 else (held[:-1], held[-1:])
    if len(held) > MOST_NAMED:
        first, last = held[:MOST_NAMED], [f"{len(held) - MOST_NAMED} more"]
    names = " and ".join(filter(None, [", ".join(first), *last]))
    return f"there is no {FILE} in `{path}`; it holds {names}: name {'it' if len(held) == 1 else 'one'}."


def _held(folder: Path) -> list[str]:
    """The names of the storyboards in a folder."""
    files = sorted(entry for entry in folder.iterdir() if entry.suffix in SUFFIXES and entry.is_file())
    return [file.name for file in files if BEGINS.search(read_file(file, HEAD))]


def _same_project(source: Path, target: Path, project: Path) -> None:
    """Raises UsageError for a link to a file of another project: what was bought for it, and what may be, is there."""
    if not target.is_relative_to(project):
        raise UsageError(f"{source} is a link that leaves the project folder `{project}`. Nothing was read.")
    other = project_above(target.parent)
    if other != project and is_marked(other):
        raise UsageError(
            f"{source} is a link into another project, {other}, whose takes and settings are its own. Nothing was "
            f"read. Name {target} instead."
        )


def project_above(start: Path) -> Path:
    """The nearest folder that is marked as a project, or the folder itself."""
    for candidate in (start, *start.parents):
        if is_marked(candidate):
            return candidate
    return start


def is_marked(candidate: Path) -> bool:
    """Whether a folder says itself that it is a project."""
    return _has_settings(candidate) or (candidate / REPOSITORY).exists()


def _has_settings(project: Path) -> bool:
    """Also when they are a link to nowhere: what was to be restricted is not free for that."""
    return os.path.lexists(project / SETTINGS)


def read_file(path: Path, limit: int = MAX_READ) -> bytes:
    """At most `limit` bytes of a regular file; never waits for a pipe. Raises UsageError and WorldError."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise UsageError(f"{path} is not a regular file.")
            return file.read(limit)
    except OSError as error:
        raise WorldError(f"{path} can't be read: {error.strerror or error}. Nothing was done.") from None


class OnDisk(Struct, frozen=True):
    """The files as they lie in the project folder."""

    path: Path
    project: Path

    def source(self) -> bytes:
        return read_file(self.path)

    def included(self, path: str) -> bytes | Absent:
        folder = self.project
        for part in path.split("/"):
            names = _names(folder)
            if part not in names:
                return absent(path, part, names)
            folder /= part
        if not _inside(folder, self.project):
            return Absent("outside")
        return read_file(folder) if folder.is_file() else Absent("not a file")

    def settings(self) -> bytes:
        return _settings_in(self.project)

    def settings_around(self) -> Iterator[tuple[str, bytes]]:
        for number, outer in enumerate(self.project.parents, 1):
            if _has_settings(outer):
                yield "../" * number + SETTINGS, _settings_in(outer)

    def text(self, path: str) -> bytes | None:
        try:
            file = (self.project / path).resolve()
            if not file.is_relative_to(self.project.resolve()) or not file.is_file():
                return None
            return read_file(file, MAX_TEXT)
        except (OSError, RuntimeError):  # a name too long, a circle of links
            return None

    def fact(self, path: str) -> MediaFact:
        from storyboard.media.headers import inspect

        return inspect(self.project, path)


def _settings_in(project: Path) -> bytes:
    path = project / SETTINGS
    if not _has_settings(project):
        return b""
    if not path.exists():
        raise UsageError(
            f"{path} is a link to nowhere: what it should say is not known. Nothing was done. Mend or remove the link."
        )
    if not path.resolve().is_relative_to(project.resolve()):
        raise UsageError(f"{path} is a link that leaves the project folder. Nothing was read.")
    data = read_file(path, MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise UsageError(
            f"{path} is larger than {MAX_TEXT >> 10} KiB: it is no settings file. Nothing was done."
        )
    return data


def absent(path: str, part: str, names: Sequence[str]) -> Absent:
    """Why nothing lies at a path of which one part is none of the names in its folder."""
    near = next((name for name in names if name.casefold() == part.casefold()), None)
    if near is not None:
        return Absent("case", spelt=path.replace(part, near))
    return Absent("missing", tuple(names) if path.endswith(part) else ())


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in folder.iterdir()]
    except OSError:  # no folder, or none that may be looked into
        return []


def _inside(file: Path, project: Path) -> bool:
    try:
        return file.resolve().is_relative_to(project.resolve())
    except (OSError, RuntimeError):  # a circle of links
        return False


def shown_from(location: Location, name: str) -> str:
    """How messages name a file by its path from the project folder: seen from where the storyboard was named, as the
    storyboard itself is, or whole where a link on that way leads elsewhere."""
    relative = posixpath.relpath(name, location.base or ".")
    folder = posixpath.dirname(location.shown)
    up = [part for part in relative.split("/") if part == ".."]
    above = posixpath.normpath(posixpath.join(folder, *up))
    if os.path.realpath(above) != os.path.realpath(posixpath.join(location.source.parent, *up)):
        return posixpath.normpath(posixpath.join(location.project.as_posix(), name))
    return posixpath.normpath(posixpath.join(folder, relative))


def templates(location: Location, names: Iterable[str]) -> dict[str, Source | None]:
    """The shipped templates, and the project's own by their paths from its folder, those too that others name. None: no
    such file."""
    found: dict[str, Source | None] = {name: _shipped(name) for name in SHIPPED}
    waiting = list(names)
    for name in waiting:
        if name not in found and len(found) < MOST_TEMPLATES:
            found[name] = source = _own(location, name)
            waiting += keys_named(source) if source is not None else ()
    return found


def _shipped(name: str) -> Source:
    return Source(name, (folder("templates") / "prompts" / f"{name}.j2").read_text(encoding="utf-8"))


def _own(location: Location, path: str) -> Source | None:
    text = project_text(location, path, TEMPLATE)
    return Source(shown_from(location, path), text, posixpath.dirname(path)) if text is not None else None


def project_text(location: Location, path: str | None, suffix: str) -> str | None:
    """A small text file, by its path from the project folder; None when there is none of that kind inside it."""
    data = location.files.text(path) if path is not None and path.endswith(suffix) else None
    try:
        return None if data is None else data.decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
