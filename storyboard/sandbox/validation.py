"""What a Kling v3 endpoint refuses once a request runs: a table of fields, then one of rules on the body.

Sources: refusals recorded live between 2026-07-16 and 2026-09-23, fal's input schemas (2026-10), Kling's own
documentation where fal is silent. Where no live text is known, the message is in fal's manner and says the
same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from msgspec import Struct

from storyboard.catalog.endpoints import Endpoint, Limits
from storyboard.sandbox.charges import prompts_of, seconds_of
from storyboard.sandbox.checks import (
    Check,
    Error,
    Field,
    Place,
    error,
    fields,
    film_address,
    items,
    number,
    one_of,
    shot_text,
    text,
    truth,
    value_error,
)

BODY: Place = ("body",)
# Kling counts a shot's prompt again after it has put the element in the place of its tag: 492 characters with
# 5 tags were refused, 464 with 4 rendered (2026-09-23), which fits about six more characters a tag.
EXPANDED_TAG_CHARACTERS = 6
ELEMENT_TAG = re.compile(r"@Element\d+")

ELEMENT_SHAPE = "Either frontal_image_url and reference_image_urls or video_url must be provided."
VOICE_ON_IMAGE = "Voice binding is only supported for video elements, and cannot be used with image elements"


class Rule(Struct, frozen=True):
    """Refuses a whole body, with the message at the body, when `broken` says so. Of `words`: only where an endpoint
    does not do without any."""

    message: str
    broken: Callable[[Mapping[str, Any], Limits], bool]
    words: bool = False


RULES = (
    Rule(
        "Either 'prompt' or 'multi_prompt' must be provided.",
        lambda body, _: not body.get("prompt") and body.get("multi_prompt") is None,
        words=True,
    ),
    Rule(
        "prompt and multi_prompt cannot both be provided",
        lambda body, _: bool(body.get("prompt")) and body.get("multi_prompt") is not None,
    ),
    Rule(
        "End Image Url is not supported with Multi Prompt",
        lambda body, _: bool(body.get("end_image_url")) and body.get("multi_prompt") is not None,
    ),
    Rule(
        "Total duration of multi_prompt must be between 3 and 15 seconds.",
        lambda body, limits: not limits.clip_seconds[0] <= seconds_of(body) <= limits.clip_seconds[1],
    ),
    Rule(
        "A request can only have one element with a video",
        lambda body, limits: _video_elements(body) > limits.video_elements,
    ),
)


def refusal(endpoint: Endpoint, body: Any) -> list[Error]:
    """The `detail` of fal's 422, empty when the body will do. Media are looked at elsewhere (stills.py)."""
    return _body_check(endpoint)(body, BODY) or _broken_rule(endpoint, body) or _kling_refusal(endpoint, body)


@cache
def _body_check(endpoint: Endpoint) -> Check:
    table = field_table(endpoint)
    return fields({endpoint.wire(name): field for name, field in table.items() if endpoint.takes(name)})


def field_table(endpoint: Endpoint) -> dict[str, Field]:
    """Every key that an endpoint of the family may know, in the order of fal's schema."""
    limits, start, words = endpoint.limits, endpoint.needs("start_image_url"), endpoint.needs("prompt")
    shot = {
        "prompt": Field(shot_text(limits.shot_characters), required=True, nullable=False),
        "duration": Field(one_of(*_seconds(limits.shot_seconds))),
    }
    element = {
        "frontal_image_url": Field(text()),
        "reference_image_urls": Field(items(text(), 0, limits.reference_images[1])),
        "video_url": Field(text()),
        "voice_id": Field(text()),
    }
    return {
        "start_image_url": Field(text(), required=start, nullable=not start),
        "video_url": Field(film_address, required=True, nullable=False),
        "character_orientation": Field(one_of("image", "video"), required=True, nullable=False),
        "keep_audio": Field(truth),
        "prompt": Field(text(limits.prompt_characters), required=words, nullable=not words),
        "multi_prompt": Field(items(fields(shot), *limits.shots)),
        "duration": Field(one_of(*_seconds(limits.clip_seconds))),
        "generate_audio": Field(truth),
        "end_image_url": Field(text()),
        "elements": Field(items(fields(element, after=_element), 0, limits.elements)),
        "shot_type": Field(one_of(*endpoint.shot_types)),
        "aspect_ratio": Field(one_of(*endpoint.ratios)),
        "negative_prompt": Field(text(limits.negative_prompt_characters)),
        "cfg_scale": Field(number(float(limits.cfg_scale[0]), float(limits.cfg_scale[1]))),
    }


def _seconds(limits: tuple[int, int]) -> list[str]:
    return [str(seconds) for seconds in range(limits[0], limits[1] + 1)]


def _element(element: Mapping[str, Any], place: Place) -> list[Error]:
    image = element.get("frontal_image_url") and element.get("reference_image_urls")
    if not image and not element.get("video_url"):
        return [value_error(place, ELEMENT_SHAPE, element)]
    if element.get("voice_id") and not element.get("video_url"):
        return [value_error(place, VOICE_ON_IMAGE, element)]
    return []


def _video_elements(body: Mapping[str, Any]) -> int:
    return sum(1 for element in body.get("elements") or [] if element.get("video_url"))


def _broken_rule(endpoint: Endpoint, body: Mapping[str, Any]) -> list[Error]:
    """The first one only: that is how a validator of a whole model reports. It sees no key that the model lacks."""
    seen = {name: value for name, value in body.items() if name in endpoint.fields}
    needed = endpoint.takes("multi_prompt") or endpoint.needs("prompt")
    rules = (rule for rule in RULES if needed or not rule.words)
    broken = (rule for rule in rules if rule.broken(seen, endpoint.limits))
    return [value_error(BODY, rule.message, body) for rule in broken][:1]


def _kling_refusal(endpoint: Endpoint, body: Mapping[str, Any]) -> list[Error]:
    """Kling's own answer, relayed by fal: it names the first bad shot only. Its `type` has not been
    recorded."""
    most = endpoint.limits.shot_characters
    for index, prompt in enumerate(prompts_of(body) if body.get("multi_prompt") else []):
        if len(prompt) + EXPANDED_TAG_CHARACTERS * len(ELEMENT_TAG.findall(prompt)) > most:
            said = f"body: multiPrompt[{index}].prompt: size must be between 0 and {most}"
            return [error("value_error", BODY, f"Unexpected status code: 422: {said}", body)]
    return []
