"""Price books and budgets that lie: refused, or at least never cheaper than the truth, and exact to the last digit."""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hostile.boards import board, written

ENDPOINT = "fal-ai/kling-video/v3/standard/text-to-video"


def book(price: str, *, as_of: str = "2026-01-01") -> str:
    return (
        f'name = "own"\nas_of = {as_of}\nsource = "a page"\ncurrency = "USD"\n'
        f'[[price]]\nendpoint = "{ENDPOINT}"\nsilent = {price}\naudio = {price}\n'
    )


BAD = {
    "not-a-number": book('"NaN"'),
    "signalling": book('"sNaN"'),
    "infinite": book('"Infinity"'),
    "enormous": book('"1e999999"'),
    "more-than-enormous": book('"1e999999999999"'),
    "negative": book('"-0.5"'),
    "negative-number": book("-5"),
    "true": book("true"),
    "text": book('"cheap"'),
    "nothing": book('""'),
    "a-list": book("[1]"),
    "a-date-as-text": book('"0.1"', as_of='"yesterday"'),
    "price-is-no-list": 'name = "a"\nas_of = 2026-01-01\nsource = "b"\ncurrency = "USD"\nprice = 5\n',
    "no-prices": 'name = "a"\nas_of = 2026-01-01\nsource = "b"\ncurrency = "USD"\n',
    "another-currency": book('"0.1"').replace("USD", "EUR"),
    "not-toml": "name = [[[[",
    "deep": "x = " + "[" * 3_000,
    "not-utf8": "name = \xff",
    "empty": "",
}


@pytest.mark.parametrize("name", BAD)
def test_bad_books(tmp_path: Path, run: Any, name: str) -> None:
    path = written(tmp_path, board("b"))
    own = tmp_path / "own.toml"
    own.write_text(BAD[name], encoding="latin-1")
    for command in (["estimate", path], ["estimate", path, "--format", "json"], ["plan", path], ["prices"]):
        ended = run(*command, "--prices", own)
        assert ended.code in {1, 2}, (command, ended)
        assert "bug of ours" not in ended.err


def test_a_price_written_as_a_number_is_exact(tmp_path: Path, run: Any) -> None:
    path = written(tmp_path, board("b"))
    own = tmp_path / "own.toml"
    own.write_text(book("0.168"))
    ended = run("estimate", path, "--prices", own, "--format", "json")
    assert ended.code in {0, 2}
    if ended.code == 0:
        assert json.loads(ended.out)["total"] == "0.84"


@pytest.mark.parametrize("price", ['"0.0001"', '"0"', '"0.00"'])
def test_a_storyboard_does_not_make_itself_cheaper(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch, price: str
) -> None:
    """A budget from outside is kept by prices from outside: a stranger's own book must not undercut them."""
    path = written(tmp_path, board("b", before="prices: ./own.toml\nendpoint: kling-v3-4k-text\n").replace(
        "endpoint: kling-v3-standard-text\n", "", 1))  # fmt: skip
    (tmp_path / "own.toml").write_text(book(price).replace("standard", "4k"))
    monkeypatch.setenv("STORYBOARD_MAX_COST", "0.10")
    ended = run("estimate", path)
    assert ended.code in {1, 2, 3}, ended.out


@pytest.mark.parametrize(
    "amount", ["nan", "inf", "-1", "1e99999999", "12 USD", "$5", "1,50", "0x10", "１２", "1_0"]
)
def test_budgets_are_plain_amounts(
    tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch, amount: str
) -> None:
    path = written(tmp_path, board("b"))
    assert run("estimate", path, "--max-cost", amount).code == 2
    monkeypatch.setenv("STORYBOARD_MAX_COST", amount)
    assert run("estimate", path).code == 2
    monkeypatch.delenv("STORYBOARD_MAX_COST")
    assert run("check", written(tmp_path, board("b", before=f"budget: '{amount}'\n"))).code == 1


def test_unknown_prices_are_refused_under_a_budget(tmp_path: Path, run: Any) -> None:
    own = tmp_path / "own.toml"
    own.write_text(book('"0.1"').replace(ENDPOINT, "another/endpoint"))
    path = written(tmp_path, board("b"))
    assert run("estimate", path, "--prices", own).code == 0
    assert run("estimate", path, "--prices", own, "--max-cost", "1000").code == 3


def test_shots_scenes_and_total_add_up_to_the_last_digit(tmp_path: Path, run: Any) -> None:
    own = tmp_path / "own.toml"
    own.write_text(book('"0.168001"'))
    scenes = "".join(
        f"  - id: s{i}\n    shots:\n"
        + "".join(f"      - x{k} {1 + (i + k) % 3}s: b\n" for k in range(3 + i % 4))
        for i in range(40)
    )
    head = board("b").partition("scenes:")[0]
    ended = run(
        "estimate", written(tmp_path, f"{head}scenes:\n{scenes}"), "--prices", own, "--format", "json"
    )
    assert ended.code == 0, ended.out
    found = json.loads(ended.out)
    shots = sum(Decimal(shot["amount"]) for scene in found["scenes"] for shot in scene["shots"])
    assert shots == sum(Decimal(scene["amount"]) for scene in found["scenes"]) == Decimal(found["total"])
    assert Decimal(found["total"]) == Decimal("0.168001") * found["seconds"]
