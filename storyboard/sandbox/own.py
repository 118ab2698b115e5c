"""What fal does not have: the sandbox's own ledger, to compare what was charged with what was planned."""

from __future__ import annotations

from msgspec.structs import asdict
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from storyboard.sandbox.sandbox import Sandbox


async def ledger(request: Request) -> Response:
    """`submits` counts every submission that arrived, refused ones too; `requests` lists those that were
    accepted, in order. `charged` is exact decimal text: "0" while nothing is due, null when the price book
    knows no price. `deliveries` are the calls of a request's webhook, where it has one. `most_at_once` is how many
    requests waited or ran here at once, at the most. Where a ledger is watched, `unannounced` lists the submissions
    whose intent it did not hold."""
    sandbox: Sandbox = request.app.state.sandbox
    rows = [
        {
            "request_id": queued.id,
            "endpoint": queued.endpoint,
            "digest_of_body": queued.digest,
            "charged": queued.charged,
        }
        | ({"deliveries": [asdict(one) for one in queued.deliveries]} if queued.webhook else {})
        for queued in sandbox.state.in_order()
    ]
    counts = {"submits": sandbox.state.count("submits"), "most_at_once": sandbox.state.count("most at once")}
    told = {**counts, "requests": rows}
    if sandbox.settings.watched_ledger is not None:
        told["unannounced"] = sandbox.state.unannounced
    return JSONResponse(told)
