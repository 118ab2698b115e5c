"""A file that is meant to be included, and was named as if it were a storyboard."""

from __future__ import annotations

from msgspec.structs import replace

from storyboard.diagnostics import Diagnostic
from storyboard.findings import Report
from storyboard.pipeline import Checked
from storyboard.read.compose import compose
from storyboard.read.nodes import Mapping
from storyboard.read.source import Source

BRINGS = ("vars", "voices", "elements", "defaults")
MAY = {*BRINGS, "include", "title", "note"}
NO_VERSION, NO_SCENES = "SB102", "SB123"


def told_as_part(checked: Checked) -> Checked:
    """What was checked, and of a file that brings things to others and shows nothing, that it is one: it lacks nothing
    that it should have."""
    lacks = [one for one in checked.diagnostics if one.code in {NO_VERSION, NO_SCENES} and not one.notes]
    brings = _brings(checked.source) if {one.code for one in lacks} == {NO_VERSION, NO_SCENES} else ()
    if not brings or checked.source is None:
        return checked
    message = (
        f"this looks like a file to be included: it has {' and '.join(brings)}, no version and no scenes"
    )
    hint = "check a storyboard that includes it"
    first = lacks[0]
    said = Diagnostic(NO_VERSION, "error", message, first.span, hint)
    others = tuple(one for one in checked.diagnostics if one not in lacks)
    return replace(checked, diagnostics=(said, *others))


def is_part(checked: Checked) -> bool:
    """Was it told so?"""
    return any(one.code == NO_VERSION and one.message.startswith("this looks") for one in checked.diagnostics)


def _brings(source: Source | None) -> tuple[str, ...]:
    """The keys of a file that has no others than those that an included file may have."""
    root = compose(source, Report()) if source is not None else None
    if not isinstance(root, Mapping) or not all(
        name in MAY or name.startswith("x-") for name in root.names()
    ):
        return ()
    return tuple(f"`{name}`" for name in BRINGS if name in root.names())
