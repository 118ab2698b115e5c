"""Uploads by every way that fal offers, and the files as they come back."""

from __future__ import annotations

import os
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from msgspec.structs import replace
from sandboxes import Visitor, png, visiting

CDN = {"Content-Type": "image/png", "X-Fal-File-Name": "a still.png"}


def put(url: str, data: bytes, **headers: str) -> httpx.Response:
    return httpx.put(url, content=data, headers=headers, trust_env=False)


def test_signed_put(tmp_path: Path) -> None:
    data = png()
    with visiting(tmp_path) as visitor:
        asked = {"file_name": "cat1.png", "content_type": "image/png"}
        answer = visitor.http.post("/storage/upload/initiate?storage_type=fal-cdn-v3", json=asked)
        urls = answer.json()
        assert answer.status_code == 200
        assert set(urls) == {"file_url", "upload_url"}
        assert urls["file_url"].startswith(f"{visitor.base}/files/b/")
        assert urls["file_url"].endswith("_cat1.png")
        assert urls["upload_url"].startswith(urls["file_url"] + "?signature=")
        assert visitor.http.get(urls["file_url"]).status_code == 404, "nothing is there before the PUT"

        done = put(urls["upload_url"], data, **{"content-type": "image/png"})
        assert (done.status_code, done.content) == (200, b"")
        assert done.headers["access-control-allow-origin"] == "*"
        assert done.headers["x-fal-backend-id"]
        back = httpx.get(urls["file_url"], trust_env=False)
        assert (back.content, back.headers["content-type"]) == (data, "image/png")
        part = visitor.http.get(urls["file_url"], headers={"Range": "bytes=0-7"})
        assert (part.status_code, part.content) == (206, data[:8])


def test_a_put_without_the_right_signature_is_refused(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        url = visitor.upload(b"first")
        for signature in ("", "?signature=", "?signature=0"):
            assert put(url + signature, b"second").status_code == 403
        assert put(f"{visitor.base}/files/b/00000000/nothing.png?signature=0", b"").status_code == 404
        assert visitor.http.get(url).content == b"first"


@pytest.mark.parametrize(
    ("given", "end"),
    [
        ("../../etc/passwd", "_passwd"),
        ("C:\\stills\\bowl one.png", "_bowl_one.png"),
        ("华强.png", "__.png"),
        ("a?b#c%2F.png", "_a_b_c_2F.png"),
        ("", "_upload.bin"),
        (None, "_upload.bin"),
        (7, "_upload.bin"),
    ],
)
def test_a_file_s_name_ends_its_url_in_plain_characters(tmp_path: Path, given: object, end: str) -> None:
    with visiting(tmp_path) as visitor:
        urls = visitor.http.post("/storage/upload/initiate", json={"file_name": given}).json()
        assert urls["file_url"].endswith(end)
        assert put(urls["upload_url"], b"bytes").status_code == 200
        assert visitor.http.get(urls["file_url"]).content == b"bytes"
    files = {path.relative_to(tmp_path).parts[0] for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {"counts.json", "port.json", "uploads"}


def test_two_uploads_of_one_name_are_two_files(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        first, second = visitor.upload(b"first"), visitor.upload(b"second")
        assert first != second
        assert [visitor.http.get(url).content for url in (first, second)] == [b"first", b"second"]


def cdn_headers(visitor: Visitor) -> dict[str, str]:
    answer = visitor.http.post("/storage/auth/token?storage_type=fal-cdn-v3", json={}).json()
    assert set(answer) == {"token", "token_type", "base_url", "expires_at"}
    assert answer["base_url"] == visitor.base
    return CDN | {"Authorization": f"{answer['token_type']} {answer['token']}"}


def test_cdn_token_upload(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        headers = cdn_headers(visitor)
        answer = httpx.post(f"{visitor.base}/files/upload", content=png(), headers=headers, trust_env=False)
        url = answer.json()["access_url"]
        assert url.endswith("_a_still.png")
        assert visitor.http.get(url).content == png()
        for wrong in ({}, {"Authorization": "Bearer nonsense"}):
            refused = httpx.post(f"{visitor.base}/files/upload", content=b"", headers=wrong, trust_env=False)
            assert refused.status_code == 401


def test_cdn_token_upload_in_parts_that_arrive_in_any_order(tmp_path: Path) -> None:
    data = os.urandom(300_000)
    with visiting(tmp_path) as visitor:
        headers = cdn_headers(visitor)
        begun = visitor.http.post("/files/upload/multipart", headers=headers).json()
        parts = f"{begun['access_url']}/multipart/{begun['uploadId']}"
        etags = {
            n: put(f"{parts}/{n}", data[(n - 1) * 10**5 : n * 10**5], **headers).headers["etag"]
            for n in (3, 1, 2)
        }
        listed = [{"partNumber": n, "etag": etag} for n, etag in etags.items()]
        wrong = visitor.http.post(
            f"{parts}/complete", headers=headers, json={"parts": [{"partNumber": 1, "etag": "x"}]}
        )
        assert wrong.status_code == 400
        assert visitor.http.get(begun["access_url"]).status_code == 404
        done = visitor.http.post(f"{parts}/complete", headers=headers, json={"parts": listed})
        assert done.status_code == 200
        assert visitor.http.get(begun["access_url"]).content == data
        assert put(f"{parts}/4", b"", Authorization="Bearer nonsense").status_code == 403


def test_signed_upload_in_parts(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        asked = {"file_name": "long.mp4", "content_type": "video/mp4"}
        urls = visitor.http.post("/storage/upload/initiate-multipart", json=asked).json()
        path, query = urls["upload_url"].split("?")
        parts = [put(f"{path}/{n}?{query}", data).json() for n, data in ((1, b"one "), (2, b"two"))]
        assert [part["partNumber"] for part in parts] == [1, 2]
        done = httpx.post(f"{path}/complete?{query}", json={"parts": parts}, trust_env=False)
        assert done.status_code == 200
        back = visitor.http.get(urls["file_url"])
        assert (back.content, back.headers["content-type"]) == (b"one two", "video/mp4")


@pytest.mark.parametrize("path", ["/storage/upload/initiate", "/storage/auth/token"])
def test_storage_refuses_wrong_keys_and_empty_accounts(tmp_path: Path, path: str) -> None:
    with visiting(tmp_path) as visitor:
        wrong = visitor.http.post(path, json={}, headers={"Authorization": "Key wrong:key"})
        assert (wrong.status_code, wrong.json()) == (401, {"detail": "invalid key credentials"})
        visitor.sandbox.settings = replace(visitor.sandbox.settings, balance=Decimal(0))
        locked = visitor.http.post(path, json={})
        assert locked.status_code == 403
        assert locked.json()["detail"].startswith("User is locked. Reason: Exhausted balance.")
