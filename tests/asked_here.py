"""A command of `storyboard` in this process, as one of its own would answer it: starting one takes longer than most
commands do. What is about processes (signals, kills, terminals, pipes) starts real ones."""

from __future__ import annotations

import gc
import io
import os
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from storyboard.cli import app


def asked_here(
    *arguments: object, cwd: Path | None = None, environment: Mapping[str, str] | None = None
) -> tuple[int, str, str]:
    """The exit code and what was said, on stdout and stderr. Nobody is there to answer questions."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        for name, value in (environment or {}).items():
            patch.setenv(name, value)
        patch.setattr("sys.stdin", io.StringIO())
        patch.chdir(cwd or Path.cwd())
        code = app.run([os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
    gc.enable()  # a check goes without, which is right for a process of its own only
    said = [stream.buffer.getvalue().decode("utf-8") for stream in (out, err)]
    assert "Traceback" not in said[1]
    return code, said[0], said[1]
