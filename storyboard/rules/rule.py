"""What a rule is: its severity, its text, its cure and where it comes from."""

from __future__ import annotations

from typing import NamedTuple

from storyboard.diagnostics import Severity

LANGUAGE = "the storyboard language, version 1"


class Rule(NamedTuple):
    """`text` and `hint` take values in braces. `source` says who made the rule, and when it was read."""

    severity: Severity
    text: str
    source: str
    hint: str | None = None


def error(text: str, source: str, hint: str | None = None) -> Rule:
    return Rule("error", text, source, hint)


def warning(text: str, source: str, hint: str | None = None) -> Rule:
    return Rule("warning", text, source, hint)
