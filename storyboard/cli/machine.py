"""What the doctor looks at wherever it is called: Python, libraries, ffmpeg, disk, voice, key."""

from __future__ import annotations

import importlib
import os
import platform
import tempfile
from collections.abc import Callable
from pathlib import Path

from storyboard import __version__
from storyboard.ledger.doctor.finding import Finding
from storyboard.space import free_at

NEEDED = ("pydantic", "ruamel.yaml", "jinja2", "httpx", "sqlalchemy", "av", "moviepy")
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")


def machine() -> tuple[Finding, ...]:
    """What is there and what is missing on this machine."""
    libraries = [_library(name) for name in NEEDED]
    return (_python(), *libraries, _ffmpeg(), _disk(), _voice(), _sandbox(), _key(), *_proxy())


def _python() -> Finding:
    text = f"{__version__} on Python {platform.python_version()}, {platform.platform()}"
    return Finding("ok", "storyboard", text)


def _library(name: str) -> Finding:
    from importlib.metadata import version

    try:
        importlib.import_module(name)
    except ImportError as error:
        return Finding("miss", name, f"can't be imported ({error})", "install storyboard-compiler again")
    return Finding("ok", name, version(name))


def _tried(name: str, look: Callable[[], str]) -> Finding:
    from storyboard.errors import StoryboardError

    try:
        return Finding("ok", name, look())
    except (StoryboardError, OSError, ImportError) as error:
        return Finding("miss", name, str(error))


def _ffmpeg() -> Finding:
    def look() -> str:
        from storyboard.media.ffmpeg import binary, version

        return f"{version()} at {binary()}"

    return _tried("ffmpeg", look)


def _disk() -> Finding:
    def look() -> str:
        with tempfile.NamedTemporaryFile(dir=Path.cwd()) as file:
            file.write(b"x")
            file.flush()
            os.fsync(file.fileno())
        free = free_at(Path.cwd())
        room = f"{free // 2**20:,} MiB free here; " if free is not None else ""
        return f"{room}writing and syncing work"

    return _tried("disk", look)


def _voice() -> Finding:
    from storyboard.media import speech

    found = speech.version()
    if found is None:
        return Finding(
            "note", "voice", f"there is no {speech.PROGRAM}, which a scratch voice needs", speech.CURE
        )
    return Finding("ok", "voice", found)


def _sandbox() -> Finding:
    try:
        importlib.import_module("starlette")
        importlib.import_module("uvicorn")
    except ImportError:
        return Finding("note", "sandbox", 'not installed: pip install "storyboard-compiler[sandbox]"')
    return Finding("ok", "sandbox", "installed")


def _key() -> Finding:
    present = bool(
        os.environ.get("FAL_KEY") or (os.environ.get("FAL_KEY_ID") and os.environ.get("FAL_KEY_SECRET"))
    )
    if not present:
        return Finding("note", "key", "FAL_KEY is not set: needed to shoot for real, not to rehearse")
    from storyboard.errors import StoryboardError
    from storyboard.fal.account import account_from

    try:
        account_from()
    except StoryboardError as failure:  # which never repeats the key
        return Finding("miss", "key", str(failure))
    return Finding("ok", "key", "FAL_KEY is set")


def _proxy() -> tuple[Finding, ...]:
    named = [name for name in PROXIES if os.environ.get(name)]
    if not named:
        return ()
    text = f"{', '.join(named)} is set and not used: storyboard connects to fal directly"
    return (Finding("note", "proxy", text),)
