"""The last frame of a clip as a still: against every frame decoded, small enough to be sent, drawn once."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from storyboard.errors import MediaError
from storyboard.media.last_frame import last_frame
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.media.picture import picture

SIZE = (320, 180)
PLENTY = 10_000_000


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A move over a picture in which no two columns are alike: its frames all differ."""
    folder = tmp_path_factory.mktemp("clip")
    noise = np.random.default_rng(1).integers(0, 255, (36, 64, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((640, 360)).save(folder / "still.png")
    path = folder / "clip.mp4"
    draw_clip([MovingStill(folder / "still.png", 3, "push", "", "")], path, size=SIZE, audio=True)
    return path


def frames(path: Path) -> list[np.ndarray]:
    with av.open(path) as container:
        return [frame.to_ndarray(format="rgb24").astype(int) for frame in container.decode(video=0)]


def test_it_is_the_last_one(clip: Path, tmp_path: Path) -> None:
    png = last_frame(clip, tmp_path / "kept.png", PLENTY)
    (tmp_path / "sent.png").write_bytes(png)
    seen = picture(tmp_path / "sent.png").astype(int)
    assert seen.shape == (SIZE[1], SIZE[0], 3)
    far = [float(np.abs(seen - frame).mean()) for frame in frames(clip)]
    assert far.index(min(far)) == len(far) - 1
    assert far[-1] < 2 < far[0]


def test_it_is_drawn_once_and_again_when_it_is_damaged(clip: Path, tmp_path: Path) -> None:
    kept = tmp_path / "segments" / "kept.png"
    first = last_frame(clip, kept, PLENTY)
    assert last_frame(tmp_path / "gone.mp4", kept, PLENTY) == first == kept.read_bytes()
    kept.write_bytes(first[:-40])
    assert last_frame(clip, kept, PLENTY) == first
    private = tmp_path / "private.png"
    Image.new("RGB", (640, 360)).save(private)
    kept.unlink()
    kept.symlink_to(private)
    assert last_frame(clip, kept, PLENTY) == first
    assert not kept.is_symlink()
    assert private.read_bytes() != first


def test_it_is_made_smaller_until_it_can_be_sent(clip: Path, tmp_path: Path) -> None:
    whole = last_frame(clip, tmp_path / "whole.png", PLENTY)
    most = len(whole) // 2
    assert len(last_frame(clip, tmp_path / "half.png", most)) <= most
    assert picture(tmp_path / "half.png").shape[:2] == (SIZE[1] // 2, SIZE[0] // 2)
    with pytest.raises(MediaError, match="makes no still that can be sent"):
        last_frame(clip, tmp_path / "none.png", 60)


@pytest.mark.parametrize("content", [b"", b"#EXTM3U\nfile:///etc/passwd\n", b"\0" * 4096])
def test_what_is_no_clip_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    path.write_bytes(content)
    with pytest.raises(MediaError, match=r"clip\.mp4"):
        last_frame(path, tmp_path / "kept.png", PLENTY)
    assert not (tmp_path / "kept.png").exists()
