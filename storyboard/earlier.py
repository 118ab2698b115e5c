"""A storyboard as it was at an earlier revision, read, compiled and judged; what can't be, in words.

A mistake in it is no failure of today's: it is told, and nothing is compared. Stills and settings decide nothing of
what is compared, so their mistakes do not count.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.diagnostics import Diagnostic
from storyboard.pipeline import Checked, check
from storyboard.plan.revisions import Revision
from storyboard.revision import Found, at_revision

if TYPE_CHECKING:
    from storyboard.compile.compiler import Compiled
    from storyboard.compile.request import Request
    from storyboard.location import Location

OTHER_LANGUAGE = "SB105"  # then what else is wrong is no wonder
NOT_COMPARED = ("SB4", "SB6")  # rules on stills, and on the project's settings


class Earlier(Struct, frozen=True):
    """`checked` is None when there was no such storyboard."""

    revision: Revision
    checked: Checked | None

    @property
    def compiled(self) -> Compiled | None:
        """None when there was no storyboard, or it can't be read."""
        return self.checked.compiled if self.checked is not None and self.revision.problem is None else None

    @property
    def requests(self) -> tuple[Request, ...] | None:
        """None when they are not known; none when there was no storyboard."""
        if self.revision.problem is not None:
            return None
        return self.compiled.requests if self.compiled is not None else ()


def earlier_of(
    location: Location, revision: str, variables: Mapping[str, Any], picks: Mapping[str, str] | None = None
) -> Earlier:
    """The storyboard at this location as it was at a revision that git knows. Raises UsageError when there is no such
    revision here, and WorldError when git fails."""
    with at_revision(location, revision) as (found, then):
        if then is None:
            return Earlier(_nowhere(found, location), None)
        checked = check(then, variables, picks=picks, missing_is_error=False)
    return Earlier(_read(found, location, checked), checked)


def _nowhere(found: Found, location: Location) -> Revision:
    remark = (
        f"{location.shown} is not in {found}, and git knows no file there that it was: everything counts as added. "
        "Had it another name, `git add` tells git of the new one."
    )
    return Revision(found.asked, str(found), found.commit, remarks=(*found.words, remark))


def _read(found: Found, location: Location, checked: Checked) -> Revision:
    shown = checked.location.shown
    renamed = (f"It was {shown} then.",) if shown != location.shown else ()
    mistakes = [
        d for d in checked.diagnostics if d.severity == "error" and not d.code.startswith(NOT_COMPARED)
    ]
    return Revision(
        found.asked,
        str(found),
        found.commit,
        shown,
        _problem(mistakes) if mistakes else None,
        (*found.words, *renamed),
    )


def _problem(mistakes: Sequence[Diagnostic]) -> str:
    newer = (mistake for mistake in mistakes if mistake.code == OTHER_LANGUAGE)
    first, more = next(newer, mistakes[0]), len(mistakes) - 1
    where = f"{first.span.path}:{first.span.line}:{first.span.column}"
    return f"{where}: {first.message}" + (f", and {more} more" if more else "")
