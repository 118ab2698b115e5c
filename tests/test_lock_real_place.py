"""storyboard.lock and the ledger of fal's own place, end to end, against a fal in memory at fal's own addresses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, plan, request
from both_engines import bench, engine, own_bench, postgres
from bought import FalItself, fal_itself, real, rendered
from msgspec.structs import replace

from storyboard.catalog.prices import price_book
from storyboard.ledger.facts import known_takes
from storyboard.ledger.lock.keep import keep_lock
from storyboard.ledger.record import Intent, State
from storyboard.media.moving_still import MovingStill, draw_clip
from storyboard.plan.make import make_plan
from storyboard.plan.steps import Plan
from storyboard.render.observer import Progress

__all__ = ["bench", "engine", "own_bench", "postgres"]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return drawn(tmp_path_factory.mktemp("clip") / "clip.mp4", (64, 36))


def drawn(path: Path, size: tuple[int, int]) -> bytes:
    draw_clip([MovingStill(None, 3, "static", "", "")], path, size=size, audio=False)
    return path.read_bytes()


@pytest.fixture
def here(bench: Bench, tmp_path: Path) -> Bench:
    """The real place, with the homes of the bench."""
    return real(tmp_path / "here")


SCENES = ("dawn", "noon", "dusk")


def planned(here: Bench, *scenes: str) -> Plan:
    """The plan as the program would make it now."""
    requests = [
        request(here.project, scene, f"a potter at {scene}", start=None) for scene in scenes or SCENES
    ]
    book = price_book("observed-2026-10")
    assert book is not None
    return make_plan(requests, *known_takes(here.project, place=here.place), book)


def decisions(plan: Plan) -> list[tuple[str, Decimal | None]]:
    return [(step.decision, step.amount) for step in plan.steps]


def cloned(here: Bench, name: str = "clone") -> Bench:
    """What a colleague has: the lock, and neither ledger nor clips."""
    there = real(here.project.parent / name)
    shutil.copy(here.place.lock_file, there.place.lock_file)
    return there


def rows(here: Bench) -> dict[str, dict[str, Any]]:
    text = here.place.lock_file.read_text(encoding="utf-8")
    return {row["scene"]: row for row in map(json.loads, text.splitlines())}


def test_every_take_is_in_the_lock_as_it_is_verified(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    assert rendered(here, planned(here), fal).complete
    takes = here.takes()
    for scene, row in rows(here).items():
        take = takes[scene]
        assert (row["digest"], row["request"], row["clip"]) == (take.digest, take.request_id, take.clip)
        assert (row["state"], row["estimate"], row["charge"]) == ("verified", "0.252", None)
        assert row["url"].startswith("https://v3b.fal.media/files/")
        assert row["sent"] < row["finished"]
        assert row["size"] == len(clip)
    text = here.place.lock_file.read_text(encoding="utf-8")
    assert "canary" not in text
    assert str(here.project.parent) not in text
    before = here.place.lock_file.stat().st_mtime_ns
    assert not keep_lock(here.place, here.ledger)
    assert here.place.lock_file.stat().st_mtime_ns == before


class Watching:
    """Looks into the lock while a take runs."""

    def __init__(self, here: Bench) -> None:
        self.here = here
        self.saw_states: set[str] = set()

    def saw(self, progress: Progress) -> None:
        if progress.activity == "running":
            self.saw_states.add(rows(self.here)[progress.scene]["state"])


def test_what_fal_took_is_in_the_lock_while_it_runs(here: Bench, clip: bytes) -> None:
    watching = Watching(here)
    rendered(here, planned(here, "dawn"), fal_itself(clip), observer=watching)
    assert watching.saw_states == {"sent"}
    assert rows(here)["dawn"]["state"] == "verified"


def test_a_charge_that_becomes_known_is_kept(here: Bench, clip: bytes) -> None:
    rendered(here, planned(here, "dawn"), fal_itself(clip))
    (take,) = here.ledger.takes()
    here.ledger.charged(take.key, Decimal("0.1680"), Decimal("0.5040"), "billing events")
    assert keep_lock(here.place, here.ledger)
    row = rows(here)["dawn"]
    assert (row["charge"], row["unit_price"], row["charged_by"]) == ("0.5040", "0.1680", "billing events")
    assert known_takes(cloned(here).project)[0][0].charge == Decimal("0.5040")


def test_a_fresh_clone_resumes_at_nothing_and_fetches(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    rendered(here, planned(here), fal)
    there = cloned(here)
    assert decisions(planned(there)) == [("resume", Decimal(0))] * 3
    assert not there.place.ledger.exists()  # looking changes nothing
    fal.asked_of.clear()
    assert rendered(there, planned(there), fal).complete
    assert fal.posts == 3
    assert fal.asked_of <= {"v3b.fal.media", "api.fal.ai"}  # the clip, and what it cost
    assert decisions(planned(there)) == [("reuse", Decimal(0))] * 3
    ours, theirs = here.takes(), there.takes()
    for scene in SCENES:
        assert theirs[scene].origin == "lock"
        same = replace(theirs[scene], origin=None, number=ours[scene].number)
        assert same == ours[scene]  # ledger, lock, ledger: all of it
    assert there.place.lock_file.read_bytes() == here.place.lock_file.read_bytes()


def test_a_clone_goes_on_with_what_still_runs(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    ledger = here.ledger
    rendered(here, planned(here, "dawn"), fal)
    job = next(iter(fal.jobs))
    fal.jobs[job].ready = fal.clock.now()
    text = here.place.lock_file.read_text(encoding="utf-8")
    row = json.loads(text) | {"state": "sent", "clip": None, "url": None, "finished": None, "size": None}
    there = cloned(here)
    there.place.lock_file.write_text(json.dumps(row) + "\n", encoding="utf-8")
    assert decisions(planned(there, "dawn")) == [("resume", Decimal(0))]
    assert rendered(there, planned(there, "dawn"), fal).complete
    assert fal.posts == 1
    assert rows(there)["dawn"]["state"] == "verified"
    assert there.takes()["dawn"].clip == ledger.takes()[0].clip


def test_yesterdays_ledger_does_not_pay_again(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    rendered(here, planned(here, "dawn"), fal)
    backup = here.place.ledger.read_bytes()
    fal.clock.seconds += 8 * 24 * 3600  # the history that is searched before a POST reaches back six days
    rendered(here, planned(here), fal)
    fal.clock.seconds += 8 * 24 * 3600
    here.place.ledger.write_bytes(backup)
    assert decisions(planned(here)) == [("reuse", Decimal(0))] * 3
    assert rendered(here, planned(here), fal).complete
    assert fal.posts == 3
    assert len(here.ledger.takes()) == 3
    here.place.ledger.write_bytes(backup)
    shutil.rmtree(here.place.clips)
    assert decisions(planned(here)) == [("resume", Decimal(0))] * 3
    assert rendered(here, planned(here), fal).complete
    assert fal.posts == 3


@pytest.mark.parametrize("state", ["intended", "sending", "sent", "failed"])
def test_a_backup_from_the_middle_of_a_render_does_not_either(here: Bench, clip: bytes, state: str) -> None:
    fal = fal_itself(clip)
    made = planned(here, "dawn")
    digest = made.steps[0].request.digest or ""
    key, ledger = (digest, 1), here.ledger
    intent = Intent(digest, 1, "dawn", made.steps[0].request.endpoint, 3, "seeds", Decimal("0.252"))
    ledger.claim(intent)
    if state == "failed":
        ledger.begin_sending(key, "{}", Decimal("0.252"), "seeds")
        ledger.refused(ledger.get(key), "no credit")
    if state == "sending":
        ledger.begin_sending(key, "{}", Decimal("0.252"), "seeds")
    backup = here.place.ledger.read_bytes()
    if state == "sending":  # its answer came after the backup
        ledger.not_sent(ledger.get(key), "not yet")
    rendered(here, planned(here, "dawn"), fal)
    if state == "sent":
        backup = here.place.ledger.read_bytes()
    fal.clock.seconds += 8 * 24 * 3600
    here.place.ledger.write_bytes(backup)
    result = rendered(here, planned(here, "dawn"), fal)
    assert result.complete
    assert fal.posts == 1
    verified = [take for take in here.ledger.takes() if take.state is State.VERIFIED]
    assert [take.key for take in verified] == [key]


def test_a_lost_ledger_beside_its_clips_is_made_again_by_itself(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    rendered(here, planned(here), fal)
    before = here.takes()
    here.place.ledger.unlink()
    assert decisions(planned(here)) == [("reuse", Decimal(0))] * 3
    fal.clock.seconds += 8 * 24 * 3600
    assert rendered(here, planned(here, *SCENES, "night"), fal).complete
    assert fal.posts == 4
    assert {scene: take.clip for scene, take in here.takes().items() if scene in SCENES} == {
        scene: take.clip for scene, take in before.items()
    }


def test_a_lost_lock_is_written_anew(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    rendered(here, planned(here), fal)
    before = here.place.lock_file.read_bytes()
    here.place.lock_file.unlink()
    rendered(here, planned(here, "dawn"), fal)
    assert here.place.lock_file.read_bytes() == before


def test_both_branches_paid(here: Bench, clip: bytes, tmp_path: Path) -> None:
    fal = fal_itself(clip)
    fal.own["id-1"] = drawn(tmp_path / "another.mp4", (80, 44))
    there = real(here.project.parent / "there")
    made = {bench.project.name: planned(bench, "dawn") for bench in (here, there)}
    rendered(here, made["here"], fal)
    ours = here.takes()["dawn"].request_id
    for job in fal.jobs.values():  # a team with two accounts: neither sees what the other sent
        job.body = job.body | {"prompt": "hidden"}
    fal.clock.seconds += 60
    rendered(there, made["there"], fal)
    theirs = there.takes()["dawn"].request_id
    assert fal.posts == 2
    assert ours != theirs
    union = here.place.lock_file.read_bytes() + there.place.lock_file.read_bytes()
    for side in (here, there):
        side.place.lock_file.write_bytes(union)
        assert decisions(planned(side, "dawn")) == [("reuse" if side is here else "resume", Decimal(0))]
        rendered(side, planned(side, "dawn"), fal)
        bought = {take.request_id: take.take for take in side.ledger.takes()}
        assert bought == {ours: 1, theirs: 2}
    assert here.place.lock_file.read_bytes() == there.place.lock_file.read_bytes()
    assert fal.posts == 2


def forged(there: Bench, **values: Any) -> None:
    row = json.loads(there.place.lock_file.read_text(encoding="utf-8")) | values
    there.place.lock_file.write_text(json.dumps(row) + "\n", encoding="utf-8")


def test_a_url_elsewhere_is_not_asked(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    rendered(here, planned(here, "dawn"), fal)
    there = cloned(here)
    forged(there, url="https://evil.example/files/id-0.mp4")
    fal.asked_of.clear()
    assert rendered(there, planned(there, "dawn"), fal).complete  # by the request id
    assert fal.asked_of == {"api.fal.ai", "v3b.fal.media"}


def test_a_clip_that_moved_is_found_by_its_request_id(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    rendered(here, planned(here, "dawn"), fal)
    fal.gone = set(fal.jobs)
    there = cloned(here)
    assert rendered(there, planned(there, "dawn"), fal).complete
    assert fal.posts == 1


@pytest.mark.parametrize("how", ["gone", "another"])
def test_a_clip_that_is_gone_is_asked_about_and_never_bought(here: Bench, clip: bytes, how: str) -> None:
    fal = fal_itself(clip)
    rendered(here, planned(here, "dawn"), fal)
    there = cloned(here)
    if how == "gone":
        fal.lost = set(fal.jobs)
    else:
        forged(there, clip="0" * 64)
    for _ in range(2):
        result = rendered(there, planned(there, "dawn"), fal)
        (problem,) = result.problems
        assert "neither in the store nor at fal" in str(problem.error)
        ((decision, _),) = decisions(planned(there, "dawn"))
        assert decision == "ask"
    assert "never bought again" in planned(there, "dawn").steps[0].reason
    assert planned(there, "dawn").total == 0
    assert fal.posts == 1
    if how == "gone":
        fal.lost = set()
        assert rendered(there, planned(there, "dawn"), fal).complete
        assert there.takes()["dawn"].error is None


def test_a_clip_that_is_none_is_not_taken(here: Bench, clip: bytes) -> None:
    import hashlib

    fal = fal_itself(clip)
    rendered(here, planned(here, "dawn"), fal)
    there = cloned(here)
    fal.clip = b"#EXTM3U\nfile:///etc/passwd\n"
    forged(there, clip=hashlib.sha256(fal.clip).hexdigest(), size=None)
    assert len(rendered(there, planned(there, "dawn"), fal).problems) == 1
    assert not there.store.names()
    assert fal.posts == 1


def test_a_lost_answer_is_shared_and_asked_about(here: Bench, clip: bytes) -> None:
    fal = fal_itself(clip)
    made = planned(here, "dawn")
    digest = made.steps[0].request.digest or ""
    ledger = here.ledger
    ledger.claim(Intent(digest, 1, "dawn", made.steps[0].request.endpoint, 3, "seeds", Decimal("0.252")))
    ledger.begin_sending((digest, 1), "{}", Decimal("0.252"), "seeds")
    assert not keep_lock(here.place, ledger)  # still on its way
    ledger.unknown((digest, 1), "no answer came")
    assert keep_lock(here.place, ledger)
    there = cloned(here)
    assert decisions(planned(there, "dawn")) == [("ask", Decimal("0.252"))]
    assert len(rendered(there, planned(there, "dawn"), fal).unknown) == 1
    assert fal.posts == 0
    before = there.place.lock_file.read_bytes()
    for side in (here, there):
        side.ledger.reopen((digest, 1), "a person decided to send it again")
        assert keep_lock(side.place, side.ledger)
        assert not rows(side)  # given up, and it does not come back
        side.place.lock_file.write_bytes(before)
        assert decisions(planned(side, "dawn")) == [("send", Decimal("0.252"))]


FILM = (
    "storyboard: 1\nscenes: [{id: a, duration: 3, prompt: a potter}]\n"
    "endpoint: fal-ai/kling-video/v3/standard/text-to-video\n"
)


def film(here: Bench, run: Callable, clip: bytes) -> FalItself:
    """The one-scene film of a project, rendered, by the request that the program itself compiles it to."""
    (here.project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    ran = run("expand", here.project)
    (made,) = json.loads(ran.out)["requests"]
    base = request(here.project, "a", start=None)
    asked = replace(base, digest=made["digest"], arguments=made["arguments"], endpoint=made["endpoint"])
    fal = fal_itself(clip)
    assert rendered(here, plan(asked), fal).complete
    return fal


def test_as_a_colleague_sees_it(here: Bench, clip: bytes, run: Callable, process: Callable) -> None:
    film(here, run, clip)
    there = cloned(here)
    shutil.copy(here.project / "storyboard.yaml", there.project)
    ran = process("plan", there.project, "--format", "json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    (step,) = document["steps"]
    assert (step["decision"], step["amount"], document["total"]) == ("resume", "0.00", "0.00")
    assert "storyboard.lock" in step["reason"]
    (row,) = json.loads(run("takes", there.project, "--format", "json").out)["takes"]
    assert (row["state"], row["request_id"], row["origin"]) == ("verified", "id-0", "lock")
    assert not there.place.ledger.exists()
    ran = run("render", there.project, "--yes")  # no key: refused before anything
    assert ran.code == 4


def test_clips_whose_ledger_is_gone_need_no_word_when_the_lock_names_them(
    here: Bench, clip: bytes, run: Callable
) -> None:
    film(here, run, clip)
    here.place.ledger.unlink()
    ran = run("render", here.project)
    assert ran.code == 0, ran.err
    assert here.place.ledger.is_file()
    assert [take.origin for take in here.ledger.takes()] == ["lock"]
    assert (here.project / "cut.mp4").is_file()
    here.place.lock_file.unlink()
    ran = run("render", here.project)
    assert ran.code == 0, ran.err
    assert "was not there: it is written anew from the ledger" in ran.err
    assert rows(here)["a"]["state"] == "verified"
    (here.place.clips / "aa").mkdir(exist_ok=True)
    (here.place.clips / "aa" / f"{'a' * 64}.mp4").write_bytes(b"a clip that nobody names")
    here.place.ledger.unlink()
    ran = run("plan", here.project)
    assert ran.code == 4
    assert "does not name 1 of them" in ran.err
    ran = run("reconcile", here.project, "--new-ledger")
    assert ran.code == 0, ran.err
    assert "with 1 take from storyboard.lock" in ran.err
    assert run("plan", here.project).code == 0
