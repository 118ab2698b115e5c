"""Every mistake's message, to the letter: golden/err holds one mistake a file, golden/err/several those that take
several files, each behind a line `=== path`; golden/ok holds what must pass in silence."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from storyboard.rules.book import BOOK

ERR = Path(__file__).parent / "golden" / "err"
OK = Path(__file__).parent / "golden" / "ok"
MANUAL = Path(__file__).parent / "golden" / "manual"  # test_manual.py: the manual's own examples
# Rules whose mistake needs more than one small text: where they are proved.
ELSEWHERE = {
    "SB328": "test_rules_source.py: how long a film is",
    "SB001": "test_read_bytes.py: a file of more than 32 MiB",
    "SB010": "test_read_bytes.py: a value of more than 64 KiB",
    "SB017": "test_read_bytes.py: more values than any film has",
    "SB157": "test_read_includes.py: more files, and more of them, than any film has",
    **dict.fromkeys(
        ("SB403", "SB405", "SB406", "SB407", "SB408", "SB409", "SB410", "SB411"),
        "test_rules_stills.py: stills of every kind",
    ),
    **dict.fromkeys(("SB412", "SB413", "SB414", "SB415", "SB416"), "test_rules_stills.py: stills and videos"),
    "SB609": "test_prices_own.py: a price book beside it",
    "SB418": "test_estimate_command.py: a price needs no still",
    "SB505": "test_lock_damage.py: a lock that is a folder",
}
ERRORS = sorted(ERR.glob("*.yaml"))
SEVERAL = sorted((ERR / "several").glob("*.files"))
SILENT = sorted(OK.glob("*.yaml"))


@pytest.fixture
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], str]:
    """A storyboard by itself in an empty folder, which is its project."""

    def place(source: Path) -> str:
        shutil.copy(source, tmp_path / source.name)
        monkeypatch.chdir(tmp_path)
        return source.name

    return place


@pytest.mark.parametrize("source", ERRORS, ids=lambda path: path.stem)
def test_a_mistake(source: Path, alone: Callable, run: Callable, golden: Callable) -> None:
    ran = run("check", alone(source))
    assert ran.code in {0, 1}, ran.err
    golden(source.with_suffix(".out"), f"{ran.out}{ran.err}exit {ran.code}\n")


@pytest.mark.parametrize("source", SILENT, ids=lambda path: path.stem)
def test_a_good_storyboard_is_silent(source: Path, alone: Callable, run: Callable) -> None:
    ran = run("check", alone(source))
    assert (ran.code, ran.out, ran.err) == (0, "", "1 storyboard checked: no problems\n")


@pytest.mark.parametrize("source", SEVERAL, ids=lambda path: path.stem)
def test_a_mistake_of_several_files(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Callable, golden: Callable
) -> None:
    _, *parts = re.split(r"^=== (.+)\n", source.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for name, text in zip(parts[::2], parts[1::2], strict=True):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    ran = run("check", "storyboard.yaml")
    assert ran.code in {0, 1}, ran.err
    golden(source.with_suffix(".out"), f"{ran.out}{ran.err}exit {ran.code}\n")


def test_every_rule_has_a_mistake() -> None:
    said = "".join(
        path.read_text(encoding="utf-8") for folder in (ERR, MANUAL) for path in folder.rglob("*.out")
    )
    unproved = {code for code in BOOK if f"[{code}]" not in said} - ELSEWHERE.keys()
    assert not unproved, "rules that no golden mistake and no other test calls for"
    assert not {code for code in ELSEWHERE if f"[{code}]" in said}, "listed as proved elsewhere, but golden"
    assert ELSEWHERE.keys() <= BOOK.keys()


def test_every_golden_mistake_is_one() -> None:
    assert len(ERRORS) > 100
    assert not {path.stem for path in ERR.glob("*.out")} ^ {path.stem for path in ERRORS}
