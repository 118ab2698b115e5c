"""What leaves the machine: the picture as it is, nothing about people; only what decodes."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from made_clips import make_clip
from PIL import Image, ImageOps, PngImagePlugin

from storyboard.media.decode import decodes
from storyboard.media.picture import picture
from storyboard.media.upload import upload_bytes, without_metadata

SECRET = b"48.8584 N"


def still(kind: str, *, orientation: int = 1, **options: object) -> bytes:
    y, x = np.mgrid[0:90, 0:160]
    pixels = np.stack([x * 255 // 160, y * 255 // 90, (x + y) % 256], -1).astype(np.uint8)
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()
    exif[0x0112] = orientation
    if kind == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Place", SECRET.decode())
        notes.add_itxt("Place", SECRET.decode(), zip=False)
        options["pnginfo"] = notes
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, kind, exif=exif, **options)
    return out.getvalue()


STILLS = {
    "jpeg": still("JPEG", comment=SECRET, icc_profile=b"profile" * 30),
    "progressive": still("JPEG", progressive=True, orientation=6),
    "jpeg and a film": still("JPEG") + b"\xff\xd9" + SECRET + b"\xff\xd9",
    "png": still("PNG"),
    "turned png": still("PNG", orientation=8),
    "webp": still("WEBP", lossless=True, xmp=SECRET),
    "turned webp": still("WEBP", lossless=True, orientation=3),
}


@pytest.mark.parametrize("kind", STILLS)
def test_metadata_stays_here_and_the_picture_is_the_same(kind: str, tmp_path: Path) -> None:
    (tmp_path / "still").write_bytes(STILLS[kind])
    sent = upload_bytes(tmp_path / "still")
    assert SECRET in STILLS[kind]
    assert SECRET not in sent
    before, after = (Image.open(io.BytesIO(data)) for data in (STILLS[kind], sent))
    assert after.getexif().get(0x0112, 1) == before.getexif().get(0x0112, 1)
    assert np.array_equal(np.asarray(before), np.asarray(after))
    assert without_metadata(sent) == sent


def test_a_colour_profile_belongs_to_the_picture() -> None:
    sent = Image.open(io.BytesIO(without_metadata(STILLS["jpeg"])))
    assert sent.info["icc_profile"] == b"profile" * 30


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_pictures_are_opened_upright(orientation: int, kind: str, tmp_path: Path) -> None:
    (tmp_path / "still").write_bytes(still(kind, orientation=orientation))
    wanted = ImageOps.exif_transpose(Image.open(tmp_path / "still")).convert("RGB")
    difference = np.abs(np.asarray(wanted).astype(int) - picture(tmp_path / "still").astype(int))
    assert difference.mean() < (0.01 if kind == "PNG" else 6)


KINDS = {"png": STILLS["png"], "jpeg": STILLS["jpeg"], "webp": STILLS["webp"]}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_whole_decodes_and_what_is_cut_short_does_not(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "still"
    path.write_bytes(KINDS[kind])
    assert decodes(path, kind) is None
    path.write_bytes(KINDS[kind][: len(KINDS[kind]) * 2 // 3])
    assert decodes(path, kind)


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp", "gif", "mp4", "other"])
def test_a_secret_with_the_name_of_a_picture_does_not_decode(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"picture.{kind}"
    path.write_bytes(b"-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEAAAAABG5vbmU\n" * 20)
    assert decodes(path, kind)


def test_clips(tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=30)
    assert decodes(clip, "mp4") is None
    whole = clip.read_bytes()
    middle = whole.index(b"mdat") + 2000
    clip.write_bytes(whole[:middle] + bytes(800) + whole[middle + 800 :])
    assert decodes(clip, "mp4")
    clip.write_bytes(b"#EXTM3U\n#EXTINF:1,\nfile:///etc/hosts\n")
    assert decodes(clip, "mp4")
