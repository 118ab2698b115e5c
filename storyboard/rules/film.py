"""Rules on the film as a whole: its order, its trims, its transitions, its cards and its music."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec.structs import replace

from storyboard.compile.compiler import Compiled
from storyboard.compile.listed_cut import moment_or_name
from storyboard.compile.paths import path_of, seen_path
from storyboard.compile.shot_list import FITS
from storyboard.diagnostics import Note
from storyboard.findings import Report, did_you_mean
from storyboard.media.fact import MediaFact
from storyboard.read.cures import spelt
from storyboard.read.model import Cue, Placed, Storyboard, Trim
from storyboard.rules.media import PROBLEMS
from storyboard.rules.row import Shown, row
from storyboard.rules.transitions import check_transitions
from storyboard.rules.words import one_of

LOUDNESS = (Decimal(-40), Decimal(-5))  # LUFS
GAIN = (Decimal(-60), Decimal(24))  # decibels
DUCK = (Decimal(0), Decimal(60))
CARD = (Decimal("0.5"), Decimal(60))  # seconds


def check_film(film: Compiled, report: Report) -> None:
    """Silent on what needs every scene while some are missing."""
    storyboard = film.storyboard
    whole = storyboard.whole and len(film.scenes) == len(storyboard.scenes)
    _values(storyboard, report)
    for cue in storyboard.cut.sound:
        _cue(cue, film, report, whole=whole)
    if whole:
        _of_two(storyboard, report)
        _order(storyboard, report)
        if not _is_edited(storyboard):
            return
        before = report.errors
        _trims(storyboard, report)
        shown = row(storyboard) if report.errors == before else ()
        _nothing_left(shown, storyboard.cut.fps, report)
        check_transitions(storyboard, shown if report.errors == before else (), report)
    else:
        check_transitions(storyboard, None, report)


def _is_edited(storyboard: Storyboard) -> bool:
    """Is there anything that can be too long, or leave nothing?"""
    trims = (trim for scene in storyboard.scenes for trim in (scene.trim, *(s.trim for s in scene.shots)))
    return bool(storyboard.cut.order or storyboard.cut.transitions) or not all(
        trim.is_empty for trim in trims
    )


def _values(storyboard: Storyboard, report: Report) -> None:
    cut = storyboard.cut
    if cut.fit is not None and cut.fit.value not in FITS:
        fix = spelt(cut.fit.node, FITS)
        report.add("SB709", cut.fit.span, value=cut.fit.value, expected=one_of(FITS), fix=fix)
    _within("loudness", cut.loudness, LOUDNESS, "LUFS", report)
    for card in (cut.title, cut.end):
        if card is not None:
            if not card.text.value.strip():
                report.add("SB713", card.text.span)
            _within("duration", card.seconds, CARD, "s", report)


def _within(
    key: str, placed: Placed[Decimal] | None, most: tuple[Decimal, Decimal], unit: str, report: Report
) -> None:
    if placed is not None and not most[0] <= placed.value <= most[1]:
        report.add("SB706", placed.span, key=key, value=placed.value, least=most[0], most=most[1], unit=unit)


def _cue(cue: Cue, film: Compiled, report: Report, *, whole: bool) -> None:
    _within("gain", cue.gain, GAIN, "dB", report)
    _within("duck", cue.duck, DUCK, "dB", report)
    if cue.seconds is not None and not cue.seconds.value:
        report.add("SB710", cue.seconds.span)
    path = path_of(cue.file)
    if path is None:
        report.add("SB404", cue.file.span, path=cue.file.value)
    elif (fact := film.surroundings.media.get(path)) is not None:
        _sound_file(replace(fact, path=seen_path(cue.file)), cue.file, report)
    name = moment_or_name(cue.at)
    if whole and cue.at is not None and isinstance(name, str):
        known = _known(Placed(name, cue.at.node), film.storyboard, report)
        if known:
            _in_the_cut(name, cue.at, film.storyboard, report)


def _sound_file(fact: MediaFact, file: Placed[str], report: Report) -> None:
    """Whether it can be heard is found when it is; what is no sound file at all is known now."""
    if fact.problem == "missing":
        report.add("SB708", file.span, path=fact.path)
    elif fact.problem is not None and fact.problem != "damaged":
        report.add(PROBLEMS[fact.problem], file.span, path=fact.path, detail=fact.detail or fact.problem)


def _in_the_cut(name: str, at: Placed[str], storyboard: Storyboard, report: Report) -> None:
    """A cue begins with what the cut shows."""
    scene, shot = storyboard.named(name) or (None, None)
    for entry in storyboard.film:
        found = storyboard.named(entry.name.value)
        if found is not None and found[0] is scene and (shot is None or found[1] in {None, shot}):
            return
    report.add("SB712", at.span, name=name)


def _known(name: Placed[str], storyboard: Storyboard, report: Report) -> bool:
    if storyboard.named(name.value) is not None:
        return True
    names = [scene.id.value for scene in storyboard.scenes]
    scene = name.value.partition(".")[0]
    if (found := storyboard.named(scene)) is not None:
        names = [f"{scene}.{shot.id}" for shot in found[0].shots]
    fix = spelt(name.node, names)
    report.add("SB120", name.span, name=name.value, hint=did_you_mean(name.value, names), fix=fix)
    return False


def _of_two(storyboard: Storyboard, report: Report) -> None:
    """Names in the cut that a scene and a shot have: which is meant is said."""
    cut = storyboard.cut
    names = [entry.name for entry in cut.order]
    names += [end for transition in cut.transitions for end in (transition.before, transition.after)]
    names += [cue.at for cue in cut.sound if cue.at is not None and isinstance(moment_or_name(cue.at), str)]
    for name in names:
        found = tuple(storyboard.all_named(name.value))
        if len(found) > 1:
            scene, shot = found[0]
            meant = "the scene" if shot is None else f"the shot `{shot.id}` of `{scene.id.value}`"
            notes = tuple(Note("the other one", (shot or scene).place) for scene, shot in found[1:])
            report.add("SB714", name.span, name=name.value, meant=meant, notes=notes)


def _order(storyboard: Storyboard, report: Report) -> None:
    known = [entry for entry in storyboard.cut.order if _known(entry.name, storyboard, report)]
    if not storyboard.cut.order or len(known) < len(storyboard.cut.order):
        return
    found = (storyboard.named(entry.name.value) for entry in known)
    shown = {scene.id.value for named in found if named is not None for scene in named[:1]}
    for scene in storyboard.scenes:
        if scene.id.value not in shown:
            report.add("SB707", scene.place, scene=scene.id.value)


def _trims(storyboard: Storyboard, report: Report) -> None:
    for scene in storyboard.scenes:
        seconds = sum(shot.seconds.value for shot in scene.shots)
        _trim(scene.trim, scene.id.value, seconds, report)
        for shot in scene.shots:
            _trim(shot.trim, f"{scene.id.value}.{shot.id}", shot.seconds.value, report)
    for entry in storyboard.cut.order:
        found = storyboard.named(entry.name.value)
        if found is not None:
            shots = found[0].shots if found[1] is None else (found[1],)
            _trim(entry.trim, entry.name.value, sum(shot.seconds.value for shot in shots), report)


def _nothing_left(pieces: Sequence[Shown], fps: int, report: Report) -> None:
    """Trims that each leave something may leave nothing together, or less than a frame."""
    for piece in pieces:
        if not piece.stretches:
            report.add("SB711", piece.entry.name.span, name=piece.name, fps=fps)


def _trim(trim: Trim, name: str, seconds: int, report: Report) -> None:
    begin, end = trim.begin, trim.end
    if begin is not None and begin.value >= seconds:
        cure = "it is where the cut begins: before the end"
        report.add("SB702", begin.span, name=name, seconds=seconds, key="in", value=begin.value, cure=cure)
    elif end is not None and end.value > seconds:
        cure = f"it is where the cut leaves it: at most {seconds}"
        report.add("SB702", end.span, name=name, seconds=seconds, key="out", value=end.value, cure=cure)
    elif end is not None and end.value <= (begin.value if begin is not None else 0):
        start = begin.value if begin is not None else 0
        report.add("SB701", end.span, name=name, begin=start, end=end.value)
