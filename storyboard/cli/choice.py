"""Which takes a storyboard's scene means. Several storyboards may share a folder's ledger, and a scene's text changes:
a name stands for the request that PATH compiles to now. Any other take is named by its request id or digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import typer
from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.catalog.prices import Tier
from storyboard.cli.console import say
from storyboard.cli.variables import INVALID, Given, warn_of_unused
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.ledger.record import TakeRecord
from storyboard.location import locate
from storyboard.pipeline import check
from storyboard.plan.begun import begun

SHOWN = 12  # characters of a digest in messages
SHORTEST = 8  # characters of a digest that are taken for one


class Scenes(Struct, frozen=True):
    """Scene → (digest, take) of the request that PATH compiles to. `asked` is what the whole storyboard needs a price
    for, also where only some of its scenes are meant."""

    path: Path
    keys: Mapping[str, tuple[str | None, int]]
    parts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    asked: frozenset[tuple[str, Tier]] = frozenset()

    @property
    def digests(self) -> frozenset[str | None]:
        return frozenset(digest for digest, _ in self.keys.values())

    def only(self, names: Sequence[str]) -> Scenes:
        """The scenes of these names; all when there are none. Raises UsageError for one that is not there."""
        names = [part for name in names for part in self.parts.get(name, (name,))]
        for name in names:
            if name not in self.keys:
                hint = did_you_mean(name, list(self.keys)) or "it has none"
                raise UsageError(f"{self.path} has no scene {name!r}: {hint}")
        return replace(self, keys={name: self.keys[name] for name in names}) if names else self

    def has(self, take: TakeRecord) -> bool:
        """Is it a take of one of these requests, whichever number?"""
        return any(take.digest == digest for digest, _ in self.keys.values())

    def named(self, candidates: Sequence[TakeRecord], name: str) -> list[TakeRecord]:
        """The takes among these that a name means: SCENE, SCENE/TAKE, "voice NAME", a request id, or DIGEST/TAKE."""
        if name in self.keys:
            return [take for take in candidates if take.digest == self.keys[name][0]]
        scene, _, number = name.rpartition("/")
        if scene in self.keys and number.isascii() and number.isdigit():
            digest = self.keys[scene][0]
            return [take for take in candidates if take.digest == digest and str(take.take) == number]
        return [
            take for take in candidates if (take.of_voice and take.scene == name) or _explicit(take, name)
        ]

    def one(self, candidates: Sequence[TakeRecord], name: str) -> TakeRecord:
        """The one that a name means. Raises UsageError, which says how others are named."""
        found = self.named(candidates, name)
        exact = [take for take in found if (take.digest, take.take) == self.keys.get(name)]
        if len(found) == 1 or exact:
            return (exact or found)[0]
        if found:
            raise UsageError(
                f"{name!r} names {len(found)} takes. Nothing was changed. Name one: {listed(found)}."
            )
        alike = [take for take in candidates if take.scene == name]
        others = f" Not of {self.path} as it is now: {listed(alike)}." if alike else ""
        hint = None if name in self.keys else did_you_mean(name, list(self.keys))
        also = f" ({hint})" if hint else ""
        raise UsageError(
            f"{name!r} names no take of {self.path} to settle that way{also}; `storyboard takes` lists them.{others}"
        )


def scenes_of(
    path: Path, variables: Given, takes: Sequence[TakeRecord], *, rehearsal: bool = False
) -> Scenes:
    """The scenes of a storyboard and their requests, as far as the known takes make them. Exits 1 when it has errors
    that keep it from having any."""
    found = readable_scenes(path, variables, takes, rehearsal=rehearsal)
    if found is None:
        say(
            f"{path} has errors, so it can't be told which takes are its own. Nothing was changed. "
            "`storyboard check` shows them."
        )
        raise typer.Exit(INVALID)
    return found


def readable_scenes(
    path: Path, variables: Given, takes: Sequence[TakeRecord], *, rehearsal: bool = False
) -> Scenes | None:
    """The same; None for a storyboard with such errors."""
    checked = check(locate(path), variables.values, picks=variables.picks, missing_is_error=False)
    warn_of_unused(variables, [checked])
    if checked.compiled is None:
        return None
    requests = begun(checked.compiled.requests, takes, rehearsal=rehearsal)
    return Scenes(
        path,
        {request.scene: (request.digest, request.take) for request in requests},
        checked.compiled.storyboard.parts,
        frozenset((request.endpoint, request.tier) for request in requests),
    )


def listed(takes: Sequence[TakeRecord]) -> str:
    """Takes with what names each of them for certain."""
    return ", ".join(
        f"{take.scene}, take {take.take} as {take.request_id or f'{take.digest[:SHOWN]}/{take.take}'}"
        for take in takes
    )


def _explicit(take: TakeRecord, name: str) -> bool:
    if take.request_id is not None and name == take.request_id:
        return True
    digest, slash, number = name.partition("/")
    meant = not slash or number == str(take.take)
    return meant and len(digest) >= SHORTEST and take.digest.startswith(digest)
