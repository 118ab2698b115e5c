"""A storyboard as the preview shows it, at one moment: checked, planned, priced and laid out, and nothing printed."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.cli.caps import caps_of, month_so_far
from storyboard.cli.inputs import Asked, Prepared, prepared, refuse_own_book
from storyboard.cli.page_facts import Shown, shown_of
from storyboard.cli.permission import allowed, in_ci
from storyboard.cli.place import chosen_place, place_name
from storyboard.cli.variables import Given, book_that_holds
from storyboard.editor.overlay import Facts as Stills
from storyboard.editor.overlay import Overlay, Stamp, stamp_of
from storyboard.errors import Refused, StoryboardError
from storyboard.fal.account import account_from
from storyboard.location import Location, locate
from storyboard.pipeline import Checked, check
from storyboard.plan.begun import refuse_without_beginning
from storyboard.plan.policy import approved
from storyboard.plan.rehearsed import refuse_rehearsed
from storyboard.preview.film import Offer, Outdated, Seen, Served
from storyboard.preview.noted import Noted
from storyboard.render.budget import ruling_on
from storyboard.report.frames import frames
from storyboard.report.page import Drawn, Facts, Links, Look, parts_of
from storyboard.report.page.facts import Picture
from storyboard.report.page.gather import Known, facts_of

if TYPE_CHECKING:
    from storyboard.ledger.place import Place
    from storyboard.ledger.record import TakeRecord
    from storyboard.media.fact import MediaFact
    from storyboard.plan.policy import Caps, Ruling
    from storyboard.plan.steps import Plan

LIES_DOWN = 5  # EXIF: from here on a picture lies on its side
WHERE = {"fal": "fal, for money", "sandbox": "the built-in sandbox, for nothing"}
FEWER = "leave scenes out: `storyboard preview --scene`"
MEDIA = "media/"  # where pictures and clips are served, seen from the page


class Looker(Struct, frozen=True):
    """What all looks have in common. `path` and `asked` are what was typed, `source` is the file; `stills` keeps what
    is known of files from one look to the next, `drawn` the last one; `style` is the page's."""

    path: Path
    source: Path
    asked: Asked
    sandbox: bool
    style: Look
    stills: Stills = field(default_factory=dict)
    drawn: list[Drawn] = field(default_factory=list)

    def look(self, read: dict[Path, Stamp | None], outdated: Callable[[], bool]) -> Seen:
        """As `preview.film.Film` has it, but that what can't be looked at is a StoryboardError."""
        _note(read, self.source, *map(Path.absolute, self.asked.variables.files or ()), *self._prices())
        location = locate(self.path)
        files = Noted(Overlay(location.source, location.project, {}, self.stills), read)
        checked = self.checked(replace(location, earlier=files), missing_is_error=False)
        _go_on(outdated)
        if checked.compiled is None:
            return self._seen(_bare(location, checked), checked)
        found = self.prepared(checked, self.asked.scenes or ())
        place = chosen_place(found.project, sandbox=self.sandbox)
        _note(read, place.ledger, place.lock_file)
        shown = shown_of(found, place, self.asked)
        _go_on(outdated)
        seen = replace(self._seen(shown, checked), cut=found.chosen)
        known = shown.known
        if known is None or known.planned is None:
            return replace(seen, unpriced=known.unseen if known is not None else None)
        return replace(seen, offer=self._offer(found, known.planned, known.takes, place))

    def _prices(self) -> Iterator[Path]:
        """The price book, where it is a file that the person named."""
        named = self.asked.prices or os.environ.get("STORYBOARD_PRICES") or ""
        if named.endswith(".toml"):
            yield Path(named).absolute()

    def unseen(self, failure: str) -> Seen:
        """Where nothing can be looked at."""
        return self._seen(_bare(Location(self.source, self.source.parent, str(self.path))), failure=failure)

    def checked(self, location: Location, *, missing_is_error: bool = True) -> Checked:
        """The storyboard as it is now; files of variables are read again, too."""
        asked = self.asked.variables
        given = Given(asked.var, asked.files, asked.pick)
        return check(location, given.values, picks=given.picks, missing_is_error=missing_is_error)

    def prepared(self, checked: Checked, scenes: Sequence[str]) -> Prepared:
        """One that could be compiled, with all that holds for it. Raises Refused where a budget from outside would be
        kept by prices that it brings along."""
        book = book_that_holds(self.asked.prices, checked.book)
        refuse_own_book(checked, book, self.asked.max_cost)
        assert checked.compiled is not None  # noqa: S101 - the caller has looked
        found = prepared(checked, checked.compiled, book, scenes, self.asked.max_cost)
        approval = approved(self.asked.approve or ())
        policy = found.settings.policy.approving(approval)
        return replace(found, settings=replace(found.settings, policy=policy))

    def ruled(
        self, found: Prepared, planned: Plan, takes: Sequence[TakeRecord], place: Place
    ) -> tuple[Caps, Ruling]:
        caps = caps_of(found, self.asked.max_cost, rehearsal=self.sandbox, fewer=FEWER)
        return caps, ruling_on(planned, takes, caps, month_so_far(caps, takes, place))

    def refuse(self, planned: Plan, takes: Sequence[TakeRecord], place: Place, ruling: Ruling) -> None:
        """Raises what stands against carrying a plan out, as `render` has it before it asks."""
        refuse_without_beginning(planned)
        lacking = [step.scene for step in planned.to_send() if step.request.identity is None]
        if lacking:
            raise Refused(
                f"{', '.join(lacking)}: a file there is missing or can't be read. Nothing was sent."
            )
        if self.sandbox or not planned.to_send():
            return
        refuse_rehearsed(planned, takes, rehearsal=place.rehearsal)
        if in_ci():
            raise Refused(
                "This runs in CI, where nobody looks at a page: there `storyboard render --yes` sends."
            )
        allowed(account_from(), ruling, self.asked.max_cost)

    def _offer(self, found: Prepared, planned: Plan, takes: Sequence[TakeRecord], place: Place) -> Offer:
        ruling = self.ruled(found, planned, takes, place)[1]
        name = place_name(sandbox=self.sandbox)
        offer = Offer(planned, ruling, WHERE.get(name, name), self.sandbox)
        try:
            self.refuse(planned, takes, place, ruling)
        except StoryboardError as failure:
            return replace(offer, against=str(failure))
        return offer

    def _seen(self, shown: Shown, checked: Checked | None = None, failure: str | None = None) -> Seen:
        media = dict(_media(shown, checked))
        links = _links(shown, checked)
        return Seen(
            shown.facts,
            links,
            self._parts(shown.facts, links),
            media,
            errors=shown.facts.errors,
            found=frames(checked.diagnostics, checked.sources) if checked is not None else "",
            failure=failure,
        )

    def _parts(self, facts: Facts, links: Links) -> Mapping[str, str]:
        """Scenes that are as they were at the last look are not drawn again."""
        parts = parts_of(facts, links, self.style, self.drawn[-1] if self.drawn else None)
        self.drawn[:] = [Drawn(facts, links, parts)]
        return parts


def _bare(location: Location, checked: Checked | None = None) -> Shown:
    """Where nothing could be compiled."""
    sources, found = (checked.sources, checked.diagnostics) if checked is not None else ((), ())
    return Shown(location, facts_of(Known(location.shown, sources, found)))


def _note(read: dict[Path, Stamp | None], *files: Path) -> None:
    for file in files:
        read.setdefault(file, stamp_of(file))


def _go_on(outdated: Callable[[], bool]) -> None:
    if outdated():
        raise Outdated


def _facts(shown: Shown, checked: Checked | None) -> Iterator[MediaFact]:
    """Of the stills and films that are shown."""
    if checked is not None and checked.compiled is not None:
        found = checked.compiled.surroundings.media
        yield from (found[path] for path in shown.stills if found[path].sha256 is not None)


def _name(fact: MediaFact) -> str:
    """What its picture is called where it is served: by its content."""
    return f"{fact.sha256}.jpg"


def _media(shown: Shown, checked: Checked | None) -> Iterator[tuple[str, Served]]:
    for fact in _facts(shown, checked):
        yield _name(fact), Served(shown.stills[fact.path], fact.sha256, small=True)
    for name, clip in shown.clips.items():
        yield f"{name}.mp4", Served(clip)


def _links(shown: Shown, checked: Checked | None) -> Links:
    pictures = {fact.path: _picture(fact) for fact in _facts(shown, checked)}
    return Links(pictures, {name: f"{MEDIA}{name}.mp4" for name in shown.clips})


def _picture(fact: MediaFact) -> Picture:
    size = fact.width or 0, fact.height or 0
    width, height = size[::-1] if fact.orientation >= LIES_DOWN else size
    return Picture(MEDIA + _name(fact), width, height)
