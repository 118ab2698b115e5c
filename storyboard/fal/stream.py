"""fal's server-sent status: one answer that stays open and tells each change of a request as it happens.

What it tells is news and never a verdict: whoever listens asks for the result afterwards, and judges that. The same
rules hold as for every request (host, key, no redirects, no compression); lines and the whole are bounded.
"""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx

from storyboard.fal.errors import OddAnswer
from storyboard.fal.hosts import moved, queue_url
from storyboard.fal.queue import Status, status_in
from storyboard.fal.wire import Wire, chunks
from storyboard.ledger.record import Submission

KIND = "text/event-stream"
EVENT_BYTES = 1 << 18
STREAM_BYTES = 2 << 20


async def listen(wire: Wire, submission: Submission, told: Callable[[Status], None]) -> None:
    """Calls `told` with each status, its `lines` being the new ones, until the request is done or the answer ends.

    Raises OddAnswer when it is refused, or is no such stream; httpx's errors when it breaks off or says nothing for
    too long.
    """
    url = httpx.URL(queue_url(wire.account, moved(wire.account, submission.status_url)))
    url = url.copy_with(path=url.path.rstrip("/") + "/stream").copy_merge_params({"logs": "1"})
    async with wire.listen(str(url), KIND) as response:
        kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        if response.status_code != 200 or kind != KIND:  # noqa: PLR2004
            raise OddAnswer(f"fal does not stream the status (HTTP {response.status_code}).")
        events = Events()
        async for chunk in chunks(response, None):
            for data in events.feed(chunk):
                status = _status(data, submission)
                told(status)
                if status.phase == "done":
                    return


def _status(data: bytes, submission: Submission) -> Status:
    try:
        body = json.loads(data)
    except (ValueError, RecursionError) as failure:
        raise OddAnswer("fal's status stream holds something else than JSON.") from failure
    return status_in(body, submission, 200)


class Events:
    """Bytes to the data of server-sent events (WHATWG's form of them). Names and comments are passed over."""

    def __init__(self) -> None:
        self._rest = bytearray()
        self._data: list[bytes] = []
        self._size = 0

    def feed(self, chunk: bytes) -> list[bytes]:
        """The data of the events that this chunk completes. Raises OddAnswer when one, or all, grow too large."""
        self._size += len(chunk)
        self._rest += chunk
        *lines, last = bytes(self._rest).split(b"\n")
        self._rest = bytearray(last)
        found = [data for line in lines if (data := self._line(line.removesuffix(b"\r"))) is not None]
        if self._size > STREAM_BYTES or len(last) + sum(map(len, self._data)) > EVENT_BYTES:
            raise OddAnswer("fal's status stream says more than it can have to say. It was not read further.")
        return found

    def _line(self, line: bytes) -> bytes | None:
        if line:
            name, _, value = line.partition(b":")
            if name == b"data":
                self._data.append(value.removeprefix(b" "))
            return None
        data, self._data = b"\n".join(self._data), []
        return data or None
