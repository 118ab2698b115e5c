"""Rules on voices: who can be heard in a request, and how many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from storyboard.compile.names import Atom
from storyboard.compile.prompts import CompiledScene
from storyboard.diagnostics import Note, Span
from storyboard.findings import Report

NO_SOUND = ("the scene has no sound", "set `generate_audio: true`, or take the voice out")


def check_voices(compiled: CompiledScene, report: Report) -> None:
    places = _places(compiled)
    if not compiled.endpoint.voice:
        _no_voices(compiled, places, report)
        return
    _bound(compiled, report)
    limit = compiled.endpoint.limits.voices
    count = max(len(compiled.spoken), len(compiled.scene.voice_ids))
    if count > limit:
        report.add("SB315", compiled.scene.place, count=count, limit=limit)
    for name, place in places.items():
        _heard(name, place, compiled, report)
    if compiled.scene.voice_ids and not compiled.audio:
        first = compiled.scene.voice_ids[0]
        _refuse(first.value, first.span, report, *NO_SOUND)


def _no_voices(compiled: CompiledScene, places: Mapping[str, Span], report: Report) -> None:
    endpoint = compiled.endpoint.alias
    if compiled.scene.voice_ids:
        report.add("SB318", compiled.scene.voice_ids[0].span, key="voice_ids", endpoint=endpoint)
    cure = "say in words who speaks and how, or choose an endpoint that takes voices"
    for name, place in places.items():
        _refuse(name, place, report, f"`{endpoint}` takes no voices", cure)


def check_ignored_voices(scenes: Sequence[CompiledScene], report: Report) -> None:
    """Voices that go out as `voice_ids`: one warning for the film, with all the places."""
    found = [place for compiled in scenes if (place := _by_position(compiled)) is not None]
    if found:
        notes = tuple(Note("here, too", place) for place in found[1:])
        cure = "for a voice that is surely heard, bind it to an element with a video: `voice: name`"
        report.add("SB317", found[0], key="voice_ids", cure=cure, notes=notes)


def _by_position(compiled: CompiledScene) -> Span | None:
    """The first place of a voice that is sent by its position, while there is sound."""
    if not compiled.audio or not compiled.endpoint.accepts("voice_ids"):
        return None
    if compiled.scene.voice_ids:
        return compiled.scene.voice_ids[0].span
    return None if compiled.tagged else next(iter(_places(compiled).values()), None)


def _bound(compiled: CompiledScene, report: Report) -> None:
    """A voice of an element needs sound."""
    for element in compiled.tagged:
        if element.voice is not None and not compiled.audio:
            report.add("SB322", element.voice.span, name=element.name)


def _places(compiled: CompiledScene) -> dict[str, Span]:
    """The first place of each voice that is sent."""
    found: dict[str, Span] = {}
    for prompt in compiled.prompts:
        for piece in prompt.pieces:
            if isinstance(piece.atom, Atom) and piece.atom.kind == "voice":
                found.setdefault(piece.atom.text, piece.atom.place)
    return found


def _heard(name: str, place: Span, compiled: CompiledScene, report: Report) -> None:
    bound = {element.voice.value for element in compiled.tagged if element.voice is not None}
    if not compiled.audio:
        _refuse(name, place, report, *NO_SOUND)
    elif compiled.scene.voice_ids:
        _refuse(
            name, place, report, "the scene has `voice_ids` of its own", "use names or `voice_ids`, not both"
        )
    elif compiled.tagged and name not in bound:
        why = "with elements in the request only a voice that is bound to one of them is heard"
        _refuse(
            name,
            place,
            report,
            why,
            "give the voice to an element with a video (`voice: name`), or send no elements",
        )


def _refuse(name: str, place: Span, report: Report, why: str, cure: str) -> None:
    report.add("SB316", place, name=name, why=why, cure=cure)
