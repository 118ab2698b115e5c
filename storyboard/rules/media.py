"""Rules on stills, element videos and films that clips start from, by their content and not by their names."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import PurePosixPath
from typing import Any

from msgspec.structs import replace

from storyboard.catalog.endpoints import Limits
from storyboard.compile.compiler import Compiled
from storyboard.compile.paths import is_remote, path_of, remote_problem, seen_path
from storyboard.compile.prompts import CompiledScene
from storyboard.diagnostics import Note, Span
from storyboard.findings import Report
from storyboard.media.fact import MediaFact
from storyboard.read.cures import spelt
from storyboard.read.model import Element, Storyboard
from storyboard.read.nodes import Scalar
from storyboard.read.spelling import nearest
from storyboard.rules.cast import limits_anywhere, limits_of_elements
from storyboard.rules.scene import lent
from storyboard.rules.source import limits_of_source

PROBLEMS = {
    "not a file": "SB402",
    "unreadable": "SB403",
    "outside": "SB404",
    "empty": "SB405",
    "git-lfs pointer": "SB406",
    "damaged": "SB407",
}
NAMES = {
    "png": "a PNG picture",
    "jpeg": "a JPEG picture",
    "webp": "a WebP picture",
    "gif": "a GIF picture",
    "mp4": "an MP4 video",
    "other": "something else",
}
SUFFIXES = {"png": {".png"}, "jpeg": {".jpg", ".jpeg"}, "webp": {".webp"}, "mp4": {".mp4", ".mov", ".m4v"}}
IMAGE_KINDS = ("png", "jpeg")


def check_media(film: Compiled, report: Report) -> None:
    """Every still and video that a scene or an element names."""
    around = film.surroundings
    checker = _Checker(around.media, report, around.beside, missing_is_error=around.missing_is_error)
    for compiled in (*film.scenes, *film.unpicked):
        for field in ("start_image", "end_image"):
            if (still := getattr(compiled.scene, field)) is not None:
                checker.check(still, compiled.endpoint.limits, video=False, notes=lent(compiled.scene, field))
    for scalar, video, limits in _uses(film.storyboard, (*film.scenes, *film.unpicked)):
        checker.check(scalar, limits, video=video)


def _uses(storyboard: Storyboard, scenes: Sequence[CompiledScene]) -> Iterator[tuple[Scalar, bool, Limits]]:
    """Each film that a clip starts from and each still and video of an element, whether it is a video, and what holds
    for it where it is sent."""
    for compiled in scenes:
        source = compiled.scene.source_video
        if source is not None and compiled.endpoint.takes("video_url"):
            yield source, True, limits_of_source(compiled)
    known = limits_of_elements(scenes)
    for element in storyboard.elements.values():
        for limits in known.get(element.name, limits_anywhere()):
            yield from ((scalar, video, limits) for scalar, video in _element_uses(element))


def _element_uses(element: Element) -> Iterator[tuple[Scalar, bool]]:
    for scalar in (element.frontal_image, *element.reference_images):
        if scalar is not None:
            yield scalar, False
    if element.video is not None:
        yield element.video, True


class _Checker:
    def __init__(
        self,
        media: Mapping[str, MediaFact],
        report: Report,
        beside: Mapping[str, Sequence[str]],
        *,
        missing_is_error: bool,
    ) -> None:
        self.media, self.report, self.beside = media, report, beside
        self.notes: tuple[Note, ...] = ()
        self.missing = "SB401" if missing_is_error else "SB418"

    def check(self, scalar: Scalar, limits: Limits, *, video: bool, notes: tuple[Note, ...] = ()) -> None:
        """`notes` say whose it is, where it stands in another scene."""
        self.notes = notes
        if is_remote(scalar.value):
            why = remote_problem(scalar.value)
            if why is not None:
                self._add("SB417", scalar.span, url=scalar.value, why=why)
            return
        path = path_of(scalar)
        if path is None:
            self._no_path(scalar)
            return
        fact = self.media.get(path)
        if fact is None:
            return
        fact = replace(fact, path=seen_path(scalar))
        if fact.problem is not None:
            self._problem(fact, scalar)
        elif video:
            self._video(fact, scalar, limits)
        else:
            self._image(fact, scalar, limits)

    def _add(self, code: str, span: Span, *, hint: str | None = None, **values: Any) -> None:
        self.report.add(code, span, hint=hint, notes=self.notes, **values)

    def _no_path(self, scalar: Scalar) -> None:
        if not scalar.value.strip():
            self._add("SB103", scalar.span, expected="the path of a file", found="nothing")
            return
        hint = "write paths with forward slashes" if "\\" in scalar.value else None
        self._add("SB404", scalar.span, path=scalar.value, hint=hint)

    def _problem(self, fact: MediaFact, scalar: Scalar) -> None:
        if fact.problem == "missing":
            self._missing(fact, scalar)
            return
        code = PROBLEMS[str(fact.problem)]
        self._add(code, scalar.span, path=fact.path, detail=fact.detail or fact.problem)

    def _missing(self, fact: MediaFact, scalar: Scalar) -> None:
        path = path_of(scalar) or fact.path
        folder, name = posixpath.split(path)
        beside = self.beside.get(path, ())
        close = next((way for way in beside if "/" in way), None) or nearest(name, beside)
        hint = fix = None
        if close is not None:
            written = posixpath.relpath(posixpath.join(folder, close), scalar.source.folder or ".")
            hint, fix = f"did you mean `{written}`?", spelt(scalar, [written])
        self._add(self.missing, scalar.span, path=fact.path, hint=hint, fix=fix)

    def _image(self, fact: MediaFact, scalar: Scalar, limits: Limits) -> None:
        if fact.kind not in IMAGE_KINDS:
            self._wrong_kind(fact, scalar, "a PNG or JPEG picture", "Kling takes no other kind: convert it")
            return
        self._suffix(fact, scalar)
        width, height = fact.width or 0, fact.height or 0
        sizes: dict[str, Any] = {"path": fact.path, "width": width, "height": height}
        if fact.size > limits.image_bytes:
            self._too_large(fact, scalar, limits.image_bytes)
        if min(width, height) < limits.image_pixels:
            self._add("SB409", scalar.span, least=limits.image_pixels, **sizes)
            return
        least, most = limits.image_ratio
        ratio = Decimal(width) / Decimal(height)
        if not least <= ratio <= most:
            self._add("SB411", scalar.span, ratio=f"{ratio:.3f}", least=least, most=most, **sizes)
        if fact.orientation != 1:
            self._add("SB416", scalar.span, path=fact.path, orientation=fact.orientation)

    def _video(self, fact: MediaFact, scalar: Scalar, limits: Limits) -> None:
        if fact.kind != "mp4":
            self._wrong_kind(fact, scalar, "an MP4 video", "convert it to MP4")
            return
        self._suffix(fact, scalar)
        if fact.size > limits.video_bytes:
            self._too_large(fact, scalar, limits.video_bytes)
        least, most = limits.video_seconds
        if fact.seconds is not None and not least <= fact.seconds <= most:
            self._add(
                "SB412", scalar.span, path=fact.path, seconds=f"{fact.seconds:.2f}", least=least, most=most
            )
        low, high = limits.video_pixels
        width, height = fact.width or 0, fact.height or 0
        if not (low <= width <= high and low <= height <= high):
            self._add("SB413", scalar.span, path=fact.path, width=width, height=height, least=low, most=high)
        slow, fast = limits.video_frame_rate
        if fact.frame_rate is not None and not slow - Decimal("0.03") <= fact.frame_rate <= fast:
            self._add(
                "SB414", scalar.span, path=fact.path, rate=f"{fact.frame_rate:.2f}", least=slow, most=fast
            )

    def _wrong_kind(self, fact: MediaFact, scalar: Scalar, expected: str, cure: str) -> None:
        self._add("SB408", scalar.span, path=fact.path, found=NAMES[fact.kind], expected=expected, cure=cure)

    def _suffix(self, fact: MediaFact, scalar: Scalar) -> None:
        suffix = PurePosixPath(fact.path).suffix
        if suffix.lower() not in SUFFIXES[fact.kind]:
            self._add(
                "SB415",
                scalar.span,
                path=fact.path,
                suffix=suffix or "without an ending",
                found=NAMES[fact.kind],
            )

    def _too_large(self, fact: MediaFact, scalar: Scalar, limit: int) -> None:
        self._add("SB410", scalar.span, path=fact.path, size=f"{fact.size:,}", limit=f"{limit:,}")
