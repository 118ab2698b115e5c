"""Rules on transitions: what they join, how long they are, what their clips must have beyond what is shown."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from storyboard.compile.ranges import frames_of
from storyboard.compile.shot_list import DIRECTIONS, FADES, KINDS, OF_SOUND
from storyboard.findings import Report, did_you_mean
from storyboard.read.cures import spelt, without
from storyboard.read.model import Placed, Storyboard, Transition
from storyboard.read.nodes import Scalar
from storyboard.read.spelling import nearest
from storyboard.rules.row import Shown
from storyboard.rules.words import one_of


def check_transitions(storyboard: Storyboard, pieces: Sequence[Shown] | None, report: Report) -> None:
    """Against the row of the cut, None while scenes are missing; without pieces something else is wrong already."""
    places: dict[int, Transition] = {}
    for transition in storyboard.cut.transitions:
        known = _kind(transition, report)
        if pieces is None or not _ends(transition, storyboard, report) or not pieces:
            continue
        joins = [n for n, (a, b) in enumerate(pairwise(pieces)) if _joined(transition, a, b)]
        if not joins:
            before, after = _written(transition.before), _written(transition.after)
            hint = _of_a_shot(transition, storyboard, pieces)
            report.add("SB121", transition.before.span, before=before, after=after, hint=hint)
        elif known and _lengths(transition, [pieces[n : n + 2] for n in joins], storyboard, report):
            _twice(transition, joins, places, report)
    if pieces:
        _room(pieces, places, storyboard.cut.fps, report)


def _joined(transition: Transition, before: Shown, after: Shown) -> bool:
    return before.is_called(transition.before.value) and after.is_called(transition.after.value)


def _written(name: Placed[str]) -> str:
    """What its author wrote for it: a part of a packed scene has another name."""
    return name.node.value if isinstance(name.node, Scalar) else name.value


def _of_a_shot(transition: Transition, storyboard: Storyboard, pieces: Sequence[Shown]) -> str | None:
    """The cure for a shot that is named where the cut shows its scene as a whole."""
    for end in (transition.before, transition.after):
        scene, shot = storyboard.named(end.value) or (None, None)
        if scene is not None and shot is not None and not any(p.is_called(end.value) for p in pieces):
            part = scene.id.value
            whole = next((name for name, parts in storyboard.parts.items() if part in parts), part)
            return f"name the scene: `{whole}`; the cut shows all of it, and not the shot `{_written(end)}`"
    return None


def _kind(transition: Transition, report: Report) -> bool:
    kind, direction = transition.kind, transition.direction
    if kind.value not in KINDS:
        expected = f"expected {one_of(KINDS)}"
        meant = nearest(kind.value, KINDS)
        hint = f"did you mean `{meant}`? {expected}" if meant else expected
        report.add("SB122", kind.span, kind=kind.value, hint=hint, fix=spelt(kind.node, KINDS))
        return False
    if direction is not None and kind.value != "wipe":
        report.add("SB704", direction.span, kind=kind.value, fix=without(direction.node))
    elif direction is not None and direction.value not in DIRECTIONS:
        fix = spelt(direction.node, DIRECTIONS)
        report.add("SB703", direction.span, value=direction.value, expected=one_of(DIRECTIONS), fix=fix)
        return False
    return True


def _ends(transition: Transition, storyboard: Storyboard, report: Report) -> bool:
    names = [scene.id.value for scene in storyboard.scenes]
    unknown = [e for e in (transition.before, transition.after) if storyboard.named(e.value) is None]
    for end in unknown:
        fix = spelt(end.node, names)
        report.add("SB120", end.span, name=end.value, hint=did_you_mean(end.value, names), fix=fix)
    return not unknown


def _lengths(
    transition: Transition, joins: Sequence[Sequence[Shown]], storyboard: Storyboard, report: Report
) -> bool:
    """In frames, as the cut will have it: what is shorter in seconds may be as long in these."""
    fps = storyboard.cut.fps
    frames = _frames(transition, fps)
    if transition.kind.value in OF_SOUND and frames > 0:
        return all(_sound(transition, before, after, fps, report) for before, after in joins)
    most = min(min(before.closing, after.opening) for before, after in joins)
    if transition.kind.value in FADES:
        most *= 2  # each neighbour has half of it
    if 0 < frames < most:
        return True
    shorter = _shorter(joins)
    expected = _expected(Fraction(transition.seconds.value), frames, most, fps, shorter)
    report.add("SB104", transition.seconds.span, value=transition.seconds.value, expected=expected)
    return False


def _shorter(joins: Sequence[Sequence[Shown]]) -> str:
    """Which of the two has the least to give."""
    before, after = min(joins, key=lambda pair: min(pair[0].closing, pair[1].opening))
    if before.closing == after.opening:
        return f"neither `{before.name}` nor `{after.name}` has more"
    less, other = (before, after) if before.closing < after.opening else (after, before)
    return f"`{less.name}` is shorter than `{other.name}`"


def _expected(seconds: Fraction, frames: int, most: int, fps: int, shorter: str) -> str:
    if seconds > 0 and not frames:
        return f"as long as a frame: {_plain(1, fps)} s or more"
    if 0 < seconds < Fraction(most, fps):  # shorter by less than half a frame
        there = "a frame" if most == 1 else f"{most} frames"
        return f"shorter than {there} at {fps} a second: {shorter}"
    return f"a length between 0 and {_plain(most, fps)} s: {shorter}"


def _sound(transition: Transition, before: Shown, after: Shown, fps: int, report: Report) -> bool:
    kind, seconds = transition.kind.value, transition.seconds
    early = kind == "j-cut"
    frames = _frames(transition, fps)
    piece, there = (after, after.ahead) if early else (before, before.behind)
    if frames <= there:
        return True
    needed = _plain(frames, fps)
    cure = (
        f"its sound begins before its picture: give it an `in` of {needed} s or more"
        if early
        else f"its sound goes on behind its picture: give it an `out` at least {needed} s before its end"
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


def _room(pieces: Sequence[Shown], places: dict[int, Transition], fps: int, report: Report) -> None:
    """A piece has room for the transitions at both its ends; one with a gap has a stretch of its own for each."""
    for number, piece in enumerate(pieces):
        before, behind = places.get(number - 1), places.get(number)
        if before is None or behind is None or len(piece.stretches) > 1:
            continue
        if _head(before, fps) + _tail(behind, fps) >= piece.opening:
            place: Placed[Decimal] = behind.seconds
            report.add("SB130", place.span, scene=piece.name, seconds=_plain(piece.opening, fps))


def _head(transition: Transition, fps: int) -> int:
    """Frames that it takes of what it leads to."""
    if transition.kind.value in OF_SOUND:
        return 0
    return _frames(transition, fps) - (_tail(transition, fps) if transition.kind.value in FADES else 0)


def _tail(transition: Transition, fps: int) -> int:
    """Frames that it takes of what it leaves."""
    if transition.kind.value in OF_SOUND:
        return 0
    return _frames(transition, fps) // (2 if transition.kind.value in FADES else 1)


def _frames(transition: Transition, fps: int) -> int:
    return frames_of(transition.seconds.value, fps)


def _plain(frames: int, fps: int) -> str:
    """In seconds."""
    return f"{float(Decimal(frames) / fps):g}"
