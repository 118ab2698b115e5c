"""Prompt sections through the levels, outer to inner: some add up, for the others the nearest wins, null clears."""

from __future__ import annotations

from typing import Any

from storyboard.read.authored_prompt import SECTIONS, Sections, Verbatim
from storyboard.read.model import Part, Prompt
from storyboard.read.nodes import Scalar

ADDING = frozenset({"important_details", "audio", "constraints"})


def over(outer: Prompt, level: str, prompt: Any) -> Prompt:
    """The prompt that holds when a level (by name) with this authored prompt, or None, lies inside what held so far."""
    if prompt is None:
        return outer
    if isinstance(prompt, Verbatim):
        return Prompt(verbatim=prompt.verbatim)
    if isinstance(prompt, Scalar) and prompt.is_null:
        return Prompt()
    sections = dict(outer.sections)
    if isinstance(prompt, Scalar):
        sections["subject_motion"] = (Part(prompt, level),)
        return Prompt(sections, labelled=False)
    _merge(sections, prompt, level)
    return Prompt(sections, labelled=outer.labelled or prompt.subject_motion is not None)


def _merge(sections: dict[str, tuple[Part, ...]], prompt: Sections, level: str) -> None:
    authored = prompt.model_fields_set
    for name in SECTIONS:
        if name not in authored:
            continue
        value = getattr(prompt, name)
        if isinstance(value, Scalar) and value.is_null:
            sections.pop(name, None)
            continue
        texts = value if isinstance(value, tuple) else (value,)
        parts = tuple([Part(text, level) for text in texts if not text.is_null])
        sections[name] = _added(sections.get(name, ()), parts) if name in ADDING else parts


def _added(outer: tuple[Part, ...], inner: tuple[Part, ...]) -> tuple[Part, ...]:
    found = {part.text.value: part for part in (*inner[::-1], *outer[::-1])}
    return tuple(part for part in (*outer, *inner) if found[part.text.value] is part)
