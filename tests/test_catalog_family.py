"""Every endpoint of the family from a storyboard to the wire: its own fields under their own names, no others."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from a_plan import still as drawn_still
from bought_film import take_of
from hypothesis import given
from hypothesis import strategies as st
from in_memory import Read, compiled, motion, still
from msgspec.structs import replace
from the_family import family

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.catalog.prices import price_book
from storyboard.compile.request import Request
from storyboard.media.probe import probe
from storyboard.plan.make import make_plan
from storyboard.report.schema import endpoint_schema
from storyboard.sandbox.validation import refusal

ROWS = catalog().endpoints
MEDIA = {f"{name}.png": still(f"{name}.png", sha256=name[0] * 64) for name in ("dawn", "noon", "keeper")}
MEDIA["walk.mp4"] = motion("walk.mp4", "4.3")
NEGATIVE = "blur, distort, and low quality"
ELEMENTS = [{"frontal_image_url": "file:keeper.png", "reference_image_urls": ["file:keeper.png"]}]
HEAD = """storyboard: 1
elements:
  keeper: {frontal_image: keeper.png, reference_images: [keeper.png]}
defaults: {prompt: "@keeper wipes the lens"}
scenes:
  - id: lamp
"""
TAGGED, NAMED = "@Element1 wipes the lens", "keeper wipes the lens"
# What is sent of the least that can be written.
BODIES: dict[str, dict[str, Any]] = {
    "v3 image": {
        "start_image_url": "file:dawn.png",
        "prompt": TAGGED,
        "duration": "5",
        "generate_audio": True,
        "elements": ELEMENTS,
        "negative_prompt": NEGATIVE,
        "cfg_scale": 0.5,
    },
    "v3 text": {
        "prompt": NAMED,
        "duration": "5",
        "generate_audio": True,
        "aspect_ratio": "16:9",
        "negative_prompt": NEGATIVE,
        "cfg_scale": 0.5,
    },
    "v3 turbo image": {"image_url": "file:dawn.png", "prompt": NAMED, "duration": "5"},
    "v3 turbo text": {"prompt": NAMED, "duration": "5", "aspect_ratio": "16:9"},
    "o3 image": {"image_url": "file:dawn.png", "prompt": NAMED, "duration": "5", "generate_audio": False},
    "o3 text": {"prompt": NAMED, "duration": "5", "generate_audio": False, "aspect_ratio": "16:9"},
    "o3 reference": {
        "prompt": TAGGED,
        "duration": "5",
        "generate_audio": False,
        "elements": ELEMENTS,
        "aspect_ratio": "16:9",
    },
    "v3 motion-control": {
        "image_url": "file:dawn.png",
        "video_url": "file:walk.mp4",
        "prompt": TAGGED,
        "keep_original_sound": True,
        "character_orientation": "video",
        "elements": ELEMENTS,
    },
    "o3 video-to-video edit": {
        "video_url": "file:walk.mp4",
        "prompt": TAGGED,
        "keep_audio": True,
        "elements": ELEMENTS,
        "aspect_ratio": "auto",
    },
    "o3 video-to-video reference": {
        "video_url": "file:walk.mp4",
        "prompt": TAGGED,
        "duration": "5",
        "keep_audio": True,
        "elements": ELEMENTS,
        "aspect_ratio": "auto",
    },
}


def shot(row: Endpoint, *lines: str) -> Read:
    """A scene for that endpoint, with the still and the film that it needs and these lines."""
    own = [f"endpoint: {row.alias}", *lines]
    if row.needs("video_url"):
        own.append("source_video: walk.mp4")
    if row.needs("character_orientation"):
        own.append("follow: video")
    if row.needs("start_image_url") and not any(line.startswith("start_image:") for line in lines):
        own.append("start_image: dawn.png")
    return compiled(HEAD + "".join(f"    {line}\n" for line in own), media=MEDIA)


def the_one(read: Read) -> Request:
    assert not read.diagnostics, read.diagnostics
    (request,) = read.requests
    return request


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_the_least_that_can_be_written(row: Endpoint) -> None:
    request = the_one(shot(row))
    assert request.endpoint == row.id
    assert request.arguments == BODIES[family(row)]
    assert request.digest is not None
    quiet = row.alias.startswith("kling-o3") and not row.keeps_sound
    assert request.tier == ("silent" if quiet else "audio")
    needed = [row.wire(name) for name in ("start_image_url", "video_url") if row.needs(name)]
    assert [use.argument[0] for use in request.media][: len(needed) or 1] == (
        needed or ["elements"] * bool(request.media)
    )
    assert request.seconds == 5, "the length of the film, rounded up, where no length is sent"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_several_shots(row: Endpoint) -> None:
    if not row.takes("multi_prompt"):
        assert shot(row, "shots: [{duration: 2}, {duration: 3, prompt: the sea}]").codes == ["SB301"]
        return
    sent = the_one(shot(row, "shots: [{duration: 1}, {duration: 3, prompt: the sea}]")).arguments
    assert [each["duration"] for each in sent["multi_prompt"]] == ["1", "3"]
    assert sent["duration"] == "4"
    assert ("shot_type" in sent) == ("turbo" not in row.alias)
    assert "prompt" not in sent


@pytest.mark.parametrize(
    "row", [row for row in ROWS if row.takes("end_image_url")], ids=lambda row: row.alias
)
def test_the_end_frame(row: Endpoint) -> None:
    sent = the_one(shot(row, "start_image: dawn.png", "end_image: noon.png")).arguments
    assert (sent[row.wire("start_image_url")], sent["end_image_url"]) == ("file:dawn.png", "file:noon.png")


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_a_default_written_out_is_the_same_request(row: Endpoint) -> None:
    plain, lines = the_one(shot(row)), ["duration: 5"]
    if row.keeps_sound:
        lines.append("keep_audio: true")
    if row.takes("generate_audio"):
        lines.append(f"generate_audio: {str(row.defaults.generate_audio).lower()}")
    if row.takes("aspect_ratio"):
        lines.append(f"aspect_ratio: '{row.defaults.aspect_ratio}'")
    if row.takes("shot_type"):
        lines.append("shot_type: customize")
    assert the_one(shot(row, *lines)).digest == plain.digest


def test_no_two_endpoints_make_the_same_request() -> None:
    assert len({the_one(shot(row)).digest for row in ROWS}) == len(ROWS)


LINES = st.fixed_dictionaries(
    {},
    optional={
        "generate_audio": st.sampled_from(["true", "false", "null"]),
        "keep_audio": st.sampled_from(["true", "false", "null"]),
        "duration": st.sampled_from(["4", "5", "11"]),
        "aspect_ratio": st.sampled_from(["'9:16'", "'1:1'", "null"]),
        "negative_prompt": st.sampled_from(["blur", "null"]),
        "cfg_scale": st.sampled_from(["0.2", "1", "null"]),
        "shot_type": st.just("customize"),
        "end_image": st.just("noon.png"),
        "start_image": st.just("dawn.png"),
        "voice_ids": st.just("[829877809978941442]"),
        "dialogue": st.just("['she (low): there']"),
        "shots": st.sampled_from(["[{duration: 3}]", "[{duration: 2}, {duration: 4}]", "[{duration: 2}]"]),
    },
)


@given(row=st.sampled_from(ROWS), lines=LINES)
def test_what_check_passes_fits_the_schema_and_is_taken(row: Endpoint, lines: dict[str, str]) -> None:
    """Whatever is written: what has no error holds only what the endpoint has, and the look-alike takes it."""
    read = shot(row, *(f"{key}: {value}" for key, value in lines.items()))
    for request in read.requests:
        body = json.loads(json.dumps(request.arguments))
        jsonschema.validate(body, endpoint_schema(row))
        assert refusal(row, body) == []
        assert set(body) <= {*row.fields, *row.ignored_fields}
        if lines.get("generate_audio") == "false":
            assert request.tier == "silent", "silence that was asked for is had, or is an error"


def test_an_edit_of_the_endpoint_does_not_call_the_still_another_one() -> None:
    """v3 says `start_image_url`, O3 `image_url`: to the author it is `start_image`."""
    before = the_one(shot(next(row for row in ROWS if row.alias == "kling-v3-standard")))
    after = the_one(shot(next(row for row in ROWS if row.alias == "kling-o3-standard")))
    book = price_book("observed-2026-10")
    assert book is not None
    (step,) = make_plan([after], [take_of(before)], (), book).steps
    fields = [change.field for change in step.changes]
    assert fields[0] == "endpoint"
    assert {"generate_audio", "negative_prompt", "cfg_scale"} <= set(fields)
    assert not {"start_image", "image"} & set(fields), "it is the same still"
    later = the_one(
        shot(next(row for row in ROWS if row.alias == "kling-o3-standard"), "start_image: noon.png")
    )
    (step,) = make_plan([later], [take_of(after)], (), book).steps
    assert [(change.field, change.paths) for change in step.changes] == [("start_image", (None, "noon.png"))]


@pytest.mark.parametrize(
    ("size", "codes"), [(10 << 20, []), ((10 << 20) + 1, ["SB410"]), ((50 << 20) + 1, ["SB410"] * 2)]
)
def test_a_still_is_judged_by_the_endpoint_that_gets_it(size: int, codes: list[str]) -> None:

    large = {"dawn.png": replace(MEDIA["dawn.png"], size=size)}
    text = "storyboard: 1\ndefaults: {prompt: reeds}\nscenes:\n" + "".join(
        f"  - {{id: {alias[-5:]}, endpoint: {alias}, start_image: dawn.png}}\n"
        for alias in ("kling-v3-turbo-standard", "kling-v3-pro")
    )
    assert compiled(text, media=large).codes == codes


FILM = """
storyboard: 1
prices: observed-2026-10
elements:
  keeper: {frontal_image: keeper.png, reference_images: [keeper.png]}
defaults: {duration: 3}
scenes:
  - {id: turbo, endpoint: kling-v3-turbo-standard, start_image: dawn.png, prompt: the beam goes round}
  - {id: omni, endpoint: kling-o3-standard, start_image: dawn.png, prompt: black water}
  - {id: refer, endpoint: kling-o3-standard-reference, prompt: "@keeper wipes the lens", generate_audio: true}
"""


@pytest.mark.long
def test_a_rehearsal_shoots_each_new_shape(tmp_path: Path, process: Callable) -> None:
    """Real processes end to end: stills uploaded under the endpoints' own names, sound as each makes it, its price."""
    for shade, name in enumerate(("dawn.png", "keeper.png")):
        drawn_still(tmp_path, name, shade=shade * 90)
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    ran = process("render", tmp_path, "--sandbox", "--yes")
    assert ran.code == 0, ran.err
    assert "3 to send: 0.924 USD (price book observed-2026-10)" in re.sub(r"\s+", " ", ran.err)
    takes = json.loads(process("takes", tmp_path, "--sandbox", "--format", "json").out)["takes"]
    told = [(take["scene"], take["state"], take["estimate"], take["charge"]) for take in takes]
    assert told == [
        ("turbo", "verified", "0.336", "0.336"),
        ("omni", "verified", "0.252", "0.252"),
        ("refer", "verified", "0.336", "0.336"),
    ]
    sound = {take["scene"]: probe(Path(take["clip"])).audio is not None for take in takes}
    assert sound == {"turbo": True, "omni": False, "refer": True}
    assert not any(take["warnings"] for take in takes)
