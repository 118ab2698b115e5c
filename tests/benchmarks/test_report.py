# ruff: noqa: T201 - a benchmark prints what it found
"""How long the page of 300 scenes takes to be written, and in Chromium until it can be used: beside the same page
without its script, which is what reading and laying it out takes by itself.

Medians, in turns. Run with `pytest -m long -s tests/benchmarks/test_report.py`.
"""

from __future__ import annotations

import compileall
import statistics
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

sys.path.insert(0, str(Path(__file__).parents[1]))

from a_browser import chromium
from playwright.sync_api import Browser
from test_check import BIN, ROOT, seconds

__all__ = ["chromium"]

SCENES, ROUNDS = 300, 5
LOADED = "performance.getEntriesByType('navigation')[0].loadEventEnd"
USED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  const field = document.querySelector("[name=scene]"), began = performance.now();
  field.value = "scene-29";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  requestAnimationFrame(() => setTimeout(() => done([began, performance.now() - began])));
})))"""
SCENE = """
  - id: scene-{n}
    start_image: stills/{n}.jpg
    shots:
      - wide 4s: "@potter walks through room {n}, looks at the wheel and sits down, static wide shot"
      - close 3s: "close on @potter, hands on the clay of bowl {n}, slow push"
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A still of its own for each scene, as rich in detail as a photograph."""
    folder = tmp_path_factory.mktemp("film")
    (folder / "stills").mkdir()
    (folder / "storyboard.toml").touch()
    dice = np.random.default_rng(7)
    for n in range(SCENES):
        rough = Image.fromarray(dice.integers(0, 255, (18, 32, 3), dtype=np.uint8))
        rough.resize((1280, 720), Image.Resampling.BICUBIC).save(folder / "stills" / f"{n}.jpg", quality=85)
    head = (
        "storyboard: 1\nendpoint: kling-v3-standard\nelements:\n"
        "  potter: {frontal_image: stills/0.jpg, reference_images: [stills/1.jpg]}\nscenes:\n"
    )
    text = head + "".join(SCENE.format(n=n) for n in range(SCENES))
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.long
def test_three_hundred_scenes(film: Path, chromium: Browser) -> None:
    compileall.compile_dir(ROOT / "storyboard", quiet=1)
    page = film / "report.html"
    checked = seconds([BIN / "storyboard", "check", film])
    made = seconds([BIN / "storyboard", "report", film])
    print(
        f"\n{SCENES} scenes: written in {made:.2f} s (check: {checked:.2f} s), {page.stat().st_size:,} bytes"
    )
    usable, answered, plain = [], [], []
    for _ in range(ROUNDS):
        began, took = _opened(chromium, page, script=True)
        usable.append(began)
        answered.append(took)
        plain.append(_opened(chromium, page, script=False)[0])
    ours, theirs, filtered = map(statistics.median, (usable, plain, answered))
    print(
        f"usable after {ours:.0f} ms, without its script {theirs:.0f} ms; a filter answers in {filtered:.0f} ms"
    )
    assert ours <= 2 * theirs
    assert filtered <= theirs


def _opened(chromium: Browser, page: Path, *, script: bool) -> tuple[float, float]:
    """Milliseconds from the beginning until it can be used, and that a filter takes to be seen."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, java_script_enabled=script)
    try:
        opened = context.new_page()
        opened.goto(page.as_uri(), wait_until="load")
        if not script:
            return float(opened.evaluate(LOADED)), 0.0
        began, took = opened.evaluate(USED)
        return float(began), float(took)
    finally:
        context.close()


@pytest.mark.long
def test_it_is_a_whole_page(film: Path) -> None:
    ran = subprocess.run([BIN / "storyboard", "report", film], capture_output=True, check=False)
    assert ran.returncode == 0, ran.stderr
    html = (film / "report.html").read_text(encoding="utf-8")
    assert html.count('<article id="scene-') == SCENES
    assert html.count("<image ") == SCENES
