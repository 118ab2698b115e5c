# ruff: noqa: T201 - a benchmark prints what it found
"""How long advice and forecast take for 10,000 scenes, in seconds of the processor: other work does not count.

Run with `pytest -m long -s tests/benchmarks/test_cheaper.py`.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable

import pytest
from in_memory import compiled

from storyboard.catalog.prices import price_book
from storyboard.catalog.times import times
from storyboard.compile.compiler import Compiled
from storyboard.plan.advice import advice
from storyboard.plan.cheaper.alike import alike
from storyboard.plan.cheaper.purchase import purchases
from storyboard.plan.forecast import forecast

SCENES = 10_000
DICE = random.Random(7)  # noqa: S311 - prompts, not secrets
WORDS = [f"word{number}" for number in range(2_000)]
COMMON = " ".join(DICE.choices(WORDS, k=50))
PROMPTS: dict[str, Callable[[int], str]] = {
    "all different": lambda _: " ".join(DICE.choices(WORDS, k=60)),
    "all alike": lambda number: f"{COMMON} {number}",
    "much in common": lambda number: f"{COMMON} a{number % 101} b{number % 97} c{number % 89} d{number % 83}",
    "of few words": lambda _: " ".join(DICE.choices(WORDS[:20], k=60)),
}


def film(prompt: Callable[[int], str]) -> Compiled:
    rows = (f"  - {{id: s{n}, duration: {3 + n % 5}, prompt: {prompt(n)}}}\n" for n in range(SCENES))
    read = compiled(f"storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n{''.join(rows)}")
    assert len(read.requests) == SCENES
    assert read.film is not None
    return read.film


def fastest(work: Callable[[], object]) -> float:
    found: list[float] = []
    for _ in range(3):
        start = time.process_time()
        work()
        found.append(time.process_time() - start)
    return min(found)


@pytest.mark.long
@pytest.mark.parametrize("kind", PROMPTS)
def test_ten_thousand_scenes(kind: str) -> None:
    whole, book = film(PROMPTS[kind]), price_book("observed-2026-10")
    assert book is not None
    bought = purchases(whole, None)
    search = fastest(lambda: list(alike(bought, book, whole)))
    all_kinds = fastest(lambda: advice(whole, book))
    print(f"\n{kind}: {search:.2f} s to find what is alike, {all_kinds:.2f} s for all advice")
    assert search < 1
    assert all_kinds < 2


@pytest.mark.long
def test_ten_thousand_requests() -> None:
    requests = film(PROMPTS["all alike"]).requests
    found = fastest(lambda: forecast(requests, (), 40, times()))
    print(f"\nforecast: {found * 1000:.0f} ms")
    assert found < 0.1
