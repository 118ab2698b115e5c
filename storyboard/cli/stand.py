"""Where what is priced stands: the day, and the commit that its texts are of."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storyboard.errors import StoryboardError
from storyboard.git import Objects, TooMuchError, ask, in_repository
from storyboard.location import MAX_READ, read_file
from storyboard.report.costs import Stand

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.cli.inputs import Prepared


def stand_of(prepared: Prepared) -> Stand:
    """Now, at the commit that is checked out. Its texts count (the storyboard, what it includes, templates, settings),
    as they lie there: git is not asked for its status, for which it would run a repository's own filters."""
    day, project = datetime.now(UTC).date(), prepared.project
    if not in_repository(project):
        return Stand(day)
    said = ask(project, "rev-parse", "--show-prefix", "HEAD")
    if said is None or said.code:
        return Stand(day)
    prefix, _, commit = said.out.decode("utf-8", "surrogateescape").removesuffix("\n").rpartition("\n")
    files = dict.fromkeys(source.file for source in prepared.checked.sources)
    try:
        with Objects(project) as objects:
            differs = any(_differs(objects, f"{commit}:{prefix}{file}", project / file) for file in files)
    except (StoryboardError, TooMuchError):  # git was too slow: a price is known without it
        return Stand(day)
    return Stand(day, commit, differs)


def _differs(objects: Objects, name: str, path: Path) -> bool:
    """Whether a file that is there is not as in the commit, other ends of lines aside."""
    if not path.is_file() or "\n" in name:
        return False
    then = io.BytesIO()
    found = objects.copy(name, then, MAX_READ)
    return found is None or _lines(then.getvalue()) != _lines(read_file(path))


def _lines(data: bytes) -> bytes:
    return data.replace(b"\r\n", b"\n")
