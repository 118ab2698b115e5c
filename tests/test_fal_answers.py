"""What fal may say, and what we make of it: errors, statuses, results."""

from __future__ import annotations

import gzip
import json
import socket
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from asked_of_fal import asking, sub
from rude_server import Asked, answer

from storyboard.fal import queue
from storyboard.fal.complaints import CLASSES, complaints_of, generation_error, submit_error
from storyboard.fal.errors import (
    ContentRefused,
    GenerationFailed,
    InputRefused,
    NotReached,
    OddAnswer,
    PlatformFailed,
    RequestForgotten,
)
from storyboard.fal.units import units
from storyboard.fal.wire import retry_after

# --- errors ----------------------------------------------------------------------------------------------------------

# Live bodies of 2026-07 to 2026-09.
TOO_LONG = {
    "detail": [
        {
            "type": "value_error",
            "loc": ["body", "multi_prompt", 0, "prompt"],
            "msg": "Value error, Prompt must not exceed 512 characters.",
            "input": "…",
            "ctx": {"error": "Prompt must not exceed 512 characters."},
        }
    ]
}
RELAYED = {
    "detail": "Unexpected status code: 422: body: multiPrompt[1].prompt: size must be between 0 and 512",
}


def test_complaints_name_arguments() -> None:
    assert complaints_of(TOO_LONG)[0].argument == ("multi_prompt", 0, "prompt")
    assert complaints_of(RELAYED)[0].argument == ("multi_prompt", 1, "prompt")
    assert complaints_of({"error": {"type": "x", "message": "no"}})[0].message == "no"


@pytest.mark.parametrize(
    "body", [None, 7, "x", [], {}, {"detail": 7}, {"detail": [7, None, []]}, {"error": []}]
)
def test_bodies_that_are_no_errors_of_fal(body: Any) -> None:
    assert complaints_of(body) == ()
    assert "HTTP 422" in str(submit_error(422, body))


@pytest.mark.parametrize("kind", sorted(CLASSES))
def test_every_kind_has_a_class(kind: str) -> None:
    error = generation_error(422, {"detail": [{"loc": ["body"], "msg": "no", "type": kind}]}, {})
    assert type(error) is CLASSES[kind]
    assert error.exit_code == 4
    assert "no" in str(error)


def test_unlisted_kinds_are_judged_by_their_code() -> None:
    assert type(generation_error(422, {"detail": [{"type": "new"}]}, {})) is InputRefused
    assert type(generation_error(500, {"detail": "x"}, {"x-fal-error-type": "new"})) is PlatformFailed
    assert not generation_error(504, {"error_type": "request_timeout"}, {}).maybe_billed
    assert generation_error(422, {"detail": [{"type": "content_policy_violation"}]}, {}).maybe_billed


NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("3", 3), ("0", 0), ("999999999", 60), ("1" * 400, None), ("-1", None), ("1.5", None), ("", None),
        ("soon", None), ("Fri, 20 Nov 2026 12:00:07 GMT", 7), ("Fri, 20 Nov 2020 12:00:07 GMT", 0),
        ("Fri, 99 Nov 2026 12:00:07 GMT", None), ("٣", None),
    ],
)  # fmt: skip
def test_retry_after_is_capped_and_junk_is_tolerated(text: str, seconds: float | None) -> None:
    assert retry_after({"retry-after": text}, NOW) == seconds


# --- over the wire ---------------------------------------------------------------------------------------------------

ODD_STATUSES = {
    "a page": answer(200, b"<html></html>"),
    "a list": answer(200, b"[]"),
    "an unknown word": answer(200, b'{"status": "THINKING"}'),
    "a status that is a list": answer(200, b'{"status": ["IN_QUEUE"]}'),
    "brackets": answer(200, b"[" * 100_000),
    "compressed": answer(200, gzip.compress(b" " * (32 << 20), 1), "Content-Encoding: gzip"),
    "too large": answer(200, b" " * (9 << 20)),
    "a redirect": answer(302, b"", "Location: https://evil.example/"),
}


@pytest.mark.parametrize("name", ODD_STATUSES)
def test_odd_statuses_are_one_error(name: str) -> None:
    with pytest.raises(OddAnswer):
        asking(lambda _: ODD_STATUSES[name], lambda wire: queue.status(wire, sub(wire)))


def test_gets_are_asked_again_and_then_given_up() -> None:
    answers = [answer(503, b"<html>nginx</html>"), b"", answer(429, b"{}", "Retry-After: 1")]
    good = answer(202, b'{"status": "IN_QUEUE", "queue_position": 4, "logs": [{"message": "hi"}, 7]}')
    left = [*answers, good]
    status, asked = asking(lambda _: left.pop(0), lambda wire: queue.status(wire, sub(wire)))
    assert (status.phase, status.position, status.lines, len(asked)) == ("queued", 4, ("hi",), 4)
    with pytest.raises(NotReached):
        asking(lambda _: answer(503, b"<html>"), lambda wire: queue.status(wire, sub(wire)))


def test_a_lost_request_is_forgotten_not_failed() -> None:
    for work in (queue.status, queue.result):
        with pytest.raises(RequestForgotten):
            asking(lambda _: answer(404, b'{"status":"NOT_FOUND"}'), lambda wire, w=work: w(wire, sub(wire)))


def result_of(status: int, body: Any, *headers: str) -> Any:
    data = json.dumps(body).encode()
    return asking(lambda _: answer(status, data, *headers), lambda wire: queue.result(wire, sub(wire)))[0]


def test_results_are_judged_by_their_code() -> None:
    with pytest.raises(GenerationFailed) as raised:
        result_of(422, TOO_LONG)
    assert raised.value.complaints[0].argument == ("multi_prompt", 0, "prompt")
    with pytest.raises(ContentRefused):
        result_of(422, {"detail": [{"loc": ["body"], "msg": "x", "type": "content_policy_violation"}]})
    with pytest.raises(PlatformFailed):
        result_of(504, {"detail": "Request timed out", "error_type": "request_timeout"})
    assert result_of(400, {"detail": "Request is still in progress"}) is None


@pytest.mark.parametrize("status", [400, 405, 409, 410, 418, 500, 502, 504, 301])
def test_an_error_that_may_pass_does_not_fail_the_take(status: int) -> None:
    with pytest.raises((OddAnswer, NotReached)):
        result_of(status, {"detail": "Internal Server Error"})


@pytest.mark.parametrize(
    "body", [{}, [], {"video": None}, {"video": {"url": None}}, {"video": {"url": "ftp://x"}}]
)
def test_a_result_without_a_clip_is_odd(body: Any) -> None:
    with pytest.raises(OddAnswer):
        result_of(200, body)


def test_a_result_names_clip_size_and_units() -> None:
    def others(asked: Asked) -> bytes:
        url = f"http://{asked.headers['host']}/files/x.mp4"
        body = json.dumps({"video": {"url": url, "file_size": 6898859, "file_name": "../../x"}}).encode()
        return answer(200, body, "x-fal-billable-units: 3.0")

    found, _ = asking(others, lambda wire: queue.result(wire, sub(wire)))
    assert found is not None
    assert (found.file_size, str(found.billable_units)) == (6898859, "3.0")


@pytest.mark.parametrize("junk", ["", "x", "NaN", "Infinity", "-3", "9" * 5000, "1e50000000", "1e999999999"])
def test_junk_units_are_unknown(junk: str) -> None:
    found = units({"x-fal-billable-units": junk})
    assert found is None


@pytest.mark.parametrize("size", [0, -1, 1 << 63, 10**4000, True, "7", 1.5])
def test_a_size_that_is_none_is_unknown(size: Any) -> None:
    def others(asked: Asked) -> bytes:
        url = f"http://{asked.headers['host']}/files/x.mp4"
        return answer(200, json.dumps({"video": {"url": url, "file_size": size}}).encode())

    found, _ = asking(others, lambda wire: queue.result(wire, sub(wire)))
    assert found is not None
    assert found.file_size is None


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        good = answer(202, b'{"status": "IN_PROGRESS", "logs": null}')
        status, _ = asking(lambda _: good, lambda wire: queue.status(wire, sub(wire)))
    assert status.phase == "running"
    assert httpx.__version__.startswith(
        "0.28"
    )  # a newer one: read again which errors come before the first byte
