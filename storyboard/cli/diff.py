"""`storyboard diff`: how the story differs from what it was at a revision: scenes, shots, words, elements, the cut."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from storyboard.cli.console import out, out_document, table_width
from storyboard.cli.inputs import Prepared, prepare
from storyboard.cli.options import PathArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.variables import Given
from storyboard.earlier import Earlier, earlier_of
from storyboard.errors import UsageError
from storyboard.findings import did_you_mean
from storyboard.plan.story.story import Story, narrowed, story_of
from storyboard.report.documents import as_json
from storyboard.report.story.document import story_document
from storyboard.report.story.forms import as_markdown, as_page, as_text
from storyboard.report.story.outline import outline


class Format(StrEnum):
    text = "text"
    json = "json"
    markdown = "markdown"
    html = "html"


Rev = Annotated[
    str,
    typer.Argument(
        metavar="REV", help="A branch, a tag, a hash, or what git knows besides: HEAD~2, main@{yesterday}."
    ),
]


def command(
    path: PathArgument,
    revision: Rev,
    format: Annotated[
        Format, typer.Option("--format", help="Text, JSON, Markdown, or an HTML page.")
    ] = Format.text,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Compare the story with what it was at a git revision, without a checkout. Exits 0 whether or not it differs."""
    given = Given(var, vars_file, pick)
    json = format is Format.json
    prepared = prepare(path, prices=prices, variables=given, missing_is_error=False, json=json)
    earlier = earlier_of(prepared.location, revision, given.values, given.picks)
    story = _story(earlier, prepared, scene or [])
    if json:
        out_document(as_json(story_document(earlier.revision, story)))
        return 0
    told = outline(prepared.location.shown, earlier.revision, story)
    if format is Format.text:
        out(as_text(told, table_width()))
    else:
        out_document(as_markdown(told) if format is Format.markdown else as_page(told))
    return 0


def _story(earlier: Earlier, prepared: Prepared, scenes: list[str]) -> Story | None:
    """None when what was then can't be read. Raises UsageError for a scene that neither then nor now has."""
    now = prepared.checked.compiled
    if earlier.requests is None or now is None:
        return None
    names = [request.scene for request in (*prepared.film, *earlier.requests)]
    for scene in scenes:
        if scene not in names:
            raise UsageError(f"there is no scene {scene!r}, then or now: {did_you_mean(scene, names)}")
    story = story_of(earlier.compiled, now)
    return narrowed(story, scenes) if scenes else story
