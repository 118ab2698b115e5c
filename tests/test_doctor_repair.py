"""`storyboard doctor --repair`: what was bought and is gone or damaged comes back, and nothing is ever sent."""

from __future__ import annotations

import asyncio
import hashlib
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from a_bought_film import Bought, bought, flipped, original
from a_plan import at_once
from msgspec.structs import replace

from storyboard.fal.account import Account, account_from
from storyboard.fal.world import World
from storyboard.ledger.lease import lease
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import TakeRecord
from storyboard.ledger.store import Store
from storyboard.render.observer import Unseen
from storyboard.render.repair import fetched_again
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

__all__ = ["bought", "original"]


def gone(bought: Bought) -> None:
    bought.clip().unlink()


def truncated(bought: Bought) -> None:
    bought.clip().chmod(0o600)
    with bought.clip().open("rb+") as stream:
        stream.truncate(1000)


def a_bit(bought: Bought) -> None:
    flipped(bought.clip(), 4242, 3)


def all_of_them(bought: Bought) -> None:
    shutil.rmtree(bought.place.clips)


def empty(bought: Bought) -> None:
    bought.clip().chmod(0o600)
    bought.clip().write_bytes(b"")


ALSO = [pytest.param(damage, marks=pytest.mark.long) for damage in (truncated, all_of_them, empty)]


@pytest.mark.parametrize("damage", [gone, a_bit, *ALSO])
def test_damage_is_found_and_mended_without_a_post(bought: Bought, damage: Callable[[Bought], None]) -> None:
    film, posts = bought.cut(), bought.posts()
    assert posts == 2
    damage(bought)
    bad = bought.clip().read_bytes() if bought.clip().exists() else None
    code, broken = bought.broken()
    assert code == 4
    assert any("one, take 1" in text for text in broken), broken
    code, said = bought.doctor("--repair")
    assert (code, said["broken"]) == (0, 0), said
    assert any("one, take 1): fetched again, at no charge" in text for text in said["repairs"])
    assert bought.cut() == film
    assert bought.posts() == posts
    kept = [path.read_bytes() for path in bought.place.odd.glob("*")]
    assert kept == ([] if bad is None else [bad])  # moved aside, never deleted


def test_a_clip_that_lies_elsewhere_is_put_back_without_asking_anybody(bought: Bought) -> None:
    film = bought.cut()
    trash = bought.project / ".storyboard" / "trash" / "2026-11-01"
    trash.mkdir(parents=True)
    bought.clip("one").rename(trash / "x")
    bought.clip("two").rename(bought.place.clips / "Misnamed.MP4")
    shutil.rmtree(bought.place.server)  # nobody to ask
    assert len(bought.broken()[1]) == 2
    code, said = bought.doctor("--repair")
    assert code == 0, said
    assert sum("put back" in text for text in said["repairs"]) == 2
    assert not (bought.place.clips / "Misnamed.MP4").exists()
    assert bought.cut() == film


@pytest.mark.long
def test_what_fal_no_longer_has_is_named_with_its_price(bought: Bought) -> None:
    bought.clip().unlink()
    shutil.rmtree(bought.place.server)
    code, said = bought.doctor("--repair")
    assert code == 4
    (text,) = [text for text in said["repairs"] if "not repaired" in text]
    assert "0.50 USD" in text
    assert "nothing was sent" in text
    assert bought.take().request_id in text
    assert bought.posts() == 0


def test_a_clip_that_moved_is_found_through_its_request(bought: Bought, tmp_path: Path) -> None:
    """Where the ledger says, there is nothing; fal's history still names the clip, long after the queue forgot."""
    take = bought.take()
    state = bought.place.server.rename(tmp_path / "state")
    with running(SandboxSettings(state=state, latency=0.0)) as server:
        place = place_of(bought.project, server.base_url)
        ledger, store = Ledger.open(place), Store(place)
        moved = _admitted(ledger, replace(take, clip_url=f"{server.base_url}/files/gone.mp4"))
        account = account_from({}, server.base_url)
        asking = fetched_again([[moved]], ledger, store, account, Unseen(), world=World(sleep=at_once))
        assert asyncio.run(asking) == (None,)
        assert store.read(take.clip or "").is_file()
        assert ledger.find(take.key) == moved
        asked = httpx.get(f"{server.base_url}/_sandbox/ledger", trust_env=False).json()
        assert asked["submits"] == 2
        asking = fetched_again([[moved]], ledger, store, Account(None), Unseen(), world=World(sleep=at_once))
        (failure,) = asyncio.run(asking)
        assert "set FAL_KEY" in str(failure)


def _admitted(ledger: Ledger, take: TakeRecord) -> TakeRecord:
    return ledger.admit(take, "for a test")


def test_another_look_alikes_clips_are_not_asked_for_here(bought: Bought) -> None:
    place = place_of(bought.project, "http://127.0.0.1:9")
    _admitted(Ledger.open(place), replace(bought.take(), clip="ab" * 32))
    code, said = bought.doctor("--repair")
    assert code == 4
    (text,) = [text for text in said["repairs"] if "not repaired" in text]
    assert "Set STORYBOARD_FAL_URL" in text
    assert "0.50 USD" in text
    assert "nothing was sent" in text


def test_half_made_files_go_and_permissions_are_set(bought: Bought) -> None:
    half = bought.place.incoming / "x.1.part"
    half.write_bytes(b"half")
    bought.clip().chmod(0o666)
    bought.place.ledger.chmod(0o666)
    bought.place.ledger.chmod(0o646)
    said = bought.warnings()
    assert any("killed runs" in text for text in said)
    assert any("overwritten by mistake" in text for text in said)
    assert any("other users" in text for text in said)
    assert bought.doctor("--repair")[0] == 0
    assert not half.exists()
    assert bought.clip().stat().st_mode & 0o777 == 0o444
    assert bought.warnings() == []


def test_repair_waits_for_a_render(bought: Bought, process: Callable) -> None:
    """Under the lease: what a render is about to put down is not swept from under it."""
    import subprocess
    import sys

    half = bought.place.incoming / "x.1.part"
    with lease(bought.place.lock, lambda _: None):
        half.write_bytes(b"half")
        assert any("at work here" in f["text"] for f in bought.doctor()[1]["findings"])
        repairing = subprocess.Popen(
            [sys.executable, "-m", "storyboard", "doctor", str(bought.project), "--repair"],
            stderr=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            text=True,
        )
        assert repairing.stderr is not None
        assert "waiting for it to end" in repairing.stderr.readline()
        assert half.exists()
    repairing.communicate(timeout=60)
    assert repairing.returncode == 0
    assert not half.exists()


@pytest.mark.parametrize("lost", ["deleted", pytest.param("zero bytes", marks=pytest.mark.long)])
def test_a_lost_ledger_is_said_and_nothing_is_bought_to_get_it_back(bought: Bought, lost: str) -> None:
    film = bought.cut()
    bought.place.ledger.unlink() if lost == "deleted" else bought.place.ledger.write_bytes(b"")
    for more in ((), ("--repair",)):
        code, broken = bought.broken(*more)
        assert code == 4
        assert any("holds 2 clips" in text for text in broken)
    assert len(list(bought.place.clips.glob("*/*"))) == 2
    bought.place.ledger.unlink(missing_ok=True)
    Ledger.open(bought.place, anew=True)
    assert bought.run("render", bought.project, "--sandbox").code == 0
    assert bought.posts() == 2  # the history gave both back
    assert bought.cut() == film
    assert bought.broken() == (0, [])


def test_repair_needs_a_project(run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = run("doctor", "--repair")
    assert ended.code == 2
    assert "Nothing was done" in ended.err
    assert run("doctor").code == 0
    assert run("doctor", tmp_path / "nowhere").code == 2


def test_a_folder_where_films_were_joined_is_no_project(
    run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".storyboard" / "segments").mkdir(parents=True)
    (tmp_path / "below").mkdir()
    monkeypatch.chdir(tmp_path / "below")
    assert run("doctor", "--repair").code == 2
    (tmp_path / ".storyboard" / "clips").mkdir()
    assert run("doctor", "--repair").code == 0


def test_a_planted_link_stops_every_repair(bought: Bought, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_bytes(b"mine")
    clip = bought.clip()
    clip.unlink()
    clip.symlink_to(outside)
    code, broken = bought.broken()
    assert code == 4
    assert any(text.startswith("link:") for text in broken)
    ended = bought.run("doctor", bought.project, "--repair")
    assert ended.code == 4
    assert "Nothing was repaired" in ended.err
    assert hashlib.sha256(outside.read_bytes()).digest() == hashlib.sha256(b"mine").digest()
    assert clip.is_symlink()
