"""A small film as people have it, in a folder of its own, with a sandbox that stands for fal: rendered by real
processes, and judged at the end by what the sandbox took and what lies in the project."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from a_plan import still
from kept_rows import witness_of
from msgspec.structs import replace

from storyboard.ledger.database import database_of
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.ledger.sqlite import SqliteFile
from storyboard.sandbox.record import QueuedRequest
from storyboard.sandbox.sandbox import Sandbox
from storyboard.sandbox.serve import running
from storyboard.sandbox.settings import SandboxSettings

# Two takes of one request have equal bodies, so that a lost answer has two candidates; the third asks elsewhere.
THREE = """
storyboard: 1
endpoint: kling-v3-standard
defaults:
  generate_audio: false
  duration: 3
  prompt: a potter at the wheel, static
scenes:
  - id: one
    start_image: still.png
  - id: two
    start_image: still.png
    take: 2
  - id: three
    endpoint: kling-v3-standard-text
    prompt: rain on the window of a pottery, static
"""
SCENES = 3
RUNS = 6  # until quiet, at the most
Ended = tuple[int, str, str]


@dataclass
class Film:
    """A project and its sandbox. `run` runs `storyboard`: as a process of its own, unless another way is given."""

    project: Path
    sandbox: Sandbox
    base_url: str
    environment: dict[str, str]
    aside: Path  # a folder for what a test writes beside the project
    way: Callable[..., Ended] | None = None
    place: Place = field(init=False)

    def __post_init__(self) -> None:
        self.place = place_of(self.project, self.base_url)

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "storyboard", *arguments]

    def start(self, *arguments: str, under: tuple[str, ...] = ()) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*under, *self.command(*arguments)],
            cwd=self.project,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> Ended:
        if self.way is not None:
            return self.way(self, *arguments)
        with self.start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return process.returncode, out, err

    def render(self) -> Ended:
        return self.run("render", ".", "--yes")

    def bought(self) -> list[QueuedRequest]:
        """What the sandbox took, in order; all of it would have been paid."""
        return self.sandbox.state.in_order()

    def takes(self) -> dict[str, TakeRecord]:
        """As they are on the disk: a copy is opened, or this process would undo what a kill left half done."""
        if self.place.shared is not None:
            return {take.scene: take for take in Ledger(self.place, database_of(self.place)).takes()}
        copy = self.aside / "copy.sqlite"
        for end in ("", "-journal"):
            copy.with_name(copy.name + end).unlink(missing_ok=True)
            if (found := self.place.ledger.with_name(self.place.ledger.name + end)).exists():
                shutil.copy(found, copy.with_name(copy.name + end))
        if not copy.exists():
            return {}
        with contextlib.closing(sqlite3.connect(copy)) as database:
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'takes'").fetchone():
                return {}
        return {take.scene: take for take in Ledger(self.place, SqliteFile(copy)).takes()}

    def quiet(self) -> None:
        """From now on nothing goes wrong at the sandbox."""
        self.sandbox.settings = replace(
            self.sandbox.settings, faults={}, history_outage=False, history_lag=0.0
        )


@dataclass(frozen=True)
class Prepared:
    """What an undisturbed run leaves: the sandbox's drawings, and the cut."""

    clips: Path
    cut: bytes


@contextmanager
def filmed(
    folder: Path, prepared: Prepared | None = None, *, project: Path | None = None, **settings: Any
) -> Iterator[Film]:
    """A film in a new folder, or with its project in another one; its sandbox checks that every intent is on the disk
    before its submit arrives."""
    project, state = project or folder / "project", folder / "state"
    folder.mkdir(parents=True, exist_ok=True)
    project.mkdir()
    still(project)
    (project / "storyboard.yaml").write_text(THREE, encoding="utf-8")
    if prepared is not None:
        shutil.copytree(prepared.clips, state / "clips", copy_function=os.link)
    with running(SandboxSettings(**({"state": state, "latency": 0.0} | settings))) as server:
        environment = {
            **os.environ,
            "STORYBOARD_FAL_URL": server.base_url,
            "XDG_STATE_HOME": str(folder / "home"),
        }
        film = Film(project, server.sandbox, server.base_url, environment, folder)
        server.sandbox.settings = replace(server.sandbox.settings, watched_ledger=witness_of(film.place))
        yield film


@cache  # once a process, however many modules ask
def undisturbed(folder: Path) -> Prepared:
    with filmed(folder) as film:
        code, _, err = film.render()
        assert code == 0, err
        return Prepared(folder / "state" / "clips", (film.project / "cut.mp4").read_bytes())


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    return undisturbed(tmp_path_factory.getbasetemp() / "undisturbed")


@dataclass(frozen=True)
class Tally:
    """What it took to finish: runs, and takes that a person let be sent again since the sandbox never had them."""

    runs: int
    resent: int


def settled(film: Film, prepared: Prepared) -> Tally:
    """Run after run until all is done; a person settles what nobody can know. Then: nothing bought twice, nothing
    lost, everything finished, and the film is the one of an undisturbed run."""
    film.quiet()
    forgotten(film)
    resent = runs = 0
    code = -1
    while code != 0:
        code, _, err = film.render()
        runs += 1
        assert runs <= RUNS, f"it does not come to an end: {err}"
        plainly_said(code, err)
        assert code in {0, 3}, err
        if code == 3:
            lost = [scene for scene, take in film.takes().items() if take.state is State.UNKNOWN]
            assert lost, err
            assert len(film.bought()) <= SCENES - len(lost), "a take that the sandbox has was parked"
            resent += len(lost)
            again = film.run("reconcile", ".", *(f"--resend={scene}" for scene in lost))
            assert again[0] == 0, again[2]
    whole(film, prepared)
    return Tally(runs, resent)


def forgotten(film: Film) -> None:
    """Fails when the sandbox took more than the ledger knows to be under way: a kill must leave a trace of each."""
    owed = [t for t in film.takes().values() if t.state not in {State.INTENDED, State.FAILED}]
    assert len(film.bought()) <= len(owed), "the ledger knows nothing of a request that was taken"


def whole(film: Film, prepared: Prepared) -> None:
    takes = film.takes()
    assert {take.state for take in takes.values()} == {State.VERIFIED}
    paid = sorted(row.id for row in film.bought())
    assert paid == sorted(take.request_id or "" for take in takes.values())
    assert len(paid) == SCENES, f"{len(paid)} bought"
    assert not film.sandbox.state.unannounced, film.sandbox.state.unannounced
    assert (film.project / "cut.mp4").read_bytes() == prepared.cut, "the cut is another one"
    for clip in film.place.clips.rglob("*.*"):
        assert hashlib.sha256(clip.read_bytes()).hexdigest() == clip.stem, clip
    assert not list(film.place.incoming.iterdir()), "half a clip was left"


def plainly_said(code: int, err: str) -> None:
    assert "Traceback" not in err, err
    assert code != 70, err


@contextlib.contextmanager
def repeated_by(command: str) -> Iterator[None]:
    """A failure says by which one command it comes again."""
    try:
        yield
    except BaseException as failure:
        failure.add_note(f"to repeat: {command}")
        raise
