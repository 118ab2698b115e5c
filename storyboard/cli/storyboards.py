"""The storyboards of a project, and which of them a take was bought for: the ledger knows scenes and requests alone."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field

from storyboard.cli.variables import NOTHING_GIVEN, Given
from storyboard.compile.voice import BLANK
from storyboard.errors import StoryboardError
from storyboard.location import BEGINS, HEAD, SUFFIXES, locate, read_file
from storyboard.pipeline import check
from storyboard.plan.begun import begun

if TYPE_CHECKING:
    from storyboard.cli.inputs import Prepared
    from storyboard.ledger.record import TakeRecord
    from storyboard.location import Location

MOST = 200  # storyboards of a project that are looked into
SKIPPED = {"node_modules", "venv"}
NONE_NOW = "no storyboard of now"


class Storyboards(Struct, frozen=True):
    """`requests` lead from a digest, `scenes` from a scene's id or from a voice, to the storyboards that have it now;
    `unread` are those that can't be read, `left` says that there are more than were looked into."""

    names: tuple[str, ...]
    requests: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scenes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    left: bool = False

    def of(self, take: TakeRecord) -> tuple[str, bool]:
        """The storyboard that asks for a take, or whose scene it was bought for; all of them when several do."""
        found = self._owners(take)
        return (" and ".join(found), True) if found else (NONE_NOW, False)

    def ours(self, take: TakeRecord) -> bool | None:
        """Is a take of the asked storyboard, which is the first? None: of it or of another."""
        found = self._owners(take)
        return None if len(found) > 1 and self.names[0] in found else self.names[0] in found

    @property
    def elsewhere(self) -> frozenset[str]:
        """The digests that only others have."""
        return frozenset(digest for digest, names in self.requests.items() if self.names[0] not in names)

    def _owners(self, take: TakeRecord) -> tuple[str, ...]:
        return self.requests.get(take.digest) or self.scenes.get(take.scene) or ()

    def scene_of(self, take: TakeRecord) -> tuple[str, bool]:
        """The scene, with its storyboard's name where there are several."""
        name, known = self.of(take)
        return (take.scene if len(self.names) <= 1 or not known else f"{name}: {take.scene}"), True


class Neighbours:
    """A storyboard that was prepared and the others of its project, which are read when a take may be one of theirs."""

    def __init__(self, prepared: Prepared) -> None:
        self._prepared = prepared

    @cached_property
    def known(self) -> Storyboards:
        """All of them, this one first."""
        film = self._prepared.film
        takes = _takes(self._prepared.project)
        digests = {each.digest for each in begun(film, takes) if each.digest}
        own = (digests, {each.scene for each in film})
        return storyboards(self._prepared.location, NOTHING_GIVEN, own, takes)

    def elsewhere(self) -> frozenset[str]:
        """The digests that only others have."""
        return self.known.elsewhere

    def ours(self, take: TakeRecord) -> bool | None:
        """See `Storyboards.ours`."""
        return self.known.ours(take)


Held = tuple[set[str], set[str]]  # digests and scenes of a storyboard


def _takes(project: Path) -> tuple[TakeRecord, ...]:
    """Those of the place that is asked by default; none where its ledger can't be read, which is said elsewhere."""
    from storyboard.ledger.facts import known_takes

    try:
        return known_takes(project)[0]
    except StoryboardError:
        return ()


def storyboards(
    asked: Location, given: Given, own: Held | None = None, takes: Sequence[TakeRecord] = ()
) -> Storyboards:
    """Those of the project that the asked one lies in, each compiled as it is now; what is `given` is for the asked
    one, and `own` what it has, where that is known. `takes` tell what scenes that go on from others begin with."""
    found = [asked, *(location for location in _around(asked) if location.source != asked.source)]
    requests: dict[str, list[str]] = {}
    scenes: dict[str, list[str]] = {}
    unread = []
    for location in found[:MOST]:
        name = location.source.relative_to(location.project).as_posix()
        digests, ids = (
            own
            if own and location is asked
            else _held(location, given if location is asked else NOTHING_GIVEN, takes)
        )
        for key, where in (*((d, requests) for d in digests), *((i, scenes) for i in ids)):
            where.setdefault(key, []).append(name)
        unread += [] if digests or ids else [name]
    return Storyboards(
        tuple(location.source.relative_to(location.project).as_posix() for location in found[:MOST]),
        {key: tuple(names) for key, names in requests.items()},
        {key: tuple(names) for key, names in scenes.items()},
        tuple(unread),
        len(found) > MOST,
    )


def _held(location: Location, given: Given, takes: Sequence[TakeRecord]) -> Held:
    """The digests and the scenes of a storyboard, with its voices; what can't be read has none."""
    try:
        checked = check(location, given.values, picks=given.picks, missing_is_error=False)
    except StoryboardError:
        return set(), set()
    compiled = begun(checked.compiled.requests, takes) if checked.compiled is not None else ()
    film = checked.storyboard
    voices = {BLANK.format(name=name) for name in film.voices} if film is not None else set()
    scenes = {scene.id.value for scene in film.scenes} if film is not None else set()
    return {each.digest for each in compiled if each.digest}, scenes | voices


def _around(asked: Location) -> Iterator[Location]:
    """The project's storyboards by name, those of other projects within it left out."""
    for path in _files(asked.project):
        try:
            if BEGINS.search(read_file(path, HEAD)):
                location = locate(path)
                if location.project == asked.project:
                    yield location
        except StoryboardError:
            continue


def _files(project: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(project):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED)
        for name in sorted(files):
            if Path(name).suffix in SUFFIXES:
                yield Path(folder) / name
