"""What becomes of one paid POST, over real sockets: one POST each, and the ledger tells the truth about
it."""

from __future__ import annotations

import contextlib
import gzip
import json
import resource
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from a_plan import Bench, plan, request
from both_engines import bench, engine, own_bench, postgres
from rude_server import RudeServer, answer, hang_up, rude_server

from storyboard.errors import LedgerError
from storyboard.fal import wire
from storyboard.fal.errors import KeyProblem
from storyboard.ledger import sqlite
from storyboard.ledger.record import State
from storyboard.render import buy

__all__ = ["bench", "engine", "own_bench", "postgres"]

ID = "06a1f8f0-0b8c-7079-a88d-e0c9c5d92975"  # given long after every sending
MOST_MEMORY = 200 << 20  # bytes more than before: less than what the endless answers hold
HEADER = f"x-fal-request-id: {ID}"


def urls(host: str = "") -> bytes:
    root = f"{host}/fal-ai/kling-video/requests/{ID}"
    body = {"request_id": ID, "status_url": f"{root}/status", "response_url": root}
    return json.dumps(body | {"cancel_url": f"{root}/cancel", "status": "IN_QUEUE"}).encode()


def says(data: bytes, *, reset: bool = False) -> Callable[[socket.socket], None]:
    def script(connection: socket.socket) -> None:
        if data:
            connection.sendall(data)
        hang_up(connection, reset=reset)

    return script


def endless(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n")
    for _ in range(20_000):
        connection.sendall(b" " * 65536)


def silent(connection: socket.socket) -> None:
    connection.recv(1)  # until the other side hangs up


SCRIPTS = {
    "read, then reset": (says(b"", reset=True), State.UNKNOWN),
    "read, then closed": (says(b""), State.UNKNOWN),
    "half a header": (says(b"HTTP/1.1 200 OK\r\nContent-Le"), State.UNKNOWN),
    "nonsense": (says(b"\x00\xff\x16\x03nonsense\r\n\r\n"), State.UNKNOWN),
    "no answer in time": (silent, State.UNKNOWN),
    "body cut, id in the header": (says(answer(200, b'{"req', HEADER, length=400)), State.SENT),
    "body reset, id in the header": (says(answer(200, b'{"req', HEADER, length=400), reset=True), State.SENT),
    "body cut, no id": (says(answer(200, b'{"request_id": "0', length=400)), State.UNKNOWN),
    "a sign-in page": (says(answer(200, b"<html>sign in</html>", "Content-Type: text/html")), State.UNKNOWN),
    "a page, id in the header": (says(answer(200, b"<html></html>", HEADER)), State.SENT),
    "no id": (says(answer(200, b'{"status": "IN_QUEUE"}')), State.UNKNOWN),
    "an id that is a path": (says(answer(200, b'{"request_id": "../../x"}')), State.UNKNOWN),
    "NaN": (says(answer(200, b"NaN")), State.UNKNOWN),
    "not UTF-8": (says(answer(200, b'{"request_id": "\xff\xfe"}')), State.UNKNOWN),
    "100,000 brackets": (says(answer(200, b"[" * 100_000)), State.UNKNOWN),
    "an endless body": (endless, State.UNKNOWN),
    "compressed": (
        says(answer(200, gzip.compress(b" " * (64 << 20), 1), "Content-Encoding: gzip", HEADER)),
        State.SENT,
    ),
    "compressed, no id": (
        says(answer(200, gzip.compress(b" " * (64 << 20), 1), "Content-Encoding: gzip")),
        State.UNKNOWN,
    ),
    **{
        f"HTTP {status}": (says(answer(status, b"<html>nginx</html>")), State.UNKNOWN)
        for status in (408, 409, 425, 500, 502, 503, 504, 520)
    },
    "a redirect": (says(answer(307, b"", "Location: http://127.0.0.1:1/elsewhere")), State.UNKNOWN),
    "500 with an id": (says(answer(500, b"{}", HEADER)), State.UNKNOWN),
    **{
        f"HTTP {status}": (says(answer(status, b'{"detail": "no"}')), State.FAILED)
        for status in (400, 404, 405, 413, 415, 422)
    },
    "an id from before the sending": (
        says(answer(200, urls().replace(b"06a1f8f0", b"01a1f8f0"))),
        State.UNKNOWN,
    ),
    "well": (says(answer(200, urls(), HEADER)), State.SENT),
}


@pytest.mark.parametrize("name", SCRIPTS)
def test_one_post_whatever_comes_back(name: str, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    script, expected = SCRIPTS[name]
    before = _from_here()
    monkeypatch.setattr(wire, "PAID_TIMEOUT", httpx.Timeout(connect=5, read=0.5, write=5, pool=5))
    with rude_server() as server:
        server.submit = script
        server.others = _forgetful
        server.ledger = bench.place
        planned = plan(request(bench.project, start=None))
        result = bench.carry_out(planned, server.base_url)
        assert bench.takes()["dawn"].state is expected
        assert len(server.posts) == 1
        assert server.ledgers == [[(planned.steps[0].request.digest, "sending")]]  # before the bytes
        assert not result.complete
        if expected is not State.FAILED:  # refused for certain may be sent again: that is a new plan
            bench.carry_out(planned, server.base_url)
            assert len(server.posts) == 1
            assert bench.takes()["dawn"].state is expected
    take = bench.takes()["dawn"]
    assert take.request_id == (ID if expected is State.SENT else None)
    assert take.maybe_billed is (expected is not State.FAILED)
    assert _memory() - before < MOST_MEMORY


def _forgetful(asked: object) -> bytes:
    if "by-endpoint" in getattr(asked, "path", ""):
        return answer(200, b'{"items": [], "has_more": false}')
    return answer(404, b'{"status": "NOT_FOUND"}')


def _from_here() -> int:
    """The memory in use; from now on the peak is measured anew, where the system can do that."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    return _memory()


def _memory() -> int:
    """The peak so far of this process, in bytes: other tests have been in it."""
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
        return int(next(line for line in lines if line.startswith("VmHWM")).split()[1]) << 10
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def _the_payment_hung_up(server: RudeServer, *, reset: bool) -> None:
    """The first connection that pays: the look into the history comes before it."""
    connections: list[int] = []

    def at_accept(connection: socket.socket) -> bool:
        connections.append(1)
        if len(connections) != len(("look", "submit")):
            return False
        hang_up(connection, reset=reset)
        return True

    server.at_accept = at_accept


def test_closed_at_accept_is_unknown(bench: Bench) -> None:
    with rude_server() as server:
        _the_payment_hung_up(server, reset=False)
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert not server.posts
    assert bench.takes()["dawn"].state is State.UNKNOWN


def test_reset_at_accept_is_sent_again_only_if_nothing_had_left(bench: Bench) -> None:
    with rude_server() as server:
        _the_payment_hung_up(server, reset=True)
        server.submit = says(answer(200, urls(), HEADER))
        server.others = _forgetful
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert (bench.takes()["dawn"].state, len(server.posts)) in {(State.UNKNOWN, 0), (State.SENT, 1)}


def test_reset_in_the_middle_of_the_body_is_unknown(bench: Bench) -> None:
    with rude_server() as server:
        server.read_body = False
        server.submit = says(b"", reset=True)
        bench.carry_out(plan(request(bench.project, prompt="x" * (8 << 20), start=None)), server.base_url)
        assert [post.whole for post in server.posts] == [False]
    assert bench.takes()["dawn"].state is State.UNKNOWN


def _closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return f"http://127.0.0.1:{listening.getsockname()[1]}"


def test_nobody_listens_so_nothing_left(bench: Bench) -> None:
    result = bench.carry_out(plan(request(bench.project, start=None)), _closed_port())
    assert "Nothing was bought" in str(result.problems[0].error)
    assert bench.takes()["dawn"].state is State.INTENDED


def test_no_tls_so_nothing_left(bench: Bench) -> None:
    def no_handshake(connection: socket.socket) -> bool:
        connection.recv(65536)
        hang_up(connection, reset=False)
        return True

    with rude_server() as server:
        server.at_accept = no_handshake
        result = bench.carry_out(
            plan(request(bench.project, start=None)), server.base_url.replace("http:", "https:")
        )
        assert not server.posts
    assert "ConnectError" in str(result.problems[0].error)
    assert bench.takes()["dawn"].state is State.INTENDED


def test_no_such_host_so_nothing_left(bench: Bench) -> None:
    bench.carry_out(plan(request(bench.project, start=None)), "https://storyboard.invalid")
    assert bench.takes()["dawn"].state is State.INTENDED


def test_429_waits_and_is_sent_again(bench: Bench) -> None:
    with rude_server() as server:
        answers = [answer(429, b'{"detail": "slow"}', "Retry-After: 3"), answer(200, urls(), HEADER)]
        server.submit = lambda connection: connection.sendall(answers[len(server.posts) - 1])
        server.others = _forgetful
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert len(server.posts) == 2
    assert bench.takes()["dawn"].state is State.SENT


@pytest.mark.parametrize("status", [401, 402, 403])
def test_the_first_refused_key_stops_everything(bench: Bench, status: int) -> None:
    with rude_server() as server:
        server.submit = says(answer(status, b'{"detail": "User is locked. Reason: Exhausted balance."}'))
        scenes = [request(bench.project, f"s{n}", f"prompt {n}", start=None) for n in range(6)]
        with pytest.raises(KeyProblem, match="Exhausted balance") as raised:
            bench.carry_out(plan(*scenes), server.base_url, concurrency=1)
        assert len(server.posts) == 1
    assert raised.value.exit_code == 4
    assert {take.state for take in bench.takes().values()} == {State.INTENDED}


def test_one_takes_refusal_does_not_cut_off_another_post(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(buy, "GRACE", 0.01)  # an interrupt's; nobody interrupts here
    both, refused, lock = threading.Event(), threading.Event(), threading.Lock()
    with rude_server() as server:

        def submit(connection: socket.socket) -> None:
            with lock:
                first = not both.is_set() and len(server.posts) == 1
            if first:
                both.wait(10)
                connection.sendall(answer(402, b'{"detail": "Exhausted balance."}'))
                hang_up(connection, reset=False)
                refused.set()
            else:
                both.set()
                refused.wait(10)
                time.sleep(0.5)  # longer than the grace, so that the refusal is felt first
                connection.sendall(answer(200, urls(), HEADER))

        server.submit = submit
        scenes = [request(bench.project, f"s{n}", f"prompt {n}", start=None) for n in range(2)]
        with pytest.raises(KeyProblem):
            bench.carry_out(plan(*scenes), server.base_url, concurrency=2)
    assert sorted(take.state.value for take in bench.takes().values()) == ["intended", "sent"]


def test_urls_on_another_host_are_not_asked(bench: Bench) -> None:
    with rude_server() as server, rude_server() as elsewhere:
        server.submit = says(answer(200, urls(elsewhere.base_url), HEADER))
        server.others = _forgetful
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert not elsewhere.asked
        assert f"/fal-ai/kling-video/requests/{ID}/status" in server.asked[2].path
    take = bench.takes()["dawn"]
    assert take.state is State.SENT
    assert take.status_url is not None
    assert take.status_url.startswith(server.base_url)


def test_a_key_never_leaves_for_a_look_alike(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAL_KEY", "canary-key:canary-secret")
    with rude_server() as server:
        server.submit = says(answer(200, urls(), HEADER))
        server.others = _forgetful
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert all("canary" not in str(asked.headers) for asked in server.asked)
        assert server.posts[0].headers["authorization"] == "Key rehearsal"
        assert server.posts[0].headers["accept-encoding"] == "identity"


def test_what_can_not_be_recorded_is_not_sent(own_bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.1)
    planned = plan(request(own_bench.project, start=None))
    with rude_server() as server:
        own_bench.carry_out(planned, _closed_port())  # makes the ledger and the intent
        with contextlib.closing(sqlite3.connect(own_bench.place.ledger, isolation_level=None)) as other:
            ledger = own_bench.ledger
            other.execute("BEGIN EXCLUSIVE")
            with pytest.raises(LedgerError, match="Nothing is sent while that is so"):
                own_bench.carry_out(planned, server.base_url, ledger=ledger)
        assert not server.asked


def test_a_damaged_ledger_sends_nothing(own_bench: Bench) -> None:
    own_bench.place.ledger.write_bytes(b"SQLite format 3\0" + b"\x07" * 4000)
    with rude_server() as server:
        with pytest.raises(LedgerError, match="backup"):
            own_bench.carry_out(plan(request(own_bench.project, start=None)), server.base_url)
        assert not server.asked
