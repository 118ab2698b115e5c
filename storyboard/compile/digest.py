"""The digest of a request: what makes two requests the same thing to buy.

SHA-256 over a format version, the endpoint and the arguments, local media by the SHA-256 of the file, remote media by
URL. Not in it: take, price, ids, titles, notes, file names, the version of this program.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Self

FORMAT = 1
LOCAL = "file:"
FRAME = "last-frame:"
OF_A_CLIP = "last frame of "  # what people read of one


def canonical(value: Any) -> str:
    """JSON with sorted keys and no white space: the same text on every machine."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)


def digest(endpoint: str, arguments: Mapping[str, Any], hashes: Mapping[str, str | None]) -> str | None:
    """Hex SHA-256. `hashes` leads from a local file's project path to its SHA-256; None while one is not known."""
    missing: list[str] = []
    resolved = _resolved(arguments, hashes, missing)
    if missing:
        return None
    text = canonical({"format": FORMAT, "endpoint": endpoint, "arguments": resolved})
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _resolved(value: Any, hashes: Mapping[str, str | None], missing: list[str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _resolved(entry, hashes, missing) for key, entry in value.items()}
    if isinstance(value, (list, tuple)):
        return [_resolved(entry, hashes, missing) for entry in value]
    if isinstance(value, LastFrame):
        if value.clip is None:
            missing.append(value)
        return str(value)
    if isinstance(value, MediaPath):
        known = hashes.get(value.path)
        if known is None:
            missing.append(value.path)
        return f"sha256:{known}"
    return value


class MediaPath(str):
    """A local file inside arguments: "file:" and its path from the project folder. Text that an author wrote is never
    one, whatever it looks like."""

    __slots__ = ("path",)
    path: str

    def __new__(cls, path: str) -> Self:
        made = super().__new__(cls, LOCAL + path)
        made.path = path
        return made


class LastFrame(str):
    """The last frame of another scene's clip inside arguments: "last-frame:" and the clip's SHA-256, or the scene's
    name while there is no clip. It is the clip that counts: the picture is drawn from it, by whatever decodes it.

    `name` is what the picture is uploaded under, in place of a file's hash; `source` is what people call it.
    """

    __slots__ = ("clip", "scene", "source")
    scene: str
    clip: str | None
    source: str

    def __new__(cls, scene: str, clip: str | None = None, take: str = "") -> Self:
        made = super().__new__(cls, FRAME + (clip or scene))
        made.scene, made.clip = scene, clip
        made.source = f"{OF_A_CLIP}{scene}{f', {take}' if take else ''}"
        return made

    @property
    def name(self) -> str:
        return frame_name(self.clip or "")


def frame_name(clip: str) -> str:
    """64 hexadecimal digits for the last frame of a clip: no hash of a file, so that no file is taken for it."""
    return hashlib.sha256(f"{FRAME}{clip}".encode()).hexdigest()
