"""The platform API: prices, estimates, charges, bills and balance, and the sandbox's own ledger."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest
from sandboxes import FOUR_K, STANDARD, TEXT, Visitor, png, visiting

from storyboard.catalog.endpoints import Endpoint, catalog

PRO = "fal-ai/kling-video/v3/pro/image-to-video"


def test_pricing(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        answer = visitor.http.get("/v1/models/pricing", params={"endpoint_id": [STANDARD, FOUR_K]})
        assert answer.json() == {
            "prices": [
                {"endpoint_id": STANDARD, "unit_price": 0.28, "unit": "units", "currency": "USD"},
                {"endpoint_id": FOUR_K, "unit_price": 0.42, "unit": "units", "currency": "USD"},
            ],
            "next_cursor": None,
            "has_more": False,
        }
        commas = visitor.http.get("/v1/models/pricing", params={"endpoint_id": f"{STANDARD},{FOUR_K}"})
        assert commas.json() == answer.json()


def test_the_base_price_of_the_later_book_is_the_recorded_one(tmp_path: Path) -> None:
    with visiting(tmp_path, prices="observed-2026-10") as visitor:
        answer = visitor.http.get("/v1/models/pricing", params={"endpoint_id": [STANDARD, PRO]})
        assert [row["unit_price"] for row in answer.json()["prices"]] == [0.14, 0.14]


def error_of(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]["type"]


def test_pricing_refuses(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        assert error_of(visitor.http.get("/v1/models/pricing")) == (400, "validation_error")
        many = ",".join(f"fal-ai/a{n}" for n in range(51))
        assert error_of(visitor.http.get(f"/v1/models/pricing?endpoint_id={many}")) == (
            400,
            "validation_error",
        )
        assert error_of(visitor.http.get(f"/v1/models/pricing?endpoint_id={PRO}")) == (404, "not_found")
        wrong = {"Authorization": "Key wrong:key"}
        assert error_of(visitor.http.get("/v1/models/pricing", headers=wrong)) == (401, "authorization_error")


def test_estimate(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:

        def estimated(kind: str, **quantity: float) -> dict[str, Any]:
            asked = {"estimate_type": kind, "endpoints": {STANDARD: quantity}}
            return visitor.http.post("/v1/models/pricing/estimate", json=asked).json()

        assert estimated("unit_price", unit_quantity=5.5) == {
            "estimate_type": "unit_price",
            "total_cost": 1.54,
            "currency": "USD",
        }
        assert estimated("historical_api_price", call_quantity=2)["total_cost"] == 2.52
        assert estimated("nonsense", call_quantity=2)["error"]["type"] == "validation_error"
        assert estimated("unit_price")["error"]["type"] == "validation_error"
        for body in (b"", b"[]", b'{"estimate_type": "unit_price"}'):
            answer = visitor.http.post("/v1/models/pricing/estimate", content=body)
            assert error_of(answer) == (400, "validation_error")


def row(name: str) -> Endpoint:
    found = catalog().find(name)
    assert found is not None
    return found


# What a request costs and how many units it is: book, endpoint, body, units, charge.
CHARGES = [
    ("seeds", STANDARD, {"duration": "5", "generate_audio": False}, "3.0", "0.840"),
    ("seeds", STANDARD, {}, "4.5", "1.260"),
    ("seeds", STANDARD, {"elements": [{"video_url": "https://x/a.mp4", "voice_id": "8"}]}, "5.5", "1.540"),
    ("seeds", STANDARD, {"prompt": "<<<voice_1>>> speaks", "voice_ids": ["8"]}, "5.5", "1.540"),
    ("seeds", STANDARD, {"prompt": "no one speaks", "voice_ids": ["8"]}, "4.5", "1.260"),
    ("seeds", FOUR_K, {"duration": "10"}, "10.0", "4.20"),
    ("seeds", FOUR_K, {"elements": [{"video_url": "https://x/a.mp4", "voice_id": "8"}]}, "5.0", None),
    ("seeds", PRO, {"generate_audio": False}, "4.0", None),
    ("observed-2026-10", STANDARD, {"generate_audio": False}, "3.0", "0.420"),
    ("observed-2026-10", PRO, {"generate_audio": False}, "4.0", "0.560"),
    ("observed-2026-10", "kling-v3-turbo-pro", {"generate_audio": False}, "5.0", "0.70"),  # always with sound
    ("observed-2026-10", "kling-v3-turbo-standard-text", {}, "5.0", "0.560"),
    ("observed-2026-10", "kling-o3-4k", {}, "5.0", "2.10"),
    ("observed-2026-10", "kling-o3-4k-reference", {"generate_audio": True}, "5.0", "2.10"),
    # No receipt says how O3 standard counts: here a unit is 0.028 USD, which 0.084 and 0.112 are multiples of.
    ("observed-2026-10", "kling-o3-standard", {}, "15.0", "0.420"),
    ("observed-2026-10", "kling-o3-standard-text", {"generate_audio": "true"}, "20.0", "0.560"),
    ("seeds", "kling-o3-standard", {}, "5.0", None),
]


@pytest.mark.parametrize(("book", "endpoint", "body", "units", "amount"), CHARGES)
def test_charges(book: str, endpoint: str, body: dict[str, Any], units: str, amount: str | None) -> None:
    from storyboard.catalog.prices import price_book
    from storyboard.sandbox.charges import charge_of

    prices = price_book(book)
    assert prices is not None
    charge = charge_of(row(endpoint), {"prompt": "a bowl"} | body, prices)
    assert str(charge.units) == units
    assert (None if charge.amount is None else str(charge.amount)) == amount


def test_several_shots_are_charged_by_their_sum() -> None:
    from storyboard.catalog.prices import price_book
    from storyboard.sandbox.charges import charge_of

    prices = price_book()
    assert prices is not None
    shots = [{"prompt": "a", "duration": "4"}, {"prompt": "b"}, {"prompt": "c", "duration": "2"}]
    assert charge_of(row(STANDARD), {"multi_prompt": shots, "duration": "5"}, prices).amount == Decimal(
        "2.772"
    )


def ended(visitor: Visitor, count: int, endpoint: str = STANDARD, body: Any = None) -> list[str]:
    ids = []
    for _ in range(count):
        submitted = visitor.submit(body or {"number": len(ids)}, endpoint)
        visitor.events(submitted)
        ids.append(submitted["request_id"])
    return ids


def test_bills_balance_and_the_headers_of_a_result_agree(tmp_path: Path) -> None:
    body = {"prompt": "a bowl", "duration": "3", "generate_audio": False}
    with visiting(tmp_path, balance=Decimal("0.60")) as visitor:
        result = visitor.result(body, TEXT)
        assert result.headers["x-fal-billable-units"] == "1.8"
        assert visitor.ledger()["requests"][0]["charged"] is None, (
            "no price in this book: unknown is not zero"
        )
        assert visitor.http.get("/v1/models/billing-events").json()["billing_events"] == []

        result = visitor.result(body | {"start_image_url": visitor.upload(png())})
        id_ = result.headers["x-fal-request-id"]
        [event] = visitor.http.get("/v1/models/billing-events", params={"request_id": id_}).json()[
            "billing_events"
        ]
        assert event.pop("timestamp").endswith("Z")
        assert event == {
            "request_id": id_,
            "endpoint_id": STANDARD,
            "output_units": 1.8,
            "unit_price": 0.28,
            "percent_discount": 0.0,
            "cost_subtotal": 0.504,
            "cost_discount": 0.0,
            "cost_total": 0.504,
            "cost_estimate_nano_usd": 504_000_000,
        }
        balance = visitor.http.get("/v1/account/billing?expand=credits").json()
        assert balance == {"username": "sandbox", "credits": {"current_balance": 0.096, "currency": "USD"}}
        assert visitor.http.get("/v1/account/billing").json() == {"username": "sandbox"}
        assert visitor.result(body | {"start_image_url": visitor.upload(png())}).status_code == 200
        assert visitor.http.post(f"/{STANDARD}", json=body).status_code == 403, "the balance is used up"


def test_a_key_of_scope_api_sees_no_bills(tmp_path: Path) -> None:
    with visiting(tmp_path) as visitor:
        for path in ("/v1/account/billing", "/v1/models/billing-events"):
            answer = visitor.http.get(path, headers={"Authorization": "Key api:key"})
            assert error_of(answer) == (403, "authorization_error")


def test_the_ledger_lists_what_was_asked_and_charged(tmp_path: Path) -> None:
    import hashlib
    import json

    with visiting(tmp_path) as visitor:
        body = {"prompt": "é", "start_image_url": None}
        ids = ended(visitor, 1, body=body)
        canonical = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        assert visitor.ledger() == {
            "submits": 1,
            "most_at_once": 1,
            "requests": [
                {
                    "request_id": ids[0],
                    "endpoint": STANDARD,
                    "digest_of_body": hashlib.sha256(canonical.encode()).hexdigest(),
                    "charged": "0",
                }
            ],
        }
