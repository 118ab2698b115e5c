"""fal's own clients, in Python and in JavaScript, against the sandbox: proof that it answers as fal does."""

from __future__ import annotations

import asyncio
import gc
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fal_client
import httpx
import pytest
from fal_client import client as internals
from npm import installed, tool
from sandboxes import KEY, STANDARD, Visitor, png, visiting

JAVASCRIPT = Path(__file__).parent / "javascript"
INPUT = {"prompt": "a bowl turns", "duration": "3", "generate_audio": False}
LONG = 600

# The Python client never closes its connections.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


@pytest.fixture
def direct(monkeypatch: pytest.MonkeyPatch) -> None:
    """No proxy between the clients and loopback."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def visitor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, direct: None) -> Iterator[Visitor]:
    """A sandbox that the Python client takes for fal. Its hosts are constants of its module."""
    with visiting(tmp_path) as found:
        for name in ("QUEUE_URL_FORMAT", "RUN_URL_FORMAT"):
            monkeypatch.setattr(internals, name, found.base + "/")
        for name in ("REST_URL", "CDN_URL"):
            monkeypatch.setattr(internals, name, found.base)
        yield found
    gc.collect()  # here, where its open connections are forgiven


@pytest.fixture
def fal() -> fal_client.SyncClient:
    return fal_client.SyncClient(key=KEY)


def slow(visitor: Visitor) -> None:
    """Requests do not end by themselves any more."""
    from msgspec.structs import replace

    visitor.sandbox.settings = replace(visitor.sandbox.settings, latency=LONG)


def test_submit_status_events_result(visitor: Visitor, fal: fal_client.SyncClient) -> None:
    start = fal.upload(png(), "image/png", "bowl.png")
    handle = fal.submit(STANDARD, {"start_image_url": start, **INPUT})
    assert handle.status_url == f"{visitor.base}/fal-ai/kling-video/requests/{handle.request_id}/status"
    events = list(handle.iter_events(with_logs=True, interval=0.05))
    assert isinstance(events[-1], fal_client.Completed)
    assert events[-1].error is None
    assert events[-1].metrics["inference_time"] >= 0
    assert [log["message"] for log in events[-1].logs or []][-1] == "Clip uploaded"
    assert all(isinstance(e, (fal_client.Queued, fal_client.InProgress)) for e in events[:-1])
    video = handle.get()["video"]
    clip = httpx.get(video["url"], trust_env=False).content
    assert len(clip) == video["file_size"]
    assert fal.result(STANDARD, handle.request_id)["video"] == video, (
        "by id, from a URL that it builds itself"
    )


def test_subscribe(visitor: Visitor, fal: fal_client.SyncClient) -> None:
    seen: list[fal_client.Status] = []
    arguments = {"start_image_url": fal.upload(png(), "image/png"), **INPUT}
    result = fal.subscribe(STANDARD, arguments, with_logs=True, on_queue_update=seen.append)
    assert result["video"]["content_type"] == "video/mp4"
    assert isinstance(seen[-1], fal_client.Completed)


def test_queued_in_progress_and_cancel(visitor: Visitor, fal: fal_client.SyncClient) -> None:
    slow(visitor)
    handles = [fal.submit(STANDARD, INPUT) for _ in range(4)]
    visitor.events({"status_url": handles[1].status_url}, until="IN_PROGRESS")
    assert isinstance(fal.status(STANDARD, handles[0].request_id, with_logs=True), fal_client.InProgress)
    assert fal.status(STANDARD, handles[3].request_id) == fal_client.Queued(position=1)
    for handle in handles[::-1]:
        handle.cancel()
    status = handles[0].status()
    assert isinstance(status, fal_client.Completed)
    assert status.error_type == "client_cancelled"
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handles[0].cancel()
    assert caught.value.status_code == 400
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handles[0].get()
    assert (caught.value.status_code, caught.value.error_type) == (499, "client_cancelled")


def test_a_refused_body_raises_at_the_result_with_the_detail(
    visitor: Visitor, fal: fal_client.SyncClient
) -> None:
    handle = fal.submit(STANDARD, {"start_image_url": "https://example.com/a.png", **INPUT, "duration": 3})
    with pytest.raises(fal_client.FalClientHTTPError) as caught:
        handle.get()
    assert caught.value.status_code == 422
    assert caught.value.message[0]["type"] == "literal_error"  # type: ignore[index]
    assert caught.value.response_headers["x-fal-request-id"] == handle.request_id


def test_wrong_keys_and_empty_accounts_raise(visitor: Visitor) -> None:
    for key, code in (("wrong:key", 401), ("exhausted:key", 403)):
        with pytest.raises(fal_client.FalClientHTTPError) as caught:
            fal_client.SyncClient(key=key).submit(STANDARD, INPUT)
        assert caught.value.status_code == code


@pytest.mark.parametrize("repository", ["fal_v3", "fal"])
def test_uploads_by_both_of_its_ways(
    visitor: Visitor, fal: fal_client.SyncClient, tmp_path: Path, repository: Any
) -> None:
    path = tmp_path / "bowl.png"
    path.write_bytes(png())
    for expiry in ("never", "1d"):
        lifecycle = fal_client.StorageSettings(expires_in=expiry)
        url = fal.upload_file(path, repository=repository, fallback_repository=[], lifecycle=lifecycle)
        assert url.startswith(f"{visitor.base}/files/b/")
        assert url.endswith("_bowl.png")
        answer = httpx.get(url, trust_env=False)
        assert (answer.content, answer.headers["content-type"]) == (png(), "image/png")


def test_an_upload_falls_back_to_the_second_way(
    visitor: Visitor, fal: fal_client.SyncClient, monkeypatch
) -> None:
    monkeypatch.setattr(internals, "CDN_URL", visitor.base + "/nowhere")
    url = fal.upload(png(), "image/png", "bowl.png")
    assert httpx.get(url, trust_env=False).content == png()


def test_a_long_file_goes_up_in_parts(visitor: Visitor, fal: fal_client.SyncClient, tmp_path: Path) -> None:
    """As files above 100 MiB do; here the parts are small."""
    data = bytes(range(256)) * 1000
    url = internals.MultipartUpload.save(
        client=fal._get_cdn_client(),
        token_manager=fal._token_manager,
        file_name="long.mp4",
        data=data,
        content_type="video/mp4",
        chunk_size=60_000,
    )
    assert httpx.get(url, trust_env=False).content == data


def test_the_asynchronous_client(visitor: Visitor) -> None:
    async def flow() -> tuple[Any, Any]:
        fal = fal_client.AsyncClient(key=KEY)
        start = await fal.upload(png(), "image/png", "bowl.png")
        handle = await fal.submit(STANDARD, {"start_image_url": start, **INPUT})
        events = [event async for event in handle.iter_events(with_logs=True, interval=0.05)]
        return events[-1], await handle.get()

    last, result = asyncio.run(flow())
    assert isinstance(last, fal_client.Completed)
    assert result["video"]["file_name"] == "output.mp4"


def test_a_namespace_shifts_owner_and_app(visitor: Visitor, fal: fal_client.SyncClient) -> None:
    handle = fal.submit("workflows/someone/my-flow/deeper", {"any": "thing"})
    found = fal.get_handle("workflows/someone/my-flow/deeper", handle.request_id)
    assert found.status_url == handle.status_url
    visitor.events({"status_url": handle.status_url})
    assert isinstance(found.status(), fal_client.Completed)


def test_the_client_buys_twice_when_an_answer_is_lost(visitor: Visitor, fal: fal_client.SyncClient) -> None:
    """Why storyboard has a client of its own: this one sends a submission again, up to ten times."""
    from msgspec.structs import replace

    visitor.sandbox.settings = replace(visitor.sandbox.settings, faults={"drop-after-accept": 0.5}, seed=1)
    fal.submit(STANDARD, {"start_image_url": "https://example.com/a.png"})
    assert len(visitor.ledger()["requests"]) > 1


def test_the_javascript_client(tmp_path: Path, direct: None) -> None:
    node, npm = tool("node"), tool("npm")
    for name in ("package.json", "flow.mjs"):
        shutil.copy(JAVASCRIPT / name, tmp_path)
    installed(npm, tmp_path)
    (tmp_path / "bowl.png").write_bytes(png())
    with visiting(tmp_path / "state", latency=0.3) as visitor:
        run = subprocess.run(
            [node, "flow.mjs", visitor.base, "bowl.png"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert run.returncode == 0, run.stderr
        _judge(json.loads(run.stdout), visitor)


def _judge(seen: dict[str, Any], visitor: Visitor) -> None:
    assert seen["upload"]["same"]
    assert seen["upload"]["url"].endswith("_bowl.png")
    assert seen["polled"][-1] == "COMPLETED"
    assert set(seen["polled"][:-1]) <= {"IN_QUEUE", "IN_PROGRESS"}
    assert seen["logs"][-1] == "Clip uploaded"
    assert seen["subscribed"]["video"]["content_type"] == "video/mp4"
    assert seen["streamed"][-1] == seen["done"] == "COMPLETED"
    assert seen["result"]["requestId"] == seen["submitted"]["request_id"]
    assert seen["result"]["bytes"] == seen["result"]["video"]["file_size"]
    assert (seen["refusal"]["validation"], seen["refusal"]["status"]) == (True, 422)
    assert [field["type"] for field in seen["refusal"]["fields"]] == ["literal_error"]
    assert (seen["cancelled"]["status"], seen["cancelled"]["error_type"]) == ("COMPLETED", "client_cancelled")
    assert seen["again"] == {"api": True, "status": 400, "body": {"status": "ALREADY_COMPLETED"}}
    assert seen["unknown"] == {"api": True, "status": 404, "body": {"status": "NOT_FOUND"}}
    assert len(visitor.ledger()["requests"]) == 6
