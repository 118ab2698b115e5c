"""What is bought is decided by bytes: the same storyboard gives the same ones to whoever asks, wherever and however."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
COMMANDS = (
    ("check", "--format", "json"),
    ("expand", "--format", "json"),
    ("estimate", "--format", "json"),
    ("plan", "--format", "json"),
)
PATH = re.compile(rb'"path": "[^"]*storyboard\.yaml"')  # shown as it was named
SURROUNDINGS = (  # environment, umask, which copy of the project, from where
    ({"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "LANG": "C"}, 0o022, "here", "inside"),
    (
        {"PYTHONHASHSEED": "1", "TZ": "Pacific/Apia", "LC_ALL": "tr_TR.UTF-8"},
        0o077,
        "ünï cødé 水/deep",
        "above",
    ),
    ({"PYTHONHASHSEED": "4294967295", "TZ": "Asia/Kathmandu", "LANG": "de_DE.UTF-8"}, 0o000, "here", "root"),
    (
        {"PYTHONHASHSEED": "random", "TZ": "EST5EDT", "LC_ALL": "POSIX", "COLUMNS": "20"},
        0o027,
        "a b",
        "inside",
    ),
    (
        {"PYTHONHASHSEED": "7", "TZ": ":/no/such/zone", "LC_ALL": "nonsense", "TERM": "dumb"},
        0o777,
        "here",
        "above",
    ),
)


def said(
    command: tuple[str, ...], project: Path, env: dict[str, str], umask: int, start: str, top: Path
) -> bytes:
    cwd = {"inside": project, "above": top, "root": Path("/")}[start]
    named = os.path.relpath(project, cwd) if start != "root" else str(project)
    ended = subprocess.run(
        [sys.executable, "-m", "storyboard", command[0], named, *command[1:]],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        umask=umask if sys.platform != "win32" else -1,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr.decode()
    return PATH.sub(b"", ended.stdout)


@pytest.mark.parametrize(
    ("film", "places"),
    [
        ("packshot", SURROUNDINGS[::4]),
        *(
            pytest.param(film, SURROUNDINGS, marks=pytest.mark.long)
            for film in ("packshot", "potters-morning", "two-voices")
        ),
    ],
)
def test_the_same_bytes_in_all_surroundings(
    tmp_path: Path, film: str, places: tuple[tuple[dict[str, str], int, str, str], ...]
) -> None:
    commands = COMMANDS if places is SURROUNDINGS else COMMANDS[1::2]
    found: dict[str, set[bytes]] = {command[0]: set() for command in commands}
    for env, umask, folder, start in places:
        project = tmp_path / folder
        if not project.exists():
            shutil.copytree(ROOT / "examples" / film, project)
            (project / "storyboard.toml").touch()
        for command in commands:
            found[command[0]].add(said(command, project, env, umask, start, tmp_path))
    assert {name: len(outputs) for name, outputs in found.items()} == dict.fromkeys(found, 1)
