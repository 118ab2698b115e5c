"""What the model refuses, at result time, in the words and shapes of the live endpoint."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sandboxes import FOUR_K, STANDARD, TEXT, Visitor, visiting

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.sandbox.validation import refusal

START = "https://example.com/start.png"
SECONDS = "'3', '4', '5', '6', '7', '8', '9', '10', '11', '12', '13', '14' or '15'"
SHOT_SECONDS = f"'1', '2', {SECONDS}"
ELEMENT = {
    "frontal_image_url": "https://example.com/a.png",
    "reference_image_urls": ["https://example.com/b.png"],
}
VIDEO = {"video_url": "https://example.com/a.mp4"}
SHAPE = "Either frontal_image_url and reference_image_urls or video_url must be provided."


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visiting(tmp_path_factory.mktemp("sandbox")) as found:
        yield found


def endpoint_of(name: str) -> Endpoint:
    found = catalog().find(name)
    assert found is not None
    return found


def single(**more: Any) -> dict[str, Any]:
    return {"start_image_url": START, "prompt": "a bowl turns"} | more


def multi(*shots: Any, **more: Any) -> dict[str, Any]:
    return {"start_image_url": START, "multi_prompt": list(shots)} | more


def shot(prompt: str = "a bowl", duration: Any = "3") -> dict[str, Any]:
    return {"prompt": prompt, "duration": duration}


def refused(visitor: Visitor, body: Any, endpoint: str = STANDARD) -> list[dict[str, Any]]:
    result = visitor.result(body, endpoint)
    assert result.status_code == 422, result.text
    return result.json()["detail"]


def test_the_recorded_bodies_to_the_letter(visitor: Visitor) -> None:
    """The three refusals that were recorded live between 2026-07-16 and 2026-09-23."""
    long = "x" * 513
    assert refused(visitor, multi(shot(long), shot(), shot(long))) == [
        {
            "type": "value_error",
            "loc": ["body", "multi_prompt", index, "prompt"],
            "msg": "Value error, Prompt must not exceed 512 characters.",
            "input": long,
            "ctx": {"error": "Prompt must not exceed 512 characters."},
        }
        for index in (0, 2)
    ]
    body = multi(shot(), end_image_url="https://example.com/end.png")
    assert refused(visitor, body) == [
        {
            "type": "value_error",
            "loc": ["body"],
            "msg": "Value error, End Image Url is not supported with Multi Prompt",
            "input": body,
            "ctx": {"error": "End Image Url is not supported with Multi Prompt"},
        }
    ]
    element = {"frontal_image_url": "https://example.com/a.png"}
    assert refused(visitor, single(elements=[ELEMENT, element])) == [
        {
            "type": "value_error",
            "loc": ["body", "elements", 1],
            "msg": f"Value error, {SHAPE}",
            "input": element,
            "ctx": {"error": SHAPE},
        }
    ]


def test_a_whole_number_as_duration_to_the_letter(visitor: Visitor) -> None:
    assert refused(visitor, multi(shot(duration=2), shot())) == [
        {
            "type": "literal_error",
            "loc": ["body", "multi_prompt", 0, "duration"],
            "msg": f"Input should be {SHOT_SECONDS}",
            "input": 2,
            "ctx": {"expected": SHOT_SECONDS},
        }
    ]
    assert refused(visitor, single(duration=5)) == [
        {
            "type": "literal_error",
            "loc": ["body", "duration"],
            "msg": f"Input should be {SECONDS}",
            "input": 5,
            "ctx": {"expected": SECONDS},
        }
    ]


VALUE_ERRORS = [
    ({"start_image_url": START}, "Either 'prompt' or 'multi_prompt' must be provided."),
    (
        {"start_image_url": START, "prompt": None, "multi_prompt": None},
        "Either 'prompt' or 'multi_prompt' must be",
    ),
    (single(multi_prompt=[shot()]), "prompt and multi_prompt cannot both be provided"),
    (multi(shot(duration="2")), "Total duration of multi_prompt must be between 3 and 15 seconds."),
    (
        multi(shot(duration="8"), shot(duration="8")),
        "Total duration of multi_prompt must be between 3 and 15 seconds.",
    ),
    (single(elements=[VIDEO, VIDEO]), "A request can only have one element with a video"),
]


@pytest.mark.parametrize(("body", "message"), VALUE_ERRORS)
def test_rules_on_the_whole_body(visitor: Visitor, body: dict[str, Any], message: str) -> None:
    [error] = refused(visitor, body)
    assert error["type"] == "value_error"
    assert error["loc"] == ["body"]
    assert error["msg"].startswith(f"Value error, {message}")
    assert error["input"] == body


FIELD_ERRORS = [
    ([], "model_attributes_type", ["body"]),
    ("text", "model_attributes_type", ["body"]),
    (None, "model_attributes_type", ["body"]),
    ({"prompt": "a bowl"}, "missing", ["body", "start_image_url"]),
    ({"prompt": "a bowl", "start_image_url": None}, "string_type", ["body", "start_image_url"]),
    (single(prompt=5), "string_type", ["body", "prompt"]),
    (single(prompt="x" * 2501), "string_too_long", ["body", "prompt"]),
    (single(negative_prompt="x" * 2501), "string_too_long", ["body", "negative_prompt"]),
    (single(cfg_scale=1.5), "less_than_equal", ["body", "cfg_scale"]),
    (single(cfg_scale=-0.1), "greater_than_equal", ["body", "cfg_scale"]),
    (single(cfg_scale="half"), "float_parsing", ["body", "cfg_scale"]),
    (single(cfg_scale=[]), "float_type", ["body", "cfg_scale"]),
    (single(generate_audio="perhaps"), "bool_parsing", ["body", "generate_audio"]),
    (single(generate_audio=[]), "bool_type", ["body", "generate_audio"]),
    (single(duration="2"), "literal_error", ["body", "duration"]),
    (single(duration="16"), "literal_error", ["body", "duration"]),
    (single(duration="5.0"), "literal_error", ["body", "duration"]),
    (single(shot_type="intelligent"), "literal_error", ["body", "shot_type"]),
    (multi(*[shot()] * 7), "too_long", ["body", "multi_prompt"]),
    (multi(), "too_short", ["body", "multi_prompt"]),
    (multi("a bowl"), "model_attributes_type", ["body", "multi_prompt", 0]),
    (multi({"duration": "3"}), "missing", ["body", "multi_prompt", 0, "prompt"]),
    (multi(shot(duration="16")), "literal_error", ["body", "multi_prompt", 0, "duration"]),
    (single(multi_prompt={}), "list_type", ["body", "multi_prompt"]),
    (single(elements=["cat"]), "model_attributes_type", ["body", "elements", 0]),
    (single(elements=[ELEMENT] * 5), "too_long", ["body", "elements"]),
    (single(elements=[{}]), "value_error", ["body", "elements", 0]),
    (single(elements=[{**ELEMENT, "voice_id": "829"}]), "value_error", ["body", "elements", 0]),
    (single(elements=[{**VIDEO, "voice_id": 829}]), "string_type", ["body", "elements", 0, "voice_id"]),
    (
        single(elements=[{"frontal_image_url": START, "reference_image_urls": [START] * 4}]),
        "too_long",
        ["body", "elements", 0, "reference_image_urls"],
    ),
]


@pytest.mark.parametrize(("body", "kind", "place"), FIELD_ERRORS)
def test_rules_on_one_field(visitor: Visitor, body: Any, kind: str, place: list[Any]) -> None:
    submitted = visitor.http.post(f"/{STANDARD}", json=body) if body is not None else None
    if submitted is None:
        submitted = visitor.http.post(f"/{STANDARD}", content=b"null")
    visitor.events(submitted.json())
    [error] = visitor.http.get(submitted.json()["response_url"]).json()["detail"]
    assert (error["type"], error["loc"]) == (kind, place)
    assert set(error) - {"ctx"} == {"type", "loc", "msg", "input"}, "the v3 endpoints send no url"


def test_the_field_errors_are_pydantic_s_own(visitor: Visitor) -> None:
    """The endpoint's input as a pydantic model gives the same types, messages, contexts and places."""
    from typing import Literal

    from pydantic import BaseModel, Field, ValidationError

    class Shot(BaseModel):
        prompt: str
        duration: Literal["1", "2", "3"] | None = "3"

    class Body(BaseModel):
        start_image_url: str
        prompt: str | None = Field(None, max_length=2500)
        multi_prompt: list[Shot] | None = Field(None, min_length=1, max_length=6)
        generate_audio: bool | None = True
        cfg_scale: float | None = Field(0.5, ge=0, le=1)

    bodies = [row[0] for row in FIELD_ERRORS if row[1] != "literal_error" and "elements" not in str(row[2])]
    bodies = [body for body in bodies if isinstance(body, dict) and "negative_prompt" not in body]
    assert len(bodies) >= 12
    for body in bodies:
        with pytest.raises(ValidationError) as caught:
            Body.model_validate(body, from_attributes=True)
        expected = [row | {"loc": ["body", *row["loc"]]} for row in caught.value.errors(include_url=False)]
        assert refused(visitor, body) == expected


def test_kling_counts_again_after_it_has_put_the_elements_in(visitor: Visitor) -> None:
    """Measured 2026-09-23: 492 characters with 5 tags were refused three times, 464 with 4 rendered."""

    def body(characters: int, tags: int) -> dict[str, Any]:
        prompt = " ".join(f"@Element{1 + n % 3}" for n in range(tags))
        return multi(shot(), shot(prompt + "x" * (characters - len(prompt))), elements=[ELEMENT] * 3)

    [error] = refused(visitor, body(492, 5))
    assert (
        error["msg"]
        == "Unexpected status code: 422: body: multiPrompt[1].prompt: size must be between 0 and 512"
    )
    assert refusal(endpoint_of(STANDARD), body(464, 4)) == []


ACCEPTED = [
    single(duration="3", generate_audio=False, multi_prompt=None, elements=None, end_image_url=None),
    single(duration="3", generate_audio="false", aspect_ratio="21:9", voice_ids=5, image_url=7, seed=1),
    multi(shot("x" * 512, "1"), shot("y", "2"), shot_type="customize", duration="15", generate_audio=False),
    single(duration="3", generate_audio=False, elements=[ELEMENT, {**VIDEO, "voice_id": "829"}]),
    single(duration=None, cfg_scale=None, generate_audio=False, negative_prompt=None),
    single(duration="3", cfg_scale=1, generate_audio=False, elements=[]),
]


@pytest.mark.parametrize("body", ACCEPTED)
def test_nulls_and_unknown_keys_are_fine(body: dict[str, Any]) -> None:
    assert refusal(endpoint_of(STANDARD), body) == []


def test_an_accepted_body_has_a_bare_result(visitor: Visitor) -> None:
    result = visitor.result(ACCEPTED[0])
    assert result.status_code == 200, result.text
    assert set(result.json()) == {"video"}
    assert set(result.json()["video"]) == {"url", "content_type", "file_name", "file_size"}
    assert result.headers["x-fal-billable-units"] == "1.8"


def test_text_to_video_needs_no_image_and_knows_its_ratios(visitor: Visitor) -> None:
    body = {"prompt": "a bowl", "duration": "3", "shot_type": "intelligent", "generate_audio": False}
    assert refusal(endpoint_of(TEXT), body | {"aspect_ratio": "9:16"}) == []
    [error] = refused(visitor, body | {"aspect_ratio": "4:3"}, TEXT)
    assert error["msg"] == "Input should be '16:9', '9:16' or '1:1'"


IMAGE: dict[str, Any] = {"image_url": START, "prompt": "x"}
TEXT_ONLY: dict[str, Any] = {"prompt": "x"}
LATER: list[tuple[str, dict[str, Any], str, list[Any]]] = [
    ("kling-v3-turbo-standard", TEXT_ONLY, "missing", ["image_url"]),
    ("kling-v3-turbo-pro", single(), "missing", ["image_url"]),
    ("kling-v3-turbo-pro", IMAGE | {"prompt": "x" * 3073}, "string_too_long", ["prompt"]),
    (
        "kling-v3-turbo-pro-text",
        {"multi_prompt": [shot("x" * 513)]},
        "value_error",
        ["multi_prompt", 0, "prompt"],
    ),
    ("kling-v3-turbo-pro-text", TEXT_ONLY | {"aspect_ratio": "4:3"}, "literal_error", ["aspect_ratio"]),
    ("kling-o3-pro", IMAGE | {"image_url": None}, "string_type", ["image_url"]),
    ("kling-o3-4k-text", TEXT_ONLY | {"generate_audio": "?"}, "bool_parsing", ["generate_audio"]),
    ("kling-o3-pro-reference", TEXT_ONLY | {"elements": [ELEMENT] * 5}, "too_long", ["elements"]),
    ("kling-o3-4k-reference", TEXT_ONLY | {"elements": [ELEMENT] * 8}, "too_long", ["elements"]),
    (
        "kling-o3-standard-reference",
        TEXT_ONLY | {"start_image_url": 7},
        "string_type",
        ["start_image_url"],
    ),
]
# What an endpoint has no field for is ignored, whatever it is.
TAKEN = [
    ("kling-v3-turbo-standard", IMAGE | {"generate_audio": "?", "elements": 7, "shot_type": 1}),
    ("kling-v3-standard-text", TEXT_ONLY | {"elements": 7, "end_image_url": START}),
    ("kling-o3-pro", IMAGE | {"negative_prompt": 5, "cfg_scale": "half", "aspect_ratio": 1}),
    ("kling-o3-4k-reference", TEXT_ONLY | {"elements": [ELEMENT] * 7, "image_urls": [START]}),
    ("kling-o3-standard-reference", TEXT_ONLY | {"elements": [VIDEO], "start_image_url": None}),
]


@pytest.mark.parametrize(("name", "body", "kind", "place"), LATER)
def test_turbo_and_o3_look_at_their_own_fields(
    name: str, body: dict[str, Any], kind: str, place: list[Any]
) -> None:
    (error,) = refusal(endpoint_of(name), body)
    assert (error["type"], error["loc"]) == (kind, ["body", *place])


@pytest.mark.parametrize(("name", "body"), TAKEN)
def test_and_at_no_others(name: str, body: dict[str, Any]) -> None:
    assert refusal(endpoint_of(name), body) == []


def test_an_endpoint_that_is_not_there(visitor: Visitor) -> None:
    result = visitor.result({"prompt": "x"}, "fal-ai/kling-video/v9/ultra")
    assert (result.status_code, result.json()) == (404, {"detail": "Path /v9/ultra not found"})


def test_failed_validation_costs_nothing(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        result = visitor.result({"start_image_url": START}, FOUR_K)
        assert "x-fal-billable-units" not in result.headers
        assert visitor.ledger()["requests"][0]["charged"] == "0"
