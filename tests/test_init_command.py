"""A new project: it checks, prices and expands at once, overwrites nothing, and says what to do next."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_a_new_project_is_without_a_mistake(tmp_path: Path, run: Callable) -> None:
    film = tmp_path / "film"
    assert run("init", film).code == 0
    assert {"storyboard.yaml", ".gitignore", ".gitattributes"} <= files(film)
    assert any(name.startswith("stills/") for name in files(film))
    ran = run("check", film)
    assert (ran.code, ran.out) == (0, "")
    for command in ("estimate", "plan", "expand"):
        assert run(command, film).code == 0


def test_the_modeline_names_a_schema_that_is_there(tmp_path: Path, run: Callable) -> None:
    run("init", tmp_path / "film")
    first = (tmp_path / "film" / "storyboard.yaml").read_text(encoding="utf-8").splitlines()[0]
    assert first.startswith("# yaml-language-server: $schema=")
    address = first.partition("=")[2]
    schema = tmp_path / "film" / address
    assert json.loads(schema.read_text(encoding="utf-8")) == json.loads(run("schema").out)


def test_git_ignores_what_a_render_leaves(tmp_path: Path, run: Callable) -> None:
    run("init", tmp_path)
    ignored = (tmp_path / ".gitignore").read_text(encoding="utf-8").split()
    assert ".storyboard/" in ignored
    assert "storyboard.lock" not in ignored
    attributes = (tmp_path / ".gitattributes").read_text(encoding="utf-8")
    (lock,) = [line.split() for line in attributes.splitlines() if line.startswith("storyboard.lock")]
    assert "merge=union" in lock


def test_here_is_the_default(tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ran = run("init")
    assert ran.code == 0
    assert "storyboard.yaml" in files(tmp_path)
    assert "storyboard check" in ran.out


def test_nothing_is_overwritten(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text("mine", encoding="utf-8")
    ran = run("init", tmp_path)
    assert ran.code == 2
    assert "storyboard.yaml" in ran.err
    assert files(tmp_path) == {"storyboard.yaml"}
    assert (tmp_path / "storyboard.yaml").read_text(encoding="utf-8") == "mine"


def test_twice_changes_nothing(tmp_path: Path, run: Callable) -> None:
    run("init", tmp_path)
    before = {name: (tmp_path / name).read_bytes() for name in files(tmp_path)}
    assert run("init", tmp_path).code == 2
    assert {name: (tmp_path / name).read_bytes() for name in files(tmp_path)} == before


def test_git_settings_that_are_there_keep_their_lines(tmp_path: Path, run: Callable) -> None:
    (tmp_path / ".gitignore").write_bytes(b"*.psd\n.storyboard/")
    assert run("init", tmp_path).code == 0
    lines = (tmp_path / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert lines[:2] == ["*.psd", ".storyboard/"]
    assert lines.count(".storyboard/") == 1
    assert len(lines) > 2


@pytest.mark.parametrize("name", ["nope", "../basic", "", "/etc"])
def test_a_starter_that_is_not_there(name: str, tmp_path: Path, run: Callable) -> None:
    ran = run("init", tmp_path, "--starter", name)
    assert ran.code == 2
    assert "basic" in ran.err
    assert files(tmp_path) == set()


def test_a_file_where_the_folder_should_be(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "film").write_text("x", encoding="utf-8")
    ran = run("init", tmp_path / "film")
    assert ran.code in {2, 4}
    assert "bug" not in ran.err


def test_a_folder_with_a_blank_and_letters_of_any_script(tmp_path: Path, run: Callable) -> None:
    film = tmp_path / "my 电影"
    ran = run("init", film)
    assert ran.code == 0
    assert run("check", film).code == 0
    assert any(
        "'" in line or '"' in line for line in ran.out.splitlines() if line.startswith("storyboard check")
    )
