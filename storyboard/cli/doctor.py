"""`storyboard doctor`: what is missing here, and how to get it."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from storyboard import __version__
from storyboard.cli.console import out

NEEDED = 4


def command() -> int:
    """Look at this machine: Python, libraries, ffmpeg, disk, key. Exits 4 when something needed is missing."""
    rows = [_python(), *_libraries(), _ffmpeg(), _disk(), _sandbox(), _key()]
    for good, name, text in rows:
        out(f"{'ok  ' if good else 'MISS' if good is False else '-   '}  {name:<10}  {text}")
    return NEEDED if any(good is False for good, _, _ in rows) else 0


Row = tuple[bool | None, str, str]


def _python() -> Row:
    return True, "storyboard", f"{__version__} on Python {platform.python_version()}, {platform.platform()}"


def _libraries() -> list[Row]:
    return [
        _library(name)
        for name in ("pydantic", "ruamel.yaml", "jinja2", "httpx", "sqlalchemy", "av", "moviepy")
    ]


def _library(name: str) -> Row:
    try:
        importlib.import_module(name)
    except ImportError as error:
        return False, name, f"can't be imported ({error}): install storyboard-compiler again"
    from importlib.metadata import version

    return True, name, version(name)


def _tried(name: str, look: Callable[[], str]) -> Row:
    from storyboard.errors import StoryboardError

    try:
        return True, name, look()
    except (StoryboardError, OSError, ImportError) as error:
        return False, name, str(error)


def _ffmpeg() -> Row:
    def look() -> str:
        from storyboard.media.ffmpeg import binary, version

        return f"{version()} at {binary()}"

    return _tried("ffmpeg", look)


def _disk() -> Row:
    def look() -> str:
        with tempfile.NamedTemporaryFile(dir=Path.cwd()) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        free = shutil.disk_usage(Path.cwd()).free
        return f"{free // 2**20:,} MiB free here; writing and syncing work"

    return _tried("disk", look)


def _sandbox() -> Row:
    try:
        importlib.import_module("starlette")
        importlib.import_module("uvicorn")
    except ImportError:
        return None, "sandbox", 'not installed: pip install "storyboard-compiler[sandbox]"'
    return True, "sandbox", "installed"


def _key() -> Row:
    present = bool(
        os.environ.get("FAL_KEY") or (os.environ.get("FAL_KEY_ID") and os.environ.get("FAL_KEY_SECRET"))
    )
    if present:
        return True, "key", "FAL_KEY is set"
    return None, "key", "FAL_KEY is not set: needed to shoot for real, not to rehearse"
