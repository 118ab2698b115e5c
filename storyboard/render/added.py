"""Takes that this ledger did not send: a file shot elsewhere, or a request that fal made for the same account.

A file's take is verified from the start. What it cost is not known here, and unknown is never zero: it has no estimate
and no charge. A request's take is like one that was sent: it is waited for, fetched and judged, at no new cost.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from storyboard.catalog.endpoints import catalog
from storyboard.compile.request import Request
from storyboard.errors import LedgerError, MediaError, Refused
from storyboard.fal import history, queue
from storyboard.fal.account import Account
from storyboard.fal.errors import FalError, KeyProblem, RequestForgotten
from storyboard.fal.hosts import submission
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.rows import stamp
from storyboard.ledger.store import CHUNK, Store
from storyboard.media.opening import file_opened
from storyboard.media.probe import ClipFacts, probe
from storyboard.render.compared import differing
from storyboard.render.uploads import body_by_content, checked_uploads
from storyboard.render.verify import shortcomings

FAILED = 400  # HTTP codes from here on are no clip


class Wanted(Struct, frozen=True):
    """What a scene's clip should look like: nominal lines, and width to height where that is decided."""

    lines: int
    aspect: float | None


def add_file(ledger: Ledger, store: Store, request: Request, file: Path, wanted: Wanted) -> TakeRecord:
    """A film of somebody's as the next take of a request; the take that it is already, its clip put back where that was
    gone. The caller holds the place's lease. Raises MediaError and LedgerError."""
    temporary = store.incoming(f"added-{secrets.token_hex(8)}")
    try:
        clip = _copied(file, temporary)
        facts = _probed(temporary, file)
        take = _of(ledger, request, State.VERIFIED)
        asked = replace(take, body=json.dumps({"generate_audio": request.arguments.get("generate_audio")}))
        warnings = (*shortcomings(temporary, asked), *_differences(facts, request, wanted))
        store.put(temporary, clip)
    finally:
        temporary.unlink(missing_ok=True)
    for known in ledger.takes():
        if known.digest == request.digest and known.clip == clip:
            return known
    take = replace(take, clip=clip, finished_at=take.created_at, warnings=warnings)
    return ledger.admit(take, f"added from the file {file.name}")


def _copied(file: Path, temporary: Path) -> str:
    """Copies a file, synced; returns its sha256."""
    digest = hashlib.sha256()
    try:
        with file_opened(file) as source, temporary.open("wb") as copy:
            while chunk := source.read(CHUNK):
                digest.update(chunk)
                copy.write(chunk)
            copy.flush()
            os.fsync(copy.fileno())
    except OSError as failure:
        raise LedgerError(
            f"{file} can't be copied to {temporary.parent} ({failure.strerror or failure}). Nothing was added."
        ) from failure
    return digest.hexdigest()


def _probed(temporary: Path, file: Path) -> ClipFacts:
    """The facts of the copy, under the name that the person knows."""
    try:
        return probe(temporary)
    except MediaError as failure:
        raise MediaError(f"{str(failure).replace(temporary.name, str(file))} Nothing was added.") from None


def _differences(facts: ClipFacts, request: Request, wanted: Wanted) -> tuple[str, ...]:
    """What differs from the request beside what a bought clip is judged by."""
    video = facts.video
    width, height = round(video.width * video.aspect), video.height
    if video.rotation % 180:
        width, height = height, width
    found: list[str] = []
    if not 0.9 < min(width, height) / wanted.lines < 1.1:  # noqa: PLR2004 - clips differ by some lines
        found.append(f"the clip is {width}x{height}, about {wanted.lines} lines were asked for")
    if wanted.aspect is not None and not 0.95 < width / height / wanted.aspect < 1.05:  # noqa: PLR2004 - the same
        found.append(f"the clip is {width}x{height}, which is another shape than was asked for")
    row = catalog().find(request.endpoint)
    if facts.audio is not None and row is not None and not row.makes_sound(request.arguments):
        found.append("the clip has sound, though none was asked for")
    return tuple(found)


async def add_request(
    ledger: Ledger,
    account: Account,
    project: Path,
    request: Request,
    request_id: str,
    *,
    force: bool,
    world: World | None = None,
) -> TakeRecord:
    """A request of fal's as the next take of a scene's request, as sent: its clip is still to be fetched.

    The caller holds the place's lease. Raises Refused, unless forced, when it is not known to be the same request.
    """
    known = next((take for take in ledger.takes() if take.request_id == request_id), None)
    if known is not None:
        return _known(known, request)
    body = body_by_content(request, checked_uploads(project, [request]))
    async with Wire(account, world or World()) as wire:
        endpoint, past = await _past(wire, request, request_id)
    if past is not None and past.status is not None and past.status >= FAILED:
        raise Refused(
            f"Request {request_id} yielded no clip: fal says HTTP {past.status}. Nothing was added."
        )
    if not force:
        _refuse_another(ledger, request, request_id, endpoint, past, body)
    found = submission(account, endpoint, request_id)
    take = replace(
        _of(ledger, request, State.SENT),
        endpoint=endpoint,
        request_id=request_id,
        status_url=found.status_url,
        response_url=found.response_url,
        cancel_url=found.cancel_url,
        body=past.body if past is not None else None,
        sent_at=stamp(past.at) if past is not None and past.at is not None else None,
        maybe_billed=True,
    )
    return ledger.admit(take, f"added: request {request_id} of fal's")


def _known(take: TakeRecord, request: Request) -> TakeRecord:
    """A request that the ledger has already: this scene's, or another's."""
    if take.digest == request.digest:
        return take
    raise Refused(
        f"Request {take.request_id} is take {take.take} of another request already (scene {take.scene}, "
        f"{take.digest[:12]}). Nothing was added. `storyboard take pin PATH {request.scene} {take.request_id}` lets "
        "this scene keep its clip."
    )


async def _past(wire: Wire, request: Request, request_id: str) -> tuple[str, history.Past | None]:
    """What fal knows of a request, and its endpoint. Raises Refused when it knows nothing."""
    others = [row.id for row in catalog().endpoints if row.id != request.endpoint]
    for endpoint in (request.endpoint, *others):
        try:
            past = await history.entry(wire, endpoint, request_id)
        except KeyProblem:
            break  # a key need not have the right to look there
        except FalError:
            continue
        if past is not None:
            return endpoint, past
    try:
        await queue.status(wire, submission(wire.account, request.endpoint, request_id))
    except RequestForgotten:
        raise Refused(
            f"fal knows no request {request_id}: its queue keeps them for about an hour, its history for 90 days, and "
            "that can lag by hours. Nothing was added. Compare the id with fal's dashboard, or add the clip as a file."
        ) from None
    return request.endpoint, None


def _refuse_another(
    ledger: Ledger,
    request: Request,
    request_id: str,
    endpoint: str,
    past: history.Past | None,
    body: str,
) -> None:
    """Raises Refused unless the request is known to be the scene's, and no lost submit's."""
    force = "When it is to be a take of this scene all the same, add --force."
    if past is None or past.body is None:
        raise Refused(
            f"fal's history does not show (yet) what request {request_id} asked for, so it can't be compared with "
            f"scene {request.scene}. Nothing was added. {force}"
        )
    if past.body != body or endpoint != request.endpoint:
        raise Refused(
            f"Request {request_id} is not what scene {request.scene} asks for now: {differing(body, past.body)}. "
            f"Nothing was added. {force}"
        )
    for take in ledger.takes():
        if take.digest == request.digest and take.state in {State.UNKNOWN, State.SENDING}:
            raise Refused(
                f"Take {take.take} of scene {take.scene} is a submit whose answer was lost, and this may be it. "
                f"Nothing was added. `storyboard reconcile PATH --adopt {take.scene}={request_id}` settles that. "
                f"{force}"
            )


def _of(ledger: Ledger, request: Request, state: State) -> TakeRecord:
    """The next take of a request, not sent from here."""
    digest = request.digest or ""
    return TakeRecord(
        digest=digest,
        take=next_number(ledger.takes(), digest),
        scene=request.scene,
        endpoint=request.endpoint,
        state=state,
        seconds=request.seconds,
        created_at=stamp(datetime.now(UTC)),
        intent=secrets.token_hex(16),
        origin="added",
    )


def next_number(takes: Sequence[TakeRecord], digest: str) -> int:
    """Above all that are known: a number is never given twice."""
    return max((take.take for take in takes if take.digest == digest), default=0) + 1
