"""Parts to one file: which are copied, which are made anew as segments, and the file that comes of it."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

from storyboard.cut.alike import Target, target_of
from storyboard.cut.clip import Clip, look
from storyboard.cut.part import Part
from storyboard.cut.report import CutReport
from storyboard.errors import MediaError, UsageError
from storyboard.media.encode import SETTING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from fractions import Fraction
    from pathlib import Path

    from storyboard.cut.lay import Laid

    Progress = Callable[[str], None]

MARK = "storyboard cut "
FILMS = {".mp4", ".mov", ".m4v"}


def silently(_: str) -> None:
    """Progress for nobody."""


def assemble(
    parts: Sequence[Part],
    output: Path,
    segments: Path,
    *,
    size: tuple[int, int] | None = None,
    fps: Fraction | None = None,
    fit: str = "pad",
    force: bool = False,
    progress: Progress = silently,
) -> CutReport:
    """Writes the cut unless it is there already. Raises MediaError; `output` is then as it was."""
    if not parts:
        raise UsageError("There is nothing to cut: name at least one clip.")
    if output.suffix.lower() not in FILMS:
        raise UsageError(f"{output.name}: a cut is written as .mp4 or .mov; end the name so.")
    seen = _seen(parts, output)
    target = replace(target_of([seen[part.clip] for part in parts if part.clip], size, fps), fit=fit)
    comment = MARK + _digest(parts, seen, target)
    kept = None if force else _kept(output, comment)
    if kept is not None:
        return _report(parts, output, target, kept)
    from storyboard.cut.lay import lay
    from storyboard.cut.write import write_cut

    laid = lay(parts, seen, target, segments, progress)
    progress(f"writing {output.name}")
    write_cut(laid.pictures, laid.sounds, target.fps, output, comment)
    return _report(parts, output, target, (laid.pictures[-1].end, bool(laid.sounds)), laid)


def _seen(parts: Sequence[Part], output: Path) -> dict[Path, Clip]:
    """Every clip looked at once."""
    paths = list(dict.fromkeys(part.clip for part in parts if part.clip is not None))
    if any(_same_file(path, output) for path in paths):
        raise UsageError(f"{output.name} is one of the clips: choose another name with -o.")
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as lookers:
        return dict(zip(paths, lookers.map(look, paths), strict=True))


def _same_file(path: Path, output: Path) -> bool:
    try:
        return path.samefile(output)
    except OSError:
        return False


def _digest(parts: Sequence[Part], seen: dict[Path, Clip], target: Target) -> str:
    """All that decides on the cut: its parts by content, how they meet, its size and rate, our setting."""
    content = [(_content(part, seen), part.audio, part.first, part.end, _how(part)) for part in parts]
    text = json.dumps([SETTING, target.size, str(target.fps), target.fit, content])
    return hashlib.sha256(text.encode()).hexdigest()


def _how(part: Part) -> tuple[str, str, int] | None:
    change = part.transition
    return (change.kind, change.direction, change.frames) if change is not None else None


def _content(part: Part, seen: dict[Path, Clip]) -> str:
    if part.clip is not None:
        return seen[part.clip].sha256
    from storyboard.cut.segments import stills_key

    return stills_key(part.stills)


def _kept(output: Path, comment: str) -> tuple[int, bool] | None:
    """Frames and sound of what is at `output` when it is this very cut. Raises when it is not ours to replace."""
    if not output.exists():
        return None
    mark, clip = "", None
    try:
        clip = look(output)
        mark = clip.found.comment if clip.found is not None else ""
    except MediaError:
        pass  # no film, or half of one: certainly not ours
    if not mark.startswith(MARK):
        raise MediaError(
            f"{output.name} is there already and was not made here: it is left as it is. "
            "Choose another name with -o, or replace it with --force."
        )
    if mark != comment or clip is None or clip.video is None:
        return None
    return len(clip.video.sizes), clip.sound is not None


def _report(
    parts: Sequence[Part], output: Path, target: Target, result: tuple[int, bool], laid: Laid | None = None
) -> CutReport:
    return CutReport(
        output=output,
        written=laid is not None,
        frames=result[0],
        fps=target.fps,
        size=target.size,
        audio=result[1],
        copied=laid.copied if laid else (),
        encoded=laid.encoded if laid else (),
        drawn=tuple(part.name for part in parts if part.clip is None),
    )
