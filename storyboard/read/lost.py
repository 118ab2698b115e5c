"""Text that YAML drops without a word: what follows ` #` in a plain value is a comment."""

from __future__ import annotations

import re

from storyboard.findings import Report
from storyboard.read.authored_prompt import SECTIONS
from storyboard.read.nodes import Mapping, Node, Scalar, Sequence

# A comment that follows a value on its line and begins like text: `shot #2`, not `# a remark` nor a silence.
LOST = re.compile(r"[ \t]+(#(?!storyboard: ignore\b)[^\s#].*)")
PROSE = frozenset((*SECTIONS, "prompt", "dialogue", "description", "title", "note"))


def warn_of_lost_text(root: Mapping, report: Report) -> None:
    """Warns of every plain prose value with a comment right behind it."""
    if " #" not in root.source.text and "\t#" not in root.source.text:
        return
    pending: list[tuple[Node, bool]] = [(root, False)]
    while pending:
        node, prose = pending.pop()
        if isinstance(node, Mapping):
            pending.extend((value, key.value in PROSE or " " in key.value) for key, value in node.entries)
        elif isinstance(node, Sequence):
            pending.extend((item, prose) for item in node.items)
        elif isinstance(node, Scalar) and prose and not node.style:
            _warn(node, report)


def _warn(scalar: Scalar, report: Report) -> None:
    """Whether it is text or a private remark is known to the author alone: no cure is certain, and one is paid for."""
    text = scalar.source.text
    end = text.find("\n", scalar.stop)
    match = LOST.match(text[scalar.stop : end if end >= 0 else len(text)])
    if match:
        start = scalar.stop + match.start(1)
        lost = match[1].rstrip()
        report.add("SB115", scalar.source.span(start, start + len(lost)), lost=lost, remark=lost[1:])
