"""A request as a command that anyone can run: what is sent, to where, with which headers."""

from __future__ import annotations

import shlex

from storyboard.compile.request import Request
from storyboard.report.documents import as_json

QUEUE = "https://queue.fal.run/"


def curl(request: Request) -> str:
    """The submit of a request. Local files have to be uploaded first: a remark says so."""
    lines = [f"# scene {request.scene}: {request.seconds} s"]
    if any(not use.remote for use in request.media):
        lines.append("# upload the local files first and put their addresses in place of file:…")
    lines.append(f"curl --request POST --url {shlex.quote(QUEUE + request.endpoint)} \\")
    lines.append('  --header "Authorization: Key $FAL_KEY" \\')
    lines.append("  --header 'Content-Type: application/json' \\")
    lines.append(f"  --data {shlex.quote(as_json(dict(request.arguments)))}")
    return "\n".join(lines)
