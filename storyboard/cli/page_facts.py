"""What a page shows of a storyboard: its facts, and where the stills and clips that belong to them lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.cli.costs import Bought, bought, costs_of, selection_of
from storyboard.cli.inputs import Asked, Prepared, prepared
from storyboard.cli.place import chosen_place
from storyboard.cli.sharing import brought_here
from storyboard.cli.variables import book_that_holds, warn_of_unused
from storyboard.errors import MediaError
from storyboard.folders import texts
from storyboard.location import Location, locate
from storyboard.pipeline import Checked, check
from storyboard.plan.estimate import Estimate, estimate
from storyboard.report.page.as_html import Look
from storyboard.report.page.facts import Facts, Strip
from storyboard.report.page.gather import Known, facts_of
from storyboard.report.takes import SceneTakes, takes_of_scene

if TYPE_CHECKING:
    from storyboard.ledger.place import Place

WITH_ERRORS = "the storyboard has errors, and which takes are its own can't be told."


class Shown(Struct, frozen=True):
    """`stills` by their paths from the project folder, `clips` by their names: of both, what there is. `known` is what
    is known of what was bought."""

    location: Location
    facts: Facts
    stills: Mapping[str, Path] = field(default_factory=dict)
    clips: Mapping[str, Path] = field(default_factory=dict)
    known: Bought | None = None


def shown(path: Path, asked: Asked, *, sandbox: bool) -> Shown:
    """The page of a storyboard, also of one with errors: then of what could be read of it. Raises UsageError and
    WorldError where there is no storyboard at all."""
    location = locate(path)
    checked = check(location, asked.variables.values, picks=asked.variables.picks, missing_is_error=False)
    warn_of_unused(asked.variables, [checked])
    if checked.compiled is None:
        return Shown(location, facts_of(Known(_name(location), checked.sources, checked.diagnostics)))
    book = book_that_holds(asked.prices, checked.book)
    found = prepared(checked, checked.compiled, book, asked.scenes or ())
    place = chosen_place(found.project, sandbox=sandbox)
    return shown_of(found, place, asked)


def look() -> Look:
    """What the page is drawn with."""
    return Look.of(texts("templates", "report"))


def _name(location: Location) -> str:
    """The storyboard's file from the project folder: a page goes to others, and tells nothing of this machine."""
    return location.source.relative_to(location.project).as_posix()


def shown_of(found: Prepared, place: Place, asked: Asked) -> Shown:
    """Of a storyboard that could be compiled; with errors nothing is said of what was bought."""
    checked = found.checked
    known = Bought(found.requests, unseen=WITH_ERRORS)
    takes: tuple[SceneTakes, ...] = ()
    clips: dict[str, Path] = {}
    if not checked.errors:
        known = bought(found.requests, found, place=place)
        takes = tuple(takes_of_scene(request, known.takes) for request in known.requests)
        brought_here(place, [scene.chosen.clip for scene in takes if scene.chosen is not None])
        clips = _clips(takes, place)
    strip, no_strip = _strip(found, takes, clips, place)
    told = Known(
        _name(found.location),
        checked.sources,
        checked.diagnostics,
        checked.compiled,
        replace(
            costs_of(found, known, _estimate(found, known), place),
            selection=selection_of(found, known.requests, asked),
        ),
        known.steps,
        takes,
        strip,
        no_strip,
        frozenset(request.scene for request in found.requests),
    )
    facts = facts_of(told)
    return Shown(found.location, facts, _stills(checked, facts), clips, known)


def _estimate(found: Prepared, known: Bought) -> Estimate:
    return estimate(known.requests, found.book, known.steps, known.takes, known.paid.scenes)


def _clips(takes: Sequence[SceneTakes], place: Place) -> dict[str, Path]:
    """The clips that are here, of all takes of these scenes."""
    from storyboard.ledger.store import Store

    store = Store(place)
    names = {take.clip for scene in takes for take in (*scene.own, *scene.older) if take.clip is not None}
    return {name: store.path_of(name) for name in sorted(names) if store.holds(name)}


def _strip(
    found: Prepared, takes: Sequence[SceneTakes], clips: Mapping[str, Path], place: Place
) -> tuple[Strip | None, str | None]:
    """The cut of the chosen takes, stills where there are none; or why there is no cut."""
    from storyboard.cli.cut import segments_of
    from storyboard.cut.edit import edit
    from storyboard.cut.footage import footage_of
    from storyboard.cut.strip import strip_of

    chosen = {scene.scene: (scene.chosen.clip if scene.chosen else None) or "" for scene in takes}
    films = {scene: clips[clip] for scene, clip in chosen.items() if clip in clips}
    try:
        footage = footage_of(films, found.chosen, segments_of(place), measured=False)
        return strip_of(edit(found.chosen, footage)), None
    except MediaError as error:
        return None, str(error)


def _stills(checked: Checked, facts: Facts) -> dict[str, Path]:
    """What the page names of stills and films, and is there."""
    media = checked.compiled.surroundings.media if checked.compiled is not None else {}
    project = checked.location.project
    known = ((path, media[path]) for path in facts.stills if path in media)
    return {path: project / path for path, fact in known if not fact.problem and fact.width}
