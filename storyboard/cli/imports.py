"""`storyboard import`: a screenplay, a shot list or a raw request as a storyboard."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from storyboard.catalog.endpoints import catalog
from storyboard.cli.console import out, out_document, say
from storyboard.cli.files import write_text
from storyboard.errors import UsageError
from storyboard.imports.draft import Draft, Unusable
from storyboard.imports.form import MAX_BYTES, Form, decoded, form_of
from storyboard.imports.write import still_missing, storyboard_text
from storyboard.location import FILE, Location, OnDisk, project_above, read_file
from storyboard.pipeline import Checked, check
from storyboard.report.frames import frames, summary

STDIN = "-"
INVALID = 1
SHOWN = 12  # remarks


class _Written(OnDisk, frozen=True):
    """The project's files, and the storyboard as it would be written."""

    unwritten: bytes = b""

    def source(self) -> bytes:
        return self.unwritten


def command(
    file: Annotated[str, typer.Argument(metavar="FILE", help="What to import; `-` for standard input.")],
    output: Annotated[
        str | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="Where the storyboard goes; `DIR/`: into that folder."
        ),
    ] = None,
    form: Annotated[
        Form | None, typer.Option("--from", help="Without it the name and the content decide.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that differs.")] = False,
) -> int:
    """Make a storyboard of a Fountain screenplay, a CSV shot list or a request for fal. It says what is still missing;
    `-o -` prints it."""
    to = _target(output or FILE)
    printed = str(to) == STDIN
    project = project_above(Path(os.path.normpath(to.absolute())).parent)
    try:
        draft, kind = _drafted(file, form, project, to)
        head = f"from {Path(file).name if file != STDIN else 'standard input'}, as {kind.value}"
        text = storyboard_text(draft, head)
    except Unusable as problem:
        where = f"{file}:{problem.line}" if problem.line else file
        raise UsageError(f"{where}: {problem.why}. Nothing was written.") from None
    if printed:
        out_document(text.removesuffix("\n"))
    elif write_text(to, text, force=force, ours=_is_storyboard):
        out(f"wrote {to}")
    checked = _checked(text, to, project)
    _say(draft, checked)
    return INVALID if checked.errors else 0


def _target(output: str) -> Path:
    """A file; of a folder, which is there or ends like one, its storyboard."""
    to = Path(output)
    is_folder = output.endswith(("/", os.sep)) or to.is_dir()
    return to / FILE if is_folder else to


def _is_storyboard(text: str) -> bool:
    return re.search(r"^storyboard\s*:", text, re.MULTILINE) is not None


def _drafted(file: str, form: Form | None, project: Path, to: Path) -> tuple[Draft, Form]:
    """Raises Unusable, UsageError and WorldError."""
    data = sys.stdin.buffer.read(MAX_BYTES + 1) if file == STDIN else read_file(Path(file), MAX_BYTES + 1)
    text = decoded(data)
    kind = form or form_of(file, text)
    start = project if kind is Form.fal or file == STDIN else Path(file).absolute().parent
    files = _Files(project, start, Path(os.path.normpath(to.absolute())).parent)
    if kind is Form.fountain:
        from storyboard.imports.fountain import draft_of_screenplay

        return draft_of_screenplay(text), kind
    if kind is Form.csv:
        from storyboard.imports.shot_list import draft_of_shot_list

        return draft_of_shot_list(text, files.path_of), kind
    from storyboard.imports.request import draft_of_requests

    return draft_of_requests(text, catalog(), files.path_of), kind


class _Files(Struct, frozen=True):
    """Stills that lie in the project. They are named from `start`, or from the storyboard's own folder `home`."""

    project: Path
    start: Path
    home: Path

    def path_of(self, name: str) -> str | None:
        from storyboard.media.headers import inspect

        for folder in (self.start, self.home):
            path = Path(os.path.normpath(folder / name)) if name.isprintable() else None
            if path is not None and path.is_relative_to(self.project):
                fact = inspect(self.project, path.relative_to(self.project).as_posix())
                if fact.problem is None:
                    return Path(os.path.relpath(path, self.home)).as_posix()
        return None


def _checked(text: str, to: Path, project: Path) -> Checked:
    """The storyboard through `check`, from memory: it may not have been written to a file."""
    source = Path(os.path.normpath(to.absolute()))
    files = _Written(source, project, text.encode())
    return check(Location(source, project, Path(to).as_posix(), files), {})


def _say(draft: Draft, checked: Checked) -> None:
    shots = sum(len(scene.shots) for scene in draft.scenes)
    seconds = sum(shot.seconds for scene in draft.scenes for shot in scene.shots)
    say(f"{_count(len(draft.scenes), 'scene')}, {_count(shots, 'shot')}, {seconds} s")
    missing = still_missing(draft)
    if missing:
        say(
            "still missing: "
            + ", ".join(f"{name} ({count})" if count > 1 else name for name, count in missing.items())
        )
    for remark in draft.remarks[:SHOWN]:
        say(remark)
    if len(draft.remarks) > SHOWN:
        say(f"and {len(draft.remarks) - SHOWN} remarks more")
    errors = [diagnostic for diagnostic in checked.diagnostics if diagnostic.severity == "error"]
    if errors:
        say(frames(errors, checked.sources) + "\n")
        say(summary(errors, 1))


def _count(number: int, word: str) -> str:
    return f"{number} {word}" + ("" if number == 1 else "s")
