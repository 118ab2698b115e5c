"""Rules on transitions: what they join, how long they are, what their clips must have beyond what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from storyboard.compile.shot_list import DIRECTIONS, FADES, KINDS, OF_SOUND
from storyboard.findings import Report, did_you_mean, nearest
from storyboard.read.model import Placed, Storyboard, Transition
from storyboard.rules.row import Piece
from storyboard.rules.words import one_of

ZERO = Fraction(0)


def check_transitions(storyboard: Storyboard, pieces: Sequence[Piece] | None, report: Report) -> None:
    """Against the row of the cut, None while scenes are missing; without pieces something else is wrong already."""
    places: dict[int, Transition] = {}
    for transition in storyboard.cut.transitions:
        known = _kind(transition, report)
        if pieces is None or not _ends(transition, storyboard, report) or not pieces:
            continue
        joins = [n for n, (a, b) in enumerate(pairwise(pieces)) if _joined(transition, a, b)]
        if not joins:
            before, after = transition.before.value, transition.after.value
            report.add("SB121", transition.before.span, before=before, after=after)
        elif known and _lengths(transition, [pieces[n : n + 2] for n in joins], report):
            _twice(transition, joins, places, report)
    if pieces:
        _room(pieces, places, report)


def _joined(transition: Transition, before: Piece, after: Piece) -> bool:
    return before.is_called(transition.before.value) and after.is_called(transition.after.value)


def _kind(transition: Transition, report: Report) -> bool:
    kind, direction = transition.kind, transition.direction
    if kind.value not in KINDS:
        expected = f"expected {one_of(KINDS)}"
        meant = nearest(kind.value, KINDS)
        hint = f"did you mean `{meant}`? {expected}" if meant else expected
        report.add("SB122", kind.span, kind=kind.value, hint=hint)
        return False
    if direction is not None and kind.value != "wipe":
        report.add("SB704", direction.span, kind=kind.value)
    elif direction is not None and direction.value not in DIRECTIONS:
        report.add("SB703", direction.span, value=direction.value, expected=one_of(DIRECTIONS))
        return False
    return True


def _ends(transition: Transition, storyboard: Storyboard, report: Report) -> bool:
    names = [scene.id.value for scene in storyboard.scenes]
    unknown = [e for e in (transition.before, transition.after) if storyboard.named(e.value) is None]
    for end in unknown:
        report.add("SB120", end.span, name=end.value, hint=did_you_mean(end.value, names))
    return not unknown


def _lengths(transition: Transition, joins: Sequence[Sequence[Piece]], report: Report) -> bool:
    seconds = Fraction(transition.seconds.value)
    if transition.kind.value in OF_SOUND and seconds > 0:
        return all(_sound(transition, before, after, report) for before, after in joins)
    most = min(piece.seconds for pair in joins for piece in pair)
    if transition.kind.value in FADES:
        most *= 2  # each neighbour has half of it
    if 0 < seconds < most:
        return True
    expected = f"a length between 0 and {_plain(most)} s, the shorter of the two"
    report.add("SB104", transition.seconds.span, value=transition.seconds.value, expected=expected)
    return False


def _sound(transition: Transition, before: Piece, after: Piece, report: Report) -> bool:
    kind, seconds = transition.kind.value, transition.seconds
    early = kind == "j-cut"
    piece, there = (after, after.ahead) if early else (before, before.behind)
    if Fraction(seconds.value) <= there:
        return True
    cure = (
        f"its sound begins before its picture: give it an `in` of {seconds.value} s or more"
        if early
        else f"its sound goes on behind its picture: give it an `out` at least {seconds.value} s before its end"
    )
    article = "a" if early else "an"
    report.add(
        "SB705", seconds.span, name=piece.name, kind=f"{article} {kind}", seconds=seconds.value, cure=cure
    )
    return False


def _twice(
    transition: Transition, joins: Sequence[int], places: dict[int, Transition], report: Report
) -> None:
    if any(n in places for n in joins):
        before, after = transition.before.value, transition.after.value
        report.add("SB129", transition.before.span, before=before, after=after)
    places.update(dict.fromkeys(joins, transition))


def _room(pieces: Sequence[Piece], places: dict[int, Transition], report: Report) -> None:
    """A piece has room for the transitions at both its ends."""
    for number, piece in enumerate(pieces):
        ends = [places.get(number - 1), places.get(number)]
        found = [transition for transition in ends if transition is not None]
        taken = sum(map(_taken, found), ZERO)
        if len(found) > 1 and taken >= piece.seconds:
            place: Placed[Decimal] = found[-1].seconds
            report.add("SB130", place.span, scene=piece.name, seconds=_plain(piece.seconds))


def _taken(transition: Transition) -> Fraction:
    """Seconds that a neighbour gives to a transition."""
    if transition.kind.value in OF_SOUND:
        return ZERO
    share = 2 if transition.kind.value in FADES else 1
    return Fraction(transition.seconds.value) / share


def _plain(seconds: Fraction) -> str:
    return f"{float(seconds):g}"
