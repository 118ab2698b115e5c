"""Authored paths: relative to the file in which they stand, always inside the project folder, forward slashes."""

from __future__ import annotations

import posixpath
import re

REMOTE = re.compile(r"\s*(?:[A-Za-z][A-Za-z0-9+.-]+:/|data:)", re.IGNORECASE)
NOT_RELATIVE = re.compile(r"[/\\~]|[A-Za-z]:|.*[\\\0]")


def is_remote(text: str) -> bool:
    return REMOTE.match(text) is not None


def project_path(folder: str, text: str) -> str | None:
    """`text`, written in a file of a folder of the project, from the project folder; None when it leads out of it."""
    if not text or NOT_RELATIVE.match(text):
        return None
    path = posixpath.normpath(posixpath.join(folder, text))
    return None if path.startswith(("../", "/")) or path in {"..", "."} else path
