# ruff: noqa: T201 - a benchmark prints what it found
"""How long `storyboard estimate` takes for 10,000 scenes, beside reading the same file with ruamel.yaml's C parser.

Whole processes, in turns. Run with `pytest -m long -s tests/benchmarks/test_estimate.py`.
"""

from __future__ import annotations

import compileall
import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_check import BIN, ROOT, film, seconds

READ = "import sys; from ruamel.yaml import YAML; YAML(typ='safe').load(open(sys.argv[1], encoding='utf-8'))"
SCENES = 10_000


@pytest.mark.long
def test_ten_thousand_scenes_beside_reading_them(tmp_path: Path) -> None:
    compileall.compile_dir(ROOT / "storyboard", quiet=1)
    path = film(tmp_path, SCENES)
    for form in ("text", "json"):
        ours = seconds([BIN / "storyboard", "estimate", path, "--format", form])
        theirs = seconds([sys.executable, "-c", READ, path])
        print(f"\nestimate as {form}, {SCENES:,} scenes: {ours:.2f} s, reading them {theirs:.2f} s")
        assert ours <= 3 * theirs


@pytest.mark.long
def test_what_it_took_is_a_whole_report(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    from storyboard.cli.app import run

    assert run(["estimate", str(film(tmp_path, 50)), "--format", "json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert (told["seconds"], len(told["scenes"])) == (50 * 12, 50)
    assert told["total"] == "151.20"  # 600 s of standard with audio, 0.252
