"""`check --fix`: certain cures written into the storyboards, or shown as a difference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import unified_diff
from typing import Any

from storyboard.cli.console import out, say
from storyboard.cli.rewrite import replace_file
from storyboard.location import Location
from storyboard.mend import Mended, mend


def fix(location: Location, variables: Mapping[str, Any], *, show: bool) -> None:
    """Mends one storyboard and says what was done. `show`: prints the difference instead and writes nothing. Raises
    UsageError and WorldError; the file is then as it was."""
    mended = mend(location, variables)
    if mended.after != mended.before:
        if show:
            out(difference(location.shown, mended))
        else:
            replace_file(location.source, mended.before, mended.after)
    _tell(location.shown, mended, show=show)


def _tell(shown: str, mended: Mended, *, show: bool) -> None:
    for one in mended.done:
        if one.fix is not None:
            say(f"{shown}:{one.span.line}:{one.span.column}: {one.code}: {one.fix.title}")
    for one in mended.left:
        place = f"{shown}:{one.span.line}:{one.span.column}"
        say(f"{place}: {one.code}: left as it was: the cure that looked certain would make another mistake")
    count = len(mended.done)
    if count:
        say(f"{shown}: {count} mistake{'s' * (count > 1)} {'would be ' if show else ''}fixed")


def difference(shown: str, mended: Mended) -> str:
    """A unified diff."""
    before, after = (_lines(data) for data in (mended.before, mended.after))
    lines = unified_diff(before, after, f"a/{shown.lstrip('/')}", f"b/{shown.lstrip('/')}")
    parts = [x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in lines]
    return "".join(parts).removesuffix("\n")


def _lines(data: bytes) -> Sequence[str]:
    text = data.decode("utf-8")
    return [
        *(line + "\n" for line in text.split("\n")[:-1]),
        *([last] if (last := text.split("\n")[-1]) else []),
    ]
