"""fal's history: read whole or not believed, and searched by what was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from asked_of_fal import asking
from rude_server import Asked, answer

from storyboard.fal import history
from storyboard.fal.errors import NotReached, OddAnswer

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
HASH = "ab" * 32
SENT = {"prompt": "x", "start_image_url": f"https://v3b.fal.media/files/b/0a/Qr_{HASH}.png", "cfg_scale": 0.5}
SEEN = {"cfg_scale": 0.5, "start_image_url": f"https://v3.fal.media/files/c/zz/{HASH}.png?x=1", "prompt": "x"}


def row(id_: str, at: datetime = NOW, body: Any = SEEN) -> dict[str, Any]:
    return {"request_id": id_, "sent_at": at.isoformat(), "status_code": 200, "json_input": body}


def test_bodies_are_compared_by_content() -> None:
    assert history.canonical(SENT) == history.canonical(SEEN)
    assert history.canonical(SENT) != history.canonical(SEEN | {"prompt": "y"})
    other = SEEN | {"start_image_url": SEEN["start_image_url"].replace("ab", "cd")}  # type: ignore[attr-defined]
    assert history.canonical(SENT) != history.canonical(other)


def search(pages: Callable[[Asked], bytes]) -> tuple[tuple[history.Past, ...], list[Asked]]:
    return asking(pages, lambda wire: history.entries(wire, "fal-ai/x", NOW - timedelta(hours=1), NOW))


def page(items: list[Any], cursor: Any = None) -> bytes:
    return answer(200, json.dumps({"items": items, "next_cursor": cursor, "has_more": bool(cursor)}).encode())


def test_all_pages_are_read_and_repeats_count_once() -> None:
    pages = [page([row("a"), row("b")], "c1"), page([row("b"), row("c")], "c2"), page([row("d", body={})])]
    found, asked = search(lambda _: pages.pop(0))
    assert [past.request_id for past in found] == ["a", "b", "c", "d"]
    assert "cursor=c2" in asked[2].path
    assert "expand=payloads" in asked[0].path
    near = history.matches(found, history.canonical(SENT), NOW + timedelta(minutes=10), timedelta(0))
    assert [past.request_id for past in near] == ["a", "b", "c"]
    assert not history.matches(found, history.canonical(SENT), NOW + timedelta(days=1), timedelta(0))


def test_the_ids_own_time_counts_before_the_recorded_one() -> None:
    late = row("01a1f8f0-0b8c-7079-a88d-e0c9c5d92975", NOW + timedelta(days=9))
    (past,), _ = search(lambda _: page([late]))
    assert past.at is not None
    assert past.at == datetime.fromtimestamp(0x01A1F8F00B8C / 1000, UTC)


ODD_PAGES = {
    "an error": answer(500, b"{}"),
    "a page": answer(200, b"<html>"),
    "no items": answer(200, b"{}"),
    "an entry without an id": page([{"json_input": {}}]),
    "an entry that is none": page([7]),
    "a cursor that turns in a circle": page([], "again"),
    "more without a cursor": answer(200, b'{"items": [], "has_more": true}'),
    "a cursor of another kind": page([], {"a": 1}),
}


@pytest.mark.parametrize("name", ODD_PAGES)
def test_a_history_that_can_not_be_read_whole_has_no_verdict(name: str) -> None:
    with pytest.raises((OddAnswer, NotReached)):
        search(lambda _: ODD_PAGES[name])
