"""A storyboard's text in one form. What it says stays: its values, and every comment, in its place.

Quotes are kept as their author chose them, and the order of keys too. Prose is a folded block (`>-`), filled.
Everything is laid out anew from the parser's own events, so that nothing rests on guesses about the text. The outcome
is composed again and compared before anybody gets it.
"""

from __future__ import annotations

import re
from typing import Any

from storyboard.diagnostics import Diagnostic
from storyboard.editor.layout.gather import comments, gathered
from storyboard.editor.layout.lay_out import laid_out
from storyboard.errors import StoryboardError
from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.data import plain_value
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence, kind
from storyboard.read.source import Source

ENDS = re.compile(r"\r\n|\r|\n")


class NotReadable(Exception):
    """The text has mistakes that YAML, or what of it we read, does not allow. They are its `diagnostics`."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(diagnostics[0].message)
        self.diagnostics = diagnostics


def formatted(text: str, path: str = "") -> str:
    """The text in its one form, all of it with the line ends of its first line; the same text when it is in it already.
    `path` is for messages. Raises NotReadable, and StoryboardError where the outcome would not say the same, which is a
    fault of ours."""
    before = _read(text, path)
    document = gathered(text)
    kept = comments(document)
    result = laid_out(document)
    if result != text and not _says_the_same(before, kept, result):
        raise StoryboardError(
            f"{path or 'the text'} can't be formatted: laid out anew it would not say the same. This is a fault of "
            "ours: please send it to us. Nothing was written."
        )
    first = ENDS.search(text)
    return result.replace("\n", first[0]) if first is not None else result


def _read(text: str, path: str) -> Mapping:
    report = Report()
    root = compose(Source(path, text), report)
    if root is not None and not isinstance(root, Mapping):
        report.add("SB103", root.span, expected="a mapping", found=kind(root))
    if report.errors or not isinstance(root, Mapping):
        raise NotReadable(report.diagnostics())
    return root


def _says_the_same(before: Mapping, kept: list[str], result: str) -> bool:
    report = Report()
    after = compose(Source("", result), report)
    if after is None or report.errors:
        return False
    return meaning(before) == meaning(after) and kept == comments(gathered(result))


def meaning(node: Node) -> Any:
    """All that a node says, whatever its layout: its texts, and whether a plain one is nothing, a number or a flag."""
    if isinstance(node, Scalar):
        typed = not node.style and (node.is_null or plain_value(node.value) != node.value)
        return (node.value, typed)
    if isinstance(node, Sequence):
        return [meaning(item) for item in node.items]
    if isinstance(node, Mapping):
        return [(key.value, meaning(value)) for key, value in node.entries]
    return None
