"""A file of a storyboard, opened: its text as a tree, and the other files that it names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from msgspec import Struct

from storyboard.findings import Report
from storyboard.read.decode import decode
from storyboard.read.lost import warn_of_lost_text
from storyboard.read.nodes import Broken, Mapping, Node, Scalar, Sequence, kind
from storyboard.read.recover import read_on
from storyboard.read.source import Source

INCLUDE = "include"
BEGINNING = "a mapping that begins with `storyboard: 1`"
A_PART = "a mapping with `vars`, `elements`, `voices`, `defaults` or `scenes`"


class Opened(Struct, frozen=True):
    """The source is for code frames; `root` is None when the text does not get that far. `hidden`: something in it is
    not what its author wrote, whose mistake is reported."""

    source: Source | None
    root: Mapping | None
    hidden: bool = False


class Absent(Struct, frozen=True):
    """Why there is nothing at a path. `names` are those of the folder's files; `spelt` is the path as the disk has it,
    where only letters' case differs."""

    problem: Literal["missing", "outside", "not a file", "case", "too much"]
    names: tuple[str, ...] = ()
    spelt: str = ""


def opened(path: str, data: bytes, report: Report, folder: str = "", expected: str = BEGINNING) -> Opened:
    """`path` is what people are shown, `folder` where the file lies, from the project folder."""
    source = decode(path, data, report, folder)
    root, hidden = read_on(source, report) if source is not None else (None, False)
    if root is None or isinstance(root, Broken):
        return Opened(source, None)
    if not isinstance(root, Mapping):
        report.add("SB103", root.span, expected=expected, found=kind(root))
        return Opened(source, None)
    warn_of_lost_text(root, report)
    return Opened(source, root, hidden)


def includes(file: Opened) -> Iterator[Scalar]:
    """Every place in it that names another file, whatever else is wrong with it."""
    if file.root is not None and file.source is not None and INCLUDE in file.source.text:
        yield from _named(file.root.get(INCLUDE))
        yield from _of_scenes(file.root)


def _of_scenes(holder: Mapping) -> Iterator[Scalar]:
    scenes = holder.get("scenes")
    for entry in scenes.items if isinstance(scenes, Sequence) else ():
        if isinstance(entry, Mapping):
            yield from _named(entry.get(INCLUDE))
            yield from _of_scenes(entry)


def _named(node: Node | None) -> Iterator[Scalar]:
    items = node.items if isinstance(node, Sequence) else (node,)
    yield from (item for item in items if isinstance(item, Scalar))
