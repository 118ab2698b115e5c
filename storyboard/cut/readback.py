"""What is really in a file that was written: read back packet by packet, and compared with the cut."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from storyboard.errors import MediaError
from storyboard.media.opening import file_opened, opened

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from storyboard.cut.forms import Form

COLOURS_MOST = 13 + 3 * 256  # bytes of a GIF's header and colours
HEAD = 4_096
COMMENT = 0xFE


class Expected(Struct, frozen=True):
    """What a file has to hold: frames, one each 1/`fps` s from 0 on, and `seconds` of sound where there is sound."""

    frames: int
    fps: Fraction
    size: tuple[int, int]
    seconds: Fraction
    sound: bool


class Found(Struct, frozen=True):
    """What a file holds. Times in seconds: those of the frames sorted, the picture's end, the sound's start and end."""

    streams: int
    coding: str
    size: tuple[int, int]
    times: Sequence[Fraction]
    ends: Fraction
    sound: tuple[Fraction, Fraction] | None


def found_in(path: Path, form: Form) -> Found:
    """Reads a file of this form to its end without decoding it. Raises MediaError when it can't be read."""
    import av

    try:
        with opened(path, form.demuxer) as container:
            if not container.streams.video:
                raise MediaError(f"{path.name} holds no picture.")
            times: dict[int, list[tuple[Fraction, Fraction]]] = {}
            for packet in container.demux():
                if packet.size and packet.pts is not None:
                    base = packet.time_base
                    row = times.setdefault(packet.stream.index, [])
                    row.append((packet.pts * base, (packet.duration or 0) * base))
            return _found(container, times)
    except av.FFmpegError as error:
        raise MediaError(f"{path.name} can't be read back ({error.strerror}).") from None


def _found(container: Any, times: dict[int, list[tuple[Fraction, Fraction]]]) -> Found:
    video = container.streams.video[0]
    shown = sorted(times.get(video.index, ()))
    heard = sorted(times.get(container.streams.audio[0].index, ())) if container.streams.audio else []
    return Found(
        streams=len(container.streams),
        coding=video.codec_context.codec.canonical_name,
        size=(video.width, video.height),
        times=[time for time, _ in shown],
        ends=sum(shown[-1], Fraction(0)) if shown else Fraction(0),
        sound=(heard[0][0], sum(heard[-1], Fraction(0))) if heard else None,
    )


def verify(path: Path, name: str, form: Form, expected: Expected) -> None:
    """Raises MediaError unless the file holds every frame at its time, and sound as long as the film."""
    wrong = _difference(found_in(path, form), form, expected)
    if wrong:
        raise MediaError(
            f"{name} was not written as it was cut: {wrong}. What was there before is untouched."
        )


def _difference(found: Found, form: Form, expected: Expected) -> str | None:
    slack = form.tick + Fraction(1, 1_000_000)
    if found.streams != 1 + expected.sound or (found.sound is not None) != expected.sound:
        return f"it has {found.streams} streams"
    if found.coding not in form.pictures:
        return f"its picture is coded as {found.coding}"
    if found.size != expected.size:
        return f"it is {found.size[0]}x{found.size[1]}, not {expected.size[0]}x{expected.size[1]}"
    if len(found.times) != expected.frames:
        return f"it has {len(found.times)} frames, not {expected.frames}"
    for number, time in enumerate(found.times):
        if abs(time - number / expected.fps) > slack:
            return f"its frame {number} is at {float(time):.3f} s"
    if abs(found.ends - expected.seconds) > 1 / expected.fps + slack:
        return f"it lasts {float(found.ends):.3f} s, not {float(expected.seconds):.3f} s"
    return _sound_difference(found, expected)


def _sound_difference(found: Found, expected: Expected) -> str | None:
    if found.sound is None:
        return None
    starts, ends = found.sound
    if starts > 1 / expected.fps or abs(ends - expected.seconds) > 1 / expected.fps:
        heard = f"{float(starts):.3f} s to {float(ends):.3f} s"
        return f"its sound goes from {heard}, its picture to {float(expected.seconds):.3f} s"
    return None


def comment_of(path: Path) -> str | None:
    """The comment in a film of any form that is written here; None when there is none, or no such film."""
    try:
        with file_opened(path) as file:
            head = file.read(HEAD)
            if head.startswith(b"GIF89a") and len(head) > COLOURS_MOST:
                return _gif_comment(head)
            if head[4:8] == b"ftyp":
                return _film_comment(file, file.seek(0, 2))
        return _matroska_comment(path) if head.startswith(b"\x1aE\xdf\xa3") else None
    except OSError:
        return None


def gif_head(data: bytes) -> int:
    """Where a GIF's blocks begin: behind its header and its colours."""
    flags = data[10]
    return 13 + (3 << (flags & 7) + 1 if flags & 0x80 else 0)


def _gif_comment(data: bytes) -> str | None:
    """The first comment before the first picture."""
    at = gif_head(data)
    while data[at : at + 1] == b"!" and at + 2 < len(data):
        label, at, text = data[at + 1], at + 2, b""
        while at < len(data) and data[at]:
            text += data[at + 1 : at + 1 + data[at]]
            at += 1 + data[at]
        if label == COMMENT and at < len(data):
            return text.decode("utf-8", "replace")
        at += 1
    return None


def _film_comment(file: Any, size: int) -> str | None:
    from storyboard.media.boxes import index_of, level
    from storyboard.media.stills import DamagedError
    from storyboard.media.tables import comment_in

    try:
        return next((comment_in(body) for name, body in level(index_of(file, size)) if name == b"udta"), None)
    except DamagedError:
        return None


def _matroska_comment(path: Path) -> str | None:
    import av

    try:
        with opened(path, "matroska") as container:
            tags = {name.lower(): text for name, text in container.metadata.items()}
            return tags.get("comment")
    except av.FFmpegError:
        return None
