"""The media that a body names: refused at result time, as fal refuses them."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from sandboxes import STANDARD, Visitor, png, visiting

START = "https://example.com/start.png"
ELEMENT = {
    "frontal_image_url": "https://example.com/a.png",
    "reference_image_urls": ["https://example.com/b.png"],
}


@pytest.fixture(scope="module")
def visitor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with visiting(tmp_path_factory.mktemp("sandbox")) as found:
        yield found


def single(**more: Any) -> dict[str, Any]:
    return {"start_image_url": START, "prompt": "a bowl turns"} | more


def refused(visitor: Visitor, body: Any) -> list[dict[str, Any]]:
    result = visitor.result(body, STANDARD)
    assert result.status_code == 422, result.text
    return result.json()["detail"]


def test_a_start_image_that_was_never_uploaded(visitor: Visitor) -> None:
    urls = visitor.http.post(
        "/storage/upload/initiate", json={"file_name": "a.png", "content_type": "image/png"}
    )
    for url in (urls.json()["file_url"], f"{visitor.base}/files/b/00000000/nothing.png", "start.png"):
        [error] = refused(visitor, single(start_image_url=url))
        assert error["type"] == "file_download_error"
        assert error["loc"] == ["body", "start_image_url"]
        assert error["input"] == url
        assert error["url"] == "https://docs.fal.ai/errors/#file_download_error"


def test_a_small_image(visitor: Visitor) -> None:
    [error] = refused(visitor, single(start_image_url=visitor.upload(png(640, 299))))
    assert error["type"] == "image_too_small"
    assert error["ctx"] == {"min_height": 300, "min_width": 300}
    small = visitor.upload(png(200, 400))
    [error] = refused(visitor, single(elements=[ELEMENT | {"reference_image_urls": [START, small]}]))
    assert (error["type"], error["loc"]) == (
        "image_too_small",
        ["body", "elements", 0, "reference_image_urls", 1],
    )


MEDIA_ERRORS = [
    ("start_image_url", b"not a picture", "image_load_error"),
    ("end_image_url", b"", "image_load_error"),
    ("start_image_url", png(1200, 400), "value_error"),
    ("start_image_url", png() + b"\0" * 10_485_760, "file_too_large"),
]


@pytest.mark.parametrize(("field", "data", "kind"), MEDIA_ERRORS)
def test_images_that_will_not_do(visitor: Visitor, field: str, data: bytes, kind: str) -> None:
    [error] = refused(visitor, single(**{field: visitor.upload(data)}))
    assert (error["type"], error["loc"]) == (kind, ["body", field])


def test_a_video_element_that_is_no_video(visitor: Visitor) -> None:
    url = visitor.upload(png(), "a.mp4", "video/mp4")
    [error] = refused(visitor, single(elements=[{"video_url": url}]))
    assert (error["type"], error["loc"]) == ("unsupported_video_format", ["body", "elements", 0, "video_url"])


def test_data_urls(visitor: Visitor) -> None:
    def data_url(data: bytes) -> str:
        return "data:image/png;base64," + base64.b64encode(data).decode()

    body = single(duration="3", generate_audio=False)
    assert visitor.result(body | {"start_image_url": data_url(png())}).status_code == 200
    [error] = refused(visitor, body | {"start_image_url": data_url(png(100, 100))})
    assert error["type"] == "image_too_small"
    [error] = refused(visitor, body | {"start_image_url": "data:image/png;base64"})
    assert error["type"] == "file_download_error"
