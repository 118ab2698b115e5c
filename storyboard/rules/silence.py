"""Warnings that an author has silenced: `# storyboard: ignore SB818`, on their line or alone on the line above.

Where a value begins that goes on over several lines, a silence counts for all of them: inside there is no room for a
remark. Errors can't be silenced.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from ruamel.yaml.cyaml import CParser  # type: ignore[attr-defined]
from ruamel.yaml.error import YAMLError
from ruamel.yaml.events import ScalarEvent

from storyboard.diagnostics import Diagnostic, Edit, Fix, Span, in_source_order
from storyboard.findings import Report
from storyboard.read.source import Source
from storyboard.read.spelling import nearest
from storyboard.rules.book import BOOK

MARK = "storyboard: ignore"
REMARK = re.compile(
    r"(?:^|(?<=[\s]))#[ \t]*storyboard: ignore\b[ \t]*:?[ \t]*(?P<codes>[^\n\r]*)", re.MULTILINE
)
NEAR = re.compile(
    r"(?:^|(?<=[\s]))#[ \t]{0,4}(?:storyboard[ \t]{0,4}:?[ \t]{0,4}[A-Za-z-]{1,16}|noqa)[ \t]{0,4}[:=]?[ \t]{0,4}"
    r"(?P<codes>SB\d{3}(?:[ \t]{0,4},[ \t]{0,4}SB\d{3})*)",
    re.MULTILINE | re.IGNORECASE,
)
CODE = re.compile(r"[A-Za-z]+\d+")
CODES = re.compile(r"[A-Za-z]+\d+(?:[ \t]*,[ \t]*[A-Za-z]+\d+)*")
BLOCK = frozenset("|>")

Lines = tuple[int, int]  # the first and the last


@dataclass(frozen=True, slots=True)
class Silence:
    """One code of one remark, and the lines in which it counts. `cure` takes the whole remark away."""

    code: str
    place: Span
    lines: Lines
    cure: Fix | None

    def covers(self, diagnostic: Diagnostic) -> bool:
        first, last = self.lines
        span = diagnostic.span
        here = span.path == self.place.path and first <= span.line <= last
        return here and diagnostic.code == self.code and diagnostic.severity == "warning"


def silenced(
    diagnostics: Sequence[Diagnostic],
    sources: Iterable[Source],
    *,
    complete: bool,
    shared: Collection[str] = (),
) -> tuple[Diagnostic, ...]:
    """Without what was silenced, and with what is wrong with the silences. `complete`: everything was judged, so that a
    silence of nothing can be told; not in `shared` texts, by path, whose silences may be for another storyboard."""
    texts = list(sources)
    report = Report()
    for source in texts:
        _near_misses(source, report)
    asked = [source for source in texts if MARK in source.text]
    if not asked:
        return in_source_order((*diagnostics, *report.diagnostics())) if report.last else tuple(diagnostics)
    silences = [silence for source in asked for silence in _silences(source, report)]
    kept = [found for found in diagnostics if not any(silence.covers(found) for silence in silences)]
    complete = complete and not any(found.severity == "error" for found in diagnostics)
    for silence in silences:
        told = complete and silence.place.path not in shared
        _judge(silence, diagnostics, report, complete=told)
    return in_source_order((*kept, *report.diagnostics()))


def _judge(silence: Silence, diagnostics: Sequence[Diagnostic], report: Report, *, complete: bool) -> None:
    rule = BOOK.get(silence.code)
    if rule is None:
        close = nearest(silence.code, [code for code, known in BOOK.items() if known.severity == "warning"])
        hint = f"did you mean `{close}`?" if close is not None else "`storyboard explain` lists them"
        report.add("SB804", silence.place, name=silence.code, hint=hint)
    elif rule.severity == "error":
        report.add("SB803", silence.place, name=silence.code, fix=silence.cure)
    elif complete and not any(silence.covers(found) for found in diagnostics):
        report.add("SB801", silence.place, name=silence.code, fix=silence.cure)


def _silences(source: Source, report: Report) -> Iterator[Silence]:
    texts = tuple(_scalars(source))
    for match in REMARK.finditer(source.text):
        if any(start <= match.start() < stop for start, stop, _ in texts):
            continue  # it stands inside a text
        codes = CODES.match(match["codes"])
        if codes is None:
            report.add("SB802", source.span(*match.span()))
            continue
        first = match.start("codes")
        lines = _lines(source, match.start(), texts)
        cure = _without(source, match, alone="," not in codes[0])
        for code in CODE.finditer(codes[0]):
            place = source.span(first + code.start(), first + code.end())
            yield Silence(code[0].upper(), place, lines, cure)


def _near_misses(source: Source, report: Report) -> None:
    """Remarks that are meant to silence, and are spelt otherwise."""
    if "SB" not in source.text:  # most texts hold no code
        return
    found = [
        match for match in NEAR.finditer(source.text) if REMARK.match(source.text, match.start()) is None
    ]
    texts = tuple(_scalars(source)) if found else ()
    for match in found:
        if not any(start <= match.start() < stop for start, stop, _ in texts):
            text = f"# {MARK} {match['codes'].upper()}"
            place = source.span(*match.span())
            report.add(
                "SB174", place, hint=f"write `{text}`", fix=Fix(f"write `{text}`", (Edit(place, text),))
            )


def _without(source: Source, match: re.Match[str], *, alone: bool) -> Fix | None:
    """The remark taken away; None when it silences something else besides."""
    if not alone:
        return None
    start = len(source.text[: match.start()].rstrip(" \t"))
    return Fix("remove the remark", (Edit(source.span(start, match.end()), ""),))


def _lines(source: Source, index: int, texts: Sequence[tuple[int, int, int]]) -> Lines:
    """The lines that a remark is about: its own, or when it is alone the next that holds anything else."""
    line, column = source.position(index)
    if not source.line(line)[: column - 1].strip():
        line += 1
        while line < len(source.starts) and source.line(line).lstrip()[:1] in {"", "#"}:
            line += 1
    last = line
    for _, stop, begin in texts:
        if begin == line:
            last = max(last, source.position(stop)[0])
    return line, last


def _scalars(source: Source) -> Iterator[tuple[int, int, int]]:
    """Where texts stand: from, up to, and the line in which each begins. The head of a block may hold a remark."""
    try:
        for event in iter(CParser(source.text).get_event, None):
            if type(event) is ScalarEvent:
                start, stop = event.start_mark.index, event.end_mark.index
                line, _ = source.position(start)
                if event.style in BLOCK and line < len(source.starts):
                    start = source.starts[line]
                yield start, start + len(source.text[start:stop].rstrip()), line
    except (YAMLError, ValueError):
        return  # what can't be read is reported by those who read it
