"""Files that are not what they seem: nothing waits, nothing outside the project is read, nothing falls over."""

# ruff: noqa: E501 - an attack a line
from __future__ import annotations

import os
import struct
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hostile.boards import HEAD, board, checked, double, misplaced, written

from storyboard.compile.paths import project_path, remote_problem
from storyboard.media.headers import inspect

POSIX = pytest.mark.skipif(os.name == "nt", reason="pipes and links in the file system")
SECRET = "AWS_SECRET_ACCESS_KEY=wJalrXUtnFEMI"
BOARD = "storyboard: 1\nscenes:\n  - id: a\n    start_image: {}\n    prompt: b\n"


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of the person that no storyboard may see."""
    path = tmp_path_factory.mktemp("outside") / "secret.yaml"
    path.write_text(f"{SECRET}: 1\n{SECRET}\n")
    return path


@POSIX
@pytest.mark.parametrize("made", ["pipe", "device", "folder", "loop", "nowhere", "sparse", "long", "process"])
def test_storyboards_that_are_no_files(tmp_path: Path, run: Any, made: str) -> None:
    path = tmp_path / "odd.yaml"
    if made == "pipe":
        os.mkfifo(path)
    elif made == "device":
        path = Path("/dev/zero")
    elif made == "folder":
        path.mkdir()
    elif made == "loop":
        path.symlink_to(path)
    elif made == "nowhere":
        path.symlink_to("nowhere")
    elif made == "sparse":
        with path.open("wb") as file:
            file.truncate(1 << 40)
    elif made == "long":
        path = tmp_path / ("a" * 300)
    else:
        path = Path("/proc/self/mem" if sys.platform.startswith("linux") else "/dev/null")
    started = time.process_time()
    for command in (["check", path], ["expand", path], ["check", path, "--format", "json"]):
        ended = run(*command)
        assert ended.code in {1, 2, 4}
        assert "bug of ours" not in ended.err
        assert ended.out + ended.err != ""
    assert time.process_time() - started < 3


@POSIX
def test_a_storyboard_that_is_a_link_out_of_the_project_shows_nothing(
    tmp_path: Path, run: Any, outside: Path
) -> None:
    (tmp_path / "storyboard.toml").touch()
    (tmp_path / "storyboard.yaml").symlink_to(outside)
    for form in ("text", "json", "github", "sarif"):
        ended = run("check", tmp_path, "--format", form)
        assert ended.code != 0
        assert SECRET not in ended.out + ended.err


@POSIX
@pytest.mark.parametrize(
    "authored",
    ["link", "folder/secret.yaml", "up/outside", "loop", "loop/a", "pipe", "device", "self/self/../link"],
)
@pytest.mark.parametrize("field", ["start_image", "template", "prices"])
def test_links_and_pipes_in_the_project(
    tmp_path: Path, run: Any, outside: Path, authored: str, field: str
) -> None:
    suffix = {"start_image": ".png", "template": ".j2", "prices": ".toml"}[field]
    named = authored if authored == "folder/secret.yaml" else authored + suffix
    (tmp_path / f"link{suffix}").symlink_to(outside)
    (tmp_path / "folder").symlink_to(outside.parent)
    (tmp_path / "up").symlink_to("..")
    (tmp_path / f"loop{suffix}").symlink_to(f"loop{suffix}")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "self").symlink_to(".")
    (tmp_path / f"device{suffix}").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / f"pipe{suffix}")
    other = board("b", before=f"{field}: ./{named}\n")
    text = BOARD.format(named) if field == "start_image" else other
    path = written(tmp_path, text)
    ended = run("estimate", path)
    checked_too = run("check", path)
    assert ended.code in {0, 1, 2, 4}
    assert max(ended.code, checked_too.code) > 0
    said = ended.out + ended.err + checked_too.out + checked_too.err
    assert "bug of ours" not in said
    assert SECRET not in said


LEAVING = [
    "/etc/passwd", "../a.png", "../../a.png", "a/../../a.png", "a/b/../../../a.png", "./../a.png", "..", "../", "~/a.png",
    "~root/a.png", "C:/a.png", "C:\\a.png", "c:a.png", "\\\\server\\a.png", "//server/a.png", "..\\a.png", "a\\..\\..\\b.png",
    "\\a.png", "a/..\\..\\..\\b.png", "a\n..\\..\\b.png", "file:///etc/passwd", "FILE:///etc/passwd", "ftp://a.org/b.png",
    "data:image/png;base64,AAAA", "http://a.org/b.png", "javascript://a.org/%0aalert(1)",
]  # fmt: skip


@pytest.mark.parametrize("authored", LEAVING)
def test_paths_that_leave_the_project(tmp_path: Path, authored: str) -> None:
    (tmp_path / "inner").mkdir()
    found = checked(tmp_path, BOARD.format(double(authored).replace("\n", "\\n")))
    assert found.errors
    assert misplaced(found) == []
    assert {d.code for d in found.diagnostics} <= {"SB404", "SB417"}
    if "://" not in authored and "data:" not in authored:
        assert project_path("inner/deeper", authored) is None or not authored.startswith(("/", "\\", "~"))


@pytest.mark.parametrize(
    "authored",
    [
        "%2e%2e/a.png",
        "..%2fa.png",
        "....//a.png",
        "a.png ",
        "a.png.",
        "CON",
        "nul.png",
        "%00",
        "{{ '..' }}x/a.png",
    ],
)
def test_odd_names_stay_inside(tmp_path: Path, authored: str) -> None:
    found = checked(tmp_path, BOARD.format(double(authored)))
    assert misplaced(found) == []
    assert found.diagnostics


ADDRESSES = [
    "https://localhost/a.png", "https://localhost./a.png", "https://a.localhost/a.png", "https://127.0.0.1/a.png", "https://127.1/a",
    "https://2130706433/a", "https://0x7f000001/a", "https://0x7f.0.0.1/a", "https://0177.0.0.1/a", "https://[::1]/a.png",
    "https://[::ffff:1.2.3.4]/a", "https://[fe80::1%25eth0]/a", "https://10.0.0.1/a", "https://169.254.169.254/latest",
    "https://１２７.0.0.1/a", "https://127。0。0。1/a", "https://user@example.org/a", "https://user:pass@example.org/a",
    "https://example.org:8443/a", "https://example.org:443443/a", "https://example.org\\@b.org/a", "https:///a.png", "https://",
    "https:///", "https://?a", "https://#a", "https://.../a", "https://.org/a", "https://a..b/a", "https://example.org\x1b/a",
    "https://example.org/\x1b[31m", "https://example.org/a b.png", "https://example.org/a\nb.png", "https://example.org/a\tb.png",
    "https://example.org/a\rb.png", "https://exam\u202eple.org/a", "https://example.org/\u202e", "https://example.org /a",
    "https://[a]/", "https://[/", "https://]/", "https://a.org:b/", "https://a.org:-1/", "https://a.internal/a", "https://a.local/a",
    "https://intranet/a", "http://example.org/a", "HTTP://example.org/a",
]  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_addresses_that_are_refused(address: str) -> None:
    assert remote_problem(address) is not None


@pytest.mark.parametrize(
    "address",
    [
        "https://example.org/a.png",
        "https://example.org:443/a?b=c%20d",
        "https://v3.fal.media/files/a/b.png",
    ],
)
def test_addresses_that_are_taken(address: str) -> None:
    assert remote_problem(address) is None


def test_a_huge_sparse_still_is_not_read_through(tmp_path: Path) -> None:
    with (tmp_path / "huge.png").open("wb") as file:
        file.truncate(2 << 30)
    started = time.process_time()
    found = checked(tmp_path, BOARD.format("huge.png"))
    assert time.process_time() - started < 1
    assert found.errors


def box(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body) + 8, name) + body


def movie(times: bytes) -> bytes:
    header = bytes(12) + struct.pack(">II", 1000, 5000) + bytes(4)
    coded = bytes(8) + box(b"avc1", bytes(24) + struct.pack(">HH", 1280, 720) + bytes(50))
    media = box(b"minf", box(b"stbl", box(b"stsd", coded) + box(b"stts", times)))
    track = box(b"tkhd", bytes(84)) + box(
        b"mdia", box(b"mdhd", header) + box(b"hdlr", bytes(8) + b"vide" + bytes(12)) + media
    )
    return box(b"ftyp", b"isom\0\0\0\0") + box(b"moov", box(b"trak", track))


def damaged() -> Iterator[bytes]:
    """Films whose index lies."""
    good = movie(bytes(4) + struct.pack(">III", 1, 120, 41))
    yield good[:40]
    yield good.replace(b"stts", b"sttz")
    yield good.replace(b"hdlr", b"hdlx")
    yield movie(b"")
    yield movie(bytes(4) + struct.pack(">I", 0xFFFFFFFF))
    yield movie(bytes(4) + struct.pack(">III", 1, 0xFFFFFFFF, 0xFFFFFFFF))
    yield movie(bytes(4) + struct.pack(">III", 1, 0, 0))
    yield box(b"ftyp", b"isom") + struct.pack(">I4s", 1, b"moov") + struct.pack(">Q", 1 << 62)
    yield box(b"ftyp", b"isom") + struct.pack(">I4s", 0, b"moov")
    yield box(b"ftyp", b"isom") + box(b"free", b"") * 5_000
    yield box(b"ftyp", b"isom") + box(b"moov", box(b"trak", b"") * 5_000)
    nested = b""
    for _ in range(2_000):
        nested = box(b"trak", nested)
    yield box(b"ftyp", b"isom") + box(b"moov", nested)


@pytest.mark.parametrize("number", range(12))
def test_films_whose_index_lies(tmp_path: Path, number: int) -> None:
    film = list(damaged())[number]
    (tmp_path / "a.mp4").write_bytes(film)
    started = time.process_time()
    fact = inspect(tmp_path, "a.mp4")
    assert time.process_time() - started < 1
    assert fact.kind in {"mp4", "other"}
    text = f"{HEAD}elements: {{a: {{video: a.mp4}}}}\nscenes: [{{id: a, prompt: '@a'}}]\n".replace(
        "-text", ""
    )
    assert misplaced(checked(tmp_path, text)) == []


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 3_000 + "b", "."])
@pytest.mark.parametrize("field", ["template", "prices"])
def test_names_that_no_file_can_have(tmp_path: Path, run: Any, name: str, field: str) -> None:
    suffix = {"template": ".j2", "prices": ".toml"}[field]
    ended = run("estimate", written(tmp_path, board("b", before=f"{field}: {name}{suffix}\n")))
    assert ended.code in {1, 2}
    assert "bug of ours" not in ended.err


def template(tmp_path: Path, data: bytes) -> Any:
    (tmp_path / "own.j2").write_bytes(data)
    found = checked(tmp_path, board("{scene: hello there, camera: push}", before="template: ./own.j2\n"))
    assert misplaced(found) == []
    return found


def test_a_template_with_windows_line_ends_is_the_same_template(tmp_path: Path) -> None:
    text = b"{%- if scene -%}\n{{ scene }}\n{{ camera | upper }}\n{%- endif -%}\n"
    plain, windows = template(tmp_path, text), template(tmp_path, text.replace(b"\n", b"\r\n"))
    marked = template(tmp_path, b"\xef\xbb\xbf" + text)
    assert (
        plain.compiled.requests[0].digest
        == windows.compiled.requests[0].digest
        == marked.compiled.requests[0].digest
    )


@pytest.mark.parametrize(
    "text",
    [
        "{{ scene[:3] }}", "{{ scene | reverse | join }}", "{{ scene | sort | join }}", "{{ scene | first }}",
        "{% for c in scene %}{{ c }} {% endfor %}", "{{ scene | length }} {{ scene | wordcount }}", "{{ [scene, camera] }}",
        "{{ none }}", "{{ [scene] | map('upper') }}", "{{ scene | replace('0', '9') }}", "{{ scene }}\ufdd05\ufdd1x\ufdd2",
        "{{ scene }}{{ '\\ufdd05\\ufdd1x\\ufdd2' }}", "{{ scene | truncate(6) }}", "{{ scene }}\x1b[31m", "{{ scene }}\x00",
        "{{ scene }} @Element4", "{{ scene }} <<<voice_2>>>", "{{ range | string }}", "{{ scene | list }}", "{{ scene | list | string }}",
    ],
)  # fmt: skip
def test_templates_that_cut_their_texts_apart(tmp_path: Path, text: str) -> None:
    """What they give is right, or refused: never a mark of ours, a list of Python or a count of something else."""
    found = template(tmp_path, text.encode())
    if found.errors:
        return
    sent = found.compiled.requests[0].arguments["prompt"]
    assert not any(
        mark in sent for mark in ("\ufdd0", "\ufdd1", "\ufdd2", "\\ufdd", "\x1b", "\x00", "['", "0x", "None")
    )
    assert "@Element4" not in sent
    assert "<<<" not in sent
    if "length" in text:
        assert sent == "11 2"
    if "[:3]" in text:
        assert sent == "hel"
