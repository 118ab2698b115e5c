"""Editors count UTF-16 units and end lines at fewer signs than YAML: places go there and back, whatever the text."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types
from pygls.workspace import TextDocument

from storyboard.editor.positions import Page, Point, Stretch, Units, indexes, replaced
from storyboard.read.source import Source

WIDTH = {"utf-8": ("utf-8", 1), "utf-16": ("utf-16-le", 2), "utf-32": ("utf-32-le", 4)}
TEXTS = st.text(alphabet="ab é日🐈\u0301\n\r\u2028\u2029\x85\t", max_size=40)
UNITS = st.sampled_from(["utf-8", "utf-16", "utf-32"])


def counted(text: str, index: int, units: Units) -> Point:
    """By the encodings themselves."""
    codec, size = WIDTH[units]
    breaks = [match.end() for match in re.finditer("\r\n|\n|\r", text) if match.end() <= index]
    if text[index - 1 : index + 1] == "\r\n":
        breaks = [each for each in breaks if each != index]
    start = breaks[-1] if breaks else 0
    return Point(len(breaks), len(text[start:index].encode(codec)) // size)


@given(TEXTS, UNITS)
def test_every_character_has_its_place_and_is_found_there(text: str, units: Units) -> None:
    page = Page(Source("s.yaml", text), units)
    for index in range(len(text) + 1):
        if text[index - 1 : index + 1] == "\r\n":
            continue  # between the two signs of one break is no place
        point = page.point(index)
        assert point == counted(text, index, units)
        assert page.index(point) == index


@given(TEXTS, UNITS, st.data())
def test_a_span_of_ours_is_the_same_characters_to_an_editor(
    text: str, units: Units, data: st.DataObject
) -> None:
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    source = Source("s.yaml", text)
    assert indexes(source, source.span(start, stop)) == (start, stop)
    stretch = Page(source, units).of(source.span(start, stop))
    assert (stretch.start, stretch.end) == (Page(source, units).point(start), Page(source, units).point(stop))


@given(TEXTS, UNITS, st.integers(0, 99), st.integers(0, 99))
def test_a_place_beyond_a_line_or_the_text_is_their_end(
    text: str, units: Units, line: int, unit: int
) -> None:
    page = Page(Source("s.yaml", text), units)
    index = page.index(Point(line, unit))
    assert 0 <= index <= len(text)
    assert page.point(index) <= Point(line, unit)


@given(st.text(alphabet="ab é日🐈\n", max_size=40), st.data())
def test_an_edit_leaves_the_text_that_the_protocols_library_makes_of_it(
    text: str, data: st.DataObject
) -> None:
    """Its own reading of lines is right where no other sign ends one."""
    start = data.draw(st.integers(0, len(text)))
    stop = data.draw(st.integers(start, len(text)))
    new = data.draw(st.text(alphabet="x🐈\n", max_size=5))
    page = Page(Source("s.yaml", text))
    stretch = page.stretch(start, stop)
    peer = TextDocument("file:///s.yaml", text)
    change = types.TextDocumentContentChangePartial(
        types.Range(
            types.Position(stretch.start.line, stretch.start.unit),
            types.Position(stretch.end.line, stretch.end.unit),
        ),
        new,
    )
    peer.apply_change(change)
    assert replaced(page, stretch, new) == peer.source == text[:start] + new + text[stop:]


@pytest.mark.parametrize(
    ("text", "needle", "point"),
    [
        ("a: 🐈 @x", "@", Point(0, 6)),
        ("a: 日本 @x", "@", Point(0, 6)),
        ("a: 1\r\nb: @x", "@", Point(1, 3)),
        ("a: 1\rb: @x", "@", Point(1, 3)),
        ("a: 1\u2028b: @x", "@", Point(0, 8)),  # a line of its own to YAML alone
    ],
)
def test_places_by_hand(text: str, needle: str, point: Point) -> None:
    page = Page(Source("s.yaml", text))
    assert page.point(text.index(needle)) == point
    assert page.index(point) == text.index(needle)


def test_a_place_inside_a_character_is_before_it() -> None:
    page = Page(Source("s.yaml", "🐈x"))
    assert page.index(Point(0, 1)) == 0
    assert replaced(page, Stretch(Point(0, 0), Point(0, 2)), "y") == "yx"
