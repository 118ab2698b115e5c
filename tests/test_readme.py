"""What the README shows is true: its storyboard has no mistakes, its commands exist, its set-up lines are two."""

from __future__ import annotations

import re
from pathlib import Path

from in_memory import compiled

from storyboard.cli.app import COMMANDS
from storyboard.media.fact import MediaFact

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_its_storyboard_has_no_mistakes() -> None:
    text, edited, *_ = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    paths = re.findall(r"stills/[a-z-]+\.jpg", text)
    stills = {
        path: MediaFact(path, kind="jpeg", size=9, sha256="0" * 64, width=640, height=360) for path in paths
    }
    result = compiled(text, media=stills)
    assert result.diagnostics == ()
    assert [request.scene for request in result.requests] == ["lamp", "sea"]
    result = compiled("storyboard: 1\nendpoint: kling-v3-standard-text\n" + edited)
    assert result.diagnostics == ()


def test_its_longer_film_has_no_mistakes() -> None:
    text = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)[2]
    cast = text.replace("include: cast.yaml", "elements: {host: {description: an old man}}", 1)
    result = compiled(re.sub(r"  - include: .*\n", "", cast))
    assert result.diagnostics == ()
    assert [request.scene for request in result.requests] == ["sencha", "hojicha", "walk.1", "walk.2", "end"]


def test_every_command_is_there_and_listed() -> None:
    table = README[README.index("## Commands") : README.index("`PATH` is")]
    listed = set(re.findall(r"(?:^\| |· )`([a-z]+)", table, re.MULTILINE))
    assert listed == set(COMMANDS)


def test_set_up_takes_two_lines() -> None:
    lines = [line for line in README.splitlines() if line.startswith("python3 -m venv ")]
    assert len(lines) == 2
    assert "render examples/potters-morning --sandbox" in lines[0]
    assert "pytest" in lines[1]
