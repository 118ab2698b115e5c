"""What a shell offers behind the tab key, asked by the shell itself."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from in_memory import TEXT

OFFERED = {
    ("ch",): {"check"},
    ("init", "--starter", "m"): {"music-video"},
    ("check", ".", "--scene", ""): {"dawn", "noon"},
    ("take", "pick", ".", "no"): {"noon"},
    ("check", ".", "--prices", "ob"): {"observed-2026-10"},
    ("schema", "--endpoint", "kling-v3-4k"): {"kling-v3-4k", "kling-v3-4k-text"},
    ("check", "nowhere.yaml", "--scene", ""): set(),
    ("check", "full.yaml", "--scene", ""): {"broken", "end", "north", "south", "walk", "walk.1", "walk.2"},
    ("check", "full.yaml", "--pick", "end="): {"end=rain", "end=wind"},
    ("estimate", ".", "--what-if", "endpoint=kling-v3-4k"): {
        "endpoint=kling-v3-4k",
        "endpoint=kling-v3-4k-text",
    },
    ("estimate", ".", "--what-if", "endpoint=x,gen"): {
        "endpoint=x,generate_audio=true",
        "endpoint=x,generate_audio=false",
    },
    # as bash takes words apart:
    ("check", "full.yaml", "--pick", "end", "="): {"rain", "wind"},
    ("estimate", ".", "--what-if", "endpoint", "=", "kling-v3-4k"): {"kling-v3-4k", "kling-v3-4k-text"},
    ("estimate", ".", "--what-if", "endpoint", "=", "x,generate_audio", "="): {"true", "false"},
    ("explain", "SB00"): {f"SB{number:03}" for number in range(1, 10)},
}
FULL = """\
storyboard: 1
endpoint: kling-v3-standard-text
vars: {ways: [north, south]}
scenes:
  - {id: "{{ way }}", for_each: "{{ ways }}", as: way, prompt: "to the {{ way }}"}
  - {id: walk, pack: auto, shots: [one 10s: x, two 10s: y]}
  - {id: end, prompt: z, variants: {wind: {prompt: a}, rain: {prompt: b}}}
  - {id: broken, prompts: z}
"""
BASH = """
eval "$(_STORYBOARD_COMPLETE=source_bash storyboard)"
for line in "$@"; do
  read -ra COMP_WORDS <<< "storyboard $line"
  [[ "$line" == *" " ]] && COMP_WORDS+=("")
  COMP_CWORD=$((${#COMP_WORDS[@]} - 1)) COMPREPLY=()
  _storyboard_completion storyboard
  (IFS=' '; echo "${COMPREPLY[*]}")
done
"""


@pytest.fixture
def film(tmp_path: Path) -> Path:
    text = TEXT + "scenes:\n  - {id: dawn, prompt: x}\n  - {id: noon, prompt: y}\n"
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "full.yaml").write_text(FULL, encoding="utf-8")
    return tmp_path


def in_this_environment() -> dict[str, str]:
    return {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.parametrize("words", OFFERED, ids=" ".join)
def test_what_is_offered(
    words: tuple[str, ...], film: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(film)
    monkeypatch.setenv("_STORYBOARD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", " ".join(["storyboard", *words]))
    monkeypatch.setenv("COMP_CWORD", str(len(words)))
    ran = run()
    assert (set(ran.out.split()), ran.err) == (OFFERED[words], "")


@pytest.mark.long
@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
def test_bash_asks(film: Path) -> None:
    lines = [" ".join(words) for words in OFFERED]
    ran = subprocess.run(
        ["bash", "--norc", "-c", BASH, "bash", *lines],
        cwd=film,
        env=in_this_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    answers = [set(line.split()) for line in ran.stdout.splitlines()]
    assert answers == list(OFFERED.values())


FISH = "_STORYBOARD_COMPLETE=source_fish storyboard | source; complete -C 'storyboard init --starter m'"
ZSH = """
autoload -U compinit && compinit -u
eval "$(_STORYBOARD_COMPLETE=source_zsh storyboard)"
[[ ${_comps[storyboard]} == _storyboard_completion ]] || exit 1
_arguments() { print -r -- "$@" }
words=(storyboard init --starter m) CURRENT=4
_storyboard_completion
"""


@pytest.mark.long
@pytest.mark.parametrize(("shell", "script"), [("fish", FISH), ("zsh", ZSH)], ids=["fish", "zsh"])
def test_other_shells_ask(shell: str, script: str, film: Path) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"there is no {shell} here")
    ran = subprocess.run(
        [shell, "-c", script],
        cwd=film,
        env=in_this_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert "music-video" in ran.stdout


def test_the_way_to_install_it_is_told(run: Callable) -> None:
    assert "--install-completion" in run("--help").out
