"""Prompt sections through the levels, outer to inner: some add up, for the others the nearest wins, null clears."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from storyboard.read.authored import SECTIONS, Sections, Verbatim
from storyboard.read.model import Part, Prompt
from storyboard.read.nodes import Scalar

ADDING = frozenset({"important_details", "audio", "constraints"})


def inherited(levels: Sequence[tuple[str, Any]]) -> Prompt:
    """The prompt that holds after all levels (name, authored prompt or None), from the outermost to the innermost."""
    sections: dict[str, tuple[Part, ...]] = {}
    labelled = True
    verbatim: Scalar | None = None
    for level, prompt in levels:
        if prompt is None:
            continue
        verbatim = prompt.verbatim if isinstance(prompt, Verbatim) else None
        if verbatim is not None:
            sections, labelled = {}, True
        elif isinstance(prompt, Scalar):
            if prompt.is_null:
                sections, labelled = {}, True
            else:
                sections["subject_motion"], labelled = (Part(prompt, level),), False
        elif isinstance(prompt, Sections):
            labelled = labelled or prompt.subject_motion is not None
            _merge(sections, prompt, level)
    return Prompt(sections, labelled, verbatim)


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
