"""How a film's story differs from what it was: scenes, shots, the words of prompts, who is in it, the cut. Pure.

Prices and requests are storyboard/plan/revisions.py's. Here prompts are compared as they were written, section by
section, with what they inherit.

    Story ── film      title, budget, elements, voices, templates
          ├─ scenes    SceneStory ── changes
          │                       ╰─ shots ── changes
          ╰─ cut       order, transitions, cards, music
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from storyboard.compile.compiler import Compiled
from storyboard.plan.changes import Change
from storyboard.plan.pairing import moved, paired
from storyboard.plan.revisions import asked_for
from storyboard.plan.story.cut import cut_changes
from storyboard.plan.story.film import film_changes
from storyboard.plan.story.scene import SceneStory, Side, scene_story, sides, unread_of

SHARED = ("element ", "voice ", "template")


class Story(Struct, frozen=True):
    """What differs. `scenes` are those that do, in the order of today; what is gone stands where it was. `same` counts
    the others; `unread` are stills of which it is not known."""

    film: tuple[Change, ...]
    scenes: tuple[SceneStory, ...]
    cut: tuple[Change, ...]
    same: int
    unread: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        return bool(self.film or self.scenes or self.cut)


def story_of(old: Compiled | None, new: Compiled) -> Story:
    """The film then, None when there was none, against the film now."""
    then, now = sides(old) if old is not None else (), sides(new)
    film = film_changes(old, new) if old is not None else ()
    explained = any(change.field.startswith(SHARED) for change in film)
    pairs = paired(then, now, lambda side: side.listed.id, lambda side: asked_for(side.request))
    behind = _moved(then, pairs)
    scenes = [
        scene_story(before, after, behind=behind.get(after.listed.id) if after else None, explained=explained)
        for before, after in pairs
    ]
    told = tuple(scene for scene in scenes if scene.differs)
    cut = cut_changes(old.shot_list, new.shot_list) if old is not None else ()
    unread = [path for pair in pairs for path in unread_of(*pair)]
    return Story(film, told, cut, len(scenes) - len(told), tuple(dict.fromkeys(unread)))


def narrowed(story: Story, names: Collection[str]) -> Story:
    """Of the scenes that have one of these names, then or now, and of nothing else."""
    kept = tuple(scene for scene in story.scenes if {scene.scene, scene.was} & {*names})
    told = {name for scene in kept for name in (scene.scene, scene.was)}
    return replace(story, film=(), scenes=kept, cut=(), same=len({*names} - told))


def _moved(then: Sequence[Side], pairs: Sequence[tuple[Side | None, Side | None]]) -> dict[str, str]:
    """The scenes of today that were moved, each with the one that it now follows; "" at the beginning."""
    names = {before.listed.id: after.listed.id for before, after in pairs if before and after}
    before = [names[side.listed.id] for side in then if side.listed.id in names]
    film = [after.listed.id for _, after in pairs if after is not None]
    kept = set(before)
    away = moved(before, [name for name in film if name in kept])
    return {name: ahead for ahead, name in zip(["", *film], film, strict=False) if name in away}
