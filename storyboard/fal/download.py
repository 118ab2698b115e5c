"""A finished clip, whole or not at all: to a temporary file, its length checked against all that states
one."""

from __future__ import annotations

import asyncio
import hashlib
import os
from pathlib import Path

import httpx

from storyboard.errors import LedgerError
from storyboard.fal.errors import DownloadFailed, OddAnswer
from storyboard.fal.hosts import media_url, moved
from storyboard.fal.keeping import signed
from storyboard.fal.wire import Wire, chunks

TRIES = 5
BYTES_A_SECOND = 60 << 20  # of film: more than any 4k clip has, so that an endless answer ends
SOME = 64 << 20
DEADLINE = 900.0  # seconds for one try
HEADERS = 60.0  # of them until its headers are there
SLOWEST = 4 << 10  # bytes a second on the mean, from the first minute on: who drips is asked again
FIRST_MINUTE = 60.0

KEPT_BACK = frozenset({401, 403})  # what a file that not everybody may fetch answers to one without a key
MISSING = 404  # a hidden one says this


class OtherSize(DownloadFailed):
    """The same bytes came twice, whole by their own header, and fal stated another size. They lie where they were to
    go; `sha256` names them."""

    def __init__(self, reason: str, sha256: str) -> None:
        super().__init__(_failed(reason))
        self.reason = reason
        self.sha256 = sha256


class _Again(Exception):
    """The try failed; another one may not, perhaps with a signed address. `status` is that of an answer; `odd` names
    bytes that came whole and are of another size than fal states."""

    def __init__(self, reason: str, status: int | None = None, odd: str | None = None) -> None:
        super().__init__(reason)
        self.status = status
        self.odd = odd


async def download(wire: Wire, url: str, path: Path, *, file_size: int | None, seconds: int) -> str:
    """Fetches a clip of `seconds` to `path`, synced to the disk; returns its sha256. Free, however often. Raises
    DownloadFailed, OtherSize among them."""
    reason, odd = "", None
    url = media_url(wire.account, moved(wire.account, url))
    address = url
    for attempt in range(TRIES):
        try:
            return await _once(wire, address, path, file_size, seconds)
        except (_Again, httpx.TransportError, httpx.StreamError, TimeoutError) as failure:
            reason = str(failure) or type(failure).__name__
            if isinstance(failure, _Again):
                if failure.odd is not None and failure.odd == odd:
                    raise OtherSize(reason, odd) from failure
                odd = failure.odd
                address = await _opened(wire, url, failure.status, attempt) or address
        if attempt + 1 < TRIES:
            await wire.world.sleep(wire.world.jitter(0.5 * 2**attempt))
    raise DownloadFailed(_failed(reason))


async def _opened(wire: Wire, url: str, status: int | None, attempt: int) -> str | None:
    """A signed address, where it may be that without one the file is kept back."""
    kept_back = status in KEPT_BACK or (status == MISSING and attempt > 0)
    return await signed(wire, url) if kept_back else None


def _failed(reason: str) -> str:
    return (
        f"A finished clip could not be fetched whole ({reason}). It is paid and recorded: run the same "
        "command again and it is fetched, not bought, again."
    )


async def _once(wire: Wire, url: str, path: Path, file_size: int | None, seconds: int) -> str:
    now = asyncio.get_running_loop().time
    async with asyncio.timeout(HEADERS) as patience, wire.fetch(url) as response:
        patience.reschedule(now() + DEADLINE)
        if response.status_code != 200:  # noqa: PLR2004
            raise _Again(f"HTTP {response.status_code}", response.status_code)
        return await _write(response, path, file_size, seconds * BYTES_A_SECOND + SOME)


async def _write(response: httpx.Response, path: Path, file_size: int | None, most: int) -> str:
    stated = _length(response)
    digest, size = hashlib.sha256(), 0
    now = asyncio.get_running_loop().time
    began = now()
    try:
        with path.open("wb") as stream:
            async for chunk in chunks(response, None):
                size += len(chunk)
                if size > most:
                    raise OddAnswer(f"A clip's download does not end: more than {most >> 20} MiB came.")
                if size < SLOWEST * (now() - began - FIRST_MINUTE):
                    raise _Again(f"only {size} bytes came in {now() - began:.0f} s")
                digest.update(chunk)
                stream.write(chunk)
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as failure:
        raise LedgerError(
            f"A clip can't be written to {path.parent} ({failure.strerror or failure}). It is paid and still "
            "at fal: free some space and run the same command again, and it is fetched at no charge."
        ) from failure
    if stated is not None and stated != size:
        raise _Again(f"{size} bytes came where its header states {stated}")
    if file_size is not None and file_size != size:
        whole = digest.hexdigest() if stated is not None else None
        raise _Again(f"{size} bytes came where fal states {file_size}", odd=whole)
    return digest.hexdigest()


def _length(response: httpx.Response) -> int | None:
    text = response.headers.get("content-length", "")
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 15 else None  # noqa: PLR2004
