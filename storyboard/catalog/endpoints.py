"""The catalog: which endpoints there are, what each takes and what it refuses. Read from endpoints.toml."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

DATA = Path(__file__).parent / "endpoints.toml"


@dataclass(frozen=True)
class Limits:
    """What fal and Kling refuse. Pairs are inclusive (least, most); lengths in characters, sizes in bytes."""

    prompt_characters: int
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


@dataclass(frozen=True)
class Defaults:
    """What is sent where the author says nothing."""

    duration: int
    generate_audio: bool
    negative_prompt: str
    cfg_scale: Decimal
    shot_type: str
    aspect_ratio: str


@dataclass(frozen=True)
class Endpoint:
    """One fal endpoint. `height` is the nominal number of lines of its clips."""

    id: str
    alias: str
    fields: tuple[str, ...]
    required: tuple[str, ...]
    ignored_fields: tuple[str, ...]
    limits: Limits
    defaults: Defaults
    height: int
    voice: bool
    source: str
    as_of: date

    def takes(self, field: str) -> bool:
        return field in self.fields


@dataclass(frozen=True)
class Catalog:
    endpoints: tuple[Endpoint, ...]

    def find(self, name: str) -> Endpoint | None:
        """By alias or by full fal id; None when there is no such row."""
        return next((e for e in self.endpoints if name in {e.alias, e.id}), None)

    def names(self) -> tuple[str, ...]:
        return tuple(e.alias for e in self.endpoints)


def fingerprint() -> str:
    """SHA-256 of the catalog that ships with this version."""
    return hashlib.sha256(DATA.read_bytes()).hexdigest()


@cache
def catalog() -> Catalog:
    """The catalog that ships with this version."""
    data = tomllib.loads(DATA.read_text(encoding="utf-8"))
    return Catalog(tuple(_endpoint(row, data) for row in data["endpoint"]))


def alias_of(endpoint: str) -> str:
    """What people call an endpoint of this id; the id where the catalog has no row."""
    row = catalog().find(endpoint)
    return row.alias if row is not None else endpoint


def _endpoint(row: dict[str, Any], data: dict[str, Any]) -> Endpoint:
    shape = data["shapes"][row["shape"]] | row
    return Endpoint(
        id=row["id"],
        alias=row["alias"],
        fields=tuple(shape["fields"]),
        required=tuple(shape["required"]),
        ignored_fields=tuple(shape["ignored_fields"]),
        limits=_limits(data["limits"][row["limits"]]),
        defaults=_defaults(data["defaults"][row["limits"]]),
        height=row["height"],
        voice=row["voice"],
        source=row["source"],
        as_of=row["as_of"],
    )


def _limits(row: dict[str, Any]) -> Limits:
    return Limits(**{name: _limit(value) for name, value in row.items()})


def _limit(value: Any) -> Any:
    if isinstance(value, list):
        return tuple(Decimal(part) if isinstance(part, str) else part for part in value)
    return value


def _defaults(row: dict[str, Any]) -> Defaults:
    return Defaults(**(row | {"cfg_scale": Decimal(row["cfg_scale"])}))
