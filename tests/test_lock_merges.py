"""Branches that rendered apart merge by git alone, with the settings that `init` writes."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from bought import bought, taken
from msgspec.structs import replace

from storyboard.ledger.facts import known_takes
from storyboard.ledger.lock.file import bytes_of, read_lock
from storyboard.ledger.lock.line import Line
from storyboard.ledger.place import place_of

NOBODY: dict[str, str] = {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "nobody"), ("EMAIL", "nobody@example.invalid"))
}


@dataclass
class Repository:
    folder: Path

    def git(self, *arguments: str, code: int = 0) -> str:
        ended = subprocess.run(
            ["git", *arguments],
            cwd=self.folder,
            env={**os.environ, **NOBODY, "GIT_CONFIG_NOSYSTEM": "1"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert ended.returncode == code, ended.stdout + ended.stderr
        return ended.stdout

    def bought(self, *lines: Line) -> None:
        """These too, written as the program writes, and committed."""
        place = place_of(self.folder)
        place.lock_file.write_bytes(bytes_of([*read_lock(place).lines, *lines]))
        self.git("add", "-A")
        self.git("commit", "-qm", "more takes")

    def branch(self, name: str) -> None:
        self.git("checkout", "-q", "-b", name, "start")

    def takes(self) -> dict[str, tuple[int, str | None]]:
        return {f"{t.request_id}": (t.take, t.clip) for t in known_takes(self.folder)[0]}


@pytest.fixture
def repository(tmp_path: Path, run: Callable) -> Repository:
    made = Repository(tmp_path / "film")
    assert run("init", made.folder).code == 0
    made.git("init", "-q", "-b", "start")
    made.git("add", "-A")
    made.git("commit", "-qm", "a film")
    return made


def test_different_scenes(repository: Repository) -> None:
    repository.bought(taken(5))
    repository.branch("one")
    repository.bought(taken(1), taken(7))
    repository.branch("two")
    repository.bought(taken(2), taken(6))
    repository.git("merge", "-q", "one")
    assert sorted(repository.takes()) == ["id-1", "id-2", "id-5", "id-6", "id-7"]
    repository.git("checkout", "-q", "one")
    repository.git("merge", "-q", "two")
    assert sorted(repository.takes()) == ["id-1", "id-2", "id-5", "id-6", "id-7"]


def test_the_same_scene_bought_twice_is_two_takes_on_either_side(
    repository: Repository, run: Callable
) -> None:
    later = Line(replace(bought(2), digest=bought(1).digest, scene="scene-1"))
    repository.bought(taken(9))
    repository.branch("one")
    repository.bought(taken(1))
    repository.branch("two")
    repository.bought(later)
    repository.git("merge", "-q", "one")
    merged = repository.takes()
    assert merged["id-1"] == (1, bought(1).clip)
    assert merged["id-2"] == (2, bought(2).clip)
    repository.git("checkout", "-q", "one")
    repository.git("merge", "-q", "two")
    assert repository.takes() == merged
    ran = run("takes", repository.folder, "--format", "json")
    assert ran.code == 0
    rows = [
        (row["scene"], row["take"], row["state"])
        for row in json.loads(ran.out)["takes"]
        if row["scene"] == "scene-1"
    ]
    assert rows == [("scene-1", 1, "verified"), ("scene-1", 2, "verified")]


def test_one_take_that_both_sides_brought_further(repository: Repository) -> None:
    from storyboard.ledger.record import State

    sent = taken(1, state=State.SENT, clip=None, clip_url=None, finished_at=None)
    repository.bought(sent, taken(3))
    repository.branch("one")
    (repository.folder / "storyboard.lock").write_bytes(bytes_of([taken(1), taken(3)]))
    repository.git("commit", "-qam", "one")
    repository.branch("two")
    repository.bought(taken(1), taken(4))
    repository.git("merge", "-q", "one")
    assert repository.takes()["id-1"] == (1, bought(1).clip)
    assert len(repository.takes()) == 3


def test_a_checkout_with_other_line_ends_reads_alike(repository: Repository) -> None:
    (repository.folder / ".gitattributes").write_text("storyboard.lock merge=union\n", encoding="utf-8")
    repository.bought(taken(1), taken(2))
    clone = Repository(repository.folder.parent / "clone")
    repository.git("clone", "-q", "-c", "core.autocrlf=true", ".", str(clone.folder))
    assert (clone.folder / "storyboard.lock").read_bytes().count(b"\r\n") == 2
    assert clone.takes() == repository.takes()
    clone.git("checkout", "-q", "-b", "theirs")
    clone.bought(taken(4))
    repository.bought(taken(3))
    clone.git("fetch", "-q")
    clone.git("merge", "-q", "origin/start")
    assert sorted(clone.takes()) == ["id-1", "id-2", "id-3", "id-4"]


def test_without_the_driver_the_conflict_is_named(repository: Repository, run: Callable) -> None:
    (repository.folder / ".gitattributes").unlink()
    repository.bought(taken(5))
    repository.branch("one")
    repository.bought(taken(1))
    repository.branch("two")
    repository.bought(taken(2))
    repository.git("merge", "-q", "one", code=1)
    ran = run("check", repository.folder)
    assert ran.code == 1
    assert "SB501" in ran.out
    assert "merge=union" in ran.out
    lock = repository.folder / "storyboard.lock"
    kept = [row for row in lock.read_text(encoding="utf-8").splitlines() if row.startswith("{")]
    lock.write_text("\n".join(kept), encoding="utf-8")  # as the cure says
    assert run("check", repository.folder).code == 0
    assert {"id-1", "id-2"} <= set(repository.takes())
