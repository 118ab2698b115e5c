"""The storyboards of a project and the files that each consists of: as they stand in the editor, else on the disk."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path

from msgspec import Struct, field

from storyboard.editor.overlay import Stamp, TooMuch, stamp_of, yaml_below
from storyboard.editor.sheet import IS_STORYBOARD, Sheet
from storyboard.editor.written import Written, written
from storyboard.errors import StoryboardError
from storyboard.findings import Report
from storyboard.location import FILE, project_above, read_file
from storyboard.read.decode import MAX_BYTES, decode
from storyboard.read.include import ENDINGS, MOST_FILES
from storyboard.read.leaves import holds_jinja
from storyboard.read.opened import INCLUDE, Opened, includes
from storyboard.read.project_path import is_remote, project_path


class _File(Struct, dict=True):
    """A file of the disk: its text, and its tree once somebody asks for that."""

    path: str
    text: str

    @cached_property
    def tree(self) -> Written | None:
        return written.__wrapped__(self.path, self.text)


class Volume(Struct, frozen=True):
    """A storyboard with all that it includes and that is there, by path, its own file first. None: it is no YAML."""

    path: Path
    files: Mapping[Path, Written | None]


class Shelf(Struct):
    """`at_hand` are open files by path. Files of the disk are kept by their size and time."""

    at_hand: Callable[[], Mapping[Path, Sheet]]
    kept: dict[Path, tuple[Stamp, _File | None]] = field(default_factory=dict)

    def text(self, path: Path) -> str | None:
        sheet = self.at_hand().get(path)
        if sheet is not None:
            return sheet.text
        found = self._on_disk(path)
        return found.text if found is not None else None

    def tree(self, path: Path) -> Written | None:
        """Of a text that is broken while it is written the one that it last was."""
        sheet = self.at_hand().get(path)
        if sheet is not None:
            return sheet.written
        found = self._on_disk(path)
        return found.tree if found is not None else None

    def volume(self, path: Path) -> Volume:
        """A storyboard, or a file of one, with what it leads to, each file once."""
        project = project_above(path.parent)
        files: dict[Path, Written | None] = {}
        waiting = [path]
        for each in waiting:
            if each in files or len(files) > MOST_FILES or (each != path and self.text(each) is None):
                continue
            files[each] = tree = self.tree(each)
            waiting += _included(tree, each, project) if tree is not None else ()
        return Volume(path, files)

    def broken(self, volumes: Iterable[Volume]) -> dict[Path, str]:
        """The texts among their files that are no YAML, or not at present."""
        sheets = self.at_hand()
        return {
            path: self.text(path) or ""
            for volume in volumes
            for path, tree in volume.files.items()
            if tree is None or (path in sheets and not sheets[path].is_whole)
        }

    def volumes(self, project: Path) -> tuple[Volume, ...]:
        """All storyboards of a project folder. Raises TooMuch."""
        found = {path for path in self.at_hand() if path.is_relative_to(project)}
        found.update(yaml_below(project))
        return tuple(self.volume(path) for path in self._storyboards(sorted(found)))

    def _storyboards(self, paths: Sequence[Path]) -> Iterator[Path]:
        size = 0
        for path in paths:
            text = self.text(path)
            size += len(text or "")
            if size > MAX_BYTES:
                raise TooMuch("the project holds more than 32 MiB of YAML")
            if text is not None and (path.name == FILE or IS_STORYBOARD.search(text)):
                yield path

    def _on_disk(self, path: Path) -> _File | None:
        stamp = stamp_of(path)
        if stamp is None:
            self.kept.pop(path, None)
            return None
        if path not in self.kept or self.kept[path][0] != stamp:
            self.kept[path] = (stamp, _read(path))
        return self.kept[path][1]


def _read(path: Path) -> _File | None:
    try:
        data = read_file(path)
    except StoryboardError:
        return None
    source = decode(path.as_posix(), data, Report())
    return _File(source.path, source.text) if source is not None else None


def _included(tree: Written, path: Path, project: Path) -> Iterator[Path]:
    """The files of the project that a file names, there or not."""
    if INCLUDE not in tree.source.text:
        return
    folder = path.parent.relative_to(project).as_posix()
    for scalar in includes(Opened(tree.source, tree.root)):
        named = project_path("" if folder == "." else folder, scalar.value)
        if (
            named is not None
            and named.endswith(ENDINGS)
            and not (holds_jinja(scalar) or is_remote(scalar.value))
        ):
            yield project / posixpath.normpath(named)
