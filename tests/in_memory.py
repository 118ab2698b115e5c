"""A storyboard from text to requests without a disk, for tests that run hundreds of them."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from storyboard.catalog.endpoints import catalog
from storyboard.compile.compiler import DEFAULT_ENDPOINT, Compiled, Surroundings, compile_storyboard
from storyboard.compile.continued import continued
from storyboard.compile.pack import packed
from storyboard.compile.request import Request
from storyboard.diagnostics import Diagnostic
from storyboard.findings import Report
from storyboard.folders import folder
from storyboard.media.fact import MediaFact
from storyboard.read.load import read
from storyboard.read.source import Source
from storyboard.rules.judge import judge

TEXT = "storyboard: 1\nendpoint: kling-v3-standard-text\n"


@dataclass(frozen=True)
class Read:
    """What became of a text. `requests` is empty when there were errors, `film` None when it could not be read."""

    source: Source | None
    diagnostics: tuple[Diagnostic, ...]
    requests: tuple[Request, ...]
    film: Compiled | None = None

    @property
    def codes(self) -> list[str]:
        return [diagnostic.code for diagnostic in self.diagnostics]

    @property
    def places(self) -> list[tuple[str, int, int]]:
        return [(d.code, d.span.line, d.span.column) for d in self.diagnostics]


def shipped() -> dict[str, Source | None]:
    prompts = folder("templates") / "prompts"
    return {path.stem: Source(path.stem, path.read_text(encoding="utf-8")) for path in prompts.glob("*.j2")}


def still(path: str, sha256: str = "0" * 64) -> MediaFact:
    return MediaFact(path, kind="png", size=1000, sha256=sha256, width=640, height=360)


def motion(path: str, seconds: str, sha256: str = "f" * 64) -> MediaFact:
    """A film of that length."""
    return MediaFact(
        path,
        kind="mp4",
        size=1000,
        sha256=sha256,
        width=1280,
        height=720,
        seconds=Decimal(seconds),
        frame_rate=Decimal(24),
    )


def compiled(
    text: str | bytes,
    *,
    media: dict[str, MediaFact] | None = None,
    templates: dict[str, str | None] | None = None,
    variables: dict[str, Any] | None = None,
) -> Read:
    report = Report()
    data = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    source, storyboard = read("s.yaml", data, variables or {}, report)
    requests: tuple[Request, ...] = ()
    result = None
    if storyboard is not None:
        own = {posixpath.normpath(name): text for name, text in (templates or {}).items()}
        files = {
            name: None if text is None else Source(name, text, posixpath.dirname(name))
            for name, text in own.items()
        }
        around = Surroundings(templates={**shipped(), **files}, media=media or {})
        whole = continued(storyboard, catalog(), DEFAULT_ENDPOINT, report)
        whole = packed(whole, catalog(), DEFAULT_ENDPOINT, report)
        result = compile_storyboard(whole, catalog(), around, report)
        judge(result, report)
        if not report.errors:
            requests = result.requests
    return Read(source, report.diagnostics(), requests, result)


def sent(text: str, **more: Any) -> list[str]:
    """The prompts of the first request, one a shot. Fails when the storyboard has errors."""
    result = compiled(text, **more)
    assert all(d.severity == "warning" for d in result.diagnostics), result.diagnostics
    arguments = result.requests[0].arguments
    if "prompt" in arguments:
        return [arguments["prompt"]]
    return [shot["prompt"] for shot in arguments["multi_prompt"]]
