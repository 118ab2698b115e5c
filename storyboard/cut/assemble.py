"""Parts to one file: which can be copied, which are made anew as segments, and the file that comes of it."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from storyboard.cut.clip import Clip, coding, frame_numbers, look, look_at_sound, rate_of, sound_coding
from storyboard.cut.report import CutReport
from storyboard.cut.splice import Piece
from storyboard.errors import MediaError
from storyboard.media.encode import SETTING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from storyboard.media.moving_still import MovingStill

    Progress = Callable[[str], None]

MARK = "storyboard cut "
FILMS = {".mp4", ".mov", ".m4v"}
HD = (1280, 720)


@dataclass(frozen=True, slots=True)
class Part:
    """One stretch of the cut: a clip, or shots to be drawn where there is none. `audio` is for drawn shots."""

    name: str
    clip: Path | None = None
    stills: tuple[MovingStill, ...] = ()
    audio: bool = False


@dataclass(frozen=True, slots=True)
class Target:
    """What every frame of the cut is like. Sizes are even."""

    size: tuple[int, int]
    fps: Fraction


@dataclass(frozen=True, slots=True)
class Ready:
    """A part whose packets can be copied. `reason` says why it was encoded, where it was."""

    part: Part
    clip: Clip
    reason: str | None = None


def assemble(
    parts: Sequence[Part],
    output: Path,
    segments: Path,
    *,
    size: tuple[int, int] | None = None,
    fps: Fraction | None = None,
    force: bool = False,
    progress: Progress = lambda _: None,
) -> CutReport:
    """Writes the cut unless it is already there. Raises MediaError; what was at `output` before then is untouched."""
    if not parts:
        raise MediaError("There is nothing to cut: name at least one clip.")
    if output.suffix.lower() not in FILMS:
        raise MediaError(f"{output.name}: a cut is written as .mp4 or .mov; end the name so.")
    seen = _seen(parts, output)
    target = _target(parts, seen, size, fps)
    comment = MARK + _digest(parts, seen, target)
    if not force and (kept := _kept(output, comment)) is not None:
        return _report(parts, kept, target, output, written=False)
    ready = _ready(parts, seen, target, segments, progress)
    pieces = _pieces(ready, target, segments, progress)
    progress("writing")
    from storyboard.cut.write import write_cut

    write_cut(pieces, target.fps, output, comment)
    heard = any(piece.sound_from for piece in pieces)
    return _report(parts, (pieces[-1].end, heard), target, output, written=True, ready=ready)


def _seen(parts: Sequence[Part], output: Path) -> dict[Path, Clip]:
    paths = list(dict.fromkeys(part.clip for part in parts if part.clip is not None))
    if any(_same_file(path, output) for path in paths):
        raise MediaError(f"{output.name} is one of the clips: choose another name with -o.")
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as lookers:
        return dict(zip(paths, lookers.map(look, paths), strict=True))


def _same_file(path: Path, output: Path) -> bool:
    try:
        return path.samefile(output)
    except OSError:
        return False


def _target(
    parts: Sequence[Part], seen: dict[Path, Clip], size: tuple[int, int] | None, fps: Fraction | None
) -> Target:
    """The size and the rate asked for, else those of the first clip."""
    first = next((seen[part.clip] for part in parts if part.clip is not None), None)
    if first is None:
        return Target(size or HD, fps or Fraction(24))
    if first.video is None:
        facts = _facts(first)
        return Target(size or facts.size, fps or facts.fps)
    width, height = first.video.width * first.video.aspect, Fraction(first.video.height)
    if first.unusual is not None and not first.video.upright:
        size = size or _facts(first).size
    if first.unusual is not None:
        size = size or (_even(width), _even(height))
    return Target(size or (int(width), int(height)), fps or rate_of(first.video))


def _facts(clip: Clip) -> Target:
    from storyboard.media.probe import probe

    video = probe(clip.path).video
    width, height = video.width * video.aspect, Fraction(video.height)
    if video.rotation in {90, 270}:
        width, height = height, width
    return Target((_even(width), _even(height)), video.frame_rate if video.constant else Fraction(24))


def _even(length: Fraction | int) -> int:
    return max(2, round(length / 2) * 2)


def _digest(parts: Sequence[Part], seen: dict[Path, Clip], target: Target) -> str:
    from storyboard.cut.segments import stills_key

    content = [
        seen[part.clip].sha256 if part.clip else stills_key(part.stills) + str(part.audio) for part in parts
    ]
    text = json.dumps([SETTING, target.size, str(target.fps), content])
    return hashlib.sha256(text.encode()).hexdigest()


def _kept(output: Path, comment: str) -> tuple[int, bool] | None:
    """Frames and sound of what is at `output` when it is this very cut; raises when it is not ours to replace."""
    if not output.exists():
        return None
    try:
        there = look(output)
    except MediaError:
        there = None
    mark = there.found.comment if there is not None and there.found is not None else ""
    if not mark.startswith(MARK):
        raise MediaError(
            f"{output.name} is there already and was not made here: it is left as it is. "
            "Choose another name with -o, or overwrite it with --force."
        )
    if mark != comment or there is None or there.video is None:
        return None
    return len(there.video.sizes), there.sound is not None


def _ready(
    parts: Sequence[Part], seen: dict[Path, Clip], target: Target, segments: Path, progress: Progress
) -> list[Ready]:
    """Every part as a clip in one coding. One odd clip has the others encoded as well, unless they agree with it:
    two sets of decoder parameters in one track break players."""
    reasons = [_odd(seen[part.clip], target) if part.clip else "no clip yet" for part in parts]
    plain = [part.clip for part, reason in zip(parts, reasons, strict=True) if part.clip and reason is None]
    reference = _coding(seen[plain[0]]) if plain else None
    reasons = [
        "its coding differs from the first clip's"
        if part.clip and reason is None and _coding(seen[part.clip]) != reference
        else reason
        for part, reason in zip(parts, reasons, strict=True)
    ]
    ready = _made(parts, seen, target, segments, reasons, progress)
    if len({_coding(each.clip) for each in ready}) > 1:
        reasons = [reason or "another clip of the cut had to be encoded" for reason in reasons]
        ready = _made(parts, seen, target, segments, reasons, progress)
    return ready


def _odd(clip: Clip, target: Target) -> str | None:
    """Why a clip's packets can't be copied into this cut."""
    if clip.unusual is not None or clip.video is None:
        return clip.unusual or "its tables can't be read"
    if (clip.video.width, clip.video.height) != target.size:
        return f"it is {clip.video.width}x{clip.video.height}, the cut {target.size[0]}x{target.size[1]}"
    if frame_numbers(clip.video, target.fps) is None:
        return f"its frames do not come at a constant {float(target.fps):g} a second"
    if clip.video.start + Fraction(min(clip.video.shown), clip.video.scale) > 1 / (2 * target.fps):
        return "its picture begins late"
    return None


def _coding(clip: Clip) -> object:
    return coding(clip.video) if clip.video else None


def _made(
    parts: Sequence[Part],
    seen: dict[Path, Clip],
    target: Target,
    segments: Path,
    reasons: Sequence[str | None],
    progress: Progress,
) -> list[Ready]:
    """Parts with a reason become segments, equal ones once, several at a time."""
    keys = [
        (part.clip, part.stills, part.audio) for part, reason in zip(parts, reasons, strict=True) if reason
    ]
    todo = {
        key: part
        for key, part in zip(keys, [p for p, r in zip(parts, reasons, strict=True) if r], strict=True)
    }

    def made(part: Part) -> Clip:
        progress(part.name)
        return look(_segment(part, seen, target, segments))

    with ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2)) as makers:
        clips = dict(zip(todo, makers.map(made, todo.values()), strict=True))
    return [
        Ready(part, clips[part.clip, part.stills, part.audio], reason)
        if reason
        else Ready(part, seen[part.clip])  # type: ignore[index]
        for part, reason in zip(parts, reasons, strict=True)
    ]


def _segment(part: Part, seen: dict[Path, Clip], target: Target, segments: Path) -> Path:
    from storyboard.cut.segments import moving_stills, normalised

    size = (_even(target.size[0]), _even(target.size[1]))
    if part.clip is not None:
        return normalised(seen[part.clip], size, target.fps, segments)
    return moving_stills(part.stills, size, target.fps, segments, audio=part.audio)


def _pieces(ready: Sequence[Ready], target: Target, segments: Path, progress: Progress) -> list[Piece]:
    """The parts in their places, all sound in one coding."""
    pieces: list[Piece] = []
    at = 0
    for each in ready:
        video = each.clip.video
        numbers = frame_numbers(video, target.fps) if video else None
        if video is None or numbers is None:
            raise MediaError(
                f"{each.part.name} could not be brought into the cut's rate; nothing was written."
            )
        pieces.append(Piece(each.clip, video, numbers, each.clip if each.clip.sound else None, at))
        at += len(numbers)
    codings = {sound_coding(p.sound_from.sound) for p in pieces if p.sound_from and p.sound_from.sound}
    if len(codings) <= 1 and None not in codings:
        return pieces
    progress("sound")
    return [_with_our_sound(piece, target, segments) for piece in pieces]


def _with_our_sound(piece: Piece, target: Target, segments: Path) -> Piece:
    if piece.sound_from is None:
        return piece
    from storyboard.cut.segments import normalised_sound

    path = normalised_sound(piece.sound_from, len(piece.numbers), target.fps, segments)
    return replace(piece, sound_from=look_at_sound(path))


def _report(
    parts: Sequence[Part],
    result: tuple[int, bool],
    target: Target,
    output: Path,
    *,
    written: bool,
    ready: Sequence[Ready] = (),
) -> CutReport:
    frames, audio = result
    return CutReport(
        output=output,
        written=written,
        frames=frames,
        fps=target.fps,
        size=target.size,
        audio=audio,
        copied=tuple(each.part.name for each in ready if each.reason is None),
        encoded=tuple((each.part.name, each.reason) for each in ready if each.reason and each.part.clip),
        drawn=tuple(part.name for part in parts if part.clip is None),
    )
