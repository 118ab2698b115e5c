"""Text keeps to 80 columns, whatever a film's names and words are: long, wide, or joined from several signs."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from a_repository import new_repository
from advised_films import FILES
from hypothesis import example, given
from hypothesis import strategies as st
from in_memory import compiled

from storyboard.catalog.prices import price_book
from storyboard.plan.advice import advice
from storyboard.plan.estimate import estimate
from storyboard.plan.words import Piece
from storyboard.report.advice import advice_blocks
from storyboard.report.sheet.as_text import as_text
from storyboard.report.sheet.sheet import Column, Row, Sheet, Table, summed
from storyboard.report.story.forms import as_text as outline_as_text
from storyboard.report.story.outline import Line, Outline
from storyboard.report.table import WIDTH, columns, table, wrapped

FAMILY = "👩‍👩‍👧‍👦"
SIGNS = [*"abcxyz019-_", *"教堂钟声响起", "ガ", "é", "e\u0301", "\U0001f3ac", FAMILY]
NAMES = st.lists(st.sampled_from(SIGNS), min_size=1, max_size=70).map("".join)
WORDS = st.lists(NAMES, max_size=30).map(" ".join)
IDS = ("a" * 57, "b" * 64, "教堂钟声响起人群欢呼" * 6, "c" * 64)


def too_wide(text: str) -> list[str]:
    return [line for line in text.splitlines() if columns(line) > WIDTH]


@given(WORDS, st.integers(0, 12))
@example("教堂钟声响起，人群欢呼。" * 20, 4)
@example(FAMILY * 60, 0)
@example("a" * 79 + FAMILY, 0)
def test_a_paragraph_keeps_to_the_width_and_loses_nothing(text: str, indent: int) -> None:
    lines = wrapped(text, first=" " * indent, others=" " * (indent + 2))
    assert too_wide("\n".join(lines)) == []
    assert re.sub(r"\s", "", "".join(lines)) == re.sub(r"\s", "", text)


def test_a_line_ends_where_a_reader_expects_it() -> None:
    assert wrapped("one two three", 8) == ["one two", "three"]
    assert wrapped("a longer-than-that b", 8) == ["a", "longer-t", "han-that", "b"]
    assert wrapped("教堂钟声，响起", 8) == ["教堂钟", "声，响起"]  # no comma at the beginning
    assert wrapped("（教堂）钟", 4) == ["（教", "堂）", "钟"]
    assert wrapped("x" * 5 + "e\u0301" * 4, 6) == ["xxxxxe\u0301", "e\u0301" * 3]
    assert wrapped(FAMILY + FAMILY, 8) == [FAMILY, FAMILY]
    assert wrapped("one two", 8, first="- ", others="  ") == ["- one", "  two"]
    assert wrapped("") == []


@given(st.lists(st.tuples(NAMES, NAMES, NAMES, st.decimals(0, 99999, places=3)), min_size=1, max_size=6))
def test_a_table_keeps_to_the_width(rows: list[tuple[str, str, str, Decimal]]) -> None:
    shown = [[*names, str(amount)] for *names, amount in rows]
    for wrap in (False, True):
        assert too_wide("\n".join(table(shown, "lllr", flexible=1, wrap=wrap))) == []
    kinds = (Column("scene", "scene"), Column("shot", "shot"), Column("endpoint", "endpoint", whole=True))
    total = Row(("total", "", "", summed(row[3] for row in rows)))
    sheet = Table(
        "x", (*kinds, Column("usd", "USD", "money")), tuple(map(Row, rows)), total, title=rows[0][0]
    )
    assert too_wide(as_text(Sheet("x", (sheet,)))) == []


@given(st.lists(WORDS, max_size=4), WORDS)
def test_an_outline_keeps_to_the_width(texts: list[str], title: str) -> None:
    lines = tuple(Line(number, "~", (Piece("+", text),)) for number, text in enumerate(texts))
    wide = too_wide(outline_as_text(Outline(title, lines, tuple(texts))))
    assert wide == []


def film(words: str) -> str:
    shots = (
        f"shots: [{{id: {IDS[1]}, duration: 3, prompt: {words}}}, {{id: s, duration: 3, prompt: the sea}}]"
    )
    scenes = [f"  - {{id: {name}, duration: 5, prompt: {words}}}" for name in IDS[:1] + IDS[2:]]
    scenes.append(f"  - {{id: long, endpoint: kling-v3-4k-text, {shots}}}")
    head = "storyboard: 1\nendpoint: kling-v3-standard-text\nprices: observed-2026-10\nscenes:\n"
    return head + "\n".join(scenes) + "\n"


def test_every_text_form_of_a_film_with_such_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable
) -> None:
    repository = new_repository(tmp_path)
    repository.write("film.yaml", film("the sea"))
    repository.commit()
    repository.write("film.yaml", film("教堂钟声响起，人群欢呼。🎬" * 20))
    monkeypatch.chdir(tmp_path)
    for command in (
        ("estimate", "film.yaml", "--takes", "3", "--what-if", "generate_audio=false", "--against", "HEAD"),
        ("estimate", "film.yaml", "--advise", "--select", f"scene:{IDS[0]}"),
        ("plan", "film.yaml"),
        ("diff", "film.yaml", "HEAD"),
        ("takes", "film.yaml"),
    ):
        ran = run(*command)
        assert (ran.code, too_wide(ran.out)) == (0, []), (command, ran.err[-300:])


def test_advice_on_such_names() -> None:
    read = compiled(film("the reeds"), media=FILES)
    book = price_book("observed-2026-10")
    assert book is not None
    assert read.film is not None
    assert estimate(read.requests, book).scenes
    assert too_wide(as_text(Sheet("x", advice_blocks(advice(read.film, book))))) == []
