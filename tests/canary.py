"""A key that sings: it is in the environment of every test, and in no byte that the test run writes or prints.

Looked through at the end of the session: every file under pytest's temporary folders, every output of a child process
that a test read, everything that pytest captured. Whole, either half, in base64 (however it is aligned) and in hex.
"""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import pytest

VARIABLE = "STORYBOARD_SANDBOX_KEY"
PIECE = 1 << 24


def _word(of: str) -> str:
    """Made, not written: a copy of this file is no leak."""
    return hashlib.sha256(f"canary, {of}".encode()).hexdigest()[:24]


KEY = os.environ.get("CANARY_OF_TESTS") or f"{_word('id')}:{_word('secret')}"


@dataclass
class Canary:
    key: str
    heard: list[str] = field(default_factory=list)

    def forms(self) -> tuple[bytes, ...]:
        halves = [half.encode() for half in self.key.split(":")]
        coded = [base64.b64encode(b"x" * shift + half)[4:-4] for half in halves for shift in range(3)]
        return (*halves, *coded, *(half.hex().encode() for half in halves))

    def sings(self, data: bytes) -> bool:
        return any(form in data for form in self.forms())

    def listen(self, data: str | bytes | None, where: str) -> None:
        if isinstance(data, str):
            data = data.encode("utf-8", "replace")
        if data and self.sings(data):
            self.heard.append(where)

    def search(self, folder: Path) -> None:
        """Every file below, its name too."""
        for path in folder.rglob("*"):
            self.listen(path.name, f"the name {path}")
            if path.is_file() and not path.is_symlink():
                self._read(path)

    def _read(self, path: Path) -> None:
        tail = b""
        try:
            with path.open("rb") as stream:
                for begin, end in _written(stream):
                    stream.seek(begin)
                    while piece := stream.read(min(PIECE, end - stream.tell())):
                        self.listen(tail + piece, f"the file {path}")
                        tail = piece[-128:]
        except OSError:
            return  # a test took away the right to read it


def _written(stream: BinaryIO) -> Iterator[tuple[int, int]]:
    """The stretches of a file that were written: the holes of a sparse one would take minutes to read."""
    size = os.fstat(stream.fileno()).st_size
    if not hasattr(os, "SEEK_DATA"):
        yield 0, size
        return
    end = 0
    while end < size:
        try:
            begin = os.lseek(stream.fileno(), end, os.SEEK_DATA)
        except OSError:
            return  # nothing more was written
        end = os.lseek(stream.fileno(), begin, os.SEEK_HOLE)
        yield begin, end


WATCH = Canary(KEY)


@pytest.fixture(autouse=True, scope="session")
def canary(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canary]:
    """In every test's environment; the session fails when it was heard."""
    communicate = subprocess.Popen.communicate

    def heard(self: Any, *arguments: Any, **named: Any) -> Any:
        said = communicate(self, *arguments, **named)
        for stream in said:
            WATCH.listen(stream, f"what {self.args!r} printed")
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(VARIABLE, KEY)
        patch.setattr(subprocess.Popen, "communicate", heard)
        yield WATCH
    WATCH.search(tmp_path_factory.getbasetemp())
    assert not WATCH.heard, f"the key came out, in {len(WATCH.heard)} place(s): {WATCH.heard[:20]}"


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    for name, text in report.sections:
        WATCH.listen(text, f"{name} of {report.nodeid}")
    if report.failed and not WATCH.heard:
        WATCH.listen(report.longreprtext, f"the failure of {report.nodeid}")
