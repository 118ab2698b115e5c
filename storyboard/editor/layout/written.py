"""A YAML document as it was written: its values with their quotes, its comments and blank lines, and where they were.

Columns are those that are seen on a screen, counted from 0.
"""

from __future__ import annotations

from msgspec import Struct, field


class Comment(Struct):
    """`#` and what follows. `gap` are the columns before one that stands beside something. `goes_on`: it stands below
    another that does, in the same column."""

    text: str
    column: int
    gap: int
    goes_on: bool = False


Lines = list[Comment | None]  # comments on lines of their own; None is a blank line


class Written(Struct):
    """A value. `beside`: the comment behind it on its line, and those that go on below it in the same column."""

    anchor: str | None = None
    beside: list[Comment] = field(default_factory=list)


class Text(Written):
    """A scalar: what it says, and how it stands in the text, without its anchor. `style` is "" for plain."""

    value: str = ""
    style: str = ""
    raw: str = ""


class Alias(Written):
    name: str = ""


class Collection(Written):
    """A mapping or a list. `closing` are the comments behind the last child, at its depth."""

    mapping: bool = True
    flow: bool = False
    children: list[Child] = field(default_factory=list)
    closing: Lines = field(default_factory=list)


class Child(Struct):
    """An entry of a mapping, an item of a list (which has no key), or the document's root. `below` are comments that
    stand in the place of a value that is not there."""

    key: Written | None = None
    value: Written | None = None
    above: Lines = field(default_factory=list)
    below: Lines = field(default_factory=list)


class Document(Struct):
    """`head` is what stands before the mark `---`, which is None where there is none."""

    root: Child = field(default_factory=Child)
    head: Lines = field(default_factory=list)
    mark: Written | None = None
    tail: Lines = field(default_factory=list)
