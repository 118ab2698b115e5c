"""storyboard.toml: read with places, sent as headers, in no digest; what expires first is fetched first."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, at_once, bench, plan, request, still
from made_clips import make_clip
from msgspec.structs import replace
from rude_server import Asked, answer, rude_server
from sandboxes import visiting

from storyboard.compile.request import Request
from storyboard.fal.account import account_from
from storyboard.fal.hosts import submission
from storyboard.fal.wire import Wire
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State, TakeRecord
from storyboard.read.settings import NEVER, FalSettings
from storyboard.render import runner
from storyboard.render.expiry import expiring, until, upload_life
from storyboard.render.uploads import Uploader, checked_uploads

__all__ = ["bench"]

FILM = """
storyboard: 1
endpoint: kling-v3-standard
scenes:
  - id: dawn
    generate_audio: false
    duration: 3
    start_image: still.png
    prompt: a potter at the wheel
"""
WRONG = {
    "lifecylce = '7d'": ("SB602", "did you mean `lifecycle`?"),
    "lifecycle = '1h'": ("SB603", '"4h"'),
    "lifecycle = 7": ("SB603", '"7d"'),
    "initial_acl = 'hidden'": ("SB603", '"hide"'),
    "store_io = 0": ("SB603", "true or false"),
    "fal_media = true": ("SB603", '"delete"'),
    "key = 'x'": ("SB602", "environment alone"),
    "base_url = 'https://evil.example'": ("SB602", "environment alone"),
    "store_io = = true": ("SB601", "TOML"),
}


def project(folder: Path, settings: str) -> Path:
    folder.mkdir(exist_ok=True)
    still(folder)
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    (folder / "storyboard.toml").write_text(f"# ours\n[fal]\n{settings}\n", encoding="utf-8")
    return folder


@pytest.mark.parametrize("line", WRONG)
def test_a_wrong_setting_is_said_at_its_place(line: str, tmp_path: Path, run: Callable[..., Any]) -> None:
    code, cure = WRONG[line]
    ended = run("check", project(tmp_path, line))
    assert ended.code == 1
    assert f"storyboard.toml:3:{13 if code == 'SB601' else 1}: error[{code}]" in ended.out.replace(
        ":3:12:", ":3:13:"
    )
    assert cure in ended.out
    assert run("plan", tmp_path).code == 1


@pytest.mark.parametrize(("line", "code"), [("store_io = false", "SB604"), ("fal_media = 'delete'", "SB605")])
def test_what_privacy_costs_is_said_in_the_plan(
    line: str, code: str, tmp_path: Path, run: Callable[..., Any]
) -> None:
    ended = run("plan", project(tmp_path, line))
    assert (ended.code, f"warning[{code}]" in ended.err) == (0, True)


def test_no_digest_knows_the_settings(tmp_path: Path, run: Callable[..., Any]) -> None:
    plain = run("expand", project(tmp_path, "")).out
    assert run("expand", project(tmp_path, "lifecycle = '7d'\ninitial_acl = 'hide'")).out == plain


def test_headers_and_a_private_clip_and_its_deletion(
    tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = "lifecycle = '7d'\ninitial_acl = 'hide'\nstore_io = false\nfal_media = 'delete'"
    film = project(tmp_path / "project", settings)
    with visiting(tmp_path / "state") as visitor:
        monkeypatch.setenv("STORYBOARD_FAL_URL", visitor.base)
        ended = run("render", film, "--yes", "-q")
        assert ended.code == 0, ended.err
        [queued] = visitor.sandbox.state.in_order()
        assert (queued.keep_seconds, queued.acl, queued.deleted) == (7 * 86400.0, "hide", True)
        assert not queued.payload_kept
        [upload] = visitor.sandbox.state.uploads.values()
        assert upload.expires_at == pytest.approx(visitor.sandbox.now() + 7 * 86400, abs=300)
        place = place_of(film, visitor.base)
        [take] = Ledger.open(place).takes()
        assert take.state is State.VERIFIED
        assert visitor.http.get(take.clip_url or "").status_code == 404


SENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def take(state: State, number: int = 1, sent: datetime = SENT, **more: Any) -> TakeRecord:
    stamp = sent.isoformat(timespec="milliseconds")
    made = TakeRecord("d" * 64, number, "dawn", "e", state, 3, stamp, number=number, sent_at=stamp)
    return replace(made, **more)


@pytest.mark.parametrize(
    ("settings", "state", "life"),
    [
        (FalSettings(), State.SENT, 7 * DAY),
        (FalSettings(), State.COMPLETED, 7 * DAY),
        (FalSettings(lifecycle=36 * HOUR), State.COMPLETED, 36 * HOUR),
        (FalSettings(store_io=False), State.SENT, HOUR),
        (FalSettings(store_io=False), State.COMPLETED, 7 * DAY),
        (FalSettings(lifecycle=30 * DAY), State.VERIFIED, 30 * DAY),
    ],
)
def test_how_long_a_clip_is_there(settings: FalSettings, state: State, life: timedelta) -> None:
    assert until(take(state), settings) == SENT + life
    assert until(take(state), FalSettings(lifecycle=NEVER)) > SENT + 9_999 * DAY


@pytest.mark.parametrize(
    ("state", "later", "short"),
    [
        (State.COMPLETED, 4 * DAY, False),
        (State.COMPLETED, 5 * DAY + HOUR, True),
        (State.SENT, 8 * DAY, True),
        (State.UNKNOWN, 8 * DAY, False),
        (State.DOWNLOADED, 8 * DAY, False),
        (State.FAILED, 8 * DAY, False),
    ],
)
def test_when_time_is_short(state: State, later: timedelta, short: bool) -> None:
    assert bool(expiring([take(state)], (), FalSettings(), SENT + later)) is short


def test_the_most_urgent_comes_first_and_what_is_here_does_not_come() -> None:
    here = take(State.VERIFIED, clip="c" * 64, clip_url="u")
    gone = take(State.VERIFIED, 2, clip="e" * 64, clip_url="u")
    late, early = take(State.COMPLETED, 3), take(State.COMPLETED, 4, SENT - HOUR)
    found = expiring([here, gone, late, early], {"c" * 64}, FalSettings(), SENT + 6 * DAY)
    assert [one.take.take for one in found] == [4, 2, 3]
    assert found[0].left == DAY - HOUR


def test_takes_warns_of_what_is_paid_and_soon_gone(
    tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    film = project(tmp_path, "lifecycle = '2d'")
    monkeypatch.setenv("STORYBOARD_FAL_URL", "http://127.0.0.1:9")
    place = place_of(film, "http://127.0.0.1:9")
    ledger = Ledger.open(place, lambda: datetime.now(UTC) - timedelta(hours=30))
    key = ("d" * 64, 1)
    ledger.claim(Intent(*key, "dawn", "a/b/c", 3, "seeds", Decimal(1)))
    ledger.begin_sending(key, "{}", Decimal(1), "seeds")
    ledger.sent(key, submission(account_from({}, "http://127.0.0.1:9"), "a/b/c", "id-1"))
    for command in ("takes", "plan"):
        ended = run(command, film)
        assert ended.code == 0
        assert "id-1), is paid and its clip is not here; at fal it may be gone from" in ended.err
        assert "in 17 h 59 min" in ended.err


@pytest.mark.parametrize(("left", "used"), [(timedelta(hours=4), True), (timedelta(hours=2), False)])
def test_an_upload_is_used_while_it_lives_long_enough(bench: Bench, left: timedelta, used: bool) -> None:
    still(bench.project)
    made = request(bench.project)
    uploads = checked_uploads(bench.project, [made])
    [found] = uploads.values()

    def others(asked: Asked) -> bytes:
        return answer(200)

    async def work(base: str) -> str:
        account = account_from({}, base)
        async with Wire(account, World(sleep=at_once), FalSettings(lifecycle=7 * DAY)) as wire:
            return await Uploader(wire, bench.ledger, bench.project, uploads).url("still.png")

    with rude_server() as server:
        url = f"{server.base_url}/files/{found.sha256}.png"
        told = json.dumps({"file_url": url + "?new", "upload_url": url}).encode()
        server.submit = lambda connection: connection.sendall(answer(200, told))
        server.others = others
        bench.ledger.uploads.remember(found.sha256, url, left)
        assert asyncio.run(work(server.base_url)) == (url if used else url + "?new")
        headers = [asked.headers for asked in server.posts]
    if not used:
        assert json.loads(headers[0]["x-fal-object-lifecycle-preference"]) == {
            "expiration_duration_seconds": 604800
        }
        assert bench.ledger.uploads.url(found.sha256, 6 * DAY) == url + "?new"
    assert upload_life(FalSettings()) == 3 * DAY


def test_what_expires_first_is_fetched_first(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "CLIPS_AT_A_TIME", 1)  # so that the one after waits for the one before
    clip = make_clip(tmp_path / "clip.mp4", frames=73, size=(64, 36)) or (tmp_path / "clip.mp4")
    data = Path(clip).read_bytes()
    asked_for: list[str] = []

    def others(asked: Asked) -> bytes:
        if "/files/" in asked.path:
            asked_for.append(asked.path)
        return answer(200, data)

    with rude_server() as server:
        server.others = others
        requests = [request(bench.project, f"s{n}", f"prompt {n}", start=None) for n in range(3)]
        for made, days in zip(requests, (1, 3, 2), strict=True):
            ledger = Ledger.open(bench.place, lambda days=days: datetime.now(UTC) - days * DAY)
            completed_at_fal(ledger, made, server.base_url, len(data))
        result = bench.carry_out(plan(*requests, decision="resume"), server.base_url)
    assert result.complete
    assert asked_for == ["/files/s1.mp4", "/files/s2.mp4", "/files/s0.mp4"]


def test_many_clips_are_fetched_a_few_at_a_time(bench: Bench, tmp_path: Path) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=73, size=(64, 36)) or (tmp_path / "clip.mp4")
    data = Path(clip).read_bytes()
    under_way, most = set[str](), 0
    guard = threading.Lock()

    def others(asked: Asked) -> bytes:
        nonlocal most
        if "/files/" in asked.path:
            with guard:
                under_way.add(asked.path)
                most = max(most, len(under_way))
            time.sleep(0.05)  # long enough for all others to come, if they may
            with guard:
                under_way.remove(asked.path)
        return answer(200, data)

    with rude_server() as server:
        server.others = others
        requests = [request(bench.project, f"s{n}", f"prompt {n}", start=None) for n in range(30)]
        for made in requests:
            completed_at_fal(bench.ledger, made, server.base_url, len(data))
        result = bench.carry_out(plan(*requests, decision="resume"), server.base_url)
    assert result.complete
    assert 2 <= most <= runner.CLIPS_AT_A_TIME


def completed_at_fal(ledger: Ledger, made: Request, base_url: str, size: int) -> None:
    key = (made.digest or "", 1)
    ledger.claim(Intent(*key, made.scene, made.endpoint, 3, "seeds", Decimal(1)))
    ledger.begin_sending(key, "{}", Decimal(1), "seeds")
    ledger.sent(key, submission(account_from({}, base_url), made.endpoint, f"id-{made.scene}"))
    ledger.completed(key, f"{base_url}/files/{made.scene}.mp4", size, None)


@pytest.mark.parametrize(("seconds", "kept"), [(3, True), (5, False)])
def test_a_whole_clip_of_another_size_than_stated_is_kept(
    bench: Bench, tmp_path: Path, seconds: int, kept: bool
) -> None:
    clip = make_clip(tmp_path / "clip.mp4", frames=73, size=(64, 36)) or (tmp_path / "clip.mp4")
    data = Path(clip).read_bytes()
    made = request(bench.project, start=None, seconds=seconds)
    with rude_server() as server:
        server.others = lambda asked: answer(200, data) if "/files/" in asked.path else answer(404)
        account, key, ledger = account_from({}, server.base_url), (made.digest or "", 1), bench.ledger
        ledger.claim(Intent(*key, "dawn", made.endpoint, seconds, "seeds", Decimal(1)))
        ledger.begin_sending(key, "{}", Decimal(1), "seeds")
        ledger.sent(key, submission(account, made.endpoint, "id-1"))
        ledger.completed(key, f"{server.base_url}/files/x.mp4", 5, None)
        result = bench.carry_out(plan(made, decision="resume"), server.base_url)
        fetched = [asked for asked in server.asked if "/files/" in asked.path]
    assert result.complete is kept
    if kept:
        assert len(fetched) == 2, "once more, and no oftener"
        assert f"{len(data)} bytes came where fal states 5" in result.takes[0].warnings[0]
    else:
        assert "5 s were asked for" in str(result.problems[0].error)
