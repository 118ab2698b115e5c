"""Answers that go wrong on the wire: a connection that closes, half a body, an ingress's page."""

from __future__ import annotations

from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

HANG_UP = "storyboard.hang_up"  # serve.py puts a function of that name among the scope's extensions
NGINX_PAGE = """<html>\r
<head><title>503 Service Temporarily Unavailable</title></head>\r
<body>\r
<center><h1>503 Service Temporarily Unavailable</h1></center>\r
<hr><center>nginx</center>\r
</body>\r
</html>\r
"""


class Dropped(Response):
    """No answer: the connection closes."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del send
        await hang_up(scope, receive)


class Cut(Response):
    """An answer whose headers are right and whose body ends half-way."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        half = bytes(self.body)[: len(self.body) // 2]
        await send({"type": "http.response.body", "body": half, "more_body": True})
        await hang_up(scope, receive)


async def hang_up(scope: Scope, receive: Receive) -> None:
    """Closes the connection once what was sent has left, and returns when it is closed."""
    scope["extensions"][HANG_UP]()
    message: Message = {"type": ""}
    while message["type"] != "http.disconnect":
        message = await receive()


def nginx_page() -> Response:
    return HTMLResponse(NGINX_PAGE, 503, {"server": "nginx"})


def too_many(detail: str = "Too many requests") -> Response:
    body = {"detail": detail, "error_type": "concurrent_requests_limit"}
    return JSONResponse(
        body, 429, {"X-Fal-needs-retry": "1", "X-Fal-Error-Type": "concurrent_requests_limit"}
    )


def internal_error() -> Response:
    body = {"detail": "Internal Server Error", "error_type": "internal_error"}
    return JSONResponse(body, 500, {"X-Fal-Error-Type": "internal_error"})


# The answers of the faults that strike before a submission is accepted.
REFUSALS = {"429": too_many, "500": internal_error, "503-nginx": nginx_page}
