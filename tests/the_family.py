"""What the endpoints of the Kling v3 and O3 family have in common."""

from __future__ import annotations

from storyboard.catalog.endpoints import Endpoint

LINES = {"standard": 720, "pro": 1080, "4k": 2160}


def family(row: Endpoint) -> str:
    """ "v3 turbo image" and kin: what shares an input schema."""
    words = row.id.removeprefix("fal-ai/kling-video/").removesuffix("-to-video").split("/")
    return " ".join(word for word in words if word not in LINES)
