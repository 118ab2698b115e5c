"""Warnings that an author has silenced: where a silence counts, and what is wrong with one."""

# ruff: noqa: E501 - a storyboard a line
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import process_time

import pytest
from hostile.boards import checked
from in_memory import TEXT

from storyboard.diagnostics import Diagnostic, Span
from storyboard.read.source import Source
from storyboard.rules.silence import silenced

SIGN = 'a sign that reads "open"'
COUNTS = {
    "on its line": f"  - id: a\n    prompt: {SIGN}  # storyboard: ignore SB818\n",
    "alone on the line above": f"  - id: a\n    # storyboard: ignore SB818\n    prompt: {SIGN}\n",
    "above, with remarks and a blank between": f"  - id: a\n    # storyboard: ignore SB818\n\n    # so\n    prompt: {SIGN}\n",
    "at the head of a block": f"  - id: a\n    prompt: >-  # storyboard: ignore SB818\n      one\n      two\n      {SIGN}\n",
    "above a block": f"  - id: a\n    # storyboard: ignore SB818\n    prompt: |\n      one\n      {SIGN}\n",
    "above quoted lines": f"  - id: a\n    # storyboard: ignore SB818\n    prompt: 'one\n      two {SIGN}'\n",
    "in a shorthand": f"  - id: a\n    shots:\n      - 4s: >-  # storyboard: ignore SB818\n          {SIGN}\n",
    "one of several": f"  - id: a\n    generate_audio: false\n    prompt: we hear a {SIGN}  # storyboard: ignore SB815, SB818\n",
    "without a blank": f"  - id: a\n    prompt: {SIGN}  #storyboard: ignore SB818\n",
    "in small letters, with a reason": f"  - id: a\n    prompt: {SIGN}  # storyboard: ignore sb818 the still has it\n",
}  # fmt: skip
WRONG = {
    "of another rule": (f"  - id: a\n    prompt: {SIGN}  # storyboard: ignore SB817\n", ["SB818", "SB801"]),
    "on the line before": (f"  - id: a  # storyboard: ignore SB818\n    prompt: {SIGN}\n", ["SB801", "SB818"]),
    "behind the block": (f"  - id: a\n    prompt: >-\n      {SIGN}\n    # storyboard: ignore SB818\n", ["SB818", "SB801"]),
    "twice": (f"  - id: a\n    # storyboard: ignore SB818\n    prompt: {SIGN}  # storyboard: ignore SB818\n", []),
    "inside a text": (f"  - id: a\n    prompt: >-\n      {SIGN} # storyboard: ignore SB818\n", ["SB818"]),
    "inside quotes": (f"  - id: a\n    prompt: '{SIGN} # storyboard: ignore SB818'\n", ["SB818"]),
    "without a code": (f"  - id: a\n    prompt: {SIGN}  # storyboard: ignore\n", ["SB818", "SB802"]),
    "of everything": (f"  - id: a\n    prompt: {SIGN}  # storyboard: ignore all\n", ["SB818", "SB802"]),
    "of an unknown rule": (f"  - id: a\n    prompt: {SIGN}  # storyboard: ignore SB81\n", ["SB818", "SB804"]),
    "of an error": ("  - id: a\n    promt: x  # storyboard: ignore SB101\n    prompt: y\n", ["SB101", "SB803"]),
    "of nothing, beside an error": ("  - id: a\n    promt: x  # storyboard: ignore SB818\n", ["SB101"]),
    "in what is no YAML": ("  - id: a\n    prompt: @x  # storyboard: ignore SB818\n", ["SB003"]),
}  # fmt: skip


@pytest.mark.parametrize("where", COUNTS)
def test_where_a_silence_counts(where: str, tmp_path: Path) -> None:
    assert [d.message for d in checked(tmp_path, TEXT + "scenes:\n" + COUNTS[where]).diagnostics] == []


@pytest.mark.parametrize("what", WRONG)
def test_what_is_wrong_with_a_silence(what: str, tmp_path: Path) -> None:
    text, codes = WRONG[what]
    assert [d.code for d in checked(tmp_path, TEXT + "scenes:\n" + text).diagnostics] == codes


def test_a_silence_of_nothing_is_told_only_when_everything_was_judged(tmp_path: Path, run: Callable) -> None:
    text = (
        TEXT
        + f"scenes:\n  - id: a\n    prompt: {SIGN}  # storyboard: ignore SB818\n  - {{id: b, prompt: reeds}}\n"
    )
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    assert run("check", tmp_path, "--scene", "b").out == ""
    assert run("check", tmp_path).out == ""


def test_many_silences_take_as_long_as_many_lines() -> None:
    """Compared one with another, these 6,000 would be 36 million."""
    text = "".join(f"- a{number}: ''  # storyboard: ignore SB117\n" for number in range(6000))
    source = Source("x.yaml", text)
    found = [
        Diagnostic("SB117", "warning", "empty", Span("x.yaml", line, 3, line, 4)) for line in range(1, 6002)
    ]
    began = process_time()
    kept = silenced(found, [source], complete=True)
    assert process_time() - began < 2
    assert [each.span.line for each in kept] == [6001]


def test_settings_have_silences_too(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text(TEXT + "scenes: [{id: a, prompt: reeds}]\n", encoding="utf-8")
    settings = tmp_path / "storyboard.toml"
    settings.write_text("[fal]\nstore_io = false  # storyboard: ignore SB604\n", encoding="utf-8")
    assert run("check", tmp_path).out == ""
    settings.write_text("[fal]\nstore_io = false\n", encoding="utf-8")
    assert "SB604" in run("check", tmp_path).out
