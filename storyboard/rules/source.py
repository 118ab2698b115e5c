"""Rules on the film that a clip starts from: whether there is one, what of it is kept, how long the clip becomes."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from math import ceil

from storyboard.catalog.endpoints import Limits
from storyboard.compile.paths import is_remote, path_of, seen_path
from storyboard.compile.prompts import CompiledScene
from storyboard.diagnostics import Fix, Span
from storyboard.findings import Report
from storyboard.media.fact import MediaFact
from storyboard.read.cures import beside, instead
from storyboard.read.nodes import Scalar

FILM = "name the film that the clip starts from: a file in the project, or an https address"
FACING = "`image` for people who face as in the still (film up to {image} s), `video` as in the film (up to {video} s)"


def check_source(compiled: CompiledScene, media: Mapping[str, MediaFact], report: Report) -> None:
    source, endpoint = compiled.scene.source_video, compiled.endpoint
    if not endpoint.takes("video_url"):
        if source is not None:
            report.add("SB318", source.span, key="source_video", endpoint=endpoint.alias)
        return
    _needed(compiled, report)
    _sound(compiled, report)
    if source is not None and endpoint.follows and len(compiled.scene.shots) == 1:
        _length(compiled, source, media, report)


def unheard(place: Span, what: str, compiled: CompiledScene, report: Report, where: str = "") -> None:
    """Dialogue, or sound that is described (in `where`), which is not sent."""
    if compiled.endpoint.keeps_sound:
        report.add("SB219", place, what=what, endpoint=compiled.endpoint.alias)
    elif where:
        report.add("SB814", place, where=where)
    else:
        report.add("SB126", place)


def limits_of_source(compiled: CompiledScene) -> Limits:
    """What holds for the film of the scene, by what it says that people follow."""
    follow = compiled.scene.follow
    return compiled.endpoint.limits.of_source(follow.value if follow is not None else None)


def _needed(compiled: CompiledScene, report: Report) -> None:
    scene, endpoint, limits = compiled.scene, compiled.endpoint, compiled.endpoint.limits
    if scene.source_video is None:
        report.add("SB319", scene.place, endpoint=endpoint.alias, key="source_video", cure=FILM)
    if scene.follow is None and endpoint.needs("character_orientation"):
        cure = FACING.format(image=limits.source_seconds_of_image[1], video=limits.source_seconds[1])
        report.add("SB319", scene.place, endpoint=endpoint.alias, key="follow", cure=cure)


def _sound(compiled: CompiledScene, report: Report) -> None:
    """What is asked of sound by the word that other endpoints have for it."""
    asked, alias = compiled.scene.generate_audio, compiled.endpoint.alias
    if asked is None or asked.value == compiled.audio:
        return
    if compiled.audio:
        report.add("SB327", asked.span, endpoint=alias)
    else:
        report.add("SB326", asked.span, key="generate_audio", endpoint=alias)


def _length(compiled: CompiledScene, source: Scalar, media: Mapping[str, MediaFact], report: Report) -> None:
    """What is planned and paid is the film's length: no length is sent."""
    path = None if is_remote(source.value) else path_of(source)
    fact = media.get(path) if path is not None else None
    if not is_remote(source.value) and (fact is None or fact.problem is not None or fact.kind != "mp4"):
        return  # that is said of the file, or it is not there yet
    if fact is None or fact.seconds is None:
        _unknown(compiled, source, report)
        return
    least, most = _bounds(compiled)
    said, whole = compiled.scene.shots[0].seconds, ceil(fact.seconds)
    if least <= fact.seconds <= most and said.value != whole:
        fix, measured = _written(compiled, whole), f"{fact.seconds:.2f}"
        report.add(
            "SB328",
            said.span,
            path=seen_path(source),
            measured=measured,
            said=said.value,
            whole=whole,
            fix=fix,
        )


def _unknown(compiled: CompiledScene, source: Scalar, report: Report) -> None:
    """The length has to be believed: at least it is one that a film may have."""
    shot, (least, most) = compiled.scene.shots[0], _bounds(compiled)
    seconds = shot.seconds.value
    if not least <= seconds <= most:
        cure = "the clip is as long as its film: write the film's length, rounded up"
        report.add("SB303", shot.seconds.span, seconds=seconds, least=ceil(least), most=int(most), cure=cure)
    report.add("SB329", source.span, seconds=seconds)


def _bounds(compiled: CompiledScene) -> tuple[Decimal, Decimal]:
    return limits_of_source(compiled).video_seconds


def _written(compiled: CompiledScene, seconds: int) -> Fix | None:
    """The scene's own `duration`, as long as the film. None where other scenes are written in the same place."""
    scene = compiled.scene
    title, identity = f"write `duration: {seconds}`", scene.id.node
    if not isinstance(identity, Scalar) or identity.pieces is not None:
        return None
    if scene.duration is not None:
        return instead(scene.duration.node, str(seconds), title)
    return beside(identity, "duration", str(seconds), title)
