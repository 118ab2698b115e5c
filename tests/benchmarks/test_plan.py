# ruff: noqa: T201 - a benchmark prints what it found
"""How long `storyboard plan` takes for a film of which every scene was bought, and of which every scene was changed.

Whole processes: the interpreter's start counts. Run with `pytest -m long -s tests/benchmarks/test_plan.py`.
"""

from __future__ import annotations

import compileall
import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from bought_film import bought, requests_of, take_of
from test_check import BIN, ROOT, film, seconds

ROUNDS = 5
SCENES = 1_000


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The film of the benchmark of check, its scenes bought, each with a take of its own."""
    import sqlalchemy

    # As an installed package is: without this a checkout is compiled anew at every start where caches are off.
    for folder in (ROOT / "storyboard", Path(sqlalchemy.__file__).parent):
        compileall.compile_dir(folder, quiet=1)
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("film")
        patch.setenv("XDG_STATE_HOME", str(folder / "state"))
        path = film(folder, SCENES)
        bought(folder, [take_of(request) for request in requests_of(path)])
    return path


def fastest(path: Path, monkeypatch: pytest.MonkeyPatch, *options: str | Path) -> tuple[float, float]:
    """(wall, processor) seconds of a whole process, each the least of some: what the machine's other work disturbed
    least. It computes all the time, so on a machine of its own the two are the same."""
    monkeypatch.setenv("XDG_STATE_HOME", str(path.parent / "state"))
    command: list[str | Path] = [BIN / "storyboard", "plan", path, *options]
    walls, processors = [], []
    for _ in range(ROUNDS):
        before = os.times()
        walls.append(seconds(command))
        after = os.times()
        used = after.children_user + after.children_system - before.children_user - before.children_system
        processors.append(used or walls[-1])  # Windows does not count children
    return min(walls), min(processors)


@pytest.mark.long
def test_a_thousand_bought_scenes_are_planned_again(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wall, processor = fastest(planned, monkeypatch)
    print(f"\nplan, {SCENES} bought scenes: {wall:.3f} s, of them {processor:.3f} s of work")
    assert processor <= 1.5


@pytest.mark.long
def test_a_thousand_changed_scenes_are_explained(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wall, processor = fastest(planned, monkeypatch, "--var", "light=last light", "--format", "json")
    print(
        f"\nplan, {SCENES} scenes bought and changed since: {wall:.3f} s, of them {processor:.3f} s of work"
    )
    assert processor <= 3, "words are compared, so it may take longer, not much longer"
