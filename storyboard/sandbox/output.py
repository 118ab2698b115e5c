"""What a request that ended answers with, and where its clip is."""

from __future__ import annotations

from typing import Any

from storyboard.sandbox.record import QueuedRequest


def output_of(queued: QueuedRequest, base: str) -> Any:
    """The model's bare output: a clip, or whatever the answer holds; the error body in its place."""
    if queued.clip is None:
        return queued.answer
    name = "output.mp4"
    url = f"{base}/{clip_path(queued)}"
    return {
        "video": {"url": url, "content_type": "video/mp4", "file_name": name, "file_size": queued.clip_bytes}
    }


def clip_path(queued: QueuedRequest) -> str:
    plain = queued.id.replace("-", "")
    return f"files/b/{plain[-8:]}/{plain}_output.mp4"
