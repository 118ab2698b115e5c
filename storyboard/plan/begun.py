"""Requests that begin with the last frame of another scene's clip: complete as soon as that clip is known."""

from __future__ import annotations

from collections.abc import Sequence

from storyboard.compile.digest import OF_A_CLIP, LastFrame, frame_name
from storyboard.compile.request import Request
from storyboard.compile.requests import begun as with_clip
from storyboard.errors import Refused
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.changes import Change
from storyboard.plan.content import HASH
from storyboard.plan.pins import all_as_pinned, as_pinned, name_of
from storyboard.plan.steps import Plan


def begun(
    requests: Sequence[Request],
    takes: Sequence[TakeRecord],
    film: Sequence[Request] = (),
    *,
    rehearsal: bool = False,
) -> tuple[Request, ...]:
    """The requests, each that begins with a last frame with that of the take which its scene shows, where there is one.
    `film` holds the scenes that they go on from, where they are not among the requests themselves."""
    if all(request.begins is None for request in requests):
        return tuple(requests)
    known = _Film(film or requests, takes, rehearsal=rehearsal)
    return tuple(known.complete(request) for request in requests)


def held(
    film: Sequence[Request], takes: Sequence[TakeRecord], *, rehearsal: bool = False
) -> tuple[Request, ...]:
    """The requests of a whole film as the ledger has them: begun, and pinned ones as what they are pinned to. Raises
    Refused for a pin that names nothing."""
    return all_as_pinned(begun(film, takes, rehearsal=rehearsal), takes, rehearsal=rehearsal)


class _Film:
    def __init__(self, film: Sequence[Request], takes: Sequence[TakeRecord], *, rehearsal: bool) -> None:
        self._scenes = {request.scene: request for request in film}
        self._takes, self._rehearsal = takes, rehearsal
        self._bought = {take.key: take for take in takes if take.state is State.VERIFIED and take.clip}
        self._shown: dict[str, TakeRecord | None] = {}  # by scene

    def complete(self, request: Request) -> Request:
        if not request.is_pending or request.after is None:
            return request
        take = self._take(request.after)
        return request if take is None else completed(request, take)

    def _take(self, scene: str) -> TakeRecord | None:
        """The take that a scene shows; those before it first, one after the other: a chain may be as long as a film."""
        waiting = [scene]
        while waiting[-1] not in self._shown:
            request = self._scenes.get(waiting[-1])
            before = request.after if request is not None and request.is_pending else None
            if before is not None and before not in self._shown:
                waiting.append(before)
                continue
            self._shown[waiting[-1]] = self._chosen(request)
            if len(waiting) > 1:
                waiting.pop()
        return self._shown[scene]

    def _chosen(self, request: Request | None) -> TakeRecord | None:
        if request is None:
            return None
        before = self._shown.get(request.after or "")
        whole = request if before is None else completed(request, before)
        try:
            held = as_pinned(whole, self._takes, rehearsal=self._rehearsal)
        except Refused:  # what is wrong with a pin is said where its own scene is looked at
            return None
        return self._bought.get((held.digest or "", held.take))


def completed(request: Request, take: TakeRecord) -> Request:
    """The request with the last frame of a verified take's clip."""
    return with_clip(request, take.clip or "", name_of(take))


def frames_of(requests: Sequence[Request], takes: Sequence[TakeRecord]) -> dict[str, str]:
    """What stands for a last frame in a body that was sent → what people call it, of all takes of scenes before."""
    scenes = {request.after for request in requests}
    return {
        HASH + frame_name(take.clip): LastFrame(take.scene, take.clip, name_of(take)).source
        for take in takes
        if take.clip is not None and take.scene in scenes
    }


def is_another_frame(change: Change) -> bool:
    """Is it the last frame of a clip now and then, and not of the same?"""
    return all(path is not None and path.startswith(OF_A_CLIP) for path in change.paths or (None,))


def refuse_without_beginning(plan: Plan) -> None:
    """Raises Refused for a scene that would be paid for and can't be sent: the clip that it begins with the last frame
    of is neither there nor made by the plan."""
    planned = {step.scene for step in plan.steps}
    for step in plan.to_send():
        before = step.request.after
        if step.request.is_pending and before not in planned:
            raise Refused(
                f"{step.request.span.path}:{step.request.span.line}: scene {step.scene} begins with the last frame of "
                f"{before}, which has no clip yet and is not in this plan. Nothing was sent. Name both: "
                f"--scene {before} --scene {step.scene}."
            )
