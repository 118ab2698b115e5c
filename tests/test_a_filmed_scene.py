"""A scene that starts from a film, the whole way: checked, mended, priced, expanded, planned, shot, cut."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import av
import pytest
from a_plan import still
from made_clips import make_clip

BOARD = """storyboard: 1
prices: observed-2026-10
scenes:
  - id: dance
    endpoint: kling-v3-standard-motion
    start_image: still.png
    source_video: films/dance.mp4
    follow: video
    prompt: she dances
"""


@pytest.fixture(scope="module")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds and a quarter."""
    return make_clip(tmp_path_factory.mktemp("film") / "dance.mp4", frames=78, size=(1280, 720))


@pytest.fixture
def project(tmp_path: Path, film: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "storyboard.toml").touch()
    (tmp_path / "storyboard.yaml").write_text(BOARD, encoding="utf-8")
    (tmp_path / "films").mkdir()
    shutil.copy(film, tmp_path / "films")
    still(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_from_check_to_plan(project: Path, run: Callable) -> None:
    wrong = run("check", ".")
    assert wrong.code == 1
    assert "as long as films/dance.mp4, 3.25 s, and is planned and priced as 5 s" in wrong.out + wrong.err
    assert run("check", ".", "--fix").code == 0
    written = (project / "storyboard.yaml").read_text(encoding="utf-8")
    assert written == BOARD.replace("  - id: dance\n", "  - id: dance\n    duration: 4\n")

    [request] = json.loads(run("expand", ".").out)["requests"]
    assert request["endpoint"] == "fal-ai/kling-video/v3/standard/motion-control"
    assert request["arguments"] == {
        "image_url": "file:still.png",
        "video_url": "file:films/dance.mp4",
        "prompt": "she dances",
        "keep_original_sound": True,
        "character_orientation": "video",
    }
    assert request["digest"] == _digest(project, request)
    assert (request["seconds"], request["tier"]) == (4, "audio")

    document = json.loads(run("estimate", ".", "--format", "json").out)
    [scene] = document["scenes"]
    assert (document["total"], scene["unit_price"], scene["length_known"]) == ("0.504", "0.126", True)
    planned = run("plan", ".").out
    assert "films/dance.mp4  mp4" in planned


def _digest(project: Path, request: dict) -> str:
    """As the format of digests says, by hand: files stand as the SHA-256 of what is in them."""

    def content(value: object) -> object:
        if isinstance(value, str) and value.startswith("file:"):
            data = (project / value.removeprefix("file:")).read_bytes()
            return f"sha256:{hashlib.sha256(data).hexdigest()}"
        return value

    arguments = {name: content(value) for name, value in request["arguments"].items()}
    said = {"format": 1, "endpoint": request["endpoint"], "arguments": arguments}
    text = json.dumps(said, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_film_elsewhere_is_priced_as_written_and_said_not_to_be_exact(project: Path, run: Callable) -> None:
    text = BOARD.replace("films/dance.mp4", '"https://media.example.org/dance.mp4"')
    (project / "storyboard.yaml").write_text(text, encoding="utf-8")
    told = run("estimate", ".")
    assert told.code == 0
    assert "Not exact: dance. Its clip becomes as long as a film" in told.out
    rows = run("estimate", ".", "--format", "csv").out
    assert "its length is not known" in rows, "a form with nothing but the table says so in its row"
    document = json.loads(run("estimate", ".", "--format", "json").out)
    assert [(scene["amount"], scene["length_known"]) for scene in document["scenes"]] == [("0.63", False)]
    assert run("plan", ".").code == 0
    capped = run("render", ".", "--sandbox", "--yes", "--max-cost", "100")
    assert capped.code == 3, "a bound of ten films is none for one whose length nobody knows"
    assert "dance costs as much as a film that could not be measured here is long" in capped.err
    assert "Put the film into the project" in capped.err


def test_video_to_video_has_no_price_and_is_not_free(project: Path, run: Callable) -> None:
    kept = "    endpoint: kling-o3-pro-video-edit\n    source_video: films/dance.mp4\n    duration: 4\n"
    text = f"storyboard: 1\nscenes:\n  - id: dance\n{kept}    prompt: 'snow falls in @@Video1'\n"
    (project / "storyboard.yaml").write_text(text, encoding="utf-8")
    [request] = json.loads(run("expand", ".").out)["requests"]
    assert request["arguments"]["prompt"] == "snow falls in @Video1"
    document = json.loads(run("estimate", ".", "--format", "json").out)
    assert (document["unpriced"], document["scenes"][0]["amount"]) == (["dance"], None)
    refused = run("render", ".", "--sandbox", "--yes", "--max-cost", "100")
    assert refused.code == 3, "what has no price keeps to no bound"


@pytest.mark.long
def test_shot_and_cut(project: Path, process: Callable) -> None:
    """Real processes: the film is uploaded, its length billed, the clip not called too short, the cut as long as it."""
    text = BOARD.replace("follow: video", "follow: video\n    duration: 4")
    (project / "storyboard.yaml").write_text(text, encoding="utf-8")
    ran = process("render", project, "--sandbox", "--yes")
    assert ran.code == 0, ran.err
    [take] = json.loads(process("takes", project, "--sandbox", "--format", "json").out)["takes"]
    assert (take["state"], take["estimate"], take["charge"]) == ("verified", "0.504", "0.504")
    assert not take["warnings"], "the clip lasts 3.25 s, and four were paid"
    assert process("cut", project, "--sandbox").code == 0
    with av.open(str(project / "cut.sandbox.mp4")) as cut:
        assert sum(1 for _ in cut.decode(video=0)) in {78, 79}
    before = text.replace("kling-v3-standard-motion", "kling-v3-pro-motion").replace(
        "follow: video", "follow: image"
    )
    (project / "storyboard.yaml").write_text(before, encoding="utf-8")
    planned = process("plan", project, "--sandbox").out
    assert "follow video → image" in planned, "in the author's words"
