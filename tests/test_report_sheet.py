"""One report in every form: the same numbers, and words that are words wherever they stand."""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from html import unescape
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storyboard.report.sheet.as_csv import as_csv
from storyboard.report.sheet.as_markdown import as_markdown, plain
from storyboard.report.sheet.as_page import as_page
from storyboard.report.sheet.as_text import as_text
from storyboard.report.sheet.sheet import AtLeast, Column, Row, Sheet, Table, for_programs, summed
from storyboard.report.table import columns

COLUMNS = (
    Column("scene", "scene"),
    Column("seconds", "s", "count"),
    Column("endpoint", "endpoint", narrow=False),
    Column("amount", "USD", "money"),
)
AMOUNTS = st.decimals("0.001", "99999", places=3)
ROWS = st.lists(st.tuples(st.text(max_size=30), st.integers(0, 10**6), AMOUNTS | st.none()), max_size=12)


def sheet_of(rows: list[tuple[str, int, Decimal | None]]) -> Sheet:
    total = Row(("total", sum(row[1] for row in rows), "", summed(row[2] for row in rows)))
    body = tuple(Row((name, seconds, "fal-ai/x", amount)) for name, seconds, amount in rows)
    return Sheet("What it costs", (Table("scenes", COLUMNS, body, total), "A remark."))


class Cells(HTMLParser):
    """The text of the cells of a page, a list a row."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.rows: list[list[str]] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, _attributes: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        if tag in {"td", "th"}:
            self.rows[-1].append("")
            self.inside = True

    def handle_endtag(self, tag: str) -> None:
        self.inside = self.inside and tag not in {"td", "th"}

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.rows[-1][-1] += data


def in_text(sheet: Sheet) -> list[str]:
    lines = [line for line in as_text(sheet).splitlines() if line]
    start = next(at for at, line in enumerate(lines) if set(line) == {"-"})
    return [re.split(r"  +", line.strip())[-1] for line in lines[start + 1 :] if set(line) != {"-"}][:-1]


def in_csv(sheet: Sheet) -> list[str]:
    return [row[-1] for row in csv.reader(io.StringIO(as_csv(sheet)))][1:]


def in_markdown(sheet: Sheet) -> list[str]:
    return [line.rsplit("|", 2)[1].strip(" *") for line in as_markdown(sheet).split("\n") if line[:1] == "|"][
        2:
    ]


def in_page(sheet: Sheet) -> list[str]:
    return [row[-1] for row in Cells(as_page(sheet)).rows][1:]


FORMS = {"text": in_text, "csv": in_csv, "markdown": in_markdown, "page": in_page}


def amount(text: str) -> Decimal | AtLeast | None:
    if text == "unknown":
        return None
    least = text.removeprefix("&#62;= ").removeprefix(">= ")
    number = Decimal(least.replace(",", ""))
    return number if least == text else AtLeast(number)


@given(ROWS)
def test_every_form_has_the_same_sums_to_the_last_decimal(
    rows: list[tuple[str, int, Decimal | None]],
) -> None:
    sheet = sheet_of(rows)
    expected = [row[2] for row in rows] + [summed(row[2] for row in rows)]
    for name, read in FORMS.items():
        assert [amount(cell) for cell in read(sheet)] == expected, name


@given(ROWS)
def test_text_keeps_to_80_columns(rows: list[tuple[str, int, Decimal | None]]) -> None:
    assert all(columns(line) <= 80 for line in as_text(sheet_of(rows)).splitlines())


@pytest.mark.parametrize(
    ("amounts", "told"),
    [
        (["1.10", "2.20"], "3.30"),
        (["1.10", None], ">= 1.10"),
        ([None, None], "unknown"),
        ([], "0.00"),
        (["0.0001", "1"], "1.0001"),
    ],
)
def test_what_is_not_known_is_never_counted_as_nothing(amounts: list[str | None], told: str) -> None:
    assert for_programs(summed(None if each is None else Decimal(each) for each in amounts)) == told


HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\x00=1", "a\u202eb", "=cmd|' /C calc'!A0"]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_cell_is_a_formula(name: str) -> None:
    [_, row, _] = csv.reader(io.StringIO(as_csv(sheet_of([(name, 1, Decimal(1))]))))
    assert not row[1].lstrip().startswith(("=", "+", "-", "@"))
    assert not re.search("[\x00-\x08\u202e]", row[1])


@pytest.mark.parametrize(
    "words",
    [
        "@octocat",
        "#12",
        "GH-12",
        "a|b",
        "<img src=x>",
        "[a](http://b)",
        "https://a.b",
        "www.a.b",
        "**a**",
        "`a`",
        "$a$",
    ],
)
def test_words_in_a_pull_request_are_no_markup_no_mention_and_no_link(words: str) -> None:
    """Mentions and issues are looked for after entities were resolved, in every stretch of text by itself."""
    said = plain(words)
    left = re.sub(r"&#\d+;|<!-- -->", "", said)
    assert not re.search(r"[@#|<>*`\[\]$&]|://|www\.", left)
    for stretch in said.split("<!-- -->"):
        assert not re.search(r"@\w|#\d|GH-\d", unescape(stretch))
    assert Cells(f"<table><tr><td>{said}</td></tr></table>").rows[0][0] == words


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "a & b", '"><b>', "\u202e", "</td>"])
def test_words_on_a_page_are_words(name: str) -> None:
    page = as_page(sheet_of([(name, 1, Decimal(1))]))
    assert "<script" not in page
    assert len(Cells(page).rows[1]) == 4
    assert "default-src 'none'" in page


def test_parts_are_seen_to_be_parts() -> None:
    rows = (Row(("dawn", 9, "e", Decimal("2.268"))), Row(("  wide", 4, "", Decimal("1.008")), part=True))
    sheet = Sheet("t", (Table("scenes", COLUMNS, rows, levels=("scene", "shot", "total")),))
    assert as_text(sheet).splitlines() == [
        "scene     s      USD",
        "--------------------",
        "dawn      9    2.268",
        "  wide    4  (1.008)",
    ]
    assert as_csv(sheet).splitlines()[1:] == ["scene,dawn,9,e,2.268", "shot,  wide,4,,1.008"]
