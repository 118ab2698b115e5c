"""Clients that are killed in the middle of a request: the sandbox goes on, and complains of nothing."""

from __future__ import annotations

import logging
import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from rude_server import hang_up
from sandboxes import STANDARD, until, visiting


@pytest.mark.parametrize("path", ["storage/upload/initiate", STANDARD])
@pytest.mark.parametrize("reset", [False, True])
def test_half_a_request_leaves_no_traceback(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str, reset: bool
) -> None:
    log = tmp_path / "log.jsonl"
    with visiting(tmp_path / "state", log=log) as visitor, caplog.at_level(logging.WARNING):
        where = urlsplit(visitor.base)
        connection = socket.create_connection((where.hostname, where.port), timeout=20)
        connection.sendall(f"POST /{path} HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n{{".encode())
        until(lambda: visitor.ledger()["submits"] == (path == STANDARD))
        hang_up(connection, reset=reset)
        until(lambda: f"/{path}" in log.read_text(encoding="utf-8"))
        assert visitor.ledger()["requests"] == []
    assert not caplog.records, caplog.text
