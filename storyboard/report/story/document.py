"""What differs in a story as a JSON document. It may gain fields, never lose them."""

from __future__ import annotations

from typing import Any

from storyboard.compile.shot_list import ListedScene, ListedShot
from storyboard.plan.revisions import Revision
from storyboard.plan.story.scene import SceneStory
from storyboard.plan.story.shot import ShotStory, spoken
from storyboard.plan.story.story import Story
from storyboard.report.plan import change_document


def story_document(revision: Revision, story: Story | None) -> dict[str, Any]:
    """`differs` is null, and the lists are empty, when what was then can't be read: `problem` says why."""
    return {
        "revision": revision.asked,
        "commit": revision.commit,
        "path": revision.path,
        "problem": revision.problem,
        "remarks": list(revision.remarks),
        "differs": story.differs if story is not None else None,
        "film": [change_document(change) for change in story.film] if story is not None else [],
        "scenes": [_scene(scene) for scene in story.scenes] if story is not None else [],
        "cut": [change_document(change) for change in story.cut] if story is not None else [],
        "unchanged": story.same if story is not None else None,
        "unread": list(story.unread) if story is not None else [],
    }


def _scene(scene: SceneStory) -> dict[str, Any]:
    whole = scene.state in {"added", "removed"}
    there = scene.new or scene.old
    return {
        "scene": scene.scene,
        "state": scene.state,
        "was": scene.was,
        "moved_behind": scene.behind,
        "changes": [change_document(change) for change in scene.changes],
        "shots": [_shot(shot) for shot in scene.shots],
        "whole": _whole_scene(there) if whole and there is not None else None,
    }


def _whole_scene(scene: ListedScene) -> dict[str, Any]:
    return {
        "endpoint": scene.endpoint,
        "seconds": scene.seconds,
        "shots": [{"id": shot.id, **_whole_shot(shot)} for shot in scene.shots],
    }


def _shot(shot: ShotStory) -> dict[str, Any]:
    whole = shot.state in {"added", "removed"}
    there = shot.new or shot.old
    return {
        "id": there.id if there is not None else None,
        "state": shot.state,
        "was": shot.old.id if shot.state == "renamed" and shot.old is not None else None,
        "moved": shot.moved,
        "changes": [change_document(change) for change in shot.changes],
        "whole": _whole_shot(there) if whole and there is not None else None,
    }


def _whole_shot(shot: ListedShot) -> dict[str, Any]:
    return {
        "seconds": shot.seconds,
        "prompt": {name: text for name, text in shot.sections.items() if text},
        "dialogue": [spoken(line) for line in shot.dialogue],
    }
