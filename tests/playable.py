# ruff: noqa: T201 - a command that says what it found
"""`python tests/playable.py CLIP SECONDS`: decodes a whole film; fails when it is not that long."""

from __future__ import annotations

import sys

import av


def seconds_of(path: str) -> float:
    """The length by its decoded frames. Raises av.FFmpegError when a frame does not decode."""
    with av.open(path) as film:
        stream = film.streams.video[0]
        frames = sum(1 for _ in film.decode(stream))
        rate = stream.average_rate
        if rate is None:
            raise SystemExit(f"{path} has no frame rate")
        return frames / float(rate)


if __name__ == "__main__":
    name, wanted = sys.argv[1], float(sys.argv[2])
    found = seconds_of(name)
    print(f"{name}: {found:.2f} s")
    sys.exit(0 if abs(found - wanted) <= 1 else f"expected about {wanted} s")
