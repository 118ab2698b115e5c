"""What is not text, too much, or made to hurt: a message with a place, quickly, and never a traceback."""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from storyboard.diagnostics import Diagnostic
from storyboard.findings import Report
from storyboard.read.load import read

TEXT = "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - id: dawn\n    prompt: {}\n"


def said(data: bytes | str) -> tuple[Diagnostic, ...]:
    report = Report()
    read("s.yaml", data.encode() if isinstance(data, str) else data, {}, report)
    return report.diagnostics()


def codes(data: bytes | str) -> list[str]:
    return [diagnostic.code for diagnostic in said(data)]


def test_more_than_32_mib_is_refused_before_it_is_read() -> None:
    line = b"x-filling: " + b"x" * 989 + b"\n"
    (found,) = said(line * (32 * 1024 * 1024 // len(line) + 1))
    assert (found.code, found.span.line, found.span.column) == ("SB001", 1, 1)
    assert "32 MiB" in found.message


def test_a_value_of_more_than_64_kib() -> None:
    assert codes(TEXT.format("x" * 65_537)) == ["SB010"]
    assert codes(TEXT.format('"' + "x" * 65_536 + '"')) == []  # too long for a prompt: another rule's matter


@pytest.mark.parametrize(
    ("data", "line", "column"),
    [
        (TEXT.format("caf\xe9").encode("latin-1"), 5, 16),
        (TEXT.format("a").encode("utf-16"), 1, 1),
        (TEXT.format("a").encode("utf-16-be"), 1, 1),
        (b"\xff\xfe", 1, 1),
        (TEXT.format("水").encode()[:-2] + b"\xff\n", 5, 13),
    ],
    ids=["latin-1", "utf-16", "utf-16-be", "mark-only", "cut-in-a-character"],
)
def test_other_encodings(data: bytes, line: int, column: int) -> None:
    (found,) = said(data)
    assert (found.code, found.span.line, found.span.column) == ("SB002", line, column)


@pytest.mark.parametrize("end", ["\r\n", "\r", "\n"])
def test_every_line_end_and_a_byte_order_mark(end: str) -> None:
    good = TEXT.format(">-\n      reeds\n      and a heron")
    assert said(good.replace("\n", end)) == ()
    assert said(b"\xef\xbb\xbf" + good.replace("\n", end).encode()) == ()
    bad = TEXT.format(">-\n      reeds\n      and @otter dives")
    for mark in (b"", b"\xef\xbb\xbf"):
        report = Report()
        assert read("s.yaml", mark + bad.replace("\n", end).encode(), {}, report)[1] is not None


@pytest.mark.parametrize("character", ["\x00", "\x07", "\x1b", "\x7f", "\x9b", "\ufdd0", "\u2028", "\u2029"])
def test_characters_that_no_prompt_needs(character: str) -> None:
    (found,) = said(TEXT.format(f"a{character}heron"))
    assert (found.code, found.span.line, found.span.column) == ("SB015", 5, 14)


@pytest.mark.parametrize("escape", [r"\0", r"\ud800", r"\udfff", r"\ufdd1"])
def test_escapes_for_what_cannot_be_sent(escape: str) -> None:
    (found,) = said(TEXT.format(f'"a{escape}"'))
    assert (found.severity, found.span.line) == ("error", 5)
    assert found.span.column in {13, 15}


def bomb(letters: str, width: int) -> str:
    lines = [f"x-a: &a [{', '.join('x' * width)}]"]
    for before, letter in pairwise(letters):
        lines.append(f"x-{letter}: &{letter} [{', '.join([f'*{before}'] * width)}]")
    return "\n".join(lines) + "\n"


HURTFUL = {
    "alias bomb": bomb("abcdefghi", 9),
    "mapping bomb": "x-a: &a {a: x, b: x, c: x}\n"
    + "".join(
        f"x-{c}: &{c} {{a: *{b}, b: *{b}, c: *{b}}}\n"
        for b, c in zip("abcdefghijkl", "bcdefghijklm", strict=True)
    ),
    "deep flow": "x-a: " + "[" * 100_000,
    "deep blocks": "".join("  " * n + "a:\n" for n in range(1_500)),
    "deep dashes": "- " * 20_000 + "x",
    "deep questions": "? " * 20_000 + "x",
    "long key": "k" * 2_000_000 + ": 1\n",
    "many documents": "---\n" * 100_000,
    "many directives": "%X y\n" * 50_000 + "---\na: 1\n",
    "many quotes": "x-a: " + '"' * 60_001,
    "many anchors": "".join(f"x-{n}: &a{n} 1\n" for n in range(20_000)),
    "many same keys": "a: 1\n" * 3_000,
    "only tabs": "\t" * 100_000,
    "only colons": ":" * 60_000,
    "long plain lines": "x-a: " + "word\n  " * 9_000,
    "templates": TEXT.format("'" + "{{ a }}" * 5_000 + "'"),
    "openers": TEXT.format("'" + "{{" * 8_000 + "'"),
    "parentheses": TEXT.format("'{{ " + "(" * 5_000 + " }}'"),
    "names": TEXT.format("'" + "@a " * 10_000 + "'"),
    "chevrons": TEXT.format("'" + "<<<" * 15_000 + "'"),
}


@pytest.mark.parametrize("text", HURTFUL.values(), ids=HURTFUL.keys())
def test_what_is_made_to_hurt_ends_soon_and_says_where(text: str) -> None:
    before = time.process_time()
    found = said(text)
    assert time.process_time() - before < 2
    lines = text.count("\n") + 1
    for diagnostic in found:
        span = diagnostic.span
        assert 1 <= span.line <= lines + 1
        assert len(diagnostic.message) < 2_000


@pytest.mark.parametrize(
    "text",
    [
        "? [a]\n: b\n",
        "? {a: 1}\n: b\n",
        "{? {a: b}: c}\n",
        "[a]: b\n",
        "{[a]: b}\n",
        "? - a\n: b\n",
    ],
)
def test_keys_that_are_not_text(text: str) -> None:
    assert codes(TEXT.format("reeds") + text if text[0] not in "{[" else text)[:1] != []
    assert set(codes(TEXT.format("reeds") + "x-a:\n  " + text.replace("\n", "\n  ").rstrip() + "\n")) <= {
        "SB003",
        "SB014",
    }


def test_a_pipe_is_not_waited_for(tmp_path: Path, process: Callable) -> None:
    pytest.importorskip("fcntl", reason="named pipes are of Unix")
    import os

    os.mkfifo(tmp_path / "storyboard.yaml")
    ran = process("check", tmp_path)
    assert ran.code in {2, 4}
    assert "Traceback" not in ran.err
    assert "not a regular file" in ran.err


@pytest.mark.parametrize("name", ["missing.yaml", ".", "no/such/folder"])
def test_a_path_without_a_storyboard(name: str, tmp_path: Path, run: Callable) -> None:
    ran = run("check", tmp_path / name)
    assert ran.code == 2
    assert "storyboard init" in ran.err


def test_more_values_than_any_film_has(tmp_path: Path, process: Callable) -> None:
    """In a process of its own: this one's memory is measured by other tests."""
    text = "x-a: [" + "1," * 1_000_100 + "]\n" + TEXT.format("reeds")
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = process("check", tmp_path)
    assert ran.code == 1
    assert "storyboard.yaml:1:" in ran.out
    assert "error[SB017]" in ran.out
