# ruff: noqa: T201 - a benchmark prints what it found
"""How long after a key the diagnostics are there: beside a whole `check` of the same file by the command line, and
beside the YAML language server with our schema. Run with `pytest -m long -s tests/benchmarks/test_lsp.py`.

From the moment that the change is sent to the moment that its diagnostics have come, over the real process's streams.
The YAML language server waits 200 ms after each key before it looks, and that counts.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from an_editor import OURS, Editor, session
from test_check import SCHEMA, compiled, film

__all__ = ["compiled"]

JAVASCRIPT = Path(__file__).parents[1] / "javascript" / "yaml-language-server"
KEYS = 15
AWAY = ("ENOTFOUND", "ECONNREFUSED", "EAI_AGAIN", "ETIMEDOUT", "ENETUNREACH", "E404", "E403", "ECONNRESET")


def after_a_key(path: Path, server: tuple[str, ...] = OURS) -> float:
    """Seconds; the median of some keys typed into the prompt in the middle."""
    found: list[float] = []
    middle = f"number {path.read_text(encoding='utf-8').count('start_image') // 2}-1 "

    async def act(editor: Editor) -> None:
        editor.open()
        await editor.diagnostics()
        for key in range(KEYS):
            old = middle if key == 0 else f"{middle}{'x' * key}"
            begun = time.perf_counter()
            editor.type(old, f"{middle}{'x' * (key + 1)}")
            await editor.diagnostics()
            found.append(time.perf_counter() - begun)

    session(path, act, server=server)
    return statistics.median(found)


def whole_check(path: Path) -> float:
    """Seconds of a process that checks it, the median of some."""
    found = []
    for _ in range(7):
        begun = time.perf_counter()
        subprocess.run([sys.executable, "-m", "storyboard", "check", path], check=True, capture_output=True)
        found.append(time.perf_counter() - begun)
    return statistics.median(found)


def told(name: str, ours: float, other: float, peer: str) -> float:
    print(f"\n{name}: {1000 * ours:.0f} ms beside {1000 * other:.0f} ms of {peer}, ratio {ours / other:.2f}")
    return ours / other


@pytest.mark.long
@pytest.mark.parametrize(("scenes", "most"), [(100, 0.25), (1_000, 0.25)])
def test_a_key_beside_a_whole_check(scenes: int, most: float, tmp_path: Path) -> None:
    path = film(tmp_path, scenes)
    key = after_a_key(path)
    assert told(f"a key, {scenes:,} scenes", key, whole_check(path), "a whole `storyboard check`") < most


@pytest.mark.long
def test_ten_times_the_scenes_do_not_take_ten_times_as_long(tmp_path: Path) -> None:
    """Only the scene that is typed in is looked at, until there is time for all."""
    small, large, huge = (after_a_key(film(tmp_path, count)) for count in (100, 1_000, 10_000))
    told("a key, 10,000 scenes (12 MB)", huge, large, "1,000 scenes")
    assert told("a key, 1,000 scenes", large, small, "100 scenes") < 5


def yaml_language_server(folder: Path) -> tuple[str, ...]:
    shutil.copy(JAVASCRIPT / "package.json", folder)
    npm, node = (
        shutil.which(name, path=str(Path(sys.executable).parent)) or shutil.which(name)
        for name in ("npm", "node")
    )
    if npm is None or node is None:
        pytest.skip("NO NODE.JS: the YAML language server was not tried")
    options = [
        "--no-audit",
        "--no-fund",
        "--no-update-notifier",
        "--fetch-timeout=20000",
        "--fetch-retries=1",
    ]
    ran = subprocess.run(
        [npm, "install", *options], cwd=folder, capture_output=True, text=True, check=False, timeout=200
    )
    if any(word in ran.stderr for word in AWAY):
        pytest.skip("THE NPM REGISTRY IS OUT OF REACH: the YAML language server was not tried")
    assert ran.returncode == 0, ran.stderr
    return (
        node,
        str(folder / "node_modules" / "yaml-language-server" / "bin" / "yaml-language-server"),
        "--stdio",
    )


@pytest.mark.long
def test_a_key_beside_the_yaml_language_server(tmp_path: Path) -> None:
    server = yaml_language_server(tmp_path)
    path = film(tmp_path, 100)
    text = path.read_text(encoding="utf-8")
    path.write_text(f"# yaml-language-server: $schema={SCHEMA.as_uri()}\n{text}", encoding="utf-8")
    ours, other = after_a_key(path), after_a_key(path, server)
    assert told("a key, 100 scenes", ours, other, "the YAML language server") < 0.5
