"""What `storyboard doctor` finds in a project, each with its cure and its exit code."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from a_bought_film import Bought, as_it_was, bought, flipped, original
from a_plan import Bench, bench
from msgspec.structs import replace

from storyboard.ledger.closed import verdict
from storyboard.ledger.doctor.examine import examine
from storyboard.ledger.lease import lease
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State
from storyboard.sandbox.ids import request_id

__all__ = ["bench", "bought", "original"]

SEED = 20261120


def test_a_whole_film_has_nothing_wrong(bought: Bought) -> None:
    code, said = bought.doctor()
    assert (code, said["broken"], said["warnings"]) == (0, 0, 0)
    names = {finding["name"] for finding in said["findings"]}
    assert {"ledger", "clips", "locks", "disk", "space", "git", "clock"} <= names
    ended = bought.run("doctor", bought.project / "storyboard.yaml")
    assert ended.code == 0
    assert "2 clips" in ended.out


def test_inside_a_project_it_looks_at_that_too(bought: Bought, monkeypatch: pytest.MonkeyPatch) -> None:
    below = bought.project / "stills"
    below.mkdir()
    monkeypatch.chdir(below)
    bought.clip().unlink()
    ended = bought.run("doctor")
    assert ended.code == 4
    assert "ffmpeg" in ended.out
    assert "MISS  clip        " in ended.out
    assert "--repair` fetches it again" in ended.out


def test_looking_changes_nothing(bought: Bought) -> None:
    def all_of_it() -> dict[str, tuple[bytes, int]]:
        files = [path for path in bought.project.rglob("*") if path.is_file()]
        return {str(path): (path.read_bytes(), path.stat().st_mode) for path in files}

    before = all_of_it()
    bought.clip().chmod(0o444)
    bought.doctor()
    assert all_of_it() == before


FLIPS = [pytest.param(120, id="120"), pytest.param(2000, id="2000", marks=pytest.mark.long)]


@pytest.mark.parametrize("number", FLIPS)
@pytest.mark.parametrize("what", ["clip", "ledger"])
def test_every_flipped_bit_is_found(bought: Bought, what: str, number: int) -> None:
    path = bought.clip() if what == "clip" else bought.place.ledger
    size, dice = path.stat().st_size, random.Random(f"{SEED}/{what}")  # noqa: S311 - a seed to play again
    now, missed = datetime.now(UTC), []
    for _ in range(number):
        position, bit = dice.randrange(size), dice.randrange(8)
        with as_it_was(path):
            flipped(path, position, bit)
            found = examine(bought.place, now).findings
        if not any(finding.level == "miss" for finding in found):
            missed.append((position, bit))
    print(f"{what}: {number - len(missed)} of {number} flipped bits found, seed {SEED}")  # noqa: T201 - a proof says its figures
    assert not missed
    assert not [finding for finding in examine(bought.place, now).findings if finding.level == "miss"]


def test_a_ledger_that_was_changed_in_a_corner_is_taken_as_it_is_on_demand(bought: Bought) -> None:
    """Bytes that no row is in: every take reads well, and the doctor still sees it, also after further runs."""
    ledger = bought.place.ledger
    data = ledger.read_bytes()
    corner = next(at for at in range(4096 + 200, len(data)) if data[at - 20 : at + 20] == bytes(40))
    flipped(ledger, corner)
    assert len(Ledger.open(bought.place).takes()) == 2
    assert bought.broken()[0] == 4
    with lease(bought.place.lock, lambda _: None):
        Ledger.open(bought.place).claim(Intent("e" * 64, 1, "more", "fal-ai/x/y", 5, "seeds", None))
    assert "not byte for byte" in bought.broken()[1][0]
    assert bought.doctor("--repair")[0] == 0
    assert bought.broken() == (0, [])


def test_what_a_ledger_was_closed_with_is_never_wrong(bought: Bought, tmp_path: Path) -> None:
    ledger, old = bought.place.ledger, tmp_path / "old"
    assert verdict(ledger) == "as closed"
    shutil.copyfile(ledger, old)
    with lease(bought.place.lock, lambda _: None):
        Ledger.open(bought.place).claim(Intent("e" * 64, 1, "more", "fal-ai/x/y", 5, "seeds", None))
        assert verdict(ledger) == "not known"  # as after a kill
    assert verdict(ledger) == "as closed"
    journal = ledger.with_name(ledger.name + "-journal")
    journal.write_bytes(b"")
    assert verdict(ledger) == "not known"  # somebody writes
    journal.unlink()
    shutil.copyfile(old, ledger)
    assert verdict(ledger) == "older"
    assert any("put back from a backup" in text for text in bought.warnings())
    note = ledger.with_suffix(".sum")
    flipped(note, 30)
    assert verdict(ledger) == "not known"


def test_a_ledger_of_no_known_shape(bought: Bought) -> None:
    with contextlib.closing(sqlite3.connect(bought.place.ledger)) as opened:
        opened.execute("CREATE TRIGGER again AFTER UPDATE ON takes BEGIN SELECT 1; END")
    assert "a trigger" in bought.broken()[1][0]
    bought.place.ledger.write_bytes(b"not a database at all, but long enough to look at" * 90)
    code, broken = bought.broken()
    assert code == 4
    assert "damaged" in broken[0]


def test_orphans_and_strays(bought: Bought) -> None:
    bought.store.put(_written(bought.place.incoming / "x", b"nobody's"), _sha(b"nobody's"))
    (bought.place.clips / "notes.txt").write_text("mine")
    wrong = bought.place.clips / "ff" / f"{'ab' * 32}.mp4"
    wrong.parent.mkdir(exist_ok=True)
    wrong.write_bytes(b"elsewhere")
    said = bought.warnings()
    assert sum("named by no take" in text for text in said) == 1
    assert sum("no clip by its name" in text for text in said) == 2
    flipped(bought.store.path_of(_sha(b"nobody's")), 0)
    assert any("no take names it" in text for text in bought.broken()[1])


def test_what_storyboard_lock_names_is_no_orphan(bench: Bench) -> None:
    place = place_of(bench.project)
    Ledger.open(place)
    data = b"a colleague's"
    from storyboard.ledger.store import Store

    Store(place).put(_written(place.incoming / "x", data), _sha(data))
    found = examine(place, datetime.now(UTC), named=frozenset({_sha(data)})).findings
    assert [finding.level for finding in found if "storyboard.lock" in finding.text] == ["note"]


def test_a_lock_file_that_cannot_be_read(bought: Bought) -> None:
    (bought.project / "storyboard.lock").write_text('{"clip": "x"}\n<<<<<<< HEAD\n')
    code, broken = bought.broken()
    assert code == 4
    assert "line 2" in broken[0]


STUCK = {
    State.SENDING: "its answer was lost",
    State.UNKNOWN: "its answer was lost",
    State.SENT: "not fetched since",
    State.COMPLETED: "not fetched yet",
}


@pytest.mark.parametrize("state", STUCK)
def test_takes_that_stopped_half_way(bought: Bought, state: State) -> None:
    sent_at = (datetime.now(UTC) - timedelta(days=2)).isoformat()
    take = replace(bought.take(), digest="e" * 64, state=state, clip=None, sent_at=sent_at, request_id="id-9")
    Ledger.open(bought.place).admit(take, "for a test")
    (text,) = bought.warnings()
    assert STUCK[state] in text
    assert "reconcile" in bought.run("doctor", bought.project).out


def test_the_clock_is_compared_with_the_newest_id(bought: Bought) -> None:
    take = bought.take()
    ledger = Ledger.open(bought.place)
    taken = datetime.fromisoformat(take.sent_at or "") + timedelta(minutes=30)
    made = request_id(7, 7, taken.timestamp())
    ledger.admit(replace(take, digest="e" * 64, request_id=made), "for a test")
    (text,) = bought.warnings()
    assert text.startswith("clock:")
    assert "30 min behind" in text


def test_another_persons_ledger(bought: Bought, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another person"))
    assert "--accept-ledger" in bought.broken()[1][0]


@pytest.mark.parametrize("name", ["incoming", "odd", "clips/ff", "../../trash", "ledger.sum"])
def test_every_planted_link_is_named(bought: Bought, tmp_path: Path, name: str) -> None:
    planted = bought.place.folder / name
    if planted.is_dir():
        shutil.rmtree(planted)
    planted.unlink(missing_ok=True)
    planted.symlink_to(tmp_path, target_is_directory=True)
    code, broken = bought.broken()
    assert code == 4
    assert any(text.startswith("link:") and planted.name in text for text in broken)


def test_the_whole_folder_may_be_a_link(bought: Bought, tmp_path: Path) -> None:
    folder = (bought.project / ".storyboard").rename(tmp_path / "away")
    (bought.project / ".storyboard").symlink_to(folder)
    assert bought.broken()[0] == 4


def _written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def _sha(data: bytes) -> str:
    import hashlib

    return hashlib.sha256(data).hexdigest()
