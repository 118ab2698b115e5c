"""Where diagnostics are gathered while a storyboard is read and compiled."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from storyboard.diagnostics import Diagnostic, Fix, Note, Span, in_source_order
from storyboard.rules.book import BOOK

CLOSE = 0.6
FAR = 6  # a misspelling is not this much longer or shorter
FEW, MANY = 100, 100  # names that are all compared, and the most that are: comparing is slow
SHORTENED = 3  # letters that may stand for a longer name
LISTED = 16  # names in a message
LONGEST = 60  # characters of an author's text inside a message
OUR_WORDS = frozenset({"problem", "cure", "why", "what", "expected", "detail"})


class Report:
    """Collects diagnostics; `add` takes a rule's code and the values of its text."""

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
            Diagnostic(code, rule.severity, rule.text.format(**values), span, cure, notes, fix)
        )

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        for diagnostic in diagnostics:
            self.errors += diagnostic.severity == "error"
            self._found.append(diagnostic)

    @property
    def last(self) -> Diagnostic | None:
        """What was reported last."""
        return self._found[-1] if self._found else None

    def diagnostics(self) -> tuple[Diagnostic, ...]:
        return in_source_order(self._found)


def _quoted(name: str, value: Any) -> Any:
    """What an author wrote, inside a message: on one line, and not all of it when it is long."""
    if not isinstance(value, str) or name in OUR_WORDS:
        return value
    line = value.replace("\r", "").replace("\n", "\\n")
    return line if len(line) <= LONGEST else line[: LONGEST - 1] + "…"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that was probably meant."""
    asked, names = name.casefold(), list(known)
    longer = [k for k in names if k.casefold().startswith(asked)] if len(asked) >= SHORTENED else []
    if len(longer) == 1:
        return longer[0]
    few = len(names) <= FEW
    likely = [k for k in names if abs(len(k) - len(asked)) <= FAR and (few or k[:1].casefold() == asked[:1])]
    folded = {k.casefold(): k for k in likely[:MANY]}
    from difflib import get_close_matches  # only mistakes need it

    found = get_close_matches(asked, folded, n=1, cutoff=CLOSE)
    return folded[found[0]] if found else None


def did_you_mean(name: str, known: Iterable[str], *, mark: str = "") -> str | None:
    """The cure for a misspelt name: the nearest one, or those that there are."""
    names = list(known)
    close = nearest(name, names)
    if close is not None:
        return f"did you mean `{mark}{close}`?"
    if not names:
        return None
    shown = sorted(names)[:LISTED] if len(names) <= FEW else names[:LISTED]
    more = f" and {len(names) - len(shown)} more" if len(names) > len(shown) else ""
    return "expected one of: " + ", ".join(f"{mark}{n}" for n in shown) + more
