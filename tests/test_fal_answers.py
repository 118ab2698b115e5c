"""What fal may say, and what we make of it: keys, hosts, errors, history, downloads."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
import json
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from a_plan import at_once
from rude_server import Asked, answer, rude_server

from storyboard.errors import UsageError, WorldError
from storyboard.fal import download as downloads
from storyboard.fal import history, queue
from storyboard.fal.account import Account, account_from
from storyboard.fal.complaints import CLASSES, complaints_of, generation_error, submit_error
from storyboard.fal.download import download
from storyboard.fal.errors import (
    ContentRefused,
    DownloadFailed,
    GenerationFailed,
    InputRefused,
    MalformedKey,
    MissingKey,
    NotReached,
    OddAnswer,
    PlatformFailed,
    RequestForgotten,
)
from storyboard.fal.hosts import media_url, moved, queue_url, submission
from storyboard.fal.units import units
from storyboard.fal.wire import Wire, retry_after
from storyboard.fal.world import World
from storyboard.secret import Secret

FAL = Account(Secret("id:secret"))
CANARY = "canary1234:canary5678"


# --- the key ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (CANARY + "\n", "line break at the end"),
        (" " + CANARY, "blank at the beginning"),
        (CANARY[:5] + "\n" + CANARY, "within"),
        ("“" + CANARY + "”", "no key has"),
        (CANARY + "\x00", "control character"),
    ],
)
def test_a_malformed_key_is_named_and_not_printed(key: str, words: str) -> None:
    with pytest.raises(MalformedKey, match=words) as raised:
        account_from({"FAL_KEY": key})
    assert "canary" not in str(raised.value)
    assert raised.value.exit_code == 4


def test_the_key_comes_whole_or_in_halves() -> None:
    for environment in ({"FAL_KEY": CANARY}, {"FAL_KEY_ID": "canary1234", "FAL_KEY_SECRET": "canary5678"}):
        account = account_from(environment)
        assert account.needed_key().reveal() == CANARY
        assert "canary" not in f"{account!r} {account}"
    with pytest.raises(MissingKey, match=r"https://fal\.ai/dashboard/keys"):
        account_from({}).needed_key()


@pytest.mark.parametrize(
    "url",
    ["http://fal.example", "ftp://127.0.0.1", "https://user@fal.example", "https://fal.example?x", "//", "x"],
)
def test_a_base_url_is_https_or_loopback(url: str) -> None:
    with pytest.raises(UsageError, match="STORYBOARD_FAL_URL"):
        account_from({"STORYBOARD_FAL_URL": url, "FAL_KEY": CANARY})


@pytest.mark.parametrize(
    ("url", "sent"),
    [("http://127.0.0.1:8000/", CANARY), ("http://[::1]:8", CANARY), ("http://localhost:8", CANARY),
     ("https://a.b", "rehearsal"), ("https://10.0.0.1", "rehearsal")],
)  # fmt: skip
def test_the_real_key_leaves_the_machine_for_fal_only(url: str, sent: str) -> None:
    account = account_from({"STORYBOARD_FAL_URL": url, "FAL_KEY": CANARY})
    assert account.needed_key().reveal() == sent
    assert account.base_url == url.rstrip("/")
    named = account_from({"STORYBOARD_FAL_URL": url, "FAL_KEY": CANARY, "STORYBOARD_SANDBOX_KEY": "other"})
    assert named.needed_key().reveal() == "other"


def test_the_built_in_sandbox_gets_no_key() -> None:
    account = account_from({"FAL_KEY": CANARY}, base_url="http://127.0.0.1:8000")
    assert account.needed_key().reveal() == "rehearsal"


# --- hosts -----------------------------------------------------------------------------------------------------------

ELSEWHERE = [
    "http://queue.fal.run/x",
    "https://queue.fal.run.evil.example/x",
    "https://evil.example/queue.fal.run",
    "https://user@queue.fal.run/x",
    "https://queue.fal.run:8443/x",
    "https://evil.example\\@queue.fal.run/x",
    "https://169.254.169.254/x",
    "https://127.1/x",
    "https://2130706433/x",
    "https://[::ffff:127.0.0.1]/x",
    "file:///etc/passwd",
    "https://queue.fal.run/x\r\nHost: evil.example",
    "https://",
    "//queue.fal.run/x",
    "x" * 5000,
    None,
    7,
    ["https://queue.fal.run/x"],
]


@pytest.mark.parametrize("url", ELSEWHERE)
def test_urls_elsewhere_are_refused(url: Any) -> None:
    with pytest.raises(OddAnswer):
        queue_url(FAL, url)
    with pytest.raises(OddAnswer):
        media_url(FAL, url.replace("queue.fal.run", "v3.fal.media") if isinstance(url, str) else url)


def test_fals_own_urls_are_taken() -> None:
    assert queue_url(FAL, "https://queue.fal.run/fal-ai/x/requests/1")
    for host in ("fal.media", "v3.fal.media", "v3b.fal.media"):
        assert media_url(FAL, f"https://{host}/files/b/x.mp4")
    with pytest.raises(OddAnswer):
        media_url(FAL, "https://notfal.media/x")


def test_a_look_alike_is_asked_where_it_runs_now() -> None:
    there = Account(Secret("x"), "http://127.0.0.1:9000")
    assert moved(there, "http://127.0.0.1:8000/files/a.mp4?x=1") == "http://127.0.0.1:9000/files/a.mp4?x=1"
    assert moved(FAL, "https://queue.fal.run/x") == "https://queue.fal.run/x"


def test_urls_that_were_lost_have_owner_and_app_only() -> None:
    built = submission(FAL, "fal-ai/kling-video/v3/standard/image-to-video", "abc")
    assert built.status_url == "https://queue.fal.run/fal-ai/kling-video/requests/abc/status"


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


def asking(
    others: Callable[[Asked], bytes], work: Callable[[Wire], Awaitable[Any]]
) -> tuple[Any, list[Asked]]:
    with rude_server() as server:
        server.others = others
        account = Account(Secret(CANARY), server.base_url)

        async def all_of_it() -> Any:
            async with Wire(account, World(sleep=at_once)) as wire:
                return await work(wire)

        return asyncio.run(all_of_it()), server.asked


def sub(wire: Wire) -> Any:
    return submission(wire.account, "fal-ai/kling-video/v3", "abc")


ODD_STATUSES = {
    "a page": answer(200, b"<html></html>"),
    "a list": answer(200, b"[]"),
    "an unknown word": answer(200, b'{"status": "THINKING"}'),
    "a status that is a list": answer(200, b'{"status": ["IN_QUEUE"]}'),
    "brackets": answer(200, b"[" * 100_000),
    "compressed": answer(200, gzip.compress(b" " * (32 << 20)), "Content-Encoding: gzip"),
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


# --- downloads -------------------------------------------------------------------------------------------------------

CLIP = bytes(range(256)) * 300


def fetch(path: Path, others: Callable[[Asked], bytes], size: int | None = None) -> tuple[str, list[Asked]]:
    def work(wire: Wire) -> Awaitable[str]:
        url = f"{wire.account.base_url}/files/x.mp4"
        return download(wire, url, path, file_size=size, seconds=3)

    return asking(others, work)


def test_a_clip_comes_whole_and_without_the_key(tmp_path: Path) -> None:
    sha256, asked = fetch(tmp_path / "x.part", lambda _: answer(200, CLIP), len(CLIP))
    assert sha256 == hashlib.sha256(CLIP).hexdigest()
    assert (tmp_path / "x.part").read_bytes() == CLIP
    assert all("authorization" not in a.headers for a in asked)


SHORT = {
    "cut": answer(200, CLIP[:-9], length=len(CLIP)),
    "shorter than fal says": answer(200, CLIP[:-9]),
    "404": answer(404, b"gone"),
    "a redirect": answer(302, b"", "Location: https://evil.example/x"),
    "without a length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CLIP[:-9],
    "nothing": b"",
}


@pytest.mark.parametrize("name", SHORT)
def test_a_short_clip_is_fetched_again_and_never_kept(name: str, tmp_path: Path) -> None:
    left = [SHORT[name], answer(200, CLIP)]
    sha256, asked = fetch(tmp_path / "x.part", lambda _: left.pop(0), len(CLIP))
    assert sha256 == hashlib.sha256(CLIP).hexdigest()
    assert len(asked) == 2
    with pytest.raises(DownloadFailed, match="paid"):
        fetch(tmp_path / "y.part", lambda _: SHORT[name], len(CLIP))


def test_a_compressed_clip_is_refused(tmp_path: Path) -> None:
    bomb = answer(200, gzip.compress(b" " * (256 << 20)), "Content-Encoding: gzip")
    with pytest.raises(WorldError):
        fetch(tmp_path / "x.part", lambda _: bomb)


def test_an_endless_clip_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "SOME", 1 << 20)
    monkeypatch.setattr(downloads, "BYTES_A_SECOND", 1 << 10)
    with pytest.raises(OddAnswer, match="does not end"):
        fetch(tmp_path / "x.part", lambda _: answer(200, b" " * (4 << 20), length=1 << 50))


# --- history ---------------------------------------------------------------------------------------------------------

HASH = "ab" * 32
SENT = {"prompt": "x", "start_image_url": f"https://v3b.fal.media/files/b/0a/Qr_{HASH}.png", "cfg_scale": 0.5}
SEEN = {"cfg_scale": 0.5, "start_image_url": f"https://v3.fal.media/files/c/zz/{HASH}.png?x=1", "prompt": "x"}


def row(id_: str, at: datetime = NOW, body: Any = SEEN) -> dict[str, Any]:
    return {"request_id": id_, "sent_at": at.isoformat(), "status_code": 200, "json_input": body}


def test_bodies_are_compared_by_content() -> None:
    assert history.canonical(SENT) == history.canonical(SEEN)
    assert history.canonical(SENT) != history.canonical(SEEN | {"prompt": "y"})
    other = SEEN | {"start_image_url": SEEN["start_image_url"].replace("ab", "cd")}  # type: ignore[attr-defined]
    assert history.canonical(SENT) != history.canonical(other)


def search(pages: Callable[[Asked], bytes]) -> tuple[tuple[history.Past, ...], list[Asked]]:
    return asking(pages, lambda wire: history.entries(wire, "fal-ai/x", NOW - timedelta(hours=1), NOW))


def page(items: list[Any], cursor: Any = None) -> bytes:
    return answer(200, json.dumps({"items": items, "next_cursor": cursor, "has_more": bool(cursor)}).encode())


def test_all_pages_are_read_and_repeats_count_once() -> None:
    pages = [page([row("a"), row("b")], "c1"), page([row("b"), row("c")], "c2"), page([row("d", body={})])]
    found, asked = search(lambda _: pages.pop(0))
    assert [past.request_id for past in found] == ["a", "b", "c", "d"]
    assert "cursor=c2" in asked[2].path
    assert "expand=payloads" in asked[0].path
    near = history.matches(found, history.canonical(SENT), NOW + timedelta(minutes=10), timedelta(0))
    assert [past.request_id for past in near] == ["a", "b", "c"]
    assert not history.matches(found, history.canonical(SENT), NOW + timedelta(days=1), timedelta(0))


def test_the_ids_own_time_counts_before_the_recorded_one() -> None:
    late = row("01a1f8f0-0b8c-7079-a88d-e0c9c5d92975", NOW + timedelta(days=9))
    (past,), _ = search(lambda _: page([late]))
    assert past.at is not None
    assert past.at == datetime.fromtimestamp(0x01A1F8F00B8C / 1000, UTC)


ODD_PAGES = {
    "an error": answer(500, b"{}"),
    "a page": answer(200, b"<html>"),
    "no items": answer(200, b"{}"),
    "an entry without an id": page([{"json_input": {}}]),
    "an entry that is none": page([7]),
    "a cursor that turns in a circle": page([], "again"),
    "more without a cursor": answer(200, b'{"items": [], "has_more": true}'),
    "a cursor of another kind": page([], {"a": 1}),
}


@pytest.mark.parametrize("name", ODD_PAGES)
def test_a_history_that_can_not_be_read_whole_has_no_verdict(name: str) -> None:
    with pytest.raises((OddAnswer, NotReached)):
        search(lambda _: ODD_PAGES[name])


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
