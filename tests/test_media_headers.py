"""What a media file is, from its first bytes; nothing that a file claims is believed."""

from __future__ import annotations

import hashlib
import io
import os
import random
import struct
import subprocess
import sys
import zlib
from decimal import Decimal
from pathlib import Path

import pytest
from made_clips import make_clip
from PIL import Image

from storyboard.media.headers import inspect


def picture(size: tuple[int, int] = (640, 400), kind: str = "PNG", **options: object) -> bytes:
    image = Image.radial_gradient("L").resize(size).convert("RGB")
    if orientation := options.pop("orientation", None):
        exif = Image.Exif()
        exif[0x0112] = orientation
        options["exif"] = exif
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("png", picture()),
        ("png", picture(orientation=6)),
        ("jpeg", picture(kind="JPEG", quality=80)),
        ("jpeg", picture(kind="JPEG", progressive=True, orientation=6, comment=b"x" * 40_000)),
        ("webp", picture(kind="WEBP")),
        ("webp", picture(kind="WEBP", lossless=True)),
        ("webp", picture(kind="WEBP", orientation=6)),
        ("gif", picture(kind="GIF")),
    ],
)
def test_kind_size_and_digest_of_stills(name: str, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "still.bin").write_bytes(data)
    fact = inspect(tmp_path, "still.bin")
    assert (fact.problem, fact.kind, fact.width, fact.height) == (None, name, 640, 400)
    assert fact.size == len(data)
    assert fact.sha256 == hashlib.sha256(data).hexdigest()
    assert fact.orientation == (6 if b"Exif" in data or b"eXIf" in data or b"EXIF" in data else 1)


def test_a_clip(tmp_path: Path) -> None:
    make_clip(tmp_path / "clip.mp4", frames=73, size=(720, 1280))
    fact = inspect(tmp_path, "clip.mp4")
    assert (fact.kind, fact.width, fact.height, fact.frame_rate) == ("mp4", 720, 1280, Decimal("24.000"))
    assert fact.seconds == pytest.approx(Decimal(73) / 24, abs=Decimal("0.001"))


def test_a_folder_below_is_reached_with_forward_slashes(tmp_path: Path) -> None:
    (tmp_path / "stills").mkdir()
    (tmp_path / "stills" / "a.png").write_bytes(picture())
    assert inspect(tmp_path, "stills/a.png").problem is None


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("none.png", "missing"),
        ("none/none.png", "missing"),
        ("still.png/x.png", "missing"),
        ("a\0b.png", "missing"),
        ("n" * 300 + ".png", "missing"),
        ("folder", "not a file"),
        ("", "not a file"),
        ("empty.png", "empty"),
        ("pointer.png", "git-lfs pointer"),
        ("../still.png", "outside"),
        ("folder/../../still.png", "outside"),
        ("/etc/hosts", "outside"),
        ("C:/x.png", "outside"),
        ("\\\\server\\share\\x.png", "outside"),
    ],
)
def test_problems_have_names(path: str, problem: str, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "still.png").write_bytes(picture())
    (tmp_path / "empty.png").write_bytes(b"")
    (tmp_path / "pointer.png").write_text(
        "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n"
    )
    fact = inspect(tmp_path, path)
    assert fact.problem == problem
    assert (fact.size, fact.sha256) == (0, None)


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_that_lead_out_and_in_circles(tmp_path: Path) -> None:
    project = tmp_path / "project"
    project.mkdir()
    (tmp_path / "secret.png").write_bytes(picture())
    (project / "out.png").symlink_to(tmp_path / "secret.png")
    (project / "folder").symlink_to(tmp_path)
    (project / "round.png").symlink_to(project / "round.png")
    (project / "inside.png").write_bytes(picture())
    (project / "in.png").symlink_to(project / "inside.png")
    assert inspect(project, "out.png").problem == "outside"
    assert inspect(project, "folder/secret.png").problem == "outside"
    assert inspect(project, "round.png").problem == "unreadable"
    assert inspect(project, "in.png").problem is None


@pytest.mark.linux
@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    assert inspect(tmp_path, "pipe.png").problem == "not a file"


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() == 0, reason="root reads everything")
def test_a_file_without_permission(tmp_path: Path) -> None:
    (tmp_path / "still.png").write_bytes(picture())
    (tmp_path / "still.png").chmod(0)
    assert inspect(tmp_path, "still.png").problem == "unreadable"


def _chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


HEADER = struct.pack(">IIBBBBB", 640, 400, 8, 2, 0, 0, 0)
DAMAGED = {
    "a header with a wrong checksum": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", HEADER)[:-1] + b"x",
    "no picture in a PNG": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", HEADER) + _chunk(b"IEND", b""),
    "a chunk longer than the file": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", HEADER) + b"\x7f\xff\xff\xfftEXt",
    "no width": b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", bytes(4) + HEADER[4:]) + _chunk(b"IDAT", b"x"),
    "a JPEG of one segment": b"\xff\xd8\xff\xe0\0\x10JFIF",
    "a JPEG without a frame": b"\xff\xd8\xff\xe0\0\x04xx\xff\xd9",
    "a JPEG of fill bytes": b"\xff\xd8" + b"\xff" * 5000,
    "a WebP that promises more": b"RIFF\xff\xff\xff\x0fWEBPVP8X" + bytes(60),
    "a WebP of nothing": b"RIFF\x1c\0\0\0WEBPXXXX" + bytes(30),
    "a short GIF": b"GIF89a\x01",
    "an mp4 head": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2",
    "a box that promises more": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\x7f\xff\xff\xffmoov",
    "a box without length": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\x04moov",
    "an empty index": b"\0\0\0\x18ftypisom\0\0\2\0isomiso2\0\0\0\x08moov",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_damage_is_named(kind: str, tmp_path: Path) -> None:
    (tmp_path / "still.png").write_bytes(DAMAGED[kind])
    fact = inspect(tmp_path, "still.png")
    assert fact.problem == "damaged"
    assert fact.detail


def test_any_file_gives_a_fact(tmp_path: Path) -> None:
    """Flipped bytes, cut ends, wild lengths: a fact every time, never an exception."""
    seeds = [
        picture(),
        picture(kind="JPEG", orientation=3),
        picture(kind="WEBP", orientation=8),
        picture(kind="GIF"),
    ]
    seeds.append(make_clip(tmp_path / "clip.mp4", frames=5).read_bytes())
    dice = random.Random(7)  # noqa: S311 - a repeatable shake
    target, damaged = tmp_path / "x.bin", 0
    for _ in range(1500):
        data = bytearray(dice.choice(seeds))
        start = data.find(b"moov") if data[4:8] == b"ftyp" else 0
        for _ in range(dice.randint(1, 4)):
            data[dice.randrange(start, min(len(data), start + 700))] = dice.choice(
                [0, 1, 0x7F, 0x80, 0xFF, dice.randrange(256)]
            )
        if dice.random() < 0.3:
            del data[dice.randrange(len(data)) :]
        target.write_bytes(data)
        damaged += inspect(tmp_path, "x.bin").problem is not None
    assert damaged > 100


def test_neither_decoder_nor_arrays_are_loaded(tmp_path: Path) -> None:
    (tmp_path / "still.png").write_bytes(picture())
    code = (
        "import sys; from pathlib import Path; from storyboard.media.headers import inspect; "
        f"assert inspect(Path({str(tmp_path)!r}), 'still.png').width == 640; "
        "sys.exit(' '.join({'av', 'PIL', 'numpy', 'moviepy', 'httpx'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
