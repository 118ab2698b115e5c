"""The queue: what submit, status, stream, result and cancel answer at every moment of a request's life."""

from __future__ import annotations

import json
import uuid
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from sandboxes import KEY, STANDARD, visiting

LONG = 600  # seconds: these requests never end by themselves
BAD = {"duration": 5}  # any JSON is accepted; this one will be refused at the end


@pytest.mark.parametrize("body", [{}, BAD, [], None, "text", 3.5, {"nested": [{"ü": None}]}])
def test_submit_takes_any_json_at_once(tmp_path: Path, body: object) -> None:
    with visiting(tmp_path, latency=LONG) as visitor:
        answer = visitor.http.post(f"/{STANDARD}", content=json.dumps(body))
        found = answer.json()
        own = f"{visitor.base}/fal-ai/kling-video/requests/{found['request_id']}"
        assert answer.status_code == 200
        assert answer.headers["x-fal-request-id"] == found["request_id"]
        assert found == {
            "status": "IN_QUEUE",
            "request_id": found["request_id"],
            "gateway_request_id": found["request_id"],
            "response_url": own,
            "status_url": f"{own}/status",
            "cancel_url": f"{own}/cancel",
            "queue_position": 0,
        }


def test_what_is_not_json_is_refused_and_not_recorded(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        for data in (b"", b"{", b'{"cfg_scale": NaN}', b"\xff", b"[" * 100_000):
            assert visitor.http.post(f"/{STANDARD}", content=data).status_code == 400
        assert visitor.ledger() == {"submits": 5, "most_at_once": 0, "requests": []}


def test_half_a_surrogate_pair_comes_back_as_it_was_sent(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        submitted = visitor.http.post(f"/{STANDARD}", content=b'{"prompt": "\\ud83d"}').json()
        visitor.events(submitted)
        assert b"\\ud83d" in visitor.http.get(submitted["response_url"]).content
        found = visitor.http.get(f"/v1/models/requests/by-endpoint?endpoint_id={STANDARD}&expand=payloads")
        assert b"\\ud83d" in found.content


def test_request_ids_are_of_version_7_and_carry_the_time_of_acceptance(tmp_path: Path) -> None:
    with visiting(tmp_path, clock=lambda: 1_776_524_701.5) as visitor:
        ids = [uuid.UUID(visitor.submit({})["request_id"]) for _ in range(3)]
        assert len(set(ids)) == 3
        assert {found.version for found in ids} == {7}
        assert {found.variant for found in ids} == {uuid.RFC_4122}
        assert {found.int >> 80 for found in ids} == {1_776_524_701_500}


def test_status_in_the_queue_in_progress_and_completed(tmp_path: Path) -> None:
    with visiting(tmp_path, latency=LONG) as visitor:
        running = [visitor.submit(BAD) for _ in range(2)]
        for submitted in running:
            visitor.events(submitted, until="IN_PROGRESS")
        waiting = [visitor.submit(BAD) for _ in range(2)]
        assert [w["queue_position"] for w in waiting] == [0, 1]

        answer = visitor.http.get(waiting[1]["status_url"])
        assert answer.status_code == 202
        assert answer.json() == {
            "status": "IN_QUEUE",
            "request_id": waiting[1]["request_id"],
            "queue_position": 1,
            **_urls(waiting[1]),
        }

        answer = visitor.http.get(running[0]["status_url"])
        assert answer.status_code == 202
        assert answer.json() == {
            "status": "IN_PROGRESS",
            "request_id": running[0]["request_id"],
            **_urls(running[0]),
            "logs": None,
            "metrics": {},
        }

        visitor.http.put(running[0]["cancel_url"])
        visitor.events(waiting[0], until="IN_PROGRESS")
        assert visitor.http.get(waiting[1]["status_url"]).json()["queue_position"] == 0


def _urls(submitted: dict[str, str]) -> dict[str, str]:
    return {name: submitted[name] for name in ("response_url", "status_url", "cancel_url")}


@pytest.mark.parametrize("asked", ["1", "true"])
def test_completed_with_logs(tmp_path: Path, asked: str) -> None:
    with visiting(tmp_path) as visitor:
        submitted = visitor.submit(BAD)
        visitor.events(submitted)
        answer = visitor.http.get(submitted["status_url"], params={"logs": asked})
        status = answer.json()
        assert answer.status_code == 200
        assert status["status"] == "COMPLETED"
        assert status["metrics"] == {}
        assert "error" not in status, "a refused body shows in the result only"
        assert [set(line) for line in status["logs"]] == [{"message", "timestamp", "level", "source"}] * 2
        assert status["logs"][0]["timestamp"].endswith("Z")


@pytest.mark.parametrize("asked", ["0", "false", ""])
def test_logs_are_null_unless_asked_for(tmp_path: Path, asked: str) -> None:
    with visiting(tmp_path) as visitor:
        submitted = visitor.submit(BAD)
        visitor.events(submitted)
        assert visitor.http.get(submitted["status_url"], params={"logs": asked}).json()["logs"] is None


def test_the_stream_gives_each_log_line_once_and_ends_with_completed(tmp_path: Path) -> None:
    with visiting(tmp_path, concurrency=1, latency=LONG) as visitor:
        first, second = visitor.submit(BAD), visitor.submit(BAD)
        visitor.events(first, until="IN_PROGRESS")
        visitor.sandbox.settings = replace(visitor.sandbox.settings, latency=0)
        with visitor.http.stream("GET", second["status_url"] + "/stream?logs=1", timeout=30) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            visitor.http.put(first["cancel_url"])
            lines = [line for line in stream.iter_lines() if line]
        assert all(line.startswith("data: ") for line in lines)
        events = visitor.events(second)
        assert [event["status"] for event in events] == ["COMPLETED"]
        assert [line["message"] for line in events[0]["logs"]] == [
            "Runner started",
            "Request validation failed",
        ]
        states = [line.split('"status": "')[1].split('"')[0] for line in lines]
        assert states[0] == "IN_QUEUE"
        assert states[-1] == "COMPLETED"
        assert "".join(lines).count("Runner started") == 1


def test_result_before_and_after_the_end(tmp_path: Path) -> None:
    with visiting(tmp_path, latency=LONG) as visitor:
        submitted = visitor.submit(BAD)
        early = visitor.http.get(submitted["response_url"])
        assert (early.status_code, early.json()) == (400, {"detail": "Request is still in progress"})
    with visiting(tmp_path) as visitor:
        submitted = visitor.submit(BAD)
        visitor.events(submitted)
        plain, suffixed = (visitor.http.get(submitted["response_url"] + end) for end in ("", "/response"))
        assert plain.status_code == suffixed.status_code == 422
        assert plain.json() == suffixed.json()
        assert plain.headers["x-fal-request-id"] == submitted["request_id"]
        assert uuid.UUID(plain.headers["x-fal-served-from"])


@pytest.mark.parametrize(
    ("endpoint", "app"),
    [
        ("fal-ai/kling-video/v3/turbo/pro/text-to-video", "fal-ai/kling-video"),
        ("fal-ai/flux", "fal-ai/flux"),
        ("workflows/someone/my-flow", "workflows/someone/my-flow"),
        ("workflows/someone/my-flow/deeper", "workflows/someone/my-flow"),
        ("comfy/someone/graph/a/b", "comfy/someone/graph"),
    ],
)
def test_the_paths_after_submit_take_owner_and_app_only(tmp_path: Path, endpoint: str, app: str) -> None:
    with visiting(tmp_path, latency=LONG) as visitor:
        submitted = visitor.submit({}, endpoint)
        id_ = submitted["request_id"]
        assert submitted["status_url"] == f"{visitor.base}/{app}/requests/{id_}/status"
        assert visitor.http.get(submitted["status_url"]).status_code == 202
        assert visitor.http.get(f"/other/{app}/requests/{id_}/status").content == b""


def test_a_full_path_answers_as_the_live_queue_does(tmp_path: Path) -> None:
    with visiting(tmp_path, latency=LONG) as visitor:
        id_ = visitor.submit({})["request_id"]
        for rest in ("", "/status", "/response"):
            answer = visitor.http.get(f"/{STANDARD}/requests/{id_}{rest}")
            assert (answer.status_code, answer.content) == (200, b"")
        assert visitor.http.put(f"/{STANDARD}/requests/{id_}/cancel").status_code == 405


@pytest.mark.parametrize(("method", "rest"), [("GET", "/status"), ("GET", ""), ("PUT", "/cancel")])
def test_an_unknown_id_is_not_found(tmp_path: Path, method: str, rest: str) -> None:
    with visiting(tmp_path, latency=LONG) as visitor:
        id_ = visitor.submit({})["request_id"]
        for path in (f"fal-ai/kling-video/requests/{uuid.uuid4()}", f"fal-ai/other-app/requests/{id_}"):
            answer = visitor.http.request(method, f"/{path}{rest}")
            assert (answer.status_code, answer.json()) == (404, {"status": "NOT_FOUND"})


@pytest.mark.parametrize("moment", ["IN_QUEUE", "IN_PROGRESS"])
def test_cancel_before_the_end(tmp_path: Path, moment: str) -> None:
    with visiting(tmp_path, concurrency=1, latency=LONG) as visitor:
        if moment == "IN_QUEUE":
            visitor.events(visitor.submit(BAD), until="IN_PROGRESS")
        submitted = visitor.submit(BAD)
        visitor.events(submitted, until=moment)
        answer = visitor.http.put(submitted["cancel_url"])
        assert (answer.status_code, answer.json()) == (202, {"status": "CANCELLATION_REQUESTED"})

        status = visitor.http.get(submitted["status_url"])
        assert status.status_code == 200
        assert status.json()["status"] == "COMPLETED"
        assert status.json()["error_type"] == "client_cancelled"
        result = visitor.http.get(submitted["response_url"])
        assert (result.status_code, result.headers["x-fal-error-type"]) == (499, "client_cancelled")
        again = visitor.http.put(submitted["cancel_url"])
        assert (again.status_code, again.json()) == (400, {"status": "ALREADY_COMPLETED"})
        assert visitor.ledger()["requests"][-1]["charged"] == "0"


def test_a_cancelled_request_makes_room_for_the_next(tmp_path: Path) -> None:
    with visiting(tmp_path, concurrency=1, latency=LONG) as visitor:
        first, second = visitor.submit(BAD), visitor.submit(BAD)
        visitor.events(first, until="IN_PROGRESS")
        visitor.http.put(first["cancel_url"])
        assert visitor.events(second, until="IN_PROGRESS")[-1]["status"] == "IN_PROGRESS"


def test_the_caller_may_bound_the_queue(tmp_path: Path) -> None:
    with visiting(tmp_path, concurrency=1, latency=LONG) as visitor:
        visitor.events(visitor.submit(BAD), until="IN_PROGRESS")
        visitor.submit(BAD)
        full = visitor.http.post(f"/{STANDARD}?fal_max_queue_length=0", json=BAD)
        assert (full.status_code, full.headers["x-fal-needs-retry"]) == (429, "1")
        assert visitor.http.post(f"/{STANDARD}?fal_max_queue_length=1", json=BAD).status_code == 200
        assert len(visitor.ledger()["requests"]) == 3


def test_a_request_that_could_not_start_in_time_times_out(tmp_path: Path) -> None:
    now = [1_776_524_701.0]
    with visiting(tmp_path, concurrency=1, latency=LONG, clock=lambda: now[0]) as visitor:
        first = visitor.submit(BAD)
        visitor.events(first, until="IN_PROGRESS")
        second = visitor.submit(BAD, headers={"X-Fal-Request-Timeout": "20"})
        now[0] += 21
        visitor.http.put(first["cancel_url"])
        last = visitor.events(second)[-1]
        assert (last["error"], last["error_type"]) == ("Request timed out", "request_timeout")
        result = visitor.http.get(second["response_url"])
        assert result.status_code == 504
        assert result.json() == {"detail": "Request timed out", "error_type": "request_timeout"}
        assert result.headers["x-fal-request-timeout-type"] == "user"


def test_keys(tmp_path: Path) -> None:
    def post(header: str | None) -> httpx.Response:
        headers = {} if header is None else {"Authorization": header}
        return httpx.post(f"{visitor.base}/{STANDARD}", json={}, headers=headers, trust_env=False)

    with visiting(tmp_path) as visitor:
        assert [post(h).status_code for h in (None, "Key a:b", "Bearer token")] == [200, 200, 200]
        for header in ("Key wrong:key", "Basic a:b", "Key"):
            assert (post(header).status_code, post(header).json()) == (
                401,
                {"detail": "invalid key credentials"},
            )
        locked = post("Key exhausted:key")
        assert locked.status_code == 403
        assert locked.json()["detail"].startswith("User is locked. Reason: Exhausted balance.")

        visitor.sandbox.settings = replace(visitor.sandbox.settings, key_required=True)
        assert [post(h).status_code for h in (None, "Key a:b")] == [401, 200]
        visitor.sandbox.settings = replace(visitor.sandbox.settings, keys_refused=True)
        assert post("Key a:b").status_code == 401
        submitted = visitor.sandbox.state.in_order()[0]
        status = visitor.http.get(f"/{submitted.app}/requests/{submitted.id}/status")
        assert status.status_code == 401


def test_the_key_is_written_nowhere(tmp_path: Path) -> None:
    with visiting(tmp_path / "state", log=tmp_path / "log.jsonl") as visitor:
        visitor.upload(b"bytes")
        visitor.result(BAD)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) > 3
    secret = KEY.split(":")[1].encode()
    assert [path for path in files if secret in path.read_bytes()] == []
