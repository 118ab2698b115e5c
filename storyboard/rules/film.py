"""Rules on the film as a whole: that there is one, and its transitions."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from storyboard.compile.prompts import CompiledScene
from storyboard.findings import Report, did_you_mean
from storyboard.read.model import Storyboard, Transition

KINDS = ("dissolve",)


def check_film(storyboard: Storyboard, scenes: Sequence[CompiledScene], report: Report) -> None:
    """Transitions join neighbours and are shorter than what they join. Silent while scenes are missing."""
    whole = storyboard.whole and len(scenes) == len(storyboard.scenes)
    seconds = {c.scene.id.value: sum(shot.seconds.value for shot in c.scene.shots) for c in scenes}
    order = list(seconds)
    for transition in storyboard.transitions:
        if transition.kind.value not in KINDS:
            report.add("SB122", transition.kind.span, kind=transition.kind.value)
        if whole and _known(transition, order, report):
            _length(transition, seconds, report)
            _neighbours(transition, order, report)
    if whole:
        _room(storyboard, seconds, report)


def _room(storyboard: Storyboard, seconds: dict[str, int], report: Report) -> None:
    """A scene has room for the transitions at both its ends, and a pair of scenes for one."""
    pairs: set[tuple[str, str]] = set()
    used: dict[str, Decimal] = {}
    for transition in storyboard.transitions:
        before, after = transition.before.value, transition.after.value
        if (before, after) in pairs:
            report.add("SB129", transition.before.span, before=before, after=after)
        pairs.add((before, after))
        for scene in (before, after):
            used[scene] = used.get(scene, Decimal(0)) + transition.seconds.value
            if scene in seconds and used[scene] >= seconds[scene] > transition.seconds.value:
                report.add("SB130", transition.seconds.span, scene=scene, seconds=seconds[scene])


def _known(transition: Transition, order: list[str], report: Report) -> bool:
    unknown = [end for end in (transition.before, transition.after) if end.value not in order]
    for end in unknown:
        report.add("SB120", end.span, name=end.value, hint=did_you_mean(end.value, order))
    return not unknown


def _neighbours(transition: Transition, order: list[str], report: Report) -> None:
    before, after = transition.before.value, transition.after.value
    if order.index(after) != order.index(before) + 1:
        report.add("SB121", transition.before.span, before=before, after=after)


def _length(transition: Transition, seconds: dict[str, int], report: Report) -> None:
    most = Decimal(min(seconds[transition.before.value], seconds[transition.after.value]))
    value = transition.seconds.value
    if not Decimal(0) < value < most:
        expected = f"a length between 0 and {most} s, the shorter of the two scenes"
        report.add("SB104", transition.seconds.span, value=value, expected=expected)
