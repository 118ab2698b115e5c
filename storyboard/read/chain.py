"""How a file came into the film: the places that include it, for every message about something in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from msgspec.structs import replace

from storyboard.diagnostics import Diagnostic, Note
from storyboard.read.include import included_path
from storyboard.read.load import Texts
from storyboard.read.nodes import Scalar
from storyboard.read.opened import Opened, includes

SHOWN = 3  # of the files that include each other


def with_chains(diagnostics: Sequence[Diagnostic], texts: Texts) -> tuple[Diagnostic, ...]:
    """What lies in an included file with the places that led there, outermost last."""
    own = {source.path for source in texts.sources[1:]}
    if not any(found.span.path in own for found in diagnostics):
        return tuple(diagnostics)
    places = _places(texts)
    return tuple(
        replace(found, notes=(*found.notes, *islice(_chain(found.span.path, places), SHOWN)))
        for found in diagnostics
    )


def _chain(path: str, places: Mapping[str, Scalar]) -> Iterator[Note]:
    while path in places:
        scalar = places[path]
        yield Note(f"`{scalar.value}` is included here", scalar.span)
        path = scalar.source.path


def _places(texts: Texts) -> dict[str, Scalar]:
    """Where each included file is first named, on the shortest way to it."""
    places: dict[str, Scalar] = {}
    own = texts.file.source.path if texts.file.source is not None else ""
    waiting = list(includes(texts.file))
    for scalar in waiting:
        file = texts.included.get(included_path(scalar) or "")
        if isinstance(file, Opened) and file.source is not None and file.source.path not in {own, *places}:
            places[file.source.path] = scalar
            waiting += includes(file)
    return places
