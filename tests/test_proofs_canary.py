"""The canary would be heard: a leak in any form, in a file, in an output, or in what a child process said."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from canary import KEY, VARIABLE, Canary

from storyboard.fal.account import account_from

OTHER = "another-canary-id:another-canary-secret"  # not the one that the session listens for
FIRST, SECOND = OTHER.split(":")
LEAKS = {
    "the key": OTHER,
    "its first half": f"id={FIRST};",
    "its second half": SECOND,
    "in base64": base64.b64encode(OTHER.encode()).decode(),
    "a header in base64": base64.b64encode(f"Authorization: Key {OTHER}\r\n".encode()).decode(),
    "in hex": OTHER.encode().hex(),
}


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_heard(tmp_path: Path, name: str) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep" / "file.bin").write_bytes(b"\0" * 1000 + LEAKS[name].encode() + b"\xff" * 1000)
    found = Canary(OTHER)
    found.search(tmp_path)
    found.listen(LEAKS[name], "a stream")
    assert len(found.heard) == 2


def test_silence_is_silence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("a potter at the wheel " * 1000, encoding="utf-8")
    found = Canary(OTHER)
    found.search(tmp_path)
    assert found.heard == []


def test_the_program_has_the_key_that_is_listened_for() -> None:
    key = account_from(base_url="http://127.0.0.1:9").key
    assert key is not None
    assert key.reveal() == KEY


LEAKING = f"""
import os, subprocess, sys
from canary import *
def test_to_a_file(tmp_path):
    (tmp_path / "x").write_text(os.environ[{VARIABLE!r}])
def test_from_a_process():
    subprocess.run([sys.executable, "-c", "import os; print(os.environ[{VARIABLE!r}])"], capture_output=True)
def test_to_the_screen():
    print(os.environ[{VARIABLE!r}])
def test_nothing():
    pass
"""


@pytest.mark.parametrize("test", ["to_a_file", "from_a_process", "nothing"])
def test_a_session_with_a_leak_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, test: str) -> None:
    (tmp_path / "test_leaking.py").write_text(LEAKING, encoding="utf-8")
    monkeypatch.setenv("CANARY_OF_TESTS", OTHER)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "canary"]
    ended = subprocess.run(
        [*command, f"--basetemp={tmp_path / 'base'}", f"test_leaking.py::test_{test}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == (0 if test == "nothing" else 1), ended.stdout
    assert ("the key came out" in ended.stdout) is (test != "nothing")
