"""A ledger that was lost or put back: what fal's history still has is adopted before a POST, and not bought again."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, plan, request, still
from both_engines import bench, engine, own_bench, postgres
from rude_server import Asked, RudeServer, answer, hang_up, rude_server

from storyboard.errors import LedgerError
from storyboard.ledger.facts import known_takes
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import State

__all__ = ["bench", "engine", "own_bench", "postgres"]

BODY = {
    "prompt": "a potter at the wheel",
    "duration": "3",
    "generate_audio": False,
    "negative_prompt": "blur, distort, and low quality",
    "cfg_scale": 0.5,
}
YESTERDAY = datetime.now(UTC) - timedelta(days=1)


def row(request_id: str, status: int = 200, **more: Any) -> dict[str, Any]:
    at = YESTERDAY.isoformat()
    return {"request_id": request_id, "sent_at": at, "status_code": status, "json_input": BODY | more}


def having(server: RudeServer, *rows: dict[str, Any], status: int = 200) -> None:
    """A fal with that history, which forgets every request and loses the answer of every submit."""

    def others(asked: Asked) -> bytes:
        if "by-endpoint" not in asked.path:
            return answer(404, b'{"status": "NOT_FOUND"}')
        return answer(status, json.dumps({"items": rows, "has_more": False}).encode())

    server.others = others
    server.submit = lambda connection: hang_up(connection, reset=False)


def test_what_the_history_has_is_adopted_and_not_bought(bench: Bench) -> None:
    with rude_server() as server:
        having(server, row("id-7"))
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert not server.posts
    take = bench.takes()["dawn"]
    assert (take.state, take.request_id) == (State.SENT, "id-7")


def test_a_still_is_compared_by_its_content(bench: Bench) -> None:
    still(bench.project)
    made = request(bench.project)
    sha256 = known(bench)
    with rude_server() as server:
        having(server, row("id-7", start_image_url=f"https://v3b.fal.media/files/b/{sha256}.png"))
        bench.carry_out(plan(made), server.base_url)
        assert not server.posts  # nothing uploaded either
    assert bench.takes()["dawn"].request_id == "id-7"


def known(bench: Bench) -> str:
    return hashlib.sha256((bench.project / "still.png").read_bytes()).hexdigest()


OTHERS = {
    "another prompt": [row("id-7", prompt="another")],
    "failed": [row("id-7", 422)],
    "cancelled": [row("id-7", 499)],
    "no id": [{"json_input": BODY}],
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_the_same_or_has_no_clip_is_bought(bench: Bench, name: str) -> None:
    with rude_server() as server:
        having(server, *OTHERS[name])
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert len(server.posts) == 1


@pytest.mark.parametrize("status", [401, 403, 404, 500])
def test_a_key_without_the_right_to_look_may_still_buy(bench: Bench, status: int) -> None:
    with rude_server() as server:
        having(server, row("id-7"), status=status)
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert len(server.posts) == 1


def test_one_entry_serves_one_take(bench: Bench) -> None:
    takes = [request(bench.project, f"take {n}", start=None, take=n) for n in (1, 2)]
    with rude_server() as server:
        having(server, row("id-7"))
        bench.carry_out(plan(*takes), server.base_url)
        assert len(server.posts) == 1
        bench.carry_out(plan(*takes), server.base_url)
        assert len(server.posts) == 1
    assert sorted(take.state.value for take in bench.takes().values()) == ["sent", "unknown"]


def clips_without_a_ledger(tmp_path: Path, base_url: str | None = None) -> Path:
    (tmp_path / "storyboard.yaml").write_text(
        "storyboard: 1\nscenes: [{id: a, duration: 3, prompt: a potter}]\n"
        "endpoint: fal-ai/kling-video/v3/standard/text-to-video\n",
        encoding="utf-8",
    )
    place = place_of(tmp_path, base_url)
    place.ready()
    (place.clips / "aa").mkdir()
    (place.clips / "aa" / f"{'a' * 64}.mp4").write_bytes(b"a clip")
    return place.ledger


@pytest.mark.parametrize("emptied", [False, True])
def test_clips_without_their_ledger_are_not_bought_again(tmp_path: Path, run: Any, emptied: bool) -> None:
    ledger = clips_without_a_ledger(tmp_path)
    if emptied:
        ledger.touch()
    for command in (("plan", tmp_path), ("render", tmp_path, "--yes")):
        ended = run(*command)
        assert ended.code == 4
        assert "--new-ledger" in ended.err
    assert not ledger.exists() or ledger.stat().st_size == 0
    assert run("reconcile", tmp_path, "--new-ledger").code == 0
    assert run("plan", tmp_path).code == 0
    assert known_takes(tmp_path)[0] == ()


def test_a_rehearsal_without_its_ledger_says_what_to_remove(tmp_path: Path) -> None:
    clips_without_a_ledger(tmp_path, "http://127.0.0.1:9")
    with pytest.raises(LedgerError, match="remove"):
        Ledger.open(place_of(tmp_path, "http://127.0.0.1:9"))
