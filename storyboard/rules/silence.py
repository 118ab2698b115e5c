"""Warnings that an author has silenced: `# storyboard: ignore SB818`, on their line or alone on the line above.

Where a value begins that goes on over several lines, a silence counts for all of them: inside there is no room for a
remark. Errors can't be silenced.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from msgspec import Struct
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


class Silence(Struct, frozen=True):
    """One code of one remark, and the lines in which it counts. `cure` takes the whole remark away."""

    code: str
    place: Span
    lines: Lines
    cure: Fix | None


class _Warnings:
    """Where there is something to be silenced: lines, in order, by file and code."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.lines: dict[tuple[str, str], list[int]] = {}
        for found in diagnostics:
            if found.severity == "warning":
                self.lines.setdefault((found.span.path, found.code), []).append(found.span.line)
        for lines in self.lines.values():
            lines.sort()

    def of(self, silence: Silence) -> list[int]:
        lines, (first, last) = self.lines.get((silence.place.path, silence.code), []), silence.lines
        return lines[bisect_left(lines, first) : bisect_right(lines, last)]


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
    warnings = _Warnings(diagnostics)
    quiet: set[tuple[str, str, int]] = set()
    complete = complete and not any(found.severity == "error" for found in diagnostics)
    for silence in silences:
        lines = warnings.of(silence)
        quiet.update((silence.place.path, silence.code, line) for line in lines)
        _judge(silence, report, in_vain=complete and not lines and silence.place.path not in shared)
    kept = (
        found
        for found in diagnostics
        if found.severity != "warning" or (found.span.path, found.code, found.span.line) not in quiet
    )
    return in_source_order((*kept, *report.diagnostics()))


def _judge(silence: Silence, report: Report, *, in_vain: bool) -> None:
    rule = BOOK.get(silence.code)
    if rule is None:
        close = nearest(silence.code, [code for code, known in BOOK.items() if known.severity == "warning"])
        hint = f"did you mean `{close}`?" if close is not None else "`storyboard explain` lists them"
        report.add("SB804", silence.place, name=silence.code, hint=hint)
    elif rule.severity == "error":
        report.add("SB803", silence.place, name=silence.code, fix=silence.cure)
    elif in_vain:
        report.add("SB801", silence.place, name=silence.code, fix=silence.cure)


def _silences(source: Source, report: Report) -> Iterator[Silence]:
    layout = _Layout(source)
    for match in REMARK.finditer(source.text):
        if layout.in_a_text(match.start()):
            continue
        codes = CODES.match(match["codes"])
        if codes is None:
            report.add("SB802", source.span(*match.span()))
            continue
        first = match.start("codes")
        lines = layout.lines(match.start())
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
    line, _ = source.position(match.start())
    begin = source.starts[line - 1]
    start = begin + len(source.text[begin : match.start()].rstrip(" \t"))
    return Fix("remove the remark", (Edit(source.span(start, match.end()), ""),))


class _Layout:
    """Where a file's texts stand, and which lines a remark is about."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.texts = tuple(_scalars(source))
        self.last: dict[int, int] = {}  # by the line in which texts begin, the last that one of them reaches
        for _, stop, begin in self.texts:
            self.last[begin] = max(self.last.get(begin, begin), source.position(stop)[0])

    def in_a_text(self, index: int) -> bool:
        at = bisect_right(self.texts, index, key=lambda text: text[0])
        return at > 0 and index < self.texts[at - 1][1]

    def lines(self, index: int) -> Lines:
        """A remark's own line, or when it is alone the next that holds anything else, and what goes on from there."""
        line, column = self.source.position(index)
        if not self.source.line(line)[: column - 1].strip():
            line = self.below[line]
        return line, self.last.get(line, line)

    @cached_property
    def below(self) -> list[int]:
        """By line, the next below that is no remark and not empty."""
        count = len(self.source.starts)
        found = [count] * (count + 1)
        for line in range(count - 1, 0, -1):
            alone = self.source.line(line + 1).lstrip()[:1] in {"", "#"}
            found[line] = found[line + 1] if alone else line + 1
        found[count] = count + 1
        return found


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
