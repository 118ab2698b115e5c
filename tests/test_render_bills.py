"""A take that fal has and that comes to nothing: it ends, and what may have been billed is not bought again unasked."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from a_plan import Bench, plan, request
from both_engines import bench, engine, own_bench, postgres
from rude_server import Asked, RudeServer, answer, rude_server
from scripted_fal import Clock

from storyboard.fal.account import account_from
from storyboard.fal.world import World
from storyboard.ledger.record import State
from storyboard.render.cancel import cancel_takes
from storyboard.render.stage import SHORT

__all__ = ["bench", "engine", "own_bench", "postgres"]

ID = "06a1f8f0-0b8c-7079-a88d-e0c9c5d92975"  # given long after every sending
QUEUED = answer(202, b'{"status": "IN_QUEUE", "queue_position": 1}')
DONE = answer(200, b'{"status": "COMPLETED", "logs": null}')
CANCELLED = json.dumps({"detail": "Request was cancelled", "error_type": "client_cancelled"}).encode()
FAILED = json.dumps({"detail": "It broke", "error_type": "internal_error"}).encode()
UNITS = "x-fal-billable-units: 3.0"


@dataclass
class Queue:
    """A fal that takes every request, shows it queued once, and then has this result and this history entry."""

    result: bytes
    started_at: Any = "absent"
    looks: int = 0
    submits: int = 0

    def script(self, server: RudeServer) -> None:
        server.submit = lambda connection: connection.sendall(self._taken(server.base_url))
        server.others = self.others

    def _taken(self, base: str) -> bytes:
        self.submits += 1
        name = ID if self.submits == 1 else f"{ID[:-2]}{self.submits:02d}"
        root = f"{base}/fal-ai/kling-video/requests/{name}"
        urls = {"status_url": f"{root}/status", "response_url": root, "cancel_url": f"{root}/cancel"}
        return answer(200, json.dumps({"request_id": name, **urls}).encode())

    def others(self, asked: Asked) -> bytes:
        if asked.method == "PUT":
            return answer(202, b'{"status": "CANCELLATION_REQUESTED"}')
        if "by-endpoint" in asked.path:
            row = {"request_id": ID, "status_code": 499, "started_at": self.started_at}
            known = self.started_at != "absent" and "request_id" in asked.path
            items = [row] if known else []
            return answer(200, json.dumps({"items": items, "has_more": False}).encode())
        if "/status" in asked.path:
            self.looks += 1
            return QUEUED if self.looks == 1 else DONE
        return self.result


ENDS = {
    # what fal says, what its history says of the start: may it have been billed, and for how many units
    "cancelled, with units": (answer(499, CANCELLED, UNITS), None, True, Decimal("3.0")),
    "cancelled, never began": (answer(499, CANCELLED), None, False, None),
    "cancelled, began": (answer(499, CANCELLED), "2026-11-20T12:00:00Z", True, None),
    "cancelled, not in the history yet": (answer(499, CANCELLED), "absent", True, None),
    "failed at fal's": (answer(500, FAILED), "absent", False, None),
    "failed at fal's, with units": (answer(500, FAILED, UNITS), "absent", True, Decimal("3.0")),
    "failed at fal's, odd units": (answer(500, FAILED, "x-fal-billable-units: 1e9"), "absent", True, None),
}


@pytest.mark.parametrize("name", ENDS)
def test_what_may_have_been_billed_is_not_bought_again(bench: Bench, name: str) -> None:
    result, started_at, billed, units = ENDS[name]
    planned = plan(request(bench.project, start=None))
    with rude_server() as server:
        Queue(result, started_at).script(server)
        ended = bench.carry_out(planned, server.base_url)
        take = bench.takes()["dawn"]
        assert take.state in {State.CANCELLED, State.FAILED}
        assert (take.maybe_billed, take.billable_units) == (billed, units)
        said = str(ended.problems[0].error)
        assert ("It may have been billed. It is not sent again by itself." in said) is billed
        assert ("It was not billed. The next run sends it again." in said) is not billed
        bench.carry_out(planned, server.base_url)
        assert len(server.posts) == (1 if billed else 2)


@pytest.mark.parametrize(("started_at", "end"), [(None, "cancelled in the queue"), ("absent", "cancelled")])
def test_cancelling_says_not_charged_only_when_fal_does(bench: Bench, started_at: Any, end: str) -> None:
    with rude_server() as server:
        queue = Queue(answer(499, CANCELLED), started_at)
        queue.script(server)
        stop = asyncio.Event()
        server.others = lambda _: answer(404, b'{"status": "NOT_FOUND"}')
        bench.carry_out(plan(request(bench.project, start=None)), server.base_url, stop=stop)
        queue.script(server)
        account = account_from({}, server.base_url)
        (stopped,) = asyncio.run(cancel_takes(bench.ledger.takes(), bench.ledger, account))
    assert stopped.end == end
    assert bench.takes()["dawn"].maybe_billed is (end == "cancelled")


@pytest.mark.parametrize(
    "result",
    [answer(200, b"{}"), answer(200, b"<html>"), answer(400, b'{"detail": "Request is still in progress"}')],
)
def test_a_result_that_never_names_a_clip_comes_to_an_end(bench: Bench, result: bytes) -> None:
    clock = Clock()
    with rude_server() as server:
        Queue(result).script(server)
        planned = plan(request(bench.project, start=None))
        world = World(clock.now, clock.elapsed, clock.sleep)
        ended = bench.carry_out(planned, server.base_url, world=world, patience=SHORT)
        assert len(server.asked) < 200
    assert SHORT.silence < clock.seconds < 2 * SHORT.silence
    assert "is not bought again" in str(ended.problems[0].error)
    assert bench.takes()["dawn"].state is State.SENT


def test_what_is_no_clip_is_kept_all_the_same(bench: Bench) -> None:
    with rude_server() as server:
        url = f"{server.base_url}/files/x.mp4"
        queue = Queue(answer(200, json.dumps({"video": {"url": url}}).encode()))
        queue.script(server)
        server.others = lambda asked: (
            answer(200, b"no clip") if "/files/" in asked.path else queue.others(asked)
        )
        planned = plan(request(bench.project, start=None))
        ended = [bench.carry_out(planned, server.base_url) for _ in range(2)][-1]
        assert len(server.posts) == 1
    (kept,) = bench.place.odd.iterdir()
    assert kept.read_bytes() == b"no clip"
    assert str(kept) in str(ended.problems[0].error)
    assert bench.takes()["dawn"].state is State.COMPLETED
