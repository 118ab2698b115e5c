"""How long after a save the page shows it: from the write to the changed fragment in the browser, of 100 scenes, beside
a whole `storyboard check` of the same file. Run with `pytest -m long -s tests/benchmarks/test_preview.py`.
"""

from __future__ import annotations

import shutil
import statistics
import subprocess
import sys
import time
from pathlib import Path

import pytest
from playwright.sync_api import Page, sync_playwright
from test_check import compiled, film
from test_lsp import told, whole_check

__all__ = ["compiled"]

CHROMIUM = shutil.which("chromium")
SAVES = 15
SHOWN = """word => new Promise((shown) => {
  const look = () => {
    if (!document.getElementById("scene-scene-50").textContent.includes(word)) return false;
    shown(performance.timeOrigin + performance.now());
    return true;
  };
  if (!look()) new MutationObserver((_, observer) => look() && observer.disconnect()).observe(
    document, {childList: true, subtree: true, characterData: true});
})"""


def after_a_save(path: Path, page: Page) -> float:
    """Seconds; the median of some saves with another word in the middle."""
    found, text = [], path.read_text(encoding="utf-8")
    for save in range(SAVES):
        word = f"number fifty-{save:04d}"
        page.evaluate(f"window.shown = ({SHOWN})('{word}'); 0")
        begun = time.time()
        path.write_text(text.replace("number 50-0", word), encoding="utf-8")
        found.append(page.evaluate("window.shown") / 1000 - begun)
    path.write_text(text, encoding="utf-8")
    return statistics.median(found)


@pytest.mark.long
@pytest.mark.skipif(CHROMIUM is None, reason="NO CHROMIUM: the preview was not timed")
def test_a_save_beside_a_whole_check(tmp_path: Path) -> None:
    path = film(tmp_path, 100)
    (tmp_path / "storyboard.toml").touch()
    command = [sys.executable, "-m", "storyboard", "preview", str(path), "--no-open", "--sandbox"]
    with (
        subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as served,
        sync_playwright() as playwright,
    ):
        assert served.stdout is not None
        page = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]).new_page()
        page.goto(served.stdout.readline().strip())
        page.locator("#scene-scene-99").wait_for(state="attached")
        ours = after_a_save(path, page)
        served.terminate()
    assert told("a save, 100 scenes", ours, whole_check(path), "a whole `storyboard check`") < 0.75
