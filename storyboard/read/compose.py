"""YAML text to nodes: bounded before anything walks it, without tags, directives, merge keys or duplicate keys.

The events of ruamel.yaml's C parser are composed here, because every limit has to hold while the tree grows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from msgspec import Struct, field
from ruamel.yaml import YAML
from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)
from ruamel.yaml.scanner import ScannerError

from storyboard.diagnostics import Edit, Fix, Note
from storyboard.findings import Report
from storyboard.read.bounds import UNSENDABLE
from storyboard.read.cures import as_block, characters, whole_line
from storyboard.read.nodes import Broken, Mapping, Node, Scalar, Sequence
from storyboard.read.source import Source

MAX_DEPTH = 64
MAX_SCALAR = 64 * 1024
MAX_NODES = 1_000_000
MAX_ALIASED_NODES = 10_000  # nodes that aliases stand for, each counted as often as it is used

DIRECTIVE = re.compile(r"^%.*$", re.MULTILINE)
OWN_TAG = re.compile(r"!!(?:str|int|float|bool|null)[ \t]+")
CRY = re.compile(r"![a-z]+ +\w")
# What escapes can smuggle past the scanner. Other control characters are data, made visible when shown.
SMUGGLED = re.compile("[\x00\ud800-\udfff\ufdd0-\ufdef]")


class Stop(Exception):
    """Composing can't go on."""


class _Open(Struct):
    """A collection whose end has not come yet."""

    mark: Any
    mapping: bool
    anchor: str | None
    children: list[Node] = field(default_factory=list)
    nodes: int = 0  # inside its children


class _Composer:
    def __init__(self, source: Source, report: Report) -> None:
        self.source = source
        self.report = report
        self.stack: list[_Open] = []
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.unused: dict[str, Any] = {}  # anchors on scalars: to their author they may be text
        self.aliased = 0
        self.nodes = 0
        self.documents = 0
        self.root: Node | None = None

    def compose(self, events: Iterator[Any]) -> Node | None:
        handlers = {
            ScalarEvent: self.scalar,
            MappingStartEvent: self.start,
            SequenceStartEvent: self.start,
            MappingEndEvent: self.end,
            SequenceEndEvent: self.end,
            AliasEvent: self.alias,
            DocumentStartEvent: self.document,
        }
        for event in events:
            kind = type(event)
            if kind is ScalarEvent and event.tag is None and event.anchor is None:
                self.text(event)
            elif (
                handler := handlers.get(kind)
            ) is not None:  # a stream's start and a document's end say nothing
                handler(event)
        for name, event in self.unused.items():
            start = event.start_mark.index
            fix = as_block(self.source, start)
            self.report.add("SB128", self.source.span(start, start + len(name) + 1), name=name, fix=fix)
        return self.root

    def document(self, event: Any) -> None:
        self.documents += 1
        if self.documents > 1:
            self.stop("SB009", event)
        if event.version or event.tags:
            directive = DIRECTIVE.search(self.source.text)
            start = directive.start() if directive else 0
            line, _ = self.source.position(start)
            fix = whole_line(self.source, line, "remove the line") if directive else None
            self.report.add(
                "SB006", self.source.span(start, directive.end() if directive else start), fix=fix
            )
            raise Stop

    def scalar(self, event: Any) -> None:
        self.no_tag(event)
        node = self.text(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = (node, 1)
            self.unused[event.anchor] = event

    def text(self, event: Any) -> Scalar:
        value, style = event.value, event.style or ""
        if len(value) > MAX_SCALAR:
            self.stop("SB010", event, limit=f"{MAX_SCALAR:,}")
        if style == '"' and SMUGGLED.search(value):
            self.stop("SB015", event, character="an escape for a character that can't be sent")
        node = Scalar(self.source, event.start_mark.index, event.end_mark.index, value, style)
        self.add(node)
        return node

    def start(self, event: Any) -> None:
        self.no_tag(event)
        if len(self.stack) >= MAX_DEPTH:
            self.stop("SB011", event, limit=MAX_DEPTH)
        self.stack.append(_Open(event.start_mark, isinstance(event, MappingStartEvent), event.anchor))

    def end(self, event: Any) -> None:
        opened = self.stack.pop()
        start, stop = opened.mark.index, event.end_mark.index
        node = self.mapping(opened, start, stop) if opened.mapping else self.sequence(opened, start, stop)
        nodes = len(opened.children) + opened.nodes + 1
        self.add(node, nodes - 1)
        self.remember(opened.anchor, node, nodes)

    def alias(self, event: Any) -> None:
        if any(opened.anchor == event.anchor for opened in self.stack):
            self.stop("SB008", event, name=event.anchor)
        if event.anchor not in self.anchors:
            fix = as_block(self.source, event.start_mark.index)
            self.stop("SB012", event, name=event.anchor, fix=fix)
        node, nodes = self.anchors[event.anchor]
        self.unused.pop(event.anchor, None)
        self.aliased += nodes
        if self.aliased > MAX_ALIASED_NODES:
            self.stop("SB007", event, limit=f"{MAX_ALIASED_NODES:,}")
        self.add(node, nodes - 1)

    def add(self, node: Node, inside: int = 0) -> None:
        """Puts a node, with so many nodes inside it, into what is open."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            self.report.add("SB017", node.span, limit=f"{MAX_NODES:,}")
            raise Stop
        if not self.stack:
            self.root = node
            return
        opened = self.stack[-1]
        opened.children.append(node)
        opened.nodes += inside

    def remember(self, anchor: str | None, node: Node, nodes: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (node, nodes)

    def sequence(self, opened: _Open, start: int, stop: int) -> Sequence:
        return Sequence(self.source, start, stop, tuple(opened.children))

    def mapping(self, opened: _Open, start: int, stop: int) -> Node:
        pairs = list(zip(opened.children[::2], opened.children[1::2], strict=True))
        if self.source.text[start] == "{" and any(value.stop == value.start for _, value in pairs):
            from storyboard.read.commas import whole_texts

            pairs = whole_texts(self.source, pairs, self.report)
        names = {key.value for key, _ in pairs if isinstance(key, Scalar)}
        if len(names) < len(pairs) or "<<" in names:
            return self.sorted_out(pairs, start, stop)
        return Mapping(self.source, start, stop, tuple(pairs))  # type: ignore[arg-type] # every key is a scalar

    def sorted_out(self, pairs: list[tuple[Any, Node]], start: int, stop: int) -> Node:
        """What is left of a mapping with a key that is no text, there already, or a merge."""
        entries, seen = [], dict[str, Scalar]()
        for key, value in pairs:
            if not isinstance(key, Scalar):
                self.bad_key(key, start)
                return Broken(self.source, start, stop)
            if key.value == "<<" and not key.style:
                self.report.add("SB013", key.span)
            elif key.value in seen:
                first = Note("first defined here", seen[key.value].span)
                self.report.add("SB005", key.span, key=key.value, notes=(first,))
            else:
                seen[key.value] = key
                entries.append((key, value))
        return Mapping(self.source, start, stop, tuple(entries))

    def bad_key(self, key: Node, start: int) -> None:
        from storyboard.read.trap import said
        from storyboard.read.traps import flow_template

        trap = flow_template(self.source, start)
        if trap:
            said(trap, self.report)
        else:
            self.report.add("SB014", key.span)

    def no_tag(self, event: Any) -> None:
        tag = getattr(event, "tag", None)
        if tag is not None:
            from storyboard.read.trap import block_cure

            fix = self.untagged(event.start_mark.index)
            text = self.not_a_tag(event.start_mark.index) if fix is None else None
            before = f"write the value without its tag{', or ' if text is not None else '; '}"
            hint = block_cure(self.source, text, before) if fix is None else None
            self.stop("SB004", event, tag=tag, hint=hint, fix=fix or text)

    def not_a_tag(self, start: int) -> Fix | None:
        """Prose that begins with a cry: `!wow he runs`."""
        return as_block(self.source, start) if CRY.match(self.source.text, start) else None

    def untagged(self, start: int) -> Fix | None:
        """A tag of YAML's own says what the field says anyhow: without it the value stays the same."""
        found = OWN_TAG.match(self.source.text, start)
        if found is None:
            return None
        return Fix("remove the tag", (Edit(self.source.span(*found.span()), ""),))

    def stop(self, code: str, event: Any, **values: Any) -> None:
        start = event.start_mark.index
        stop = max(event.end_mark.index, start + 1)
        self.report.add(code, self.source.span(start, min(stop, len(self.source.text))), **values)
        raise Stop


def events(text: str) -> list[Any]:
    """What the parser meets in a text, in order, with marks. Raises YAMLError for what `compose` does not take."""
    try:
        return list(iter(CParser(text).get_event, None))
    except ScannerError as error:
        if "unexpected ':'" not in str(error.problem):
            raise
        return list(YAML(typ="safe", pure=True).parse(text))


def _composed(source: Source, report: Report) -> Node | None:
    """By the fast parser; by the slow one where the fast one is too old for YAML 1.2: `[https://…]`, `{at: 16:9}`."""
    try:
        return _Composer(source, report).compose(iter(CParser(source.text).get_event, None))
    except ScannerError as error:
        if "unexpected ':'" not in str(error.problem):
            raise
        return _Composer(source, report).compose(YAML(typ="safe", pure=True).parse(source.text))


def compose(source: Source, report: Report) -> Node | None:
    """The tree of a text. What is wrong is reported; None when there is no tree to go on with."""
    bad = UNSENDABLE.search(source.text)
    if bad is not None:
        name = f"the invisible character U+{ord(bad[0]):04X}"
        fix = characters(source, UNSENDABLE.finditer(source.text))
        report.add("SB015", source.span(bad.start(), bad.end()), character=name, fix=fix)
        return None
    try:
        root = _composed(source, report)
    except Stop:
        return None
    except (
        YAMLError,
        ValueError,
        TypeError,
        AssertionError,
        RecursionError,
        UnicodeError,
        OverflowError,
    ) as error:
        from storyboard.read.trap import said
        from storyboard.read.traps import explain

        said(explain(source, error), report)
        return None
    if root is None or (isinstance(root, Scalar) and root.is_null):
        report.add("SB016", source.span(0, 0))
        return None
    return root
