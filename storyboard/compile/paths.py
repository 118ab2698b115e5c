"""Authored paths: relative to the storyboard's file, always inside the project folder, forward slashes."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from storyboard.read.model import Element, Storyboard
from storyboard.read.nodes import Scalar

REMOTE = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|data:", re.IGNORECASE)
NOT_RELATIVE = re.compile(r"[/\\~]|[A-Za-z]:|.*[\\\0]")
ADDRESS = re.compile(r"[\d.]+|0[xX][0-9a-fA-F]+|\[.*\]?|localhost|.*\.localhost|[^.]*")


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
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "it is not an address"
    if parts.scheme.lower() != "https":
        return "only https addresses are allowed"
    if parts.username is not None or parts.password is not None or "\\" in url or "@" in parts.netloc:
        return "it holds a user name or a password"
    if ADDRESS.fullmatch(host) or port not in {None, 443}:
        return "it names a machine by number, a private name or a port"
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


def template_names(storyboard: Storyboard) -> tuple[str, ...]:
    """The templates that scenes name, each once."""
    return tuple(
        dict.fromkeys(scene.template.value for scene in storyboard.scenes if scene.template is not None)
    )
