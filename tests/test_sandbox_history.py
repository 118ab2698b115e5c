"""The history of requests, where a lost submission is looked for: filters, pages, lag and outage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from sandboxes import FOUR_K, STANDARD, Visitor, png, visiting

from storyboard.sandbox.times import iso

HISTORY = "/v1/models/requests/by-endpoint"
NOON = 1_776_513_600.0  # 2026-04-18 12:00 UTC


def ended(visitor: Visitor, count: int, endpoint: str = STANDARD, body: Any = None) -> list[str]:
    ids = []
    for _ in range(count):
        submitted = visitor.submit(body or {"number": len(ids)}, endpoint)
        visitor.events(submitted)
        ids.append(submitted["request_id"])
    return ids


def listed(visitor: Visitor, **params: Any) -> dict[str, Any]:
    answer = visitor.http.get(HISTORY, params={"endpoint_id": STANDARD} | params)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids_of(page: dict[str, Any]) -> list[str]:
    return [item["request_id"] for item in page["items"]]


def test_history_lists_what_ended_newest_first(tmp_path: Path) -> None:
    now = [NOON]
    with visiting(tmp_path, clock=lambda: now[0]) as visitor:
        ids = []
        for _ in range(3):
            ids += ended(visitor, 1)
            now[0] += 10
        page = listed(visitor)
        assert ids_of(page) == ids[::-1]
        assert (page["next_cursor"], page["has_more"]) == (None, False)
        assert page["items"][-1] == {
            "request_id": ids[0],
            "endpoint_id": STANDARD,
            "sent_at": "2026-04-18T12:00:00.000Z",
            "started_at": "2026-04-18T12:00:00.000Z",
            "ended_at": "2026-04-18T12:00:00.000Z",
            "status_code": 422,
            "duration": 0.0,
        }


def test_history_leaves_out_what_waits_or_runs(tmp_path: Path) -> None:
    with visiting(tmp_path, latency=600, concurrency=1) as visitor:
        visitor.events(visitor.submit({}), until="IN_PROGRESS")
        waiting = visitor.submit({})
        assert listed(visitor)["items"] == []
        visitor.http.put(waiting["cancel_url"])
        assert [(i["request_id"], i["status_code"], i["started_at"]) for i in listed(visitor)["items"]] == [
            (waiting["request_id"], 499, None)
        ]


def test_history_pages_by_cursor_without_a_gap_even_while_requests_end(tmp_path: Path) -> None:
    with visiting(tmp_path, clock=lambda: NOON) as visitor:
        ids = ended(visitor, 7)
        page = listed(visitor, limit=3)
        seen = ids_of(page)
        while page["has_more"]:
            ended(visitor, 1)
            page = listed(visitor, limit=3, cursor=page["next_cursor"])
            seen += ids_of(page)
        assert sorted(set(seen) & set(ids)) == sorted(ids)
        assert len(seen) == len(set(seen))


def test_history_expands_payloads(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        body = {
            "start_image_url": visitor.upload(png()),
            "prompt": "a bowl",
            "duration": "3",
            "generate_audio": False,
        }
        result = visitor.result(body)
        ended(visitor, 1, body={"prompt": 7})
        private = visitor.submit({"private": True}, headers={"X-Fal-Store-IO": "0"})
        visitor.events(private)
        rows = listed(visitor, expand="payloads")["items"]
        assert [row["json_input"] for row in rows] == [None, {"prompt": 7}, body]
        assert rows[2]["json_output"] == result.json()
        assert rows[1]["json_output"]["detail"][0]["type"] == "missing"
        assert "json_input" not in listed(visitor)["items"][0]


def test_history_filters(tmp_path: Path) -> None:
    now = [NOON]
    with visiting(tmp_path, clock=lambda: now[0]) as visitor:
        [first] = ended(visitor, 1)
        now[0] += 3600
        [other] = ended(visitor, 1, FOUR_K)
        [second] = ended(visitor, 1)
        both = ids_of(listed(visitor, endpoint_id=f"{STANDARD},{FOUR_K}"))
        assert (sorted(both[:2]), both[2]) == (sorted([second, other]), first)
        assert ids_of(listed(visitor, endpoint_id=FOUR_K)) == [other]
        assert ids_of(listed(visitor, start=iso(NOON + 1))) == [second]
        assert ids_of(listed(visitor, end=iso(NOON + 3600))) == [first]
        assert ids_of(listed(visitor, start="2026-04-18T12:00:00+00:00", end="2026-04-18T12:00:01")) == [
            first
        ]
        assert ids_of(listed(visitor, request_id=first)) == [first]
        assert ids_of(listed(visitor, status="user_error")) == [second, first]
        assert listed(visitor, status="success")["items"] == listed(visitor, status="error")["items"] == []
        now[0] += 86_400
        assert ids_of(listed(visitor)) == [second], "a day is the default window"
        assert ids_of(listed(visitor, request_id=first)) == [first], "by id it is ninety"


def test_history_sorts_by_duration(tmp_path: Path) -> None:
    now = [NOON]
    with visiting(tmp_path, clock=lambda: now[0], latency=600) as visitor:
        ids = []
        for seconds in (3, 9, 6):
            submitted = visitor.submit({})
            visitor.events(submitted, until="IN_PROGRESS")
            now[0] += seconds
            visitor.http.put(submitted["cancel_url"])
            ids.append(submitted["request_id"])
        assert ids_of(listed(visitor, sort_by="duration")) == [ids[1], ids[2], ids[0]]


@pytest.mark.parametrize(
    "params",
    [
        {"endpoint_id": ""},
        {"start": "yesterday"},
        {"limit": "0"},
        {"limit": "101"},
        {"limit": "all"},
        {"status": "fine"},
        {"sort_by": "price"},
        {"cursor": "nonsense"},
    ],
)
def test_history_refuses_what_makes_no_sense(tmp_path: Path, params: dict[str, str]) -> None:
    with visiting(tmp_path) as visitor:
        answer = visitor.http.get(HISTORY, params={"endpoint_id": STANDARD} | params)
        assert answer.status_code == 400
        assert answer.json() == {
            "error": {"type": "validation_error", "message": "Invalid request parameters"}
        }


def test_history_lags_and_fails_as_told(tmp_path: Path) -> None:
    now = [NOON]
    with visiting(tmp_path, clock=lambda: now[0], history_lag=3600) as visitor:
        ids = ended(visitor, 1)
        assert listed(visitor)["items"] == []
        now[0] += 3600
        assert ids_of(listed(visitor)) == ids
        visitor.sandbox.settings = replace(visitor.sandbox.settings, history_outage=True)
        outage = visitor.http.get(HISTORY, params={"endpoint_id": STANDARD})
        assert (outage.status_code, outage.json()["error"]["type"]) == (503, "server_error")
        visitor.sandbox.settings = replace(visitor.sandbox.settings, history_outage=False)
        assert ids_of(listed(visitor)) == ids
