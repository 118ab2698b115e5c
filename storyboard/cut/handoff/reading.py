"""Reads an edited `.otio`. It may come from anyone: its size and depth are bounded, no file that it names is opened."""

from __future__ import annotations

import json
import zipfile
import zlib
from pathlib import Path
from typing import Any

from storyboard.cut.handoff.document import Document
from storyboard.cut.handoff.otio import the_library
from storyboard.cut.handoff.tracks import Reading
from storyboard.errors import MediaError, UsageError
from storyboard.media.opening import file_opened

MOST_BYTES = 32 << 20
DEEPEST = 200  # of the document
HEAD = "content.otio"  # of an .otioz


def read_edit(path: Path, fps: int) -> Document:
    """Raises UsageError when there is no such file, MediaError naming the file, the place and the reason for what can't
    be followed."""
    try:
        text = _text_of(path)
    except OSError as error:
        raise UsageError(f"{path} can't be read ({error.strerror or error}).") from None
    return document_of(text, fps, path.name)


def _text_of(path: Path) -> bytes:
    if path.suffix.lower() != ".otioz":
        with file_opened(path) as file:
            return file.read(MOST_BYTES + 1)
    try:
        with file_opened(path) as whole, zipfile.ZipFile(whole) as bundle, bundle.open(HEAD) as file:
            return file.read(MOST_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, KeyError, NotImplementedError, RuntimeError, EOFError) as error:
        raise MediaError(f"{path.name} holds no timeline ({error}): save it again as .otio.") from None


def document_of(text: bytes | str, fps: int, name: str) -> Document:
    """What the text of a document says; `name` is for messages."""
    _check(text, name)
    library = the_library()
    failures = (
        library.exceptions.OTIOError,
        LookupError,
        ValueError,
        TypeError,
        RuntimeError,
        ArithmeticError,
    )
    try:
        found = library.core.deserialize_json_from_string(text.decode() if isinstance(text, bytes) else text)
    except failures as error:
        raise MediaError(f"{name} is no timeline that OpenTimelineIO can read: {_short(error)}.") from None
    if not isinstance(found, library.schema.Timeline) or found.tracks is None:
        raise MediaError(f"{name} holds no timeline. Save the timeline itself as .otio, not a bin or a clip.")
    try:
        return Reading(library, found, fps, name).document()
    except failures as error:
        raise MediaError(f"{name} says something that makes no sense: {_short(error)}.") from None


def _check(text: bytes | str, name: str) -> None:
    """Its size, that it is JSON and how deep: OpenTimelineIO's own reader falls into a deep one."""
    if len(text) > MOST_BYTES:
        raise MediaError(f"{name} is larger than {MOST_BYTES >> 20} MiB: that is no timeline of a cut.")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError) as error:
        raise MediaError(f"{name} is damaged, or no .otio: {_short(error)}.") from None
    level = [found]
    for _ in range(DEEPEST):
        inner: list[Any] = []
        for each in level:
            if isinstance(each, dict):
                if str(each.get("OTIO_SCHEMA")).startswith("SerializableObjectRef"):
                    raise MediaError(f"{name} has an object in two places: save it again as .otio.")
                inner += each.values()
            elif isinstance(each, list):
                inner += each
        if not inner:
            return
        level = inner
    raise MediaError(f"{name} is nested deeper than any timeline is.")


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no number")


def _short(error: Exception) -> str:
    return " ".join(str(error).split())[:200].rstrip(".") or type(error).__name__
