"""Who bought what, as git has it: the author of the commit that brought a take's line into storyboard.lock.

Not who changed the scene last: that says who wrote a text, and texts go on changing after they were paid for. Nor who
changed the line last, as `git blame` would say: whoever notes a charge later rewrites it. Git is only read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from storyboard import git
from storyboard.ledger.lock.line import BadLine, line_of
from storyboard.ledger.place import LOCK_FILE, Place
from storyboard.ledger.record import TakeRecord

MOST = 256 << 20  # bytes of the file's history
NOT_IN_GIT = "not in git"
NOT_COMMITTED = "not committed"
TOO_EARLY = "before this shallow clone"
TOO_LONG = "not known: its history is too long to be read"
LOG = (
    *("log", "--reverse", "--full-history", "--no-merges", "--no-renames", "--encoding=UTF-8"),
    *("--no-color", "--no-ext-diff", "--no-textconv", "--unified=0", "--format=%x00%P%x00%aN", "-p"),
)

Mark = tuple[str, str, str]  # digest, what kind of name, the name: what a purchase is known by


class Authors(Struct, frozen=True):
    """`first` leads from what a take is known by to the number of the commit that brought it and its author, None where
    a shallow clone begins; `why_not` is said of a take that git does not know."""

    first: Mapping[Mark, tuple[int, str | None]] = field(default_factory=dict)
    why_not: str = NOT_IN_GIT

    def of(self, take: TakeRecord) -> tuple[str, bool]:
        """The author of a take and True; or why there is none, and False."""
        found = [self.first[mark] for mark in _marks(take) if mark in self.first]
        if not found:
            return self.why_not, False
        _, author = min(found, key=lambda brought: brought[0])
        return (author, True) if author is not None else (TOO_EARLY, False)


def authors(place: Place) -> Authors:
    """The authors of what is bought in a place; nobody's where git does not answer. A rehearsal is nobody's."""
    inside = git.ask(place.project, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository")
    if place.rehearsal or inside is None or inside.code != 0 or not inside.out.startswith(b"true"):
        return Authors()
    shallow = inside.out.split()[1:] == [b"true"]
    log = git.told(place.project, MOST, *LOG, "--", LOCK_FILE)
    if log is None:
        known = git.ask(place.project, "rev-parse", "--verify", "--quiet", "HEAD")
        return Authors(why_not=TOO_LONG if known is not None and known.code == 0 else NOT_COMMITTED)
    first: dict[Mark, tuple[int, str | None]] = {}
    for number, author, take in _brought(log, shallow=shallow):
        for mark in _marks(take):
            first.setdefault(mark, (number, author))
    return Authors(first, NOT_COMMITTED)


def _brought(log: bytes, *, shallow: bool) -> Iterator[tuple[int, str | None, TakeRecord]]:
    """The lines that each commit brought, the earliest commit first. Whether one without parents brought them can't be
    known in a shallow clone: its parents are not here."""
    number, author = 0, None
    for row in log.split(b"\n"):
        if row.startswith(b"\0"):
            _, parents, name = row.split(b"\0", 2)
            number += 1
            author = None if shallow and not parents else name.decode("utf-8", "replace").strip() or "nobody"
        elif row.startswith(b"+{"):
            try:
                yield number, author, line_of(row[1:].rstrip(b"\r").decode()).take
            except (UnicodeDecodeError, BadLine):
                continue


def _marks(take: TakeRecord) -> Iterator[Mark]:
    """By its request; by its intent while fal had given it no id; by its clip when it was added by hand."""
    if take.request_id:
        yield take.digest, "request", take.request_id
    if take.intent:
        yield take.digest, "intent", take.intent
    elif not take.request_id and take.clip:
        yield take.digest, "clip", take.clip
