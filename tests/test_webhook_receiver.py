"""`storyboard webhook` as a process, beside a sandbox that calls and a render that waits; and hand-made calls."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import nacl.signing
import pytest
from a_plan import Bench, bench, plan, request
from msgspec.structs import replace
from rude_server import answer, rude_server
from sandboxes import until

from storyboard.fal.account import Account, account_from
from storyboard.fal.webhooks import BODY_BYTES, Keys
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State
from storyboard.render.hints import Hints
from storyboard.render.receiver import Receiver, receive
from storyboard.render.runner import carry_out
from storyboard.render.stage import Patience
from storyboard.sandbox.serve import RunningSandbox, running
from storyboard.sandbox.settings import SandboxSettings

__all__ = ["bench"]

CANARY = "canary1234:canary5678"
FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
scenes:
  - id: one
    duration: 3
    generate_audio: false
    prompt: a potter at the wheel, static
"""
POLITE = Patience(silence=60, fresh=3, pauses=(90.0, 90.0), opening=90.0, net=90.0)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    return folder


def started(project: Path, base_url: str, *words: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "storyboard", *map(str, words)],
        cwd=project,
        env={**os.environ, "STORYBOARD_FAL_URL": base_url, "FAL_KEY": CANARY},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


class Hearing:
    """A running receiver; what it said when it has ended."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self._process = process
        self.url = process.stdout.readline().strip()
        self.out = self.err = ""

    def call(self, headers: dict[str, str], body: bytes, path: str = "/any/where") -> int:
        hung_up = (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError)
        with contextlib.suppress(*(hung_up if len(body) > BODY_BYTES else ())):
            answer = httpx.post(self.url + path, headers=headers, content=body, trust_env=False, timeout=20)
            return answer.status_code
        return 413  # it answered and hung up while more was coming: the answer may be lost with it

    def end(self, number: int = signal.SIGTERM) -> None:
        self._process.send_signal(number)
        self.out, self.err = self._process.communicate(timeout=20)
        assert self._process.returncode == 0, self.err
        assert "Traceback" not in self.err
        assert "canary" not in self.out + self.err


@contextmanager
def hearing(project: Path, base_url: str) -> Iterator[Hearing]:
    with started(project, base_url, "webhook", ".") as process:
        try:
            yield Hearing(process)
        finally:
            if process.poll() is None:
                process.kill()


def fals_call(state: Path, request_id: str, body: bytes = b"{}", late: int = 0) -> dict[str, str]:
    """Signed by PyNaCl with the sandbox's own key."""
    key = nacl.signing.SigningKey(bytes.fromhex((state / "webhook-key").read_text("ascii")))
    return by(key, request_id, body, late)


def by(key: nacl.signing.SigningKey, request_id: str, body: bytes = b"{}", late: int = 0) -> dict[str, str]:
    stamp = str(int(time.time()) - late)
    message = f"{request_id}\nu\n{stamp}\n{hashlib.sha256(body).hexdigest()}".encode()
    names = ("Request-Id", "User-Id", "Timestamp", "Signature")
    values = (request_id, "u", stamp, key.sign(message).signature.hex())
    return {f"X-Fal-Webhook-{name}": value for name, value in zip(names, values, strict=True)}


def sent_and_left(project: Path, sandbox: RunningSandbox) -> str:
    """A render that is killed as soon as fal has its request; the id of that."""
    with started(project, sandbox.base_url, "render", ".", "--yes") as process:
        place = place_of(project, sandbox.base_url)
        until(lambda: place.ledger.exists() and sandbox.sandbox.state.requests)
        assert process.stderr is not None
        assert any("one, take 1: sent" in line for line in process.stderr)
        process.kill()
        process.communicate(timeout=20)
    return next(iter(sandbox.sandbox.state.requests))


def test_the_whole_way_with_doubles_forgeries_and_late_calls(project: Path, tmp_path: Path) -> None:
    faults = {"webhook-duplicate": 1.0, "webhook-forged": 1.0, "webhook-late": 1.0}
    settings = SandboxSettings(state=tmp_path / "s", latency=1.0, faults=faults)
    with running(settings) as sandbox, hearing(project, sandbox.base_url) as receiver:
        with started(
            project, sandbox.base_url, "render", ".", "--yes", "--webhook-url", receiver.url + "/x?y=1&z=%2F"
        ) as render:
            _, err = render.communicate(timeout=60)
            assert render.returncode == 0, err
        [queued] = until(
            lambda: [r for r in sandbox.sandbox.state.requests.values() if r.delivered], seconds=15
        )
        assert queued.webhook == receiver.url + "/x?y=1&z=%2F"
        assert [(d.kind, d.status) for d in queued.deliveries] == [
            ("forged", 401), ("late", 400), ("", 200), *[("duplicate", 200)] * 5,
        ]  # fmt: skip
        shown = httpx.get(f"{sandbox.base_url}/_sandbox/ledger", trust_env=False).json()
        assert len(shown["requests"][0]["deliveries"]) == 8
        receiver.end()
    assert receiver.out.startswith("8 calls: ")
    assert "1 forged, 1 late" in receiver.out
    assert not list(place_of(project, sandbox.base_url).hints.glob("*")), "cleaned up"


@pytest.mark.long
def test_a_hint_wakes_a_wait_that_would_have_slept(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that asks every 90 s and gets no stream: without the call it would have slept on."""
    monkeypatch.setattr("storyboard.render.news.listen", _deaf)
    (bench.project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    with running(SandboxSettings(state=tmp_path / "s", latency=3.0)) as sandbox:
        place = replace(bench.place, folder=place_of(bench.project, sandbox.base_url).folder)
        there = Bench(bench.project, place)
        place.ready()
        _ = there.ledger
        with hearing(bench.project, sandbox.base_url) as receiver:
            began = time.monotonic()
            asyncio.run(
                carry_out(
                    plan(request(bench.project, start=None)),
                    project=bench.project,
                    ledger=there.ledger,
                    store=there.store,
                    account=account_from({}, sandbox.base_url),
                    patience=POLITE,
                    webhook=receiver.url,
                    hints=Hints(place.hints),
                )
            )
            took = time.monotonic() - began
            receiver.end(signal.SIGINT)
    assert there.takes()["dawn"].state is State.VERIFIED
    assert took < 40  # the shortest of its pauses is 45 s
    assert receiver.out == "1 call: 1 noted\n"
    assert "run `storyboard render .`" in receiver.err  # nobody holds the lock here, so it says what to run
    assert not place.hints.exists() or not list(place.hints.iterdir())


async def _deaf(*_: Any) -> None:
    await asyncio.sleep(600)


@pytest.mark.long
def test_hand_made_calls(project: Path, tmp_path: Path) -> None:
    """Nothing that is refused leaves a trace; what is taken fifty times is noted once, also by the next process."""
    with running(SandboxSettings(state=tmp_path / "s", latency=600)) as sandbox:
        id_ = sent_and_left(project, sandbox)
        httpx.get(f"{sandbox.base_url}/.well-known/jwks.json", trust_env=False)  # makes its key
        hints = place_of(project, sandbox.base_url).hints
        state = tmp_path / "s"
        with hearing(project, sandbox.base_url) as receiver:
            good = fals_call(state, id_)
            stranger = nacl.signing.SigningKey.generate()
            assert receiver.call(by(stranger, id_), b"{}") == 401
            assert receiver.call(good, b"{} ") == 401
            assert receiver.call(fals_call(state, id_, late=301), b"{}") == 400
            assert receiver.call(fals_call(state, id_, late=-400), b"{}") == 400
            assert receiver.call({}, b"{}") == 400
            assert receiver.call(fals_call(state, "unheard-of"), b"{}") == 404
            assert receiver.call(good, b"x" * (BODY_BYTES + 1)) == 413
            assert _in_chunks(receiver.url, good) == 413
            assert httpx.get(receiver.url, trust_env=False).status_code == 405
            assert not hints.exists()
            assert [receiver.call(good, b"{}") for _ in range(50)] == [200] * 50
            assert [path.name for path in hints.iterdir()] == [f"request-{id_}"]
            receiver.end()
            assert receiver.err.count("fal says that request") == 1
            assert "run `storyboard render .`" in receiver.err
            counted = "1 noted, 2 too large, 1 unknown request"
            assert receiver.out == f"58 calls: 49 again, 2 forged, 2 late, 1 malformed, {counted}\n"
        sandbox.sandbox.settings = replace(sandbox.sandbox.settings, webhook_keys_outage=True)
        with hearing(project, sandbox.base_url) as receiver:
            assert receiver.call(good, b"{}") == 503
            sandbox.sandbox.settings = replace(sandbox.sandbox.settings, webhook_keys_outage=False)
            until(lambda: receiver.call(good, b"{}") == 200)
            receiver.end()
        assert "1 again" in receiver.out
        assert "noted" not in receiver.out


def _in_chunks(url: str, headers: dict[str, str]) -> int:
    def parts() -> Iterator[bytes]:
        for _ in range(BODY_BYTES // 65536 + 2):
            yield b"x" * 65536

    with contextlib.suppress(httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError):
        return httpx.post(url, headers=headers, content=parts(), trust_env=False, timeout=20).status_code
    return 413  # it hung up while more was coming


def statuses(log: Path) -> int:
    rows = [json.loads(line) for line in log.read_text("utf-8").splitlines()]
    return sum(row["path"].endswith("/status") for row in rows)


def test_a_call_is_a_hint_and_nothing_it_says_is_done(project: Path, tmp_path: Path) -> None:
    """Signed as it should be, about a request that still runs, with URLs of another host."""
    with (
        rude_server() as evil,
        running(SandboxSettings(state=tmp_path / "s", latency=600, log=tmp_path / "log")) as sandbox,
    ):
        id_ = sent_and_left(project, sandbox)
        httpx.get(f"{sandbox.base_url}/.well-known/jwks.json", trust_env=False)
        body = json.dumps(
            {"request_id": id_, "status": "OK", "payload": {"video": {"url": f"{evil.base_url}/x.mp4"}}}
        ).encode()
        with hearing(project, sandbox.base_url) as receiver:
            assert receiver.call(fals_call(tmp_path / "s", id_, body), body) == 200
            receiver.end()
        before = statuses(tmp_path / "log")
        with started(project, sandbox.base_url, "render", ".", "--yes") as render:
            until(lambda: statuses(tmp_path / "log") > before)  # the hint alone made it ask
            render.send_signal(signal.SIGINT)
            _, err = render.communicate(timeout=20)
        assert render.returncode == 130, err
    assert evil.asked == []


def test_the_key_goes_to_no_webhook(project: Path, tmp_path: Path) -> None:
    with rude_server() as target, running(SandboxSettings(state=tmp_path / "s", latency=0.2)) as sandbox:
        target.submit = lambda connection: connection.sendall(
            answer(302, b"", "Location: http://127.0.0.1:1/x")
        )
        with started(
            project, sandbox.base_url, "render", ".", "--yes", "--webhook-url", target.base_url
        ) as render:
            _, err = render.communicate(timeout=60)
        assert render.returncode == 0, err
        until(lambda: all(r.delivered for r in sandbox.sandbox.state.requests.values()))
    [call] = target.posts  # a redirect is the end of it, as with fal
    assert "canary" not in str(call)
    assert "authorization" not in call.headers


def test_a_slow_body_is_not_waited_for(bench: Bench) -> None:
    heard: list[str] = []

    async def work() -> bytes:
        listening = socket.create_server(("127.0.0.1", 0))
        stop = asyncio.Event()
        async with Wire(Account(None, "http://127.0.0.1:1"), World()) as wire:
            receiver = Receiver(
                bench.place, Keys(wire), World(), lambda kind, *_: heard.append(kind), body_seconds=0.3
            )
            serving = asyncio.create_task(receive(receiver, listening, stop))
            reader, writer = await asyncio.open_connection(*listening.getsockname())
            writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nslow")
            said = await asyncio.wait_for(reader.read(), 10)
            writer.close()
            stop.set()
            await serving
        return said

    assert asyncio.run(work()).startswith(b"HTTP/1.1 408 ")
    assert heard == ["too slow"]


@pytest.mark.parametrize("url", ["http://hooks.example/x", "https://me@hooks.example/", "nonsense"])
def test_an_unfit_url_is_said_before_anything_is_sent(
    project: Path, run: Any, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    with rude_server() as server:
        monkeypatch.setenv("STORYBOARD_FAL_URL", server.base_url)
        ended = run("render", project, "--yes", "--webhook-url", url)
        assert (ended.code, server.asked) == (2, [])
    assert "--webhook-url" in ended.err


def test_a_taken_port_says_what_to_do(project: Path, run: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = run("webhook", project, "--port", taken.getsockname()[1])
    assert ended.code == 4
    assert "--port" in ended.err
