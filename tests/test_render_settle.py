"""Lost answers and fal's history: each unknown take gets one of the entries that nobody has, and no more."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from a_plan import Bench, plan, request
from both_engines import bench, engine, own_bench, postgres
from rude_server import Asked, RudeServer, answer, hang_up, rude_server

from storyboard.ledger.record import State

__all__ = ["bench", "engine", "own_bench", "postgres"]


def lost(server: RudeServer, rows: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> None:
    """Submits are taken and never answered; the history shows `rows` of the last body."""

    def others(asked: Asked) -> bytes:
        if "by-endpoint" not in asked.path:
            return answer(404, b'{"status": "NOT_FOUND"}')
        if "request_id" in parse_qs(urlsplit(asked.path).query):
            return answer(200, b'{"items": [], "has_more": false}')
        items = rows(json.loads(server.posts[-1].body)) if server.posts else []
        return answer(200, json.dumps({"items": items, "has_more": False}).encode())

    server.submit = lambda connection: hang_up(connection, reset=False)
    server.others = others


def row(number: int, body: Any, late: timedelta = timedelta(0)) -> dict[str, Any]:
    return {
        "request_id": f"id-{number}",
        "sent_at": (datetime.now(UTC) + late).isoformat(),
        "status_code": 200,
        "json_input": body,
    }


def settled(bench: Bench, rows: Callable[[dict[str, Any]], list[dict[str, Any]]]) -> tuple[int, list[str]]:
    """(how many stay unknown, the ids that were adopted) after two runs over two takes of one request."""
    takes = [request(bench.project, f"take {n}", start=None, take=n) for n in (1, 2)]
    with rude_server() as server:
        lost(server, rows)
        for _ in range(2):
            bench.carry_out(plan(*takes), server.base_url)
        assert len(server.posts) == 2
    found = bench.takes().values()
    return (
        sum(take.state is State.UNKNOWN for take in found),
        sorted(take.request_id for take in found if take.request_id),
    )


@pytest.mark.parametrize(
    ("listed", "ids"), [(0, []), (1, ["id-0"]), (2, ["id-0", "id-1"]), (5, ["id-0", "id-1"])]
)
def test_equal_requests_are_matched_as_multisets(bench: Bench, listed: int, ids: list[str]) -> None:
    assert settled(bench, lambda body: [row(n, body) for n in range(listed)]) == (2 - len(ids), ids)


@pytest.mark.parametrize(
    "rows",
    [
        lambda body: [row(0, body | {"prompt": "another"})],
        lambda body: [row(0, body | {"seed": 1})],
        lambda body: [row(0, body, late=timedelta(hours=2))],
        lambda body: [row(0, body, late=-timedelta(hours=2))],
        lambda _: [row(0, None)],
        lambda body: [row(0, body), 7],
        lambda body: [row(0, body) | {"request_id": "../x"}],
    ],
    ids=["another prompt", "one field more", "too late", "too early", "no body", "an odd page", "an odd id"],
)
def test_what_is_not_surely_ours_is_not_adopted(bench: Bench, rows: Any) -> None:
    assert settled(bench, rows) == (2, [])


def test_an_outage_parks_and_never_sends_again(bench: Bench) -> None:
    with rude_server() as server:
        server.submit = lambda connection: hang_up(connection, reset=True)
        server.others = lambda _: answer(503, b"<html>")
        for _ in range(3):
            result = bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert len(server.posts) == 1
    assert [take.scene for take in result.unknown] == ["dawn"]
    assert result.takes[0].maybe_billed
