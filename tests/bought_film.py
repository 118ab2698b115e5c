"""A ledger and a store in which requests were bought earlier, as if a render had been there."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from storyboard.compile.request import Request
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.location import locate
from storyboard.pipeline import check
from storyboard.render.uploads import EXTENSIONS, Upload, body_by_content


def requests_of(path: Path) -> tuple[Request, ...]:
    """The requests of a storyboard without errors."""
    checked = check(locate(path), {})
    assert checked.compiled is not None
    assert not checked.errors, checked.diagnostics
    return checked.compiled.requests


def body_of(request: Request) -> str:
    """The body as a render would have noted it."""
    uploads = {}
    for use in request.media:
        if use.fact is not None and use.fact.sha256 is not None:
            uploads[use.path] = Upload(use.path, use.fact.sha256, use.fact.size, EXTENSIONS[use.fact.kind])
    return body_by_content(request, uploads)


def take_of(request: Request, state: State = State.VERIFIED, **more: Any) -> TakeRecord:
    """A take of the request; a clip's name is made from its digest."""
    digest = request.digest or ""
    known: dict[str, Any] = {"body": body_of(request), "intent": digest[:32], "maybe_billed": True}
    known["request_id"] = f"id-{digest[:24]}-{request.take}"
    if state is State.VERIFIED:
        known["clip"] = hashlib.sha256(f"{digest}/{request.take}".encode()).hexdigest()
    known |= more
    made = "2026-11-01T08:00:00.000+00:00"
    return TakeRecord(
        digest, request.take, request.scene, request.endpoint, state, request.seconds, made, **known
    )


def bought(project: Path, takes: Iterable[TakeRecord], base_url: str | None = None) -> Place:
    """Puts takes into the project's ledger, and a file for each clip into its store."""
    place = place_of(project, base_url)
    ledger = Ledger.open(place)
    for take in takes:
        ledger.admit(take, "by a test")
        if take.clip is not None:
            file = place.clips / take.clip[:2] / f"{take.clip}.mp4"
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(b"a clip")
    return place
