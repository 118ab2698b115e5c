"""`storyboard expand`: the exact bodies, whatever the texts hold, as JSON and as a command to paste."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from in_memory import TEXT

ODD = [
    'it\'s "quoted" $HOME `id` \\ ! # & | ; > 100 %',
    "two\nlines\tand a tab",
    "zero\u200bwidth, right\u202eto left, del \x7f, esc \x1b[31m, bell \x07",
    "a flag \U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f, private \ue000 \U000f0000",
    "水 é ﬁ 𝄞 ñ n\u0303",
    "</script><b>&amp;</b>, =1+1, file:x.png, sha256:0",
]


def in_quotes(text: str) -> str:
    """As YAML writes any text: between double quotes, with escapes."""
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text) + '"'


@pytest.fixture
def film(tmp_path: Path) -> Path:
    scenes = [f"  - {{id: s{n}, prompt: {{verbatim: {in_quotes(text)}}}}}\n" for n, text in enumerate(ODD)]
    (tmp_path / "storyboard.yaml").write_text(TEXT + "scenes:\n" + "".join(scenes), encoding="utf-8")
    return tmp_path


def test_texts_arrive_as_they_were_written(film: Path, run: Callable) -> None:
    ran = run("expand", film)
    assert ran.code == 0, ran.err
    found = [request["arguments"]["prompt"] for request in json.loads(ran.out)["requests"]]
    assert found == ODD


def test_the_document(film: Path, run: Callable) -> None:
    (request, *_) = json.loads(run("expand", film).out)["requests"]
    assert set(request) >= {"scene", "endpoint", "arguments", "digest", "seconds", "shots"}
    assert request["shots"] == [{"id": "1", "seconds": 5, "characters": len(ODD[0])}]
    assert request["arguments"] == {
        "prompt": ODD[0],
        "duration": "5",
        "generate_audio": True,
        "aspect_ratio": "16:9",
        "negative_prompt": "blur, distort, and low quality",
        "cfg_scale": 0.5,
    }


def test_curl_commands_can_be_pasted(film: Path, run: Callable) -> None:
    ran = run("expand", film, "--format", "curl")
    assert ran.code == 0
    commands = ran.out.split("# scene ")[1:]
    assert len(commands) == len(ODD)
    for text, command in zip(ODD, commands, strict=True):
        words = shlex.split(command.partition("\n")[2])
        assert words[:4] == ["curl", "--request", "POST", "--url"]
        assert words[4].startswith("https://queue.fal.run/fal-ai/kling-video/")
        assert "Authorization: Key $FAL_KEY" in words
        assert json.loads(words[-1])["prompt"] == text


@pytest.mark.skipif(os.name == "nt", reason="a shell as Unix has it")
def test_no_text_of_a_storyboard_reaches_the_shell(film: Path, run: Callable, tmp_path: Path) -> None:
    """The commands, run by a shell in which `curl` prints what it was given."""
    script = (
        'curl() { for last; do :; done; printf "%s\\0" "$last"; }\n'
        + run("expand", film, "--format", "curl").out
    )
    ran = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, timeout=20)
    assert [json.loads(body)["prompt"] for body in ran.stdout.split("\0")[:-1]] == ODD


def test_local_files_are_said_to_need_an_upload(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "storyboard.yaml").write_text(
        "storyboard: 1\nscenes:\n  - {id: a, prompt: x, start_image: a.png}\n", encoding="utf-8"
    )
    ran = run("expand", tmp_path, "--format", "curl")
    assert ran.code == 0
    assert "upload" in ran.out
    assert "file:a.png" in ran.out
