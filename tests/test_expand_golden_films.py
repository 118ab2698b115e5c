"""Whole films: the exact requests, the estimate and the plan, from fal's wire to the last cent."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from on_a_day import on_a_day

FILMS = Path(__file__).parent / "golden" / "film"
OUTPUTS = {
    "requests.json": ("expand",),
    "estimate.txt": ("estimate",),
    "estimate.json": ("estimate", "--format", "json"),
    "plan.txt": ("plan",),
}


@pytest.mark.parametrize("name", OUTPUTS)
@pytest.mark.parametrize("film", sorted(path.name for path in FILMS.iterdir()))
def test_a_film(
    film: str, name: str, tmp_path: Path, run: Callable, golden: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(FILMS / film, tmp_path / film)
    monkeypatch.chdir(tmp_path)
    command, *options = OUTPUTS[name]
    ran = run(command, film, *options)
    assert ran.code == 0, ran.out + ran.err
    golden(FILMS / film / name, on_a_day(ran.out))


@pytest.mark.parametrize("film", sorted(path.name for path in FILMS.iterdir()))
def test_what_is_written_into_the_storyboard_is_what_is_sent(
    film: str, tmp_path: Path, run: Callable
) -> None:
    """The golden files were read by a person; here is what holds for each of them by rule."""
    document = json.loads((FILMS / film / "requests.json").read_text(encoding="utf-8"))
    for request in document["requests"]:
        arguments = request["arguments"]
        assert ("prompt" in arguments) != ("multi_prompt" in arguments)
        assert (
            arguments["duration"]
            == str(request["seconds"])
            == str(sum(s["seconds"] for s in request["shots"]))
        )
        assert all(isinstance(shot["duration"], str) for shot in arguments.get("multi_prompt", ()))
        assert set(arguments) >= {"generate_audio", "duration", "negative_prompt", "cfg_scale"}
        assert len(request["digest"]) == 64
        texts = [arguments.get("prompt"), *(shot["prompt"] for shot in arguments.get("multi_prompt", ()))]
        text = "\n".join(filter(None, texts))
        for number in range(1, len(arguments.get("elements", ())) + 1):
            assert f"@Element{number}" in text
        assert f"@Element{len(arguments.get('elements', ())) + 1}" not in text
