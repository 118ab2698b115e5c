"""Parts to one file: which are copied, which are made anew as segments, and the file that comes of it."""

from __future__ import annotations

import hashlib
import json
import os
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import asdict, replace

from storyboard.cut.alike import Target, oddity, target_of
from storyboard.cut.clip import Clip, look
from storyboard.cut.forms import Form, form_of, preview_size
from storyboard.cut.part import Part
from storyboard.cut.progress import Advance, Tell, nobody
from storyboard.cut.readback import comment_of
from storyboard.cut.report import CutReport
from storyboard.cut.room import Room
from storyboard.cut.wanted import PLAINLY, Wanted
from storyboard.cut.workers import HERE, Workers
from storyboard.errors import MediaError, UsageError
from storyboard.media.encode import PREVIEW
from storyboard.media.stills import DamagedError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from storyboard.cut.lay import Laid
    from storyboard.cut.score import Score
    from storyboard.media.normal import Fit

MARK = "storyboard cut "


def assemble(
    parts: Sequence[Part],
    output: Path,
    segments: Path,
    *,
    size: tuple[int, int] | None = None,
    fps: Fraction | None = None,
    fit: Fit = "pad",
    score: Score | None = None,
    asked: Wanted = PLAINLY,
    progress: Tell = nobody,
    workers: Workers = HERE,
) -> CutReport:
    """Writes the cut unless it is there already, in the form that its suffix and what is `asked` of it choose. Raises
    UsageError and MediaError; `output` is then as it was."""
    if not parts:
        raise UsageError("There is nothing to cut: name at least one clip.")
    form = form_of(output, asked.codec)
    seen = _seen(parts, output)
    if score is not None and any(_same_file(cue.path, output) for cue in score.cues):
        raise UsageError(f"{output.name} is one of the sounds: choose another name with -o.")
    target = replace(target_of([seen[part.clip] for part in parts if part.clip], size, fps), fit=fit)
    target = _asked(target, form, preview=asked.preview)
    digest = _digest(parts, seen, target, score, splice=asked.splice)
    comment = MARK + (digest if form.straight else f"{digest} {form.name}")
    kept = None if asked.force else _kept(output, comment, form, target.fps)
    if kept is not None:
        return _report(parts, output, target, form, kept)
    room = _room(parts, seen, target, output, form, segments, progress, workers)
    laid = _laid_and_written(parts, seen, room, score, digest, comment, splice=asked.splice)
    return _report(parts, output, target, form, (laid.pictures[-1].end, bool(laid.sounds)), laid)


def _asked(target: Target, form: Form, *, preview: bool) -> Target:
    """The target in a preview's size and setting, and held to H.264 where that was asked for."""
    coded = b"avc1" if form.pictures == ("h264",) else b""
    if not preview:
        return replace(target, coded=coded)
    return replace(target, size=preview_size(target.size), setting=PREVIEW, coded=coded)


def _room(
    parts: Sequence[Part],
    seen: dict[Path, Clip],
    target: Target,
    output: Path,
    form: Form,
    segments: Path,
    tell: Tell,
    workers: Workers,
) -> Room:
    clips = [seen[part.clip] for part in parts if part.clip is not None]
    copied = sum(clip.size for clip in clips if oddity(clip, target) is None)
    frames = sum(_frames(part, seen, target.fps) for part in parts)
    return Room(target, segments, output, form, frames, copied, tell, workers)


def _frames(part: Part, seen: dict[Path, Clip], fps: Fraction) -> int:
    """About how many frames of the cut a part is."""
    video = seen[part.clip].video if part.clip is not None else None
    if part.card is not None:
        return part.card.frames
    seconds = video.seconds if video else sum(still.seconds for still in part.stills)
    return (round(seconds * fps) if part.end is None else part.end) - part.first


def _laid_and_written(
    parts: Sequence[Part],
    seen: dict[Path, Clip],
    room: Room,
    score: Score | None,
    digest: str,
    comment: str,
    *,
    splice: bool,
) -> Laid:
    """A splice that does not come out is encoded instead, and that is said."""
    from storyboard.cut.lay import lay

    if splice:
        try:
            laid = lay(parts, seen, room, score, splice=True)
            _write(laid, room, digest, comment, partial(_wrong_at_joins, laid, room.target.fps))
        except (MediaError, DamagedError) as error:
            why = str(error).rstrip(".")
            told = f"not spliced: {why}; what a transition or a trim touches is encoded instead"
            room.tell(Advance(told, stays=True))
        else:
            return laid
    laid = lay(parts, seen, room, score)
    _write(laid, room, digest, comment)
    return laid


def _wrong_at_joins(laid: Laid, fps: Fraction, film: Path) -> str:
    """What ffmpeg has to say against a splice: between its joins stands what stood in the clips."""
    from storyboard.cut.splice import around_joins
    from storyboard.media.ffmpeg import stretch_errors

    half = Fraction(1, 2)  # a time that is rounded still finds its own key frame
    spans = [((begin + half) / fps, (end + half) / fps) for begin, end in around_joins(laid.pictures)]
    return stretch_errors(film, spans, sound=bool(laid.sounds))


def _write(
    laid: Laid, room: Room, digest: str, comment: str, judge: Callable[[Path], str] | None = None
) -> None:
    """The cut, straight, or by way of a finished one among the segments, which is gone afterwards."""
    from storyboard.cut.write import write_cut

    room.tell(Advance(f"writing {room.output.name}"))
    room.ask_for_cut(sum(sum(picture.sizes) for picture in laid.pictures))
    cut = (laid.pictures, laid.sounds, room.target.fps)
    if room.form.straight:
        write_cut(*cut, room.output, comment, judge)
        return
    from storyboard.cut.convert import converted

    master = (
        room.folder / f".{digest[:40]}.{os.urandom(4).hex()}.mp4"
    )  # of this cut alone: two may be at work
    try:
        write_cut(*cut, master, MARK + digest, judge)
        converted(master, room.output, room.form, room.target.fps, comment, room.tell)
    finally:
        master.unlink(missing_ok=True)


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


def _digest(
    parts: Sequence[Part], seen: dict[Path, Clip], target: Target, score: Score | None, *, splice: bool
) -> str:
    """All that decides on the cut: its parts by content, how they meet, its size and rate, our setting."""
    content = [
        (_content(part, seen), part.audio, part.first, part.end, _how(part), _burnt(part, target.fps))
        for part in parts
    ]
    coded = [*([target.coded.decode()] if target.coded else []), *(["spliced"] if splice else [])]
    coded += [_scored(score)] if score is not None and not score.is_empty else []
    text = json.dumps([target.setting.name, target.size, str(target.fps), target.fit, content, *coded])
    return hashlib.sha256(text.encode()).hexdigest()


def _scored(score: Score) -> str:
    """The score as text; files stand in it by their content."""
    cues = [{**asdict(cue), "path": ""} for cue in score.cues]
    spoken = score.spoken if score.is_ducked else ()
    return json.dumps([cues, spoken, score.loudness], default=str)


def _burnt(part: Part, fps: Fraction) -> str | None:
    if part.burning is None:
        return None
    from storyboard.media.burnt import burn_key

    return burn_key(part.burning.of(part.first, fps))


def _how(part: Part) -> tuple[str, str, int] | None:
    change = part.transition
    return (change.kind, change.direction, change.frames) if change is not None else None


def _content(part: Part, seen: dict[Path, Clip]) -> str:
    if part.clip is not None:
        return seen[part.clip].sha256
    if part.card is not None:
        from storyboard.media.title import card_key

        return card_key(part.card)
    from storyboard.cut.drawn import stills_key

    return stills_key(part.stills)


def _kept(output: Path, comment: str, form: Form, fps: Fraction) -> tuple[int, bool] | None:
    """Frames and sound of what is at `output` when it is this very cut. Raises when it is not ours to replace."""
    if not output.exists():
        return None
    mark = comment_of(output) or ""
    if not mark.startswith(MARK):
        raise MediaError(
            f"{output.name} is there already and was not made here: it is left as it is. "
            "Choose another name with -o, or replace it with --force."
        )
    try:
        return _found(output, form, fps) if mark == comment else None
    except MediaError:
        return None  # harmed since it was written: it is written anew


def _found(output: Path, form: Form, fps: Fraction) -> tuple[int, bool] | None:
    if form.straight:
        clip = look(output)
        return (len(clip.video.sizes), clip.sound is not None) if clip.video is not None else None
    from storyboard.cut.readback import found_in

    found = found_in(output, form)
    return round(found.ends * fps), found.sound is not None


def _report(
    parts: Sequence[Part],
    output: Path,
    target: Target,
    form: Form,
    result: tuple[int, bool],
    laid: Laid | None = None,
) -> CutReport:
    return CutReport(
        output=output,
        written=laid is not None,
        frames=result[0],
        fps=target.fps,
        size=form.size(target.size),
        audio=result[1] and form.sound,
        copied=laid.copied if laid else (),
        encoded=laid.encoded if laid else (),
        drawn=tuple(part.name for part in parts if part.clip is None),
        heard=laid.remarks if laid else (),
        again=form.told if form.encodes else None,
    )
