"""How long clips took at fal: measured times, each with its source and date. Read from times.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from msgspec import Struct

DATA = Path(__file__).parent / "times.toml"


class Observation(Struct, frozen=True):
    """One clip of `seconds` s: it `took` so many seconds from the request to its result, queue included."""

    family: str  # the beginning of the endpoint ids that it holds for
    seconds: int
    shots: int
    took: int
    source: str
    as_of: date


class Family(Struct, frozen=True):
    """What is known of an endpoint. With `stand_in` no clip of its own was timed: the times are of this family."""

    name: str
    observations: tuple[Observation, ...]
    stand_in: bool

    @property
    def lengths(self) -> tuple[int, ...]:
        return tuple(sorted({each.seconds for each in self.observations}))


class Times(Struct, frozen=True):
    """`families` holds the measured times by the beginning of ids, `stand_ins` leads from such a beginning to the
    family that is taken for it."""

    families: Mapping[str, tuple[Observation, ...]]
    stand_ins: Mapping[str, str]

    def of(self, endpoint: str) -> Family:
        """By full fal id; there is always one: the longest beginning that fits holds."""
        known = [name for name in (*self.families, *self.stand_ins) if _begins(endpoint, name)]
        name = max(known, key=len)
        family = self.stand_ins.get(name, name)
        return Family(family, self.families[family], family != name)

    @property
    def widest(self) -> Family:
        """The family of which the most lengths were timed: it shows how time grows with length."""
        families = [Family(name, found, stand_in=False) for name, found in self.families.items()]
        return max(families, key=lambda family: len(family.lengths))


def _begins(endpoint: str, name: str) -> bool:
    return not name or f"{endpoint}/".startswith(f"{name}/")


@cache
def times() -> Times:
    """The times that come with this version."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    families: dict[str, tuple[Observation, ...]] = {}
    for row in data["time"]:
        found = Observation(
            row["endpoint"], row["seconds"], row["shots"], row["took"], row["source"], row["as_of"]
        )
        families[found.family] = (*families.get(found.family, ()), found)
    return Times(families, {row["endpoint"]: row["as"] for row in data["stand_in"]})
