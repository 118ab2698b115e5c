"""`storyboard prices`: the books, their sources and dates, in words and as data."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.own_book import parse_book
from storyboard.catalog.prices import ALL_TIERS, TIERS, PriceBook, Tier, book_names, price_book
from storyboard.catalog.refresh import book_text


def test_all_books_with_source_and_date(run: Callable) -> None:
    ran = run("prices")
    assert ran.code == 0
    assert "seeds (default), as of 2026-04-25" in ran.out
    assert "observed-2026-10, as of 2026-10-04" in ran.out
    for alias in ("kling-v3-standard", "kling-v3-pro", "kling-v3-4k-text"):
        assert alias in ran.out
    assert "unknown" in ran.out
    assert "0.308" in ran.out
    assert max(map(len, ran.out.splitlines())) <= 80


VIDEO_TO_VIDEO = {row.alias: row.id for row in catalog().endpoints if "/video-to-video/" in row.id}


def test_each_endpoint_is_priced_or_named_as_having_no_price(run: Callable) -> None:
    """A dash where no request can be of that tier: turbo is never silent, O3 takes no voices."""
    seeds, observed = run("prices").out.split("\n\n")
    priced = re.findall(r"^  (kling-\S+) +(\S+) +(\S+) +(\S+)$", seeds, re.MULTILINE)
    assert priced == [
        ("kling-v3-standard", "0.168", "0.252", "0.308"),
        ("kling-v3-4k", "0.42", "0.42", "unknown"),
    ]
    without = " ".join(seeds.partition("no price for ")[2].split())
    assert set(without.split(", ")) == {row.alias for row in catalog().endpoints} - {row[0] for row in priced}
    rows = {
        row[0]: row[1:] for row in re.findall(r"^  (kling-\S+) +(\S+) +(\S+) +(\S+)$", observed, re.MULTILINE)
    }
    assert list(rows) == [*dict.fromkeys(alias for alias in rows)]
    assert rows.keys() == {row.alias for row in catalog().endpoints} - VIDEO_TO_VIDEO.keys()
    assert rows["kling-v3-pro-motion"] == ("0.168", "0.168", "-")
    named = " ".join(observed.partition("no price for ")[2].split())
    assert set(named.split(", ")) == VIDEO_TO_VIDEO.keys()
    assert all("  a run of kling-create-voice: 0.007\n" in f"{book}\n" for book in (seeds, observed))
    assert rows["kling-v3-turbo-pro-text"] == ("-", "0.14", "-")
    assert rows["kling-o3-4k-reference"] == ("0.42", "0.42", "-")


def test_as_data(run: Callable) -> None:
    document = json.loads(run("prices", "--format", "json").out)
    assert document["default"] == "seeds"
    assert [book["name"] for book in document["books"]] == list(book_names())
    rows = {(row["endpoint"], row["tier"]): row["unit_price"] for row in document["books"][0]["prices"]}
    assert rows["fal-ai/kling-video/v3/standard/image-to-video", "voice"] == "0.308"
    assert ("fal-ai/kling-video/v3/4k/image-to-video", "voice") not in rows
    seeds, observed = document["books"]
    assert len(seeds["unpriced"]) == len(catalog().endpoints) - 2
    assert observed["unpriced"] == [*VIDEO_TO_VIDEO.values()]
    assert {row["alias"] for row in observed["prices"]} == set(catalog().sellers()) - VIDEO_TO_VIDEO.keys()
    assert all(book["source"] and book["as_of"] for book in document["books"])


def test_one_book(run: Callable) -> None:
    ran = run("prices", "--prices", "observed-2026-10")
    assert ran.code == 0
    assert "seeds" not in ran.out
    ran = run("prices", "--prices", "sedes")
    assert (ran.code, ran.out) == (2, "")


def test_a_book_to_begin_with(run: Callable, tmp_path: Path) -> None:
    ran = run("prices", "--format", "toml")
    assert tomllib.loads(ran.out)["name"] == "seeds"
    (tmp_path / "own.toml").write_text(ran.out.replace('"seeds"', '"own"'), encoding="utf-8")
    assert run("prices", "--prices", tmp_path / "own.toml").code == 0


def test_any_book_as_toml_says_the_same(run: Callable, tmp_path: Path) -> None:
    text = run("prices", "--prices", "observed-2026-10", "--format", "toml").out
    observed = price_book("observed-2026-10")
    assert observed is not None
    made = parse_book(text.replace('"observed-2026-10"', '"own"'))
    assert (made.prices, made.as_of, made.source) == (observed.prices, observed.as_of, observed.source)


SOLD: list[tuple[str, Tier]] = [(row.id, tier) for row in catalog().endpoints for tier in TIERS]
SOLD += [(catalog().voices.id, "run"), *(("fal-ai/of/nobody", tier) for tier in ALL_TIERS)]


@given(
    prices=st.dictionaries(
        st.sampled_from(SOLD),
        st.decimals("0.000000001", "999999", places=9),
        min_size=1,
    ),
    source=st.text(st.characters(exclude_categories=["Cs"]), max_size=60),
)
def test_a_book_that_is_written_is_read_as_it_was(
    prices: dict[tuple[str, Tier], Decimal], source: str
) -> None:
    book = PriceBook("own", date(2026, 11, 27), source, "USD", shipped=False, prices=prices)
    made = parse_book(book_text(book))
    assert (made.name, made.as_of, made.source, made.prices) == ("own", book.as_of, source, prices)
