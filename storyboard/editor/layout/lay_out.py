"""A document laid out: two columns a level, lists below their keys, prose filled, brackets on one line or none."""

from __future__ import annotations

from storyboard.editor.layout.prose import WIDTH
from storyboard.editor.layout.scalars import lines_of, on_one_line, quoted
from storyboard.editor.layout.written import Alias, Child, Collection, Comment, Document, Lines, Text, Written
from storyboard.read.spell import LONGEST, SHORT
from storyboard.report.table import columns

DEEPER = 2
LONGEST_KEY = 1000  # characters: YAML looks no further than 1024 for the `:`
BLOCK = ("|", ">")
NEAR = 2  # columns: a comment so near its value stays so near; one farther off keeps its column


def laid_out(document: Document) -> str:
    """The text, with a break at its end."""
    printer = _Printer()
    printer.own(document.head, 0)
    if document.mark is not None:
        printer.line("---", document.mark.beside, moved=False)
    printer.root(document.root)
    printer.own(document.tail[:-1] if document.tail[-1:] == [None] else document.tail, 0)
    return "\n".join(printer.lines) + "\n"


def flow(part: Written | None) -> str | None:
    """A value on one line. None when it needs several, or has comments inside."""
    if not isinstance(part, Collection):
        return on_one_line(part)
    if _has_comments(part):
        return None
    inside = [_flow_child(child, part) for child in part.children]
    text = ", ".join(each for each in inside if each is not None)
    if None in inside:
        return None
    return (f"&{part.anchor} " if part.anchor else "") + (f"{{{text}}}" if part.mapping else f"[{text}]")


def _flow_child(child: Child, holder: Collection) -> str | None:
    value = flow(child.value)
    if not holder.mapping or value is None:
        return value
    key = on_one_line(child.key)
    return f"{key}{_colon(child.key)} {value}" if key else None


def _colon(key: Written | None) -> str:
    return " :" if isinstance(key, Alias) else ":"  # a colon may be part of an alias's name


def _has_comments(collection: Collection) -> bool:
    if collection.closing:
        return True
    for child in collection.children:
        parts = [part for part in (child.key, child.value) if part is not None]
        if any(child.above) or any(child.below) or any(part.beside for part in parts):
            return True
        if any(isinstance(part, Collection) and _has_comments(part) for part in parts):
            return True
    return False


def _beside(child: Child) -> tuple[list[Comment], list[Comment]]:
    """The comment that stays beside a child, with what goes on below it; and those for which there is no room."""
    found = [comment for part in (child.key, child.value) if part is not None for comment in part.beside]
    last = max((number for number, comment in enumerate(found) if not comment.goes_on), default=0)
    return found[last:], found[:last]


class _Printer:
    """`begin` is what stands on a line already: white space, and the dashes of lists whose first item comes."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def root(self, root: Child) -> None:
        value = root.value
        self.own(root.above, 0)
        if isinstance(value, Collection) and not self.fits(value, ""):
            if value.anchor:
                self.lines.append(f"&{value.anchor}")
            self.over(value.beside, "")
            self.children(value, 0, "")
        elif value is not None:
            self.line(flow(value) or quoted(value), value.beside, moved=True)
        self.own(root.below, 0)

    def children(self, collection: Collection, indent: int, begin: str, place: str = "") -> None:
        """Each child on lines of its own. `place`: "shots" for a list of shots, "shot" for an item of it."""
        prose = place == "shot" and len(collection.children) == 1
        for number, child in enumerate(collection.children):
            if number:
                begin = " " * indent
                self.own(child.above, indent)
            else:
                self.over(child.above, begin)
            if collection.mapping:
                self.entry(child, begin, indent, prose=prose)
            else:
                self.item(child, begin, indent, place)
        self.own(collection.closing, indent)

    def entry(self, child: Child, begin: str, indent: int, *, prose: bool) -> None:
        key = quoted(child.key)
        name = child.key.value if isinstance(child.key, Text) else ""
        head = f"{begin}{key}{_colon(child.key)}"
        if not 0 < len(key) <= LONGEST_KEY:
            self.lines.append(f"{begin}? {key}".rstrip())
            head = f"{' ' * indent}:"
        prose = prose and len(name) <= LONGEST and SHORT.fullmatch(name) is not None
        self.value(child, head, indent, "shots" if name == "shots" else "", prose=prose)

    def item(self, child: Child, begin: str, indent: int, place: str) -> None:
        value, inner = child.value, indent + DEEPER
        if isinstance(value, Collection) and not value.anchor and not self.fits(value, f"{begin}-"):
            self.over(value.beside, begin)
            self.children(value, inner, f"{begin}- ", "shot" if place == "shots" else "")
            self.own(child.below, inner)
        else:
            self.value(child, f"{begin}-", indent, "", prose=False)

    def value(self, child: Child, head: str, indent: int, place: str, *, prose: bool) -> None:
        value, inner = child.value, indent + DEEPER
        beside, spare = _beside(child)
        self.over(spare, head)
        if isinstance(value, Collection) and not self.fits(value, head):
            self.line(f"{head} &{value.anchor}" if value.anchor else head, beside, moved=value.flow)
            self.children(value, inner, " " * inner, place)
        elif isinstance(value, Text):
            self.text(value, head, inner, beside, prose=prose)
        else:
            self.line(f"{head} {flow(value)}", beside, moved=False)
        self.own(child.below, inner)

    def text(self, value: Text, head: str, indent: int, beside: list[Comment], *, prose: bool) -> None:
        first, *others = lines_of(value, head, indent, prose=prose)
        if others:  # below a block's head its text begins
            self.over(beside[1:], head)
            beside = beside[:1]
        moved = value.style not in BLOCK and value.raw != first
        self.line(f"{head} {first}" if first else head, beside, moved=moved)
        self.lines += others

    def fits(self, value: Collection, head: str) -> bool:
        """Can it stand in brackets behind `head`? What was not written so does not."""
        text = flow(value) if value.flow else None
        return text is not None and (not value.children or columns(f"{head} {text}") <= WIDTH)

    def line(self, text: str, beside: list[Comment], *, moved: bool) -> None:
        """A line with its comment in the column where it was, when there is room and the value did not move away."""
        if not beside:
            self.lines.append(text)
            return
        first, long = beside[0], columns(text)
        keeps = not moved and first.column > long and first.gap > NEAR
        gap = first.column - long if keeps else min(first.gap or NEAR, NEAR)
        self.lines.append(f"{text}{' ' * gap}{first.text}")
        self.lines += [f"{' ' * (long + gap)}{comment.text}" for comment in beside[1:]]

    def own(self, lines: Lines, indent: int) -> None:
        """Comments on lines of their own, and blank lines, which never come in twos."""
        for comment in lines:
            if comment is not None:
                self.lines.append(" " * indent + comment.text)
            elif self.lines and self.lines[-1]:
                self.lines.append("")

    def over(self, lines: Lines | list[Comment], begin: str) -> None:
        """Comments above a line that has begun. No blank line comes between a key and its first child."""
        indent = len(begin) - len(begin.lstrip(" "))
        self.lines += [" " * indent + comment.text for comment in lines if comment is not None]
