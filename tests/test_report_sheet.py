"""One report in every form: the same numbers, and words that are words wherever they stand."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from decimal import Decimal
from html.parser import HTMLParser
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from storyboard.plan.words import Piece
from storyboard.report.sheet.as_csv import as_csv
from storyboard.report.sheet.as_markdown import as_markdown, plain
from storyboard.report.sheet.as_page import as_page
from storyboard.report.sheet.as_text import as_text
from storyboard.report.sheet.sheet import AtLeast, Column, Row, Sheet, Table, for_programs, summed
from storyboard.report.story.forms import as_markdown as outline_as_markdown
from storyboard.report.story.outline import Line, Outline
from storyboard.report.table import columns
from storyboard.report.visible import visible

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


# What GitHub finds in a stretch of text once it is rendered, by its own specification and by what its pages show.
NOTICED = re.compile(
    r"@[a-z0-9]"  # a mention, or an e-mail address
    r"|#\d|(?<![a-z0-9])gh-\d"  # an issue
    r"|https?://|ftp://|www\."  # an extended autolink
    r"|:[\w+-]+:",  # an emoji
    re.IGNORECASE,
)
TRAPS = [
    "@octocat",
    "a@b.co",
    "owner/repo#12",
    "GH-12",
    "gh-12",
    "a|b",
    "<img src=x onerror=alert(1)>",
    "<!-- -->",
    "-->",
    "<https://a.b>",
    "[a](http://b)",
    "[a]: /b",
    "![a](b)",
    "[^1]",
    "https://github.com/a/b/issues/1",
    "WWW.a.b",
    "**a**",
    "_a_",
    "~~a~~",
    "`a`",
    "$a$",
    "&#64;octocat",
    "&commat;x",
    "\\",
    "\\@a",
    "- a",
    "+ a",
    "-",
    "---",
    "- - -",
    "1. a",
    "12) a",
    "# a",
    "===",
    "```",
    ":tada:",
    ":slightly_smiling_face:",
    "    a",
    "\n\n# a",
    "\u2028- a",
    "\u200b@a",
    "| --- |",
]
HOSTILE_WORDS = st.lists(
    st.sampled_from([*TRAPS, " ", "\n", "é", "1"]) | st.text(max_size=5), max_size=6
).map("".join)
OURS = {"heading", "paragraph", "table", "thead", "tbody", "tr", "th", "td", "bullet_list", "list_item"}
TAGS = {"<!-- -->", "<del>", "</del>", "<ins>", "</ins>"}
GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def read_by_github(markdown: str) -> Iterator[list[str]]:
    """The stretches of text of each place where words may stand, in order, held apart by comments and tags;
    any other markup than ours is an error."""
    tokens = GITHUB.parse(markdown)
    lists = [token for token in tokens if token.type == "bullet_list_open"]
    assert len(lists) == len(re.findall("^- ", markdown, re.MULTILINE))
    for token in tokens:
        assert token.type.removesuffix("_open").removesuffix("_close") in OURS | {"inline"}, token
        if token.type == "inline":
            kinds = {child.type for child in token.children or ()}
            assert kinds <= {"text", "html_inline", "strong_open", "strong_close"}, kinds
            inline = [child for child in token.children or () if not child.type.startswith("strong")]
            assert {child.content for child in inline if child.type == "html_inline"} <= TAGS
            yield "".join("\0" if child.type == "html_inline" else child.content for child in inline).split(
                "\0"
            )


def as_words(text: str) -> str:
    return " ".join(visible(text).split())


@given(title=HOSTILE_WORDS, cell=HOSTILE_WORDS, total=HOSTILE_WORDS, remark=HOSTILE_WORDS)
@example(title=TRAPS[0], cell=TRAPS[0], total=TRAPS[0], remark="1. a")
def test_words_in_a_pull_request_are_no_markup_no_mention_and_no_link(
    title: str, cell: str, total: str, remark: str
) -> None:
    """Mentions and the like are looked for after entities were resolved, in every stretch of text by itself."""
    head = (Column("scene", title), Column("what", "what"))
    table = Table("scenes", head, (Row((cell, "x")),), Row((total, "x")), title="Scenes")
    found = list(read_by_github(as_markdown(Sheet(f"Estimate of {title}", (table, remark, "The end.")))))
    expected = [f"Estimate of {title}", "Scenes", title, "what", cell, "x", total, "x", remark, "The end."]
    told = ["".join(stretches) for stretches in found]
    assert list(filter(None, told)) == list(filter(None, map(as_words, expected)))
    assert [stretch for stretches in found for stretch in stretches if NOTICED.search(stretch)] == []


MARKS: st.SearchStrategy[Literal["=", "-", "+"]] = st.sampled_from(["=", "-", "+"])
PIECES = st.lists(st.builds(Piece, MARKS, HOSTILE_WORDS), min_size=1, max_size=4).map(tuple)


@given(pieces=PIECES, remark=HOSTILE_WORDS)
def test_nor_are_those_of_a_story(pieces: tuple[Piece, ...], remark: str) -> None:
    """In a list, with tags around what went and came."""
    outline = Outline("What differs", (Line(0, "~", pieces),), (f"Said: {remark}",))
    title, *found = read_by_github(outline_as_markdown(outline))
    assert title == ["What differs"]
    assert "".join(found[-1]) == as_words(f"Said: {remark}")
    assert [stretch for stretches in found for stretch in stretches if NOTICED.search(stretch)] == []


@pytest.mark.parametrize("words", TRAPS)
def test_each_trap_by_itself(words: str) -> None:
    """At the beginning of a line, in a cell, and within words."""
    for text in (words, f"{words} {words}", f"a {words}", f"a{words}b"):
        said = plain(text)
        for markdown in (said, f"### {said}", f"- {said}"):
            (stretches,) = read_by_github(markdown)
            assert "".join(stretches) == as_words(text)
            assert not any(map(NOTICED.search, stretches)), said


def test_amounts_are_not_broken_up() -> None:
    assert [plain(text) for text in ("7.896", "-0.50", "+1.20", "2026-11-20", "12:30", "dawn: 4 → 5")] == [
        "7.896",
        "-0.50",
        "+1.20",
        "2026-11-20",
        "12:30",
        "dawn: 4 → 5",
    ]


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
