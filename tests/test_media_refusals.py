"""What is no film, or half of one, or one that lies: refused by its name, before anything of it is decoded, and never
given to the ffmpeg program."""

from __future__ import annotations

import os
import struct
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from made_clips import make_clip

from storyboard.cut.clip import look
from storyboard.cut.join import join
from storyboard.errors import MediaError
from storyboard.media.changes import changes
from storyboard.media.probe import probe

READERS = [probe, look, changes]


def joined(path: Path) -> None:
    folder = path.parent
    join([path], folder / "film.mp4", folder / "segments")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_clip(tmp_path_factory.mktemp("clips") / "secret.mp4", frames=12, size=(160, 90))


HLS = b"#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:1.0,\nfile://%s\n#EXT-X-ENDLIST\n"
NO_FILMS = {
    "empty": (b"", "is empty"),
    "a web page": (b"<!doctype html><title>403</title>", "a web page"),
    "a web page after blank lines": (b"\n\n  <html>", "a web page"),
    "a playlist": (HLS, "a playlist"),
    "a playlist with a mark": (b"\xef\xbb\xbf" + HLS, "a playlist"),
    "a list of files": (b"ffconcat version 1.0\nfile %s\n", "a list of files"),
    "a list of files without its name": (b"file '%s'\n", "no film that is known here"),
    "an answer": (b'{"detail": "expired"}', "a JSON document"),
    "a pointer": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git-lfs pointer"),
    "a DASH manifest": (b"<?xml version='1.0'?><MPD><BaseURL>%s</BaseURL></MPD>", "a web page"),
    "noise": (bytes(range(256)) * 8, "no film that is known here"),
    "a head": (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2", "damaged"),
    "a head before a playlist": (b"\0\0\0\x18ftypisom\0\0\2\0isomiso2" + HLS, "damaged"),
}


@pytest.mark.parametrize("reader", [*READERS, joined])
@pytest.mark.parametrize("kind", NO_FILMS)
def test_what_is_no_film(kind: str, reader: Callable[[Path], object], clip: Path, tmp_path: Path) -> None:
    content, told = NO_FILMS[kind]
    path = tmp_path / "scene-2.mp4"
    path.write_bytes(content.replace(b"%s", str(clip).encode()))
    with pytest.raises(MediaError, match=rf"scene-2\.mp4 .*{told}"):
        reader(path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["scene-2.mp4"]


@pytest.mark.parametrize("reader", [*READERS, joined])
def test_a_folder_and_a_name_without_a_file(reader: Callable[[Path], object], tmp_path: Path) -> None:
    (tmp_path / "folder.mp4").mkdir()
    with pytest.raises(MediaError, match=r"folder\.mp4 is a folder, not a film"):
        reader(tmp_path / "folder.mp4")
    with pytest.raises(MediaError, match=r"none\.mp4 is not there"):
        reader(tmp_path / "none.mp4")


@pytest.mark.linux
@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in folders there")
@pytest.mark.timeout(20)
@pytest.mark.parametrize("reader", [*READERS, joined])
def test_pipes_and_devices_are_not_waited_for(reader: Callable[[Path], object], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.mp4")
    (tmp_path / "zero.mp4").symlink_to("/dev/zero")
    for name in ("pipe.mp4", "zero.mp4"):
        with pytest.raises(MediaError, match=rf"{name} is a pipe or a device, not a film"):
            reader(tmp_path / name)


WATCHED = """
import sys
from pathlib import Path
seen = []
def watch(event, values):
    if event in {"subprocess.Popen", "os.exec", "os.posix_spawn", "os.system", "socket.connect"}:
        seen.append(event)
    if event == "open" and str(values[0]).endswith("secret.mp4"):
        seen.append("the secret was opened")
from storyboard.cut.clip import look
from storyboard.cut.join import join
from storyboard.errors import MediaError
from storyboard.media.probe import probe
import av
sys.addaudithook(watch)
for path in map(Path, sys.argv[1:]):
    for reader in (probe, look, lambda path: join([path], path.with_name("film.mp4"), path.with_name("kept"))):
        try:
            reader(path)
        except MediaError:
            continue
        seen.append(f"{path.name} was taken")
print(seen)
"""


def test_nothing_of_the_kind_starts_a_program_or_opens_another_file(clip: Path, tmp_path: Path) -> None:
    paths = []
    for number, (content, _) in enumerate(NO_FILMS.values()):
        paths.append(tmp_path / f"{number}.mp4")
        paths[-1].write_bytes(content.replace(b"%s", str(clip).encode()))
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *map(str, paths)], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
    taken = subprocess.run(
        [sys.executable, "-c", WATCHED, str(clip)], capture_output=True, text=True, check=True
    )
    assert "the secret was opened" in taken.stdout, "the watch sees what Python opens"


FORMS = {
    "index first": {"movflags": "faststart"},
    "index last": {},
    "mov": {"form": "mov"},
    "silent": {"movflags": "faststart", "sound": False},
    "fragments": {"movflags": "frag_keyframe+empty_moov+delay_moov", "options": {"g": "6"}},
    "unusual": {"movflags": "faststart", "codec": "mpeg4"},
}


@pytest.mark.parametrize("form", FORMS)
def test_a_film_cut_short_anywhere(form: str, tmp_path: Path) -> None:
    """After every so manieth byte, and after the last but one; fragments end well only between two of them."""
    whole = make_clip(tmp_path / "whole.mp4", frames=18, size=(96, 54), **FORMS[form]).read_bytes()
    ends = _ends(whole) if form == "fragments" else set()
    short = tmp_path / "short.mp4"
    for length in [*range(0, len(whole), max(1, len(whole) // 150)), *range(len(whole) - 3, len(whole))]:
        short.write_bytes(whole[:length])
        if length in ends:
            continue
        for reader in (probe, look):
            with pytest.raises(MediaError, match=r"short\.mp4"):
                reader(short)


def _ends(whole: bytes) -> set[int]:
    ends, place = set(), 0
    while place < len(whole):
        place += struct.unpack_from(">I", whole, place)[0]
        ends |= {place + more for more in range(8)}  # too few bytes to be a box, and to be missed
    return ends


def edited(whole: bytes, box: bytes, at: int, form: str, *values: int) -> bytes:
    """The first box of a name in the index with other values at a place of its body."""
    data = bytearray(whole)
    struct.pack_into(form, data, data.index(box, data.index(b"moov")) + 4 + at, *values)
    return bytes(data)


# The video track comes first, so that the first box of a name is its own.
LIES: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a length of ten minutes": (
        lambda film: edited(film, b"mdhd", 16, ">I", 12_288 * 600),
        "600.000 s, its samples",
    ),
    "no more than a tick": (lambda film: edited(film, b"mdhd", 16, ">I", 1), "its samples last"),
    "frames of three days": (lambda film: edited(film, b"stts", 12, ">I", 0xFFFFFFFF), "hours"),
    "a thousand frames in no time": (
        lambda film: edited(film, b"stts", 12, ">I", 0),
        "its samples last 0.000 s",
    ),
    "12,288 frames a second": (
        lambda film: edited(edited(film, b"stts", 12, ">I", 1), b"mdhd", 16, ">I", 60),
        "more than 1000 frames a second",
    ),
    "more frames than there are": (lambda film: edited(film, b"stts", 8, ">I", 4000), "hold together"),
    "fewer frames than there are": (lambda film: edited(film, b"stts", 8, ">I", 30), "hold together"),
    "millions of samples": (lambda film: edited(film, b"stsz", 8, ">I", 0xFFFFFFF0), "too many samples"),
    "millions of frames of a byte": (
        lambda film: edited(film, b"stsz", 4, ">II", 1, 0xFFFFFFF0),
        "too many samples",
    ),
    "a sample of a gigabyte": (
        lambda film: edited(film, b"stsz", 12, ">I", 1 << 30),
        "ends before its pictures",
    ),
    "samples behind the end": (
        lambda film: edited(film, b"stco", 8, ">I", 1 << 30),
        "ends before its pictures",
    ),
    "a picture of 60,000 rows": (
        lambda film: edited(film, b"avc1", 24, ">HH", 160, 60_000),
        "160x60000 pixels",
    ),
    "a picture of no columns": (lambda film: edited(film, b"avc1", 24, ">HH", 0, 90), "0x90 pixels"),
    "a clock that stands": (lambda film: edited(film, b"mdhd", 12, ">I", 0), "hold together"),
    "no header": (lambda film: film.replace(b"mvhd", b"free"), "hold together"),
    "no table of sizes": (lambda film: film.replace(b"stsz", b"free", 1), "hold together"),
}


@pytest.mark.parametrize("lie", LIES)
def test_tables_that_lie(lie: str, tmp_path: Path) -> None:
    options = {"movflags": "faststart", "options": {"bf": "0"}}
    whole = make_clip(tmp_path / "clip.mp4", frames=60, size=(160, 90), **options).read_bytes()
    lying, told = LIES[lie]
    path = tmp_path / "lying.mp4"
    path.write_bytes(lying(whole))
    assert path.read_bytes() != whole
    for reader in (probe, look, joined):
        with pytest.raises(MediaError, match=rf"lying\.mp4 is damaged: .*({told})"):
            reader(path)


def test_a_film_wider_than_any_screen(tmp_path: Path) -> None:
    path = make_clip(tmp_path / "wide.mp4", frames=1, size=(8208, 16), sound=False)
    for reader in (probe, look, joined):
        with pytest.raises(MediaError, match=r"wide\.mp4 is damaged: it claims to be 8208x16 pixels"):
            reader(path)


def test_a_picture_that_can_not_be_decoded(tmp_path: Path) -> None:
    """The index is right, what it leads to is not."""
    path = make_clip(tmp_path / "noise.mp4", frames=12, size=(160, 90), sound=False, options={"bf": "0"})
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    end = data.index(b"moov") - 4
    data[start:end] = bytes((n * 89) % 251 for n in range(end - start))
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"noise\.mp4"):
        probe(path)


@pytest.mark.parametrize("count", [0, 1])
def test_sound_alone_is_no_clip(count: int, tmp_path: Path) -> None:
    from storyboard.media.encode import clip_writer

    path = tmp_path / "sound.mp4"
    with clip_writer(path, None, Fraction(24), audio=True) as writer:
        writer.unseen(24 + count)
    for reader in (probe, look):
        with pytest.raises(MediaError, match=r"sound\.mp4 holds no video"):
            reader(path)
