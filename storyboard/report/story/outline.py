"""What differs in a story as an outline: a line a thing, deeper ones below what they belong to.

scene dawn                                  ~  is there then and now
  shot wide                                 ~
    camera: slow [-push-]{+pull+}           ~  words that went and came
scene rain, 5 s, kling-v3-standard-text     +  came
scene fog, 3 s, kling-v3-standard           -  went
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Literal

from msgspec import Struct

from storyboard.catalog.endpoints import catalog
from storyboard.compile.shot_list import ListedScene, ListedShot
from storyboard.plan.changes import Change
from storyboard.plan.revisions import Revision, State
from storyboard.plan.story.scene import SceneStory
from storyboard.plan.story.shot import ShotStory, spoken
from storyboard.plan.story.story import Story
from storyboard.plan.wording import change_in_words
from storyboard.plan.words import Piece, shortened

Mark = Literal["~", "+", "-"]
MARKS: dict[State, Mark] = {"added": "+", "removed": "-"}
STATES: tuple[State, ...] = ("changed", "renamed", "added", "removed")


class Line(Struct, frozen=True):
    """`depth` counts from 0. The pieces of a line that came or went whole are all of one mark."""

    depth: int
    mark: Mark
    pieces: tuple[Piece, ...]


class Outline(Struct, frozen=True):
    title: str
    lines: tuple[Line, ...]
    remarks: tuple[str, ...]


def outline(shown: str, revision: Revision, story: Story | None) -> Outline:
    """Of the storyboard that messages call `shown`; no story where it is not known what it was."""
    title = f"{shown} against {revision.name}"
    if story is None:
        why = f"{revision.name} can't be read ({revision.problem}): nothing is compared."
        return Outline(title, (), (why, *revision.remarks))
    unread = ", ".join(story.unread)
    remarks = [
        _summary(story),
        *revision.remarks,
        *(
            [f"Their content then or now can't be read, so they count as unchanged: {unread}."]
            if unread
            else []
        ),
    ]
    return Outline(title, tuple(_lines(story)), tuple(remarks))


def _summary(story: Story) -> str:
    if not story.differs:
        return "Nothing of the story differs."
    counts = Counter(scene.state for scene in story.scenes)
    parts = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    moved = sum(scene.behind is not None for scene in story.scenes)
    parts += [f"{moved} moved"] if moved else []
    return f"Scenes: {', '.join([*parts, f'{story.same} as before'])}."


def _lines(story: Story) -> Iterator[Line]:
    yield from _changes(0, story.film)
    for scene in story.scenes:
        yield from _scene(scene)
    if story.cut:
        yield _line(0, "~", "cut")
        yield from _changes(1, story.cut)


def _line(depth: int, mark: Mark, text: str) -> Line:
    return Line(depth, mark, (Piece("=" if mark == "~" else mark, text),))


def _changes(depth: int, changes: Iterable[Change]) -> Iterator[Line]:
    for change in changes:
        if change.words:
            yield Line(depth, "~", (Piece("=", f"{change.field}: "), *shortened(change.words)))
        else:
            yield _line(depth, "~", change_in_words(change))


def _scene(scene: SceneStory) -> Iterator[Line]:
    mark = MARKS.get(scene.state, "~")
    if mark != "~":
        there = scene.new or scene.old
        yield from _whole_scene(there, mark) if there is not None else ()
        return
    was = f", was {scene.was}" if scene.was is not None else ""
    yield _line(0, "~", f"scene {scene.scene}{was}{_moved(scene)}")
    yield from _changes(1, scene.changes)
    several = any(len(there.shots) > 1 for there in (scene.old, scene.new) if there is not None)
    for shot in scene.shots:
        yield from _shot(shot, several=several)


def _moved(scene: SceneStory) -> str:
    if scene.behind is None:
        return ""
    return f": moved behind {scene.behind}" if scene.behind else ": moved to the beginning"


def _whole_scene(scene: ListedScene, mark: Mark) -> Iterator[Line]:
    row = catalog().find(scene.endpoint)
    name = row.alias if row is not None else scene.endpoint
    yield _line(0, mark, f"scene {scene.id}, {scene.seconds} s, {name}")
    for shot in scene.shots:
        yield from _whole_shot(1, shot, mark, several=len(scene.shots) > 1)


def _whole_shot(depth: int, shot: ListedShot, mark: Mark, *, several: bool) -> Iterator[Line]:
    if several:
        yield _line(depth, mark, f"shot {shot.id}, {shot.seconds} s")
        depth += 1
    for name, text in shot.sections.items():
        if text:
            yield _line(depth, mark, f"{name}: {text}")
    for line in shot.dialogue:
        yield _line(depth, mark, f"dialogue: {spoken(line)}")


def _shot(shot: ShotStory, *, several: bool) -> Iterator[Line]:
    """The only shot of a scene is the scene."""
    mark = MARKS.get(shot.state, "~")
    there = shot.new or shot.old
    if there is None:
        return
    if mark != "~":
        yield from _whole_shot(1, there, mark, several=True)
        return
    if several:
        was = f", was {shot.old.id}" if shot.state == "renamed" and shot.old is not None else ""
        yield _line(1, "~", f"shot {there.id}{was}{': moved' if shot.moved else ''}")
    yield from _changes(2 if several else 1, shot.changes)
