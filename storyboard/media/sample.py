"""The sample that a voice is made of: a sound, or a film with one. It is heard to its end before it is sent."""

from __future__ import annotations

import hashlib
import os
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from storyboard.errors import MediaError
from storyboard.media.fact import Kind, MediaFact
from storyboard.media.opening import file_opened

if TYPE_CHECKING:
    from pathlib import Path

    from storyboard.catalog.endpoints import VoiceMaker

HEAD = 12  # bytes
HEARD = 0.001  # of full scale: -60 dB


def sample(folder: Path, name: str, maker: VoiceMaker) -> MediaFact:
    """The facts of a sample that `maker` takes: all of its sound decodes, and something is heard. Raises MediaError,
    which says what to do."""
    from storyboard.media.sound_file import probe_sound, sound_from

    path = folder / name
    blank = _bounded(path, name, maker)
    least, most = maker.seconds
    seconds = Decimal(float(probe_sound(path).seconds)).quantize(Decimal("0.01"))
    if not least <= seconds <= most:
        raise MediaError(f"{name} lasts {seconds} s. A sample has {least} to {most} s: cut it to that first.")
    loudest = max(
        float(abs(piece).max(initial=0)) for piece in sound_from(path)
    )  # to its end: it may end in rubbish
    if loudest < HEARD:
        raise MediaError(
            f"{name} is silent: fal would make a voice of nothing. Choose a sample in which one speaks."
        )
    with file_opened(path) as file:
        known = hashlib.file_digest(file, "sha256").hexdigest()
    return replace(blank, sha256=known, seconds=seconds)


def _bounded(path: Path, name: str, maker: VoiceMaker) -> MediaFact:
    """Its kind and size, from its first bytes and its length."""
    try:
        with file_opened(path) as file:
            size, kind = os.fstat(file.fileno()).st_size, _kind(file.read(HEAD))
    except OSError as error:
        raise MediaError(f"{name} can't be read ({error.strerror or error}). Nothing was sent.") from None
    if size > maker.bytes:
        raise MediaError(f"{name} has {size} bytes, a sample at most {maker.bytes}: cut it shorter first.")
    if kind not in maker.formats:
        formats = ", ".join(maker.formats)
        raise MediaError(f"{name} is no sample that fal takes: those are {formats} files. Convert it first.")
    return MediaFact(name, kind=kind, size=size)


def _kind(head: bytes) -> Kind:
    """What the first bytes make of a file, whatever it is called."""
    if head[4:8] == b"ftyp":
        return "mov" if head[8:12] == b"qt  " else "mp4"
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    mp3 = head[:3] == b"ID3" or (len(head) > 1 and head[0] == 0xFF and head[1] & 0xE6 == 0xE2)  # noqa: PLR2004
    return "mp3" if mp3 else "other"
