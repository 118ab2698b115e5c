"""The manual of the rules is its own test: what it calls wrong gives that code and no other, what it calls right gives
none."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import wave
from collections.abc import Callable
from pathlib import Path

import pytest
from bought import taken
from PIL import Image

from storyboard.cli.console import width
from storyboard.diagnostics import Diagnostic
from storyboard.ledger.lock.file import examined
from storyboard.ledger.lock.line import text_of
from storyboard.location import locate
from storyboard.pipeline import check
from storyboard.report.explained import as_text
from storyboard.report.frames import frames
from storyboard.rules.book import BOOK
from storyboard.rules.explained import CHAPTERS, Explained, manual

GOLDEN = Path(__file__).parent / "golden" / "manual"
# Rules without an example: what they are about is no text of a few lines. Where they are proved instead.
WITHOUT = {
    **dict.fromkeys(("SB001", "SB010", "SB017"), "test_read_bytes.py: what is too large"),
    **dict.fromkeys(
        ("SB403", *(f"SB{number}" for number in range(405, 417))), "test_rules_stills.py: what is in a file"
    ),
    "SB141": "golden/err/for-each-too-long: a thousand items",
    "SB142": "golden/err/for-each-too-much: ten thousand scenes",
    "SB150": "golden/err/several/included-keys: the mistake is in another file",
    "SB156": "golden/err/several/defaults-of-two-files: the mistake is in two of them",
    "SB157": "test_read_includes.py: more files, and more of them, than any film has",
    "SB165": "golden/err/several/template-circle: the mistake is in a template",
    "SB177": "golden/err/several/template-of-nothing: the mistake is in a template",
    "SB609": "test_prices_own.py: a price book beside it",
    "SB328": "test_rules_source.py: how long a film is",
    "SB418": "test_estimate_command.py: a price needs no still",
    "SB505": "test_lock_damage.py: a lock that is a folder",
}
ALSO = {"SB315": {"SB317"}, "SB712": {"SB707"}}  # what a wrong example can't be without
ENCODED = {"SB002": "latin-1"}
CHAPTERS_OF = sorted({entry.chapter for entry in manual().values()})


@pytest.fixture
def said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Explained, str], list[Diagnostic]]:
    """What `check` says of an example, in a project with one still and two files to include."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "stills").mkdir()
    Image.new("RGB", (640, 360)).save(tmp_path / "stills" / "dawn.png")
    with wave.open(str(tmp_path / "theme.wav"), "wb") as sound:
        sound.setparams((1, 2, 48_000, 0, "NONE", ""))
        sound.writeframes(bytes(9_600))
    (tmp_path / "cast.yaml").write_text("elements: {heron: {description: a grey heron}}\n", encoding="utf-8")
    (tmp_path / "act.yaml").write_text("scenes: [{id: dusk, prompt: a gull lands}]\n", encoding="utf-8")
    (tmp_path / ".git").mkdir()

    def diagnostics(entry: Explained, word: str) -> list[Diagnostic]:
        example = entry.wrong if word == "wrong" else entry.right
        assert example is not None, f"{entry.code} has no example of what is {word}"
        if example.language == "json":
            lock = tmp_path / "storyboard.lock"
            lock.write_text(example.text, encoding="utf-8")
            return list(examined(lock, "storyboard.lock").diagnostics)
        board = example.file if example.language == "yaml" else "storyboard: 1\nscenes: []\n"
        settings = example.text if example.language == "toml" else ""
        (tmp_path / "storyboard.toml").write_text(settings, encoding="utf-8")
        (tmp_path / "storyboard.yaml").write_bytes(
            board.encode(ENCODED.get(entry.code, "utf-8") if word == "wrong" else "utf-8")
        )
        found = check(locate(Path("storyboard.yaml")), {})
        said = [
            one for one in found.diagnostics if example.language == "yaml" or one.span.path.endswith(".toml")
        ]
        diagnostics.sources = found.sources  # type: ignore[attr-defined]
        return said

    diagnostics.sources = ()  # type: ignore[attr-defined]
    return diagnostics


@pytest.mark.parametrize("chapter", CHAPTERS_OF)
def test_what_is_wrong(chapter: str, said: Callable, golden: Callable) -> None:
    parts = []
    for entry in manual().values():
        if entry.chapter == chapter and entry.code not in WITHOUT:
            found = said(entry, "wrong")
            assert {one.code for one in found} - ALSO.get(entry.code, set()) == {entry.code}, found
            parts.append(frames(found, said.sources))
    golden(GOLDEN / f"{chapter.casefold().replace(' ', '-').replace(',', '')}.out", "\n\n".join(parts) + "\n")


@pytest.mark.parametrize("chapter", CHAPTERS_OF)
def test_what_is_right(chapter: str, said: Callable) -> None:
    for entry in manual().values():
        if entry.chapter == chapter and entry.code not in WITHOUT and entry.wrong.language != "json":
            assert [(one.code, one.message) for one in said(entry, "right")] == [], entry.code


def test_a_line_of_the_lock_that_is_right(tmp_path: Path) -> None:
    (tmp_path / "storyboard.lock").write_text(text_of(taken(1)) + "\n", encoding="utf-8")
    assert examined(tmp_path / "storyboard.lock", "storyboard.lock").diagnostics == ()


def test_every_rule_has_its_page_and_every_page_its_rule() -> None:
    assert manual().keys() == BOOK.keys()
    headings = "".join(path.read_text(encoding="utf-8") for path in CHAPTERS.glob("*.md"))
    assert headings.count("\n## ") == len(BOOK), "a rule has two pages, or a heading that is none"
    assert all(entry.title and len(entry.text.split()) >= 4 for entry in manual().values())
    assert {code for code, entry in manual().items() if entry.wrong is None} == set(WITHOUT)


def test_explain(run: Callable) -> None:
    ran = run("explain", "SB106")
    assert ran.code == 0
    for words in ("SB106: a duration is whole seconds (error)", "duration: 3.5", "duration: 4s", "Source: "):
        assert words in ran.out
    assert run("explain", "sb106").out == run("explain", "106").out == ran.out
    assert "`# storyboard: ignore SB204`" in run("explain", "SB204").out


@pytest.mark.parametrize("columns", [40, 80, 100])
def test_prose_is_filled_and_says_every_word(columns: int) -> None:
    for entry in manual().values():
        text = as_text(entry, columns)
        prose = text.partition("\n\nWrong:")[0].split("\n")
        assert [line for line in prose[1:] if len(line) > columns and " " in line.strip()] == [], entry.code
        assert " ".join(entry.text.split()) in " ".join(text.split())


def test_no_placeholder_is_shown(run: Callable) -> None:
    assert "It says" not in run("explain", "SB003").out, "all of it depends on the storyboard"
    assert "    Jinja: …\n" in run("explain", "SB207").out
    assert "    a clip of … s: … to … s are possible\n" in run("explain", "SB303").out
    for entry in manual().values():
        text = as_text(entry, 100)
        said = text.partition("It says:")[2].partition("Wrong:")[0].partition("Source:")[0]
        assert re.search(r"\{\w+\}", said) is None, entry.code


def test_explain_fills_the_terminal(monkeypatch: pytest.MonkeyPatch, run: Callable) -> None:
    piped = run("explain", "SB106").out
    assert max(map(len, piped.split("Wrong:")[0].splitlines())) <= 80
    outer, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 48, 0, 0))
    with os.fdopen(inner, "w", encoding="utf-8") as terminal:
        monkeypatch.setattr("sys.stdout", terminal)
        assert width() == 48
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 200, 0, 0))
        assert width() == 100
        monkeypatch.undo()
    os.close(outer)


def test_explain_alone_lists_every_rule(run: Callable) -> None:
    ran = run("explain")
    assert [line.split()[0] for line in ran.out.splitlines() if line.startswith("  SB")] != []
    assert sorted(line.split()[0] for line in ran.out.splitlines() if line.startswith("  SB")) == sorted(BOOK)


def test_explain_for_programs(run: Callable) -> None:
    (rule,) = json.loads(run("explain", "SB303", "--format", "json").out)["rules"]
    assert (rule["code"], rule["severity"], rule["read"]) == ("SB303", "error", "2026-10-04")
    assert rule["wrong"]["text"].startswith("scenes:")
    assert len(json.loads(run("explain", "--format", "json").out)["rules"]) == len(BOOK)
    page = run("explain", "SB303", "--format", "markdown").out
    assert page.startswith("## SB303: the length of a clip\n")
    assert page.count("```") == 4


def test_explain_what_there_is_not(run: Callable) -> None:
    ran = run("explain", "SB10l")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean `SB" in ran.err
    assert "`storyboard explain` lists them" in run("explain", "nothing-like-it").err


def test_check_does_not_read_the_manual() -> None:
    code = "import sys, storyboard.cli.check; sys.exit('storyboard.rules.explained' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
