"""The manual of the rules: why each is there, with what is wrong and what is right. A chapter is a Markdown file.

## SB101: unknown key

What it means and why, in paragraphs.

Wrong:            and a fenced block; likewise Right. Some rules have none: their mistake is no text of a few lines.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from msgspec import Struct

from storyboard.rules.book import BOOK
from storyboard.rules.rule import Rule

CHAPTERS = Path(__file__).parent / "manual"
HEAD = re.compile(r"^## (SB\d{3}): (.+)\n", re.MULTILINE)
EXAMPLE = re.compile(r"^(Wrong|Right):\n\n```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
READ_AT = re.compile(r"\b\d{4}-\d{2}(?:-\d{2})?\b")
FIRST = "storyboard: 1\n"
ENDPOINT = "endpoint: kling-v3-standard-text\n"


class Example(Struct, frozen=True):
    """A text of a language: yaml, toml (storyboard.toml) or json (a line of storyboard.lock)."""

    language: str
    text: str

    @property
    def file(self) -> str:
        """All of it. What every storyboard begins with is left out of the manual."""
        lines = self.text.splitlines()
        whole = not any(line[:1].isalpha() for line in lines) or any(
            x.startswith("storyboard:") for x in lines
        )
        if self.language != "yaml" or whole:
            return self.text
        return FIRST + ("" if self.text.startswith("endpoint:") else ENDPOINT) + self.text


class Explained(Struct, frozen=True):
    """A rule with its page of the manual."""

    code: str
    chapter: str
    title: str
    text: str
    wrong: Example | None
    right: Example | None

    @property
    def rule(self) -> Rule:
        return BOOK[self.code]

    @property
    def read(self) -> str | None:
        """When its source was read, as far as there is a date: year, month, and the day where it is known."""
        found = READ_AT.findall(self.rule.source)
        return found[-1] if found else None


@cache
def manual() -> dict[str, Explained]:
    """By code, in the order of the codes."""
    found = [
        entry
        for path in sorted(CHAPTERS.glob("*.md"))
        for entry in _chapter(path.read_text(encoding="utf-8"))
    ]
    return {entry.code: entry for entry in sorted(found, key=lambda entry: entry.code)}


def _chapter(text: str) -> list[Explained]:
    first, *parts = HEAD.split(text)
    chapter = first.partition("\n")[0].removeprefix("# ")
    return [_entry(chapter, *parts[n : n + 3]) for n in range(0, len(parts), 3)]


def _entry(chapter: str, code: str, title: str, body: str) -> Explained:
    examples = {word: Example(language, text) for word, language, text in EXAMPLE.findall(body)}
    text = EXAMPLE.sub("", body).strip()
    return Explained(code, chapter, title, text, examples.get("Wrong"), examples.get("Right"))
