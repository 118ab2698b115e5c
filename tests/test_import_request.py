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
    assert len(draft.remarks) == 6
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


def mistakes(draft: Draft, read: Read) -> list[str]:
    """The errors of `check`, but for the first frame that is said to be missing."""
    said = "start_image" in still_missing(draft)
    return [d.message for d in read.diagnostics if d.severity == "error" and not (said and d.code == "SB319")]


@QUICK
@given(
    st.dictionaries(names, json_values, max_size=8)
    | st.lists(st.dictionaries(names, json_values, max_size=5), max_size=3)
    | json_values
)
@example({"multi_prompt": ["rain"], "voice_ids": 1})
def test_any_document_is_a_storyboard_or_refused_in_words(document: Any) -> None:
    """What fal would refuse is kept as a note, and told; what we could not write is refused."""
    try:
        draft, read = imported(document)
    except Unusable:
        return
    assert read.film is not None
    assert mistakes(draft, read) == []


addresses = st.sampled_from(
    [SITE + "a.png", SITE + "b.png", "https://localhost/a.png", "data:x", "https://a b", 4]
)
elements = st.fixed_dictionaries(
    {},
    optional={
        "frontal_image_url": addresses,
        "reference_image_urls": st.lists(addresses, max_size=5),
        "video_url": st.sampled_from([SITE + "v.mp4", SITE + "w.mp4"]),
        "voice_id": st.sampled_from(["1", "829877809978941442", ""]),
    },
)
prompts = st.lists(
    st.sampled_from(
        [
            "@Element1",
            "@Element5",
            "<<<voice_1>>>",
            "<<<voice_3>>>",
            "a@b",
            "{{ x }}",
            "{% if %}",
            "He sits. ",
            "long " * 90,
        ]
    ),
    min_size=1,
    max_size=8,
).map(" ".join)
lengths = st.none() | st.integers(0, 40) | st.integers(0, 40).map(str)
plausible = st.fixed_dictionaries(
    {},
    optional={
        "start_image_url": addresses,
        "end_image_url": addresses,
        "image_url": addresses,
        "elements": st.lists(elements, max_size=9),
        "voice_ids": st.lists(st.sampled_from(["1", "2", ""]), max_size=4),
        "generate_audio": st.booleans(),
        "cfg_scale": st.sampled_from([0, 0.5, 1, 7, "0.5", True, float("nan")]),
        "aspect_ratio": st.sampled_from(["16:9", "9:16", "4:3", 1]),
        "shot_type": st.sampled_from(["customize", "intelligent"]),
        "negative_prompt": st.sampled_from(["blur", "@x <<<y>>>", "n" * 3000, "{{ x }}"]),
        "duration": lengths,
    },
)
several = st.lists(st.fixed_dictionaries({"prompt": prompts, "duration": lengths}), min_size=1, max_size=9)
worded = st.fixed_dictionaries({"prompt": prompts}) | st.fixed_dictionaries({"multi_prompt": several})
ALIASES = [each.alias for each in catalog().endpoints if each.begins != "film"]


@QUICK
@given(st.none() | st.sampled_from(ALIASES), plausible, worded)
def test_any_request_checks_but_for_what_is_said_to_be_missing(
    endpoint: str | None, fields: dict[str, Any], words: dict[str, Any]
) -> None:
    document = {"input": fields | words} | ({"endpoint": endpoint} if endpoint else {})
    draft, read = imported(document)
    assert mistakes(draft, read) == []


def test_a_few_words_do_not_make_a_film_without_end() -> None:
    with pytest.raises(Unusable, match="more than 5,000 shots would be made of it"):
        imported([{"prompt": "x", "duration": 999}] * 200)


@QUICK
@given(st.text(st.sampled_from('{}[]",: \nprompt"01e-'), max_size=60))
def test_any_text_is_refused_in_words(text: str) -> None:
    with pytest.raises(Unusable):
        draft_of_requests(text, catalog(), lambda _: None)


FACE = {"frontal_image_url": SITE + "f.png"}
TWO = [{"prompt": "@Element1 walks", "duration": "5"}, {"prompt": "he sits", "duration": "12"}]


def test_elements_choose_the_endpoint_that_takes_them() -> None:
    """It begins with a still, of which is said that it is missing."""
    draft, read = imported({"input": {"prompt": "@Element1 walks", "elements": [FACE]}})
    (scene,) = draft.scenes
    assert (scene.fields["endpoint"], scene.missing) == ("kling-v3-standard", ("start_image",))
    assert draft.elements[0].fields == {
        "frontal_image": FACE["frontal_image_url"],
        "reference_images": [FACE["frontal_image_url"]],
    }
    assert draft.remarks == ("an element needs a reference, too: its picture stands for both",)
    assert read.codes == ["SB319"]


def test_elements_that_the_named_endpoint_does_not_take_are_told_of_as_that() -> None:
    document = {"endpoint": "kling-v3-pro-text", "input": {"prompt": "x", "elements": [FACE]}}
    draft, read = imported(document)
    assert draft.remarks == ("`kling-v3-pro-text` takes no elements: it is kept as a note, and not sent",)
    assert json.loads(draft.scenes[0].fields["x-elements"]) == [FACE]
    assert read.codes == []


def test_a_request_that_is_too_long_for_a_clip_is_split() -> None:
    draft, read = imported({"input": {"multi_prompt": TWO, "elements": [FACE]}})
    assert [(scene.id, [shot.seconds for shot in scene.shots]) for scene in draft.scenes] == [
        ("scene-1-1", [5]),
        ("scene-1-2", [12]),
    ]
    assert "request 1 (2 shots, 17 s) can't be one clip: it became 2 scenes, 17 s in all" in draft.remarks
    assert [scene.fields["endpoint"] for scene in draft.scenes] == [
        "kling-v3-standard",
        "kling-v3-standard-text",
    ]
    assert read.codes == ["SB319"]


def test_the_stills_of_a_request_that_is_split_stand_at_its_ends() -> None:
    stills = {"start_image_url": SITE + "a.png", "end_image_url": SITE + "b.png"}
    draft, read = imported({**stills, "prompt": "x", "duration": 20})
    first, last = (scene.fields for scene in draft.scenes)
    assert (first["start_image"], "end_image" in first) == (SITE + "a.png", False)
    assert (last["end_image"], "start_image" in last) == (SITE + "b.png", False)
    assert [scene.missing for scene in draft.scenes] == [(), ("start_image",)]
    assert mistakes(draft, read) == []


STILLS = {"start_image_url": "file:///a.png", "end_image_url": "file:///b.png"}
OUT = "{} is no https address and no file of the project: it was left out"
BECAME = "scene scene-1 has no still that {0} could begin with: it became {0}-text"
ROWS = [{"prompt": "a", "duration": "3"}, {"prompt": "b"}]
TOLD: dict[str, tuple[dict[str, Any], list[str]]] = {
    "a picture in the request": (
        {"multi_prompt": ROWS, "duration": "10", "image_url": "data:image/png;base64,AAAA"},
        [
            "request 1: its duration is 10, its shots are 8 s in all: the shots count",
            OUT.format("data:image/png;base64,AAAA"),
            BECAME.format("kling-v3-turbo-standard"),
        ],
    ),
    "files of elsewhere": (
        {"endpoint": "fal-ai/kling-video/v3/4k/image-to-video", "prompt": "x", **STILLS},
        [OUT.format("file:///a.png"), OUT.format("file:///b.png"), BECAME.format("kling-v3-4k")],
    ),
    "no still at all": ({"endpoint": "kling-v3-pro", "prompt": "x"}, [BECAME.format("kling-v3-pro")]),
    "a prompt beside the shots": (
        {
            "endpoint": "kling-v3-pro-text",
            "prompt": "x",
            "multi_prompt": [{**ROWS[0], "seed": 3}],
            "duration": 3,
        },
        [
            "request 1: its shots have prompts of their own: the prompt beside them was left out",
            "request 1: shot 1: seed was left out, as shots have none",
        ],
    ),
    "shots that are no list": (
        {"endpoint": "kling-v3-pro-text", "prompt": "x", "multi_prompt": "y"},
        ["request 1: its multi_prompt is no list of shots: it was left out"],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_changed_or_was_left_out_is_told(name: str) -> None:
    document, remarks = TOLD[name]
    draft, _ = imported(document)
    assert list(draft.remarks) == remarks


def test_both_stills_that_are_missing_are_named() -> None:
    draft, _ = imported({"endpoint": "kling-v3-4k", "prompt": "x", **STILLS})
    assert draft.scenes[0].missing == ("start_image", "end_image")
