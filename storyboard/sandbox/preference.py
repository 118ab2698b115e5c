"""How long a file is to be kept and who may fetch it, as the header of a request asks."""

from __future__ import annotations

import json

from msgspec import Struct
from starlette.requests import Request

PREFERENCE = "x-fal-object-lifecycle-preference"


class Preference(Struct, frozen=True):
    """`seconds` is None for ever."""

    seconds: float | None = None
    acl: str | None = None


def preference_of(request: Request) -> Preference:
    """What the header asks for; one that can't be read asks for nothing."""
    try:
        asked = json.loads(request.headers.get(PREFERENCE, "{}"))
        seconds, acl = asked.get("expiration_duration_seconds"), asked.get("initial_acl") or {}
        return Preference(None if seconds is None else float(seconds), acl.get("default"))
    except (ValueError, TypeError, AttributeError):
        return Preference()
