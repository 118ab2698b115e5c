"""`storyboard import` of requests: what comes out is sent as it was, to the digest."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from in_memory import Read, compiled

from storyboard.catalog.endpoints import catalog
from storyboard.compile.requests import digest_of
from storyboard.imports.draft import Draft, Unusable
from storyboard.imports.request import draft_of_requests
from storyboard.imports.write import still_missing, storyboard_text

QUICK = settings(
    max_examples=80, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
FILMS = sorted((Path(__file__).parent / "golden" / "film").iterdir())
SITE = "https://media.example.org/"
IMAGES = {"frontal_image_url": SITE + "f.png", "reference_image_urls": [SITE + "g.png"]}
VIDEO = {"video_url": SITE + "v.mp4", "voice_id": "829877809978941442"}
STANDARD = "fal-ai/kling-video/v3/standard/image-to-video"
FULL = {
    "start_image_url": SITE + "a.png",
    "multi_prompt": [
        {"prompt": "@Element1 looks at @Element2 {{ x }}, a@b, @c", "duration": "3"},
        {"prompt": "@Element2's hat\nturns: {% if %}  twice", "duration": 4},
    ],
    "shot_type": "customize",
    "duration": "7",
    "generate_audio": True,
    "elements": [VIDEO, IMAGES],
    "negative_prompt": "blur, {{ text }}",
    "cfg_scale": 0.7,
}


def imported(document: Any) -> tuple[Draft, Read]:
    draft = draft_of_requests(json.dumps(document), catalog(), lambda _: None)
    return draft, compiled(storyboard_text(draft, "from a test"))


REQUESTS = {
    "everything": (STANDARD, FULL),
    "one shot": (STANDARD, {"prompt": "a heron", "start_image_url": SITE + "a.png", "duration": "5"}),
    "two stills": (
        STANDARD,
        {"prompt": "x", "start_image_url": SITE + "a.png", "end_image_url": SITE + "b.png"},
    ),
    "silent": ("kling-v3-4k", {"prompt": "x", "start_image_url": SITE + "a.png", "generate_audio": False}),
    "from text": ("kling-v3-pro-text", {"prompt": "  x  y ", "aspect_ratio": "9:16", "cfg_scale": 0}),
    "turbo": ("kling-v3-turbo-pro", {"prompt": "x", "image_url": SITE + "a.png", "duration": 9}),
    "o3": ("kling-o3-standard", {"prompt": "x", "image_url": SITE + "a.png", "generate_audio": True}),
    "voices": (
        "kling-v3-standard-text",
        {"prompt": "<<<voice_1>>> sings", "voice_ids": ["829877809978941442"]},
    ),
    "an element that no prompt names": (
        STANDARD,
        {"prompt": "x", "start_image_url": SITE + "a.png", "elements": [IMAGES]},
    ),
    "control characters": ("kling-v3-pro-text", {"prompt": "a\u0007b\u2028c\ttab \U0001f3ac"}),
}


@pytest.mark.parametrize("name", REQUESTS)
def test_the_same_is_sent(name: str) -> None:
    endpoint, arguments = REQUESTS[name]
    _, read = imported({"endpoint": endpoint, "input": arguments})
    assert [d for d in read.diagnostics if d.severity == "error"] == []
    (request,) = read.requests
    sent = json.loads(json.dumps(request.arguments))
    for key, value in arguments.items():
        expected = str(value) if key == "duration" else value
        if key == "multi_prompt":
            expected = [{**row, "duration": str(row["duration"])} for row in value]
        assert sent[key] == expected
    assert request.digest == digest_of(catalog().find(endpoint), sent, {})


@pytest.mark.parametrize("path", FILMS, ids=lambda path: path.name)
def test_what_expand_says_comes_back_to_the_digest(
    path: Path, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = shutil.copytree(path, tmp_path / "film")
    (film / "storyboard.toml").touch()
    monkeypatch.chdir(film)
    first = json.loads(run("expand", ".").out)
    (film / "requests.json").write_text(json.dumps(first), encoding="utf-8")
    ran = run("import", "requests.json", "-o", "again.yaml")
    assert ran.code == 0, ran.err
    again = json.loads(run("expand", "again.yaml").out)
    assert [(r["scene"], r["take"], r["digest"]) for r in again["requests"]] == [
        (r["scene"], r["take"], r["digest"]) for r in first["requests"]
    ]


SHAPES = {
    "bare": {"prompt": "x"},
    "a list": [{"prompt": "x"}],
    "with its endpoint": {"endpoint": "kling-v3-standard-text", "arguments": {"prompt": "x"}},
    "of the queue": {
        "endpoint_id": "fal-ai/kling-video/v3/standard/text-to-video",
        "json_input": {"prompt": "x"},
    },
    "of expand": {
        "requests": [{"scene": "a", "endpoint": "kling-v3-standard-text", "arguments": {"prompt": "x"}}]
    },
}


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_of_a_request(name: str) -> None:
    _, read = imported(SHAPES[name])
    (request,) = read.requests
    assert request.endpoint == "fal-ai/kling-video/v3/standard/text-to-video"
    assert request.arguments["prompt"] == "x"
    assert request.seconds == 5


def test_elements_that_are_alike_are_one() -> None:
    start = {"start_image_url": SITE + "a.png"}
    draft, read = imported(
        [
            {**start, "prompt": "@Element1", "elements": [IMAGES]},
            {**start, "prompt": "@Element1, @Element2", "elements": [VIDEO, IMAGES]},
        ]
    )
    assert [element.name for element in draft.elements] == ["element1", "element2"]
    assert read.requests[1].arguments["elements"] == [VIDEO, IMAGES]
    assert draft.voices == {"voice1": "829877809978941442"}


def test_another_order_of_elements_is_told() -> None:
    draft, read = imported(
        {
            **FULL,
            "elements": [IMAGES, VIDEO],
            "multi_prompt": [{"prompt": "@Element2 and @Element1", "duration": 5}],
        }
    )
    assert read.requests[0].arguments["prompt"] == "@Element1 and @Element2"
    assert read.requests[0].arguments["elements"] == [VIDEO, IMAGES]
    assert any("positions changed" in remark for remark in draft.remarks)


def test_what_a_storyboard_can_t_hold_is_told() -> None:
    draft, read = imported(
        {
            "start_image_url": "data:image/png;base64,AAAA",
            "prompt": "@Element3 <<<voice_2>>> x",
            "seed": 4,
            "webhook": {"a": 1},
        }
    )
    assert read.codes == []
    assert still_missing(draft)["start_image"] == 1
    assert len(draft.remarks) == 5
    assert read.requests[0].arguments["prompt"] == "Element3 voice_2 x"


values = (
    st.none()
    | st.booleans()
    | st.integers(-5, 20)
    | st.floats()
    | st.text(max_size=30)
    | st.just(SITE + "x.png")
)
json_values = st.recursive(
    values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
NAMES = """prompt multi_prompt duration elements voice_ids start_image_url end_image_url image_url cfg_scale
negative_prompt generate_audio shot_type seed endpoint input scene take"""
names = st.sampled_from(NAMES.split())


def test_what_starts_from_a_film_is_refused_with_the_reason() -> None:
    """How long its clip is does not stand in the request, and a storyboard has to say it."""
    body = {"prompt": "snow falls", "video_url": "https://media.example.org/a.mp4"}
    text = json.dumps({"endpoint": "kling-o3-pro-video-edit", "arguments": body})
    with pytest.raises(Unusable, match="whose clips start from a film"):
        draft_of_requests(text, catalog(), lambda _: None)


@QUICK
@given(
    st.dictionaries(names, json_values, max_size=8)
    | st.lists(st.dictionaries(names, json_values, max_size=5), max_size=3)
    | json_values
)
@example({"multi_prompt": ["rain"], "voice_ids": 1})
def test_any_document_is_a_storyboard_or_refused_in_words(document: Any) -> None:
    """What fal would refuse is written down, and `check` says why; what we could not write is refused."""
    try:
        draft = draft_of_requests(json.dumps(document), catalog(), lambda _: None)
    except Unusable:
        return
    read = compiled(storyboard_text(draft, "from a test"))
    assert read.film is not None


@QUICK
@given(st.text(st.sampled_from('{}[]",: \nprompt"01e-'), max_size=60))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(Unusable):
        draft_of_requests(text, catalog(), lambda _: None)
