"""`storyboard report`: the storyboard as one page, to be looked at, handed on and printed."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from urllib.parse import quote

import typer

from storyboard.cli.cluster import Cluster, cluster_named, workers_at
from storyboard.cli.console import out, say
from storyboard.cli.files import write_text
from storyboard.cli.inputs import Asked
from storyboard.cli.options import Output, PathArgument, Picks, Prices, Scenes, Variables, VarsFiles
from storyboard.cli.place import chosen_place
from storyboard.cli.variables import INVALID, Given
from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storyboard.cli.page_facts import Shown
    from storyboard.report.page.facts import Links, Picture

HEAD = 4096  # characters of a page in which it says what made it


def command(
    path: PathArgument,
    output: Output = None,
    embed: Annotated[
        bool, typer.Option("--embed", help="Put small copies of the clips into the page.")
    ] = False,
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="With the takes of rehearsals in the built-in sandbox.")
    ] = False,
    cluster: Cluster = None,
    scene: Scenes = None,
    prices: Prices = None,
    var: Variables = None,
    vars_file: VarsFiles = None,
    pick: Picks = None,
) -> int:
    """Write one HTML page of scenes, shots, stills, takes, prompts and prices. It asks nothing of the network."""
    from storyboard.cli.page_facts import look, shown
    from storyboard.report.page import page_of
    from storyboard.report.page.as_html import MADE_BY

    asked = Asked(scene, None, Given(var, vars_file, pick), prices)
    there = cluster_named(cluster) if embed else None
    found = shown(path, asked, sandbox=sandbox)
    page = output or default_output(found.location.source, sandbox=sandbox, part="-".join(scene or ()))
    html = page_of(found.facts, _links(found, page, there, embed=embed, sandbox=sandbox), look())
    written = write_text(page, html, force=True, ours=lambda text: MADE_BY in text[:HEAD])
    _say_what_is_wrong(found)
    out(str(page) if written else f"{page}: unchanged")
    return INVALID if found.facts.errors else 0


def _say_what_is_wrong(found: Shown) -> None:
    from storyboard.report.counted import counted

    facts = found.facts
    if facts.findings:
        told = f"{counted(facts.errors, 'error')}, {counted(facts.warnings, 'warning')}"
        say(f"{found.location.shown}: {told}; the page shows them, and `storyboard check` too")


def _links(found: Shown, page: Path, cluster: str | None, *, embed: bool, sandbox: bool) -> Links:
    """Pictures inside the page; clips beside it, or small ones inside, too."""
    from storyboard.report.page.facts import Links

    clips = {name: _beside(clip, page.parent) for name, clip in found.clips.items()}
    if embed:
        clips |= _embedded(found, cluster, sandbox=sandbox)
    return Links(_pictures(found), clips)


def _pictures(found: Shown) -> Mapping[str, Picture]:
    """What can't be drawn is said, and has none."""
    from storyboard.media.thumbnail import Thumbnail, thumbnails
    from storyboard.report.page.facts import Picture

    pictures: dict[str, Picture] = {}
    for name, small in thumbnails({**found.stills, **found.clips}).items():
        if isinstance(small, Thumbnail):
            pictures[name] = Picture(small.inside, small.width, small.height)
        else:
            say(f"warning: {small}")
    return pictures


def _embedded(found: Shown, cluster: str | None, *, sandbox: bool) -> dict[str, str]:
    """Small copies by the names of their clips. One that can't be made is said, and its clip stays beside the page."""
    from storyboard.cli.cut import segments_of
    from storyboard.cli.cut_progress import shown
    from storyboard.cut.proxy import proxies

    place = chosen_place(found.location.project, sandbox=sandbox)
    place.ready()
    with shown() as tell, workers_at(cluster, segments_of(place), tell) as workers:
        made = proxies(found.clips, segments_of(place), tell, workers)
    for error in made.values():
        if isinstance(error, MediaError):
            say(f"warning: {error}")
    return {name: _inside(small) for name, small in made.items() if not isinstance(small, MediaError)}


def _inside(film: Path) -> str:
    """A URL that holds a film."""
    return f"data:video/mp4;base64,{base64.b64encode(film.read_bytes()).decode('ascii')}"


def _beside(clip: Path, folder: Path) -> str:
    """The way from a folder to a clip, as a URL. Where there is none, on another drive, the clip's own."""
    try:
        return "./" + quote(Path(os.path.relpath(clip, folder.resolve())).as_posix())
    except ValueError:
        return clip.as_uri()


def default_output(source: Path, *, sandbox: bool = False, part: str = "") -> Path:
    """report.html beside storyboard.yaml, NAME.report.html beside NAME.yaml; report.sandbox.html of a rehearsal; that
    of a part of the film is called after its scenes."""
    name = ".".join(word for word in ("report", part, "sandbox" if sandbox else "") if word) + ".html"
    return source.with_name(name if source.stem == "storyboard" else f"{source.stem}.{name}")
