"""What a storyboard names of the world: stills, videos, sounds, templates, by their paths from the project folder."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from storyboard.read.model import Element, Placed, Storyboard
from storyboard.read.nodes import Scalar
from storyboard.read.project_path import is_remote, project_path

__all__ = ["is_remote", "project_path"]

HOST = r"(?:[A-Za-z0-9-]+\.)+(?P<top>[A-Za-z][A-Za-z0-9-]+)"
ADDRESS = re.compile(rf"https://{HOST}(?::443)?(?:/[!-~]*)?", re.IGNORECASE)
TEMPLATE = ".j2"
PRIVATE = frozenset(
    {"local", "localhost", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
)


def path_of(written: Scalar | Placed[str]) -> str | None:
    """What a field names, from the project folder: paths are relative to the file in which the field stands."""
    node = written.node if isinstance(written, Placed) else written
    return project_path(node.source.folder, written.value)


def seen_path(written: Scalar | Placed[str]) -> str:
    """The same for messages: seen from where the file in which the field stands was seen from."""
    node = written.node if isinstance(written, Placed) else written
    return posixpath.normpath(posixpath.join(posixpath.dirname(node.source.path), written.value))


def remote_problem(url: str) -> str | None:
    """Why fal could not, or should not, be given this address; None when it can."""
    if not url.lower().startswith("https://"):
        return "only https addresses are allowed"
    if "@" in url.split("/")[2] or "\\" in url:
        return "it holds a user name or a password"
    match = ADDRESS.fullmatch(url)
    if match is None:
        return "it is not a plain address: a public host name, then letters, digits and signs of ASCII without spaces"
    if match["top"].lower() in PRIVATE:
        return "it names a private machine"
    return None


def media_scalars(storyboard: Storyboard) -> Iterator[Scalar]:
    """Every authored place that names a still or a video."""
    for scene in (*storyboard.scenes, *storyboard.unpicked):
        named = (scene.start_image, scene.end_image, scene.source_video)
        yield from (scalar for scalar in named if scalar is not None)
    for element in storyboard.elements.values():
        yield from element_media(element)


def element_media(element: Element) -> Iterator[Scalar]:
    named = (element.frontal_image, *element.reference_images, element.video)
    yield from (scalar for scalar in named if scalar is not None)


def local_media(storyboard: Storyboard) -> tuple[str, ...]:
    """The project paths of all local files that the storyboard names, each once, in source order."""
    found = (path_of(scalar) for scalar in media_scalars(storyboard) if not is_remote(scalar.value))
    return tuple(dict.fromkeys(path for path in found if path is not None))


def cue_files(storyboard: Storyboard) -> tuple[str, ...]:
    """The project paths of the cut's music and narration, each once."""
    found = (path_of(cue.file) for cue in storyboard.cut.sound)
    return tuple(dict.fromkeys(path for path in found if path is not None))


def template_names(storyboard: Storyboard) -> tuple[str, ...]:
    """The templates that scenes name, each once: what Surroundings has them by."""
    return tuple(
        dict.fromkeys(
            template_name(scene.template)
            for scene in (*storyboard.scenes, *storyboard.unpicked)
            if scene.template is not None
        )
    )


def template_name(scalar: Scalar) -> str:
    """A shipped template's own name; of a file the path from the project folder."""
    return (path_of(scalar) if scalar.value.endswith(TEMPLATE) else None) or scalar.value
