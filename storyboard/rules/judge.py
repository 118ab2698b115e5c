"""All rules on what was compiled, in one row."""

from __future__ import annotations

from storyboard.compile.compiler import Compiled
from storyboard.findings import Report
from storyboard.read.model import Cut, Storyboard
from storyboard.rules.cast import check_cast, check_use
from storyboard.rules.continuing import check_continuing
from storyboard.rules.media import check_media
from storyboard.rules.scene import check_scene
from storyboard.rules.source import check_source
from storyboard.rules.templates import check_templates
from storyboard.rules.voices import check_ignored_voices, check_voices
from storyboard.rules.writing import check_writing


def judge(film: Compiled, report: Report) -> None:
    """What fal and Kling would refuse, and what a person would regret, goes to the report."""
    check_cast(film, report)
    scenes = (*film.scenes, *film.unpicked)
    for scene in scenes:
        check_scene(scene, film.cast, film.surroundings.templates, report)
        check_source(scene, film.surroundings.media, report)
        check_voices(scene, report)
    check_templates(film, report)
    check_ignored_voices(film.scenes, report)
    if _is_edited(film.storyboard):
        from storyboard.rules.film import (
            check_film,
        )  # most films have no edit of their own to load its rules for

        check_film(film, report)
    check_media(film, report)
    check_continuing(film, report)
    check_writing(film, report)
    check_use(film.storyboard, scenes, report)


def _is_edited(storyboard: Storyboard) -> bool:
    trims = (
        trim for scene in storyboard.scenes for trim in (scene.trim, *[shot.trim for shot in scene.shots])
    )
    return storyboard.cut != Cut() or not all(trim.is_empty for trim in trims)
