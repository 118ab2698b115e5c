"""A project with a policy: its renders are real processes, against a sandbox on loopback; what only asks is asked
here."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from asked_here import asked_here
from sandboxes import Visitor, visiting

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import TakeRecord

# 3 s, silent: 0.252 USD each by the book of 2026-10.
FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
defaults: {generate_audio: false, duration: 3}
scenes:
  - {id: one, prompt: a potter at the wheel}
  - {id: two, prompt: the potter rests}
"""

SENDING = ("render", "take", "voice", "reconcile")  # after a kill they begin as late as people do


@dataclass
class Film:
    """`policy` writes the project's settings anew."""

    project: Path
    visitor: Visitor

    @property
    def place(self) -> Place:
        return place_of(self.project, self.visitor.base)

    @property
    def takes(self) -> dict[str, TakeRecord]:
        return {take.scene: take for take in Ledger.open(self.place).takes()}

    @property
    def submits(self) -> int:
        return int(self.visitor.ledger()["submits"])

    def policy(self, *lines: str) -> None:
        text = "\n".join(["[policy]", *lines, ""])
        (self.project / "storyboard.toml").write_text(text, encoding="utf-8")

    def start(self, *arguments: str, **environment: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-m", "storyboard", *arguments],
            cwd=self.project,
            env={**os.environ, "STORYBOARD_FAL_URL": self.visitor.base, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, **environment: str) -> tuple[int, str]:
        """Exit code, and all that was said. What may send is a process of its own."""
        if arguments[0] not in SENDING:
            here = {"STORYBOARD_FAL_URL": self.visitor.base, **environment}
            code, out, err = asked_here(*arguments, cwd=self.project, environment=here)
            return code, out + err
        with self.start(*arguments, **environment) as process:
            out, err = process.communicate(timeout=100)
        assert "Traceback" not in err
        return process.returncode, out + err

    def render(self, *more: str, **environment: str) -> tuple[int, str]:
        return self.run("render", ".", "--yes", "-q", *more, **environment)


@contextmanager
def capped(folder: Path, *policy: str, text: str = FILM, **settings: Any) -> Iterator[Film]:
    project = folder / "project"
    project.mkdir()
    (project / "storyboard.yaml").write_text(text, encoding="utf-8")
    with visiting(folder / "state", **({"prices": "observed-2026-10"} | settings)) as visitor:
        film = Film(project, visitor)
        film.policy(*policy)
        yield film
