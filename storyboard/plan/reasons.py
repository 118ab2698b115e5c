"""Why a scene would be bought: it is new, or it differs from a take, and in what."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from msgspec import Struct

from storyboard.compile.request import Request
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.begun import frames_of
from storyboard.plan.changes import Change, changes
from storyboard.plan.content import content_of, content_sent
from storyboard.plan.steps import Decision, Why
from storyboard.plan.words import counted, likeness

ENDED = frozenset({State.FAILED, State.CANCELLED})
ALIKE = 0.5  # of their words; a take that shares less may be another storyboard's scene of that name
NAMED = 3  # fields in a line


class Reason(Struct, frozen=True):
    """`take` is the one that the scene was compared with."""

    why: Why
    text: str
    take: TakeRecord | None = None
    changes: tuple[Change, ...] = ()


class Past:
    """What was bought before, by scene. Several storyboards may share a project and a scene's name, and text that was
    moved to a scene of another name is that scene's."""

    def __init__(self, requests: Sequence[Request], takes: Sequence[TakeRecord]) -> None:
        self._requests = requests
        self._takes = takes

    @cached_property
    def _by_scene(self) -> dict[str, list[TakeRecord]]:
        wanted = {request.digest for request in self._requests}
        found: dict[str, list[TakeRecord]] = {}
        for take in sorted(self._takes, key=lambda take: take.number):
            if take.digest not in wanted and (take.body is not None or take.state is not State.INTENDED):
                found.setdefault(take.scene, []).append(take)
        return found

    @cached_property
    def _bought(self) -> dict[str, int]:
        """Digest → the highest number of a take."""
        found: dict[str, int] = {}
        for take in self._takes:
            found[take.digest] = max(take.take, found.get(take.digest, 0))
        return found

    @cached_property
    def _paths(self) -> dict[str, str]:
        """Content → file, as the film has them now."""
        files = {known: path for r in self._requests for known, path in content_of(r).paths.items()}
        return files | frames_of(self._requests, self._takes)

    def reason(self, request: Request) -> Reason:
        """Of a request that has no such take."""
        if request.digest in self._bought:
            latest = self._bought[request.digest]
            kept = "take 1 is kept" if latest == 1 else f"takes up to {latest} are kept"
            return Reason("new", f"another take of the same request: {kept}")
        take = self._nearest(request)
        if take is None or request.tier == "run":  # another sample is another voice
            return Reason("new", "new")
        old = content_sent(take.endpoint, take.body, self._paths) if take.body is not None else None
        ended = f", which {ended_as(take)}" if take.state in ENDED else ""
        if old is None:
            return Reason("changed", f"changed since take {take.take}{ended}", take)
        found = changes(old, content_of(request))
        fields = f": {summary(found)}" if found else ""
        return Reason("changed", f"changed since take {take.take}{ended}{fields}", take, found)

    def _nearest(self, request: Request) -> TakeRecord | None:
        """The latest take of a scene of that name that is much alike; else the one that is most alike."""
        candidates = self._by_scene.get(request.scene, [])[::-1]
        if len(candidates) <= 1:
            return candidates[0] if candidates else None
        said = counted(shot.prompt for shot in request.shots)
        alike = [(likeness(said, counted([take.body or ""])), take) for take in candidates]
        return next(
            (take for found, take in alike if found >= ALIKE), max(alike, key=lambda pair: pair[0])[1]
        )


def why_of(decision: Decision, take: TakeRecord) -> Why:
    """The word for a step whose take the ledger has."""
    if take.state in ENDED:
        return "failed"
    words: dict[Decision, Why] = {"reuse": "reuse", "resume": "resume", "ask": "unknown", "send": "again"}
    return words[decision]


def ended_as(take: TakeRecord) -> str:
    return "failed" if take.state is State.FAILED else "was cancelled"


def summary(found: Sequence[Change]) -> str:
    """The fields that differ, on one line."""
    names = list(dict.fromkeys(_label(change) for change in found))
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


def _label(change: Change) -> str:
    if change.field == "shot":
        return f"shot {change.shot}"
    field = change.field.partition(",")[0]  # of an element, whatever it is of it
    return field if change.shot is None else f"{field} of {change.shot}"
