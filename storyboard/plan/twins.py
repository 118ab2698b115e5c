"""Scenes that compile to the same request: the first of them buys it, and the others have its clip."""

from __future__ import annotations

from collections.abc import Iterable

from storyboard.compile.request import Request


def twins_of(requests: Iterable[Request]) -> dict[str, str]:
    """Scene → the earlier scene whose request it shares. To be given what may be bought: a scene that keeps the take it
    is pinned to buys nothing that another could share."""
    first: dict[tuple[str, int], str] = {}
    found: dict[str, str] = {}
    for request in requests:
        if request.identity is not None:
            earlier = first.setdefault((request.identity, request.take), request.scene)
            if earlier != request.scene:
                found[request.scene] = earlier
    return found
