"""The formatter: one form for every storyboard, nothing that it says changed, no comment lost, and done means done."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from storyboard.editor.fmt import NotReadable, formatted, meaning
from storyboard.findings import Report
from storyboard.read.compose import compose
from storyboard.read.source import Source
from storyboard.report.table import columns

ROOT = Path(__file__).parents[1]
MARKS = [
    "---\na: b\n",
    "# one\n---\n# two\na: b\n",
    "a: b\n...\n",
    "--- {a: b}\n",
    "a: b\n...\n# one\n",
    "--- # x\na: b\n",
]
BREAKS = [
    "a: b\r\nc: |\r\n  d\r\n  e\r\n",
    "a: b\rc: d",
    "a: one\r\n  two # x\r\n\r\n\r\nb: c",
    "a: b",
    "# only\n",
]
WAYS = (ROOT / "tests" / "golden" / "fmt" / "mappings.txt").read_bytes().decode().split("=====\n")
OURS = sorted([*ROOT.glob("examples/*/*.yaml"), *ROOT.glob("templates/starters/*/*.yaml")])
GOOD = sorted([*ROOT.glob("tests/golden/ok/*.yaml"), *ROOT.glob("tests/golden/film/*/*.yaml")])
ENDS = re.compile(r"\r\n|\r|\n")
QUICK = settings(
    max_examples=40, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def said(text: str) -> Any:
    """What a text says to our own reader."""
    report = Report()
    root = compose(Source("", text), report)
    assert root is not None and not report.errors, text  # noqa: PT018 - one thing
    return meaning(root)


def loaded(text: str) -> Any:
    """What it says to the pure parser of YAML 1.2, which knows nothing of ours."""
    return YAML(typ="safe", pure=True).load(text)


def in_form(text: str) -> str:
    """The text formatted, after a look at it: it says the same, and formatting it again changes nothing."""
    result = formatted(text)
    assert said(result) == said(text)
    assert formatted(result) == result
    first = ENDS.search(text)
    assert set(ENDS.findall(result)) == {first[0] if first else "\n"}
    assert ENDS.sub("\n", result).endswith("\n")
    return result


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.parent.name)
def test_what_we_ship_is_in_our_own_form(path: Path) -> None:
    text = path.read_bytes().decode()
    assert formatted(text, str(path)) == text


@pytest.mark.parametrize("path", GOOD, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_good_storyboard_keeps_its_meaning(path: Path) -> None:
    in_form(path.read_bytes().decode("utf-8-sig"))


def test_every_way_to_write_a_mapping() -> None:
    """And what it says to another parser, where that one takes it, stays too."""
    judged = formed = 0
    for text in [*WAYS, *MARKS, *BREAKS]:
        try:
            result = in_form(text)
        except NotReadable:
            continue
        formed += 1
        try:
            before = loaded(text)
        except (YAMLError, TypeError):
            continue
        judged += 1
        assert loaded(result) == before, text
    assert formed > 90
    assert judged > 85


FORMS = {
    "indentation": ("a:\n- b:\n    c\n  d: e\n", "a:\n  - b: c\n    d: e\n"),
    "one blank line": ("\n\na: 1\n\n\n\nb: 2\n\n", "a: 1\n\nb: 2\n"),
    "no blank line below a key": ("a:\n\n  - b\n\n  - c\n", "a:\n  - b\n\n  - c\n"),
    "line ends, those of the first line": ("a: 1\r\nb:  2\r", "a: 1\r\nb: 2\r\n"),
    "line ends of Windows": ("a: 1\r\nb: |\r\n  c\r\n", "a: 1\r\nb: |\r\n  c\r\n"),
    "quotes are the author's": ("a: \"b\"\nc: 'd'\ne: f\n", "a: \"b\"\nc: 'd'\ne: f\n"),
    "escapes stay": ('a: "x\\u263a\\ty"\n', 'a: "x\\u263a\\ty"\n'),
    "a text over two lines": ("a: one\n  two\n", "a: one two\n"),
    "brackets on one line": ("a: [ b ,\n  c ]\nd: { e: f }\n", "a: [b, c]\nd: {e: f}\n"),
    "brackets with a comment": ("a: [b, # x\n  c]\n", "a:\n  - b # x\n  - c\n"),
    "an empty value": ("a:   \nb: {}\n", "a:\nb: {}\n"),
    "the short spelling is prose": (
        "shots:\n- wide 4s: a heron\n- id: x\n  prompt: reeds\n",
        "shots:\n  - wide 4s: >-\n      a heron\n  - id: x\n    prompt: reeds\n",
    ),
    "a number in a shot's place is no prose": ("shots:\n  - 4s: 12\n", "shots:\n  - 4s: 12\n"),
    "lines of more indentation": ("a: >\n    one\n      two\n    three\n", "a: >\n  one\n    two\n  three\n"),
    "trailing space shows itself": ("a: |\n  one\n   \n", 'a: "one\\n \\n"\n'),
    "a comment keeps its column": ("a: b      # x\nccc: d    # y\n", "a: b      # x\nccc: d    # y\n"),
    "a near comment stays near": ("a:   b # x\n", "a: b # x\n"),
    "a comment that goes on": ("a: b      # x\n          # y\n", "a: b      # x\n          # y\n"),
    "a comment in the place of a value": ("a:\n    # - b\nc: d\n", "a:\n  # - b\nc: d\n"),
    "a comment at its own depth": (
        "a:\n    - b\n    # in\n# out\nc: d\n",
        "a:\n  - b\n  # in\n# out\nc: d\n",
    ),
    "a comment behind a dash": ("a:\n  - # x\n    b: c\n", "a:\n  # x\n  - b: c\n"),
    "a comment behind a block's head": ("a: >-   # x\n    b\n", "a: >-   # x\n  b\n"),
    "the mark of a document": ("# x\n---\na: b\n...\n", "# x\n---\na: b\n"),
    "anchors": ("a: &x\n    b: c\nd: *x\n", "a: &x\n  b: c\nd: *x\n"),
}


@pytest.mark.parametrize("name", FORMS)
def test_the_form(name: str) -> None:
    before, after = FORMS[name]
    assert in_form(before) == after


WORDS = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen"


@pytest.mark.parametrize("quote", ["", "'", '"'])
def test_long_prose_is_filled(quote: str) -> None:
    result = in_form(f"a:\n  prompt: {quote}{WORDS} {WORDS}{quote}\n")
    head, *lines = result.splitlines()[1:]
    assert head == "  prompt: >-"
    assert all(line.startswith("    ") for line in lines)
    assert max(map(len, lines)) <= 100
    assert min(map(len, lines[:-1])) > 90
    assert " ".join(line.strip() for line in lines) == f"{WORDS} {WORDS}"


def test_wide_letters_count_twice() -> None:
    result = in_form("a: " + "一二三四五六七八九 " * 12 + "十\n")
    assert all(columns(line) <= 100 for line in result.splitlines())
    assert any(columns(line) > 90 for line in result.splitlines())


def test_nothing_is_folded_inside_jinja() -> None:
    expression = "{{ names | join(' and ') | replace('a b', 'c d') }}"
    result = in_form(f"a: {WORDS} {expression} {WORDS} {expression}\n")
    assert result.count(expression) == 2


def test_two_spaces_stay_together() -> None:
    text = "one  " * 60 + "end"
    result = in_form(f"a: '{text}'\n")
    assert f"'{text}'" in result or text in result


def test_what_is_no_mapping_is_refused_with_a_place() -> None:
    for text, code in {
        "- a\n": "SB103",
        "a: [b\n": "SB003",
        "": "SB016",
        "a: !x b\n": "SB004",
        "a: 1\na: 2\n": "SB005",
    }.items():
        with pytest.raises(NotReadable) as caught:
            formatted(text, "s.yaml")
        (found,) = caught.value.diagnostics
        assert (found.code, found.span.path) == (code, "s.yaml")


# Storyboards as people write them: any indentation, quotes, blocks and brackets, remarks wherever one may stand.
pieces = [*"abz 晨,.:;#-'\"{}[]@!?%&*|>`~0\\", "  ", ": ", " #", "{{ x y }}", "{% if a %}", "🎬", "é", " one"]
words = st.lists(st.sampled_from(pieces), max_size=60).map("".join)
COUNTED = ("# ✂ - a: b", "#   ✂")  # remarks that no text has by chance
remark = st.sampled_from(["# x", "#y", "#", *COUNTED])


@st.composite
def scalar(draw: st.DrawFn, depth: int) -> str:
    """A scalar behind its key, with the line's end."""
    text = draw(words)
    form = draw(st.sampled_from(["plain", "double", "single", ">", ">-", "|", "|-", ">+", "long"]))
    beside = "   " + draw(remark) if draw(st.integers(0, 5)) == 0 else ""
    if form in {">", ">-", "|", "|-", ">+"} and text.strip():
        lead = " " * (depth + draw(st.integers(1, 4)))
        lines = [
            lead + line for line in draw(st.lists(words.map(str.strip).filter(bool), min_size=1, max_size=4))
        ]
        return f" {form}{beside}\n" + "\n".join(lines) + "\n" * draw(st.integers(1, 3))
    if form == "double":
        return f" {json.dumps(text, ensure_ascii=draw(st.booleans()))}{beside}\n"
    if form == "single":
        return " '" + text.replace("'", "''") + f"'{beside}\n"
    plain = draw(st.sampled_from(["", "null", "true", "12", "1.50", "a b", "晨 光", "~", "0829"]))
    return f" {plain if form == 'plain' else WORDS + ' ' + plain}".rstrip() + f"{beside}\n"


@st.composite
def above(draw: st.DrawFn, depth: int) -> str:
    lines = []
    for kind in draw(st.lists(st.sampled_from(["blank", "own", "deeper", "shallower"]), max_size=3)):
        column = {
            "own": depth,
            "deeper": depth + draw(st.integers(1, 5)),
            "shallower": draw(st.integers(0, depth)),
        }
        lines.append("" if kind == "blank" else " " * column[kind] + draw(remark))
    return "".join(line + "\n" for line in lines)


@st.composite
def bracketed(draw: st.DrawFn, level: int) -> str:
    inside = draw(st.lists(st.sampled_from(["a", "1", '"b, c"', "'d'", "a b"]), max_size=4))
    if level and draw(st.booleans()):
        inside.append(draw(bracketed(level - 1)))
    joint = draw(st.sampled_from([", ", ",", ",\n              ", ", # x\n             "]))
    if draw(st.booleans()):
        return "{" + joint.join(f"k{number}: {each}" for number, each in enumerate(inside)) + "}"
    return "[" + joint.join(inside) + "]"


@st.composite
def collection(draw: st.DrawFn, depth: int, level: int) -> str:
    listed = draw(st.booleans()) and depth > 0
    made = []
    for number in range(draw(st.integers(1, 4))):
        head = " " * depth + (
            "-" if listed else draw(st.sampled_from([f"k{number}:", f'"k {number}":', f"wide {number}s:"]))
        )
        made.append(draw(above(depth)))
        kind = draw(st.sampled_from(["scalar", "scalar", "brackets", "nested"])) if level else "scalar"
        if kind == "scalar":
            made.append(head + draw(scalar(depth)))
        elif kind == "brackets":
            made.append(f"{head} {draw(bracketed(2))}{draw(st.sampled_from(['', '  # z']))}\n")
        else:
            inner = depth + draw(st.integers(1, 4))
            made.append(
                f"{head}{draw(st.sampled_from(['', ' # w', '    # v']))}\n{draw(collection(inner, level - 1))}"
            )
    return "".join(made)


@QUICK
@given(collection(0, 3), st.booleans())
def test_any_storyboard_says_the_same_in_our_form(text: str, windows: bool) -> None:
    text = text.replace("\n", "\r\n") if windows else text
    try:
        result = in_form(text)
    except NotReadable:
        return
    assert result.count("✂") == text.count("✂")


@QUICK
@given(st.sampled_from(OURS), st.randoms(use_true_random=False))
def test_a_good_storyboard_laid_out_badly(path: Path, dice: Any) -> None:
    """Blank lines, remarks and indentation by chance: the form is still the same, but for what was added."""
    lines = path.read_text(encoding="utf-8").splitlines()
    for _ in range(5):
        place = dice.randrange(len(lines))
        lines.insert(place, dice.choice(["", "# x", "      # y", "  ", "          # z"]))
    try:
        in_form("\n".join(lines))
    except NotReadable:
        return
