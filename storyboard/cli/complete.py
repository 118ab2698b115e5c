"""What a shell offers behind the tab key: names that are known without much work. What fails offers nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from storyboard.read.load import Texts
    from storyboard.read.model import Storyboard
    from storyboard.read.nodes import Mapping


def starters() -> Iterable[str]:
    from storyboard.cli.init import starters as known

    return known()


def books() -> Iterable[str]:
    from storyboard.catalog.prices import book_names

    return book_names()


def endpoints() -> Iterable[str]:
    from storyboard.catalog.endpoints import catalog

    return catalog().names()


def codes() -> Iterable[str]:
    from storyboard.rules.book import BOOK

    return sorted(BOOK)


def scenes(ctx: typer.Context) -> Iterable[str]:
    """Those of the storyboard that stands on the line already, else of the one in this folder: copies and parts too."""
    film = _film(ctx)
    if film is None:
        return []
    return dict.fromkeys([*film.parts, *(scene.id.value for scene in film.scenes)])


def picks(ctx: typer.Context) -> Iterable[str]:
    """The variants of every scene, by its id."""
    from storyboard.read.nodes import Mapping, Scalar

    texts = _texts(ctx)
    roots = [file.root for file in texts.files if file.root is not None] if texts is not None else []
    for scene in (scene for root in roots for scene in _authored(root)):
        name, variants = scene.get("id"), scene.get("variants")
        if isinstance(name, Scalar) and isinstance(variants, Mapping):
            yield from (f"{name.value}={variant}" for variant in variants.names())


def _authored(holder: Mapping) -> Iterator[Mapping]:
    """Every entry of its scenes, those of sequences too."""
    from storyboard.read.nodes import Mapping, Sequence

    scenes = holder.get("scenes")
    for entry in scenes.items if isinstance(scenes, Sequence) else ():
        if isinstance(entry, Mapping):
            yield entry
            yield from _authored(entry)


def changes(incomplete: str) -> Iterable[str]:
    """What a price may be asked for, behind what stands before the last comma."""
    from storyboard.catalog.endpoints import catalog

    before, comma, _ = incomplete.rpartition(",")
    values = [
        *(f"endpoint={name}" for name in catalog().names()),
        "generate_audio=true",
        "generate_audio=false",
    ]
    return [f"{before}{comma}{value}" for value in values]


def _texts(ctx: typer.Context) -> Texts | None:
    from storyboard.around import all_texts
    from storyboard.errors import StoryboardError
    from storyboard.findings import Report
    from storyboard.location import locate

    try:
        return all_texts(locate(_path(ctx)), Report())
    except StoryboardError:
        return None


def _film(ctx: typer.Context) -> Storyboard | None:
    """The storyboard as far as it can be read."""
    from storyboard.catalog.endpoints import catalog
    from storyboard.compile.compiler import DEFAULT_ENDPOINT
    from storyboard.compile.pack import packed
    from storyboard.findings import Report
    from storyboard.read.load import meant

    texts = _texts(ctx)
    film = meant(texts, {}, Report()) if texts is not None else None
    return packed(film, catalog(), DEFAULT_ENDPOINT, Report()) if film is not None else None


def _path(ctx: typer.Context) -> Path:
    given = ctx.params.get("path") or ctx.params.get("paths")
    if not given:  # behind an option that waits for its value, nothing before it has a name yet
        given = [word for word in ctx.args if not word.startswith("-")] or "."
    return Path(given[0] if isinstance(given, (list, tuple)) else given)
