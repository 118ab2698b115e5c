"""`--var NAME=VALUE`, and the exit code of a storyboard with errors: all that `check` needs of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storyboard.errors import UsageError
from storyboard.read.bounds import UNSENDABLE
from storyboard.read.data import RESERVED, plain_value

INVALID = 1


def parse_variables(given: Sequence[str] | None) -> dict[str, Any]:
    """`NAME=VALUE` pairs; values as plain YAML scalars. Raises UsageError."""
    return dict(_variable(text) for text in given or ())


def _variable(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name.isidentifier():
        raise UsageError(f"--var takes NAME=VALUE, not {text!r}.")
    if UNSENDABLE.search(value):
        raise UsageError(f"--var {name}=… holds a control character.")
    if name in RESERVED:
        raise UsageError(f"--var {name}=…: {name} is a name of the language; choose another.")
    return name, plain_value(value)
