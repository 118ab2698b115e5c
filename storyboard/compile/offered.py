"""The templates that could have been meant by a name, each as it has to be written there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from storyboard.compile.paths import TEMPLATE
from storyboard.read.source import Source


def offered(
    folder: str, own: str, templates: Mapping[str, Source | None], beside: Iterable[str]
) -> list[str]:
    """By their names where they are shipped, else from the folder of the file that names them, but not that file
    itself (`own`). `beside` are paths of files where one was looked for in vain."""
    known = [name for name, found in templates.items() if found is not None]
    paths = dict.fromkeys([*known, *(path for path in beside if path.endswith(TEMPLATE))])
    return [
        posixpath.relpath(path, folder or ".") if path.endswith(TEMPLATE) else path
        for path in paths
        if path != own
    ]
