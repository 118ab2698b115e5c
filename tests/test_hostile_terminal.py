"""Terminals, pipes, locales: nothing raw reaches a screen, JSON stays JSON, and a lost reader is no bug."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hostile.boards import HEAD, board, written

ROOT = Path(__file__).parents[1]
RAW = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\U000e0000-\U000e007f]"
)
EVIL = "\x1b[31m\x9b2J\x07\x08\x7f\u202eevil\u2066\u200b\ufeff\U000e0041\u2028\x85"
POSIX = pytest.mark.skipif(os.name == "nt", reason="a shell of its own")


def storyboard(
    *arguments: object, cwd: Path | None = None, env: Mapping[str, str] | None = None, **more: Any
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "storyboard", *map(str, arguments)],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8", **(env or {})},
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
        **({"capture_output": True} | more),
    )


def said(ended: subprocess.CompletedProcess[bytes]) -> str:
    return (ended.stdout + ended.stderr).decode("utf-8")


def escapes(text: str) -> str:
    """As a YAML scalar in double quotes, all in escapes."""
    return '"' + "".join(f"\\U{ord(character):08x}" for character in text) + '"'


E = escapes(EVIL)
EVIL_BOARDS = {
    "prompt": board(E),
    "title": board("b", before=f"title: {E}\n"),
    "key": board("b", after=f"    {E}: b\n"),
    "long-key": board("b", after=f"    {escapes('prompt' + EVIL)}: b\n"),
    "scene-id": HEAD + f"scenes: [{{id: {E}, prompt: b}}]\n",
    "shot-id": HEAD + f"scenes: [{{id: a, shots: [{{id: {E}, prompt: b}}]}}]\n",
    "shot-key": HEAD + f"scenes: [{{id: a, shots: [{{{E}: b}}]}}]\n",
    "element": board("b", before=f"elements: {{{E}: {{description: b}}}}\n"),
    "element-label": board('"@cat"', before=f"elements: {{cat: {{name: {E}, description: {E}}}}}\n"),
    "voice": board("b", before=f"voices: {{{E}: {E}}}\n"),
    "still": HEAD + f"scenes: [{{id: a, prompt: b, start_image: {E}}}]\n",
    "address": HEAD + f"scenes: [{{id: a, prompt: b, start_image: {escapes('https://x.org/' + EVIL)}}}]\n",
    "endpoint": f"storyboard: 1\nendpoint: {E}\nscenes: [{{id: a, prompt: b}}]\n",
    "version": f"storyboard: {E}\nscenes: []\n",
    "template": board("b", before=f"template: {escapes(EVIL + '.j2')}\n"),
    "prices": board("b", before=f"prices: {E}\n"),
    "budget": board("b", before=f"budget: {E}\n"),
    "duration": board("b", after=f"    duration: {E}\n"),
    "dialogue": board("b", after=f"    dialogue: [{escapes(EVIL + ' (' + EVIL + '): ' + EVIL)}]\n"),
    "note": board("b", after=f"    note: {E}\n"),
    "unknown-name": board(escapes("@nobody" + EVIL)),
    "unknown-voice": board(escapes("<<<" + EVIL + ">>>")),
    "jinja-name": board("'{{ deep[x] }} {{ word }}'", before=f"vars: {{deep: {{}}, x: {E}, word: {E}}}\n"),
    "transition": board("b") + f"cut: {{transitions: [{{from: {E}, to: {E}, kind: {E}}}]}}\n",
    "anchor": board("b", before="x-a: *\u202eb\n"),
    "tag": board("b", before="x-a: !\u202eb c\n"),
    "raw-direction": board("a \u202e b @nobody"),
}


@pytest.mark.parametrize("name", EVIL_BOARDS)
def test_nothing_raw_is_printed(tmp_path: Path, run: Any, name: str) -> None:
    path = written(tmp_path, EVIL_BOARDS[name])
    for command in (
        ["check", path],
        ["check", path, "--format", "github"],
        ["check", path, "--format", "json"],
        ["check", path, "--format", "sarif"],
        ["expand", path],
        ["expand", path, "--format", "curl"],
        ["estimate", path],
        ["plan", path],
    ):
        ended = run(*command)
        assert ended.code in {0, 1, 3}, command
        assert RAW.findall(ended.out + ended.err) == [], command
        if "json" in command or "sarif" in command or command == ["expand", path]:
            json.loads(ended.out)


@pytest.mark.parametrize("line_end", ["\n", "\r", "\x85", "\u2028"])
def test_no_text_begins_a_line_of_its_own(tmp_path: Path, run: Any, line_end: str) -> None:
    """`::error::` at the beginning of a line is an order to GitHub; `x.yaml:1:1: error` a lie to an editor."""
    order = f"a{line_end}::error::forged"
    for text in (
        board("b", after=f"    {escapes(order)}: b\n"),
        HEAD + f"scenes: [{{id: {escapes(order)}, prompt: b}}]\n",
        board("b", before=f"budget: {escapes(order)}\n"),
        board("b", before=f"endpoint: {escapes(order)}\n").replace("endpoint: kling-v3-standard-text\n", ""),
        HEAD + f"scenes: [{{id: a, prompt: b, start_image: {escapes(order)}}}]\n",
        board("'{{ deep[x] }}'", before=f"vars: {{deep: {{}}, x: {escapes(order)}}}\n"),
    ):
        path = written(tmp_path, text)
        for form in ("text", "github"):
            ended = run("check", path, "--format", form)
            lines = (ended.out + ended.err).splitlines()
            assert [line for line in lines if line.startswith("::error::")] == []


NARROW = [
    "é 😀",
    "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",
    "a\x7fb",
    "\x1b[31m",
    "\u202e",
    "水",
]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252", "cp932"])
def test_json_is_json_and_holds_what_is_sent(tmp_path: Path, encoding: str) -> None:
    text = "a " + " b ".join(NARROW) + " c"
    written(tmp_path, board(escapes(text)))
    ended = storyboard("expand", ".", cwd=tmp_path, env={"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"})
    document = json.loads(ended.stdout.decode(encoding))
    assert document["requests"][0]["arguments"]["prompt"] == text


@pytest.mark.parametrize(
    "env",
    [
        {"LANG": "C", "LC_ALL": "C"},
        {"LC_ALL": "POSIX", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""},
        {"COLUMNS": "20"},
        {"COLUMNS": "0"},
        {"TERM": "dumb"},
        {"NO_COLOR": "1"},
        {"FORCE_COLOR": "1", "CLICOLOR_FORCE": "1"},
    ],
)
def test_odd_terminals(tmp_path: Path, env: dict[str, str]) -> None:
    written(tmp_path, board('"a sign: 水 @nobody 😀"'))
    ended = storyboard("check", ".", cwd=tmp_path, env=env)
    assert ended.returncode == 1, ended.stderr
    assert b"\x1b" not in ended.stdout + ended.stderr
    assert b"Traceback" not in ended.stderr


@POSIX
@pytest.mark.parametrize(
    "command", ["check many.yaml", "expand big.yaml", "estimate big.yaml", "check big.yaml --format json"]
)
def test_a_reader_that_leaves_is_no_bug(tmp_path: Path, command: str) -> None:
    (tmp_path / "storyboard.toml").touch()
    (tmp_path / "many.yaml").write_text(
        HEAD + "scenes:\n" + "".join(f"  - {{id: s{i}, promt: b}}\n" for i in range(300))
    )
    (tmp_path / "big.yaml").write_text(
        HEAD + "scenes:\n" + "".join(f"  - {{id: s{i}, prompt: b}}\n" for i in range(300))
    )
    ended = subprocess.run(  # noqa: S602 - a pipe is what is tested
        f"{sys.executable} -m storyboard {command} | head -1",
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout
    assert b"Traceback" not in ended.stderr
    assert b"bug of ours" not in ended.stderr
    assert b"Exception ignored" not in ended.stderr


@POSIX
@pytest.mark.parametrize(
    ("closed", "code"), [(">&-", 0), ("2>&-", 0), ("<&-", 0), (">&- 2>&-", 0), ("<&- >&- 2>&-", 0)]
)
def test_closed_streams(tmp_path: Path, closed: str, code: int) -> None:
    written(tmp_path, board("b"))
    ended = subprocess.run(  # noqa: S602 - closing a stream takes a shell
        f"{sys.executable} -m storyboard check . {closed}",
        shell=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert b"bug of ours" not in ended.stderr
    assert ended.returncode == code


@pytest.mark.linux
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full")
@pytest.mark.parametrize(
    "command", [["check", "."], ["expand", "."], ["estimate", "."], ["check", ".", "--format", "json"]]
)
def test_a_full_disk_behind_stdout(tmp_path: Path, command: list[str]) -> None:
    written(tmp_path, board('"@nobody"' if command == ["check", "."] else "b"))
    with Path("/dev/full").open("wb") as full:
        ended = storyboard(*command, cwd=tmp_path, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert ended.returncode == 4
    assert b"bug of ours" not in ended.stderr


def test_exit_codes(tmp_path: Path, run: Any) -> None:
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.mkdir()
    bad.mkdir()
    written(
        good, board("b").replace("standard-text", "standard") + "    start_image: https://example.org/a.png\n"
    )
    written(bad, board("b", after="    promt: c\n"))
    said = [
        run(*command).code
        for command in (
            ["check", good],
            ["check", bad],
            ["check", good, bad],
            ["check", tmp_path / "nowhere"],
            ["check", good, "--nonsense"],
            ["check"],
            ["nonsense"],
            ["estimate", good],
            ["estimate", good, "--max-cost", "0.01"],
            ["estimate", good, "--max-cost", "dear"],
            ["estimate", good, "--prices", "nowhere"],
            ["estimate", bad],
            ["expand", good, "--scene", "nowhere"],
            ["expand", good, "--var", "nonsense"],
        )
    ]
    assert said == [0, 1, 1, 2, 2, 2, 2, 0, 3, 2, 2, 1, 2, 2]


@POSIX
@pytest.mark.parametrize("value", [b"\xff", b"\xef\xb7\x907", b"\x1b[31m"])
def test_variables_from_the_command_line(tmp_path: Path, value: bytes) -> None:
    written(tmp_path, board('"{{ x }}"'))
    ended = subprocess.run(
        [sys.executable, "-m", "storyboard", "expand", ".", "--var", b"x=" + value],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert ended.returncode in {0, 1, 2}
    assert RAW.findall(said(ended)) == []
