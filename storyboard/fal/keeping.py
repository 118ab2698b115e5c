"""How long fal keeps what it has of us, who may fetch it, and how it is deleted. fal's pages, read 2026-11.

Uploads stay fetchable by their address whatever the settings say: the model's maker fetches them, too.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote, urlsplit

from storyboard.fal.errors import AccountLocked, FalError, OddAnswer
from storyboard.fal.hosts import media_url
from storyboard.fal.queue import asked
from storyboard.fal.wire import Wire
from storyboard.read.settings import NEVER, FalSettings

PREFERENCE = "x-fal-object-lifecycle-preference"
SIGNED_FOR = 900  # seconds that one download may take
OK = 200


def submit_headers(settings: FalSettings) -> dict[str, str]:
    """Of a submit: they hold for the clip that it makes."""
    preference = _expiration(settings)
    if settings.initial_acl is not None:
        preference["initial_acl"] = {"default": settings.initial_acl, "rules": []}
    headers = {PREFERENCE: json.dumps(preference)} if preference else {}
    return headers if settings.store_io else headers | {"x-fal-store-io": "0"}


def upload_headers(settings: FalSettings) -> dict[str, str]:
    preference = _expiration(settings)
    return {PREFERENCE: json.dumps(preference)} if preference else {}


def _expiration(settings: FalSettings) -> dict[str, Any]:
    if settings.lifecycle is None:
        return {}
    seconds = None if settings.lifecycle == NEVER else int(settings.lifecycle.total_seconds())
    return {"expiration_duration_seconds": seconds}


async def signed(wire: Wire, url: str) -> str | None:
    """The address of a file that not everybody may fetch, good for a while; None when fal gives none."""
    asking = f"{wire.account.platform}/v1/storage/files/sign?url={quote(url, safe='')}"
    try:
        answer = await asked(wire, "POST", asking, {"expiration_seconds": SIGNED_FOR}, tries=2)
        told = answer.json_or_none()
        found = media_url(wire.account, told.get("signed_url") if isinstance(told, dict) else None)
    except FalError:
        return None
    return found if answer.status == OK and urlsplit(found).path == urlsplit(url).path else None


async def delete(wire: Wire, request_id: str) -> None:
    """Lets fal delete what it keeps of a request: what was asked, what was answered, the clip. Its uploads stay, as
    others may use them. Raises FalError."""
    url = f"{wire.account.platform}/v1/models/requests/{request_id}/payloads"
    try:
        answer = await asked(wire, "DELETE", url, tries=2)
    except AccountLocked as failure:
        raise OddAnswer("this key may not delete anything: that takes a key of scope ADMIN") from failure
    told = answer.json_or_none()
    files = told.get("cdn_delete_results") if isinstance(told, dict) else None
    if answer.status != OK or not isinstance(files, list):
        raise OddAnswer(f"fal's answer to the deletion can't be read (HTTP {answer.status})")
    failed = [row for row in files if isinstance(row, dict) and row.get("exception")]
    if failed:
        raise OddAnswer(f"of the files to delete, {len(files)}, fal could not delete {len(failed)}")
