"""Clips as they come from fal: whole, without the key, never half of one and never without end."""

from __future__ import annotations

import gzip
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from asked_of_fal import asking
from rude_server import Asked, answer

from storyboard.errors import WorldError
from storyboard.fal import download as downloads
from storyboard.fal.download import download
from storyboard.fal.errors import DownloadFailed, OddAnswer
from storyboard.fal.wire import Wire

CLIP = bytes(range(256)) * 300


def fetch(path: Path, others: Callable[[Asked], bytes], size: int | None = None) -> tuple[str, list[Asked]]:
    def work(wire: Wire) -> Awaitable[str]:
        url = f"{wire.account.base_url}/files/x.mp4"
        return download(wire, url, path, file_size=size, seconds=3)

    return asking(others, work)


def test_a_clip_comes_whole_and_without_the_key(tmp_path: Path) -> None:
    sha256, asked = fetch(tmp_path / "x.part", lambda _: answer(200, CLIP), len(CLIP))
    assert sha256 == hashlib.sha256(CLIP).hexdigest()
    assert (tmp_path / "x.part").read_bytes() == CLIP
    assert all("authorization" not in a.headers for a in asked)


SHORT = {
    "cut": answer(200, CLIP[:-9], length=len(CLIP)),
    "shorter than fal says": answer(200, CLIP[:-9]),
    "404": answer(404, b"gone"),
    "a redirect": answer(302, b"", "Location: https://evil.example/x"),
    "without a length": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + CLIP[:-9],
    "nothing": b"",
}


@pytest.mark.parametrize("name", SHORT)
def test_a_short_clip_is_fetched_again_and_never_kept(name: str, tmp_path: Path) -> None:
    left = [SHORT[name], answer(200, CLIP)]
    sha256, asked = fetch(tmp_path / "x.part", lambda _: left.pop(0), len(CLIP))
    assert sha256 == hashlib.sha256(CLIP).hexdigest()
    assert len(asked) == 2
    with pytest.raises(DownloadFailed, match="paid"):
        fetch(tmp_path / "y.part", lambda _: SHORT[name], len(CLIP))


def test_a_compressed_clip_is_refused(tmp_path: Path) -> None:
    bomb = answer(200, gzip.compress(b" " * (256 << 20)), "Content-Encoding: gzip")
    with pytest.raises(WorldError):
        fetch(tmp_path / "x.part", lambda _: bomb)


def test_an_endless_clip_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(downloads, "SOME", 1 << 20)
    monkeypatch.setattr(downloads, "BYTES_A_SECOND", 1 << 10)
    with pytest.raises(OddAnswer, match="does not end"):
        fetch(tmp_path / "x.part", lambda _: answer(200, b" " * (4 << 20), length=1 << 50))
