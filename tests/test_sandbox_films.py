"""What starts from a film: taken, refused, drawn as long as it and billed by it, as fal would."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from made_clips import make_clip
from sandboxes import Visitor, png, visiting

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.catalog.prices import price_book
from storyboard.sandbox.charges import charge_of
from storyboard.sandbox.clips import drawing_of
from storyboard.sandbox.stills import film_length, media_refusal
from storyboard.sandbox.validation import refusal

FILM = "https://example.com/walk.mp4"
BODIES: dict[str, dict[str, Any]] = {
    "kling-v3-standard-motion": {
        "image_url": "https://example.com/a.png",
        "video_url": FILM,
        "character_orientation": "video",
    },
    "kling-o3-pro-video-edit": {"prompt": "snow falls", "video_url": FILM},
    "kling-o3-4k-video-reference": {"prompt": "snow falls", "video_url": FILM, "duration": "7"},
}
IMAGES = {
    "frontal_image_url": "https://example.com/a.png",
    "reference_image_urls": ["https://example.com/b.png"],
}
ANY = sorted(BODIES)
MOTION, EDIT, REFERENCE = BODIES


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visiting(tmp_path_factory.mktemp("sandbox")) as found:
        yield found


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory, visitor: Visitor) -> dict[int, str]:
    """By frames, at 24 a second: films that were uploaded."""
    folder = tmp_path_factory.mktemp("films")
    made = {n: make_clip(folder / f"{n}.mp4", frames=n, size=(160, 90)) for n in (71, 78, 252, 721)}
    return {n: visitor.upload(path.read_bytes(), path.name, "video/mp4") for n, path in made.items()}


def row(name: str) -> Endpoint:
    found = catalog().find(name)
    assert found is not None
    return found


@pytest.mark.parametrize("name", ANY)
def test_the_least_that_is_taken(name: str) -> None:
    assert refusal(row(name), BODIES[name]) == []
    more = {"elements": [IMAGES], row(name).wire("keep_audio"): False, "seed": 7}
    assert refusal(row(name), BODIES[name] | more) == []


@pytest.mark.parametrize("name", ANY)
def test_every_field_that_is_required(name: str) -> None:
    for field in row(name).required:
        body = {key: value for key, value in BODIES[name].items() if key != field}
        assert refusal(row(name), body) == [
            {"type": "missing", "loc": ["body", field], "msg": "Field required", "input": body}
        ]


REFUSED = [
    (MOTION, {"character_orientation": "both"}, ("literal_error", ["body", "character_orientation"])),
    (MOTION, {"character_orientation": None}, ("literal_error", ["body", "character_orientation"])),
    (MOTION, {"keep_original_sound": "maybe"}, ("bool_parsing", ["body", "keep_original_sound"])),
    (MOTION, {"elements": [IMAGES, IMAGES]}, ("too_long", ["body", "elements"])),
    (MOTION, {"elements": [{"video_url": FILM}]}, ("value_error", ["body"])),
    (EDIT, {"aspect_ratio": "4:3"}, ("literal_error", ["body", "aspect_ratio"])),
    (REFERENCE, {"duration": 7}, ("literal_error", ["body", "duration"])),
    (REFERENCE, {"prompt": None}, ("string_type", ["body", "prompt"])),
    (EDIT, {"prompt": ""}, ("value_error", ["body"])),
]


@pytest.mark.parametrize(("name", "fields", "told"), REFUSED)
def test_what_is_refused(name: str, fields: dict[str, Any], told: tuple[str, list[str]]) -> None:
    [error] = refusal(row(name), BODIES[name] | fields)
    assert (error["type"], error["loc"]) == told


@pytest.mark.parametrize("name", ANY)
def test_a_film_inside_the_body(name: str) -> None:
    """Recorded of motion control: 422, "Video URL is invalid"."""
    address = "data:video/mp4;base64,AAAA"
    assert refusal(row(name), BODIES[name] | {"video_url": address}) == [
        {
            "type": "value_error",
            "loc": ["body", "video_url"],
            "msg": "Value error, Video URL is invalid",
            "input": address,
            "ctx": {"error": "Video URL is invalid"},
        }
    ]


LENGTHS = [
    (MOTION, {"character_orientation": "video"}, 252, None),
    (MOTION, {"character_orientation": "video"}, 721, "video_duration_too_long"),
    (MOTION, {"character_orientation": "image"}, 252, "video_duration_too_long"),
    (MOTION, {"character_orientation": "image"}, 78, None),
    (MOTION, {"character_orientation": "video"}, 71, "video_duration_too_short"),
    (EDIT, {}, 78, None),
    (EDIT, {}, 252, "video_duration_too_long"),
    (REFERENCE, {}, 71, "video_duration_too_short"),
]


@pytest.mark.parametrize(("name", "fields", "frames", "kind"), LENGTHS)
def test_how_long_a_film_may_be(
    visitor: Visitor, films: dict[int, str], name: str, fields: dict[str, Any], frames: int, kind: str | None
) -> None:
    body = BODIES[name] | fields | {"video_url": films[frames]}
    found = media_refusal(row(name), body, visitor.sandbox.state)
    assert [(error["type"], error["loc"]) for error in found] == (
        [(kind, ["body", "video_url"])] if kind else []
    )


def test_a_picture_is_no_film(visitor: Visitor) -> None:
    body = BODIES[EDIT] | {"video_url": visitor.upload(png())}
    [error] = media_refusal(row(EDIT), body, visitor.sandbox.state)
    assert (error["type"], error["ctx"]) == (
        "unsupported_video_format",
        {"supported_formats": [".mp4", ".mov"]},
    )


def test_a_clip_is_as_long_as_its_film_and_a_begun_second_is_billed(
    visitor: Visitor, films: dict[int, str]
) -> None:
    """Three seconds and a quarter: four are charged, by the flat price of the book, with and without sound."""
    book, state = price_book("observed-2026-10"), visitor.sandbox.state
    assert book is not None
    for kept in (True, False):
        body = BODIES[MOTION] | {"video_url": films[78], "keep_original_sound": kept}
        drawing = drawing_of(row(MOTION), body, state, full_size=False)
        assert [shot.seconds for shot in drawing.shots] == [3.25]
        assert drawing.audio is kept
        length = film_length(row(MOTION), body, state)
        charge = charge_of(row(MOTION), body, book, length)
        assert (length, charge.amount) == (Decimal("3.25"), Decimal("0.504"))


def test_what_asks_for_a_length_has_that_and_the_shape_of_its_film(
    visitor: Visitor, films: dict[int, str]
) -> None:
    body = BODIES[REFERENCE] | {"video_url": films[78]}
    drawing = drawing_of(row(REFERENCE), body, visitor.sandbox.state, full_size=False)
    assert ([shot.seconds for shot in drawing.shots], drawing.size) == ([7], (1920, 1080))
    assert film_length(row(REFERENCE), body, visitor.sandbox.state) is None
    upright = drawing_of(
        row(REFERENCE), body | {"aspect_ratio": "9:16"}, visitor.sandbox.state, full_size=False
    )
    assert upright.size == (1080, 1920)


def test_nothing_is_charged_where_no_book_has_a_price() -> None:
    for name in ("seeds", "observed-2026-10"):
        book = price_book(name)
        assert book is not None
        assert charge_of(row(EDIT), BODIES[EDIT], book, Decimal("4.1")).amount is None


@pytest.mark.long
def test_a_real_clip(visitor: Visitor, films: dict[int, str], tmp_path: Path) -> None:
    import av
    import httpx

    body = BODIES[MOTION] | {
        "image_url": visitor.upload(png()),
        "video_url": films[78],
        "prompt": "she walks",
    }
    answer = visitor.result(body, row(MOTION).id)
    video = answer.json()["video"]
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(httpx.get(video["url"], trust_env=False).content)
    with av.open(str(clip)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 79, "and the frame more that fal's clips have"
        assert container.streams.audio
