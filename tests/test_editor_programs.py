"""Editors that people use, without a screen: each starts the real server and shows what it finds."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = Path(__file__).parent / "editors"
EDITORS = {
    "nvim": ("--headless", "-u", "NONE", "-c", f"luafile {SCRIPTS / 'neovim.lua'}"),
    "emacs": ("-q", "--batch", "-l", str(SCRIPTS / "emacs.el")),
}


@pytest.mark.long
@pytest.mark.parametrize("name", EDITORS)
def test_an_editor_shows_a_mistake_as_it_is_typed(name: str, tmp_path: Path) -> None:
    editor = shutil.which(name)
    if editor is None:
        pytest.skip(f"{name.upper()} IS NOT INSTALLED: the server was not tried in it")
    shutil.copytree(ROOT / "examples" / "potters-morning", tmp_path / "film")
    film, server = tmp_path / "film" / "storyboard.yaml", Path(sys.executable).parent / "storyboard"
    ran = subprocess.run(
        [editor, *EDITORS[name]],
        env={**os.environ, "FILM": str(film), "SERVER": str(server)},
        cwd=tmp_path,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    if "Cannot open load file" in ran.stderr:
        pytest.skip("EMACS HAS NO EGLOT OR NO YAML-MODE: the server was not tried in it")
    said = ran.stdout + ran.stderr
    assert "unknown key `nonsense`" in said, said
    assert any(line.startswith("2: ") for line in said.splitlines())
