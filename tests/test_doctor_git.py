"""What `storyboard doctor` finds in git: clips, ledgers and keys that were committed, and nothing is run for it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from a_bought_film import Bought, bought, original

from storyboard.ledger.doctor.tracked import git_findings

__all__ = ["bought", "original"]


def git(folder: Path, *words: str) -> None:
    author = ("-c", "user.name=a", "-c", "user.email=a@b")
    subprocess.run(["git", "-C", str(folder), *author, *words], check=True, capture_output=True)


def test_what_was_committed_by_mistake(bought: Bought, monkeypatch: pytest.MonkeyPatch) -> None:
    git(bought.project, "init")
    shutil.copyfile(bought.clip(), bought.project / bought.clip().name)
    word = "0e0e0e0e-1111-2222-3333-444444444444:" + "5" * 32
    (bought.project / ".env").write_text(f"FAL_KEY={word}\n")
    (bought.project / "mine.txt").write_text("my-own-secret-word")
    git(bought.project, "add", ".env", "mine.txt", bought.clip().name, "-f", str(bought.place.ledger))
    monkeypatch.setenv("FAL_KEY", "my-own-secret-word")
    (bought.project / ".storyboard" / ".gitignore").unlink()
    found = git_findings(bought.project)
    broken = [finding.text for finding in found if finding.level == "miss"]
    assert any("ledger.sqlite" in text and bought.clip().name in text for text in broken)
    assert sum("holds a key" in text for text in broken) == 2
    assert word not in str(found)
    assert "secret" not in str(found)
    warned = [finding.text for finding in found if finding.level == "warn"]
    assert any("not ignored" in text for text in warned)
    assert any("storyboard.lock" in text for text in warned)
    assert bought.broken()[0] == 4


def test_a_new_project_is_as_git_should_have_it(run: Callable, tmp_path: Path) -> None:
    assert run("init", tmp_path / "film").code == 0
    git(tmp_path / "film", "init")
    git(tmp_path / "film", "add", "-A")
    assert [finding.level for finding in git_findings(tmp_path / "film")] == ["ok"]
    assert run("doctor", tmp_path / "film").code == 0
    assert not (tmp_path / "film" / ".storyboard").exists()


def test_a_repositorys_settings_run_nothing(bought: Bought, tmp_path: Path) -> None:
    git(bought.project, "init")
    canary = tmp_path / "canary"
    (bought.project / "hook").write_text(f"#!/bin/sh\ntouch {canary}\n")
    (bought.project / "hook").chmod(0o755)
    git(bought.project, "config", "core.fsmonitor", str(bought.project / "hook"))
    package = bought.project / "sqlite3"
    package.mkdir()
    (package / "__init__.py").write_text(f"open({str(canary)!r}, 'w')")
    ended = subprocess.run(
        [sys.executable, "-P", "-m", "storyboard", "doctor", "."],
        cwd=bought.project,
        capture_output=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
    assert not canary.exists()


def test_without_git_it_says_so(bought: Bought, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert [(f.level, f.name) for f in git_findings(bought.project)] == [("note", "git")]
