"""A film that a clip starts from: what of it is asked for, measured, and priced."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from in_memory import Read, compiled, motion, still
from msgspec.structs import replace

from storyboard.catalog.prices import price_book
from storyboard.diagnostics import Diagnostic
from storyboard.plan.estimate import estimate
from storyboard.report.estimate_remarks import _not_exact

AWAY = "https://media.example.org/walk.mp4"
MOTION = "endpoint: kling-v3-standard-motion, start_image: dawn.png, follow: video"
EDIT = "endpoint: kling-o3-pro-video-edit"


def judged(*fields: str, seconds: str | None = "4.3", film: str = "walk.mp4", **facts: Any) -> Read:
    """A scene with these fields and a film of that length."""
    known = replace(motion("walk.mp4", "1"), seconds=None if seconds is None else Decimal(seconds), **facts)
    text = f"storyboard: 1\nscenes:\n  - {{id: a, prompt: she walks, source_video: {film}, {', '.join(fields)}}}\n"
    return compiled(text, media={"dawn.png": still("dawn.png"), "walk.mp4": known})


def cured(read: Read, found: Diagnostic) -> str:
    """The scene's line with the cure carried out."""
    assert found.fix is not None
    assert read.source is not None
    [edit] = found.fix.edits
    line = read.source.text.splitlines()[edit.span.line - 1]
    return line[: edit.span.column - 1] + edit.text + line[edit.span.end_column - 1 :]


@pytest.mark.parametrize(
    ("seconds", "whole"), [("3.0", 3), ("4.0", 4), ("4.01", 5), ("5.0416", 6), ("9.9", 10), ("10", 10)]
)
@pytest.mark.parametrize("row", [MOTION, EDIT])
def test_the_length_of_the_film_rounded_up_is_what_is_planned(row: str, seconds: str, whole: int) -> None:
    right = judged(row, f"duration: {whole}", seconds=seconds)
    assert not right.diagnostics
    [request] = right.requests
    assert (request.seconds, request.length_known) == (whole, True)
    assert "duration" not in request.arguments
    for wrong in {3, 10, whole + 1, whole - 1} - {whole}:
        read = judged(row, f"duration: {wrong}", seconds=seconds)
        assert read.codes == ["SB328"]
        [found] = read.diagnostics
        assert f"{Decimal(seconds):.2f} s" in found.message
        assert f"`duration: {whole}`" in str(found.hint)
        assert f"duration: {whole}}}" in cured(read, found)


def test_a_length_that_nobody_wrote_is_written_beside_the_id() -> None:
    read = judged(MOTION, seconds="8.2")
    [found] = read.diagnostics
    assert found.code == "SB328", "five seconds are what a scene lasts that says nothing"
    assert cured(read, found).startswith("  - {id: a, duration: 9, prompt: she walks")


def test_a_length_that_others_share_is_not_rewritten() -> None:
    text = (
        "storyboard: 1\ndefaults: {duration: 5}\nscenes:\n"
        f"  - {{for_each: [x, y], id: 'a-{{{{ item }}}}', prompt: x, source_video: walk.mp4, {MOTION}}}\n"
    )
    read = compiled(text, media={"dawn.png": still("dawn.png"), "walk.mp4": motion("walk.mp4", "8")})
    assert [(found.code, found.fix) for found in read.diagnostics] == [("SB328", None)]


def test_an_address_is_believed_and_said_to_be() -> None:
    read = judged(MOTION, "duration: 7", film=AWAY)
    assert read.codes == ["SB329"]
    [request] = read.requests
    assert (request.seconds, request.length_known) == (7, False)
    book = price_book("observed-2026-10")
    assert book is not None
    [scene] = estimate(read.requests, book).scenes
    assert (scene.amount, scene.length_known) == (Decimal("0.882"), False)
    [remark] = _not_exact(estimate(read.requests, book))
    assert remark.startswith("Not exact: a.")


def test_a_file_that_tells_no_length_is_as_one_elsewhere() -> None:
    assert judged(EDIT, "duration: 7", seconds="7", film="walk.mp4").codes == []
    read = judged(EDIT, "duration: 7", seconds=None)
    assert read.codes == ["SB329"]
    assert not read.requests[0].length_known


CODES = [
    ((MOTION.replace("follow: video", "follow: image"), "duration: 11"), {"seconds": "10.4"}, ["SB412"]),
    ((MOTION, "duration: 11"), {"seconds": "10.4"}, []),
    ((MOTION, "duration: 30"), {"seconds": "30"}, []),
    ((MOTION, "duration: 31"), {"seconds": "30.1"}, ["SB412"]),
    ((MOTION, "duration: 3"), {"seconds": "2.9"}, ["SB412"]),
    ((MOTION, "duration: 31"), {"film": AWAY}, ["SB329", "SB303"]),
    ((MOTION.replace("follow: video", "follow: image"), "duration: 11"), {"film": AWAY}, ["SB329", "SB303"]),
    ((MOTION.replace(", follow: video", ""), "duration: 5"), {}, ["SB319"]),
    ((MOTION.replace("follow: video", "follow: sideways"), "duration: 5"), {}, ["SB104"]),
    ((MOTION.replace("start_image: dawn.png, ", ""), "duration: 5"), {}, ["SB319"]),
    ((EDIT, "duration: 11"), {"seconds": "10.05"}, ["SB412"]),
    ((EDIT, "duration: 5"), {"width": 719}, ["SB413"]),
    ((EDIT, "duration: 5"), {"size": 200 << 20}, []),
    ((EDIT, "duration: 5"), {"size": (200 << 20) + 1}, ["SB410"]),
    ((EDIT, "duration: 5"), {"kind": "png"}, ["SB408"]),
    ((EDIT, "duration: 5"), {"problem": "missing"}, ["SB401"]),
    ((EDIT, "duration: 5", "aspect_ratio: auto"), {}, []),
    ((EDIT, "duration: 5", "start_image: dawn.png"), {}, ["SB318"]),
    ((EDIT, "duration: 5", "follow: image"), {}, ["SB326"]),
    ((EDIT, "duration: 5", "generate_audio: false"), {}, ["SB327"]),
    ((EDIT, "duration: 5", "generate_audio: true"), {}, []),
    ((EDIT, "duration: 5", "generate_audio: false", "keep_audio: false"), {}, []),
    ((EDIT, "duration: 5", "generate_audio: true", "keep_audio: false"), {}, ["SB326"]),
    ((EDIT, "duration: 5", "dialogue: ['a man: hello']"), {}, ["SB219"]),
    ((EDIT, "shots: [{id: x, duration: 2}, {id: y, duration: 3}]"), {}, ["SB301"]),
    ((EDIT, "pack: auto", "shots: [{id: x, duration: 6}, {id: y, duration: 6}]"), {}, ["SB162"]),
    (("endpoint: kling-v3-pro-text",), {}, ["SB318"]),
    (("endpoint: kling-v3-pro-text",), {"film": "''"}, ["SB318"]),
    (("endpoint: kling-o3-pro-video-reference", "duration: 15"), {"seconds": "3.2"}, []),
    (("endpoint: kling-o3-pro-video-reference", "duration: 16"), {"seconds": "3.2"}, ["SB303"]),
    (("endpoint: kling-o3-pro-video-reference",), {"film": AWAY}, []),
    (("endpoint: kling-o3-pro-video-reference",), {"film": "'http://media.example.org/a.mp4'"}, ["SB417"]),
]


@pytest.mark.parametrize(("fields", "facts", "codes"), CODES)
def test_what_is_refused_and_what_is_not(
    fields: tuple[str, ...], facts: dict[str, Any], codes: list[str]
) -> None:
    assert judged(*fields, **facts).codes == codes


def test_one_element_with_images_for_motion_control() -> None:
    cast = (
        "elements:\n  one: {frontal_image: dawn.png, reference_images: dawn.png}\n"
        "  two: {frontal_image: dawn.png, reference_images: dawn.png}\n  film: {video: walk.mp4}\n"
    )
    head = (
        f"storyboard: 1\n{cast}scenes:\n  - {{id: a, duration: 5, source_video: walk.mp4, {MOTION}, prompt: "
    )
    media = {"dawn.png": still("dawn.png"), "walk.mp4": motion("walk.mp4", "4.3")}

    def codes(prompt: str) -> set[str]:
        return {d.code for d in compiled(f'{head}"{prompt}"}}\n', media=media).diagnostics} - {"SB204"}

    assert codes("@one walks") == set()
    assert codes("@one walks by @two") == {"SB311"}
    assert codes("@film walks") == {"SB220"}


def test_the_film_makes_another_request_and_silence_another_tier() -> None:
    plain = judged(EDIT, "duration: 5").requests[0]
    other = judged(EDIT, "duration: 5", sha256="e" * 64).requests[0]
    quiet = judged(EDIT, "duration: 5", "keep_audio: false").requests[0]
    assert len({plain.digest, other.digest, quiet.digest, None}) == 4
    assert (plain.tier, quiet.tier) == ("audio", "silent")
    assert judged(EDIT, "duration: 5", "keep_audio: true").requests[0].digest == plain.digest
