"""What authors wrote, as Markdown that shows it and does nothing else: it may hold a stranger's links and pictures."""

from __future__ import annotations

import re

TICKS = re.compile(r"`+")


def code(text: str) -> str:
    """Within a line."""
    return "`" + " ".join(text.replace("`", "'").split()) + "`" if text.strip() else ""


def block(text: str) -> str:
    """Lines of their own. No text ends it early."""
    fence = "`" * max([3, *(len(ticks) + 1 for ticks in TICKS.findall(text))])
    return f"{fence}text\n{text}\n{fence}"
