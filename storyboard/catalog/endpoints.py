"""The catalog: which endpoints there are, what each takes and what it refuses. Read from endpoints.toml."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.prices import Tier

Beginning = Literal["text", "still", "either", "film"]
DATA = Path(__file__).parent / "endpoints.toml"
RATIOS = ("16:9", "9:16", "1:1")
REHEARSED = "sandbox-"  # what the ids of the sandbox's voices begin with: fal has none like that


class Limits(Struct, frozen=True):
    """What fal and Kling refuse. Pairs are inclusive (least, most); lengths in characters, sizes in bytes. What holds
    for an element's video holds for a film that a clip starts from as well, but for its length."""

    prompt_characters: int
    prompt_characters_warning: int
    negative_prompt_characters: int
    shot_characters: int
    shot_characters_warning: int
    tag_characters: int
    shots: tuple[int, int]
    shot_seconds: tuple[int, int]
    clip_seconds: tuple[int, int]
    elements: int
    elements_warning: int
    reference_images: tuple[int, int]
    video_elements: int
    voices: int
    cfg_scale: tuple[Decimal, Decimal]
    image_bytes: int
    image_pixels: int
    image_ratio: tuple[Decimal, Decimal]
    video_bytes: int
    video_seconds: tuple[Decimal, Decimal]
    video_pixels: tuple[int, int]
    video_frame_rate: tuple[Decimal, Decimal]
    source_seconds: tuple[Decimal, Decimal]
    source_seconds_of_image: tuple[Decimal, Decimal]  # with `follow: image`

    def of_source(self, follow: str | None) -> Limits:
        """What holds for the film that a clip starts from, by what the picture follows."""
        seconds = self.source_seconds_of_image if follow == "image" else self.source_seconds
        return replace(self, video_seconds=seconds)


class Defaults(Struct, frozen=True):
    """What is sent where the author says nothing."""

    duration: int
    generate_audio: bool
    keep_audio: bool
    negative_prompt: str
    cfg_scale: Decimal
    shot_type: str
    aspect_ratio: str


class BillableUnits(Struct, frozen=True):
    """How many of fal's units a second of output is billed as, by tier; a tier that is not there is unknown. What is
    `inferred` was worked out from published prices, the rest was seen on a receipt."""

    per_second: Mapping[Tier, Decimal]
    inferred: frozenset[Tier]
    source: str
    as_of: date


class Endpoint(Struct, frozen=True):
    """One fal endpoint. Everybody speaks of fields by the names that v3 gives them; `fields` and `required` are the
    names on the wire, and `names` leads from the first to the second where they differ.

    `height` is the nominal number of lines of its clips, `shot_types` what it takes for `shot_type`, `ratios` for
    `aspect_ratio`, `voice` whether voices can be named at all. `unpriced` are inputs that may be charged at a price
    that fal does not name.
    """

    id: str
    alias: str
    fields: tuple[str, ...]
    required: tuple[str, ...]
    ignored_fields: tuple[str, ...]
    names: Mapping[str, str]
    shot_types: tuple[str, ...]
    ratios: tuple[str, ...]
    unpriced: tuple[str, ...]
    limits: Limits
    defaults: Defaults
    units: BillableUnits | None
    height: int
    voice: bool
    source: str
    as_of: date

    def __hash__(self) -> int:
        return hash(self.id)

    def wire(self, name: str) -> str:
        """What this endpoint calls a field."""
        return self.names.get(name, name)

    def takes(self, name: str) -> bool:
        return self.wire(name) in self.fields

    def accepts(self, name: str) -> bool:
        """Whether it may be sent where it is authored, with or without effect."""
        return self.takes(name) or name in self.ignored_fields

    def needs(self, name: str) -> bool:
        return self.wire(name) in self.required

    @property
    def begins(self) -> Beginning:
        """What its clips begin with: words alone, a still that has to be there, one that may be, or a film."""
        if self.takes("video_url"):
            return "film"
        if not self.takes("start_image_url"):
            return "text"
        return "still" if self.needs("start_image_url") else "either"

    @property
    def follows(self) -> bool:
        """Whether its clips are as long as the film that they start from, and no length can be asked for."""
        return self.takes("video_url") and not self.takes("duration")

    @property
    def keeps_sound(self) -> bool:
        """Whether the sound of its clips is that of the film that they start from, and not made."""
        return self.takes("keep_audio")

    @property
    def switch(self) -> str | None:
        """The field that says whether its clips have sound; None where they always have."""
        return next((name for name in ("generate_audio", "keep_audio") if self.takes(name)), None)

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """Those that its requests can be charged by."""
        silent: tuple[Tier, ...] = ("silent",) if self.switch is not None else ()
        return (*silent, "audio", "voice") if self.voice else (*silent, "audio")

    def makes_sound(self, body: Mapping[str, Any]) -> bool:
        """Whether a clip of that body has sound: as it asks, or as the endpoint does by itself. Sound that is kept is
        there when the film has some."""
        switch = self.switch
        asked = body.get(self.wire(switch)) if switch is not None else None
        granted = self.defaults.keep_audio if self.keeps_sound else self.defaults.generate_audio
        return granted if asked is None else bool(asked)


class VoiceMaker(Struct, frozen=True):
    """The endpoint that makes a voice of a sample. `field` is the sample's name on the wire, `formats` are the ends of
    file names that it takes, `seconds` and `bytes` what a sample may have (least, most; most)."""

    id: str
    alias: str
    field: str
    formats: tuple[str, ...]
    seconds: tuple[Decimal, Decimal]
    bytes: int
    source: str
    as_of: date


class Catalog(Struct, frozen=True):
    """`endpoints` are those that a scene can name."""

    endpoints: tuple[Endpoint, ...]
    voices: VoiceMaker

    def find(self, name: str) -> Endpoint | None:
        """By alias or by full fal id; None when there is no such row."""
        return next((e for e in self.endpoints if name in {e.alias, e.id}), None)

    def names(self) -> tuple[str, ...]:
        return tuple(e.alias for e in self.endpoints)

    def sellers(self) -> dict[str, str]:
        """Alias → id of all that can be bought from."""
        return {row.alias: row.id for row in self.endpoints} | {self.voices.alias: self.voices.id}

    def seller(self, name: str) -> str | None:
        """The id of what can be bought from, by alias or id; None when there is no such row."""
        sellers = self.sellers()
        return name if name in sellers.values() else sellers.get(name)


def fingerprint() -> str:
    """SHA-256 of the catalog that ships with this version."""
    return hashlib.sha256(DATA.read_bytes()).hexdigest()


@cache
def catalog() -> Catalog:
    """The catalog that ships with this version."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    voices = VoiceMaker(**{name: _limit(value) for name, value in data["voices"].items()})
    return Catalog(tuple(_endpoint(row, data) for row in data["endpoint"]), voices)


def alias_of(endpoint: str) -> str:
    """What people call an endpoint of this id; the id where the catalog has no row."""
    return next((alias for alias, id_ in catalog().sellers().items() if id_ == endpoint), endpoint)


def _endpoint(row: dict[str, Any], data: dict[str, Any]) -> Endpoint:
    shape = data["shapes"][row["shape"]] | row
    return Endpoint(
        id=row["id"],
        alias=row["alias"],
        fields=tuple(shape["fields"]),
        required=tuple(shape["required"]),
        ignored_fields=tuple(shape.get("ignored_fields", ())),
        names=shape.get("names", {}),
        shot_types=tuple(shape["shot_types"]),
        ratios=(*shape.get("more_ratios", ()), *RATIOS),
        unpriced=tuple(shape.get("unpriced", ())),
        limits=_limits(_table(data["limits"], row["limits"])),
        defaults=_defaults(_table(data["defaults"], row["limits"])),
        units=_units(_table(data["units"], row["units"])) if "units" in row else None,
        height=row["height"],
        voice=shape["voice"],
        source=row["source"],
        as_of=row["as_of"],
    )


def _table(tables: dict[str, Any], name: str) -> dict[str, Any]:
    """The table of that name, over the one that it is like."""
    own = dict(tables[name])
    like = own.pop("like", None)
    return own if like is None else _table(tables, like) | own


def _limits(row: dict[str, Any]) -> Limits:
    return Limits(**{name: _limit(value) for name, value in row.items()})


def _limit(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(Decimal(part) if isinstance(part, str) and part[0].isdigit() else part for part in value)
    return value


def _defaults(row: dict[str, Any]) -> Defaults:
    return Defaults(**(row | {"cfg_scale": Decimal(row["cfg_scale"])}))


def _units(row: dict[str, Any]) -> BillableUnits:
    return BillableUnits(
        per_second={tier: Decimal(units) for tier, units in row["per_second"].items()},
        inferred=frozenset(row["inferred"]),
        source=row["source"],
        as_of=row["as_of"],
    )
