"""The ledger and the store: durable, unique, monotone, and not to be believed from strangers."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from a_plan import Bench, bench, request
from sqlalchemy import Connection

from storyboard.errors import LedgerError
from storyboard.ledger import migrations, schema
from storyboard.ledger.facts import known_takes
from storyboard.ledger.ledger import Ledger, ledger_id
from storyboard.ledger.owner import accept
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State, Submission, TakeRecord
from storyboard.ledger.states import ALLOWED
from storyboard.ledger.store import clips_of

__all__ = ["bench"]

DIGEST = "d" * 64
INTENT = Intent(DIGEST, 1, "dawn", "fal-ai/x/y", 5, "seeds", Decimal("1.54"))
KEY = (DIGEST, 1)


def given(id_: str = "id-1") -> Submission:
    return Submission(id_, "https://a/status", "https://a", "https://a/cancel")


PATHS: dict[State, tuple[str, ...]] = {
    State.INTENDED: (),
    State.SENDING: ("send",),
    State.SENT: ("send", "sent"),
    State.COMPLETED: ("send", "sent", "completed"),
    State.DOWNLOADED: ("send", "sent", "completed", "downloaded"),
    State.VERIFIED: ("send", "sent", "completed", "downloaded", "verified"),
    State.FAILED: ("send", "refused"),
    State.CANCELLED: ("send", "sent", "cancelled"),
    State.UNKNOWN: ("send", "unknown"),
}


STEPS: dict[str, Callable[[Ledger], TakeRecord | None]] = {
    "send": lambda ledger: ledger.begin_sending(KEY, "{}", Decimal("1.54"), "seeds"),
    "sent": lambda ledger: ledger.sent(KEY, given()),
    "completed": lambda ledger: ledger.completed(KEY, "https://a/clip.mp4", 7, Decimal("3.0")),
    "downloaded": lambda ledger: ledger.downloaded(KEY, "c" * 64),
    "verified": lambda ledger: ledger.verified(KEY, ("short",)),
    "cancelled": lambda ledger: ledger.cancelled(KEY, "client_cancelled", maybe_billed=True),
    "refused": lambda ledger: ledger.refused(ledger.get(KEY), "HTTP 422"),
    "unknown": lambda ledger: ledger.unknown(KEY, "no answer"),
    "failed": lambda ledger: ledger.failed(KEY, "HTTP 422", maybe_billed=True),
    "not sent": lambda ledger: ledger.not_sent(ledger.get(KEY), "no connection"),
}


def step(ledger: Ledger, name: str) -> TakeRecord | None:
    return STEPS[name](ledger)


MOVES = {
    "sent": State.SENT,
    "completed": State.COMPLETED,
    "downloaded": State.DOWNLOADED,
    "verified": State.VERIFIED,
    "cancelled": State.CANCELLED,
    "failed": State.FAILED,
    "not sent": State.INTENDED,
    "unknown": State.UNKNOWN,
}


@pytest.mark.parametrize(("state", "move"), list(itertools.product(State, MOVES)))
def test_only_the_drawn_transitions_happen(bench: Bench, state: State, move: str) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    for name in PATHS[state]:
        step(ledger, name)
    before = ledger.get(KEY)
    assert before.state is state
    again = (state, move) == (State.SENT, "sent")  # the same id once more only refines the URLs
    if MOVES[move] in ALLOWED[state] or again:
        after = step(ledger, move)
        assert after is not None
        assert after.state is MOVES[move]
        assert after.request_id in {before.request_id, "id-1"}
    else:
        with pytest.raises(LedgerError, match="can't become"):
            step(ledger, move)
        assert ledger.get(KEY) == before


def test_a_life_is_written_down_in_order(bench: Bench) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    for name in PATHS[State.VERIFIED]:
        step(ledger, name)
    events = ledger.events()
    assert [event.state for event in events] == [
        "intended", "sending", "sent", "completed", "downloaded", "verified",
    ]  # fmt: skip
    assert [event.number for event in events] == sorted({event.number for event in events})
    take = bench.ledger.get(KEY)
    assert (take.estimate, take.billable_units, take.warnings) == (
        Decimal("1.54"),
        Decimal("3.0"),
        ("short",),
    )


def test_only_one_may_send(bench: Bench) -> None:
    first, second = bench.ledger, bench.ledger
    assert first.claim(INTENT).number == second.claim(INTENT).number
    assert step(first, "send") is not None
    assert step(second, "send") is None


def test_an_id_belongs_to_one_take(bench: Bench) -> None:
    ledger = bench.ledger
    for take in (1, 2):
        ledger.claim(Intent(DIGEST, take, "dawn", "fal-ai/x/y", 5, "seeds", None))
        ledger.begin_sending((DIGEST, take), "{}", None, "seeds")
    ledger.sent((DIGEST, 1), given())
    with pytest.raises(LedgerError, match="another take"):
        ledger.sent((DIGEST, 2), given())
    with pytest.raises(LedgerError):
        ledger.sent((DIGEST, 1), given("id-2"))
    assert ledger.get((DIGEST, 1)).request_id == "id-1"


def test_an_id_that_was_given_up_is_no_new_ones(bench: Bench) -> None:
    """An answer that names an old request: to believe it would lose the one that was taken."""
    ledger = bench.ledger
    ledger.claim(INTENT)
    ledger.begin_sending(KEY, "{}", None, "seeds")
    ledger.sent(KEY, given())
    ledger.failed(KEY, "HTTP 500", maybe_billed=False)
    ledger.reopen(KEY, "nothing had been bought")
    ledger.begin_sending(KEY, "{}", None, "seeds")
    with pytest.raises(LedgerError, match="another take has or had"):
        ledger.sent(KEY, given())
    assert ledger.get(KEY).state is State.SENDING
    assert ledger.sent(KEY, given(), "adopted by a person").request_id == "id-1"


def test_reopening_keeps_the_old_id_in_the_events(bench: Bench) -> None:
    ledger = bench.ledger
    before = ledger.claim(INTENT)
    for name in (*PATHS[State.SENT], "failed"):
        step(ledger, name)
    after = ledger.reopen(KEY, "a person said so")
    assert (after.state, after.request_id, after.maybe_billed) == (State.INTENDED, None, True)
    assert after.intent != before.intent
    assert ledger.events()[-1].request_id == "id-1"
    assert ledger.events()[-1].note == "a person said so"


def test_a_given_up_intent_has_no_say(bench: Bench) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    first = step(ledger, "send")
    assert first is not None
    step(ledger, "unknown")
    ledger.reopen(KEY, "a person said so")
    step(ledger, "send")
    for tell in (ledger.not_sent, ledger.refused):
        with pytest.raises(LedgerError, match="another process"):
            tell(first, "no connection")
    assert ledger.get(KEY).state is State.SENDING


def test_uploads_are_remembered_until_they_expire(bench: Bench) -> None:
    moment = [datetime(2026, 11, 20, 12, tzinfo=UTC)]
    ledger = Ledger.open(bench.place, lambda: moment[0])
    ledger.uploads.remember("e" * 64, "https://a/e.png", timedelta(days=3))
    assert ledger.uploads.url("e" * 64) == "https://a/e.png"
    assert ledger.uploads.url("f" * 64) is None
    moment[0] += timedelta(days=3, seconds=1)
    assert ledger.uploads.url("e" * 64) is None
    ledger.uploads.remember("e" * 64, "https://a/new.png", timedelta(days=3))
    assert ledger.uploads.url("e" * 64) == "https://a/new.png"
    ledger.uploads.forget(["e" * 64])
    assert ledger.uploads.url("e" * 64) is None


def test_the_file_is_opened_for_durability(bench: Bench) -> None:
    with bench.ledger._database.reading() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "trusted_schema", "cell_size_check")
        }
    assert found == {"journal_mode": "delete", "synchronous": 3, "trusted_schema": 0, "cell_size_check": 1}


def test_a_newer_ledger_is_left_alone(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    with contextlib.closing(sqlite3.connect(bench.place.ledger)) as opened:
        opened.execute("UPDATE facts SET value = ? WHERE name = 'version'", (str(schema.VERSION + 1),))
        opened.commit()
    before = bench.place.ledger.read_bytes()
    with pytest.raises(LedgerError, match="newer storyboard"):
        bench.ledger.takes()
    assert bench.place.ledger.read_bytes() == before


def test_an_older_ledger_is_brought_up_to_date(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    bench.ledger.claim(INTENT)

    def add_a_table(connection: Connection) -> None:
        connection.exec_driver_sql("CREATE TABLE more (name TEXT)")

    monkeypatch.setattr(schema, "VERSION", schema.VERSION + 1)
    monkeypatch.setattr(migrations, "MIGRATIONS", (*migrations.MIGRATIONS, add_a_table))
    for _ in range(2):  # the second time there is nothing left to do
        assert [take.scene for take in bench.ledger.takes()] == ["dawn"]
    with bench.ledger._database.reading() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM more").scalar() == 0
    assert bench.ledger._database.fact("version") == str(schema.VERSION)


def test_a_ledger_of_version_1_keeps_its_takes(tmp_path: Path) -> None:
    place = place_of(tmp_path / "film")
    place.ready()
    with contextlib.closing(sqlite3.connect(place.ledger)) as old:
        old.executescript((Path(__file__).parent / "golden" / "ledger" / "version-1.sql").read_text())
    accept("0" * 31 + "1", place.project)
    for _ in range(2):
        sent, intended = Ledger.open(place).takes()
        assert (sent.state, sent.number, sent.estimate, sent.maybe_billed) == (
            State.SENT,
            1,
            Decimal("1.26"),
            True,
        )
        assert (intended.scene, intended.take, intended.charge) == ("noon", 2, None)
    third = Ledger.open(place).claim(INTENT)
    assert third.number == 3


def test_an_old_row_that_was_changed_is_not_carried_over(tmp_path: Path) -> None:
    place = place_of(tmp_path / "film")
    place.ready()
    dump = (Path(__file__).parent / "golden" / "ledger" / "version-1.sql").read_text()
    with contextlib.closing(sqlite3.connect(place.ledger)) as old:
        old.executescript(dump.replace("'intended',5,", "'verified',5,"))
    accept("0" * 31 + "1", place.project)
    before = place.ledger.read_bytes()
    with pytest.raises(LedgerError, match="take 2 can't be read"):
        Ledger.open(place)
    assert place.ledger.read_bytes() == before


def test_a_take_from_elsewhere_is_admitted_once(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    mine = bench.ledger.get((INTENT.digest, INTENT.take))
    other = replace(
        mine, take=2, origin="lock", state=State.VERIFIED, request_id="r-2", charge=Decimal("1.260")
    )
    first = bench.ledger.admit(other, "from the lock")
    assert (first.number, first.origin, first.charge) == (2, "lock", Decimal("1.260"))
    assert bench.ledger.admit(replace(other, scene="another"), "again") == first
    with pytest.raises(LedgerError, match="r-2 belongs to another take"):
        bench.ledger.admit(replace(other, take=3), "the same request")
    assert bench.ledger.charged(first.key, Decimal("0.2"), Decimal("1.00"), "billing events").charge == 1
    assert bench.ledger.charged(first.key, Decimal("0.2"), Decimal(9), "billable units").charge == 1


def test_looking_writes_nothing(bench: Bench) -> None:
    bench.ledger.claim(INTENT)
    before = (bench.place.ledger.read_bytes(), bench.place.ledger.stat().st_mtime_ns)
    known_takes(bench.project, place=bench.place)
    assert (bench.place.ledger.read_bytes(), bench.place.ledger.stat().st_mtime_ns) == before


def test_a_strangers_ledger_is_not_believed(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench.ledger.claim(INTENT)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another person"))
    with pytest.raises(LedgerError, match="--accept-ledger"):
        known_takes(bench.project, place=bench.place)
    accept(ledger_id(bench.place), bench.project)
    assert len(bench.ledger.takes()) == 1


def test_a_moved_or_copied_project_keeps_its_ledger(bench: Bench, tmp_path: Path) -> None:
    bench.ledger.claim(INTENT)
    shutil.copytree(bench.project, tmp_path / "copy")
    bench.project.rename(tmp_path / "moved")
    for folder in (tmp_path / "copy", tmp_path / "moved"):
        takes, _ = known_takes(folder, place=place_of(folder, builtin=True))
        assert [take.scene for take in takes] == ["dawn"]


def test_looking_at_a_new_project_makes_nothing(tmp_path: Path) -> None:
    assert known_takes(tmp_path) == ((), frozenset())
    assert not list(tmp_path.iterdir())


def test_a_planted_link_is_not_followed(tmp_path: Path) -> None:
    project, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    project.mkdir()
    elsewhere.mkdir()
    try:
        (project / ".storyboard").symlink_to(elsewhere, target_is_directory=True)
    except OSError:
        pytest.skip("no links here")
    with pytest.raises(LedgerError, match="symbolic link"):
        place_of(project).ready()
    assert not list(elsewhere.iterdir())


def test_each_look_alike_has_its_own_place(tmp_path: Path) -> None:
    urls = [
        None,
        "http://127.0.0.1:8000",
        "http://127.0.0.1:8001",
        "https://fal.example/a?b",
        "https://builtin",
    ]
    folders = [place_of(tmp_path, url).folder for url in urls]
    folders.append(place_of(tmp_path, builtin=True).folder)
    assert len(set(folders)) == len(folders)
    assert all(":" not in str(folder.relative_to(tmp_path)) for folder in folders)


def test_the_folder_keeps_itself_out_of_git(bench: Bench) -> None:
    assert (bench.project / ".storyboard" / ".gitignore").read_text() == "*\n"


def test_a_clip_is_its_content(bench: Bench) -> None:
    store = bench.store
    temporary = store.incoming("one")
    temporary.write_bytes(b"a clip")
    name = hashlib.sha256(b"a clip").hexdigest()
    path = store.put(temporary, name)
    assert path.read_bytes() == b"a clip"
    assert store.names() == {name}
    assert not temporary.exists()
    temporary.write_bytes(b"a clip")
    assert store.put(temporary, name) == path  # twice is once
    path.chmod(0o600)
    path.write_bytes(b"a clop")
    with pytest.raises(LedgerError, match="damaged"):
        store.read(name)
    temporary.write_bytes(b"a clip")
    assert store.read(store.put(temporary, name).stem) == path  # fetched again, whole again


def test_half_made_clips_are_swept(bench: Bench) -> None:
    bench.store.incoming("one").write_bytes(b"half")
    bench.store.sweep()
    assert not list(bench.place.incoming.iterdir())
    assert not bench.store.names()


def test_names_from_the_ledger_are_not_paths(bench: Bench) -> None:
    for name in ("../../etc/passwd", "A" * 64, "", "a" * 63 + "\n"):
        with pytest.raises(LedgerError, match="names no clip"):
            bench.store.path_of(name)


def test_clips_of_requests(bench: Bench) -> None:
    made = request(bench.project, start=None)
    other = request(bench.project, "two", prompt="another", start=None)
    ledger, key = bench.ledger, (made.digest or "", 1)
    temporary = bench.store.incoming("one")
    temporary.write_bytes(b"a clip")
    clip = hashlib.sha256(b"a clip").hexdigest()
    path = bench.store.put(temporary, clip)
    ledger.claim(Intent(*key, "dawn", made.endpoint, 3, "seeds", None))
    ledger.begin_sending(key, "{}", None, "seeds")
    ledger.sent(key, given())
    ledger.completed(key, "https://a", None, None)
    ledger.downloaded(key, clip)
    assert clips_of(ledger.takes(), bench.store, [made, other]) == {}
    ledger.verified(key, ())
    assert clips_of(ledger.takes(), bench.store, [made, other]) == {"dawn": path}


HOLDER = """
import sys, time
from pathlib import Path
from storyboard.ledger.lease import lease
with lease(Path(sys.argv[1]), lambda who: print("waiting:", who, flush=True)):
    print("held", flush=True)
    sys.stdin.read()
"""


def _holder(path: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLDER), str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_killed_render_is_not_in_the_way(bench: Bench) -> None:
    path = bench.place.lock
    with _holder(path) as first, _holder(path) as second:
        assert first.stdout is not None
        assert second.stdout is not None
        lines = {first.stdout.readline()}
        # Whoever came second says for whom it waits; the kill lets it in.
        ahead, behind = (first, second) if lines == {"held\n"} else (second, first)
        assert ahead.stdout is not None
        assert behind.stdout is not None
        if ahead is second:
            assert second.stdout.readline() == "held\n"
            told = lines.pop()
        else:
            told = behind.stdout.readline()
        assert f"pid {ahead.pid}" in told
        ahead.kill()
        assert ahead.wait() == -signal.SIGKILL
        assert behind.stdout.readline() == "held\n"
        behind.kill()
