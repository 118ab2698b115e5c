"""A number and what it counts."""

from __future__ import annotations


def counted(number: int, one: str, several: str | None = None) -> str:
    """`1 take`, `3 takes`; `several` where it is not made with an s."""
    return f"{number:,} {one if number == 1 else several or f'{one}s'}"
