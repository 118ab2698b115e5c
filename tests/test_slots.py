"""Slots at fal: never more than there are, whose turn it is, and what holds one when its run has died."""

from __future__ import annotations

import asyncio
import random
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, plan, request
from a_take import DIGEST, INTENT, KEY, given
from a_watcher import Watching
from both_engines import bench, engine, own_bench, postgres
from hypothesis import given as for_any
from hypothesis import settings
from hypothesis import strategies as some
from msgspec.structs import replace
from played_fal import BASE, PlayedFal
from rude_server import rude_server
from virtual_time import Timeline, lived

from storyboard.diagnostics import Span
from storyboard.errors import Interrupted
from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.lease import lease
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State
from storyboard.ledger.slots import Full, Holder, Run, in_words, turn
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.plan.policy import Caps
from storyboard.read.policy import Policy
from storyboard.read.tables import Stated
from storyboard.render.observer import Progress
from storyboard.render.runner import carry_out

__all__ = ["bench", "engine", "own_bench", "postgres"]


FILM = "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - {id: dawn, prompt: rain}\n"


def holding(*intents: str) -> list[Holder]:
    return [Holder(intent, DIGEST, number, State.SENT) for number, intent in enumerate(intents, 1)]


def some_run(id_: str, *intents: str, slots: int = 4, waiting: int | None = None) -> Run:
    return Run(id_, f"{id_}.yaml", "anna", f"/{id_}", slots, frozenset(intents), waiting)


# What holds a slot, the other runs, ours; is it our turn?
TURNS: dict[str, tuple[list[Holder], list[Run], Run, bool]] = {
    "nobody else": ([], [], some_run("a"), True),
    "the last slot": (holding("1", "2", "3"), [], some_run("a"), True),
    "none is left": (holding("1", "2", "3", "4"), [], some_run("a"), False),
    "of fewer that we know of": (holding("1", "2"), [], some_run("a", slots=2), False),
    "others that do not wait": (holding("1"), [some_run("b", "1")], some_run("a"), True),
    "the fewest first": (
        holding("1", "2", "3"),
        [some_run("b", waiting=9)],
        some_run("a", "1", waiting=1),
        False,
    ),
    "the fewest, that is us": (
        holding("1", "2", "3"),
        [some_run("b", "1", waiting=1)],
        some_run("a", waiting=9),
        True,
    ),
    "the longest wait first": (
        holding("1", "2", "3"),
        [some_run("b", waiting=1)],
        some_run("a", waiting=9),
        False,
    ),
    "who did not wait comes last": (holding("1", "2", "3"), [some_run("b", waiting=9)], some_run("a"), False),
    "enough for both": (holding("1", "2"), [some_run("b", waiting=1)], some_run("a", "1", waiting=9), True),
    "what is done counts no more": (
        holding("3", "4", "5"),
        [some_run("b", "1", "2", waiting=9)],
        some_run("a", waiting=99),
        False,
    ),
    "who knows of fewer can't go": (
        holding("1", "2"),
        [some_run("b", slots=2, waiting=1)],
        some_run("a", waiting=9),
        True,
    ),
    "nor loses its slot to us": (
        holding("1"),
        [some_run("b", slots=2, waiting=1)],
        some_run("a", "1", waiting=9),
        False,
    ),
}


@pytest.mark.parametrize("name", TURNS)
def test_whose_turn_it_is(name: str) -> None:
    holders, others, ours, may = TURNS[name]
    assert (turn(holders, others, ours) is None) is may


def test_who_waits_is_told_who_has_the_slots() -> None:
    full = turn(holding("1", "2", "3"), [some_run("b", "1", "2")], some_run("a", slots=3))
    assert full is not None
    assert [orphan.intent for orphan in full.orphans] == ["3"]
    said = in_words(full.slots, full.by)
    assert said == "3 of 3 slots in use: 2 by b.yaml on anna, 1 by runs that ended"


@settings(max_examples=60)
@for_any(
    some.lists(some.tuples(some.integers(1, 12), some.integers(1, 5)), min_size=1, max_size=5),
    some.integers(0, 1 << 32),
)
def test_no_limit_is_passed_and_nobody_starves(wanted: list[tuple[int, int]], number: int) -> None:
    """Runs that want some takes each, and know of some slots, ask in any order; fal ends any take at any time."""
    runs = [some_run(str(n), slots=slots) for n, (_, slots) in enumerate(wanted)]
    left = {each.id: takes for each, (takes, _) in zip(runs, wanted, strict=True)}
    at_fal: list[Holder] = []
    dice, turns = random.Random(number), 0  # noqa: S311 - to be played again
    while any(left.values()):
        turns += 1
        assert turns < 2000, "somebody waits for ever"
        asking = dice.randrange(len(runs))
        ours = runs[asking]
        if left[ours.id]:
            others = [each for each in runs if each.id != ours.id]
            if turn(at_fal, others, ours) is None:
                assert len(at_fal) < ours.slots
                [new] = holding(f"{ours.id}-{left[ours.id]}")
                at_fal.append(new)
                left[ours.id] -= 1
                runs[asking] = replace(ours, intents=ours.intents | {new.intent}, waiting=None)
            elif ours.waiting is None:
                runs[asking] = replace(ours, waiting=turns)
        if at_fal and dice.random() < 0.3:
            at_fal.pop(dice.randrange(len(at_fal)))


def test_a_short_film_does_not_wait_for_a_long_one_to_end() -> None:
    """Twenty scenes have all four slots as one of two begins to wait: its turn is the next, and the one after."""
    long, short = some_run("long", "1", "2", "3", "4", waiting=1), some_run("short", waiting=50)
    at_fal = holding("2", "3", "4")
    assert turn(at_fal, [short], long) is not None
    assert turn(at_fal, [long], short) is None
    short = replace(short, intents=frozenset({"5"}), waiting=60)
    at_fal = holding("3", "4", "5")
    assert turn(at_fal, [short], long) is not None
    assert turn(at_fal, [long], short) is None


def asked(ledger: Ledger, take: int, slots: int, given_up: Sequence[str] = ()) -> str:
    """What comes of asking for a slot for a take."""
    ours = some_run("us", slots=slots)

    def ask(connection: object, found: object, at: datetime) -> Full | None:
        return ledger.runs.ask(connection, found, at, run=ours, given_up=given_up, judge=None)  # type: ignore[arg-type]

    ledger.claim(replace(INTENT, take=take))
    found = ledger.begin_sending((DIGEST, take), "{}", None, "seeds", ask=ask)
    return "full" if isinstance(found, Full) else "nothing" if found is None else found.state.value


def ended(*steps: Callable[[Ledger], object]) -> Callable[[Ledger], None]:
    def all_of_them(ledger: Ledger) -> None:
        for step in steps:
            step(ledger)

    return all_of_them


SENT = ended(lambda ledger: ledger.sent(KEY, given()))
# What became of the first of two takes, of which one may be at fal; may the second be sent?
LEFT: dict[str, tuple[Callable[[Ledger], object], bool]] = {
    "it is being sent": (ended(), False),
    "fal has it": (SENT, False),
    "nobody knows": (lambda ledger: ledger.unknown(KEY, "no answer"), False),
    "it did not leave": (lambda ledger: ledger.not_sent(ledger.get(KEY), "no way"), True),
    "fal refused it": (lambda ledger: ledger.refused(ledger.get(KEY), "422"), True),
    "it is done": (ended(SENT, lambda ledger: ledger.completed(KEY, "https://a/c.mp4", 7, None)), True),
    "it failed": (ended(SENT, lambda ledger: ledger.failed(KEY, "500", maybe_billed=True)), True),
    "it was cancelled": (ended(SENT, lambda ledger: ledger.cancelled(KEY, "499", maybe_billed=False)), True),
}


@pytest.mark.parametrize("name", LEFT)
def test_the_state_of_a_take_holds_its_slot(bench: Bench, name: str) -> None:
    step, may = LEFT[name]
    ledger = bench.ledger
    assert asked(ledger, 1, slots=1) == "sending"
    step(ledger)
    assert asked(bench.ledger, 2, slots=1) == ("sending" if may else "full")


def test_a_lost_answer_holds_its_slot_until_it_was_looked_for_in_vain(bench: Bench) -> None:
    ledger = bench.ledger
    asked(ledger, 1, slots=1)
    ledger.unknown(KEY, "no answer")
    assert asked(ledger, 2, slots=1) == "full"
    assert asked(ledger, 2, slots=1, given_up=[ledger.get(KEY).intent]) == "sending"
    later = Ledger.open(bench.place, lambda: datetime.now(UTC) + timedelta(hours=4))
    later.unknown((DIGEST, 2), "no answer")
    assert asked(later, 3, slots=1) == "sending", "and not for ever"


def test_of_many_that_ask_at_once_as_many_go_as_there_are_slots(bench: Bench) -> None:
    ledgers = [bench.ledger for _ in range(6)]
    gate = threading.Barrier(len(ledgers))

    def begun(number: int) -> str:
        gate.wait()
        return asked(ledgers[number], 1 + number, slots=2)

    with ThreadPoolExecutor(len(ledgers)) as pool:
        assert sorted(pool.map(begun, range(len(ledgers)))) == [*["full"] * 4, *["sending"] * 2]


def test_what_a_dead_run_of_another_film_left_is_waited_for_and_found(bench: Bench, clip: bytes) -> None:
    """Ended with the one slot in use: it is free again when fal is done, and what was paid is in the ledger."""
    time = Timeline()
    fal = PlayedFal(time, clip)
    stop = asyncio.Event()
    theirs = Watching(lambda progress: stop.set() if progress.activity in {"queued", "running"} else None)
    with pytest.raises(Interrupted):
        lived(shot(bench, fal, "theirs", theirs, stop), time)
    assert bench.takes()["theirs"].state is State.SENT
    ours = Watching()
    assert not lived(shot(bench, fal, "ours", ours), time).problems
    takes = bench.takes()
    assert (takes["theirs"].state, takes["ours"].state) == (State.COMPLETED, State.VERIFIED)
    assert most_at_once(fal) == 1
    [said] = [each.line for each in ours.seen if each.activity == "waiting" and each.line]
    assert said == "1 of 1 slot in use: 1 by runs that ended"


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("clip") / "clip.mp4"
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=(64, 36), audio=False)
    return path.read_bytes()


class Mute(PlayedFal):
    """Takes requests, and tells of none for so many seconds."""

    mute = 0.0

    def _fault(self, call: str) -> str:
        return "reset" if call in {"status", "result"} and self.time.seconds < self.mute else ""


@pytest.mark.parametrize("mute", [45.0, 1e9])
def test_a_take_that_fal_does_not_tell_of_is_not_waited_for_for_ever(
    bench: Bench, clip: bytes, mute: float
) -> None:
    """Found by a seed: the run that had sent it gave up waiting, and waited for its slot instead."""
    fal = Mute(Timeline(), clip)
    fal.mute = mute
    result = lived(shot(bench, fal, "first second", Watching()), fal.time)
    states = {scene: take.state for scene, take in bench.takes().items()}
    if mute < 1e9:
        assert [problem.scene for problem in result.problems] == ["first"]
        assert states == {"first": State.COMPLETED, "second": State.VERIFIED}
    else:
        _, second = result.problems
        assert "It was not sent: fal does not tell what became of a take that has the slot" in str(
            second.error
        )
        assert states == {"first": State.SENT, "second": State.INTENDED}
    assert most_at_once(fal) == 1


def most_at_once(fal: PlayedFal) -> int:
    jobs = fal.jobs.values()
    return max(sum(each.accepted <= job.accepted < each.ends for each in jobs) for job in jobs)


def shot(bench: Bench, fal: PlayedFal, scenes: str, seen: Watching, stop: asyncio.Event | None = None) -> Any:
    dice = random.Random(1)  # noqa: S311 - a seed to play again
    return carry_out(
        plan(*(request(bench.project, scene, scene, start=None) for scene in scenes.split())),
        project=bench.project,
        ledger=Ledger.open(bench.place, fal.time.now),
        store=bench.store,
        account=account_from({}, BASE),
        observer=seen,
        world=World(fal.time.now, fal.time.elapsed, asyncio.sleep, dice, lambda: fal),
        concurrency=1,
        stop=stop,
    )


def test_doctor_tells_what_holds_a_slot(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    ledger = Ledger.open(place_of(tmp_path))
    ledger.claim(INTENT)
    ledger.begin_sending(KEY, "{}", None, "seeds")
    ledger.sent(KEY, given())

    def line() -> str:
        return next(line for line in run("doctor", tmp_path).out.splitlines() if "slots" in line)

    assert line().startswith(
        "-     slots       1 of 2 slots in use: 1 by runs that ended. `storyboard render` goes"
    )
    with lease(ledger.place.lock, print):
        assert line() == "ok    slots       1 of 2 slots in use: 1 by the render that is at work"


def test_a_month_that_was_spent_meanwhile_refuses_what_is_about_to_be_sent(bench: Bench) -> None:
    """Both were admitted while the month had room for one: whoever sends second is refused, within its transaction."""
    capped = Policy(max_per_month=Stated(Decimal("0.60"), Span("storyboard.toml", 2, 1, 2, 5)))

    def spends(progress: Progress) -> None:
        if progress.activity == "uploading":
            bench.ledger.claim(INTENT)
            bench.ledger.begin_sending(KEY, "{}", Decimal("0.504"), "seeds")
            bench.ledger.sent(KEY, given())

    ours = plan(request(bench.project, "ours", start=None))
    with rude_server() as server:
        another = Watching(spends)  # another machine, while this one is at work
        result = bench.carry_out(
            ours, server.base_url, observer=another, caps=Caps(policy=capped), concurrency=2
        )
        assert not server.posts
    [problem] = result.problems
    assert problem.error.exit_code == 3
    assert "the policy allows 0.60 USD a month; 0.504 USD were spent" in str(problem.error)
    assert "Scene ours was not sent" in str(problem.error)
