"""Authored paths: relative to the storyboard's file, always inside the project folder, forward slashes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from storyboard.read.model import Element, Storyboard
from storyboard.read.nodes import Scalar

REMOTE = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]+:/|data:)", re.IGNORECASE)
NOT_RELATIVE = re.compile(r"[/\\~]|[A-Za-z]:|.*[\\\0]")
HOST = r"(?:[A-Za-z0-9-]+\.)+(?P<top>[A-Za-z][A-Za-z0-9-]+)"
ADDRESS = re.compile(rf"https://{HOST}(?::443)?(?:/[!-~]*)?", re.IGNORECASE)
PRIVATE = frozenset(
    {"local", "localhost", "localdomain", "internal", "intranet", "lan", "home", "corp", "private"}
)


def is_remote(text: str) -> bool:
    return REMOTE.match(text) is not None


def project_path(base: str, text: str) -> str | None:
    """`text`, written in a file of the folder `base`, from the project folder; None when it leads out of it."""
    if not text or NOT_RELATIVE.match(text):
        return None
    path = posixpath.normpath(posixpath.join(base, text))
    return None if path.startswith(("../", "/")) or path in {"..", "."} else path


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
    for scene in storyboard.scenes:
        yield from (scalar for scalar in (scene.start_image, scene.end_image) if scalar is not None)
    for element in storyboard.elements.values():
        yield from element_media(element)


def element_media(element: Element) -> Iterator[Scalar]:
    named = (element.frontal_image, *element.reference_images, element.video)
    yield from (scalar for scalar in named if scalar is not None)


def local_media(storyboard: Storyboard, base: str) -> tuple[str, ...]:
    """The project paths of all local files that the storyboard names, each once, in source order."""
    found = (
        project_path(base, scalar.value)
        for scalar in media_scalars(storyboard)
        if not is_remote(scalar.value)
    )
    return tuple(dict.fromkeys(path for path in found if path is not None))


def cue_files(storyboard: Storyboard, base: str) -> tuple[str, ...]:
    """The project paths of the cut's music and narration, each once."""
    found = (project_path(base, cue.file.value) for cue in storyboard.cut.sound)
    return tuple(dict.fromkeys(path for path in found if path is not None))


def template_names(storyboard: Storyboard) -> tuple[str, ...]:
    """The templates that scenes name, each once."""
    return tuple(
        dict.fromkeys(scene.template.value for scene in storyboard.scenes if scene.template is not None)
    )
