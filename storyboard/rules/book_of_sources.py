"""The book's chapter on films that clips start from."""

from __future__ import annotations

from storyboard.rules.rule import Rule, error, warning

FILMS = "fal's input schemas of kling-video v3 motion-control and o3 video-to-video, read 2026-10"

OF_SOURCES: dict[str, Rule] = {
    "SB219": warning(
        "{what} is not sent to {endpoint}: the sound of its clips is that of `source_video`",
        FILMS,
        "keep it for the people who make the sound, or choose an endpoint that speaks",
    ),
    "SB220": error(
        "the element `{name}` has a video; {endpoint} takes elements with images alone",
        FILMS,
        "give it a frontal image and one to three more",
    ),
    "SB327": error(
        "{endpoint} makes no sound that could be switched off: its clips keep that of `source_video`",
        FILMS,
        "write `keep_audio: false` for a silent clip, `generate_audio: null` for the film's sound",
    ),
    "SB328": error(
        "the clip becomes as long as {path}, {measured} s, and is planned and priced as {said} s",
        FILMS,
        "write `duration: {whole}`: the film's length, rounded up to whole seconds",
    ),
    "SB329": warning(
        "the clip becomes as long as this film, whose length is not known before it is paid: {seconds} s are believed",
        FILMS,
        "put the film into the project, and its length is measured",
    ),
}
