"""Pinned scenes: each keeps the take that it names, whatever its text says since."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from storyboard.compile.request import Request
from storyboard.errors import Refused
from storyboard.ledger.record import State, TakeRecord

SHOWN = 12  # characters of a digest in messages and in pins
LISTED = 12  # takes in a message
COMING = frozenset({State.SENT, State.COMPLETED, State.DOWNLOADED})
HELD = COMING | {State.VERIFIED, State.SENDING, State.UNKNOWN}  # a clip is there, on its way, or may be


def as_pinned(request: Request, takes: Iterable[TakeRecord], *, rehearsal: bool = False) -> Request:
    """The request as what it is pinned to: with that take's digest and number. An unpinned one as it is, and in a
    rehearsal, which has none of the clips that were paid for, one whose take is not among these.

    Raises Refused for a pin that names no take, several, or one without a clip.
    """
    if request.pin is None:
        return request
    known = list(takes)
    named = [take for take in known if _names(request, take)]
    if rehearsal and not named:
        return request
    if len(named) != 1 or named[0].state not in HELD:
        raise Refused(_unusable(request, named, known))
    return replace(request, digest=named[0].digest, take=named[0].take)


def all_as_pinned(
    requests: Sequence[Request], takes: Sequence[TakeRecord], *, rehearsal: bool = False
) -> tuple[Request, ...]:
    return tuple(as_pinned(request, takes, rehearsal=rehearsal) for request in requests)


def name_of(take: TakeRecord) -> str:
    """What a take is called for certain: the beginning of its request's digest, and its number."""
    return f"{take.digest[:SHOWN]}/{take.take}"


def in_words(request: Request, held: Request) -> str:
    """Why a pinned scene is what it is."""
    digest = (held.digest or "")[:SHOWN]
    changed = "; its text has changed since" if held.digest != request.digest else ""
    return f"pinned to take {held.take} of {digest}{changed}"


def _names(request: Request, take: TakeRecord) -> bool:
    pin = request.pin
    return pin is not None and take.take == pin.value.take and take.digest.startswith(pin.value.digest)


def _unusable(request: Request, named: list[TakeRecord], known: list[TakeRecord]) -> str:
    place = request.pin.span if request.pin is not None else request.span
    pin = f"{request.pin.value.digest}/{request.pin.value.take}" if request.pin is not None else ""
    if len(named) > 1:
        what = "names several takes: write more of the digest"
    elif named:
        what = f"names a take that has no clip ({named[0].state.value})"
    else:
        what = "names no take that is known here"
    return (
        f"{place.path}:{place.line}:{place.column}: scene {request.scene} is pinned to {pin}, which {what}. "
        f"{_known(request, known)} Nothing was sent. Pin it to another with `storyboard take pin`, or take the pin "
        "away with `--release`."
    )


def _known(request: Request, known: list[TakeRecord]) -> str:
    own = [take for take in known if take.digest == request.digest or take.scene == request.scene]
    if not own:
        return "No take of this scene is known."
    named = ", ".join(f"{name_of(take)} ({take.state.value})" for take in own[-LISTED:])
    return f"Known of this scene: {named}."
