"""Keys and values as they were certainly meant: what is wrong with them is said, and the rest is judged as if they were
right."""

from __future__ import annotations

from collections.abc import Callable

from storyboard.diagnostics import Edit, Fix
from storyboard.read.cures import instead, meant
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence, like

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
    "keep_original_sound": "keep_audio",
    "character_orientation": "follow",
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


OF_A_SCENE = {"video_url": "source_video", "video": "source_video"}  # what is otherwise an element's


def other_word(key: str, known: list[str]) -> str | None:
    """The word that is used here for another tool's; None where it has none at this place."""
    found = (words.get(key) for words in (OTHER_WORDS, OF_A_SCENE))
    return next((word for word in found if word in known), None)


def respelt(key: Scalar, holder: Mapping | None, known: list[str]) -> Fix | None:
    """The key that was certainly meant, when it is not there yet: another tool's word for it, or one misspelt."""
    found = _meant(key.value, known)
    if found is None or (holder is not None and holder.get(found) is not None):
        return None
    return instead(key, found, f"call it `{found}`")


def _meant(key: str, known: list[str]) -> str | None:
    return other_word(key, known) or meant(key, known)


def version_line(root: Mapping) -> Fix | None:
    """The first key of every storyboard, on a line of its own."""
    source, at = root.source, root.source.span(root.start, root.start)
    if source.text[root.start : root.start + 1] == "{" or at.column > 1:
        return None
    return Fix("write `storyboard: 1`", (Edit(at, "storyboard: 1\n"),))


Path = tuple[int | str, ...]
Entry = tuple[Scalar, Node]


def renamed(root: Mapping, path: Path, known: list[str]) -> Mapping | None:
    """The tree with a misspelt key as it was meant; None where that is not certain, or where the value of another
    tool's word would be none of ours."""
    found = _meant(str(path[-1]), known)
    holder = _at(root, path[:-1])
    if found is None or not isinstance(holder, Mapping) or holder.get(found) is not None:
        return None
    if OTHER_WORDS.get(str(path[-1])) == "generate_audio":
        return None
    return _changed(root, path, lambda key, value: (like(key, found), value))


def replaced(root: Mapping, path: Path, text: str) -> Mapping | None:
    """The tree with the value that was meant; None where the place is not an entry's."""
    if not path or not isinstance(path[-1], str) or not isinstance(_at(root, path), Scalar):
        return None
    return _changed(root, path, lambda key, value: (key, like(value, text)))


def with_version(root: Mapping) -> Mapping:
    """A storyboard whose first key is missing, as one of version 1."""
    place = Scalar(root.source, root.start, root.start, "")
    return root.with_entries([(like(place, "storyboard"), like(place, "1")), *root.entries])


def _at(node: Node | None, path: Path) -> Node | None:
    for part in path:
        if isinstance(node, Mapping):
            node = node.get(str(part))
        else:
            node = node.items[part] if isinstance(node, Sequence) and isinstance(part, int) else None
    return node


def _changed(root: Mapping, path: Path, change: Callable[[Scalar, Node], Entry]) -> Mapping:
    """The tree with one entry changed."""
    found = _rebuilt(root, path, change)
    return found if isinstance(found, Mapping) else root


def _rebuilt(node: Node, path: Path, change: Callable[[Scalar, Node], Entry]) -> Node:
    first, *rest = path
    if isinstance(node, Sequence):
        items = tuple(_rebuilt(x, tuple(rest), change) if n == first else x for n, x in enumerate(node.items))
        return Sequence(node.source, node.start, node.stop, items)
    if not isinstance(node, Mapping):
        return node
    return node.with_entries(
        [
            (key, value)
            if key.value != first
            else (change(key, value) if not rest else (key, _rebuilt(value, tuple(rest), change)))
            for key, value in node.entries
        ]
    )
