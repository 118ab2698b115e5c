"""The server of a shared ledger goes away: at every message to it, in the middle of a render, and for too long. Nothing
is bought twice, nothing becomes unknown, no row is written twice."""

from __future__ import annotations

import signal
import tempfile
import time
from collections import Counter
from decimal import Decimal
from itertools import count
from pathlib import Path

import pytest
from a_film import SCENES, Film, Prepared, filmed, plainly_said, prepared, whole
from a_plan import Bench
from a_postgres import Server, postgres
from a_take import INTENT, KEY, given
from both_engines import own_bench, shared
from cut_off import Moment, Way, way_to
from kept_rows import kept
from msgspec.structs import replace
from sandboxes import until

from storyboard.errors import LedgerAway
from storyboard.ledger import postgres as engine
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.pending import Pending, again
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.postgres_engine import close_all
from storyboard.ledger.record import State
from storyboard.ledger.shared import shared_at

__all__ = ["own_bench", "postgres", "prepared"]

pytestmark = pytest.mark.long


@pytest.fixture
def bench(own_bench: Bench, postgres: Server) -> Bench:
    return Bench(own_bench.project, shared(own_bench.place, postgres))


LIFE = ["intended", "sending", "sent", "completed", "downloaded", "verified"]


def lived(place: Place) -> None:
    """A take's life, as a render writes it."""
    ledger = Ledger.open(place)
    ledger.claim(INTENT)
    began = ledger.begin_sending(KEY, "{}", Decimal("1.54"), "seeds")
    assert began is not None, "nobody else sends it"
    ledger.sent(KEY, given())
    ledger.completed(KEY, "https://a/clip.mp4", 7, Decimal("3.0"))
    ledger.downloaded(KEY, "c" * 64)
    ledger.verified(KEY, ())


@pytest.mark.parametrize("moment", ["before", "after"])
def test_cut_off_at_every_message(postgres: Server, tmp_path: Path, moment: Moment) -> None:
    """Each message that a life sends to the server, from the first connection to the last commit, is where the
    connection breaks once: as it is about to be sent, or when it was carried out and the answer is lost."""
    met: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="way-") as folder, way_to(postgres, Path(folder)) as (way, url):
        for at in count(1):
            place = shared(place_of(tmp_path / str(at), builtin=True), postgres)
            assert place.shared is not None
            by_way = replace(
                place, shared=shared_at(url, place.shared.schema.removeprefix("storyboard "), "test")
            )
            way.at, way.moment, way.seen, way.broken = at, moment, 0, b""
            lived(by_way)
            close_all()
            ledger = Ledger.open(place)
            assert [event.state for event in ledger.events()] == LIFE, f"message {at}: {way.broken!r}"
            assert [take.state for take in ledger.takes()] == [State.VERIFIED]
            if not way.broken:
                break
            met[_kind(way)] += 1
    assert met["commit"] >= len(LIFE), met
    print(f"broken {moment}: {met.total()} messages ({met})")  # noqa: T201


def _kind(way: Way) -> str:
    words = {b"COMMIT\0": "commit", b"advisory": "lock", b"INSERT": "insert", b"UPDATE": "update"}
    return next((name for word, name in words.items() if word in way.broken), "other")


def test_a_commit_whose_answer_was_lost_is_settled_when_the_server_is_back(
    postgres: Server, tmp_path: Path
) -> None:
    """Too long for trying again at once: whoever waits hands the transaction over, and it is found."""
    with tempfile.TemporaryDirectory(prefix="way-") as folder, way_to(postgres, Path(folder)) as (way, url):
        place = place_of(tmp_path, builtin=True)
        place = replace(place, shared=shared_at(url, f"settled-{time.monotonic_ns()}", "test"))
        ledger = Ledger.open(place)
        ledger.claim(INTENT)
        way.moment, way.stays = "after", True

        def begin() -> object:
            return ledger.begin_sending(KEY, "{}", None, "seeds")

        for at in count(1):
            way.at, way.seen, way.broken = at, 0, b""
            with pytest.raises(LedgerAway) as lost:
                begin()
            settled = b"COMMIT\0" in way.broken
            way.at, way.broken = 0, b""
            assert (lost.value.pending is not None) == settled
            if settled:
                assert again(lost.value, begin) is not None, "it is ours: nobody else began it"
                break
        assert [event.state for event in ledger.events()] == LIFE[:2]
    close_all()


def test_a_commit_that_can_not_be_settled_any_more_is_not_done_again(
    bench: Bench, postgres: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its token is gone, as it would be had it been kept: nobody guesses."""
    monkeypatch.setattr(engine, "KEPT", 3)
    ledger = bench.ledger
    ledger.claim(INTENT)
    failure = LedgerAway("the answer was lost")
    failure.pending = lost = Pending()
    lost.asked, lost.number = True, _number_of_the_last(bench)
    for take in (2, 3, 4):
        ledger.claim(replace(INTENT, take=take))
    before = ledger.events()
    with pytest.raises(engine.Unsettled, match="can't be told any more"):
        again(failure, lambda: ledger.begin_sending(KEY, "{}", None, "seeds"))
    assert ledger.events() == before
    lost.number += 1  # one later: its token would still be there, and is not
    assert again(failure, lambda: ledger.begin_sending(KEY, "{}", None, "seeds")) is not None


def _number_of_the_last(bench: Bench) -> int:
    return max(number for number, _ in kept(bench.place)["writes"])


def on_server(
    tmp_path: Path, prepared: Prepared, server: Server, monkeypatch: pytest.MonkeyPatch, **settings: object
) -> tuple[Film, object]:
    monkeypatch.setenv("STORYBOARD_LEDGER_URL", server.new_database())
    return filmed(tmp_path / "film", prepared, **settings)


@pytest.mark.parametrize("how", ["immediate", "fast"])
def test_the_server_stopped_and_started_in_the_middle_of_a_render(
    postgres: Server, tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    with on_server(tmp_path, prepared, postgres, monkeypatch, latency=3.0) as film:
        process = film.start("render", ".", "--yes")
        until(film.bought)
        postgres.stop(how)
        time.sleep(
            4
        )  # longer than the requests at fal take: their answers come while nobody can write them down
        assert process.poll() is None, process.communicate()[1]
        postgres.start()
        _, err = process.communicate(timeout=100)
        assert process.returncode == 0, err
        assert "can't be reached" in err
        whole(film, prepared)
        assert not any(event.state == "unknown" for event in Ledger.open(film.place).events())


def test_backends_killed_again_and_again(
    postgres: Server, tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'storyboard' "
        "AND pid <> pg_backend_pid()"
    )
    with on_server(tmp_path, prepared, postgres, monkeypatch, latency=0.5) as film:
        process = film.start("render", ".", "--yes")
        kills = 0
        while process.poll() is None:
            postgres.do(kill)
            kills += 1
            time.sleep(0.15)
        _, err = process.communicate()
        assert process.returncode == 0, err
        whole(film, prepared)
        moves = [event for event in Ledger.open(film.place).events() if event.was != event.state]
        assert Counter(event.state for event in moves) == dict.fromkeys(LIFE, SCENES)
    print(f"killed {kills} times")  # noqa: T201


def test_a_server_that_stays_away_keeps_everything_from_being_sent(
    postgres: Server, tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    with on_server(tmp_path, prepared, postgres, monkeypatch) as film:
        assert film.run("plan", ".")[0] == 0
        postgres.stop()
        try:
            for words in (
                ["render", ".", "--yes"],
                ["plan", "."],
                ["takes", "."],
                ["cancel", "."],
                ["spend", "."],
            ):
                code, _, err = film.run(*words)
                assert code == 4, (words, err)
                plainly_said(code, err)
                assert "can't be reached" in err
            code, out, _ = film.run("doctor", ".")
            assert code == 4
            assert "MISS  server" in out
        finally:
            postgres.start()
        assert not film.bought()
        assert film.render()[0] == 0
        whole(film, prepared)


def test_an_interrupt_does_not_wait_for_the_server(
    postgres: Server, tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What fal had answered by then is said, and known to the next run."""
    with on_server(tmp_path, prepared, postgres, monkeypatch, latency=5.0) as film:
        process = film.start("render", ".", "--yes")
        until(film.bought)
        postgres.stop()
        try:
            assert process.stderr is not None
            told = next(line for line in process.stderr if "can't be reached" in line)
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=60)
            assert process.returncode == 130, told + err
            assert "Interrupted" in err
        finally:
            postgres.start()
        assert film.render()[0] == 0
        whole(film, prepared)


def test_an_id_that_can_not_be_written_down_is_not_lost(
    postgres: Server, tmp_path: Path, prepared: Prepared, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed while the server is away and fal has answered: the next run from that folder knows the id."""
    held = {"faults": {"slow": 1.0}, "slow_seconds": 2.0, "history_outage": True}
    with on_server(tmp_path, prepared, postgres, monkeypatch, latency=1.0, **held) as film:
        process = film.start("render", ".", "--yes")
        until(film.bought)
        postgres.stop()
        departures = film.place.departures
        until(lambda: any(path.stat().st_size for path in departures.iterdir() if not path.suffix))
        process.kill()
        process.communicate()
        postgres.start()
        film.quiet()
        code, _, err = film.render()
        assert code in {0, 3}, err
        known = {take.request_id for take in film.takes().values()}
        assert {film.bought()[0].id} <= known, "the id was kept"
