"""The order of the work, on one screen.

    text ──read──▶ storyboard ──compile──▶ requests ──plan──▶ plan with a price ──render──▶ clips ──cut──▶ one cut

`read`, `compile` and `plan` are pure: what they need to know of files, the ledger and prices comes in as values, and
this module fetches it between the stages. `render` and `cut` touch the world. No money is spent without a plan that
the person has seen, and `render` does no more than the plan says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from storyboard.catalog.endpoints import catalog
from storyboard.compile.compiler import Compiled, Surroundings, compile_storyboard
from storyboard.compile.paths import local_media, template_names
from storyboard.diagnostics import Diagnostic
from storyboard.location import Location, read_file, templates
from storyboard.media.headers import inspect
from storyboard.read.load import read
from storyboard.read.model import Storyboard
from storyboard.read.source import Source
from storyboard.rules.report import Report


@dataclass(frozen=True)
class Checked:
    """A storyboard through `read` and `compile`. `storyboard` and `compiled` are None when it did not get that far."""

    location: Location
    source: Source | None
    storyboard: Storyboard | None
    compiled: Compiled | None
    diagnostics: tuple[Diagnostic, ...]

    @property
    def errors(self) -> int:
        return sum(diagnostic.severity == "error" for diagnostic in self.diagnostics)


def check(location: Location, variables: Mapping[str, Any], *, missing_is_error: bool = True) -> Checked:
    """Read and compile. Raises WorldError when the storyboard itself can't be read."""
    report = Report()
    source, storyboard = read(location.shown, read_file(location.source), variables, report)
    compiled = None
    if storyboard is not None:
        surroundings = _look_around(location, storyboard, missing_is_error=missing_is_error)
        compiled = compile_storyboard(storyboard, catalog(), surroundings, report)
    return Checked(location, source, storyboard, compiled, report.diagnostics())


def _look_around(location: Location, storyboard: Storyboard, *, missing_is_error: bool) -> Surroundings:
    """The files that the storyboard names, as values."""
    media = {path: inspect(location.project, path) for path in local_media(storyboard, location.base)}
    return Surroundings(
        base=location.base,
        templates=templates(location, template_names(storyboard)),
        media=media,
        missing_is_error=missing_is_error,
    )
