"""fal's own examples: every request body that its two model pages print, each yielded by a storyboard.

Source: https://fal.ai/models/fal-ai/kling-video/v3/standard/image-to-video/llms.txt and
https://fal.ai/models/fal-ai/kling-video/v3/4k/image-to-video, both read 2026-04-25. Where a page prints "..." for an
address, an address of example.org stands here. A body is compared with ours after both have been given the defaults
that the pages document and have lost what is null.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

STANDARD = "fal-ai/kling-video/v3/standard/image-to-video"
FOUR_K = "fal-ai/kling-video/v3/4k/image-to-video"

# As the pages' input tables document them. `aspect_ratio` is on the page of v3 standard only, and it has had no effect
# since the launch: the frame takes its shape from the start image.
DEFAULTS: dict[str, dict[str, Any]] = {
    STANDARD: {
        "duration": "5",
        "generate_audio": True,
        "shot_type": "customize",
        "aspect_ratio": "16:9",
        "negative_prompt": "blur, distort, and low quality",
        "cfg_scale": 0.5,
    },
    FOUR_K: {
        "duration": "5",
        "generate_audio": True,
        "shot_type": "customize",
        "negative_prompt": "blur, distort, and low quality",
        "cfg_scale": 0.5,
    },
}

VASE = "https://storage.googleapis.com/falserverless/example_inputs/kling-v3/standard-i2v/start_image.png"
ORBIT = (
    "Camera slowly orbits around the vase. Soft light shifts across the ceramic surface. The pampas grass sways "
    "gently. Shadows move elegantly. Smooth continuous motion, premium feel."
)
GLASSES = "https://v3b.fal.media/files/b/0a8cfd5f/-kZL-ha3Iuelku5IHXC-A_glasses.png"
GLASSES_BACK = "https://v3b.fal.media/files/b/0a8cfd62/psPCmzrD1y9vDgdyNfKAL_glasses_back.png"
CHILD = "https://v3b.fal.media/files/b/0a8cfd66/b03SOiQvKLlFx_jqdNZ9z_child_video.mp4"

FULL = {
    "prompt": ORBIT,
    "multi_prompt": None,
    "start_image_url": VASE,
    "duration": "12",
    "generate_audio": True,
    "elements": [
        {"reference_image_urls": [GLASSES_BACK], "frontal_image_url": GLASSES},
        {"video_url": CHILD},
    ],
    "shot_type": "customize",
    "aspect_ratio": "16:9",
    "negative_prompt": "blur, distort, and low quality",
    "cfg_scale": 0.5,
}
FULL_STORYBOARD = f"""
storyboard: 1
endpoint: {STANDARD}
elements:
  glasses: {{frontal_image: "{GLASSES}", reference_images: ["{GLASSES_BACK}"]}}
  child: {{video: "{CHILD}"}}
scenes:
  - id: vase
    start_image: {VASE}
    duration: 12
    generate_audio: true
    elements: [glasses, child]
    shot_type: customize
    aspect_ratio: "16:9"
    negative_prompt: blur, distort, and low quality
    cfg_scale: 0.5
    prompt: >-
      {ORBIT}
"""

START = "https://media.example.org/start.png"
END = "https://media.example.org/end.png"
CLIP = "https://media.example.org/element.mp4"
FRONT = "https://media.example.org/front.png"
BACK = "https://media.example.org/back.png"

CRAFTSMAN_LONG = (
    "The craftsman slowly examines the bowl, turning it gently in his weathered hands. Subtle smile forms on his face. "
    "Dust particles drift in warm light. Breathing motion, blinking eyes."
)
CRAFTSMAN = "The craftsman slowly examines the bowl, turning it gently in his weathered hands."


def craftsman(prompt: str) -> tuple[dict[str, Any], str]:
    body = {"start_image_url": START, "prompt": prompt, "duration": "5", "generate_audio": True}
    text = f"""
storyboard: 1
endpoint: kling-v3-4k
scenes:
  - id: bowl
    start_image: {START}
    duration: 5
    generate_audio: true
    prompt: {prompt}
"""
    return body, text


EXAMPLES: dict[str, tuple[str, dict[str, Any], str]] = {
    "standard: full example": (STANDARD, FULL, FULL_STORYBOARD),
    "4k: image to video, JavaScript": (FOUR_K, *craftsman(CRAFTSMAN_LONG)),
    "4k: cURL and Python": (FOUR_K, *craftsman(CRAFTSMAN)),
    "4k: start-to-end frame control": (
        FOUR_K,
        {
            "start_image_url": START,
            "end_image_url": END,
            "prompt": "Smooth transformation between the two states, steady camera.",
            "duration": "5",
        },
        f"""
storyboard: 1
endpoint: kling-v3-4k
scenes:
  - id: turn
    start_image: {START}
    end_image: {END}
    prompt: Smooth transformation between the two states, steady camera.
""",
    ),
    "4k: characters and objects with elements": (
        FOUR_K,
        {
            "start_image_url": START,
            "prompt": "@Element1 puts on @Element2 and walks into frame.",
            "elements": [
                {"video_url": CLIP},
                {"frontal_image_url": FRONT, "reference_image_urls": [BACK]},
            ],
            "duration": "6",
        },
        f"""
storyboard: 1
endpoint: kling-v3-4k
elements:
  hat: {{frontal_image: "{FRONT}", reference_images: ["{BACK}"]}}
  dancer: {{video: "{CLIP}"}}
scenes:
  - id: walk
    start_image: {START}
    duration: 6
    prompt: "@dancer puts on @hat and walks into frame."
""",
    ),
    "4k: multi-shot from one image": (
        FOUR_K,
        {
            "start_image_url": START,
            "multi_prompt": [
                {"prompt": "Wide shot, subject enters the frame.", "duration": "4"},
                {"prompt": "Close-up on the subject's hands working.", "duration": "4"},
                {"prompt": "Pull back to reveal the finished piece.", "duration": "4"},
            ],
            "shot_type": "customize",
            "generate_audio": True,
        },
        f"""
storyboard: 1
endpoint: kling-v3-4k
scenes:
  - id: workshop
    start_image: {START}
    shots:
      - wide 4s: Wide shot, subject enters the frame.
      - hands 4s: Close-up on the subject's hands working.
      - id: reveal
        duration: 4
        prompt: Pull back to reveal the finished piece.
""",
    ),
}

# Printed without any prompt: fal takes them into the queue and refuses them when they run. No storyboard yields them.
WITHOUT_PROMPT = {
    "standard: required parameters, cURL, Python and JavaScript": (STANDARD, VASE),
    "4k: queue": (FOUR_K, START),
}


def completed(endpoint: str, body: dict[str, Any]) -> dict[str, Any]:
    """With the documented defaults, without nulls; the length of a request of several shots is that of its shots."""
    given = {name: value for name, value in body.items() if value is not None}
    if "multi_prompt" in given:
        given.setdefault("duration", str(sum(int(shot["duration"]) for shot in given["multi_prompt"])))
    return DEFAULTS[endpoint] | given


@pytest.mark.parametrize(("endpoint", "body", "text"), EXAMPLES.values(), ids=EXAMPLES.keys())
def test_a_published_body_is_yielded(
    endpoint: str, body: dict[str, Any], text: str, tmp_path: Path, run: Callable
) -> None:
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = run("expand", tmp_path)
    assert ran.code == 0, ran.out + ran.err
    (request,) = json.loads(ran.out)["requests"]
    assert request["endpoint"] == endpoint
    assert completed(endpoint, request["arguments"]) == completed(endpoint, body)


@pytest.mark.parametrize(("endpoint", "image"), WITHOUT_PROMPT.values(), ids=WITHOUT_PROMPT.keys())
def test_a_body_without_a_prompt_is_a_mistake(
    endpoint: str, image: str, tmp_path: Path, run: Callable
) -> None:
    text = f"storyboard: 1\nendpoint: {endpoint}\nscenes:\n  - id: bare\n    start_image: {image}\n"
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = run("check", tmp_path, "--format", "json")
    (diagnostic,) = json.loads(ran.out)["diagnostics"]
    assert (diagnostic["code"], diagnostic["line"], ran.code) == ("SB112", 4, 1)


PRICED = {
    # "a 5s video with audio on and voice control will cost $1.54"
    "standard, 5 s, audio and voice": (
        "voices: {mara: 829877809978941442}",
        "endpoint: kling-v3-standard\n    dialogue: 'mara: there you are'",
        5,
        ("voice", "0.308", "1.54"),
    ),
    # "a 5s video will cost $2.10", "regardless of whether audio is on or off"
    "4k, 5 s, silent": (
        "",
        "endpoint: kling-v3-4k\n    generate_audio: false",
        5,
        ("silent", "0.42", "2.10"),
    ),
    "4k, 5 s, audio": ("", "endpoint: kling-v3-4k\n    generate_audio: true", 5, ("audio", "0.42", "2.10")),
    # "a 10-second clip costs $4.20"
    "4k, 10 s": ("", "endpoint: kling-v3-4k", 10, ("audio", "0.42", "4.20")),
    # "$0.168 (audio off) or $0.252 (audio on)" for every second
    "standard, 5 s, silent": (
        "",
        "endpoint: kling-v3-standard\n    generate_audio: false",
        5,
        ("silent", "0.168", "0.84"),
    ),
    "standard, 5 s, audio": ("", "endpoint: kling-v3-standard", 5, ("audio", "0.252", "1.26")),
}


@pytest.mark.parametrize(("head", "scene", "seconds", "price"), PRICED.values(), ids=PRICED.keys())
def test_the_published_prices(
    head: str, scene: str, seconds: int, price: tuple[str, str, str], tmp_path: Path, run: Callable
) -> None:
    text = (
        f"storyboard: 1\n{head}\nscenes:\n  - id: one\n    start_image: {START}\n    prompt: reeds\n"
        f"    duration: {seconds}\n    {scene}\n"
    )
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = run("estimate", tmp_path, "--format", "json")
    document = json.loads(ran.out)
    (found,) = document["scenes"]
    tier, unit, amount = price
    assert (found["tier"], found["unit_price"], found["amount"]) == (tier, unit, amount)
    assert Decimal(document["total"]) == Decimal(unit) * seconds == Decimal(amount)
    assert (document["price_book"], document["unpriced"], ran.code) == ("seeds", [], 0)


@pytest.mark.parametrize("endpoint", [STANDARD, FOUR_K])
def test_every_field_of_the_input_tables_can_be_authored(
    endpoint: str, tmp_path: Path, run: Callable
) -> None:
    text = f"""
storyboard: 1
endpoint: {endpoint}
elements:
  glasses: {{frontal_image: "{GLASSES}", reference_images: ["{GLASSES_BACK}"]}}
scenes:
  - id: one
    start_image: {START}
    end_image: {END}
    duration: 3
    generate_audio: false
    negative_prompt: blur
    cfg_scale: 1
    shot_type: customize
    aspect_ratio: "9:16"
    prompt: the @glasses
  - id: two
    start_image: {START}
    voice_ids: [829877809978941442]
    shots:
      - a 3s: she says <<<voice_1>>> here
      - b 3s: reeds
"""
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = run("expand", tmp_path)
    assert ran.code == 0, ran.err
    one, two = (request["arguments"] for request in json.loads(ran.out)["requests"])
    assert one == {
        "start_image_url": START,
        "end_image_url": END,
        "prompt": "the @Element1",
        "shot_type": "customize",
        "duration": "3",
        "generate_audio": False,
        "elements": [{"frontal_image_url": GLASSES, "reference_image_urls": [GLASSES_BACK]}],
        "aspect_ratio": "9:16",
        "negative_prompt": "blur",
        "cfg_scale": 1.0,
    }
    assert two["voice_ids"] == ["829877809978941442"]
    assert [shot["duration"] for shot in two["multi_prompt"]] == ["3", "3"]
    assert (two["duration"], two["shot_type"]) == ("6", "customize")
