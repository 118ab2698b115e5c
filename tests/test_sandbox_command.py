"""`storyboard sandbox` as a process: what it prints, how it ends, and that a killed one goes on."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from sandboxes import STANDARD, png, until

ENVIRONMENT = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}


def command(*words: object) -> list[str]:
    return [sys.executable, "-m", "storyboard", "sandbox", *map(str, words)]


@contextmanager
def process(*words: object) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `storyboard sandbox` and the base URL that it printed; killed at the end if it still runs."""
    with subprocess.Popen(
        command(*words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    ) as found:
        try:
            assert found.stdout is not None
            yield found, found.stdout.readline().strip()
        finally:
            found.kill()


@pytest.mark.linux  # nor has it a SIGTERM that is more than an end
def test_its_state_is_removed_when_it_is_told_to_end() -> None:
    with process() as (found, base):
        assert found.stderr is not None
        folder = Path(found.stderr.readline().removeprefix("state in ").partition(" (removed at the end")[0])
        assert folder.is_dir()
        assert httpx.get(f"{base}/_sandbox/ledger").status_code == 200
        found.send_signal(signal.SIGTERM)
        _, error = found.communicate(timeout=20)
        assert (found.returncode, error) == (0, "the sandbox has ended\n")
    assert not folder.exists()


@pytest.mark.linux  # Windows has no way to send Ctrl-C to one child
def test_it_prints_its_base_url_serves_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with process("--log", log, "--state", tmp_path / "state") as (found, base):
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", base)
        headers = {"Authorization": "Key id:secret-of-mine"}
        asked = httpx.post(f"{base}/storage/upload/initiate", json={"file_name": "a.png"}, headers=headers)
        httpx.put(asked.json()["upload_url"], content=b"bytes")
        assert httpx.get(f"{base}/_sandbox/ledger").json() == {
            "submits": 0,
            "most_at_once": 0,
            "requests": [],
        }
        found.send_signal(signal.SIGINT)
        out, error = found.communicate(timeout=20)
        assert found.returncode == 0, error
        assert out == "", "one line on stdout, no more"
        assert "Traceback" not in error
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    assert [(line["method"], line["status"]) for line in lines] == [("POST", 200), ("PUT", 200), ("GET", 200)]
    assert all(set(line) == {"time", "method", "path", "status"} for line in lines)
    assert "secret-of-mine" not in log.read_text(encoding="utf-8")
    assert asked.json()["upload_url"].split("=")[1] not in log.read_text(encoding="utf-8")


@pytest.mark.linux
def test_ctrl_c_ends_open_streams_and_held_answers_quietly(tmp_path: Path) -> None:
    with (
        process("--latency", 600, "--fault", "slow=1") as (found, base),
        httpx.Client(trust_env=False) as http,
    ):
        with pytest.raises(httpx.ReadTimeout):
            http.post(f"{base}/{STANDARD}", json={}, timeout=0.2)
        [row] = http.get(f"{base}/_sandbox/ledger").json()["requests"]
        url = f"{base}/fal-ai/kling-video/requests/{row['request_id']}/status/stream"
        with http.stream("GET", url, timeout=20) as stream:
            lines = stream.iter_lines()
            assert "IN_" in next(lines)
            found.send_signal(signal.SIGINT)
            list(lines)
        _, error = found.communicate(timeout=20)
        assert found.returncode == 0
        assert len(error.splitlines()) == 2, error


@pytest.mark.linux
def test_without_a_state_folder_nothing_is_left_behind() -> None:
    with process() as (found, base):
        httpx.post(f"{base}/{STANDARD}", json={})
        found.send_signal(signal.SIGINT)
        _, error = found.communicate(timeout=20)
    folder = re.search(r"state in (\S+) \(removed at the end", error)
    assert folder
    assert not Path(folder[1]).exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--fault", "lightning=1"), "drop-after-accept"),
        (("--fault", "slow"), "the rate is a number"),
        (("--prices", "bargains"), "seeds"),
        (("--port", "70000"), "--port"),
        (("--latency", "-1"), "--latency"),
    ],
)
def test_words_that_make_no_sense_are_usage_errors(words: tuple[str, ...], said: str) -> None:
    done = subprocess.run(command(*words), capture_output=True, text=True, check=False, env=ENVIRONMENT)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_taken_port_and_a_broken_state_say_what_to_do(tmp_path: Path) -> None:
    with process() as (_, base):
        port = base.rsplit(":", 1)[1]
        taken = subprocess.run(
            command("--port", port), capture_output=True, text=True, check=False, env=ENVIRONMENT
        )
    (tmp_path / "counts.json").write_text("{", encoding="utf-8")
    broken = subprocess.run(
        command("--state", tmp_path), capture_output=True, text=True, check=False, env=ENVIRONMENT
    )
    for done, cure in ((taken, "--port"), (broken, "--state")):
        assert (done.returncode, done.stdout) == (4, "")
        assert cure in done.stderr
        assert "Traceback" not in done.stderr


def test_without_a_port_it_listens_where_it_did_before(tmp_path: Path) -> None:
    with process("--state", tmp_path) as (_, first):
        port = int(first.rsplit(":", 1)[1])
    with process("--state", tmp_path) as (_, again):
        assert again == first
    with socket.create_server(("127.0.0.1", port)), process("--state", tmp_path) as (_, other):
        assert other != first, "that port is taken"


def test_a_killed_sandbox_goes_on_where_it_stopped(tmp_path: Path) -> None:
    body = {"prompt": "a bowl", "duration": "3", "generate_audio": False}
    words = ("--state", tmp_path / "state", "--latency")
    with process(*words, 600) as (found, base), httpx.Client(trust_env=False, timeout=30) as http:
        asked = http.post(f"{base}/storage/upload/initiate", json={"file_name": "a.png"}).json()
        http.put(asked["upload_url"], content=png())
        body["start_image_url"] = asked["file_url"]
        submitted = [http.post(f"{base}/{STANDARD}", json=body | {"seed": n}).json() for n in range(3)]
        first = submitted[0]["status_url"]
        until(lambda: http.get(first).json()["status"] == "IN_PROGRESS")
        http.put(submitted[1]["cancel_url"])
        before = http.get(f"{base}/_sandbox/ledger").json()
        found.kill()
        found.wait()
    port = base.rsplit(":", 1)[1]
    with process(*words, 0, "--port", port) as (_, again), httpx.Client(trust_env=False, timeout=30) as http:
        assert again == base
        after = http.get(f"{base}/_sandbox/ledger").json()
        assert after["submits"] == before["submits"] == 3
        ids = [row["request_id"] for row in after["requests"]]
        assert ids == [handle["request_id"] for handle in submitted]
        assert http.get(submitted[1]["response_url"]).status_code == 499
        for handle in (submitted[0], submitted[2]):
            until(lambda url=handle["status_url"]: http.get(url).status_code == 200)
            result = http.get(handle["response_url"])
            assert result.status_code == 200, "the start image is still there"
            assert len(http.get(result.json()["video"]["url"]).content) == result.json()["video"]["file_size"]
        assert http.get(asked["file_url"]).content == png()
        new = http.post(f"{base}/{STANDARD}", json=body).json()["request_id"]
        assert new not in ids
