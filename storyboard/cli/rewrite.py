"""A field of a scene, written into the storyboard's own file: at once, and only into the text that was looked at."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from io import FileIO
from pathlib import Path

from storyboard.cli.inputs import Prepared
from storyboard.durable import sync_folder
from storyboard.errors import Refused, WorldError
from storyboard.location import read_file
from storyboard.read.edit import UneditableError, with_field


def write_field(prepared: Prepared, scene: str, name: str, value: str | None) -> bool:
    """Sets a field of a scene in the file where it stands, or with None takes it away; False when the text says so
    already.

    Raises Refused, which says what to write by hand, and WorldError; the file is then as it was.
    """
    location, storyboard = prepared.location, prepared.checked.storyboard
    identity = (
        next((s.id.node for s in storyboard.scenes if s.id.value == scene), None) if storyboard else None
    )
    if storyboard is not None and any(scene in parts for parts in storyboard.parts.values()):
        raise Refused(
            f"Scene {scene} is a part that `pack: auto` makes: there is no place in {location.shown} for its `{name}`. "
            "Nothing was written. Write the parts as scenes of their own."
        )
    written = identity.source if identity is not None else None
    file = location.project / written.file if written is not None else location.source
    before = read_file(file)
    try:
        after = with_field(before, identity, name, value)
    except UneditableError as problem:
        hand = f"Write `{name}: {value}` into" if value is not None else f"Take `{name}` out of"
        shown = written.path if written is not None else location.shown
        raise Refused(
            f"{shown}:{problem.line}: scene {scene} can't be changed with certainty: {problem.why}. Nothing was "
            f"written. {hand} the scene by hand."
        ) from None
    if after == before:
        return False
    replace_file(file, before, after)
    return True


def replace_file(path: Path, before: bytes, after: bytes) -> None:
    """Puts other bytes in a file's place at once, durable, its permissions kept; where a symbolic link leads, not in
    place of the link. A file of several names (hard links) is written over, so that it stays one. Raises WorldError,
    also when the file no longer holds what was read."""
    try:
        file = path.resolve(strict=True)
        if not os.access(file, os.W_OK):
            raise WorldError(f"{path} may not be written: it is read-only. Nothing was changed.")
        aside = _aside(file, after)
        try:
            if file.read_bytes() != before:
                raise WorldError(
                    f"{path} was changed by something else meanwhile. Nothing was written: run the same command again."
                )
            if file.stat().st_nlink > 1:
                _write_over(file, before, after)
            else:
                aside.replace(file)
        finally:
            aside.unlink(missing_ok=True)
        sync_folder(file.parent)
    except OSError as error:
        raise WorldError(f"{path} can't be written ({error.strerror or error}). It is as it was.") from None


def _write_over(file: Path, before: bytes, after: bytes) -> None:
    """Into the file itself. Killed halfway it is neither of both: the new bytes then lie beside it, whole. Raises
    OSError; the old bytes, for which there is room, are then back, and so after an interrupt."""
    with file.open("rb+", buffering=0) as stream:
        try:
            _fill(stream, after)
        except BaseException:
            _fill(stream, before)
            raise


def _fill(stream: FileIO, data: bytes) -> None:
    stream.seek(0)
    rest = memoryview(data)
    while rest:
        rest = rest[stream.write(rest) :]
    stream.truncate()
    os.fsync(stream.fileno())


def _aside(file: Path, data: bytes) -> Path:
    """The new bytes on the disk beside the file, with its permissions."""
    descriptor, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    aside = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(data)
            shutil.copystat(file, aside)
            os.utime(aside)
            _keep_owner(file, stream.fileno())
            stream.flush()
            os.fsync(stream.fileno())
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    return aside


def _keep_owner(file: Path, descriptor: int) -> None:
    if hasattr(os, "fchown"):
        owner = file.stat()
        with contextlib.suppress(
            OSError
        ):  # only root may give files away; a file of the person's own needs no gift
            os.fchown(descriptor, owner.st_uid, owner.st_gid)
