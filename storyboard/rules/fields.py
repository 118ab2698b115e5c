"""Rules on what a scene says beside its prompts, its pictures and its elements."""

from __future__ import annotations

from storyboard.compile.names import Cast, atoms
from storyboard.compile.prompts import CompiledScene
from storyboard.findings import Report
from storyboard.read.cures import spelt
from storyboard.read.nodes import Scalar

OPTIONAL = {  # a scene's keys that are left out where the endpoint has no such field
    **{key: key for key in ("negative_prompt", "cfg_scale", "shot_type", "aspect_ratio", "keep_audio")},
    "follow": "character_orientation",
}


def check_fields(compiled: CompiledScene, cast: Cast, report: Report) -> None:
    scene, limits, only = compiled.scene, compiled.endpoint.limits, compiled.endpoint.defaults.shot_type
    scale = scene.cfg_scale
    least, most = limits.cfg_scale
    if scale is not None and not least <= scale.value <= most:
        report.add("SB320", scale.span, key="cfg_scale", value=scale.value, least=least, most=most)
    if scene.shot_type is not None and scene.shot_type.value != only:
        expected = f"`{only}`, the only kind"
        fix = spelt(scene.shot_type, [only])
        report.add("SB104", scene.shot_type.span, value=scene.shot_type.value, expected=expected, fix=fix)
    negative = scene.negative_prompt
    if negative is not None and len(negative.value) > limits.negative_prompt_characters:
        report.add("SB321", negative.span, count=len(negative.value), limit=limits.negative_prompt_characters)
    _ratio(compiled, report)
    _sound(compiled, report)
    _not_taken(compiled, report)
    if negative is not None:
        unnamed(negative, "negative_prompt", cast, report)


def unnamed(scalar: Scalar, field: str, cast: Cast, report: Report) -> None:
    """Text in which names are not resolved: a name in it would be sent as it stands."""
    if any(atom.kind != "text" for atom in atoms(scalar, cast, report)):
        report.add("SB217", scalar.span, field=field)


def _ratio(compiled: CompiledScene, report: Report) -> None:
    ratio = compiled.scene.aspect_ratio
    if ratio is None:
        return
    if ratio.value not in compiled.endpoint.ratios:
        expected = f"one of {', '.join(compiled.endpoint.ratios)}"
        report.add("SB104", ratio.span, value=ratio.value, expected=expected)
    elif "aspect_ratio" in compiled.endpoint.ignored_fields:
        report.add(
            "SB317", ratio.span, key="aspect_ratio", cure="the frame takes its shape from the start image"
        )


def _sound(compiled: CompiledScene, report: Report) -> None:
    """Silence that is asked for, and is not to be had."""
    asked = compiled.scene.generate_audio
    if asked is not None and compiled.audio and not asked.value and not compiled.endpoint.keeps_sound:
        report.add("SB325", asked.span, endpoint=compiled.endpoint.alias)


def _not_taken(compiled: CompiledScene, report: Report) -> None:
    """What is authored, or inherited, and this endpoint has no field for."""
    for key, name in OPTIONAL.items():
        authored = getattr(compiled.scene, key)
        if authored is not None and not compiled.endpoint.accepts(name):
            report.add("SB326", authored.span, key=key, endpoint=compiled.endpoint.alias)
