"""Advice as people and programs get it: the same sums in all forms, what excludes another apart."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from advised_films import FILES, Film, films, made
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from in_memory import compiled
from msgspec.structs import replace

from storyboard.catalog.prices import book_names, price_book
from storyboard.diagnostics import Span
from storyboard.plan.advice import advice, compatible
from storyboard.plan.cheaper.advised import Advice
from storyboard.report.advice import advice_blocks, advice_document
from storyboard.report.documents import as_json
from storyboard.report.sheet.as_csv import as_csv
from storyboard.report.sheet.as_markdown import as_markdown
from storyboard.report.sheet.as_page import as_page
from storyboard.report.sheet.as_text import as_text
from storyboard.report.sheet.sheet import Sheet, for_programs, summed
from storyboard.report.table import columns

GOLDEN = Path(__file__).parent / "golden" / "advice"
SOME = settings(
    max_examples=40,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)


def advised() -> tuple[Advice, ...]:
    read = compiled((GOLDEN / "film.yaml").read_text(encoding="utf-8"), media=FILES)
    book = price_book("observed-2026-10")
    assert read.requests, read.diagnostics
    assert read.film is not None
    assert book is not None
    return advice(read.film, book)


def sheet(found: tuple[Advice, ...]) -> Sheet:
    return Sheet("Ways to pay less", advice_blocks(found))


def test_in_words(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "film.txt", as_text(sheet(advised())) + "\n")


def test_as_a_document(golden: Callable[[Path, str], None]) -> None:
    golden(GOLDEN / "film.json", as_json(advice_document(advised())) + "\n")


def test_when_there_is_nothing_to_save() -> None:
    assert as_text(sheet(())) == "No way was found to pay less for the same film."
    document = advice_document(())
    assert (document["up_to"], document["unpriced"], document["advice"]) == ("0.00", 0, [])


@SOME
@given(films(), st.sampled_from(book_names()))
def test_the_total_is_the_sum_of_what_counts_in_every_form(film: Film, name: str) -> None:
    read, book = made(film), price_book(name)
    assume(read.requests)
    assert read.film is not None
    assert book is not None
    found = advice(read.film, book)
    assume(found)
    rows = [*csv.reader(io.StringIO(as_csv(sheet(found))))][1:]
    assert [row[0] for row in rows].count("advice") == len(compatible(found))
    assert len(rows) == len(found) + 1
    counted = [None if row[-1] == "unknown" else Decimal(row[-1]) for row in rows if row[0] == "advice"]
    total = for_programs(summed(counted))
    assert rows[-1] == ["total", "total", "", "", total]
    document = json.loads(as_json(advice_document(found)))
    counts = [each["saves"] for each in document["advice"] if each["counted"]]
    assert sum((Decimal(each) for each in counts if each is not None), Decimal(0)) == Decimal(
        document["up_to"]
    )
    assert counts.count(None) == document["unpriced"]
    assert total == document["up_to"] or document["unpriced"]
    assert all(columns(line) <= 80 for line in as_text(sheet(found)).splitlines())


def test_places_are_words_wherever_they_stand() -> None:
    span = Span("<script>*a*`.yaml", 1, 1, 1, 2)
    found = tuple(replace(each, span=span) for each in advised())
    assert "<script" not in as_page(sheet(found))
    markdown = as_markdown(sheet(found))
    assert [part for part in ("<script", "*a*", "`") if part in markdown] == []


def test_very_much_advice_is_explained_in_part() -> None:
    film = "".join(f"  - {{id: s{number}, prompt: the reeds number {number}}}\n" for number in range(30))
    read = compiled(f"storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n{film}")
    book = price_book("observed-2026-10")
    assert read.film is not None
    assert book is not None
    text = " ".join(as_text(sheet(advice(read.film, book))).split())
    assert text.count("Write `generate_audio: false`") == 20
    assert text.count("Audio is on by default") == 1
    assert text.endswith("10 more are explained with --format json.")
    assert "6.30 USD in all, for one take of each scene." in text
    assert "At least" not in text
