"""The files of a project as they lie there, and which of them were asked for: what the preview watches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct

from storyboard.editor.overlay import Overlay, Stamp, stamp_of
from storyboard.location import SETTINGS
from storyboard.media.fact import MediaFact
from storyboard.read.opened import Absent


class Noted(Struct, frozen=True):
    """Files as `location.Files` has them. `read` gets each file that is asked for, as it was before it was read."""

    files: Overlay
    read: dict[Path, Stamp | None]

    def source(self) -> bytes:
        self._note(self.files.path)
        return self.files.source()

    def included(self, path: str) -> bytes | Absent:
        self._note(self.files.project / path)
        return self.files.included(path)

    def settings(self) -> bytes:
        self._note(self.files.project / SETTINGS)
        return self.files.settings()

    def settings_around(self) -> Iterator[tuple[str, bytes]]:
        for name, data in self.files.settings_around():
            self._note((self.files.project / name).resolve())
            yield name, data

    def text(self, path: str) -> bytes | None:
        self._note(self.files.project / path)
        return self.files.text(path)

    def fact(self, path: str) -> MediaFact:
        self._note(self.files.project / path)
        return self.files.fact(path)

    def _note(self, file: Path) -> None:
        if file not in self.read:
            self.read[file] = stamp_of(file)
