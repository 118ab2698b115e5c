"""Shorthand spelt out: `- wide 4s: text` becomes a shot with id, duration and prompt, each at its own place."""

from __future__ import annotations

import re

from storyboard.findings import Report
from storyboard.read.authored import Shot
from storyboard.read.cures import stretch
from storyboard.read.nodes import Broken, Mapping, Node, Scalar, Sequence, kind, like

NO_SPACE = re.compile(r"[^:]{1,80}\ds:\S")
LONGEST = 200  # characters of `id Ns`
SHORT = re.compile(r"(?:(?P<id>\S.*?)\s+)?(?P<seconds>\d+(?:\.\d+)?\s*s)")
# Heads that can mean only one thing: `wide 3sec`, `3s wide`, `wide3s`.
MISSPELT = (
    re.compile(r"(?:(?P<id>\S.*?)\s+)?(?P<seconds>\d+)\s*(?:secs?|seconds?)\.?"),
    re.compile(r"(?P<seconds>\d+)\s*s(?:ec)?\s+(?P<id>[\w-]+)"),
    re.compile(r"(?P<id>[A-Za-z_-]+)(?P<seconds>\d+)s"),
)
NUMBERED = re.compile(r"(?:(?P<id>\S.*?)\s+)?(?P<seconds>\d+)")  # it may be a name: `shot 2`
NO_COLON = re.compile(r"(?P<head>(?:[\w-]+\s+)?\d+s)\s+\S")


def spell_out(root: Mapping, report: Report) -> Mapping:
    """The same storyboard, or sequence, with every shot written out."""
    scenes = root.get("scenes")
    if not isinstance(scenes, Sequence):
        return root
    items = tuple(_entry(entry, report) if isinstance(entry, Mapping) else entry for entry in scenes.items)
    return _with(root, "scenes", Sequence(scenes.source, scenes.start, scenes.stop, items))


def _entry(entry: Mapping, report: Report) -> Mapping:
    return _scene(entry if entry.get("scenes") is None else spell_out(entry, report), report)


def _scene(scene: Mapping, report: Report) -> Mapping:
    variants = scene.get("variants")
    if isinstance(variants, Mapping):
        written = [(key, _scene(v, report) if isinstance(v, Mapping) else v) for key, v in variants.entries]
        scene = _with(scene, "variants", variants.with_entries(written))
    shots = scene.get("shots")
    if not isinstance(shots, Sequence):
        return scene
    items = tuple(_shot(item, report) for item in shots.items)
    return _with(scene, "shots", Sequence(shots.source, shots.start, shots.stop, items))


def _shot(item: Node, report: Report) -> Node:
    if isinstance(item, Mapping) and len(item.entries) == 1:
        key, value = item.entries[0]
        match = SHORT.fullmatch(key.value) if len(key.value) <= LONGEST else None
        if match is not None:
            return _written_out(item, key, match, value)
        if key.value not in Shot.model_fields and isinstance(value, Scalar):
            return _misspelt(item, key, value, report)
    if isinstance(item, Mapping):
        return item
    head = NO_COLON.match(item.value[:LONGEST]) if isinstance(item, Scalar) else None
    if isinstance(item, Scalar) and head is not None:
        meant = f"{head['head']}:{item.value[head.end('head') :]}"
        fix = stretch(item, 0, len(item.value), meant, "write a `:` behind the seconds")
        report.add("SB111", item.span, found=kind(item), hint=f"did you mean `{head['head']}:`?", fix=fix)
        return _broken(item)
    space = isinstance(item, Scalar) and NO_SPACE.match(item.value)
    hint = "a space is missing behind the `:`" if space else None
    _no_shot(item, kind(item), report, hint)
    return _broken(item)


def _misspelt(item: Mapping, key: Scalar, value: Node, report: Report) -> Node:
    """A shot whose head is not `id Ns`: as it was meant where that is certain."""
    head = key.value if len(key.value) <= LONGEST else ""
    heads = (pattern.fullmatch(head) for pattern in MISSPELT)
    match = next((found for found in heads if found is not None), None)
    near = match or NUMBERED.fullmatch(head)
    found = f"`{key.value}:` without seconds"
    if near is None:
        _no_shot(key, found, report)
        return _broken(item)
    meant = f"{near['id']} {near['seconds']}s" if near["id"] else f"{near['seconds']}s"
    fix = stretch(key, 0, len(key.value), meant) if match is not None else None
    report.add("SB111", key.span, found=f"`{key.value}:`", hint=f"did you mean `{meant}:`?", fix=fix)
    return _written_out(item, key, match, value) if match is not None else _broken(item)


def _no_shot(node: Node, found: str, report: Report, hint: str | None = None) -> None:
    """What a shot looks like is explained once."""
    if hint is None and report.has_explained("SB111"):
        hint = ""
    report.add("SB111", node.span, found=found, hint=hint)


def _broken(item: Node) -> Broken:
    return Broken(item.source, item.start, item.stop)


def _written_out(item: Mapping, key: Scalar, match: re.Match[str], prompt: Node) -> Mapping:
    entries: list[tuple[Scalar, Node]] = []
    if match["id"]:
        entries.append((like(key, "id"), _part(key, match, "id")))
    entries.append((like(key, "duration"), _part(key, match, "seconds")))
    entries.append((like(key, "prompt"), prompt))
    return item.with_entries(entries)


def _part(key: Scalar, match: re.Match[str], group: str) -> Scalar:
    shift = key.start + (1 if key.style else 0)
    return Scalar(key.source, shift + match.start(group), shift + match.end(group), match[group])


def _with(mapping: Mapping, name: str, node: Node) -> Mapping:
    return mapping.with_entries(
        [(key, node if key.value == name else value) for key, value in mapping.entries]
    )
