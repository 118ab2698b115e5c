"""YAML that can't be read, read on: the text of a mistake is hidden, so that what follows is found as well.

A hidden text is as long as what was written and has as many lines: every place stays what it was. Nothing that was
hidden is ever sent, for its mistake is reported.
"""

from __future__ import annotations

from msgspec.structs import replace

from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.nodes import Node
from storyboard.read.source import Source

MOST = 30  # mistakes in YAML that are read past
MOST_READ = 8 * 1024 * 1024  # characters that are read again for them


def read_on(source: Source, report: Report) -> tuple[Node | None, bool]:
    """The tree of a text, and whether something in it is hidden. What is wrong is reported; None when there is no tree
    to go on with."""
    for number in range(MOST):
        once = Report()
        root = compose(source, once)
        last = once.last
        if root is not None or last is None or number * len(source.text) > MOST_READ:
            break
        from storyboard.read.hidden import without  # most storyboards are YAML

        hidden = without(source, last)
        if hidden is None or hidden == source.text:
            break
        report.extend([last])
        source = replace(source, text=hidden)
    report.extend(once.diagnostics())
    return root, number > 0
