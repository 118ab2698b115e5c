"""Waiting by fal's status stream: fewer questions, the same verdicts, and polling whenever it does not serve."""

from __future__ import annotations

import asyncio
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from a_plan import TEXT, Bench, bench, plan, request
from rude_server import Asked, RudeServer, answer, rude_server
from toll_gate import Gate

from storyboard.fal import wire
from storyboard.fal.account import Account
from storyboard.fal.errors import OddAnswer
from storyboard.fal.hosts import submission
from storyboard.fal.queue import Status
from storyboard.fal.stream import EVENT_BYTES, Events, listen
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.record import State
from storyboard.render import news
from storyboard.render.observer import Progress
from storyboard.render.stage import Patience
from storyboard.sandbox.serve import RunningSandbox, running
from storyboard.sandbox.settings import SandboxSettings
from storyboard.secret import Secret

__all__ = ["bench"]

CANARY = "canary1234:canary5678"
LATENCY = 0.6
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n"
RUNNING = b'data: {"status": "IN_PROGRESS", "logs": [{"message": "a line"}]}\n\n'
DONE = b'data: {"status": "COMPLETED"}\n\n'


@dataclass
class Seen:
    """What a watcher was told."""

    told: list[Progress]

    def saw(self, progress: Progress) -> None:
        self.told.append(progress)

    @property
    def lines(self) -> list[str]:
        return [p.line for p in self.told if p.line and p.activity == "running"]


@pytest.fixture(scope="module")
def sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningSandbox]:
    settings = SandboxSettings(state=tmp_path_factory.mktemp("sandbox"), latency=LATENCY)
    with running(settings) as found:
        yield found


@pytest.fixture
def between(sandbox: RunningSandbox) -> Iterator[RudeServer]:
    """A server that passes everything on to the sandbox; a test sets what it does with streams."""
    gate = Gate(sandbox.base_url)
    with rude_server() as server:

        def on(asked: Asked) -> bytes:
            # Ports have five digits here and there: an answer whose URLs are turned keeps its length.
            return b"".join(gate._forward(asked)).replace(sandbox.base_url.encode(), server.base_url.encode())

        server.others = on
        server.submit = lambda connection: connection.sendall(on(server.asked[-1]))
        yield server


def shoot(bench: Bench, base_url: str, **patience: Any) -> tuple[Seen, State]:
    """One take, of a prompt that this project alone has and whose clip looks like all the others'."""
    seen = Seen([])
    planned = plan(request(bench.project, prompt=f"static wide\n{bench.project}", start=None))
    patient = Patience(
        silence=20, looks=(), fresh=3, **({"pauses": (0.1, 0.3), "opening": 0.3, "net": 20.0} | patience)
    )
    bench.carry_out(planned, base_url, world=World(), patience=patient, observer=seen)
    return seen, bench.takes()["dawn"].state


def statuses(server: RudeServer) -> int:
    return sum(urlsplit(asked.path).path.endswith("/status") for asked in server.asked)


def streams(server: RudeServer) -> int:
    return sum("/status/stream" in asked.path for asked in server.asked)


def test_a_wait_is_one_open_answer_and_the_result(
    bench: Bench, between: RudeServer, sandbox: RunningSandbox
) -> None:
    gate = Gate(sandbox.base_url)

    def live(connection: socket.socket) -> None:
        for part in gate._forward(between.asked[-1]):
            connection.sendall(part)

    between.stream = live
    seen, state = shoot(bench, between.base_url)
    assert state is State.VERIFIED
    assert (streams(between), statuses(between)) == (1, 0)
    assert seen.lines[0] == "Runner started"
    assert seen.lines.count("Clip uploaded") == 1


def says(*parts: bytes, wait: float = 0.0, head: bytes = HEAD) -> Callable[[socket.socket], None]:
    def stream(connection: socket.socket) -> None:
        connection.sendall(head)
        for part in parts:
            connection.sendall(part)
        time.sleep(wait)

    return stream


def floods(connection: socket.socket) -> None:
    connection.sendall(HEAD)
    for _ in range(1 << 20):
        connection.sendall(RUNNING * 64)


ODD = {
    "refused": says(answer(404, b"{}"), head=b""),
    "not to be had": says(answer(405, b"{}"), head=b""),
    "an error": says(answer(503, b"<html>nginx</html>"), head=b""),
    "a status in its place": says(answer(200, b'{"status": "COMPLETED"}'), head=b""),
    "a redirect": says(answer(302, b"", "Location: http://127.0.0.1:1/x"), head=b""),
    "compressed": says(
        answer(
            200, gzip.compress(RUNNING * 9999), "Content-Type: text/event-stream", "Content-Encoding: gzip"
        ),
        head=b"",
    ),
    "hung up": says(head=b""),
    "ends at once": says(),
    "ends early": says(RUNNING),
    "says it is done when it is not": says(RUNNING, DONE),
    "speaks no JSON": says(b"data: <html>\n\n"),
    "speaks in brackets": says(b"data: " + b"[" * 99_999 + b"\n\n"),
    "an unknown word": says(RUNNING, b'data: {"status": "THINKING"}\n\n'),
    "a line without an end": says(b"data: " + b"x" * (3 * EVENT_BYTES)),
    "a flood": floods,
    "silence": says(wait=2),
    "silence after a word": says(RUNNING, wait=2),
}


USUAL = ["refused", "ends early", "says it is done when it is not", "silence", "a flood"]


@pytest.mark.parametrize(
    "name", [*USUAL, *(pytest.param(name, marks=pytest.mark.long) for name in ODD if name not in USUAL)]
)
def test_whatever_the_stream_does_the_take_comes_home(name: str, bench: Bench, between: RudeServer) -> None:
    between.stream = ODD[name]
    began = time.monotonic()
    _, state = shoot(bench, between.base_url, net=0.5)
    assert state is State.VERIFIED
    assert time.monotonic() - began < LATENCY + 8  # the first one's clip is drawn meanwhile
    assert streams(between) == 1
    assert 1 <= statuses(between) < 60
    assert len(between.posts) == 1


def test_a_stream_that_lasted_is_opened_again(
    bench: Bench, between: RudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(news, "LASTING", 0.1)
    between.stream = says(RUNNING, wait=0.15)
    _, state = shoot(bench, between.base_url)
    assert state is State.VERIFIED
    assert streams(between) > 2


@pytest.mark.long
def test_a_silent_stream_is_given_up(
    bench: Bench, between: RudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a question in between, it is the silence that ends it."""
    monkeypatch.setattr(wire, "STREAM_TIMEOUT", httpx.Timeout(connect=5, read=0.3, write=5, pool=5))
    between.stream = says(RUNNING, wait=3)
    began = time.monotonic()
    _, state = shoot(bench, between.base_url, net=60.0)
    assert state is State.VERIFIED
    assert time.monotonic() - began < 2.9


def test_a_stream_that_always_says_running_is_not_believed(bench: Bench, between: RudeServer) -> None:
    def running_on(connection: socket.socket) -> None:
        connection.sendall(HEAD)
        for _ in range(200):
            connection.sendall(RUNNING)
            time.sleep(0.05)

    between.stream = running_on
    began = time.monotonic()
    _, state = shoot(bench, between.base_url, net=0.5)
    assert state is State.VERIFIED
    assert time.monotonic() - began < LATENCY + 4
    assert 1 <= statuses(between) <= 6


def test_a_failure_at_the_end_of_a_stream_is_the_result_s(bench: Bench, tmp_path: Path) -> None:
    with running(SandboxSettings(state=tmp_path / "s", latency=0.2, faults={"422": 1.0})) as found:
        _, state = shoot(bench, found.base_url)
    assert state is State.FAILED
    assert "content checker" in (bench.takes()["dawn"].error or "")


def test_the_stream_is_asked_as_everything_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the key, on the request's own host, below the URL that submit returned; a redirect is not followed."""
    heard: list[Status] = []
    with rude_server() as elsewhere, rude_server() as server:
        for stream in (
            says(RUNNING, DONE),
            says(answer(307, b"", f"Location: {elsewhere.base_url}/x"), head=b""),
        ):
            server.stream = stream
            account = Account(Secret(CANARY), server.base_url)

            async def all_of_it(account: Account = account) -> None:
                async with Wire(account, World()) as open_wire:
                    await listen(open_wire, submission(account, TEXT, "abc"), heard.append)

            if stream is not None and len(server.asked) == 0:
                asyncio.run(all_of_it())
            else:
                with pytest.raises(OddAnswer):
                    asyncio.run(all_of_it())
        assert elsewhere.asked == []
    assert [(s.phase, s.lines) for s in heard] == [("running", ("a line",)), ("done", ())]
    [first, _] = server.asked
    assert first.path == "/fal-ai/kling-video/requests/abc/status/stream?logs=1"
    assert first.headers["authorization"] == f"Key {CANARY}"
    assert first.headers["accept-encoding"] == "identity"


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_events_in_pieces_of_any_size(size: int) -> None:
    text = b': comment\r\nevent: x\r\ndata: {"a":\r\ndata: 1}\r\n\r\n\n\nid: 7\ndata:2\n\ndata: cut'
    events = Events()
    found = [data for at in range(0, len(text), size) for data in events.feed(text[at : at + size])]
    assert found == [b'{"a":\n1}', b"2"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals to send")
def test_ctrl_c_ends_an_open_stream_soon(tmp_path: Path) -> None:
    (tmp_path / "storyboard.yaml").write_text(
        "storyboard: 1\nendpoint: kling-v3-standard-text\nprices: observed-2026-10\n"
        "scenes:\n  - id: one\n    duration: 3\n    prompt: a potter\n",
        encoding="utf-8",
    )
    with (
        running(SandboxSettings(state=tmp_path / "s", latency=60, log=tmp_path / "log")) as found,
        subprocess.Popen(
            [sys.executable, "-m", "storyboard", "render", ".", "--yes", "--verbose"],
            cwd=tmp_path,
            env={**os.environ, "STORYBOARD_FAL_URL": found.base_url},
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        ) as process,
    ):
        assert process.stderr is not None
        told = iter(process.stderr)
        assert any("Runner started" in line for line in told)  # only the stream, or a question, tells it
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        assert any("run the same command again" in line for line in told)
        assert time.monotonic() - began < 2
        assert process.wait(20) == 130
    asked = [json.loads(line)["path"] for line in (tmp_path / "log").read_text("utf-8").splitlines()]
    assert sum(path.endswith("/status") for path in asked) == 0
