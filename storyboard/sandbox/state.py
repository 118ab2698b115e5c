"""What outlives the process: requests, uploads, clips and counts, as files in one folder.

    port.json              where it listened last
    webhook-key            the private half of the key that signs webhooks: 32 bytes in hex
    counts.json            how often what was asked: numbers, faults and ids follow from it
    unannounced.json       submissions that came before their intent was in the watched ledger
    requests/<id>.json     one a request, rewritten at each step of its life
    uploads/<token>        the bytes; <token>.json beside them says what they are
    stills/                stills that came inside a body, by their content
    clips/<digest>.mp4     what was drawn, by what it was drawn from

Every file is written aside and renamed, so a sandbox that is killed leaves whole files only. It belongs to
one thread: that of the event loop.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from storyboard.errors import WorldError
from storyboard.sandbox.record import QueuedRequest, Upload, request_from, row_of


class State:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.uploads_folder = folder / "uploads"
        self.requests_folder = folder / "requests"
        self.clips_folder = folder / "clips"
        self.stills_folder = folder / "stills"
        self.requests: dict[str, QueuedRequest] = {}
        self.uploads: dict[str, Upload] = {}  # by path
        self.port = 0
        self.unannounced: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}
        self._open: set[str] = set()  # requests that wait or run
        self.changed = asyncio.Event()  # set, and replaced by a new one, when any request changes
        self._load()

    def remember_port(self, port: int) -> None:
        self.port = port
        write_json(self.folder / "port.json", port)

    def next_number(self, name: str) -> int:
        """Counts one more of what is called `name`, durably; the first is 1."""
        self._counts[name] = self._counts.get(name, 0) + 1
        write_json(self.folder / "counts.json", self._counts)
        return self._counts[name]

    def count(self, name: str) -> int:
        return self._counts.get(name, 0)

    def note_unannounced(self, row: dict[str, Any]) -> None:
        self.unannounced.append(row)
        write_json(self.folder / "unannounced.json", self.unannounced)

    def save(self, request: QueuedRequest) -> QueuedRequest:
        write_json(self.requests_folder / f"{request.id}.json", row_of(request))
        self._counted(request)
        self.changed.set()
        self.changed = asyncio.Event()
        return request

    def _counted(self, request: QueuedRequest) -> None:
        self.requests[request.id] = request
        self._open.discard(request.id)
        if request.state != "COMPLETED":
            self._open.add(request.id)
        if len(self._open) > self.count("most at once"):
            self._counts["most at once"] = len(self._open)
            write_json(self.folder / "counts.json", self._counts)

    def change(self, request_id: str, **values: Any) -> QueuedRequest:
        """The request with these values, saved."""
        return self.save(replace(self.requests[request_id], **values))

    def save_upload(self, upload: Upload) -> Upload:
        write_json(self.uploads_folder / f"{upload.token}.json", row_of(upload))
        self.uploads[upload.path] = upload
        return upload

    def in_order(self) -> list[QueuedRequest]:
        return sorted(self.requests.values(), key=lambda request: request.number)

    def queue_position(self, request: QueuedRequest) -> int:
        """How many wait before it: 0 is the next."""
        ahead = (r for r in self.requests.values() if r.state == "IN_QUEUE" and r.number < request.number)
        return sum(1 for _ in ahead)

    def _load(self) -> None:
        try:
            for folder in (self.uploads_folder, self.requests_folder, self.clips_folder, self.stills_folder):
                folder.mkdir(parents=True, exist_ok=True)
            self._read_all()
        except (OSError, ValueError, TypeError, KeyError) as failure:
            raise WorldError(
                f"the sandbox's state in {self.folder} can't be used: {failure}. "
                "Name another folder with --state, or remove this one: nothing in it was bought."
            ) from failure

    def _remembered(self, name: str, otherwise: Any) -> Any:
        path = self.folder / name
        return read_json(path) if path.exists() else otherwise

    def _read_all(self) -> None:
        self._counts = self._remembered("counts.json", {})
        self.port = int(self._remembered("port.json", 0))
        self.unannounced = self._remembered("unannounced.json", [])
        for path in sorted(self.requests_folder.glob("*.json")):
            self._counted(request_from(read_json(path)))
        for path in sorted(self.uploads_folder.glob("*.json")):
            upload = Upload(**read_json(path))
            self.uploads[upload.path] = upload


def write_json(path: Path, value: Any) -> None:
    """Written aside and renamed: a reader sees the old file or the new one."""
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps(value), encoding="utf-8")
    aside.replace(path)


def read_json(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))
