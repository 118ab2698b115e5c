"""`storyboard report`: the storyboard as one page, to be looked at, handed on and printed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from storyboard.cli.console import out
from storyboard.cli.inputs import Asked
from storyboard.cli.options import Output, PathArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.variables import INVALID, Given

if TYPE_CHECKING:
    from storyboard.cli.page_facts import Shown
    from storyboard.report.page.facts import Links, Picture


def command(
    path: PathArgument,
    output: Output = None,
    sandbox: Annotated[bool, typer.Option("--sandbox", help="The takes of rehearsals.")] = False,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Write one HTML page: scenes, shots, stills, takes, prompts, prices, and what is wrong. It asks nothing of the
    network."""
    from storyboard.cli.page_facts import shown
    from storyboard.folders import texts
    from storyboard.report.page import Look, page_of

    asked = Asked(scene, None, Given(var, vars_file, pick), prices)
    found = shown(path, asked, sandbox=sandbox)
    page = output or default_output(found.location.source)
    look = Look.of(texts("templates", "report"))
    html = page_of(found.facts, links_of(found, page), look)
    page.write_text(html, encoding="utf-8")
    out(str(page))
    return INVALID if found.facts.errors else 0


def links_of(found: Shown, page: Path) -> Links:
    """Stills and first frames inside the page, clips beside it."""
    from storyboard.media.thumbnail import of_clip, of_still
    from storyboard.report.page import Links
    from storyboard.report.page.facts import Picture

    pictures: dict[str, Picture] = {}
    for name, still in found.stills.items():
        small = of_still(still)
        pictures[name] = Picture(small.inside, small.width, small.height)
    for name, clip in found.clips.items():
        small = of_clip(clip)
        pictures[name] = Picture(small.inside, small.width, small.height)
    clips = {name: quote(os.path.relpath(clip, page.parent)) for name, clip in found.clips.items()}
    return Links(pictures, clips)


def default_output(source: Path) -> Path:
    """report.html beside storyboard.yaml, NAME.report.html beside NAME.yaml."""
    return source.with_name("report.html" if source.stem == "storyboard" else f"{source.stem}.report.html")
