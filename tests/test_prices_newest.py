"""A book that a newer one has overtaken: said beside the total, and never as a guess."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime, timedelta, tzinfo
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import compiled
from msgspec.structs import replace

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.prices import PriceBook, newest_book, price_book
from storyboard.compile.request import Request
from storyboard.plan.newest import newest_book_total, oldness
from storyboard.report.newest import newer_document, newer_in_words, stale_warning

STILL = "start_image: 'https://media.example.org/dawn.png'"
FILM = f"storyboard: 1\ndefaults: {{{STILL}, prompt: reeds}}\nscenes:\n"
FIFTY_SECONDS = FILM + "".join(f"  - {{id: s{n}, duration: 10, prompt: reeds {n}}}\n" for n in range(5))
FOUR_K = FILM + "  - {id: wide, endpoint: kling-v3-4k}\n"


def book(name: str) -> PriceBook:
    found = price_book(name)
    assert found is not None
    return found


SEEDS, OBSERVED = book("seeds"), book("observed-2026-10")


def requests(text: str) -> tuple[Request, ...]:
    read = compiled(text)
    assert read.requests, read.diagnostics
    return read.requests


def test_the_newest_is_the_latest_that_ships() -> None:
    assert newest_book() == OBSERVED


def test_a_newest_book_that_is_old_itself_is_said_to_be() -> None:
    day = OBSERVED.as_of
    assert oldness(SEEDS, day + timedelta(days=366)) is None, "of two the newer"
    for used in (SEEDS, OBSERVED):
        told = oldness(used, day + timedelta(days=367))
        assert told is not None
        assert told.startswith(
            "The newest price book here, observed-2026-10 of 2026-10-04, is more than a year old"
        )
    own = replace(SEEDS, name="own", as_of=day + timedelta(days=1))
    assert oldness(own, day + timedelta(days=367)) is None
    assert "own of 2026-10-05" in (oldness(own, day + timedelta(days=368)) or "")


@pytest.mark.parametrize(("day", "said"), [(date(2027, 10, 5), False), (date(2027, 10, 6), True)])
def test_estimate_says_so_by_the_day_of_the_clock(
    day: date, said: bool, tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Clock(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Clock:
            return cls(day.year, day.month, day.day, tzinfo=tz)

    monkeypatch.setattr("storyboard.cli.estimate.datetime", Clock)
    (tmp_path / "storyboard.yaml").write_text(FOUR_K, encoding="utf-8")
    assert ("is more than a year old" in run("estimate", tmp_path).err) == said


def test_what_the_newest_would_make_it() -> None:
    newer = newest_book_total(requests(FIFTY_SECONDS), SEEDS)
    assert newer is not None
    assert (newer.total, newer.differs) == (Decimal("6.30"), ("s0", "s1", "s2", "s3", "s4"))
    assert newer_in_words(newer) == (
        "12.60 by seeds of 2026-04-25; observed-2026-10 of 2026-10-04 would make it 6.30"
    )
    assert stale_warning(newer).endswith("would make it 6.30 (--prices observed-2026-10).")
    assert newer_document(newer) == {
        "price_book": "observed-2026-10",
        "as_of": "2026-10-04",
        "total": "6.30",
        "differs": ["s0", "s1", "s2", "s3", "s4"],
    }


def test_what_only_the_newest_knows() -> None:
    newer = newest_book_total(requests(FIFTY_SECONDS + "  - {id: pro, endpoint: kling-v3-pro}\n"), SEEDS)
    assert newer is not None
    assert newer_in_words(newer) == (
        "12.60 and an unknown amount by seeds of 2026-04-25; observed-2026-10 of 2026-10-04 would make it 7.14"
    )
    newer = newest_book_total(requests(FILM + "  - {id: pro, endpoint: kling-v3-pro}\n"), SEEDS)
    assert newer is not None
    assert newer_in_words(newer).startswith("unknown by seeds of 2026-04-25; ")


def test_what_not_even_the_newest_knows_is_no_total() -> None:
    poorer = replace(OBSERVED, prices={key: p for key, p in OBSERVED.prices.items() if "/4k/" not in key[0]})
    newer = newest_book_total(
        requests(FIFTY_SECONDS + "  - {id: wide, endpoint: kling-v3-4k}\n"), SEEDS, poorer
    )
    assert newer is not None
    assert (newer.total, "wide" in newer.differs) == (None, False)
    assert newer_in_words(newer).endswith("would make it 6.30 and an unknown amount")


@pytest.mark.parametrize(
    ("text", "used"),
    [
        (FIFTY_SECONDS, OBSERVED),  # the newest itself
        (FOUR_K, SEEDS),  # older, and right all the same
        (FIFTY_SECONDS, replace(SEEDS, as_of=date(2026, 11, 27))),  # a book of somebody's own, from today
        (FIFTY_SECONDS, replace(SEEDS, as_of=OBSERVED.as_of)),  # of the same day
        (FIFTY_SECONDS, replace(OBSERVED, as_of=date(2026, 1, 1))),  # older, and of the same prices
    ],
)
def test_no_reason_to_warn(text: str, used: PriceBook) -> None:
    assert newest_book_total(requests(text), used) is None


def test_nothing_to_pay_is_nothing_to_warn_of() -> None:
    assert newest_book_total((), SEEDS) is None


PRICE = st.decimals("0.001", "9", places=3)
SCENES = st.lists(
    st.tuples(st.sampled_from(["kling-v3-standard", "kling-v3-pro", "kling-v3-4k"]), st.integers(3, 15)),
    min_size=1,
    max_size=6,
)


@given(scenes=SCENES, data=st.data())
def test_the_newest_total_is_what_an_estimate_by_it_says(
    scenes: list[tuple[str, int]], data: st.DataObject
) -> None:
    from storyboard.plan.estimate import estimate

    known = data.draw(st.sets(st.sampled_from(catalog().endpoints[:3])))
    prices = {(row.id, "audio"): data.draw(PRICE) for row in known}
    newest = replace(OBSERVED, prices=prices)
    lines = [f"  - {{id: s{n}, endpoint: {e}, duration: {s}}}\n" for n, (e, s) in enumerate(scenes)]
    asked = requests(FILM + "".join(lines))
    newer, by_it = newest_book_total(asked, SEEDS, newest), estimate(asked, newest)
    otherwise = [
        scene.scene
        for scene, old in zip(by_it.scenes, estimate(asked, SEEDS).scenes, strict=True)
        if scene.amount is not None and scene.amount != old.amount
    ]
    assert (newer is None) == (not otherwise)
    if newer is not None:
        assert list(newer.differs) == otherwise
        assert newer.total == (None if by_it.unpriced else by_it.total)


# --- where it is said ------------------------------------------------------------------------------------------------


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "storyboard.yaml").write_text(FIFTY_SECONDS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


SAID = (
    "The price book is stale: 12.60 by seeds of 2026-04-25; observed-2026-10 of 2026-10-04 would make it 6.30"
)


def test_a_plan_says_it(film: Path, run: Callable) -> None:
    ran = run("plan", ".")
    assert SAID in ran.out.replace("\n", " ")
    assert max(map(len, ran.out.splitlines())) <= 80
    ran = run("plan", ".", "--format", "json")
    assert json.loads(ran.out)["newer_book"]["total"] == "6.30"
    assert f"warning: {SAID}" in ran.err
    for chosen in (("--prices", "observed-2026-10"), ("--prices", "observed-2026-10", "--format", "json")):
        ran = run("plan", ".", *chosen)
        assert "stale" not in ran.out + ran.err
    assert json.loads(ran.out)["newer_book"] is None


def test_a_render_says_it_before_it_asks(film: Path, process: Callable) -> None:
    """Nobody is there to answer: the plan is shown, and nothing is sent."""
    ran = process("render", ".", env={"FAL_KEY": "id:secret"})
    assert ran.code == 3
    assert SAID in ran.err.replace("\n", " ")


def test_only_what_is_to_be_sent_counts(film: Path, run: Callable) -> None:
    ran = run("plan", ".", "--scene", "s1")
    assert "2.52 by seeds of 2026-04-25" in ran.out.replace("\n", " ")
    assert "would make it 1.26" in ran.out.replace("\n", " ")
