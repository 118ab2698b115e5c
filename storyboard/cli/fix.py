"""`check --fix`: certain cures written into the storyboards, or shown as a difference."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff

from storyboard.cli.console import out, say
from storyboard.cli.rewrite import replace_file
from storyboard.cli.variables import Given
from storyboard.location import Location
from storyboard.mend import Mended, mend


def fix(location: Location, given: Given, *, show: bool) -> None:
    """Mends one storyboard, with what it includes, and says what was done. `show`: prints the differences instead and
    writes nothing. Raises UsageError and WorldError; a file that was not told of is then as it was."""
    for mended in mend(location, given.values, given.picks):
        if mended.after != mended.before:
            if show:
                out(difference(mended))
            else:
                replace_file(location.project / mended.path, mended.before, mended.after)
        _tell(mended, show=show)


def _tell(mended: Mended, *, show: bool) -> None:
    shown = mended.shown
    for one in mended.done:
        if one.fix is not None:
            say(f"{shown}:{one.span.line}:{one.span.column}: {one.code}: {one.fix.title}")
    for one in mended.left:
        place = f"{shown}:{one.span.line}:{one.span.column}"
        say(f"{place}: {one.code}: left as it was: the cure that looked certain would make another mistake")
    count = len(mended.done)
    if count:
        say(f"{shown}: {count} mistake{'s' * (count > 1)} {'would be ' if show else ''}fixed")


def difference(mended: Mended) -> str:
    """A unified diff."""
    shown = mended.shown.lstrip("/")
    before, after = (_lines(data) for data in (mended.before, mended.after))
    lines = unified_diff(before, after, f"a/{shown}", f"b/{shown}")
    parts = [x if x.endswith("\n") else f"{x}\n\\ No newline at end of file\n" for x in lines]
    return "".join(parts).removesuffix("\n")


def _lines(data: bytes) -> Sequence[str]:
    text = data.decode("utf-8")
    return [
        *(line + "\n" for line in text.split("\n")[:-1]),
        *([last] if (last := text.split("\n")[-1]) else []),
    ]
