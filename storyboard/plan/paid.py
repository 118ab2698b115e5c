"""What was paid for the scenes of a film so far. A ledger is a project's, and knows requests and the names of scenes: a
take is of the scene that asks for its request now, whatever its name was then, else of the scene of its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from msgspec import Struct, field

from storyboard.compile.request import Request
from storyboard.ledger.record import TakeRecord
from storyboard.plan.spending import Spent, payments, spent_on

# Is a take that no request of the film asks for one of this storyboard's? None: of this one's or of another's.
Ours = Callable[[TakeRecord], bool | None]


class Paid(Struct, frozen=True):
    """By scene; `shared` was paid for scenes of these names, here or in another storyboard of the project: nobody knows
    in which."""

    scenes: Mapping[str, Spent] = field(default_factory=dict)
    shared: Spent = field(default_factory=Spent)


def of_old_texts(film: Iterable[Request], takes: Iterable[TakeRecord]) -> tuple[TakeRecord, ...]:
    """The takes of scenes of these names that no request of the film asks for: another storyboard may."""
    digests, names = set(), set()
    for request in film:
        digests.add(request.digest)
        names.add(request.scene)
    return tuple(take for take in takes if take.scene in names and take.digest not in digests)


def paid_for(film: Sequence[Request], takes: Iterable[TakeRecord], ours: Ours) -> Paid:
    """`film` are all requests of a storyboard, those of pinned scenes also as what they are pinned to; `takes` all that
    the ledger knows, with what was given up."""
    asking: dict[str, list[str]] = {}
    for request in film:
        asking.setdefault(request.digest or "", []).append(request.scene)
    counted = payments(takes)
    old = {id(take) for take in of_old_texts(film, counted)}
    found: dict[str, Spent] = {}
    shared = Spent()
    for take in counted:
        scenes = asking.get(take.digest, ())
        mine = ours(take) if id(take) in old else bool(scenes)
        if mine:
            scene = take.scene if take.scene in scenes or not scenes else scenes[0]
            found[scene] = found.get(scene, Spent()) + spent_on(take)
        elif mine is None:
            shared += spent_on(take)
    return Paid(found, shared)
