"""The clips that the sandbox hands out: real files of the right length and shape, with sound when asked."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import httpx
import numpy as np
import pytest
from sandboxes import FOUR_K, STANDARD, TEXT, Visitor, png, until, visiting

from storyboard.catalog.endpoints import catalog
from storyboard.sandbox.clips import drawing_of, frame_size, shortened


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visiting(tmp_path_factory.mktemp("sandbox")) as found:
        yield found


def clip_of(visitor: Visitor, body: dict[str, Any], endpoint: str = STANDARD) -> bytes:
    video = visitor.result(body, endpoint).json()["video"]
    answer = httpx.get(video["url"], trust_env=False)
    assert answer.headers["content-type"] == video["content_type"] == "video/mp4"
    assert len(answer.content) == video["file_size"]
    return answer.content


def test_several_shots_with_sound(visitor: Visitor) -> None:
    shots = [
        {"prompt": "@Element1 turns the bowl, slow push", "duration": "2"},
        {"prompt": "hands", "duration": "1"},
    ]
    data = clip_of(
        visitor, {"start_image_url": visitor.upload(png()), "multi_prompt": shots, "duration": "3"}
    )
    with av.open(io.BytesIO(data), format="mov") as clip:
        video, audio = clip.streams.video[0], clip.streams.audio[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", 1280, 720)
        assert video.average_rate == 24
        assert audio.codec_context.name == "aac"
        frames = [frame.to_ndarray(format="gray") for frame in clip.decode(video=0)]
    with av.open(io.BytesIO(data), format="mov") as clip:
        samples = sum(frame.samples for frame in clip.decode(audio=0))
        rate = clip.streams.audio[0].rate
    assert len(frames) == 3 * 24 + 1
    assert abs(samples / rate - 73 / 24) < 0.1
    assert _change(frames[0], frames[40]) > 1, "the picture moves"
    steps = [_change(before, after) for before, after in pairwise(frames)]
    assert int(np.argmax(steps)) + 1 == 48, "the second shot begins where the first one's two seconds end"


def _change(before: Any, after: Any) -> float:
    return float(np.abs(before.astype(np.int16) - after.astype(np.int16)).mean())


@pytest.mark.parametrize("asked", [False, "false"])
def test_without_sound_there_is_no_audio_stream(visitor: Visitor, asked: object) -> None:
    body = {
        "start_image_url": visitor.upload(png()),
        "prompt": "a bowl",
        "duration": "3",
        "generate_audio": asked,
    }
    with av.open(io.BytesIO(clip_of(visitor, body)), format="mov") as clip:
        assert not clip.streams.audio
        assert sum(1 for _ in clip.decode(video=0)) == 73


def test_text_to_video_takes_the_ratio_that_was_asked_for(visitor: Visitor) -> None:
    body = {"prompt": "a bowl", "duration": "3", "generate_audio": False, "aspect_ratio": "1:1"}
    with av.open(io.BytesIO(clip_of(visitor, body, TEXT)), format="mov") as clip:
        assert (clip.streams.video[0].width, clip.streams.video[0].height) == (720, 720)


@pytest.mark.parametrize(
    ("ratio", "height", "size"),
    [
        (Decimal(16) / 9, 720, (1280, 720)),
        (Decimal(9) / 16, 720, (720, 1280)),
        (Decimal(1), 1080, (1080, 1080)),
        (Decimal(1000) / 563, 720, (1278, 720)),
        (Decimal("2.5"), 2160, (5400, 2160)),
    ],
)
def test_frame_sizes(ratio: Decimal, height: int, size: tuple[int, int]) -> None:
    assert frame_size(ratio, height) == size


@pytest.mark.parametrize(("full_size", "height"), [(False, 1080), (True, 2160)])
def test_4k_is_drawn_smaller_unless_full_size_is_asked_for(
    visitor: Visitor, full_size: bool, height: int
) -> None:
    endpoint = catalog().find(FOUR_K)
    assert endpoint is not None
    body = {"start_image_url": visitor.upload(png()), "prompt": "a bowl"}
    drawing = drawing_of(endpoint, body, visitor.sandbox.state, full_size=full_size)
    assert drawing.size == (height * 16 // 9, height)


def test_captions_are_cut_in_any_script() -> None:
    assert shortened("two\n  lines ") == "two lines"
    assert shortened("x" * 120) == "x" * 120
    assert shortened("骑" * 121) == "骑" * 118 + " …"


def test_what_is_drawn_follows_from_the_body(visitor: Visitor) -> None:
    endpoint = catalog().find(STANDARD)
    assert endpoint is not None
    prompts = [
        "A slow push on the hands",
        "the camera pans left",
        "static, wide",
        "nothing said",
        "no more " * 40,
    ]
    shots = [{"prompt": prompt, "duration": "3"} for prompt in prompts]
    body = {"start_image_url": visitor.upload(png()), "multi_prompt": shots}
    drawn = drawing_of(endpoint, body, visitor.sandbox.state, full_size=False).shots
    assert [shot.move for shot in drawn] == ["push", "pan-left", "static", "push", "pan-right"]
    assert [shot.slate for shot in drawn] == [f"shot {n} of 5" for n in range(1, 6)]
    assert drawn[0].caption == prompts[0]
    assert drawn[4].caption == ("no more " * 14 + "no …")
    assert {shot.seconds for shot in drawn} == {3}
    assert [shot.still for shot in drawn] == [drawn[0].still] * 5

    ends = {
        "prompt": "a",
        "start_image_url": visitor.upload(png()),
        "end_image_url": visitor.upload(png(500, 500)),
    }
    [shot] = drawing_of(endpoint, ends, visitor.sandbox.state, full_size=False).shots
    assert shot.still != shot.end_still
    assert shot.end_still is not None


def test_equal_bodies_share_a_drawing_and_are_two_requests(visitor: Visitor) -> None:
    """The same picture under two URLs is the same drawing; another picture is not."""
    body = {"prompt": "shared", "duration": "3", "generate_audio": False}
    before = set(visitor.sandbox.state.clips_folder.iterdir())
    videos = [
        visitor.result(body | {"start_image_url": visitor.upload(png())}).json()["video"] for _ in range(2)
    ]
    assert videos[0]["url"] != videos[1]["url"]
    assert len(set(visitor.sandbox.state.clips_folder.iterdir()) - before) == 1
    visitor.result(body | {"start_image_url": visitor.upload(png(colour=(10, 90, 40)))})
    assert len(set(visitor.sandbox.state.clips_folder.iterdir()) - before) == 2


@pytest.mark.long
def test_the_queue_answers_at_once_while_clips_are_drawn(visitor: Visitor) -> None:
    body = {"start_image_url": visitor.upload(png()), "duration": "5", "generate_audio": False}
    drawing = [visitor.submit(body | {"prompt": f"busy {n}"}) for n in range(2)]
    for submitted in drawing:
        visitor.events(submitted, until="IN_PROGRESS")
    waits = []
    while visitor.http.get(drawing[1]["status_url"]).status_code == 202:
        begun = time.monotonic()
        visitor.http.get(drawing[0]["status_url"])
        waits.append(time.monotonic() - begun)
        time.sleep(0.02)
    assert len(waits) > 5
    assert sorted(waits)[len(waits) // 2] < 0.25, waits


@pytest.mark.parametrize("how", ["cancel", "shutdown"])
def test_a_drawing_that_nobody_waits_for_stops_and_leaves_nothing(tmp_path: Path, how: str) -> None:
    with visiting(tmp_path) as visitor:
        body = {"start_image_url": visitor.upload(png()), "prompt": "a long look", "duration": "15"}
        submitted = visitor.submit(body)
        until(lambda: list(visitor.sandbox.state.clips_folder.iterdir()))
        if how == "cancel":
            visitor.http.put(submitted["cancel_url"])
            until(lambda: not list(visitor.sandbox.state.clips_folder.iterdir()))
    assert list((tmp_path / "clips").iterdir()) == []


def test_a_drawing_that_fails_ends_the_request_as_fal_s_own_failure(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        body = {"start_image_url": visitor.upload(png()), "prompt": "a bowl", "duration": "3"}
        clips = visitor.sandbox.state.clips_folder
        clips.rmdir()
        clips.write_bytes(b"a file where the folder was")
        submitted = visitor.submit(body)
        last = visitor.events(submitted)[-1]
        result = visitor.http.get(submitted["response_url"])
        assert result.status_code == 500
        assert result.json()["detail"][0]["type"] == "internal_server_error"
        assert "Internal server error" in last["logs"][-1]["message"]
        assert visitor.ledger()["requests"][0]["charged"] == "0"
