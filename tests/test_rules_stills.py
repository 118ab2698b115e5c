"""Stills and element videos are judged by what is in the files, before a cent is spent and without a decoder."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from imageio_ffmpeg import get_ffmpeg_exe
from PIL import Image

START = "storyboard: 1\nscenes:\n  - id: dawn\n    prompt: reeds\n    start_image: {}\n"
VIDEO = (
    "storyboard: 1\nelements:\n  child: {{video: {}}}\n"
    "scenes:\n  - {{id: dawn, prompt: the @child, start_image: still.png}}\n"
)


def picture(
    path: Path, width: int = 640, height: int = 360, kind: str | None = None, **options: object
) -> Path:
    Image.new("RGB", (width, height), (60, 90, 120)).save(path, kind, **options)
    return path


@pytest.fixture
def judged(tmp_path: Path, run: Callable) -> Callable:
    """The diagnostics of a storyboard in `tmp_path`, as (code, line, column, message)."""

    def check(text: str, *options: str) -> list[tuple[str, int, int, str]]:
        (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
        ran = run("check", tmp_path, "--format", "json", *options)
        document = json.loads(ran.out)
        assert ran.code == (1 if document["errors"] else 0)
        return [(d["code"], d["line"], d["column"], d["message"]) for d in document["diagnostics"]]

    return check


def codes(found: list[tuple[str, int, int, str]]) -> list[str]:
    return [code for code, *_ in found]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("stills/dawm.png", "did you mean `stills/dawn.png`?"),
        ("stils/dawn.png", "did you mean `stills/dawn.png`?"),
        ("stils/noon.png", "paths are relative to the file in which they stand"),  # nor there
        ("elsewhere/dawn.png", "paths are relative to the file in which they stand"),
    ],
)
def test_a_misspelt_file_or_folder_is_told_by_what_is_there(
    written: str, said: str, tmp_path: Path, run: Callable
) -> None:
    (tmp_path / "stills").mkdir()
    picture(tmp_path / "stills" / "dawn.png")
    (tmp_path / "storyboard.yaml").write_text(START.format(written), encoding="utf-8")
    assert f"help: {said}\n" in run("check", tmp_path).out


@pytest.mark.parametrize(
    ("size", "code"),
    [
        ((300, 300), None),
        ((299, 400), "SB409"),
        ((400, 299), "SB409"),
        ((1000, 400), None),
        ((1003, 400), "SB411"),
        ((400, 1000), None),
        ((400, 1003), "SB411"),
    ],
)
def test_each_side_300_pixels_and_a_ratio_of_2_to_5(
    size: tuple[int, int], code: str | None, tmp_path: Path, judged: Callable
) -> None:
    picture(tmp_path / "still.png", *size)
    found = judged(START.format("still.png"))
    assert codes(found) == ([code] if code else [])
    if code:
        assert found[0][1:3] == (5, 18)
        assert f"{size[0]} x {size[1]}" in found[0][3]


@pytest.mark.parametrize(("more", "code"), [(0, None), (1, "SB410")])
def test_ten_megabytes(more: int, code: str | None, tmp_path: Path, judged: Callable) -> None:
    path = picture(tmp_path / "still.png")
    with path.open("ab") as file:
        file.truncate(10 * 1024 * 1024 + more)
    assert codes(judged(START.format("still.png"))) == ([code] if code else [])


def test_a_git_lfs_pointer_is_named_as_one(tmp_path: Path, judged: Callable) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:" + "0" * 64 + "\nsize 12345\n"
    (tmp_path / "still.png").write_text(pointer)
    ((code, line, column, message),) = judged(START.format("still.png"))
    assert (code, line, column) == ("SB406", 5, 18)
    assert "git-lfs" in message


def test_a_folder_and_an_empty_file(tmp_path: Path, judged: Callable) -> None:
    (tmp_path / "still.png").mkdir()
    assert codes(judged(START.format("still.png"))) == ["SB402"]
    (tmp_path / "still.png").rmdir()
    (tmp_path / "still.png").touch()
    assert codes(judged(START.format("still.png"))) == ["SB405"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of Unix")
def test_a_pipe_is_not_opened(tmp_path: Path, judged: Callable) -> None:
    os.mkfifo(tmp_path / "still.png")
    assert codes(judged(START.format("still.png"))) == ["SB402"]


@pytest.mark.skipif(os.name == "nt", reason="links and permissions as Unix has them")
def test_links_stay_in_the_project(tmp_path: Path, judged: Callable) -> None:
    project = tmp_path
    outside = picture(tmp_path.parent / f"{tmp_path.name}-secret.png")
    (project / "still.png").symlink_to(outside)
    assert codes(judged(START.format("still.png"))) == ["SB404"]
    (project / "still.png").unlink()
    (project / "elsewhere").symlink_to(outside.parent)
    assert codes(judged(START.format(f"elsewhere/{outside.name}"))) == ["SB404"]
    picture(project / "real.png")
    (project / "still.png").symlink_to("real.png")
    assert judged(START.format("still.png")) == []
    (project / "round.png").symlink_to("round.png")
    assert codes(judged(START.format("round.png"))) == ["SB403"]
    (project / "gone.png").symlink_to("nothing.png")
    assert codes(judged(START.format("gone.png"))) == ["SB401"]


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_still_that_may_not_be_read(tmp_path: Path, judged: Callable) -> None:
    picture(tmp_path / "still.png").chmod(0)
    assert codes(judged(START.format("still.png"))) == ["SB403"]


@pytest.mark.parametrize(
    ("kind", "name", "code"),
    [
        ("JPEG", "still.png", "SB415"),
        ("PNG", "still.jpg", "SB415"),
        ("JPEG", "still.JPEG", None),
        ("WEBP", "still.png", "SB408"),
        ("WEBP", "still.webp", "SB408"),
        ("GIF", "still.gif", "SB408"),
        ("BMP", "still.png", "SB408"),
        ("TIFF", "still.png", "SB408"),
    ],
)
def test_the_content_counts_not_the_name(
    kind: str, name: str, code: str | None, tmp_path: Path, judged: Callable
) -> None:
    picture(tmp_path / name, kind=kind)
    assert codes(judged(START.format(name))) == ([code] if code else [])


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_a_picture_stored_sideways(orientation: int, tmp_path: Path, judged: Callable) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture(tmp_path / "still.jpg", exif=exif)
    assert codes(judged(START.format("still.jpg"))) == ([] if orientation == 1 else ["SB416"])


@pytest.mark.parametrize("kept", [8, 9, 20, 24])
def test_a_picture_cut_off_in_its_header(kept: int, tmp_path: Path, judged: Callable) -> None:
    path = picture(tmp_path / "still.png")
    path.write_bytes(path.read_bytes()[:kept])
    assert codes(judged(START.format("still.png"))) == ["SB407"]


def test_text_page_and_secret_are_not_pictures(tmp_path: Path, judged: Callable) -> None:
    for text in (
        "-----BEGIN OPENSSH PRIVATE KEY-----\n",
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
        "GIF",
        "\x89PN",
    ):
        (tmp_path / "still.png").write_text(text, encoding="latin-1")
        assert set(codes(judged(START.format("still.png")))) <= {"SB407", "SB408"}
        assert codes(judged(START.format("still.png")))


@pytest.mark.parametrize(
    "name",
    ["../still.png", "a/../../still.png", "/still.png", "~/still.png", "C:/still.png", "//server/still.png"],
)
def test_paths_do_not_leave(name: str, judged: Callable) -> None:
    assert codes(judged(START.format(name))) == ["SB404"]


def test_the_project_is_the_nearest_folder_with_a_mark(tmp_path: Path, run: Callable) -> None:
    film = tmp_path / "films" / "one"
    film.mkdir(parents=True)
    picture(tmp_path / "shared.png")
    (film / "storyboard.yaml").write_text(START.format("../../shared.png"), encoding="utf-8")
    assert run("check", film).code == 1
    (tmp_path / "storyboard.toml").touch()
    ran = run("expand", film)
    assert ran.code == 0, ran.err
    assert json.loads(ran.out)["requests"][0]["arguments"]["start_image_url"] == "file:shared.png"


@pytest.mark.parametrize(
    ("address", "good"),
    [
        ("https://media.example.org/a.png", True),
        ("HTTPS://media.example.org/a.png?x=1", True),
        ("https://media.example.org:443/a.png", True),
        ("http://media.example.org/a.png", False),
        ("ftp://media.example.org/a.png", False),
        ("file:///etc/passwd", False),
        ("data:image/png;base64,AAAA", False),
        ("https://me:secret@media.example.org/a.png", False),
        ("https://media.example.org:8443/a.png", False),
        ("https://127.0.0.1/a.png", False),
        ("https://127.1/a.png", False),
        ("https://2130706433/a.png", False),
        ("https://0x7f000001/a.png", False),
        ("https://[::1]/a.png", False),
        ("https://[::ffff:127.0.0.1]/a.png", False),
        ("https://localhost/a.png", False),
        ("https://printer/a.png", False),
        ("https:///a.png", False),
        ("'https://media.example.org\\@evil.example/a.png'", False),
        ("'https://media.example.org /a.png'", False),
    ],
)
def test_addresses_that_fal_may_be_given(address: str, good: bool, judged: Callable) -> None:
    assert codes(judged(START.format(address))) == ([] if good else ["SB417"])


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, str, str], Path]:
    """Small mp4 files, each drawn once."""
    folder = tmp_path_factory.mktemp("videos")

    def draw(size: str, seconds: str, rate: str) -> Path:
        path = folder / f"{size}-{seconds}-{rate}.mp4".replace("/", "-over-")
        if not path.exists():
            source = f"color=c=gray:s={size}:r={rate}:d={seconds}"
            options = [
                "-f",
                "lavfi",
                "-i",
                source,
                "-c:v",
                "libx264",
                "-preset",
                "ultrafast",
                "-pix_fmt",
                "yuv420p",
            ]
            subprocess.run(
                [get_ffmpeg_exe(), "-nostdin", "-v", "error", *options, str(path)],
                check=True,
                stdin=subprocess.DEVNULL,
            )
        return path

    return draw


@pytest.mark.parametrize(
    ("size", "seconds", "rate", "expected"),
    [
        ("720x720", "3", "24", []),
        ("1280x720", "10", "24", []),
        ("720x1280", "3", "30000/1001", []),
        ("720x720", "3", "24000/1001", []),
        ("720x720", "2.5", "24", ["SB412"]),
        ("720x720", "10.5", "24", ["SB412"]),
        ("704x720", "3", "24", ["SB413"]),
        ("720x2162", "3", "24", ["SB413"]),
        ("720x720", "3", "12", ["SB414"]),
        ("720x720", "3", "75", ["SB414"]),
    ],
)
def test_element_videos(
    size: str, seconds: str, rate: str, expected: list[str], tmp_path: Path, judged: Callable, film: Callable
) -> None:
    picture(tmp_path / "still.png")
    (tmp_path / "child.mp4").write_bytes(film(size, seconds, rate).read_bytes())
    found = judged(VIDEO.format("child.mp4"))
    assert codes(found) == expected
    assert all(place[1:3] == (3, 18) for place in found)


def test_an_element_video_of_more_than_200_mb(tmp_path: Path, judged: Callable, film: Callable) -> None:
    picture(tmp_path / "still.png")
    data = film("720x720", "3", "24").read_bytes()
    limit = 200 * 1024 * 1024
    with (tmp_path / "child.mp4").open("wb") as file:
        file.write(data + struct.pack(">I4s", limit + 1 - len(data), b"free"))
        file.truncate(limit + 1)
    assert codes(judged(VIDEO.format("child.mp4"))) == ["SB410"]


def test_a_picture_is_no_video_and_the_other_way_round(
    tmp_path: Path, judged: Callable, film: Callable
) -> None:
    picture(tmp_path / "still.png")
    (tmp_path / "clip.png").write_bytes(film("720x720", "3", "24").read_bytes())
    assert codes(judged(VIDEO.format("still.png"))) == ["SB408"]
    assert codes(judged(START.format("clip.png"))) == ["SB408"]
    (tmp_path / "list.mp4").write_text("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n")
    assert codes(judged(VIDEO.format("list.mp4"))) == ["SB408"]


def test_one_missing_file_is_said_at_each_place_that_names_it(judged: Callable) -> None:
    text = START.format("still.png") + "  - {id: noon, prompt: reeds, start_image: still.png}\n"
    assert [found[:3] for found in judged(text)] == [("SB401", 5, 18), ("SB401", 6, 44)]
