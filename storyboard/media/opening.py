"""Opens a media file for PyAV: demuxer pinned, handed over as an open file.

A text behind an .mp4 name (a playlist, a concat list) makes ffmpeg open other files of this machine when it may
choose the demuxer. It may not, and without a protocol there is nothing else that it could open.
"""

from __future__ import annotations

import contextlib
import os
import stat
from io import BufferedReader
from typing import TYPE_CHECKING

from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from av.container import InputContainer

BUFFER = 1 << 20
STRICT = {"err_detect": "crccheck+explode", "protocol_whitelist": ""}
FIRST_BOXES = {b"ftyp", b"moov", b"wide", b"mdat", b"free", b"skip"}
TEXTS = (
    (b"<", "a web page"),
    (b"#EXTM3U", "a playlist"),
    (b"ffconcat", "a list of files"),
    (b"{", "a JSON document"),
    (b"version https://git-lfs", "a git-lfs pointer (`git lfs pull` fetches the file)"),
    (b"\x1aE\xdf\xa3", "a WebM or Matroska film"),
    (b"RIFF", "an AVI film or a WAV sound"),
)


class NotAFileError(OSError):
    """A folder, a pipe or a device stands where a media file should."""


def file_opened(path: Path) -> BufferedReader:
    """A regular file, open for reading. Raises OSError, and NotAFileError for anything else: no pipe is waited for."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(descriptor, "rb")
    os.close(descriptor)
    raise NotAFileError("a folder" if stat.S_ISDIR(mode) else "a pipe or a device")


@contextlib.contextmanager
def opened(path: Path, demuxer: str) -> Iterator[InputContainer]:
    """The file as a container. Raises av.FFmpegError and OSError: callers say what they were about to do."""
    import av

    with (
        file_opened(path) as file,
        av.open(
            file, "r", format=demuxer, options=dict(STRICT), buffer_size=BUFFER, metadata_errors="replace"
        ) as container,
    ):
        yield container


@contextlib.contextmanager
def decoding(what: str, cure: str, path: Path | None = None) -> Iterator[None]:
    """Says of a decoder's failure whose it was, and the cure; with a path, of a file that can't be read as well: leave
    it out where something is written, too. Raises MediaError."""
    import av

    try:
        yield
    except av.FFmpegError as error:
        raise MediaError(f"{what} can't be decoded ({error.strerror}): {cure}") from None
    except OSError as error:
        if path is None:
            raise
        raise unreadable(path, error) from None


def is_film(path: Path) -> bool:
    """Does a file begin like an MP4 or MOV film? False for one that can't be read."""
    try:
        with file_opened(path) as file:
            return file.read(8)[4:] in FIRST_BOXES
    except OSError:
        return False


def film_head(path: Path) -> int:
    """The size of a file that begins like an MP4 or MOV film. Raises MediaError naming the file and what it is."""
    try:
        with file_opened(path) as file:
            head = file.read(64)
            size = file.seek(0, 2)
    except OSError as error:
        raise unreadable(path, error) from None
    if not head:
        raise MediaError(f"{path.name} is empty (0 bytes): fetch or make it again.")
    if head[4:8] not in FIRST_BOXES:
        text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
        what = next((what for start, what in TEXTS if text.startswith(start)), "no film that is known here")
        raise MediaError(f"{path.name} is not an MP4 or MOV film: it is {what}.")
    return size


def unreadable(path: Path, error: OSError) -> MediaError:
    """What a person is told about a file that can't be opened."""
    if isinstance(error, FileNotFoundError):
        return MediaError(f"{path.name} is not there: check the name.")
    if isinstance(error, NotAFileError) or path.is_dir():
        what = "a folder" if path.is_dir() else error
        return MediaError(f"{path.name} is {what}, not a film.")
    return MediaError(f"{path.name} can't be read ({error.strerror}).")
