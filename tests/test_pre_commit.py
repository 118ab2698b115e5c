"""The hooks for pre-commit, run by pre-commit itself in a real repository."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from a_repository import new_repository
from pre_commit.main import main as pre_commit_main
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[1]
HOOKS = ROOT / ".pre-commit-hooks.yaml"
HEAD = "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n"
GOOD = HEAD + "  - id: dawn\n    prompt: a heron\n"
BADLY = HEAD + "- id: dawn\n  prompt:   a heron\n"
WRONG = HEAD + "  - id: dawn\n    promt: a heron\n"


def pre_commit(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PRE_COMMIT_HOME": str(folder / ".git" / "pre-commit")}
    environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=280,
    )


def test_the_manifest_is_one() -> None:
    assert pre_commit_main(["validate-manifest", str(HOOKS)]) == 0
    hooks = YAML(typ="safe").load(HOOKS.read_text(encoding="utf-8"))
    assert [(hook["id"], hook["entry"], hook["language"]) for hook in hooks] == [
        ("storyboard-check", "storyboard check", "python"),
        ("storyboard-fmt", "storyboard fmt", "python"),
    ]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A repository with the hooks as they are published, but for the environment: they run in this one."""
    new_repository(tmp_path / "film")
    hooks = YAML(typ="safe").load(HOOKS.read_text(encoding="utf-8"))
    local = {"repos": [{"repo": "local", "hooks": [{**hook, "language": "system"} for hook in hooks]}]}
    with (tmp_path / "film" / ".pre-commit-config.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe").dump(local, file)
    return tmp_path / "film"


def commit(project: Path, **files: str) -> subprocess.CompletedProcess[str]:
    for name, text in files.items():
        path = project / (name.replace("__", "/") + ".yaml")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    subprocess.run(["git", "add", "-A"], cwd=project, check=True, capture_output=True)
    return pre_commit(project, "run")


@pytest.mark.long
def test_the_hooks_at_work(project: Path) -> None:
    ran = commit(project, storyboard=BADLY, other=WRONG, cast="a:   b\n")
    assert ran.returncode == 1
    assert "storyboard check.........................................................Passed" in ran.stdout
    assert "storyboard fmt...........................................................Failed" in ran.stdout
    assert "- files were modified by this hook" in ran.stdout
    assert (project / "storyboard.yaml").read_text(encoding="utf-8") == GOOD
    assert (project / "other.yaml").read_text(encoding="utf-8") == WRONG
    assert commit(project).returncode == 0
    ran = commit(project, acts__storyboard=WRONG)
    assert ran.returncode == 1
    assert "acts/storyboard.yaml:5:5: error[SB101]: unknown key `promt`" in ran.stdout


@pytest.mark.long
def test_the_hooks_installed_from_a_clone(tmp_path: Path) -> None:
    """As `.pre-commit-config.yaml` would have it: the program in an environment that pre-commit makes."""
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", "--no-local", str(ROOT), str(clone)], check=True, timeout=60)
    film = tmp_path / "film"
    new_repository(film)
    (film / "storyboard.yaml").write_text(BADLY, encoding="utf-8")
    subprocess.run(["git", "add", "-A"], cwd=film, check=True, capture_output=True)
    ran = pre_commit(film, "try-repo", str(clone), "storyboard-fmt", "--all-files")
    if "Connection" in ran.stdout + ran.stderr or "No matching distribution" in ran.stdout + ran.stderr:
        pytest.skip("THE PACKAGE REGISTRY IS OUT OF REACH: the hooks were not installed")
    assert "files were modified by this hook" in ran.stdout, ran.stdout + ran.stderr
    assert (film / "storyboard.yaml").read_text(encoding="utf-8") == GOOD
