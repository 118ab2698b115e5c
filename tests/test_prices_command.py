"""`storyboard prices`: the books, their sources and dates, in words and as data."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path

from storyboard.catalog.prices import book_names


def test_all_books_with_source_and_date(run: Callable) -> None:
    ran = run("prices")
    assert ran.code == 0
    assert "seeds (default), as of 2026-04-25" in ran.out
    assert "observed-2026-10, as of 2026-10-04" in ran.out
    for alias in ("kling-v3-standard", "kling-v3-pro", "kling-v3-4k-text"):
        assert alias in ran.out
    assert "unknown" in ran.out
    assert "0.308" in ran.out


def test_as_data(run: Callable) -> None:
    document = json.loads(run("prices", "--format", "json").out)
    assert document["default"] == "seeds"
    assert [book["name"] for book in document["books"]] == list(book_names())
    rows = {(row["endpoint"], row["tier"]): row["unit_price"] for row in document["books"][0]["prices"]}
    assert rows["fal-ai/kling-video/v3/standard/image-to-video", "voice"] == "0.308"
    assert ("fal-ai/kling-video/v3/4k/image-to-video", "voice") not in rows


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
