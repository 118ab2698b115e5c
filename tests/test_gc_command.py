"""`storyboard gc`: only what nobody names is moved, to a trash, after it was shown and agreed to."""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from a_bought_film import Bought, bought, original
from a_plan import Bench, bench
from msgspec.structs import replace

from storyboard.ledger.garbage.unnamed import removable
from storyboard.ledger.lease import lease
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.store import Store

__all__ = ["bench", "bought", "original"]

TODAY = datetime.now(UTC).date()


def put(store: Store, data: bytes) -> str:
    """A clip of these bytes; its name."""
    name = hashlib.sha256(data).hexdigest()
    temporary = store.incoming(name)
    temporary.write_bytes(data)
    store.put(temporary, name)
    return name


def trashed(film: Bought) -> list[str]:
    trash = film.project / ".storyboard" / "trash"
    return sorted(path.name for path in trash.rglob("*") if path.is_file())


def test_what_takes_name_stays(bought: Bought) -> None:
    film = bought.cut()
    ended = bought.run("gc", bought.project, "--yes")
    assert ended.code == 0
    assert "somebody names all" in ended.out
    assert (
        bought.run("gc", bought.project, "--yes", "--segments", "0").code == 0
    )  # what was measured, made again
    assert bought.cut() == film


def test_an_orphan_goes_to_the_trash_and_comes_back(bought: Bought) -> None:
    name = put(bought.store, b"nobody's")
    ended = bought.run("gc", bought.project)
    assert ended.code == 3
    assert name in ended.err
    assert "Nothing was moved" in ended.err
    assert bought.store.holds(name)
    ended = bought.run("gc", bought.project, "--yes", "--format", "json")
    said = json.loads(ended.out)
    assert [(row["kind"], row["bytes"]) for row in said["removable"]] == [("clip", 8)]
    assert not bought.store.holds(name)
    assert trashed(bought) == [f"{name}.mp4"]
    assert said["trash"].endswith(TODAY.isoformat())
    assert bought.doctor()[1]["warnings"] == 0
    put(bought.store, b"nobody's")  # the same once more: neither is lost
    assert bought.run("gc", bought.project, "--yes").code == 0
    assert trashed(bought) == [f"{name}.mp4", f"{name}.mp4.1"]
    shutil.copytree(Path(said["trash"]), bought.project / ".storyboard", dirs_exist_ok=True)
    assert bought.store.holds(name)  # undone by moving it back


def test_a_paid_clip_says_that_nobody_knows_its_price(bench: Bench) -> None:
    from storyboard.cli.gc import _shown

    place = place_of(bench.project)
    Ledger.open(place)
    name = put(Store(place), b"paid by somebody")
    (found,) = removable(bench.project, datetime.now(UTC), timedelta(0))
    assert (found.path.stem, found.costly) == (name, True)
    assert "unknown" in "".join(_shown([found]))


@pytest.mark.parametrize("state", State)
def test_no_take_loses_its_clip_in_whichever_state(bought: Bought, state: State) -> None:
    name = put(bought.store, b"of some take")
    take = replace(
        bought.take(), digest="e" * 64, request_id="id-9", state=state, clip=name, maybe_billed=True
    )
    Ledger.open(bought.place).admit(take, "for a test")
    assert bought.run("gc", bought.project, "--yes").code == 0
    assert bought.store.holds(name)


def test_a_clip_that_is_not_written_down_yet_stays(bought: Bought) -> None:
    """A run that was killed after the clip was in its place, and before the ledger said so."""
    name = put(bought.store, b"just arrived")
    take = replace(
        bought.take(), digest="e" * 64, request_id="id-9", state=State.COMPLETED, clip=None, file_size=12
    )
    Ledger.open(bought.place).admit(take, "for a test")
    assert bought.run("gc", bought.project, "--yes").code == 0
    assert bought.store.holds(name)


def test_another_places_take_keeps_it_too(bought: Bought) -> None:
    name = put(bought.store, b"of another look-alike")
    other = place_of(bought.project, "http://127.0.0.1:9")
    Ledger.open(other).admit(replace(bought.take(), clip=name), "for a test")
    assert bought.run("gc", bought.project, "--yes").code == 0
    assert bought.store.holds(name)


def test_what_the_lock_or_a_storyboard_names_stays(bought: Bought) -> None:
    names = [put(bought.store, data) for data in (b"lock", b"pinned", b"pinned in short", b"nobody")]
    lock = {"scene": "x", "clip": names[0], "more": [1]}
    (bought.project / "storyboard.lock").write_text(f'{{"storyboard.lock": 1}}\n\n{json.dumps(lock)}\n')
    below = bought.project / "films"
    below.mkdir()
    (below / "other.yml").write_text(f"pin: {names[1]}\nalso: {names[2][:16]}\n")
    assert bought.run("gc", bought.project, "--yes").code == 0
    assert [bought.store.holds(name) for name in names] == [True, True, True, False]


BAD = {
    "a lock half merged": lambda film: (film.project / "storyboard.lock").write_text("<<<<<<< HEAD\n"),
    "a lock of another kind": lambda film: (film.project / "storyboard.lock").write_text('["a list"]\n'),
    "a ledger that is gone": lambda film: film.place.ledger.unlink(),
    "an empty ledger": lambda film: film.place.ledger.write_bytes(b""),
    "a damaged ledger": lambda film: film.place.ledger.write_bytes(b"x" * 9000),
    "a planted link": lambda film: (film.place.clips / "ff").symlink_to("/"),
    "a storyboard that is a pipe": lambda film: os.mkfifo(film.project / "pipe.yaml"),
}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such pipes")
@pytest.mark.parametrize("name", BAD)
def test_when_it_cannot_tell_it_moves_nothing(bought: Bought, name: str) -> None:
    orphan = put(bought.store, b"nobody's")
    BAD[name](bought)
    ended = bought.run("gc", bought.project, "--yes")
    assert ended.code == 4, ended.err
    assert "othing was moved" in ended.err
    assert bought.store.holds(orphan)
    assert trashed(bought) == []


def test_old_segments_and_half_made_files(bought: Bought) -> None:
    segments = bought.project / ".storyboard" / "segments"
    shutil.rmtree(segments, ignore_errors=True)
    segments.mkdir()
    for name, days in (("old.mp4", 8), ("new.mp4", 1)):
        (segments / name).write_bytes(b"12345")
        then = (datetime.now(UTC) - timedelta(days=days)).timestamp()
        os.utime(segments / name, (then, then))
    (bought.place.incoming / "x.1.part").write_bytes(b"half")
    ended = bought.run("gc", bought.project, "--yes")
    assert "made again at no charge" in ended.err
    assert trashed(bought) == ["old.mp4", "x.1.part"]
    assert bought.run("gc", bought.project, "--yes", "--segments", "0").code == 0
    assert trashed(bought) == ["new.mp4", "old.mp4", "x.1.part"]


def test_the_trash_is_emptied_by_age_and_never_of_what_is_named(bought: Bought) -> None:
    trash = bought.project / ".storyboard" / "trash"
    name = put(bought.store, b"nobody's")
    assert bought.run("gc", bought.project, "--yes").code == 0
    assert "that old" in bought.run("gc", bought.project, "--empty", "1", "--yes").out
    (trash / TODAY.isoformat()).rename(trash / (TODAY - timedelta(days=40)).isoformat())
    take = bought.clip()
    shutil.move(take, trash / (TODAY - timedelta(days=40)).isoformat() / take.name)
    (trash / "notes").mkdir()
    ended = bought.run("gc", bought.project, "--empty", "30")
    assert ended.code == 3
    assert "Nothing was deleted" in ended.err
    ended = bought.run("gc", bought.project, "--empty", "30", "--yes")
    assert ended.code == 0
    assert "is named again" in ended.err
    assert trashed(bought) == [take.name]
    assert (trash / "notes").is_dir()
    assert bought.doctor("--repair")[0] == 0
    assert bought.store.holds(take.stem)
    assert not bought.store.holds(name)


def test_it_waits_for_a_render(bought: Bought) -> None:
    part = bought.place.incoming / "x.1.part"
    with lease(bought.place.lock, lambda _: None):
        part.write_bytes(b"half")
        process = subprocess.Popen(
            [sys.executable, "-m", "storyboard", "gc", str(bought.project), "--yes"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert process.stderr is not None
        assert "waiting for it to end" in process.stderr.readline()
        assert part.exists()
    process.communicate(timeout=60)
    assert process.returncode == 0
    assert not part.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 3), (b"\n", 3), (b"y\n", 0)])
def test_it_asks_at_a_terminal(bought: Bought, answer: bytes, code: int) -> None:
    import pty

    name = put(bought.store, b"nobody's")
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "storyboard", "gc", str(bought.project)]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=theirs) as process:
        os.close(theirs)
        said = b""
        while b"[y/N]" not in said:
            said += os.read(ours, 4096)
        os.write(ours, answer)
        assert process.wait(60) == code
    os.close(ours)
    assert bought.store.holds(name) is (code != 0)


@pytest.mark.parametrize("seed", range(12))
def test_only_what_nobody_names_is_ever_listed(bench: Bench, seed: int) -> None:
    """Clips at random, named at random by takes in any state, by the lock and by storyboards."""
    dice = random.Random(seed)  # noqa: S311 - a seed to play again
    place = place_of(bench.project)
    ledger, store = Ledger.open(place), Store(place)
    clips = [put(store, f"{seed}/{number}".encode()) for number in range(12)]
    by_take, by_lock, by_text = (set(dice.sample(clips, dice.randrange(5))) for _ in range(3))
    for number, clip in enumerate(sorted(by_take)):
        state = dice.choice([state for state in State if state is not State.COMPLETED])
        ledger.admit(_take(number, state, clip), "for a test")
    (bench.project / "storyboard.lock").write_text("".join(f'{{"clip": "{clip}"}}\n' for clip in by_lock))
    (bench.project / "film.yaml").write_text(
        "".join(f"- {clip[: dice.randint(12, 64)]}\n" for clip in by_text)
    )
    found = {thing.path.stem for thing in removable(bench.project, datetime.now(UTC), timedelta(0))}
    assert found == set(clips) - by_take - by_lock - by_text


def _take(number: int, state: State, clip: str) -> TakeRecord:
    return TakeRecord(f"{number:064x}", 1, f"s{number}", "fal-ai/x/y", state, 3, TODAY.isoformat(), clip=clip)


def test_a_project_without_anything(run: Callable, tmp_path: Path) -> None:
    (tmp_path / "storyboard.yaml").write_text("storyboard: 1\n")
    assert run("gc", tmp_path).code == 0
    assert run("gc", tmp_path, "--empty", "0").code == 0
    assert not (tmp_path / ".storyboard").exists()
    assert run("gc", tmp_path / "nowhere").code == 2
