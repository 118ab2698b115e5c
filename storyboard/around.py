"""What lies around a storyboard and is fetched for the pure stages, as values: stills, templates, its price book."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.compile.compiler import Surroundings
from storyboard.compile.paths import cue_files, local_media, path_of, template_names
from storyboard.errors import UsageError
from storyboard.findings import Report, did_you_mean
from storyboard.location import SETTINGS, Location, project_text, shown_from, templates
from storyboard.read.cures import spelt
from storyboard.read.decode import MAX_BYTES
from storyboard.read.include import MOST_FILES, included_path
from storyboard.read.load import Texts
from storyboard.read.model import Storyboard
from storyboard.read.opened import A_PART, Absent, Opened, includes, opened
from storyboard.read.settings import Settings, policy_of, settings_of
from storyboard.read.source import Source
from storyboard.read.spelling import nearest

if TYPE_CHECKING:
    from storyboard.catalog.prices import PriceBook

MOST_LOOKED_FOR = 50  # files that are not there, and whose neighbours are looked at


def only(storyboard: Storyboard, scenes: Sequence[str]) -> Storyboard:
    """The storyboard with the named scenes alone; all of them when none is named. Raises UsageError."""
    names = [scene.id.value for scene in storyboard.scenes]
    scenes = storyboard.meant(scenes)
    for name in scenes:
        if name not in names and storyboard.whole:
            raise UsageError(f"there is no scene {name!r}: {did_you_mean(name, names)}")
    if not scenes:
        return storyboard
    kept, unpicked = (
        tuple(scene for scene in all_of_them if scene.id.value in scenes)
        for all_of_them in (storyboard.scenes, storyboard.unpicked)
    )
    return replace(storyboard, scenes=kept, unpicked=unpicked, whole=False)


def with_picks(location: Location, storyboard: Storyboard, picks: Mapping[str, str]) -> Storyboard:
    """The storyboard itself, when it has the scenes of which variants are picked from outside; an earlier revision need
    not. Raises UsageError."""
    names = [scene.id.value for scene in storyboard.scenes]
    for name in picks:
        if name not in names and storyboard.whole and location.earlier is None:
            raise UsageError(f"--pick {name}=…: there is no scene {name!r}: {did_you_mean(name, names)}")
    return storyboard


def all_texts(location: Location, report: Report) -> Texts:
    """The storyboard's own text, and those of all files that it includes. Raises UsageError and WorldError."""
    own = opened(location.shown, location.files.source(), report, location.base)
    path = posixpath.join(location.base, location.source.name)
    found: dict[str, Opened | Absent] = {}
    waiting, size = list(includes(own)), 0
    for scalar in waiting:
        named = included_path(scalar)
        if named is None or named in found or named == path:
            continue
        data = location.files.included(named)
        size += len(data) if isinstance(data, bytes) else 0
        if isinstance(data, Absent) or len(found) >= MOST_FILES or size > MAX_BYTES:
            found[named] = data if isinstance(data, Absent) else Absent("too much")
            continue
        file = opened(shown_from(location, named), data, report, posixpath.dirname(named), A_PART)
        found[named] = file
        waiting += includes(file)
    return Texts(path, own, found)


def authored_book(location: Location, storyboard: Storyboard, report: Report) -> PriceBook | None:
    """The price book that the storyboard names: one of ours, or a file of the project."""
    if storyboard.prices is None:
        return None
    from storyboard.catalog.own_book import BAD_BOOK, parse_book, remarks_on
    from storyboard.catalog.prices import book_names, price_book

    name = storyboard.prices.value
    book = price_book(name)
    if book is not None:
        return book
    text = project_text(location, path_of(storyboard.prices), ".toml")
    try:
        if text is not None:
            own = parse_book(text)
            for remark in remarks_on(own, datetime.now(UTC).date()):
                report.add("SB609", storyboard.prices.span, name=name, what=remark)
            return own
        hint = did_you_mean(name, book_names())
    except BAD_BOOK as error:
        hint = f"the file is not a price book: {error}"
    fix = spelt(storyboard.prices.node, book_names()) if text is None else None
    report.add("SB119", storyboard.prices.span, name=name, hint=hint, fix=fix)
    return None


def project_settings(location: Location, report: Report) -> tuple[tuple[Source, ...], Settings]:
    """What the project's own file says, the defaults where there is none, and the policies of the projects that it lies
    in; with the texts that were read. Raises UsageError and WorldError."""
    found = Settings()
    own = _settings(location, SETTINGS, location.files.settings(), report)
    if own is not None:
        found = settings_of(own, report)
    sources = [own]
    for name, data in location.files.settings_around():
        outer = _settings(location, name, data, report)
        if outer is not None:
            found = replace(found, policy=found.policy.within(policy_of(outer, report)))
        sources.append(outer)
    return tuple(source for source in sources if source is not None), found


def _settings(location: Location, name: str, data: bytes, report: Report) -> Source | None:
    from storyboard.read.decode import decode

    return decode(shown_from(location, name), data, report) if data else None


def look_around(location: Location, storyboard: Storyboard, *, missing_is_error: bool) -> Surroundings:
    """The files that the storyboard names, as values."""
    named = (*local_media(storyboard), *cue_files(storyboard))
    files = location.files
    media = {path: files.fact(path) for path in named}
    found = templates(location, template_names(storyboard))
    missing = [path for path, fact in media.items() if fact.problem == "missing"]
    missing += [name for name, source in found.items() if source is None]
    return Surroundings(
        templates=found,
        media=media,
        missing_is_error=missing_is_error,
        beside={path: _beside(location, path) for path in missing[:MOST_LOOKED_FOR]},
    )


def _beside(location: Location, path: str) -> tuple[str, ...]:
    """The names in the folder of a file that is not there; the way from it where the folder alone is misspelt."""
    there = location.files.included(path)
    if not isinstance(there, Absent):
        return ()
    if there.names or there.spelt:
        return there.names or (posixpath.basename(there.spelt),)
    return _next_door(location, *posixpath.split(path))


def _next_door(location: Location, folder: str, name: str) -> tuple[str, ...]:
    """The file of that name in the one folder whose name is like that of this one, which is not there."""
    there = location.files.included(folder)
    near = nearest(posixpath.basename(folder), there.names) if isinstance(there, Absent) else None
    if near is None:
        return ()
    way = f"../{near}/{name}"
    found = location.files.fact(posixpath.normpath(posixpath.join(folder, way)))
    return (way,) if found.problem != "missing" else ()
