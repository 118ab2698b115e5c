"""What leaves this machine is what the plan was made of, and what stands in a request is where it was put."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from a_plan import Bench, at_once, request, still
from both_engines import bench, engine, own_bench, postgres
from scripted_fal import Unread

from storyboard.errors import Refused
from storyboard.fal.account import Account
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.render.uploads import Uploader, body_of, checked_uploads
from storyboard.secret import Secret

__all__ = ["bench", "engine", "own_bench", "postgres"]

FAL = Account(Secret("id:secret"))


def body_sent(bench: Bench, seen: list[httpx.Request], meanwhile: Callable[[], None]) -> dict[str, object]:
    """The body of a request with one still, against fal's own hosts; `meanwhile` happens after the check."""

    def fal(asked: httpx.Request) -> httpx.Response:
        seen.append(asked)
        name = json.loads(asked.content)["file_name"] if asked.method == "POST" else ""
        url = f"https://v3b.fal.media/files/{name}"
        told = json.dumps({"file_url": url, "upload_url": url})
        return httpx.Response(200, stream=Unread(told.encode()))

    async def work() -> bytes:
        made = request(bench.project)
        uploads = checked_uploads(bench.project, [made])
        meanwhile()
        async with Wire(FAL, World(sleep=at_once, transport=lambda: httpx.MockTransport(fal))) as wire:
            return await body_of(made, Uploader(wire, bench.ledger, bench.project, uploads))

    return dict(json.loads(asyncio.run(work())))


def edited(path: Path) -> None:
    still(path.parent, path.name, shade=10)


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_still_that_is_edited_during_the_render_is_not_sent(bench: Bench) -> None:
    path = still(bench.project)
    seen: list[httpx.Request] = []
    with pytest.raises(Refused, match=r"still\.png changed while the render was at work"):
        body_sent(bench, seen, lambda: edited(path))
    assert not seen
    assert bench.ledger.uploads.url(digest(path)) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/x.png",
        "http://v3.fal.media/x.png",
        "https://fal.media.evil.example/x",
        "file:///x",
    ],
)
def test_a_remembered_upload_elsewhere_is_not_shown_to_fal(bench: Bench, url: str) -> None:
    sha256 = digest(still(bench.project))
    bench.ledger.uploads.remember(sha256, url, timedelta(days=1))
    seen: list[httpx.Request] = []
    body = body_sent(bench, seen, lambda: None)
    assert body["start_image_url"] == f"https://v3b.fal.media/files/{sha256}.png"
    assert [asked.method for asked in seen] == ["POST", "PUT"]
    assert bench.ledger.uploads.url(sha256) == body["start_image_url"]


def test_a_remembered_upload_is_used(bench: Bench) -> None:
    url = "https://v3b.fal.media/files/there.png"
    bench.ledger.uploads.remember(digest(still(bench.project)), url, timedelta(days=1))
    seen: list[httpx.Request] = []
    assert body_sent(bench, seen, lambda: None)["start_image_url"] == url
    assert not seen
