"""The stage `read`: the text of a storyboard to the storyboard as it was meant, with every diagnostic on the way."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping as MappingType
from types import MappingProxyType
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.findings import Report
from storyboard.read.include import Files
from storyboard.read.model import Storyboard
from storyboard.read.opened import Opened, opened
from storyboard.read.resolve import resolve
from storyboard.read.source import Source
from storyboard.read.unite import unite

NO_PICKS: MappingType[str, str] = MappingProxyType({})


class Texts(Struct, frozen=True):
    """A storyboard's own file, at `path` from the project folder, and those that it includes, by such paths."""

    path: str
    file: Opened
    included: Files = field(default_factory=dict)

    @property
    def files(self) -> tuple[Opened, ...]:
        """The storyboard's own first."""
        return (self.file, *(each for each in self.included.values() if isinstance(each, Opened)))

    @property
    def sources(self) -> tuple[Source, ...]:
        """The storyboard's own first."""
        return tuple(each.source for each in self.files if each.source is not None)


def meant(
    texts: Texts, variables: MappingType[str, Any], report: Report, picks: MappingType[str, str] = NO_PICKS
) -> Storyboard | None:
    """The storyboard that these texts make; None when they do not get that far. `picks` are variants by scene."""
    if texts.file.root is None:
        return None
    film = unite(texts.path, texts.file, texts.included, report)
    storyboard = resolve(film, variables, picks, report) if film is not None else None
    if storyboard is not None and any(each.hidden for each in texts.files):
        return replace(storyboard, whole=False)
    return storyboard


def read(
    path: str, text: bytes, variables: MappingType[str, Any], report: Report
) -> tuple[Source | None, Storyboard | None]:
    """A storyboard of one file: the source, for code frames, and the storyboard."""
    file = opened(path, text, report)
    return file.source, meant(Texts(posixpath.basename(path), file), variables, report)
