"""The edit: from the shot list and the clips that there are to a cut, a list of decisions. Pure.

dawn            |=====================|
window                              |===========|      a dissolve of 0.5 s = 12 frames at 24
turn (no clip)                                  |======|     its stills, slated
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import TYPE_CHECKING

from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from storyboard.compile.shot_list import ListedScene, ListedTransition, ShotList

KINDS = {"dissolve"}


@dataclass(frozen=True, slots=True)
class CutItem:
    """A scene in its place. `clip` is None where there is none yet; `dissolve` frames are shared with the next."""

    scene: ListedScene
    clip: Path | None
    dissolve: int = 0


@dataclass(frozen=True, slots=True)
class Cut:
    """The whole edit. Without a size the first clip decides."""

    items: tuple[CutItem, ...]
    fps: int
    size: tuple[int, int] | None

    @property
    def missing(self) -> tuple[str, ...]:
        """Scenes without a clip, in order."""
        return tuple(item.scene.id for item in self.items if item.clip is None)


def edit(shot_list: ShotList, clips: Mapping[str, Path]) -> Cut:
    """Every scene in order with its clip. Raises MediaError for a transition that can't be made."""
    dissolves = {each.before: _frames(each, shot_list) for each in shot_list.transitions}
    items = tuple(
        CutItem(scene, clips.get(scene.id), dissolves.get(scene.id, 0)) for scene in shot_list.scenes
    )
    return Cut(items, shot_list.fps, shot_list.size)


def _frames(transition: ListedTransition, shot_list: ShotList) -> int:
    name = f"The transition from {transition.before} to {transition.after}"
    if transition.kind not in KINDS:
        raise MediaError(
            f"{name} is a {transition.kind}, which is not drawn yet: use {', '.join(sorted(KINDS))}."
        )
    order = [scene.id for scene in shot_list.scenes]
    if (transition.before, transition.after) not in set(pairwise(order)):
        raise MediaError(f"{name} does not join neighbours.")
    exact = Decimal(transition.seconds) * shot_list.fps
    return max(1, int(exact.to_integral_value(ROUND_HALF_UP)))
