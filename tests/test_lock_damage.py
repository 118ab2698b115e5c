"""A lock that can't be read whole: its place and cure are said, and no command that could spend goes on past it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from bought import bought, real, taken
from msgspec.structs import replace

from storyboard.errors import LedgerError
from storyboard.ledger.lock.file import bytes_of, read_lock, write_lock
from storyboard.ledger.lock.keep import keep_lock
from storyboard.ledger.lock.line import text_of
from storyboard.ledger.place import place_of

FILM = (
    "storyboard: 1\nscenes: [{id: a, duration: 3, prompt: a potter}]\n"
    "endpoint: fal-ai/kling-video/v3/standard/text-to-video\n"
)
GOOD = text_of(taken(1))


def changed(**values: Any) -> str:
    return json.dumps(json.loads(GOOD) | values)


DAMAGE: dict[str, tuple[str, int, str]] = {  # the second line, the column, words of the message
    "conflict": ("<<<<<<< HEAD", 1, "SB501]: merge conflict at line 2"),
    "conflict's middle": ("=======", 1, "SB501]: merge conflict at line 2"),
    "half a line": (GOOD[:200], 0, "SB502]: not a line of storyboard.lock: it is cut off"),
    "not JSON": ("a potter", 1, "SB502]"),
    "a list": ("[1]", 1, "it is no JSON object"),
    "not a number": (GOOD.replace('"seconds": 5', '"seconds": NaN'), 1, "NaN is no number"),
    "too deep": ("[" * 100_000, 1, "SB502]"),
    "a number without end": (GOOD.replace('"seconds": 5', f'"seconds": {"9" * 5000}'), 1, "SB502]"),
    "a number beyond all": (GOOD.replace('"lock": 1', '"lock": 1, "mood": 1e999'), 1, "1e999 is no number"),
    "a key twice": (GOOD.replace('"take": 1', '"take": 1, "take": 2'), 1, "a key stands in it twice"),
    "newer": (changed(lock=2), 2, "SB504]: line 2 has version 2"),
    "no version": (changed(lock=None), 2, "SB503]: `lock` is 1 in every line"),
    "digest": (changed(digest="d" * 63), 0, "`digest` is not a SHA-256"),
    "take": (changed(take=0), 0, "`take` is not a number from 1"),
    "take as truth": (changed(take=True), 0, "`take` is not a number from 1"),
    "scene": (changed(scene=["a"]), 0, "`scene` is not text"),
    "endpoint": (changed(endpoint="fal-ai/../../v1"), 0, "`endpoint` is not an endpoint's id"),
    "state": (changed(state="intended"), 0, "`state` is not one of"),
    "seconds": (changed(seconds=10**9), 0, "`seconds` is not a number"),
    "request": (changed(request="id/../x"), 0, "`request` is not a request id"),
    "size": (changed(size=-1), 0, "`size` is not a number"),
    "url": (changed(url="http://v3b.fal.media/x.mp4"), 0, "`url` is not an https address"),
    "charge": (changed(charge="-1.00"), 0, "`charge` is not a plain decimal"),
    "charge as a number": (changed(charge=1.5), 0, "`charge` is not a plain decimal"),
    "estimate": (changed(estimate="1e400"), 0, "`estimate` is not a plain decimal"),
    "a great deal of money": (changed(estimate="1" + 29 * "0"), 0, "`estimate` is not a plain decimal"),
    "a charge of 30 digits": (changed(charge=30 * "9"), 0, "of at most 12 digits before the point"),
    "time": (changed(sent="yesterday"), 0, "`sent` is not a time"),
    "the end of time": (
        changed(sent="9999-12-31T23:59:59-10:00"),
        0,
        "`sent` is not a time between the years",
    ),
    "the first day": (changed(sent="0001-01-01T00:00:00+14:00"), 0, "between the years 2000 and 2999"),
    "time without a zone": (changed(sent="2026-11-20T12:00:00"), 0, "`sent` is not a time"),
    "body": (changed(body="x"), 0, "`body` is not a JSON object"),
    "verified without a clip": (changed(clip=None), 0, "`clip` is missing"),
    "sent without a request": (changed(state="sent", request=None), 0, "`request` is missing"),
    "unknown without anything": (
        changed(state="unknown", request=None, intent=None),
        0,
        "`intent` is missing",
    ),
}


def project(folder: Path, *rows: str) -> Path:
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    (folder / "storyboard.lock").write_text("".join(f"{row}\n" for row in rows), encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_has_a_place_and_a_cure(name: str, tmp_path: Path, run: Callable) -> None:
    row, column, words = DAMAGE[name]
    film = project(tmp_path, GOOD, row)
    ran = run("check", film, "--format", "json")
    (said,) = [d for d in json.loads(ran.out)["diagnostics"] if d["code"].startswith("SB50")]
    text = f"{said['code']}]: {said['message']}"
    assert words in text
    assert (ran.code, said["line"], said["severity"]) == (1, 2, "error")
    assert said["column"] == column or not column
    assert said["column"] > 1 or column
    assert said["hint"]
    ran = run("plan", film)
    assert ran.code == 4
    assert f"storyboard.lock:2:{said['column']}: " in ran.err
    assert "nothing is sent" in ran.err


@pytest.mark.parametrize("command", [("render", "--yes"), ("plan",), ("takes",), ("reconcile",), ("cut",)])
def test_no_command_goes_on(command: tuple[str, ...], tmp_path: Path, run: Callable) -> None:
    film = project(tmp_path, GOOD, "<<<<<<< HEAD", GOOD, "=======", GOOD, ">>>>>>> theirs")
    before = (film / "storyboard.lock").read_bytes()
    ran = run(command[0], film, *command[1:])
    assert ran.code == 4
    assert "storyboard.lock:2:1: merge conflict at line 2" in ran.err
    assert "2 more problems" in ran.err
    assert not (film / ".storyboard" / "ledger.sqlite").exists()
    assert (film / "storyboard.lock").read_bytes() == before


def test_check_shows_the_line(tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    project(tmp_path, GOOD, changed(take=0))
    monkeypatch.chdir(tmp_path)
    ran = run("check", "storyboard.yaml", ".")
    assert "storyboard.lock:2:" in ran.out
    assert ran.out.count("SB503") == 1  # once a project
    assert "^" in ran.out
    assert run("check", project(tmp_path, GOOD)).code == 0


def test_other_bytes_and_files(tmp_path: Path, run: Callable) -> None:
    film = project(tmp_path)
    lock = film / "storyboard.lock"
    lock.write_bytes(GOOD.encode() + b"\n\xff\xfe")
    assert "2:1: error[SB502]: not a line of storyboard.lock: it is not UTF-8" in run("check", film).out
    lock.unlink()
    lock.mkdir()
    assert "SB505" in run("check", film).out
    assert "it is no regular file" in run("plan", film).err or "directory" in run("plan", film).err
    lock.rmdir()
    os.mkfifo(lock)
    assert "it is no regular file" in run("plan", film).err


def test_a_symbolic_link_is_neither_read_nor_written_through(tmp_path: Path, run: Callable) -> None:
    film = tmp_path / "film"
    film.mkdir()
    project(film)
    outside = tmp_path / "secret"
    outside.write_text("a line of mine\n", encoding="utf-8")
    (film / "storyboard.lock").unlink()
    (film / "storyboard.lock").symlink_to(outside)
    ran = run("plan", film)
    assert ran.code == 4
    assert "symbolic link" in ran.err
    assert "a line of mine" not in ran.err
    with pytest.raises(LedgerError, match="symbolic link"):
        write_lock(film / "storyboard.lock", b"x")
    (film / "storyboard.lock").unlink()
    (film / "storyboard.lock.part").symlink_to(outside)
    write_lock(film / "storyboard.lock", b"x\n")
    assert outside.read_text(encoding="utf-8") == "a line of mine\n"
    assert not (film / "storyboard.lock").is_symlink()


FULL = """
import sys
from pathlib import Path
from storyboard.errors import LedgerError
from storyboard.ledger.lock.file import write_lock
try:
    write_lock(Path(sys.argv[1]), b"x" * 100_000)
except LedgerError as failure:
    print(failure)
    sys.exit(3)
"""


def test_a_full_disk_leaves_the_old_file_whole(tmp_path: Path) -> None:
    lock = tmp_path / "storyboard.lock"
    lock.write_bytes(bytes_of([taken(1)]))
    before = lock.read_bytes()
    ended = subprocess.run(
        [sys.executable, "-c", FULL, str(lock)],
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096)),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == 3, ended.stderr
    assert "nothing is lost" in ended.stdout
    assert lock.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["storyboard.lock"]


def test_a_rehearsal_neither_reads_nor_writes_one(tmp_path: Path) -> None:
    project(tmp_path, "damage")
    for place in (place_of(tmp_path, builtin=True), place_of(tmp_path, "http://127.0.0.1:9")):
        place.ready()
        assert read_lock(place).lines == ()


def test_what_is_damaged_is_not_written_over(tmp_path: Path) -> None:
    bench = real(tmp_path)
    ledger = bench.ledger
    ledger.admit(replace(bought(1), origin=None), "a test")
    bench.place.lock_file.write_text("damage\n", encoding="utf-8")
    with pytest.raises(LedgerError, match=r"storyboard\.lock:1:1"):
        keep_lock(bench.place, ledger)
    assert bench.place.lock_file.read_text(encoding="utf-8") == "damage\n"
    bench.place.lock_file.unlink()  # as the cure says
    assert keep_lock(bench.place, ledger)
    assert [line.take.request_id for line in read_lock(bench.place).lines] == ["id-1"]


def test_a_take_that_no_line_can_hold_does_not_spoil_the_others(tmp_path: Path) -> None:
    bench = real(tmp_path)
    ledger = bench.ledger
    ledger.admit(replace(bought(1), endpoint="none/../at all"), "a test")
    ledger.admit(bought(2), "a test")
    assert keep_lock(bench.place, ledger)
    assert [line.take.request_id for line in read_lock(bench.place).lines] == ["id-2"]
    assert not keep_lock(bench.place, ledger)
