"""What a shell offers behind the tab key: names that are known without much work. What fails offers nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import typer


def starters() -> Iterable[str]:
    from storyboard.cli.init import starters as known

    return known()


def books() -> Iterable[str]:
    from storyboard.catalog.prices import book_names

    return book_names()


def endpoints() -> Iterable[str]:
    from storyboard.catalog.endpoints import catalog

    return catalog().names()


def scenes(ctx: typer.Context) -> Iterable[str]:
    """Those of the storyboard that stands on the line already, else of the one in this folder."""
    from storyboard.errors import StoryboardError
    from storyboard.findings import Report
    from storyboard.location import locate
    from storyboard.read.compose import compose, decode
    from storyboard.read.nodes import Mapping, Scalar, Sequence

    try:
        location = locate(_path(ctx))
        source = decode(location.shown, location.files.source(), Report())
    except StoryboardError:
        return []
    root = compose(source, Report()) if source is not None else None
    found = root.get("scenes") if isinstance(root, Mapping) else None
    items = found.items if isinstance(found, Sequence) else ()
    ids = [item.get("id") for item in items if isinstance(item, Mapping)]
    return [each.value for each in ids if isinstance(each, Scalar)]


def _path(ctx: typer.Context) -> Path:
    given = ctx.params.get("path") or ctx.params.get("paths")
    if not given:  # behind an option that waits for its value, nothing before it has a name yet
        given = [word for word in ctx.args if not word.startswith("-")] or "."
    return Path(given[0] if isinstance(given, (list, tuple)) else given)
