"""One field of one scene, changed in the text itself: every other byte stays as its author left it.

What comes out is composed again and must differ in that one value only. Where the text is written in a way in which
that can't be promised, nothing is changed and a person is told what to write.
"""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct

from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.decode import UTF_8_MARK, decode
from storyboard.read.leaves import holds_jinja
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence
from storyboard.read.source import BREAK, Source

LEAD = re.compile(r" *(?:- +)*")  # what may stand before a key on its line
REST = re.compile(r"[ \t]*(?:#.*)?")  # what may stand behind a value
COMMA = re.compile(r"\s*,\s*")
COLON = re.compile(r"[ \t]*:")
Way = tuple[int, ...]  # the numbers of entries of `scenes`, from the outermost sequence to the scene
FLOW = re.compile(r"(?:&\S+\s+)?\{")


class UneditableError(Exception):
    """The text can't be changed with certainty. Holds why, in words, and the line (from 1)."""

    def __init__(self, why: str, line: int) -> None:
        super().__init__(why)
        self.why, self.line = why, line


def with_field(data: bytes, identity: Node | None, name: str, value: str | None) -> bytes:
    """The bytes of a file with a field of the scene whose id is that node set, or with None taken away. The same bytes
    when that is how it is. Raises UneditableError."""
    source = decode("", data, Report())
    root = compose(source, Report()) if source is not None else None
    if source is None or identity is None or not isinstance(root, Mapping):
        raise UneditableError("there is no such scene that can be read", 1)
    if source.text != identity.source.text:
        raise UneditableError("the file was changed meanwhile", 1)
    way, mapping = _scene(root, identity, name)
    edit = _edit(mapping, name, value)
    text = source.text[: edit.start] + edit.text + source.text[edit.stop :]
    if not _differs_there_only(root, text, way, name, value):
        raise UneditableError(
            "anchors, or the way it is laid out, make the outcome uncertain", _line(mapping)
        )
    mark = UTF_8_MARK if data.startswith(UTF_8_MARK) else b""
    return mark + text.encode("utf-8")


class Edit(Struct, frozen=True):
    """text[start:stop] becomes `text`."""

    start: int
    stop: int
    text: str


def _scene(root: Mapping, identity: Node, field: str) -> tuple[Way, Mapping]:
    """The scene whose id was written there, in its own place, and the numbers of the entries that lead to it."""
    found = _below(root, identity)
    if found is None:
        raise UneditableError("the scene is an alias of what stands elsewhere", _line(identity))
    way, mapping = found
    at = root
    for number in way:
        scenes = at.get("scenes")
        entry = scenes.items[number] if isinstance(scenes, Sequence) else None
        if isinstance(entry, Mapping):
            if (key := entry.key("for_each")) is not None:
                raise UneditableError("it is one of those that a `for_each` makes", _line(key))
            at = entry
    variants = mapping.get("variants")
    for key, variant in variants.entries if isinstance(variants, Mapping) else ():
        if isinstance(variant, Mapping) and (own := variant.key(field)) is not None:
            raise UneditableError(f"the variant `{key.value}` has its own `{field}`", _line(own))
    return way, mapping


def _below(holder: Mapping, identity: Node) -> tuple[Way, Mapping] | None:
    scenes, key = holder.get("scenes"), holder.key("scenes")
    if not isinstance(scenes, Sequence) or key is None or key.stop > scenes.start:
        return None
    for number, item in enumerate(scenes.items):
        if not isinstance(item, Mapping) or not scenes.start <= item.start or not item.stop <= scenes.stop:
            continue
        found = item.get("id")
        if found is not None and found.start == identity.start:
            return (number,), item
        if (deeper := _below(item, identity)) is not None:
            return (number, *deeper[0]), deeper[1]
    return None


def _edit(mapping: Mapping, name: str, value: str | None) -> Edit:
    key = mapping.key(name)
    if key is None:
        if value is None:
            return Edit(mapping.start, mapping.start, "")
        return added(mapping, name, value)
    return removal(mapping, key) if value is None else _replaced(mapping, key, value)


def _replaced(mapping: Mapping, key: Scalar, value: str) -> Edit:
    """A new value where the old one stands, in its quotes."""
    old = _own(mapping, key)
    if holds_jinja(old):
        raise UneditableError(f"`{key.value}` is computed there", _line(key))
    if old.start == old.stop:
        at = _behind(mapping, key)
        return Edit(at, at, f" {value}")
    quote = old.style if old.style in {"'", '"'} else ""
    return Edit(old.start, _behind(mapping, key), quote + value + quote)


def _own(mapping: Mapping, key: Scalar) -> Scalar:
    """The value of a key, written out right behind it and nowhere else."""
    value = mapping.get(key.value)
    text = mapping.source.text
    if not isinstance(value, Scalar):
        raise UneditableError(f"`{key.value}` holds more than one value", _line(key))
    marked = value.stop > value.start and text[value.start] in "&*"
    if value.start < key.stop or marked:
        raise UneditableError(f"`{key.value}` is an anchor or an alias there", _line(key))
    return value


def _behind(mapping: Mapping, key: Scalar) -> int:
    """The index behind a key's value: behind the colon when there is none."""
    value = _own(mapping, key)
    text = mapping.source.text
    if value.start == value.stop:
        colon = COLON.match(text, key.stop)
        if colon is None:
            raise UneditableError(f"`{key.value}` stands without a colon", _line(key))
        return colon.end()
    return value.start + len(text[value.start : value.stop].rstrip())


def added(mapping: Mapping, name: str, value: str) -> Edit:
    """The field behind the scene's id: on a line of its own, or within the same braces."""
    key = mapping.key("id")
    if key is None:
        raise UneditableError("the scene's id can't be found", _line(mapping))
    at = _behind(mapping, key)
    if _is_flow(mapping):
        quoted = key.style == '"'
        entry = f'"{name}": {_quoted(value)}' if quoted else f"{name}: {value}"
        return Edit(at, at, _comma(mapping, key, at) + entry)
    source = mapping.source
    lead = LEAD.fullmatch(_before(key))
    line, _ = source.position(at)
    end = source.starts[line - 1] + len(source.line(line))
    if lead is None or REST.fullmatch(source.text, at, end) is None:
        raise UneditableError("the scene's id does not stand on a line of its own", _line(key))
    entry = f"{' ' * len(lead[0])}{name}: {value}"
    found = BREAK.match(source.text, end)
    if found is not None:
        return Edit(found.end(), found.end(), entry + found[0])
    first = BREAK.search(source.text)
    return Edit(end, end, (first[0] if first else "\n") + entry)


def _quoted(value: str) -> str:
    return value if value.isdigit() else f'"{value}"'


def _comma(mapping: Mapping, key: Scalar, at: int) -> str:
    """What goes between two entries of these braces."""
    names = [other.start for other, _ in mapping.entries if other.start > key.start]
    between = mapping.source.text[at : min(names)] if names else ""
    return between if COMMA.fullmatch(between) else ", "


def removal(mapping: Mapping, key: Scalar) -> Edit:
    """Without an entry: the whole line when nothing else is on it; a remark beside it stays."""
    stop = _behind(mapping, key)
    if _is_flow(mapping):
        return _out_of_braces(mapping, key, stop)
    source = mapping.source
    before = _before(key)
    line, _ = source.position(stop)
    end = source.starts[line - 1] + len(source.line(line))
    if REST.fullmatch(source.text, stop, end) is None:
        raise UneditableError(f"more stands on the line of `{key.value}`", _line(key))
    if before.strip(" "):
        return _first_of_item(mapping, key, stop)
    remark = source.text[stop:end].lstrip(" \t")
    if remark:
        return Edit(key.start, end - len(remark), "")
    begin = key.start - len(before)
    found = BREAK.match(source.text, end)
    if found is not None:
        return Edit(begin, found.end(), "")
    first, _ = source.position(begin)
    above = source.starts[first - 2] + len(source.line(first - 1)) if first > 1 else begin
    return Edit(above, end, "")


def _first_of_item(mapping: Mapping, key: Scalar, stop: int) -> Edit:
    """`- key: value`: the next entry moves up behind the dash."""
    following = _next(mapping, key)
    if following is None or mapping.source.text[stop : following.start].strip():
        raise UneditableError(f"`{key.value}` begins the scene, beside a remark", _line(key))
    return Edit(key.start, following.start, "")


def _out_of_braces(mapping: Mapping, key: Scalar, stop: int) -> Edit:
    text, following = mapping.source.text, _next(mapping, key)
    if following is not None and COMMA.fullmatch(text[stop : following.start]):
        return Edit(key.start, following.start, "")
    before = [other for other, _ in mapping.entries if other.start < key.start]
    behind = _behind_any(mapping, before[-1]) if before and following is None else None
    if behind is None or COMMA.fullmatch(text[behind : key.start]) is None:
        raise UneditableError(f"`{key.value}` stands beside a remark", _line(key))
    return Edit(behind, stop, "")


def _behind_any(mapping: Mapping, key: Scalar) -> int:
    """The index behind a value in braces, which may be a list or a mapping in brackets of its own."""
    value = mapping.get(key.value)
    if value is None or isinstance(value, Scalar) or value.start < key.stop:
        return _behind(mapping, key)
    return value.stop


def _next(mapping: Mapping, key: Scalar) -> Scalar | None:
    return next((other for other, _ in mapping.entries if other.start > key.start), None)


def _is_flow(mapping: Mapping) -> bool:
    return FLOW.match(mapping.source.text, mapping.start) is not None


def _before(node: Node) -> str:
    """What stands before a node on its line."""
    line, _ = node.source.position(node.start)
    return node.source.text[node.source.starts[line - 1] : node.start]


def _line(node: Node) -> int:
    return node.source.position(node.start)[0]


def _differs_there_only(root: Mapping, text: str, way: Way, name: str, value: str | None) -> bool:
    """Is the changed text the same storyboard, but for that field?"""
    report = Report()
    after = compose(Source("", text), report)
    if report.errors or not isinstance(after, Mapping):
        return False
    scene: Node | None = after
    for number in way:
        scenes = scene.get("scenes") if isinstance(scene, Mapping) else None
        items = scenes.items if isinstance(scenes, Sequence) else ()
        scene = items[number] if number < len(items) else None
    found = scene.get(name) if isinstance(scene, Mapping) else None
    said = found.value if isinstance(found, Scalar) else None
    return said == value and _without(root, way, name) == _without(after, way, name)


def _without(holder: Mapping, way: Way, name: str) -> Any:
    """All that a storyboard says, but for one field of one scene."""
    if not way:
        return said(holder.without(name))
    return [
        (key.value, _scenes_without(node, way, name) if key.value == "scenes" else said(node))
        for key, node in holder.entries
    ]


def _scenes_without(node: Node, way: Way, name: str) -> Any:
    if not isinstance(node, Sequence):
        return said(node)
    return [
        _without(item, way[1:], name) if index == way[0] and isinstance(item, Mapping) else said(item)
        for index, item in enumerate(node.items)
    ]


def said(node: Node) -> Any:
    """What a node says, whatever its place: its values, and how each was written."""
    if isinstance(node, Scalar):
        return (node.value, node.style)
    if isinstance(node, Sequence):
        return [said(item) for item in node.items]
    if isinstance(node, Mapping):
        return {key.value: said(value) for key, value in node.entries}
    return None
