"""Rules on one scene as it is compiled: what fal and Kling would refuse, found before anything is paid."""

from __future__ import annotations

import re
from collections.abc import Iterator

from storyboard.catalog.endpoints import Endpoint, Limits
from storyboard.compile.compiler import lays_out
from storyboard.compile.names import Atom, Cast
from storyboard.compile.prompts import CompiledPrompt, CompiledScene, meter
from storyboard.diagnostics import Note, Span
from storyboard.findings import Report, did_you_mean
from storyboard.read.cures import spelt, without
from storyboard.read.leaves import holds_jinja
from storyboard.read.levels import is_inherited
from storyboard.read.model import Scene, Shot
from storyboard.rules.fields import check_fields
from storyboard.rules.source import unheard
from storyboard.rules.templates import Sources, place_in_template

HANDWRITTEN = re.compile(r"@Element\d+|<<<[^<>\0]*>>>")
LEVEL_WORDS = {"defaults": "from `defaults`", "scene": "from the scene", "shot": "in the shot", "": ""}


def check_scene(compiled: CompiledScene, cast: Cast, templates: Sources, report: Report) -> None:
    limits = compiled.endpoint.limits
    _durations(compiled, limits, report)
    if not compiled.endpoint.follows and not _to_be_split(compiled.scene):  # a film's: see source.py
        _clip_length(compiled, limits, report)
    _prompts(compiled, limits, templates, report)
    _stills(compiled, report)
    _elements(compiled, limits, report)
    _listed(compiled, cast, report)
    check_fields(compiled, cast, report)


def _in_two(endpoint: Endpoint) -> str:
    """The cure of a scene that is too long. Where each part would need a still, nothing splits it by itself."""
    cure = "split the scene in two"
    return cure if endpoint.needs("start_image_url") else f"{cure}, or let `pack: auto` do so"


def _durations(compiled: CompiledScene, limits: Limits, report: Report) -> None:
    scene, (least, most) = compiled.scene, limits.shots
    if len(scene.shots) > most and not _to_be_split(scene):
        bound = f"{least} to {most}" if least < most else str(most)
        count = len(scene.shots)
        report.add(
            "SB301", scene.shots[most].place, count=count, bound=bound, cure=_in_two(compiled.endpoint)
        )
    several = len(scene.shots) > 1
    for shot in scene.shots:
        first, last = limits.shot_seconds
        if several and not first <= shot.seconds.value <= last:
            report.add("SB302", shot.seconds.span, seconds=shot.seconds.value, least=first, most=last)
    total = _seconds(scene)
    if scene.duration is not None and scene.duration.value != total:
        fix = without(scene.duration.node)
        report.add("SB110", scene.duration.span, said=scene.duration.value, sum=total, fix=fix)


def _to_be_split(scene: Scene) -> bool:
    """`pack: auto` waits until the scene's own duration is right: it may be as long as it likes."""
    return scene.pack is not None and scene.duration is not None and scene.duration.value != _seconds(scene)


def _seconds(scene: Scene) -> int:
    return sum(shot.seconds.value for shot in scene.shots)


def _clip_length(compiled: CompiledScene, limits: Limits, report: Report) -> None:
    scene = compiled.scene
    total, (first, last) = _seconds(scene), limits.clip_seconds
    if not first <= total <= last:
        cure = _length_cure(compiled, total, last)
        place = scene.place if len(scene.shots) > 1 else scene.shots[0].seconds.span
        report.add("SB303", place, seconds=total, least=first, most=last, cure=cure, notes=_sum(scene.shots))


def _length_cure(compiled: CompiledScene, total: int, last: int) -> str:
    if total > last:
        several = len(compiled.scene.shots) > 1
        return _in_two(compiled.endpoint) if several else "split it into several scenes"
    return "make it longer"


def _sum(shots: tuple[Shot, ...]) -> tuple[Note, ...]:
    if len(shots) == 1:
        return ()
    return tuple(
        Note(f"shot {shot.id}: {shot.seconds.value} s", shot.seconds.span, row=True) for shot in shots
    )


def _prompts(compiled: CompiledScene, limits: Limits, templates: Sources, report: Report) -> None:
    several = len(compiled.prompts) > 1
    for shot, prompt in zip(compiled.scene.shots, compiled.prompts, strict=True):
        if not prompt.text.strip():
            what = f"shot {shot.id}" if several else "scene"
            report.add("SB112", shot.place, what=what)
            continue
        if _has_failed(prompt, shot):
            continue  # its text is not what it will be
        if several:
            _shot_length(prompt, compiled.endpoint, shot, report)
        else:
            _prompt_length(prompt, limits, shot, report)
        _handwritten(compiled.scene, shot, prompt, templates, report)
        if shot.dialogue and shot.prompt.verbatim is not None:
            report.add("SB132", shot.dialogue[0].words.span)
        elif shot.dialogue and not compiled.heard:
            unheard(shot.dialogue[0].words.span, "dialogue", compiled, report)


def _has_failed(prompt: CompiledPrompt, shot: Shot) -> bool:
    """Does a text of it stand as it was written because its template failed?"""
    if shot.prompt.verbatim is not None:
        return False
    return any(piece.atom is not None and holds_jinja(piece.atom.scalar) for piece in prompt.pieces)


def _prompt_length(prompt: CompiledPrompt, limits: Limits, shot: Shot, report: Report) -> None:
    count, place = len(prompt.text), prompt.place() or shot.place
    if count > limits.prompt_characters:
        notes = (*_whose(prompt, shot, "scene"), *_meter(prompt))
        report.add("SB306", place, count=count, limit=limits.prompt_characters, notes=notes)
    elif count > limits.prompt_characters_warning:
        notes = (*_whose(prompt, shot, "scene"), *_meter(prompt))
        report.add("SB323", place, count=count, limit=limits.prompt_characters_warning, notes=notes)


def _handwritten(
    scene: Scene, shot: Shot, prompt: CompiledPrompt, templates: Sources, report: Report
) -> None:
    """Nothing that looks like a tag of fal's may go out unless the compiler wrote it."""
    text = prompt.text
    if "<<<" not in text and text.count("@Element") == prompt.tags:
        return
    ours = [piece.atom is not None and piece.atom.kind != "text" for piece in prompt.pieces]
    text = "".join("\0" * len(p.text) if own else p.text for p, own in zip(prompt.pieces, ours, strict=True))
    own = {
        f"<<<voice_{number}>>>" for number in range(1, len(scene.voice_ids) + 1)
    }  # fal's spelling beside `voice_ids`
    for found in HANDWRITTEN.finditer(text):
        if found[0] in own:
            continue
        here = _place_in(prompt, found.start())
        there = place_in_template(scene, templates, found[0]) if here is None else None
        notes = lays_out(scene) if there is not None else ()
        report.add("SB218", here or there or shot.place, text=found[0], notes=notes)


def _place_in(prompt: CompiledPrompt, position: int) -> Span | None:
    for piece in prompt.pieces:
        if position < len(piece.text):
            return piece.atom.place if piece.atom is not None else None
        position -= len(piece.text)
    return None


def _shot_length(prompt: CompiledPrompt, endpoint: Endpoint, shot: Shot, report: Report) -> None:
    limits, count = endpoint.limits, prompt.characters(endpoint)
    code = (
        "SB304"
        if count > limits.shot_characters
        else "SB305"
        if count > limits.shot_characters_warning
        else None
    )
    if code is None:
        return
    over = count - limits.shot_characters
    hint = f"{over} characters too many" if over > 0 else None
    notes = (*_whose(prompt, shot), *_meter(prompt, tag_characters=limits.tag_characters))
    place = prompt.place() or shot.place
    report.add(code, place, count=count, limit=limits.shot_characters, hint=hint, notes=notes)


def _whose(prompt: CompiledPrompt, shot: Shot, own: str = "shot") -> tuple[Note, ...]:
    """Which shot it is, where its text begins with what it inherits: `own` is the level that it does not."""
    first = next((piece.atom for piece in prompt.pieces if piece.atom is not None), None)
    if first is None or first.level in {"", "shot"} or (own == "scene" and not is_inherited(first.level)):
        return ()
    return (Note(f"inherited by the shot `{shot.id}`", shot.place),)


def _meter(prompt: CompiledPrompt, tag_characters: int = 0) -> tuple[Note, ...]:
    """A line a section: its characters, and where it was inherited from."""
    first: dict[tuple[str, str], Span] = {}
    for piece in prompt.pieces:
        if piece.atom is not None:
            first.setdefault(piece.origin, piece.atom.place)
    notes = [
        Note(f"{count:>4}  {_source(section, level)}", first.get((section, level)), row=True)
        for (section, level), count in meter(prompt).items()
    ]
    if prompt.tags and tag_characters:
        extra = prompt.tags * tag_characters
        notes.append(
            Note(
                f"{extra:>4}  {prompt.tags} element tags, {tag_characters} each: Kling expands them before it counts"
            )
        )
    return tuple(notes)


def _source(section: str, level: str) -> str:
    name = section.replace("_", " ") or "punctuation and labels"
    return f"{name} {LEVEL_WORDS.get(level, f'from the {level}')}".rstrip()


def _stills(compiled: CompiledScene, report: Report) -> None:
    scene, endpoint = compiled.scene, compiled.endpoint
    if scene.start_image is None and scene.continues is None and endpoint.needs("start_image_url"):
        cure = "add the picture of who is to move"
        if endpoint.begins == "still":
            cure = f"add the first frame, or shoot without one: `endpoint: {endpoint.alias}-text`"
            if scene.endpoint is None:
                cure += "; no `endpoint` is named, and this one is the default"
        report.add("SB319", scene.place, endpoint=endpoint.alias, key="start_image", cure=cure)
    for name, scalar in (("start_image", scene.start_image), ("end_image", scene.end_image)):
        if scalar is not None and not endpoint.takes(f"{name}_url"):
            other = endpoint.alias.removesuffix("-text")
            hint = f"leave it out, or use `endpoint: {other}`" if other != endpoint.alias else None
            report.add("SB318", scalar.span, key=name, endpoint=endpoint.alias, hint=hint)
    if scene.end_image is not None and len(scene.shots) > 1 and endpoint.takes("end_image_url"):
        notes = (Note("the scene has several shots", scene.shots[1].place), *lent(scene, "end_image"))
        report.add("SB307", scene.end_image.span, notes=notes)


def lent(scene: Scene, field: str) -> tuple[Note, ...]:
    """Why a scene has the still of another."""
    return (scene.lent[field],) if field in scene.lent else ()


def _elements(compiled: CompiledScene, limits: Limits, report: Report) -> None:
    count = len(compiled.tagged)
    videos = [element for element in compiled.tagged if element.video is not None]
    if count > limits.elements:
        report.add("SB311", compiled.scene.place, count=count, limit=limits.elements, hint=_names(compiled))
    elif count > limits.elements_warning:
        report.add(
            "SB312", compiled.scene.place, count=count, limit=limits.elements_warning, hint=_names(compiled)
        )
    if videos and not limits.video_elements:
        notes = (Note("its video", videos[0].place),)
        name, endpoint = videos[0].name, compiled.endpoint.alias
        report.add("SB220", compiled.scene.place, notes=notes, name=name, endpoint=endpoint)
    elif len(videos) > limits.video_elements:
        place = videos[1].place
        report.add(
            "SB310",
            compiled.scene.place,
            count=len(videos),
            limit=limits.video_elements,
            notes=(Note("the second one", place),),
        )
    elif videos and "video_url" in compiled.endpoint.unpriced:
        notes = (Note("its video", videos[0].place),)
        name, endpoint = videos[0].name, compiled.endpoint.alias
        report.add("SB324", compiled.scene.place, notes=notes, name=name, endpoint=endpoint)


def _names(compiled: CompiledScene) -> str:
    return "in this request: " + ", ".join(f"@{element.name}" for element in compiled.tagged)


def _listed(compiled: CompiledScene, cast: Cast, report: Report) -> None:
    """Elements that the scene lists without naming them in a prompt."""
    tagged = {atom.text for atom in _element_atoms(compiled)}
    for scalar in compiled.scene.elements:
        name = scalar.value.removeprefix("@")
        if name not in cast.elements and name not in cast.broken:
            fix = spelt(scalar, cast.elements, name) if name == scalar.value else None
            report.add("SB201", scalar.span, name=name, hint=did_you_mean(name, cast.elements), fix=fix)
        elif name not in tagged:
            report.add("SB213", scalar.span, name=name)


def _element_atoms(compiled: CompiledScene) -> Iterator[Atom]:
    for prompt in compiled.prompts:
        for piece in prompt.pieces:
            if piece.atom is not None and piece.atom.kind == "element":
                yield piece.atom
