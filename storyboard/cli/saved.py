"""Saved plans: `plan -o FILE` writes one, `render FILE` finds out whether a file is one and whether it still holds."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from storyboard import __version__
from storyboard.catalog.endpoints import fingerprint
from storyboard.cli.inputs import Asked, Prepared, given_budget
from storyboard.cli.place import place_name
from storyboard.cli.storyboards import Neighbours
from storyboard.cli.variables import Given
from storyboard.errors import Refused, StoryboardError, UsageError
from storyboard.location import read_file
from storyboard.pipeline import plan
from storyboard.plan.moved import Now, moved
from storyboard.plan.saved import MARK, Book, Options, Origin, SavedPlan, read_saved, saved_document

if TYPE_CHECKING:
    from storyboard.ledger.ledger import Ledger
    from storyboard.ledger.place import Place
    from storyboard.ledger.plans import Carried
    from storyboard.ledger.record import TakeRecord
    from storyboard.plan.steps import Plan

BY = f"storyboard {__version__}"
TOLD = 30  # lines of what moved
MOST = 128 * 1024 * 1024  # bytes of a plan


class Saved(Struct, frozen=True):
    """A saved plan and its file."""

    file: Path
    plan: SavedPlan

    @property
    def folder(self) -> Path:
        return self.file.parent.resolve()

    def asked(self, given: Asked) -> Asked:
        """What was asked for when the plan was made. Raises UsageError for an option that the plan has decided."""
        for option, value in (
            ("--scene", given.scenes),
            ("--select", given.select),
            ("--var", given.variables.var),
            ("--vars", given.variables.files),
            ("--pick", given.variables.pick),
        ):
            if value:
                raise UsageError(
                    f"{self.file} is a saved plan and was made with {option} or without: leave {option} out, or make "
                    "a new plan with it. Nothing was sent."
                )
        return Asked(
            variables=self._given(),
            prices=given.prices or os.environ.get("STORYBOARD_PRICES") or self._prices(),
            max_cost=given.max_cost,
            approve=given.approve,
        )

    def _given(self) -> Given:
        options = self.plan.options
        return Given(options.var, [self.folder / path for path in options.vars], options.pick)

    def _prices(self) -> str | None:
        """The book that the plan names."""
        prices = self.plan.options.prices
        if prices is None or not prices.endswith(".toml"):
            return prices
        return str(self.folder / prices)

    def trusted(self, prepared: Prepared, given: Asked) -> Prepared:
        """With the name of the price book that the plan brings along. Raises Refused where a budget from outside would
        be kept by it."""
        if prepared.book.shipped or given.prices or os.environ.get("STORYBOARD_PRICES"):
            return prepared
        if given_budget(given.max_cost) is not None:
            raise Refused(
                f"{self.file} brings prices of its own ({prepared.book.name}), and there is a budget from outside. "
                "Nothing was sent. Name the book that you trust with --prices."
            )
        return replace(prepared, brought=prepared.book.name)

    def begin(self, ledger: Ledger) -> None:
        """Marks the plan as begun, durably; refuses one that another process carried out meanwhile."""
        if self.plan.buys:
            self._not_used(ledger.plans.begin(self.plan.seal))

    def end(self, place: Place) -> None:
        """Marks the plan as carried out to its end."""
        from storyboard.ledger.ledger import Ledger

        if self.plan.buys:
            Ledger.open(place).plans.end(self.plan.seal)

    def carried(self, place: Place) -> Carried:
        """How far it was carried out. Raises Refused when that was to its end."""
        from storyboard.ledger.ledger import Ledger
        from storyboard.ledger.plans import Carried

        if not self.plan.buys or not place.has_ledger():
            return Carried()
        return self._not_used(Ledger.open(place).plans.find(self.plan.seal))

    def _not_used(self, found: Carried) -> Carried:
        if found.ended is not None:
            raise Refused(
                f"{self.file} was carried out to its end at {found.ended[:19]}Z: a plan is used once. Nothing was "
                "sent. `storyboard plan PATH -o FILE` makes a new one."
            )
        return found


def saved_at(path: Path) -> Saved | None:
    """The saved plan that a file holds, known by what is in it; None for anything that may be a storyboard. Raises
    UsageError and Refused for a file that is neither."""
    if not path.is_file():
        return None
    data = read_file(path, MOST).removeprefix(b"\xef\xbb\xbf").lstrip()
    named = path.suffix == ".json"
    if not data.startswith(b"{") and not named:
        return None
    document = _json(data)
    if isinstance(document, dict) and MARK in document:
        return Saved(path, read_saved(str(path), document))
    if not named:
        return None  # YAML has braces too
    raise UsageError(
        f"{path} is no saved plan: {_instead(document)} `storyboard plan PATH -o FILE` makes one."
    )


def _json(data: bytes) -> Any:
    try:
        return json.loads(data, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(name: str) -> None:
    raise ValueError(name)


def _instead(document: Any) -> str:
    if document is None:
        return "it is no JSON, or cut short."
    if isinstance(document, dict) and {"digest", "steps"} <= {*document}:
        return "it is what `plan --format json` prints, without what carrying it out needs."
    return "it is some other JSON."


def document_to_save(
    planned: Plan, document: dict[str, Any], prepared: Prepared, asked: Asked, file: Path, *, sandbox: bool
) -> dict[str, Any]:
    """The plan's document with what carrying it out needs, for a plan that will lie in `file`."""
    origin = Origin(
        by=BY,
        place=place_name(sandbox=sandbox),
        storyboard=_seen_from(file, prepared.source),
        options=_options(asked, file),
        book=_book(prepared),
        fingerprints=_fingerprints(prepared),
    )
    return saved_document(planned, document, origin)


def _options(asked: Asked, file: Path) -> Options:
    prices = asked.prices or os.environ.get("STORYBOARD_PRICES") or None
    if prices is not None and prices.endswith(".toml"):
        prices = _seen_from(file, Path(prices).resolve())
    return Options(
        scene=tuple(asked.scenes or ()),
        select=tuple(asked.select or ()),
        var=tuple(asked.variables.var or ()),
        vars=tuple(_seen_from(file, path.absolute()) for path in asked.variables.files or ()),
        pick=tuple(asked.variables.pick or ()),
        prices=prices,
    )


def _seen_from(file: Path, other: Path) -> str:
    """A path from the plan's folder: both may be checked out elsewhere. Another drive has none."""
    try:
        return Path(os.path.relpath(other, file.parent.resolve())).as_posix()
    except ValueError:
        return other.as_posix()


def _book(prepared: Prepared) -> Book:
    return Book(name=prepared.book.name, as_of=prepared.book.as_of.isoformat())


def _fingerprints(prepared: Prepared) -> dict[str, str]:
    """Of what decides beside the stills, which stand in each request."""
    checked = prepared.checked
    texts = checked.compiled.surroundings.templates if checked.compiled is not None else {}
    found = {f"template {name}": source.text for name, source in sorted(texts.items()) if source is not None}
    if checked.source is not None:
        found["storyboard"] = checked.source.text
        found |= {f"include {each.file}": each.text for each in checked.included}
    hashes = {
        name: hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        for name, text in found.items()
    }
    return {**hashes, "catalog": fingerprint()}


def prepared_again(saved: Saved, given: Asked, *, sandbox: bool, json: bool) -> Prepared:
    """The plan's storyboard as it is now. A plan may come from anywhere and name any file: no line of one that has
    errors is shown. Raises Refused when the plan is for another place."""
    here = place_name(sandbox=sandbox)
    if saved.plan.place != here:
        words = {"fal": "fal", "sandbox": "the built-in sandbox (--sandbox)"}
        raise Refused(
            f"{saved.file} was made for {words.get(saved.plan.place, saved.plan.place)}, and this is "
            f"{words.get(here, here)}: a plan is for one place. Nothing was sent. Make another with `storyboard plan "
            f"PATH{' --sandbox' if sandbox else ''} -o FILE`."
        )
    storyboard = saved.folder / saved.plan.storyboard
    if not storyboard.is_file():
        raise Refused(
            f"{saved.file} is a plan for {saved.plan.storyboard}, seen from where the plan lies, and there is no such "
            "file. Nothing was sent. Put the plan back to where it was made."
        )
    prepared = saved.asked(given).prepare(_short(storyboard), json=json, quoted=False)
    return saved.trusted(prepared, given)


def _short(path: Path) -> Path:
    """As people would name it, where it lies below the current folder."""
    plain = Path(os.path.normpath(path))
    return plain.relative_to(Path.cwd()) if plain.is_relative_to(Path.cwd()) else plain


def plan_again(saved: Saved, prepared: Prepared, place: Place) -> tuple[Plan, tuple[TakeRecord, ...]]:
    """The plan as it is to be carried out now. Raises Refused when it was used, or when something moved that matters
    to it, saying what."""
    carried = saved.carried(place)
    by_scene = {request.scene: request for request in prepared.film}
    requests = [by_scene[step.scene] for step in saved.plan.steps if step.scene in by_scene]
    planned, takes = plan(
        requests,
        prepared.book,
        prepared.project,
        place,
        elsewhere=Neighbours(prepared).elsewhere,
        film=prepared.film,
    )
    now = Now(planned, prepared.film, _book(prepared), _fingerprints(prepared), BY)
    lines = moved(saved.plan, now, begun=carried.begun is not None)
    if lines:
        raise _stale(saved, lines)
    return planned, takes


def _stale(saved: Saved, lines: Sequence[str]) -> StoryboardError:
    shown = [f"  {line}" for line in lines[:TOLD]]
    more = [f"  and {len(lines) - TOLD} more"] if len(lines) > TOLD else []
    text = "\n".join([f"{saved.file} no longer holds. Nothing was sent. Since it was made:", *shown, *more])
    return Refused(f"{text}\n`storyboard plan PATH -o FILE` makes a new one.")
