"""Rules on who speaks: a speaker may be any words, so that one who is misspelt is nobody's mistake but the author's."""

from __future__ import annotations

import re
from collections.abc import Iterable

from storyboard.compile.names import Cast
from storyboard.compile.prompts import CompiledScene
from storyboard.findings import Report
from storyboard.read.cures import meant, stretch
from storyboard.read.model import Line
from storyboard.read.nodes import Scalar

SURE = 4  # letters from which on another letter is no other name: Ben is not Bea
WITHOUT_COLON = re.compile(r"(?P<head>@?(?P<name>[^\s()（）]+)\s*[(（][^()（）]{1,40}[)）])\s+\w")


def check_speakers(compiled: CompiledScene, cast: Cast, report: Report) -> None:
    """Who is called nearly like an element or a voice, and lines whose colon was forgotten."""
    names = (*cast.elements, *cast.voices)
    if not names or not cast.known or cast.broken:
        return
    for shot in compiled.scene.shots:
        for line in shot.dialogue:
            _line(line, names, report)


def _line(line: Line, names: Iterable[str], report: Report) -> None:
    if line.speaker is not None:
        name = line.speaker.value  # with an @ it has to be an element's
        close = _near(name, names) if name not in names and name[:1] != "@" else None
        if close is not None:
            report.add("SB173", line.speaker.span, name=name, hint=f"did you mean `{close}`?")
        return
    match = WITHOUT_COLON.match(line.words.value)
    if match is not None and (match["name"] in names or _near(match["name"], names) is not None):
        _without_colon(line.words, match, report)


def _near(name: str, names: Iterable[str]) -> str | None:
    close = meant(name, names)
    same = close is not None and close.casefold() == name.casefold()
    return close if same or len(name) >= SURE else None


def _without_colon(words: Scalar, match: re.Match[str], report: Report) -> None:
    head = match["head"]
    fix = stretch(words, *match.span("head"), f"{head}:", "write a `:` behind the speaker")
    place = words.place(*match.span("head"))
    report.add("SB176", place, name=match["name"], hint=f"did you mean `{head}:`?", fix=fix)
