"""Seconds, characters and prices of what is being written: what stands beside a shot, over a scene, over the film."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from msgspec import Struct

from storyboard.catalog.prices import PriceBook, Tier
from storyboard.compile.compiler import Compiled
from storyboard.compile.prompts import CompiledPrompt, CompiledScene, meter
from storyboard.compile.requests import tier_of
from storyboard.diagnostics import Span
from storyboard.report.money import dollars, in_all


class ShotFigures(Struct, frozen=True):
    """`characters` is what counts against `limit`; `meter` is by section and level; None is an unknown price."""

    id: str
    seconds: int
    characters: int
    limit: int
    amount: Decimal | None
    prompt: str
    meter: Mapping[tuple[str, str], int]
    place: Span

    def __str__(self) -> str:
        return f"{self.seconds} s · {self.characters}/{self.limit} · {dollars(self.amount)}"


class SceneFigures(Struct, frozen=True):
    id: str
    endpoint: str
    tier: Tier
    shots: tuple[ShotFigures, ...]
    amount: Decimal | None
    place: Span

    @property
    def seconds(self) -> int:
        return sum(shot.seconds for shot in self.shots)

    def __str__(self) -> str:
        return f"{self.seconds} s · {self.tier} · {dollars(self.amount)}"


class FilmFigures(Struct, frozen=True):
    scenes: tuple[SceneFigures, ...]
    book: PriceBook

    def __str__(self) -> str:
        seconds = sum(scene.seconds for scene in self.scenes)
        count = "1 scene" if len(self.scenes) == 1 else f"{len(self.scenes)} scenes"
        price = in_all(scene.amount for scene in self.scenes)
        return f"{count} · {seconds} s · {price} by {self.book.name}, {self.book.as_of}"


def film_figures(compiled: Compiled, book: PriceBook) -> FilmFigures:
    """Of the scenes without mistakes."""
    return FilmFigures(tuple(scene_figures(scene, book) for scene in compiled.scenes), book)


def scene_figures(compiled: CompiledScene, book: PriceBook) -> SceneFigures:
    tier = tier_of(compiled)
    unit = book.unit_price(compiled.endpoint.id, tier)
    shots = tuple(_shots(compiled, unit))
    amount = None if unit is None else unit * sum(shot.seconds for shot in shots)
    return SceneFigures(
        compiled.scene.id.value, compiled.endpoint.alias, tier, shots, amount, compiled.scene.place
    )


def _shots(compiled: CompiledScene, unit: Decimal | None) -> Iterable[ShotFigures]:
    limits, several = compiled.endpoint.limits, len(compiled.prompts) > 1
    for shot, prompt in zip(compiled.scene.shots, compiled.prompts, strict=True):
        seconds = shot.seconds.value
        yield ShotFigures(
            id=shot.id,
            seconds=seconds,
            characters=_characters(prompt, compiled, several=several),
            limit=limits.shot_characters if several else limits.prompt_characters,
            amount=None if unit is None else unit * seconds,
            prompt=prompt.text,
            meter=meter(prompt),
            place=shot.place,
        )


def _characters(prompt: CompiledPrompt, compiled: CompiledScene, *, several: bool) -> int:
    return prompt.characters(compiled.endpoint) if several else len(prompt.text)
