"""A price book of somebody's own: no mistake in it passes in silence, each is said with its row and its line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from storyboard.catalog.own_book import BAD_BOOK, parse_book, remarks_on

STANDARD = "fal-ai/kling-video/v3/standard/text-to-video"
HEAD = 'name = "own"\nas_of = 2026-10-04\ncurrency = "USD"\nsource = "a receipt"\n'
ROW = f'\n[[price]]\nendpoint = "{STANDARD}"\nsilent = "0.084"\naudio = "0.126"\n'
FILM = """storyboard: 1
endpoint: kling-v3-standard-text
prices: ./own.toml
defaults: {generate_audio: false}
scenes:
  - {id: dawn, prompt: reeds in the wind}
"""

WRONG = {
    ROW + ROW: f"price 2, line 11, {STANDARD}: {STANDARD} has a row already (price 1, line 6, {STANDARD})",
    ROW + ROW.replace(STANDARD, "kling-v3-standard-text"): "has a row already (price 1, line 6",
    ROW.replace(
        "audio", "audoi"
    ): f"price 1, line 6, {STANDARD}: unknown key `audoi` (did you mean `audio`?)",
    ROW.replace("silent", "silnt"): "unknown key `silnt` (did you mean `silent`?",
    'curency = "USD"\n' + ROW: "the book: unknown key `curency` (did you mean `currency`?",
    "": "it lacks `price`",
    "price = [1]\n": "`price` is written as tables, each under a line `[[price]]`",
    "price = 3\n": "`price` is written as tables",
    "\n[price]\n": "`price` is written as tables",
    "price = [{silent = '1'}]\n": "price 1: it lacks `endpoint`, an alias or a full id in quotes",
    ROW.replace(
        '"0.084"', "0.084"
    ): "line 6, fal-ai/kling-video/v3/standard/text-to-video: silent: a price is text like",
    ROW.replace("audio", "run"): f"price 1, line 6, {STANDARD}: unknown key `run` (expected one of: ",
    '[[price]]\nendpoint = "kling-create-voice"\naudio = "0.1"\n': "line 5, kling-create-voice: unknown key `audio`",
    ROW + "[[price]]\nendpoint = 3\n": "price 2, line 10: it lacks `endpoint`",
}


@pytest.mark.parametrize("rest", WRONG)
def test_a_mistake_is_said_at_its_row(rest: str) -> None:
    with pytest.raises(BAD_BOOK) as raised:
        parse_book(HEAD + rest)
    assert WRONG[rest] in str(raised.value)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("as_of = 2026-10-04\n", "", "it lacks `as_of`"),
        ('source = "a receipt"\n', "", "it lacks `source`"),
        (
            "2026-10-04",
            "2026-10-04T10:00:00",
            "`as_of` is a date like 2026-10-04, without quotes and without a time",
        ),
        ("2026-10-04", '"2026-10-04"', "`as_of` is a date"),
        ("2026-10-04", "2026-10-04T10:00:00Z", "`as_of` is a date"),
        ('"own"', "3", "`name` is text in quotes"),
        ('"USD"', '"EUR"', "prices are in USD"),
    ],
)
def test_a_mistake_in_the_head(old: str, new: str, words: str) -> None:
    with pytest.raises(BAD_BOOK) as raised:
        parse_book((HEAD + ROW).replace(old, new))
    assert words in str(raised.value)


def test_an_alias_is_as_good_as_the_id() -> None:
    book = parse_book(HEAD + ROW.replace(STANDARD, "kling-v3-standard-text"))
    assert book.unit_price(STANDARD, "audio") == Decimal("0.126")


def test_a_run_that_makes_a_voice_has_a_price_too() -> None:
    book = parse_book(HEAD + '[[price]]\nendpoint = "kling-create-voice"\nrun = "0.01"\n')
    assert book.unit_price("fal-ai/kling-video/create-voice", "run") == Decimal("0.01")
    assert not list(remarks_on(book, date(2026, 11, 27)))


def test_what_may_be_a_mistake_is_remarked_on() -> None:
    today = date(2026, 11, 27)
    assert not list(remarks_on(parse_book(HEAD + ROW), today))
    [odd] = remarks_on(parse_book(HEAD + ROW.replace("/v3/standard/", "/v3/standrad/")), today)
    assert odd.endswith(
        f"standrad/text-to-video, which is no endpoint of the catalog: did you mean {STANDARD}?"
    )
    ahead = parse_book(HEAD.replace("2026-10-04", "2026-11-29") + ROW)
    assert [*remarks_on(ahead, date(2026, 11, 28))] == [], "it may be tomorrow already where it was written"
    [early] = remarks_on(ahead, today)
    assert early.startswith("its date, 2026-11-29, has not come yet")


def test_the_storyboards_book_and_a_named_one_are_read_alike(tmp_path: Path, run: Callable[..., Any]) -> None:
    (tmp_path / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    own = tmp_path / "own.toml"
    own.write_text(HEAD + ROW.replace("audio", "audoi"), encoding="utf-8")
    ended = run("check", tmp_path)
    assert (ended.code, "the file is not a price book: price 1, line 6" in ended.out) == (1, True), ended.out
    assert "price 1, line 6" in run("estimate", tmp_path, "--prices", own).err
    own.write_text(HEAD.replace("2026-10-04", "2126-10-04") + ROW, encoding="utf-8")
    ended = run("check", tmp_path)
    assert (
        "storyboard.yaml:3:9: warning[SB609]: the price book ./own.toml: its date, 2126-10-04," in ended.out
    )
    assert f"warning: {own}: its date, 2126-10-04" in run("prices", "--prices", own).err
