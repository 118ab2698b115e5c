"""A git repository of a film, made by git itself: commits, branches, clones."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
from PIL import Image

AUTHOR = ("-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false")
LOCAL = ("-c", "protocol.file.allow=always")  # clones and submodules of what lies on this disk
WHEN = {"GIT_AUTHOR_DATE": "2026-11-20T10:00:00Z", "GIT_COMMITTER_DATE": "2026-11-20T10:00:00Z"}


@dataclass(frozen=True)
class Repository:
    """`folder` is its top."""

    folder: Path

    def git(self, *words: object, check: bool = True) -> str:
        """What git prints, without the last line's end."""
        ended = subprocess.run(
            ["git", *AUTHOR, *LOCAL, *map(str, words)],
            cwd=self.folder,
            env={**os.environ, **WHEN},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=60,
            check=False,
        )
        assert not check or ended.returncode == 0, ended.stderr.decode()
        return ended.stdout.decode().removesuffix("\n")

    def write(self, path: str, text: str | bytes) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text.encode() if isinstance(text, str) else text)
        return file

    def still(self, path: str, shade: int = 90) -> Path:
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (640, 360), (shade, 120, 160)).save(file)
        return file

    def commit(self, message: str = "a step") -> str:
        """All that is there, as a commit; its hash."""
        self.git("add", "-A")
        self.git("commit", "--quiet", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def cloned(self, folder: Path, *options: str) -> Repository:
        """A clone, through git's own transport, so that it can be shallow or partial."""
        self.git("config", "uploadpack.allowFilter", "true")
        self.git("config", "uploadpack.allowAnySHA1InWant", "true")
        self.git("clone", "--quiet", *options, self.folder.as_uri(), folder)
        return Repository(folder)


def new_repository(folder: Path) -> Repository:
    folder.mkdir(parents=True, exist_ok=True)
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch=main")
    return made


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return new_repository(tmp_path / "repository")
