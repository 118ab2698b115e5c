"""Who may come in. Any key will do, and none; a few keys and settings play the ways in which fal says no."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storyboard.sandbox.sandbox import Sandbox

WRONG_KEY = "wrong:key"
EXHAUSTED_KEY = "exhausted:key"  # the account behind it has no money left
API_KEY = "api:key"  # of scope API: it may not see bills
SCHEMES = ("Key", "Bearer")

INVALID = "invalid key credentials"
LOCKED = "User is locked. Reason: Exhausted balance. Top up your balance at fal.ai/dashboard/billing."


def key_of(request: Request) -> str | None:
    """The key as it was sent; None without an Authorization header; an empty text when it is malformed."""
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, key = header.partition(" ")
    return key.strip() if scheme in SCHEMES else ""


def bad_key(request: Request, sandbox: Sandbox) -> bool:
    key = key_of(request)
    if key is None:
        return sandbox.settings.key_required
    return sandbox.settings.keys_refused or key in {"", WRONG_KEY}


def refusal(request: Request, sandbox: Sandbox) -> Response | None:
    """What the queue and storage answer to a key that will not do; None when it will."""
    if bad_key(request, sandbox):
        return JSONResponse({"detail": INVALID}, 401)
    return None


def paid_refusal(request: Request, sandbox: Sandbox) -> Response | None:
    """The same where money is needed: a submission, the start of an upload."""
    if not bad_key(request, sandbox) and (key_of(request) == EXHAUSTED_KEY or sandbox.out_of_credit()):
        return JSONResponse({"detail": LOCKED}, 403)
    return refusal(request, sandbox)


def platform_refusal(request: Request, sandbox: Sandbox, *, admin: bool = False) -> Response | None:
    """What the platform API answers to a key that will not do."""
    if bad_key(request, sandbox):
        return platform_error(401, "authorization_error", "API key authentication required")
    if admin and key_of(request) == API_KEY:
        return platform_error(
            403, "authorization_error", "This endpoint requires an API key with ADMIN scope"
        )
    return None


def platform_error(status: int, kind: str, message: str) -> Response:
    return JSONResponse({"error": {"type": kind, "message": message}}, status)
