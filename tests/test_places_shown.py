"""What people are shown of files: seen from where the storyboard was named, each mistake once, the file to name."""

from __future__ import annotations

import io
import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

CAST = "elements:\n  ines: {description: an old woman, nam: Ines}\n  tom: {name: Tom}\n"
FILM = """\
storyboard: 1
include: shared/cast.yaml
endpoint: kling-v3-standard-text
scenes:
  - id: a
    prompt: "@ines walks with @tom"
"""
STILL = "storyboard: 1\nscenes:\n  - {id: a, start_image: stills/no.jpg, prompt: x}\n"
MESSY = "storyboard:   1\nscenes:\n    - id:  a\n      prompt: x\n"
NEAT = "storyboard: 1\nscenes:\n  - id: a\n    prompt: x\n"
FILMS = ("one.storyboard.yaml", "two.storyboard.yaml")


@pytest.fixture
def series(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in a repository, with two films that share a cast, and a third in a folder of its own."""
    series = tmp_path / "series"
    for name, text in {
        "shared/cast.yaml": CAST,
        **dict.fromkeys(FILMS, FILM),
        "m/storyboard.yaml": STILL,
    }.items():
        (series / name).parent.mkdir(parents=True, exist_ok=True)
        (series / name).write_text(text, encoding="utf-8")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    monkeypatch.chdir(series)
    return series


WAYS = {
    ".": ("one.storyboard.yaml", "shared/cast.yaml"),
    "..": ("series/one.storyboard.yaml", "series/shared/cast.yaml"),
    "m": ("../one.storyboard.yaml", "../shared/cast.yaml"),
}


@pytest.mark.parametrize("start", WAYS)
def test_an_included_file_is_seen_from_where_the_storyboard_is(
    start: str, series: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    named, shown = WAYS[start]
    monkeypatch.chdir(series / start)
    assert run("check", named).out.startswith(f"{shown}:2:37: error[SB101]")
    assert run("check", named, "--format", "github").out.startswith(f"::error file={shown},line=2")
    result = json.loads(run("check", named, "--format", "sarif").out)["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == shown
    still = run("check", Path(named).with_name("m")).out
    folder = Path(shown).parent.parent.as_posix()
    prefix = "" if folder == "." else f"{folder}/"
    assert still.startswith(
        f"{prefix}m/storyboard.yaml:3:26: error[SB401]: there is no file {prefix}m/stills/no.jpg"
    )


def test_a_still_that_the_folder_itself_names(
    series: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(series / "m")
    assert "there is no file stills/no.jpg\n" in run("check", ".").out


def test_a_file_behind_a_link_is_named_where_it_lies(series: Path, run: Callable) -> None:
    """From a folder that was reached by a link, `..` leads elsewhere than it seems to."""
    (series / "deep" / "m").mkdir(parents=True)
    (series / "deep" / "m" / "storyboard.yaml").write_text(
        FILM.replace("shared/", "../cast/"), encoding="utf-8"
    )
    (series / "deep" / "cast").mkdir()
    (series / "deep" / "cast" / "cast.yaml").write_text(CAST, encoding="utf-8")
    (series / "link").symlink_to(series / "deep" / "m")
    shown = run("check", "link").out.partition(":")[0]
    assert Path(shown).samefile(series / "deep" / "cast" / "cast.yaml")


def test_what_two_films_share_is_said_and_mended_once(series: Path, run: Callable) -> None:
    ran = run("check", *FILMS)
    assert (ran.out.count("SB101"), ran.out.count("SB215")) == (1, 1)
    assert ran.err == "2 storyboards checked: 2 errors, 0 warnings\n"
    assert len(run("check", *FILMS, "--format", "github").out.splitlines()) == 2
    ran = run("check", "--fix", "--diff", *FILMS)
    assert ran.err.splitlines() == [
        "shared/cast.yaml:2:37: SB101: call it `name`",
        "shared/cast.yaml: 1 mistake would be fixed",
        "1 would be fixed, 1 left: `storyboard check` shows what",
    ]
    subprocess.run(["patch", "-p1"], input=ran.out, text=True, check=True, cwd=series, capture_output=True)
    assert run("check", *FILMS).out.count("error[") == 1


def test_nothing_that_could_be_mended_is_said(series: Path, run: Callable) -> None:
    ran = run("check", "--fix", "--diff", "m")
    assert (ran.code, ran.out) == (1, "")
    assert ran.err == "0 would be fixed, 1 left: `storyboard check` shows what\n"


NO_STORYBOARD = {
    ".": "there is no storyboard.yaml in `.`; it holds one.storyboard.yaml and two.storyboard.yaml: name one.",
    "../series": "there is no storyboard.yaml in `../series`; it holds one.storyboard.yaml and two.storyboard.yaml: "
    "name one.",
    "shared": "there is no storyboard.yaml in `shared`. `storyboard init` makes a new project.",
    "none.yaml": "there is no file `none.yaml`. `storyboard init` makes a new project.",
    "-": "A storyboard on standard input is not taken: name its file, beside which stills and includes are found.",
}


@pytest.mark.parametrize("named", NO_STORYBOARD)
def test_a_folder_without_a_storyboard_yaml_says_what_to_name(
    named: str, series: Path, run: Callable
) -> None:
    assert run("check", named).err == f"storyboard: {NO_STORYBOARD[named]}\n"


def test_a_folder_of_one_and_one_of_many(series: Path, run: Callable) -> None:
    (series / "two.storyboard.yaml").unlink()
    assert "; it holds one.storyboard.yaml: name it." in run("fmt", ".").err
    for number in range(8):
        (series / f"z{number}.yaml").write_text(FILM, encoding="utf-8")
    expected = "; it holds one.storyboard.yaml, z0.yaml, z1.yaml, z2.yaml, z3.yaml and 4 more: name one."
    assert expected in run("fmt", ".").err


def test_a_file_to_be_included_is_told_from_a_storyboard(series: Path, run: Callable) -> None:
    ran = run("check", "shared/cast.yaml")
    assert ran.code == 1
    assert ran.out.startswith(
        "shared/cast.yaml:1:1: error[SB102]: this looks like a file to be included: it has `elements`, no version and "
        "no scenes\n"
    )
    assert "help: check a storyboard that includes it" in ran.out
    assert ("SB123" in ran.out, "SB101" in ran.out) == (False, True)
    run("check", "--fix", "shared/cast.yaml")
    assert (series / "shared" / "cast.yaml").read_text(encoding="utf-8") == CAST, (
        "no version is written into it"
    )
    (series / "draft.yaml").write_text("title: A film\n", encoding="utf-8")
    assert "begin the file with `storyboard: 1`" in run("check", "draft.yaml").out


def test_only_yaml_is_formatted(series: Path, run: Callable) -> None:
    (series / "ours.j2").write_text("{% extends x %}\n{{ scene }}: @a\n", encoding="utf-8")
    (series / "m" / "storyboard.yaml").write_text(MESSY, encoding="utf-8")
    ran = run("fmt", "ours.j2", "m")
    assert (ran.code, ran.out) == (2, "m/storyboard.yaml: formatted\n")
    assert ran.err.splitlines()[-1] == (
        "storyboard: `ours.j2` is no YAML file by its name (.yaml, .yml): it was left as it is."
    )


class _Piped:
    def __init__(self, text: str) -> None:
        self.buffer = io.BytesIO(text.encode())


def test_standard_input_is_formatted_to_standard_output(
    run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def piped(text: str, *options: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.stdin", _Piped(text))
        ran = run("fmt", "-", *options)
        return ran.code, ran.out, ran.err

    assert piped(MESSY) == (0, NEAT, "")
    assert piped(NEAT) == (0, NEAT, "")
    assert piped(MESSY, "--check") == (1, "<stdin>\n", "1 of 1 file would change\n")
    assert piped(NEAT, "--check") == (0, "", "0 of 1 file would change\n")
    code, out, _ = piped(MESSY, "--diff")
    assert (code, out.splitlines()[:2]) == (0, ["--- <stdin>", "+++ <stdin>"])
    code, out, err = piped("a: [\n")
    assert (code, out) == (1, ""), "an editor puts what comes out in the place of what it sent"
    assert "<stdin>:1:4: error[SB003]" in err


PICTURES = {b"\xff\xd8\xff\xe0\0\x10JFIF": "JPEG", b"\x89PNG\r\n\x1a\n\0\0": "PNG"}


@pytest.mark.parametrize("data", PICTURES)
def test_a_picture_is_no_text(data: bytes, tmp_path: Path, run: Callable) -> None:
    (tmp_path / "a.yaml").write_bytes(data)
    assert (
        f"this is no text: its first bytes are those of a {PICTURES[data]} picture"
        in run("check", tmp_path / "a.yaml").out
    )
