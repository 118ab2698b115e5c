"""The ffmpeg program: found, asked for its version, run without a shell, a terminal or our secrets."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from storyboard.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    Span = tuple[Fraction, Fraction]  # seconds, from one to before another

QUIET = ("-nostdin", "-hide_banner", "-v", "error", "-xerror")
KEPT = ("SYSTEMROOT", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "TEMP", "TMP")
PATIENCE = 600.0
TOGETHER = 4  # stretches that are decoded at once: each takes a core, and memory for its frames
CURE = "Install it (apt, brew or winget install ffmpeg), or run `pip install imageio-ffmpeg`."


@cache
def binary() -> Path:
    """The ffmpeg that comes with imageio-ffmpeg, else the one on the PATH."""
    try:
        import imageio_ffmpeg

        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        found = shutil.which("ffmpeg")
    if found is None:
        raise MediaError(f"There is no ffmpeg on this machine. {CURE}")
    return Path(found)


def version() -> str:
    """The first line of what the program says of itself, without the years."""
    return _run([str(binary()), "-version"], 20).split("\n", 1)[0].split(" Copyright")[0]


def clip_arguments(path: Path) -> list[str]:
    """How a clip is named as input: the demuxer pinned, files only, whatever its name holds."""
    return ["-protocol_whitelist", "file", "-f", "mov", "-i", f"file:{path.resolve()}"]


def decode_errors(path: Path, seconds: float = PATIENCE) -> str:
    """What ffmpeg complains of when it decodes the whole clip; empty when nothing is wrong."""
    return _errors([*clip_arguments(path), *_heard_by_nobody("0:v:0", "0:a:0?")], seconds)


def stretch_errors(path: Path, spans: Sequence[Span], *, sound: bool, seconds: float = PATIENCE) -> str:
    """What ffmpeg complains of when it decodes these stretches of a film's pictures, and, with `sound`, all that is
    heard; empty when nothing is wrong. Each is begun at the key frame before it."""
    if sound and (said := _errors([*clip_arguments(path), *_heard_by_nobody("0:a:0")], seconds)):
        return said
    for some in (spans[at : at + TOGETHER] for at in range(0, len(spans), TOGETHER)):
        inputs, outputs = [], []
        for number, (begin, end) in enumerate(some):
            within = ("-ss", f"{float(begin):.6f}", "-t", f"{float(end - begin):.6f}")
            inputs += ["-threads", "1", *within, *clip_arguments(path)]
            outputs += _heard_by_nobody(f"{number}:v:0")
        if said := _errors([*inputs, *outputs], seconds):
            return said
    return ""


def _heard_by_nobody(*streams: str) -> list[str]:
    """An output that is thrown away."""
    return [*(word for stream in streams for word in ("-map", stream)), "-f", "null", "-"]


def _errors(arguments: Sequence[str], seconds: float) -> str:
    try:
        return _run([str(binary()), *QUIET, *arguments], seconds)
    except MediaError as error:
        return str(error)


def _run(command: Sequence[str], seconds: float) -> str:
    """Output and errors together. Raises MediaError with ffmpeg's last line."""
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            env=environment,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise MediaError(f"ffmpeg did not finish within {seconds:.0f} s and was stopped.") from None
    except OSError as error:
        raise MediaError(f"ffmpeg could not be started ({error.strerror}). {CURE}") from None
    text = done.stdout.decode("utf-8", "replace").strip()
    if done.returncode != 0:
        last = text.rsplit("\n", 1)[-1] or f"exit code {done.returncode}"
        raise MediaError(f"ffmpeg failed: {last}")
    return text
