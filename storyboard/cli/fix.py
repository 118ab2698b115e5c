"""`check --fix`: certain cures written into the storyboards, or shown as a difference."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import unified_diff
from pathlib import Path

from msgspec import Struct, field
from msgspec.structs import replace

from storyboard.cli.console import out, say
from storyboard.cli.rewrite import replace_file
from storyboard.cli.variables import Given
from storyboard.location import Location
from storyboard.mend import InMind, Mended, mend
from storyboard.pipeline import check


def fix(location: Location, given: Given) -> None:
    """Mends one storyboard, with what it includes, and says what was done. Raises UsageError and WorldError; a file
    that was not told of is then as it was."""
    for mended in mend(location, given.values, given.picks):
        if mended.after != mended.before:
            replace_file(location.project / mended.path, mended.before, mended.after)
        _tell(mended, "fixed")


class Shown(Struct):
    """Storyboards mended in mind, one after the other: what one of them mends in a file that they share is mended for
    the next. `texts` are by path on the disk; `left` counts what has no certain cure, each mistake once."""

    texts: dict[Path, bytes] = field(default_factory=dict)
    fixed: int = 0
    left: set[tuple[object, ...]] = field(default_factory=set)

    def show(self, location: Location, given: Given) -> None:
        """Prints the differences and writes nothing. Raises UsageError and WorldError."""
        for mended in mend(self._in_mind(location), given.values, given.picks):
            if mended.after != mended.before:
                out(difference(mended))
                self.texts[location.project / mended.path] = mended.after
            self.fixed += len(mended.done)
            _tell(mended, "would be fixed")
        found = check(self._in_mind(location), given.values, picks=given.picks).diagnostics
        self.left.update((one.code, one.span.key(), one.message) for one in found)

    def sum_up(self) -> None:
        left = f"{len(self.left)} left" + (": `storyboard check` shows what" if self.left else "")
        say(f"{self.fixed} would be fixed, {left}")

    def _in_mind(self, location: Location) -> Location:
        own = (Path(location.base) / location.source.name).as_posix()
        texts = {
            path.relative_to(location.project).as_posix(): text
            for path, text in self.texts.items()
            if path.is_relative_to(location.project)
        }
        return replace(location, earlier=InMind(location.files, own, {own: location.files.source(), **texts}))


def _tell(mended: Mended, done: str) -> None:
    shown = mended.shown
    for one in mended.done:
        if one.fix is not None:
            say(f"{shown}:{one.span.line}:{one.span.column}: {one.code}: {one.fix.title}")
    for one in mended.left:
        place = f"{shown}:{one.span.line}:{one.span.column}"
        say(f"{place}: {one.code}: left as it was: the cure that looked certain would make another mistake")
    count = len(mended.done)
    if count:
        say(f"{shown}: {count} mistake{'s' * (count > 1)} {done}")


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
