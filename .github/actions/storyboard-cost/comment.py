"""The comment of a pull request: its text, and which of the comments that are there is ours.

comment.py write PATH CODE REPORT SAID    the comment, on stdout
comment.py find PATH                      the number of ours, if any, in the pages of comments on stdin
"""

from __future__ import annotations

import hashlib
import html
import json
import sys
from collections.abc import Iterator
from itertools import accumulate
from pathlib import Path
from typing import Any

LONGEST = 60_000  # characters; GitHub takes 65,536
SAID = 12_000  # of what was said on stderr, escaped
AUTHOR = "github-actions[bot]"  # whoever else writes our mark is not us
REFUSED = 3
NAME = "\nstoryboard: "  # before a line of the program's own; whatever it shows of a file is indented
HEADS = {
    1: "**The storyboard has errors.** They stand beside the lines that they are of.",
    REFUSED: "**Refused**: see below.",
}
# GitHub looks for mentions and issues in what the text has become; a comment in between keeps it from finding any.
APART = {"@": "&#64;<!-- -->", "#": "&#35;<!-- -->"}


def mark(path: str) -> str:
    """Hidden, and another for each storyboard of a repository."""
    return f"<!-- storyboard-cost {hashlib.sha256(path.encode()).hexdigest()[:16]} -->"


def written(path: str, code: int, report: str, said: str) -> str:
    """The mark, what happened, the report, and what was said beside it. Too long a report ends at a whole line."""
    head = [mark(path), *([HEADS[code]] if code in HEADS else [])]
    if code == REFUSED and report.strip():
        said = _without_refusal(said)
    remarks = _remarks(said, unfolded=code != 0) if said.strip() else ""
    room = LONGEST - len(remarks) - sum(map(len, head))
    return "\n\n".join(part for part in (*head, _within(report.strip(), room), remarks) if part) + "\n"


def _without_refusal(said: str) -> str:
    """The report has it already. It is what was said last, from the program's own name on."""
    before, name, _ = f"\n{said}".rpartition(NAME)
    return before if name else said


def _within(report: str, room: int) -> str:
    if len(report) <= room:
        return report
    kept = report[:room].rpartition("\n")[0]
    return f"{kept}\n\nThe rest is too long for a comment: `storyboard estimate --against` prints it."


def _remarks(said: str, *, unfolded: bool) -> str:
    """As it was printed. A block of its own in HTML, so that no line of it is Markdown."""
    escaped = [APART.get(c, html.escape(c)) for c in said.strip()]
    fitting = sum(length <= SAID for length in accumulate(map(len, escaped)))
    summary = "<summary>What was said beside it</summary>"
    shown = "".join(escaped[:fitting]).replace("GH-", "GH-<!-- -->")
    return f"<details{' open' if unfolded else ''}>{summary}\n\n<pre>{shown}</pre>\n\n</details>"


def found(path: str, pages: str) -> int | None:
    """The number of the earliest comment that is ours."""
    for comment in _comments(pages):
        author = (comment.get("user") or {}).get("login")
        if author == AUTHOR and str(comment.get("body") or "").startswith(mark(path)):
            return int(comment["id"])
    return None


def _comments(pages: str) -> Iterator[dict[str, Any]]:
    """Pages are lists, one after the other."""
    rest = pages.strip()
    while rest:
        page, end = json.JSONDecoder().raw_decode(rest)
        yield from page
        rest = rest[end:].lstrip()


def main(arguments: list[str]) -> None:
    for stream in (sys.stdin, sys.stdout):
        stream.reconfigure(encoding="utf-8", newline="\n")  # type: ignore[union-attr]
    if arguments[0] == "find":
        number = found(arguments[1], sys.stdin.read())
        sys.stdout.write("" if number is None else f"{number}\n")
        return
    path, code, *files = arguments[1:]
    report, said = (Path(file).read_text(encoding="utf-8", errors="replace") for file in files)
    sys.stdout.write(written(path, int(code), report, said))


if __name__ == "__main__":
    main(sys.argv[1:])
