"""The engine under a shared clip store: obstore, which speaks to S3, Google's and Azure's stores and to folders.

An object is created whole, under its content's name, and never written again: `create` is If-None-Match at S3, a
generation that must be none at Google's, a hard link to a finished file in a folder. What its name promises is checked
by whoever reads it: see fetching.py.
"""

from __future__ import annotations

import asyncio
import atexit
import re
import time
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec import Struct

from storyboard.errors import StoreAway, UsageError
from storyboard.ledger.shared_clips import SharedClips
from storyboard.secret import redact

if TYPE_CHECKING:
    from obstore.store import ObjectStore

ONE_BY_ONE = 256  # clips that are asked for by name; of more, everything is listed, a thousand a request
AT_A_TIME = 32  # questions
CHUNK = 1 << 20  # bytes, of what is read
TRIES = 3  # more of a request that may do well the second time
GIVES_UP = timedelta(seconds=20)  # after which it is not tried once more
CLIENT = {"connect_timeout": "5s", "timeout": "15min"}
SILENCE = "30s"  # of an answer that is read
PATIENCE, SLOWEST = 30.0, 32 << 10  # an upload has so many seconds, and a second more for so many bytes
SETTLED = 0.1  # seconds
PAUSE = 30.0  # seconds for which a store that did not answer is not asked again
MARKER = "storyboard-store.txt"
MARK = b"A store of clips that storyboard made. Each is named by the SHA-256 of its bytes and never written again.\n"
STATUS = re.compile(r"status code: (\d{3}[A-Za-z -]*)")
CODE = re.compile(r"<Code>([A-Za-z]{1,60})</Code>")
NO_CREDENTIALS = re.compile(r"169\.254\.169\.254|metadata\.google\.internal|/api/token|/identity/oauth2")
TIMED_OUT = "operation timed out"
NO_ANSWER = re.compile(
    r"error sending request|operation timed out|connection (?:closed|reset)|deadline has elapsed"
)


class Piece(Struct, frozen=True):
    """A clip from some byte on. `size` is that of the whole."""

    size: int
    chunks: AsyncIterator[bytes]


class Bucket:
    """The objects of one store. Everything raises StoreAway, but for what is said to be otherwise."""

    def __init__(self, shared: SharedClips) -> None:
        self.shared = shared
        self._reading, self._writing = _opened(shared, read_timeout=SILENCE), _opened(shared)
        self._away: tuple[float, StoreAway] | None = None
        self.known: set[str] = set()  # clips that were seen there; none is ever removed by us

    async def sizes(self, clips: Collection[str]) -> dict[str, int]:
        """Which of these clips are there, and their bytes."""
        import obstore

        found: dict[str, int] = {}
        if len(clips) <= ONE_BY_ONE:
            slots = asyncio.Semaphore(AT_A_TIME)
            sizes = await asyncio.gather(*(self._size(clip, slots) for clip in clips))
            found = {clip: size for clip, size in zip(clips, sizes, strict=True) if size is not None}
        else:
            names = {self.shared.name_of(clip): clip for clip in clips}
            with self._asked("list what is there"):
                async for some in obstore.list(self._reading, self.shared.prefix, chunk_size=1000):
                    found |= {names[one["path"]]: one["size"] for one in some if one["path"] in names}
        self.known |= found.keys()
        return found

    async def _size(self, clip: str, slots: asyncio.Semaphore) -> int | None:
        import obstore

        async with slots:
            with self._asked("look at what is there"):
                try:
                    return (await obstore.head_async(self._reading, self.shared.name_of(clip)))["size"]
                except FileNotFoundError:
                    return None

    async def put(self, clip: str, data: bytes) -> bool:
        """False when it was there already: it is left as it is."""
        new = await self._created(self.shared.name_of(clip), data)
        self.known.add(clip)
        return new

    async def mark(self) -> bool:
        """Tries to write, with an object that is there for that. False where what is there can be written again."""
        return not (await self._created(MARKER, MARK) and await self._created(MARKER, MARK))

    async def _created(self, name: str, data: bytes) -> bool:
        import obstore
        from obstore.exceptions import AlreadyExistsError, BaseError

        with self._asked("write there"):
            for last in (False, True):
                try:
                    async with asyncio.timeout(PATIENCE + len(data) / SLOWEST):
                        await obstore.put_async(self._writing, name, data, mode="create", use_multipart=False)
                except AlreadyExistsError:
                    return False
                except BaseError as failure:
                    if last or not NO_ANSWER.search(str(failure)):
                        raise  # the engine itself does not repeat a write whose answer was lost; here it is harmless
                else:
                    return True
        raise AssertionError  # the loop returns or raises

    async def get(self, clip: str, begin: int) -> Piece | None:
        """From byte `begin` on, which is one that it has; None when it is not there."""
        import obstore

        options: Any = {"range": {"offset": begin}} if begin else None
        with self._asked("read there"):
            try:
                result = await obstore.get_async(self._reading, self.shared.name_of(clip), options=options)
            except FileNotFoundError:
                return None
        return Piece(result.meta["size"], self._chunks(result.stream(CHUNK)))

    async def _chunks(self, stream: AsyncIterator[Any]) -> AsyncIterator[bytes]:
        from obstore.exceptions import BaseError

        try:
            async for chunk in stream:
                yield bytes(chunk)
        except asyncio.CancelledError:
            _settles_at_exit()
            raise
        except BaseError:
            reason = "its answer broke off"
            raise StoreAway(f"The clip store {self.shared} can't be used ({reason}).", reason) from None

    @contextmanager
    def _asked(self, doing: str) -> Iterator[None]:
        """Whoever did not answer is not asked again for a while: a render has many clips, and each would wait."""
        from obstore.exceptions import BaseError

        if self._away is not None and time.monotonic() - self._away[0] < PAUSE:
            raise self._away[1]
        try:
            yield
        except asyncio.CancelledError:
            _settles_at_exit()
            raise
        except (BaseError, OSError) as failure:
            away = _away(self.shared, doing, failure)
            if away.far:
                self._away = (time.monotonic(), away)
            raise away from None  # the engine's text has the server's words at their full length
        self._away = None


@cache
def _settles_at_exit() -> None:
    """What was broken off comes to its end in the engine's threads a moment later. They must not find Python gone by
    then: that would be the last that a person reads after Ctrl-C."""
    atexit.register(time.sleep, SETTLED)


@cache
def bucket_of(shared: SharedClips) -> Bucket:
    """One for each store, as long as the process lives. Raises StoreAway, and UsageError where obstore is missing."""
    try:
        import obstore
    except ModuleNotFoundError:
        raise UsageError(
            f"The clip store {shared} needs obstore: run "
            '`pip install "storyboard-compiler[store]"`, then the same command again. Nothing was sent.'
        ) from None
    del obstore
    return Bucket(shared)


def _opened(shared: SharedClips, **client: str) -> ObjectStore:
    from obstore.exceptions import BaseError
    from obstore.store import LocalStore, from_url

    try:
        if shared.folder is not None:
            return LocalStore(shared.folder)  # which must be there: what is not mounted is not written to
        options: Any = {**CLIENT, **client, "allow_http": shared.in_the_clear}
        return from_url(
            shared.url, client_options=options, retry_config={"max_retries": TRIES, "retry_timeout": GIVES_UP}
        )
    except (BaseError, OSError, ValueError) as failure:
        _refuse(shared, failure)


def _refuse(shared: SharedClips, failure: Exception) -> NoReturn:
    if shared.folder is not None:
        reason = "there is no such folder: mount or make it"
    else:
        reason = redact(str(failure).splitlines()[0])[:300]
    raise StoreAway(f"The clip store {shared} can't be used ({reason}).", reason) from None


def _away(shared: SharedClips, doing: str, failure: Exception) -> StoreAway:
    """The failure in words, without the engine's own, which have the server's at their full length."""
    text = str(failure) or TIMED_OUT
    status, code = STATUS.search(text), CODE.search(text)
    said = ", ".join([f"HTTP {status[1].strip()}" if status else "", code[1] if code else ""]).strip(", ")
    told = _reason(doing, failure, text, said)
    reason = told or said or redact(text.splitlines()[0])[:300]
    far = not status and bool(NO_ANSWER.search(text) or NO_CREDENTIALS.search(text))
    final = not far and (told is not None or said.startswith("HTTP 4"))
    return StoreAway(f"The clip store {shared} can't be used ({reason}).", reason, far=far, final=final)


def _reason(doing: str, failure: Exception, text: str, said: str) -> str | None:
    """What a person can do something about."""
    from obstore.exceptions import NotSupportedError, PermissionDeniedError, UnauthenticatedError

    if NO_CREDENTIALS.search(text):
        return "no credentials for it are in the environment"
    if isinstance(failure, PermissionDeniedError | UnauthenticatedError):
        return f"these credentials may not {doing}: {said}" if said else f"nobody may {doing} from here"
    if isinstance(failure, FileNotFoundError):
        return f"there is no such bucket: {said}" if said else "there is no such folder"
    if isinstance(failure, NotSupportedError):
        return "it knows no writes that create only"
    return "no answer comes" if not said and NO_ANSWER.search(text) else None
