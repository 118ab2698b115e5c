"""Clips in a store that machines share, against an S3 server of somebody else's making and in a folder: created once,
fetched once and whole, and what the server does wrong is said and costs nothing."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import threading
from pathlib import Path

import pytest
from a_shared_store import (
    SECRET,
    URL,
    Answering,
    Bucket,
    Counted,
    bucket,
    content,
    counter,
    cut_off,
    gone,
    machine,
    once,
    refused,
    s3,
    shared,
    stored,
)
from rude_server import Asked
from small_disk import small_disk

from storyboard.errors import LedgerError, UsageError
from storyboard.ledger import bucket as engine
from storyboard.ledger.facts import known_stock
from storyboard.ledger.fetching import bring_here
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.pushing import Pushed, pushed
from storyboard.ledger.shared_clips import STORE_URL, shared_clips
from storyboard.ledger.store import Store

__all__ = ["bucket", "counter", "s3", "shared"]

SIZE = 3 << 20


def push(place: Place, *clips: str) -> Pushed:
    return asyncio.run(pushed(Store(place), clips))


@pytest.fixture
def here(shared: Counted, tmp_path: Path) -> Place:
    return machine(tmp_path / "here")


@pytest.fixture
def there(shared: Counted, tmp_path: Path) -> Place:
    """Another machine."""
    return machine(tmp_path / "there")


def test_a_clip_is_put_once_and_fetched_once(
    here: Place, there: Place, shared: Counted, bucket: Bucket
) -> None:
    clips = [stored(here, content(SIZE, seed)) for seed in range(1, 4)]
    assert set(push(here, *clips).new) == set(clips)
    assert bucket.objects() == {f"potters/clips/{clip[:2]}/{clip}.mp4" for clip in clips}
    assert not push(here, *clips).new
    engine.bucket_of.cache_clear()  # as another process
    assert push(here, *clips) == Pushed()
    assert set(shared.count("PUT").values()) == {1}

    assert known_stock(there, {*clips, "0" * 64}).clips == set(clips)
    assert set(bring_here(there, clips[:2]).clips) == set(clips[:2])
    assert [Store(there).read(clip).read_bytes() for clip in clips[:2]] == [
        content(SIZE, seed) for seed in (1, 2)
    ]
    assert bring_here(there, clips[:2]).clips == ()
    assert shared.count("GET") == dict.fromkeys(clips[:2], 1)
    assert not list(there.incoming.iterdir())


def test_what_is_there_is_never_written_over(here: Place, shared: Counted, bucket: Bucket) -> None:
    clip = stored(here, content(SIZE))
    bucket("PUT", bucket.of(clip), b"somebody was first")
    shared.before = once("HEAD", refused(404))  # it came between the look and the write
    assert push(here, clip) == Pushed(new=(clip,)), "which is as good as if we had been first"
    assert bucket("GET", bucket.of(clip)) == b"somebody was first"
    assert all(one.headers["if-none-match"] == "*" for one in shared.asked if one.method == "PUT")


def test_bytes_that_are_not_the_clip_are_not_shared(here: Place, shared: Counted, bucket: Bucket) -> None:
    clip = stored(here, content(SIZE))
    path = Store(here).path_of(clip)
    path.chmod(0o600)
    path.write_bytes(content(SIZE, 2))
    told = push(here, clip).in_words(Store(here))
    assert "is damaged here" in told
    assert "1 clip is here and paid, and not in the shared clip store s3://films/potters yet" in told
    assert not bucket.objects()


def test_an_object_that_is_not_the_clip_is_refused_by_name(
    there: Place, shared: Counted, bucket: Bucket
) -> None:
    clip = "ab" * 32
    bucket("PUT", bucket.of(clip), content(SIZE))
    [trouble] = bring_here(there, [clip]).troubles.values()
    assert f"{URL}/clips/ab/{clip}.mp4 is not the clip" in str(trouble)
    assert not Store(there).holds(clip)
    assert not list(there.incoming.iterdir())
    assert not there.odd.exists()


def test_a_body_that_is_short_and_says_so_is_no_clip(
    here: Place, there: Place, shared: Counted, bucket: Bucket
) -> None:
    clip = stored(here, content(SIZE))
    push(here, clip)

    def short(asked: Asked, data: bytes, connection: socket.socket) -> bool:
        head, _, body = data.partition(b"\r\n\r\n")
        lines = [line for line in head.split(b"\r\n") if not line.lower().startswith(b"content-length")]
        lines += [b"content-length: 1000", b"", body[:1000]]
        connection.sendall(b"\r\n".join(lines))
        return True

    shared.after = once("GET", short)
    assert "is not the clip" in str(bring_here(there, [clip]).troubles[clip])
    assert not Store(there).names()
    assert bring_here(there, [clip]).clips == (clip,), "the next try asks anew"
    assert Store(there).read(clip)


FAULTS: dict[str, tuple[str, Answering | None, Answering | None]] = {
    "gone in the middle of an answer": ("GET", None, cut_off(SIZE // 2)),
    "gone after the first bytes": ("GET", None, cut_off(70_000)),
    "gone before it answers": ("GET", gone, None),
    "500, then fine": ("GET", refused(500, "InternalError"), None),
    "503, then fine": ("GET", refused(503), None),
    "gone when the upload has come": ("PUT", gone, None),
    "the upload taken, its answer lost": ("PUT", None, gone),
    "500 to an upload, then fine": ("PUT", refused(500, "InternalError"), None),
    "500 to a look, then fine": ("HEAD", refused(500), None),
}


SHORT = ("gone in the middle of an answer", "the upload taken, its answer lost", "503, then fine")


@pytest.mark.parametrize(
    "name", [name if name in SHORT else pytest.param(name, marks=pytest.mark.long) for name in FAULTS]
)
def test_what_goes_wrong_once_goes_well_the_second_time(
    name: str, here: Place, there: Place, shared: Counted, bucket: Bucket
) -> None:
    method, before, after = FAULTS[name]
    clip = stored(here, content(SIZE))
    shared.before, shared.after = (once(method, each) if each else shared.before for each in (before, after))
    assert push(here, clip) == Pushed(new=(clip,))
    assert bring_here(there, [clip]).clips == (clip,)
    assert Store(there).read(clip).read_bytes() == bucket("GET", bucket.of(clip)) == content(SIZE)


def test_a_fetch_goes_on_where_it_stopped(here: Place, there: Place, shared: Counted) -> None:
    """In the same run, and in one that comes later."""
    clip = stored(here, content(SIZE))
    push(here, clip)
    shared.after = once("GET", cut_off(2 << 20), times=1)
    assert bring_here(there, [clip]).clips == (clip,)
    ranges = [one.headers.get("range") for one in shared.asked if one.method == "GET"]
    assert ranges[0] is None
    assert len(ranges) == 2
    assert all(
        asked is not None and int(asked.removeprefix("bytes=").split("-")[0]) >= 1 << 20
        for asked in ranges[1:]
    )

    Store(there).path_of(clip).unlink()
    Store(there).part_of(clip).write_bytes(content(SIZE)[: SIZE // 2])
    Store(there).sweep()  # which any render does when it begins
    shared.quiet()
    assert bring_here(there, [clip]).clips == (clip,)
    assert [one.headers.get("range") for one in shared.asked if one.method == "GET"] == [
        f"bytes={SIZE // 2}-"
    ]


@pytest.mark.long
def test_a_fetch_goes_on_as_long_as_something_comes(here: Place, there: Place, shared: Counted) -> None:
    clip = stored(here, content(SIZE))
    push(here, clip)
    shared.after = once("GET", cut_off(300_000), times=9)
    assert bring_here(there, [clip]).clips == (clip,)
    begins = [
        int(one.headers.get("range", "=0-")[6:].split("-")[0] or 0)
        for one in shared.asked
        if one.method == "GET"
    ]
    assert len(begins) > 6
    assert begins == sorted(set(begins)), "nothing is asked for twice"

    Store(there).path_of(clip).unlink()
    shared.after = once("GET", cut_off(0), times=100)
    assert "its answer broke off" in str(bring_here(there, [clip]).troubles[clip])
    assert not list(there.incoming.iterdir())


@pytest.mark.parametrize("part", [b"x" * 1000, b"x" * SIZE, b"x" * (SIZE + 5), content(SIZE)])
def test_a_part_is_gone_on_with_and_not_believed(
    part: bytes, here: Place, there: Place, shared: Counted
) -> None:
    clip = stored(here, content(SIZE))
    push(here, clip)
    Store(there).part_of(clip).write_bytes(part)
    assert bring_here(there, [clip]).clips == (clip,)
    assert Store(there).read(clip)
    assert not list(there.incoming.iterdir())


TROUBLES: dict[str, tuple[Answering, str]] = {
    "403": (refused(403, "AccessDenied"), "these credentials may not"),
    "500 for ever": (refused(500, "InternalError"), "HTTP 500"),
    "no such bucket": (refused(404, "NoSuchBucket"), "there is no such bucket"),
    "no writes that create only": (refused(501, "NotImplemented"), "HTTP 501"),
}

REPEATED = ("500 for ever", "no writes that create only")  # by the engine, which takes its time


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.long) if name in REPEATED else name for name in TROUBLES]
)
def test_what_stays_wrong_is_said_in_one_paragraph(
    name: str, here: Place, shared: Counted, capsys: pytest.CaptureFixture[str]
) -> None:
    answering, said = TROUBLES[name]
    shared.before = once("PUT", answering, times=100)
    clips = [stored(here, content(1000, seed)) for seed in (1, 2)]
    told = push(here, *clips).in_words(Store(here))
    assert said in told
    assert told.startswith(
        "2 clips are here and paid, and not in the shared clip store s3://films/potters yet: "
    )
    assert "\n" not in told
    assert SECRET not in told
    shared.quiet()
    assert set(push(here, *clips).new) == set(clips)


def test_a_server_that_does_not_answer_is_asked_once(here: Place, shared: Counted) -> None:
    """A render has many clips, and each would wait."""
    shared.before = gone
    clips = [stored(here, content(1000, seed)) for seed in range(1, 30)]
    stock = known_stock(here, {"0" * 64})
    assert stock.trouble == "The clip store s3://films/potters can't be used (no answer comes)."
    asked = len(shared.asked)
    left = push(here, *clips)
    assert len(left.left) == len(clips)
    assert "29 clips are here and paid, and perhaps not in the shared" in left.in_words(Store(here))
    assert len(shared.asked) == asked


def test_an_upload_that_is_never_answered_ends(
    here: Place, shared: Counted, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "PATIENCE", 0.2)
    let_go = threading.Event()
    shared.before = once("PUT", lambda *_: let_go.wait(20))
    clip = stored(here, content(1000))
    assert push(here, clip) == Pushed(left=(clip,), troubles=("no answer comes",))
    let_go.set()


def test_many_are_asked_for_with_few_questions(here: Place, shared: Counted, bucket: Bucket) -> None:
    clip = stored(here, content(1000))
    push(here, clip)
    shared.quiet()
    wanted = {clip, *(f"{number:064x}" for number in range(10_000))}
    assert known_stock(here, wanted).clips == {clip}
    assert len(shared.asked) == 1
    shared.quiet()
    some = {clip, *sorted(wanted - {clip})[:40]}
    assert known_stock(here, some).clips == {clip}
    assert len(shared.asked) == 40, "of this one it is known"


def test_a_look_alikes_clips_are_apart_and_a_rehearsals_stay_here(
    shared: Counted, bucket: Bucket, tmp_path: Path
) -> None:
    alike = machine(tmp_path / "alike", "http://127.0.0.1:8123")
    clip = stored(alike, content(1000))
    push(alike, clip)
    assert bucket.objects() == {f"potters/sandbox/127.0.0.1-8123/clips/{clip[:2]}/{clip}.mp4"}
    assert not known_stock(machine(tmp_path / "fal"), {clip}).clips
    builtin = place_of(tmp_path / "alike", builtin=True)
    builtin.ready()
    shared.quiet()
    assert push(builtin, stored(builtin, content(1000, 3))) == Pushed()
    assert not shared.asked


def test_a_folder_is_a_store_with_the_same_rules(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "a share"
    monkeypatch.setenv(STORE_URL, f"file://{str(folder).replace(' ', '%20')}")
    here, there = machine(tmp_path / "here"), machine(tmp_path / "there")
    clip = stored(here, content(SIZE))
    assert "there is no such folder: mount or make it" in push(here, clip).in_words(Store(here))
    assert not folder.exists(), "what is not mounted is not written to"
    folder.mkdir()
    half = folder / "clips" / clip[:2] / f"{clip}.mp4#1"  # of a machine that was switched off meanwhile
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    assert known_stock(there, {clip}).clips == frozenset()
    assert push(here, clip) == Pushed(new=(clip,))
    whole = half.with_name(f"{clip}.mp4")
    assert whole.read_bytes() == content(SIZE)
    inode = whole.stat().st_ino
    engine.bucket_of.cache_clear()
    assert push(here, clip) == Pushed()
    assert whole.stat().st_ino == inode
    Store(there).part_of(clip).write_bytes(content(SIZE)[:1000])
    assert bring_here(there, [clip]).clips == (clip,)
    assert Store(there).read(clip)
    whole.chmod(0o600)
    whole.write_bytes(b"another")
    Store(there).path_of(clip).unlink()
    assert "is not the clip" in str(bring_here(there, [clip]).troubles[clip])


def test_a_full_disk_is_said_and_what_came_is_gone_on_with(
    here: Place, shared: Counted, tmp_path: Path
) -> None:
    clip = stored(here, content(SIZE))
    push(here, clip)
    with small_disk(tmp_path / "disk", 1500) as disk:
        small = machine(disk / "film")
        with pytest.raises(LedgerError, match="free some space and run the same command again"):
            bring_here(small, [clip])
        assert Store(small).part_of(clip).stat().st_size > 1 << 20
        subprocess.run(["mount", "-o", "remount,size=8m", str(disk)], check=True)
        shared.quiet()
        assert bring_here(small, [clip]).clips == (clip,)
        [asked] = [one for one in shared.asked if one.method == "GET"]
        assert asked.headers["range"] > "bytes=1"
        assert Store(small).read(clip)


def test_a_link_in_a_parts_place_is_not_followed(
    here: Place, there: Place, shared: Counted, tmp_path: Path
) -> None:
    clip = stored(here, content(SIZE))
    push(here, clip)
    mine = tmp_path / "mine"
    mine.write_bytes(b"mine")
    Store(there).part_of(clip).symlink_to(mine)
    assert bring_here(there, [clip]).clips == (clip,)
    assert mine.read_bytes() == b"mine"
    assert not Store(there).path_of(clip).is_symlink()


NOWHERE = Path("/nowhere")  # a project without settings
GOOD = (
    "s3://films",
    "s3://films/a/b",
    "gs://films/potters",
    "az://films/potters",
    "file:///mnt/films",
    "file:///mnt/a%20b/",
)
BAD = (
    "films",
    "/mnt/films",
    "http://films",
    "https://films.s3.amazonaws.com/x",
    "s3://",
    "s3:///films",
    "s3://key:secret@films/x",
    "s3://films/x?endpoint=http://evil",
    "s3://films/../x",
    "s3://films/x#y",
    "s3://films/x y",
    "file://host/mnt",
    "file:///",
    "memory:///",
    "ftp://films",
)


@pytest.mark.parametrize("text", GOOD)
def test_addresses_of_stores(text: str) -> None:
    found = shared_clips(None, NOWHERE, {STORE_URL: text})
    assert str(found) == text.rstrip("/")


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_address_of_a_store(text: str) -> None:
    with pytest.raises(UsageError, match="must be s3://bucket/prefix") as refusal:
        shared_clips(None, NOWHERE, {STORE_URL: text})
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    ("scheme", "name"), [("s3", "AWS_ENDPOINT_URL"), ("s3", "AWS_ENDPOINT"), ("az", "AZURE_STORAGE_ENDPOINT")]
)
def test_a_server_in_the_clear_is_this_machines_only(scheme: str, name: str) -> None:
    store = {STORE_URL: f"{scheme}://films/x"}
    with pytest.raises(UsageError, match=name):
        shared_clips(None, NOWHERE, {**store, name: "http://192.168.1.7:9000"})
    loopback = shared_clips(None, NOWHERE, {**store, name: "http://127.0.0.1:9000"})
    secure = shared_clips(None, NOWHERE, {**store, name: "https://minio.example.org"})
    assert loopback is not None
    assert secure is not None
    assert (loopback.in_the_clear, secure.in_the_clear) == (True, False)
    assert shared_clips(None, NOWHERE, {name: "http://192.168.1.7"}) is None, "no store, no question"
