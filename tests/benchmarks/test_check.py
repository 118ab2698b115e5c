# ruff: noqa: T201 - a benchmark prints what it found
"""How long `storyboard check` takes, beside check-jsonschema and yamllint on the same file, and how it grows.

Whole processes: the interpreter's start counts. Ratios of the quickest of some runs, taken in turns. Run with
`pytest -m long -s tests/benchmarks/test_check.py`.
"""

from __future__ import annotations

import compileall
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "storyboard-1.schema.json"
BIN = Path(sys.executable).parent
ROUNDS = 7

HEAD = """\
storyboard: 1
title: a long film
vars:
  light: first light
elements:
  potter:
    frontal_image: still.png
    reference_images: [still.png]
defaults:
  prompt:
    important_details: 35mm, soft grain
scenes:
"""
SHOT = """\
      - id: shot-{shot}
        duration: 4
        prompt:
          camera: slow push, medium close-up on the hands
          subject_motion: >-
            @potter turns the bowl number {scene}-{shot} slowly on the wheel, water runs
            between the fingers: a thumb presses the rim, the wall rises and
            the light follows the wet clay as it goes around
"""
SCENE = """\
  - id: scene-{scene}
    start_image: still.png
    prompt: {{scene: "a pottery studio at {{{{ light }}}}", audio: wheel hum}}
    shots:
"""


@pytest.fixture(scope="module", autouse=True)
def compiled() -> None:
    """As an installed package is: without this a checkout is compiled anew at every start where caches are off."""
    compileall.compile_dir(ROOT / "storyboard", quiet=1)


def film(folder: Path, scenes: int) -> Path:
    """A storyboard of so many scenes with three shots each: 1,000 of them are about 1.2 MB."""
    Image.new("RGB", (640, 480), (120, 90, 60)).save(folder / "still.png")
    parts = [HEAD]
    for scene in range(scenes):
        parts.append(SCENE.format(scene=scene))
        parts += [SHOT.format(scene=scene, shot=shot) for shot in range(3)]
    path = folder / f"film-{scenes}.yaml"
    path.write_text("".join(parts), encoding="utf-8")
    return path


NAMES = "import pydantic, ruamel.yaml, jinja2"
USED = (
    "import jinja2, ruamel.yaml, ruamel.yaml.cyaml\n"
    "from pydantic import BaseModel\n"
    "class Model(BaseModel, defer_build=True):\n"
    "    a: int"
)


def imported(code: str) -> list[str | Path]:
    return [sys.executable, "-c", f"import gc; gc.disable()\n{code}"]


def seconds(command: list[str | Path]) -> float:
    start = time.perf_counter()
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return time.perf_counter() - start


def ratio(ours: Callable[[], float], peer: Callable[[], float], name: str) -> float:
    """Of the quickest runs: whatever else a machine does only ever adds to a time."""
    pairs = [(ours(), peer()) for _ in range(ROUNDS)]
    mine, other = (min(column) for column in zip(*pairs, strict=True))
    print(f"\n{name}: {mine:.3f} s beside {other:.3f} s, ratio {mine / other:.2f}")
    return mine / other


def check(path: Path) -> list[str | Path]:
    return [BIN / "storyboard", "check", path]


@pytest.mark.long
def test_a_thousand_scenes_beside_check_jsonschema(tmp_path: Path) -> None:
    path = film(tmp_path, 1_000)
    peer: list[str | Path] = [BIN / "check-jsonschema", "--schemafile", SCHEMA, path]
    found = ratio(
        lambda: seconds(check(path)), lambda: seconds(peer), "check, 1,000 scenes / check-jsonschema"
    )
    # The aim is 0.35. What is left are 0.2 s of imports, the parser, and a tenth for the rules on writing.
    assert found <= 0.52, (
        "reading, inheriting, compiling and judging take less time than looking at the shape"
    )


@pytest.mark.long
def test_a_thousand_scenes_beside_yamllint(tmp_path: Path) -> None:
    """With the fewest rules that it comes with."""
    path = film(tmp_path, 1_000)
    peer: list[str | Path] = [BIN / "yamllint", "-d", "relaxed", path]
    found = ratio(lambda: seconds(check(path)), lambda: seconds(peer), "check, 1,000 scenes / yamllint")
    assert found <= 0.25


@pytest.mark.long
def test_a_small_storyboard_beside_the_imports(tmp_path: Path) -> None:
    path = film(tmp_path, 1)
    found = ratio(
        lambda: seconds(check(path)),
        lambda: seconds(imported(NAMES)),
        "check, 1 scene / its libraries' names",
    )
    assert found <= 2.5, "a small check waits for something that it does not need"


@pytest.mark.long
def test_the_imports_beside_the_libraries() -> None:
    """pydantic loads most of itself when a first model is made: `import pydantic` alone is a third of it."""
    ours = imported("import storyboard.cli.app, storyboard.cli.check")
    for name, code, most in (("names", NAMES, 2.5), ("first use", USED, 1.75)):
        found = ratio(
            lambda: seconds(ours),
            lambda code=code: seconds(imported(code)),
            f"imports of check / its libraries' {name}",
        )
        # The aim is 1.3 times their names; their first use alone is 1.5 times those.
        assert found <= most


@pytest.mark.long
def test_growth_is_linear(tmp_path: Path) -> None:
    """From a thousand on: what a hundred take beyond the start can't be told from the machine's other work."""
    start = fastest(film(tmp_path, 1))
    thousand, ten_thousand = (fastest(film(tmp_path, count)) - start for count in (1_000, 10_000))
    growth = ten_thousand / thousand
    print(f"\ncheck, 10,000 scenes / 1,000 scenes: {growth:.1f} times the time beyond the start")
    assert growth < 20, "ten times the scenes take about ten times as long, and a half more for the memory"


def fastest(path: Path) -> float:
    """What the machine's other work did not disturb."""
    return min(seconds(check(path)) for _ in range(5))


@pytest.mark.long
def test_memory(tmp_path: Path) -> None:
    path = film(tmp_path, 1_000)
    code = (
        "import resource, subprocess, sys\n"
        "subprocess.run(sys.argv[1:], check=True, capture_output=True)\n"
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    command = [sys.executable, "-c", code, *map(str, check(path))]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    unit = 1 if sys.platform == "darwin" else 1024
    megabytes = int(done.stdout) * unit / 2**20
    print(f"\ncheck, 1,000 scenes: {megabytes:.0f} MiB at the most")
    assert megabytes < 200
