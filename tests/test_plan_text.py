"""A plan as people read it: every reason, what changed word by word, what is bought again, what would be uploaded."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from a_plan import still
from bought_film import bought, requests_of, take_of

from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State
from storyboard.report.plan import size_in_words

GOLDEN = Path(__file__).parent / "golden" / "plan"

BEFORE = """
storyboard: 1
endpoint: kling-v3-standard
prices: observed-2026-10
elements:
  potter: {frontal_image: stills/front.png, reference_images: [stills/side.png]}
scenes:
  - id: dawn
    start_image: stills/dawn.png
    shots:
      - {id: wide, duration: 4, prompt: "@potter enters and sits at the wheel, static wide"}
      - {id: hands, duration: 4, prompt: "@potter turns the bowl slowly, water runs between the fingers"}
  - {id: kept, duration: 3, prompt: a shelf of bowls, start_image: stills/dawn.png}
  - {id: sill, duration: 6, prompt: a cat on the sill, start_image: stills/sill.png}
  - {id: lost, duration: 3, prompt: a door in the wind, start_image: stills/sill.png}
  - {id: running, duration: 3, prompt: rain on the roof, start_image: stills/sill.png}
  - {id: refused, duration: 3, prompt: a broken pot, start_image: stills/sill.png}
"""
AFTER = (
    BEFORE.replace("turns the bowl slowly", "turns the tall vase")
    .replace(
        "duration: 6, prompt: a cat on the sill", "duration: 5, prompt: a cat on the sill, cfg_scale: 0.7"
    )
    .replace("  - {id: running", "  - {id: twin, duration: 3, prompt: smoke}\n  - {id: running")
    .replace("prompt: smoke", "prompt: a shelf of bowls, start_image: stills/dawn.png")
    + "  - {id: fresh, duration: 3, prompt: snow, start_image: stills/fresh.png}\n"
)


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A film that was bought, and then worked on."""
    project = tmp_path / "film"
    (project / "stills").mkdir(parents=True)
    for shade, name in enumerate(("dawn", "front", "side", "sill", "fresh")):
        still(project / "stills", f"{name}.png", shade=shade * 20)
    path = project / "storyboard.yaml"
    path.write_text(BEFORE, encoding="utf-8")
    dawn, kept, sill, lost, running, refused = requests_of(path)
    takes = [take_of(dawn), take_of(kept), take_of(sill)]
    takes += [take_of(lost, State.UNKNOWN, request_id=None, estimate=Decimal("0.378"))]
    takes += [take_of(running, State.SENT, request_id="764cabcf-b745-4b3e-ae38-1200304cf45b")]
    takes += [take_of(refused, State.FAILED, maybe_billed=False, error="the picture is too small")]
    place = bought(project, takes)
    fact = dawn.media[0].fact
    assert fact is not None
    assert fact.sha256 is not None
    later = Ledger.open(place, now=lambda: datetime(2099, 1, 1, tzinfo=UTC))
    later.uploads.remember(fact.sha256, "https://fal.media/x.png", timedelta(days=3))
    path.write_text(AFTER, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return project


def test_the_text(film: Path, run: Callable, golden: Callable) -> None:
    ran = run("plan", "film")
    assert ran.code == 0, ran.err
    golden(GOLDEN / "worked-on.txt", ran.out)


def test_the_document(film: Path, run: Callable) -> None:
    document = json.loads(run("plan", "film", "--format", "json").out)
    steps = {step["scene"]: step for step in document["steps"]}
    assert {scene: step["why"] for scene, step in steps.items()} == {
        "dawn": "changed",
        "kept": "reuse",
        "sill": "changed",
        "lost": "unknown",
        "twin": "reuse",
        "running": "resume",
        "refused": "failed",
        "fresh": "new",
    }
    (change,) = steps["dawn"]["changes"]
    assert (change["shot"], change["field"]) == ("hands", "prompt")
    assert change["words"][1:3] == [["-", " bowl slowly"], ["+", " tall vase"]]
    assert steps["dawn"]["since"] == {"take": 1, "state": "verified"}
    assert steps["dawn"]["bought_again"] == {
        "changed_shots": ["hands"],
        "shots": 2,
        "seconds": 8,
        "amount": steps["dawn"]["amount"],
    }
    assert [(c["field"], c["old"], c["new"]) for c in steps["sill"]["changes"]] == [
        ("duration", "6", "5"),
        ("cfg_scale", 0.5, 0.7),
    ]
    files = {file["path"]: file for file in document["files"]}
    assert [path for path, file in files.items() if file["uploaded"]] == ["stills/dawn.png"]
    assert files["stills/dawn.png"]["expires_at"].startswith("2099-01-04")
    assert files["stills/sill.png"]["scenes"] == ["sill", "refused"]
    for path, file in files.items():
        assert file["bytes"] == (film / path).stat().st_size
        assert (file["kind"], len(file["sha256"])) == ("png", 64)


def test_render_says_the_same_before_anything_is_sent(
    film: Path, run: Callable, golden: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FAL_KEY", "1b4e28ba-2fa1-11d2-883f-0016d3cca427:0123456789abcdef0123456789abcdef")
    ran = run("render", "film")
    assert ran.code == 3
    assert (GOLDEN / "worked-on.txt").read_text(encoding="utf-8") in ran.err


def test_a_plan_of_everything_fits_a_terminal(film: Path, run: Callable) -> None:
    lines = [line for line in run("plan", "film").out.splitlines() if "price book" not in line]
    assert max(map(len, lines)) <= 80


def test_what_would_leave_this_machine_is_named_whole(film: Path, run: Callable) -> None:
    path = f"stills/{'-'.join(['fresh'] * 10)}.png"
    (film / "stills/fresh.png").rename(film / path)
    (film / "storyboard.yaml").write_text(AFTER.replace("stills/fresh.png", path), encoding="utf-8")
    lines = run("plan", "film").out.splitlines()
    (at,) = (n for n, line in enumerate(lines) if line.lstrip().startswith("stills/fresh-"))
    assert lines[at].split()[0] + lines[at + 1].strip() == path
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize(
    ("size", "words"),
    [(None, "unknown"), (0, "0 bytes"), (1023, "1023 bytes"), (1024, "1.0 KiB"), (10_485_760, "10.0 MiB")],
)
def test_sizes(size: int | None, words: str) -> None:
    assert size_in_words(size) == words
