"""Keys as they were certainly meant."""

from __future__ import annotations

from storyboard.diagnostics import Edit, Fix
from storyboard.read.cures import instead, meant
from storyboard.read.nodes import Mapping, Scalar

# What people write who know fal's own names, or another tool's.
OTHER_WORDS = {
    "multi_prompt": "shots",
    "start_image_url": "start_image",
    "image_url": "start_image",
    "image": "start_image",
    "end_image_url": "end_image",
    "tail_image_url": "end_image",
    "frontal_image_url": "frontal_image",
    "reference_image_urls": "reference_images",
    "reference_image": "reference_images",
    "video_url": "video",
    "voice_id": "voice",
    "audio": "generate_audio",
    "sound": "generate_audio",
    "seconds": "duration",
    "length": "duration",
    "negative": "negative_prompt",
    "model": "endpoint",
    "characters": "elements",
    "cast": "elements",
    "transition": "cut",
    "transitions": "cut",
    "variables": "vars",
}


def respelt(key: Scalar, holder: Mapping | None, known: list[str]) -> Fix | None:
    """The key that was certainly meant, when it is not there yet: another tool's word for it, or one misspelt."""
    other = OTHER_WORDS.get(key.value)
    found = other if other in known else meant(key.value, known)
    if found is None or (holder is not None and holder.get(found) is not None):
        return None
    return instead(key, found, f"call it `{found}`")


def version_line(root: Mapping) -> Fix | None:
    """The first key of every storyboard, on a line of its own."""
    source, at = root.source, root.source.span(root.start, root.start)
    if source.text[root.start : root.start + 1] == "{" or at.column > 1:
        return None
    return Fix("write `storyboard: 1`", (Edit(at, "storyboard: 1\n"),))
