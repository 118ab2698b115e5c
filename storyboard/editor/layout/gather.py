"""From a text to what its author wrote: the parser's events, and the comments that lie in the gaps between them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from msgspec import Struct
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from storyboard.editor.layout.written import Alias, Child, Collection, Comment, Document, Lines, Text, Written
from storyboard.read.compose import events
from storyboard.read.source import BREAK
from storyboard.report.table import columns

# In a gap: a comment, the end of a line, or a sign of YAML's (`-`, `:`, an anchor, a bracket).
TOKEN = re.compile(r"(?P<comment>#.*)|(?P<end>\n)|[\[\]{},]|[^\s\[\]{},#]\S*")
HEADER = re.compile(r"[|>][-+0-9]*(?P<gap>[ \t]+)(?P<comment>#.*)")
KEEPS = re.compile(r"[|>]\d?\+")
STARTS, ENDS = (MappingStartEvent, SequenceStartEvent), (MappingEndEvent, SequenceEndEvent)


def gathered(text: str) -> Document:
    """The document that a text holds. The text is one that `compose` takes."""
    text = BREAK.sub("\n", text)
    gathering = _Gathering(text)
    for event in events(text):
        gathering.take(event)
    return gathering.document


def comments(document: Document) -> list[str]:
    """The texts of all comments, sorted."""
    found: list[Comment | None] = [*document.head, *document.tail]
    found += document.mark.beside if document.mark else []
    pending: list[Child] = [document.root]
    while pending:
        child = pending.pop()
        found += [*child.above, *child.below]
        for part in (child.key, child.value):
            found += part.beside if part is not None else []
            if isinstance(part, Collection):
                found += part.closing
                pending += part.children
    return sorted(comment.text for comment in found if comment is not None)


class _Open(Struct):
    """A collection that goes on. `column` is that of its first sign; -1 until it came, and within brackets."""

    collection: Collection
    column: int = -1


class _Found(Struct):
    """A comment in a gap, or with None a blank line; `led`: a sign stands before it, so it belongs to what comes."""

    comment: Comment | None
    same_line: bool
    led: bool


class _Gathering:
    def __init__(self, text: str) -> None:
        self.text = text
        self.end = 0  # of the last token
        self.document = Document()
        self.opened: list[_Open] = []
        self.closed: list[_Open] = []  # since the last token, deepest first
        self.fresh: list[tuple[Child, int]] = []  # begun since then, outermost first, each with its column
        self.last: Written | None = None  # the last token's
        self.owner = (Child(), -1)  # the child that it belongs to, and that one's column
        self.waiting: Child | None = self.document.root  # for its value

    def take(self, event: Any) -> None:
        start, stop = event.start_mark.index, event.end_mark.index
        if isinstance(event, ScalarEvent):
            self.scalar(event, start, stop)
        elif isinstance(event, AliasEvent):
            self.token(start, stop, Alias(name=self.text[start + 1 : stop].rstrip()))
        elif isinstance(event, STARTS):
            self.begin(event, start, stop)
        elif isinstance(event, ENDS):
            self.finish(start, stop)
        elif isinstance(event, DocumentStartEvent) and event.explicit:
            self.between(start, self.document.head)
            self.document.mark = self.last = Written()
            self.end = stop
        elif isinstance(event, StreamEndEvent):
            self.between(len(self.text), self.document.tail)

    def scalar(self, event: Any, start: int, stop: int) -> None:
        raw, style = self.text[start:stop], event.style or ""
        block = style in {"|", ">"}
        bare = raw[len(event.anchor) + 1 :].lstrip() if event.anchor is not None else raw
        if not style or (block and not KEEPS.match(bare)):
            bare = bare.rstrip()
            stop = start + len(raw.rstrip())
        written = Text(event.anchor, value=event.value, style=style, raw=bare)
        if block and (header := HEADER.match(bare)) is not None:
            written.beside.append(self.comment(stop - len(bare) + header.start("comment"), header["comment"]))
        self.token(start, stop, written)
        if block:
            self.last = None  # what stands behind it on a line would be part of it

    def begin(self, event: Any, start: int, stop: int) -> None:
        mapping = isinstance(event, MappingStartEvent)
        collection = Collection(event.anchor, mapping=mapping, flow=bool(event.flow_style))
        if collection.flow:
            self.token(start, stop, collection)
            self.opened.append(_Open(collection))
            return
        self.place(collection, start)
        column = -1 if mapping else self.column(self.text.index("-", stop if event.anchor else start))
        self.opened.append(_Open(collection, column))

    def finish(self, start: int, stop: int) -> None:
        ended = self.opened[-1]
        if ended.collection.flow:
            self.between(
                start, ended.collection.closing if ended.collection.children else self.owner[0].above
            )
            self.last, self.end = ended.collection, stop
            self.opened.pop()
        else:
            self.closed.append(self.opened.pop())

    def token(self, start: int, stop: int, written: Written) -> None:
        """A value or a key that is in the text."""
        child = self.place(written, start)
        self.between(start, child.above, inside=True)
        self.last, self.end = written, stop
        self.owner = (child, self.opened[-1].column if self.opened else -1)

    def place(self, written: Written, start: int) -> Child:
        """Puts a part where it belongs; returns the child that it belongs to."""
        child = self.waiting
        if child is None:
            child = self.child(start)
            mapping = self.opened[-1].collection.mapping
            child.key, child.value = (written, None) if mapping else (None, written)
            self.waiting = child if mapping else None
        else:
            child.value, self.waiting = written, None
            if child is self.document.root:
                self.fresh.append((child, 0))
        return child

    def child(self, start: int) -> Child:
        holder, child = self.opened[-1], Child()
        if holder.column < 0 and not holder.collection.flow:
            holder.column = self.column(start)
        holder.collection.children.append(child)
        self.fresh.append((child, holder.column))
        return child

    def between(self, start: int, otherwise: Lines, *, inside: bool = False) -> None:
        """Gives what lies in the gap before `start` to what it stands beside, above or behind. `otherwise` takes what
        belongs to none of those that were closed or begun in the gap. `inside` a child no blank line is kept."""
        owner, column = self.fresh[0] if self.fresh else (None, -1)
        levels = [(each.collection.closing, each.column) for each in self.closed]
        if not self.opened and owner is None:
            levels = levels[:-1]  # the root's own level is the document's
        if (empty := self.emptied()) is not None:
            levels.insert(0, empty)
        target = owner.above if owner is not None else otherwise
        blank = self.hand_out(start, levels, target, column)
        if blank and not (inside and owner is None):
            target.append(None)
        self.closed, self.fresh = [], []

    def emptied(self) -> tuple[Lines, int] | None:
        """Where comments stand that a value gave way to: below its key, deeper than it."""
        child, column = self.owner
        if child.key is None or column < 0 or child.value is not self.last:
            return None
        return (child.below, column + 1) if isinstance(self.last, Text) and not self.last.raw else None

    def hand_out(self, start: int, levels: list[tuple[Lines, int]], target: Lines, column: int) -> bool:
        """Each comment to the deepest level that it is as deep as, and never deeper again; what is no deeper than what
        comes, to that. Says whether a blank line is left over."""
        blank, last = False, self.last
        for found in self.found(start):
            comment = found.comment
            if comment is None:
                blank, last = True, None
            elif last is not None and (found.same_line or _goes_on(last, comment)):
                comment.goes_on = not found.same_line
                last.beside.append(comment)
            else:
                deeper = not found.led and comment.column > column
                levels = [level for level in levels if level[1] <= comment.column] if deeper else []
                lines = levels[0][0] if levels else target
                lines += [None, comment] if blank else [comment]
                blank, last = False, None
        return blank

    def found(self, start: int) -> Iterable[_Found]:
        # Behind a block that keeps its last breaks a new line has begun.
        fresh = self.end == 0 or self.text[self.end - 1] == "\n"
        line, led, seen = int(fresh), False, not fresh
        for token in TOKEN.finditer(self.text, self.end, start):
            if token["end"] is not None:
                if not seen:
                    yield _Found(None, same_line=False, led=led)
                line, seen = line + 1, False
            elif token["comment"] is not None:
                comment = self.comment(token.start(), token["comment"])
                yield _Found(comment, same_line=line == 0, led=led)
                seen = True
            else:
                led, seen = led or line > 0, True

    def comment(self, start: int, text: str) -> Comment:
        line = self.text[self.line(start) : start]
        return Comment(text.rstrip(), columns(line), len(line) - len(line.rstrip()))

    def column(self, index: int) -> int:
        return columns(self.text[self.line(index) : index])

    def line(self, index: int) -> int:
        """Where the line of a character begins."""
        return self.text.rfind("\n", 0, index) + 1


def _goes_on(last: Written, comment: Comment) -> bool:
    """Does a comment on a line of its own go on with the one that stands beside something above it?"""
    return bool(last.beside) and comment.column == last.beside[0].column > 0
