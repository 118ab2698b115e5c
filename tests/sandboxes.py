"""A sandbox on loopback and a visitor who talks to it as any HTTP client would."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fal_client
import httpx
from PIL import Image

from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

STANDARD = "fal-ai/kling-video/v3/standard/image-to-video"
FOUR_K = "fal-ai/kling-video/v3/4k/image-to-video"
TEXT = "fal-ai/kling-video/v3/standard/text-to-video"
KEY = "id:secret"


def until(found: Callable[[], Any], seconds: float = 30) -> Any:
    """What the function finds, as soon as it finds something; an error when that takes too long."""
    deadline = time.monotonic() + seconds
    while not (value := found()):
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.05)
    return value


def png(width: int = 640, height: int = 360, colour: tuple[int, int, int] = (180, 90, 40)) -> bytes:
    """A still with a light square in its middle."""
    image = Image.new("RGB", (width, height), colour)
    image.paste((240, 230, 210), (width // 3, height // 3, 2 * width // 3, 2 * height // 3))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


@contextmanager
def official_client(key: str = KEY) -> Iterator[fal_client.SyncClient]:
    """fal's own client. It never closes its connections: they are closed here."""
    client = fal_client.SyncClient(key=key)
    try:
        yield client
    finally:
        client._client.close()


@dataclass(frozen=True)
class Visitor:
    base: str
    http: httpx.Client
    sandbox: Sandbox

    def submit(self, body: Any, endpoint: str = STANDARD, **more: Any) -> dict[str, Any]:
        answer = self.http.post(f"/{endpoint}", json=body, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def upload(self, data: bytes, name: str = "still.png", content_type: str = "image/png") -> str:
        asked = {"file_name": name, "content_type": content_type}
        urls = self.http.post("/storage/upload/initiate?storage_type=fal-cdn-v3", json=asked).json()
        headers = {"content-type": content_type}
        put = httpx.put(urls["upload_url"], content=data, headers=headers, trust_env=False)
        assert put.status_code == 200
        return urls["file_url"]

    def events(self, submitted: dict[str, Any], until: str = "COMPLETED") -> list[dict[str, Any]]:
        """The statuses of the stream up to the first with that state: the server tells, nobody guesses."""
        seen = []
        with self.http.stream("GET", submitted["status_url"] + "/stream?logs=1", timeout=60) as stream:
            for line in stream.iter_lines():
                if line.startswith("data: "):
                    seen.append(json.loads(line.removeprefix("data: ")))
                    if seen[-1]["status"] == until:
                        break
        return seen

    def result(self, body: Any, endpoint: str = STANDARD) -> httpx.Response:
        """Submitted, waited for, fetched."""
        submitted = self.submit(body, endpoint)
        self.events(submitted)
        return self.http.get(submitted["response_url"])

    def ledger(self) -> dict[str, Any]:
        return self.http.get("/_sandbox/ledger").json()


@contextmanager
def visiting(folder: Path, **settings: Any) -> Iterator[Visitor]:
    """A visitor of a sandbox with its state in that folder. Requests take no time unless `latency` says."""
    asked = SandboxSettings(**({"state": folder, "latency": 0} | settings))
    with (
        running(asked) as found,
        httpx.Client(
            base_url=found.base_url,
            headers={"Authorization": f"Key {KEY}"},
            trust_env=False,
            timeout=30,
        ) as http,
    ):
        yield Visitor(found.base_url, http, found.sandbox)
