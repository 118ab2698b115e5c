"""Where diagnostics are gathered while a storyboard is read and compiled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from storyboard.diagnostics import Diagnostic, Fix, Note, Span, in_source_order
from storyboard.read.spelling import FEW, alike, nearest
from storyboard.rules.book import BOOK

WIDTH = 92  # characters of a list of names
LONGEST = 60  # characters of an author's text inside a message
OUR_WORDS = frozenset({"problem", "cure", "why", "what", "expected", "detail"})


class Report:
    """Collects diagnostics; `add` takes a rule's code and the values of its text. `hint` stands for the rule's own; an
    empty one leaves it out."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self.errors = 0

    def add(
        self,
        code: str,
        span: Span,
        *,
        hint: str | None = None,
        notes: tuple[Note, ...] = (),
        fix: Fix | None = None,
        **values: Any,
    ) -> None:
        rule = BOOK[code]
        values = {name: _quoted(name, value) for name, value in values.items()}
        self.errors += rule.severity == "error"
        cure = hint if hint is not None else (rule.hint.format(**values) if rule.hint else None)
        self._found.append(
            Diagnostic(code, rule.severity, rule.text.format(**values), span, cure or None, notes, fix)
        )

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.errors += diagnostic.severity == "error"
            self._found.append(diagnostic)

    @property
    def last(self) -> Diagnostic | None:
        """What was reported last."""
        return self._found[-1] if self._found else None

    def has_explained(self, code: str) -> bool:
        """Was a rule's own cure told already?"""
        return any(found.code == code and found.hint == BOOK[code].hint for found in self._found)

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return in_source_order(self._found)


def _quoted(name: str, value: Any) -> Any:
    """What an author wrote, inside a message: on one line, and not all of it when it is long."""
    if not isinstance(value, str) or name in OUR_WORDS:
        return value
    line = value.replace("\r", "").replace("\n", "\\n")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def did_you_mean(name: str, known: Iterable[str], *, mark: str = "") -> str | None:
    """The cure for a misspelt name: the nearest one, or those that there are."""
    names = list(known)
    close = nearest(name, names)
    if close is not None:
        return f"did you mean `{mark}{close}`?"
    if not names:
        return None
    if len(names) <= FEW:
        names.sort()
    if sum(len(mark) + len(known) + 2 for known in names) > WIDTH:  # those that begin alike come first
        names.sort(key=lambda known: -alike(known, name))
    return some_of("expected one of: ", names, mark)


def some_of(before: str, names: Sequence[str], mark: str = "") -> str:
    """Names behind these words, as many as a line takes, and how many more there are."""
    shown, length = 0, len(before)
    for name in names:
        length += len(mark) + len(name) + 2
        if shown and length - 2 > WIDTH:
            break
        shown += 1
    more = f" and {len(names) - shown} more" if len(names) > shown else ""
    return before + ", ".join(f"{mark}{name}" for name in names[:shown]) + more
