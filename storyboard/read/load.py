"""The stage `read`: the text of a storyboard to the storyboard as it was meant, with every diagnostic on the way."""

from __future__ import annotations

from collections.abc import Mapping as MappingType
from dataclasses import replace
from typing import Any

from storyboard.findings import Report
from storyboard.read.compose import decode
from storyboard.read.lost import warn_of_lost_text
from storyboard.read.model import Storyboard
from storyboard.read.nodes import Broken, Mapping, kind
from storyboard.read.recover import read_on
from storyboard.read.resolve import resolve
from storyboard.read.shape import shape
from storyboard.read.source import Source
from storyboard.read.spell import spell_out


def read(
    path: str, text: bytes, variables: MappingType[str, Any], report: Report
) -> tuple[Source | None, Storyboard | None]:
    """The source, for code frames, and the storyboard; each None when the text does not get that far."""
    source = decode(path, text, report)
    root, hidden = read_on(source, report) if source is not None else (None, False)
    if source is None or root is None or isinstance(root, Broken):
        return source, None
    if not isinstance(root, Mapping):
        report.add(
            "SB103", root.span, expected="a mapping that begins with `storyboard: 1`", found=kind(root)
        )
        return source, None
    warn_of_lost_text(root, report)
    shaped = shape(spell_out(root, report), report)
    storyboard = resolve(shaped, variables, report) if shaped is not None else None
    return source, replace(storyboard, whole=False) if hidden and storyboard is not None else storyboard
