"""A clip store that several machines share: a bucket, or a folder that all of them have, named by STORYBOARD_STORE, or
by the project's settings once the person has accepted that: a stranger's repository would have clips sent to a server
of its choice.

    s3://bucket/prefix    gs://bucket/prefix    az://container/prefix    file:///folder
        clips/aa/<sha256>.mp4             what fal made
        sandbox/NAME/clips/aa/…           what a look-alike made, which never counts as bought

The built-in sandbox keeps its clips on this machine. Credentials are those of the store's own kind, in the environment.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from msgspec import Struct

from storyboard.errors import UsageError
from storyboard.ledger.named import named

STORE_URL = "STORYBOARD_STORE"
FOLDER_SCHEME = "file"
ENDPOINTS = {  # what puts another server in place of the cloud's own, by scheme; the first that is set counts
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
FORMS = "s3://bucket/prefix, gs://bucket/prefix, az://container/prefix or file:///folder"


class SharedClips(Struct, frozen=True):
    """Where clips are shared. `url` has neither user nor password; `prefix` is what the names of its objects begin
    with; `endpoint` is the server that the environment puts in place of the cloud's own."""

    url: str
    prefix: str
    endpoint: str | None = None

    def __str__(self) -> str:
        return self.url

    @property
    def folder(self) -> Path | None:
        """Of a store that is a folder."""
        parts = urlsplit(self.url)
        if parts.scheme != FOLDER_SCHEME:
            return None
        path = unquote(parts.path)
        return Path(path[1:] if os.name == "nt" else path)

    @property
    def in_the_clear(self) -> bool:
        """Is its server spoken to without TLS? On this machine alone."""
        return (self.endpoint or "").startswith("http://")

    def name_of(self, clip: str) -> str:
        """What the object of a clip is called, from the URL on."""
        return f"{self.prefix}/{clip[:2]}/{clip}.mp4"

    def shown(self, clip: str) -> str:
        """The object of a clip for people."""
        return f"{self.url}/{self.name_of(clip)}"


def shared_clips(
    alike: str | None, project: Path, environment: Mapping[str, str] = os.environ
) -> SharedClips | None:
    """The store that the environment names, or the project's settings; for fal's clips or for those of the look-alike
    whose folder has that name. None: this machine's alone. Raises UsageError, and LedgerError for settings that nobody
    accepted."""
    text = environment.get(STORE_URL, "").strip() or named(project, "store")
    if not text:
        return None
    parts = _parts(text)
    if parts is None:
        raise UsageError(
            f"{STORE_URL} must be {FORMS}, without user, query or fragment. Nothing was sent. Credentials are set as "
            "the store's own programs have them: AWS_ACCESS_KEY_ID and kin, GOOGLE_APPLICATION_CREDENTIALS, "
            "AZURE_STORAGE_ACCOUNT_NAME and kin."
        )
    prefix = "clips" if alike is None else f"sandbox/{alike}/clips"
    return SharedClips(text.rstrip("/"), prefix, _endpoint(parts.scheme, environment))


def _parts(text: str) -> SplitResult | None:
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    plain = text.isprintable() and not any(letter.isspace() for letter in text)
    bare = not (parts.query or parts.fragment or "?" in text or "#" in text)
    steps = unquote(parts.path).split("/")
    if not plain or not bare or "." in steps or ".." in steps or "\\" in parts.path:
        return None
    if parts.scheme == FOLDER_SCHEME:
        return parts if not parts.netloc and parts.path.strip("/") else None
    bucket = parts.netloc
    return parts if parts.scheme in ENDPOINTS and bucket and not {*bucket} & {"@", ":", "%"} else None


def _endpoint(scheme: str, environment: Mapping[str, str]) -> str | None:
    """The server that is named in place of the cloud's own. Raises UsageError for one that would hear clips and
    credentials in the clear."""
    from storyboard.fal.account import may_be_asked

    found = [
        (name, text) for name in ENDPOINTS.get(scheme, ()) if (text := environment.get(name, "").strip())
    ]
    for name, text in found:
        if not may_be_asked(text):
            raise UsageError(
                f"{name} must be an https URL without user, query or fragment (http is taken for this machine only, "
                "as in http://127.0.0.1:9000). Nothing was sent."
            )
    return found[0][1] if found else None
