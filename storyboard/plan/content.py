"""What a request says, in a form that requests of any day can be compared in: files stand as their content."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from storyboard.compile.digest import LOCAL, LastFrame, MediaPath
from storyboard.compile.request import Request

HASH = "sha256:"


class Content(Struct, frozen=True):
    """What a request says. `arguments` are those of the body, a file as "sha256:" and its hash.

    `shots` are the ids where they are known, `elements` the names of those sent, `paths` lead from "sha256:…" to the
    file's path from the project folder where that is known.
    """

    endpoint: str
    arguments: Mapping[str, Any]
    shots: tuple[str, ...] = ()
    elements: tuple[str, ...] = ()
    paths: Mapping[str, str] = field(default_factory=dict)

    def path_of(self, value: Any) -> str | None:
        """The path of a file in the arguments, where it is known."""
        text = str(value)
        return text.removeprefix(LOCAL) if text.startswith(LOCAL) else self.paths.get(text)


def content_of(request: Request) -> Content:
    """A request's content. A file that was not looked at stands as its path."""
    hashes = {use.path: use.fact.sha256 for use in request.media if use.fact is not None}
    named = {path: HASH + known for path, known in hashes.items() if known is not None}
    begins = request.begins
    frames = {_of_frame(begins): begins.source} if begins is not None else {}
    sent = len(request.arguments.get("elements", ()))
    return Content(
        endpoint=request.endpoint,
        arguments=_by_content(request.arguments, named),
        shots=tuple(shot.id for shot in request.shots),
        elements=request.elements[:sent],
        paths={known: path for path, known in named.items()} | frames,
    )


def _of_frame(begins: LastFrame) -> str:
    """What stands in a body that was sent for the last frame of a clip; while there is none, its scene."""
    return str(begins) if begins.clip is None else HASH + begins.name


def content_sent(endpoint: str, body: str, paths: Mapping[str, str]) -> Content | None:
    """What was sent earlier, from the ledger's text of it; None when that can't be read."""
    try:
        arguments = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return Content(endpoint, arguments, paths=paths) if isinstance(arguments, dict) else None


def _by_content(value: Any, named: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _by_content(inner, named) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_by_content(inner, named) for inner in value]
    if isinstance(value, LastFrame):
        return _of_frame(value)
    if isinstance(value, MediaPath):
        return named.get(value.path, str(value))
    return value
