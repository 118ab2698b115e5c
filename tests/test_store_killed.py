"""Shared clips and real processes: killed in the middle of an upload and of a fetch, two at once, and two machines that
have one ledger on a server as well."""

from __future__ import annotations

import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from a_film import SCENES, Film, Prepared, filmed, prepared
from a_postgres import Server, postgres
from a_shared_film import Machine, a_bought_film, as_large_as, cloned, four_clips
from a_shared_store import Answering, Bucket, Counted, bucket, counter, hang_up, once, s3, shared
from machines import machine
from rude_server import Asked

from storyboard.ledger.store import Store

__all__ = ["bucket", "counter", "four_clips", "postgres", "prepared", "s3", "shared"]

pytestmark = pytest.mark.long

LARGE = 12 << 20  # more than the socket between two processes takes


@pytest.fixture
def bought(tmp_path: Path, four_clips: list[bytes], monkeypatch: pytest.MonkeyPatch) -> Machine:
    return a_bought_film(tmp_path, [as_large_as(clip, LARGE) for clip in four_clips], monkeypatch)


def killing(process: list[subprocess.Popen[str]], sent: int = 0) -> Answering:
    """So many bytes of the answer, then the death of who asked."""

    def strike(asked: Asked, data: bytes, connection: socket.socket) -> bool:
        connection.sendall(data[:sent])
        time.sleep(0.3 if sent else 0)  # what came is written down
        process[0].kill()
        process[0].wait()
        hang_up(connection, reset=True)
        return True

    return strike


def killed(machine: Machine, arm: Callable[[Answering], None], sent: int, *command: str) -> None:
    process: list[subprocess.Popen[str]] = []
    arm(killing(process, sent))
    with machine.start(*command) as started:
        process.append(started)
        started.communicate(timeout=60)
    assert process[0].returncode == -9


def test_killed_in_the_middle_of_an_upload(shared: Counted, bought: Machine, bucket: Bucket) -> None:
    def arm(strike: Answering) -> None:
        shared.at_head = once("PUT", strike)

    killed(bought, arm, 0, "store", "push", ".")
    assert len(bucket.objects()) < 4
    for name in bucket.objects():
        assert len(bucket("GET", f"/{name}")) == LARGE, "half an object was seen"
    shared.quiet()
    with bought.start("store", "push", ".") as again:
        assert again.wait(60) == 0
    assert len(bucket.objects()) == 4
    assert max(shared.count("PUT").values()) == 1


def test_a_render_killed_while_it_shares_goes_on(
    shared: Counted, bucket: Bucket, tmp_path: Path, prepared: Prepared
) -> None:
    process: list[subprocess.Popen[str]] = []
    with filmed(tmp_path / "film", prepared) as film:
        shared.at_head = once("PUT", killing(process))
        with film.start("render", ".", "--yes") as started:
            process.append(started)
            started.communicate(timeout=60)
        assert started.returncode == -9
        shared.quiet()
        code, _, err = film.render()
        assert code == 0, err
        assert len(film.bought()) == SCENES
        assert {Path(name).stem for name in bucket.objects()} == {take.clip for take in film.takes().values()}
        assert (film.project / "cut.mp4").read_bytes() == prepared.cut
        assert not list(film.place.incoming.iterdir())


def test_killed_in_the_middle_of_a_fetch(shared: Counted, bought: Machine, tmp_path: Path) -> None:
    assert bought.run("store", "push", ".")[0] == 0
    colleague = cloned(bought, tmp_path / "colleague")

    def arm(strike: Answering) -> None:
        shared.after = once("GET", strike)

    killed(colleague, arm, LARGE // 2, "cut", ".", "--scene", "dawn")
    part = Store(colleague.place).part_of(bought.clips["dawn"])
    came = part.stat().st_size
    assert LARGE // 4 < came < LARGE
    assert colleague.here() == set()
    shared.quiet()
    with colleague.start("cut", ".", "--scene", "dawn") as again:
        _, err = again.communicate(timeout=60)
        assert again.returncode == 0, err
    assert [one.headers["range"] for one in shared.asked if one.method == "GET"] == [f"bytes={came}-"]
    assert Store(colleague.place).read(bought.clips["dawn"])
    assert not list(colleague.place.incoming.iterdir())


def test_two_at_once_fetch_each_clip_once(shared: Counted, bought: Machine, tmp_path: Path) -> None:
    assert bought.run("store", "push", ".")[0] == 0
    colleague = cloned(bought, tmp_path / "colleague")

    def slowly(asked: Asked, data: bytes, connection: socket.socket) -> bool:
        for begin in range(0, len(data), 1 << 20):
            connection.sendall(data[begin : begin + (1 << 20)])
            time.sleep(0.05)
        return True

    shared.after = slowly
    outputs = [("cut", ".", "-o", f"{name}.mp4") for name in "ab"]
    processes = [colleague.start(*words) for words in outputs]
    ends = [process.communicate(timeout=120) for process in processes]
    assert [process.returncode for process in processes] == [0, 0], ends
    assert set(shared.count("GET").values()) == {1}
    assert (colleague.project / "a.mp4").read_bytes() == (colleague.project / "b.mp4").read_bytes()
    assert not list(colleague.place.incoming.iterdir())


def test_two_machines_with_one_ledger_and_one_store(
    postgres: Server,
    shared: Counted,
    bucket: Bucket,
    tmp_path: Path,
    prepared: Prepared,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", postgres.new_database())
    with filmed(tmp_path / "film", prepared) as first:
        (tmp_path / "second").mkdir()
        second = machine(first, tmp_path / "second")
        assert first.render()[0] == 0
        clips = {take.clip for take in first.takes().values()}
        assert {Path(name).stem for name in bucket.objects()} == clips
        assert decisions(second) == dict.fromkeys(first.takes(), "reuse")
        shared.quiet()
        code, _, err = second.render()
        assert code == 0, err
        assert shared.count("GET") == dict.fromkeys(clips, 1)
        assert not shared.count("PUT")
        assert len(first.bought()) == SCENES
        assert (second.project / "cut.mp4").read_bytes() == prepared.cut


def decisions(film: Film) -> dict[str, str]:
    import json

    code, out, err = film.run("plan", ".", "--format", "json")
    assert code == 0, err
    return {step["scene"]: step["decision"] for step in json.loads(out)["steps"]}


def test_an_interrupt_is_answered_at_once_and_by_us_alone(
    shared: Counted, bought: Machine, tmp_path: Path
) -> None:
    """The engine has threads of its own, which must not find Python gone."""
    assert bought.run("store", "push", ".")[0] == 0
    colleague = cloned(bought, tmp_path / "colleague")
    asked, let_go = threading.Semaphore(0), threading.Event()

    def hold(request: Asked, data: bytes, connection: socket.socket) -> bool:
        asked.release()
        let_go.wait(60)
        return True

    shared.after = once("GET", hold, times=3)
    with colleague.start("cut", ".") as process:
        for _ in range(3):
            assert asked.acquire(timeout=60)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=30)
    let_go.set()
    assert process.returncode == 130, err
    assert err.endswith("interrupted: run the same command again and it goes on where it stopped\n")
    assert "panicked" not in err
