"""`check --fix`: certain cures are written, everything else stays to the byte, and nothing is worse afterwards."""

# ruff: noqa: E501 - a storyboard a line
from __future__ import annotations

import json
import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from hostile.boards import read_back, written
from in_memory import TEXT
from test_hostile_mutations import SEEDS, WAYS

from storyboard.location import locate
from storyboard.mend import Mended, mend
from storyboard.read.cures import meant

S = "scenes:\n  - id: a\n"
ELEMENTS = "elements:\n  potter: {description: a potter}\n  moth: {description: grey}\n"
# what is written → what is meant
MENDED = {
    "a name first": (f"{ELEMENTS}{S}    prompt: @potter and @moth\n", f"{ELEMENTS}{S}    prompt: >-\n      @potter and @moth\n"),
    "a backtick first": (f"{S}    prompt: `reeds` on a sign\n", f"{S}    prompt: >-\n      `reeds` on a sign\n"),
    "Jinja first": (f"vars: {{x: y}}\n{S}    prompt: {{{{ x }}}} reeds\n", f"vars: {{x: y}}\n{S}    prompt: >-\n      {{{{ x }}}} reeds\n"),
    "Jinja in braces": ("vars: {x: y}\nscenes:\n  - {id: a, prompt: {{ x }}, duration: 4}\n", 'vars: {x: y}\nscenes:\n  - {id: a, prompt: "{{ x }}", duration: 4}\n'),
    "a colon": (f"{S}    prompt: wide: reeds\n    duration: 4\n", f"{S}    prompt: >-\n      wide: reeds\n    duration: 4\n"),
    "a colon in a shorthand": (f"{S}    shots:\n      - b 4s: reeds: wind\n", f"{S}    shots:\n      - b 4s: >-\n          reeds: wind\n"),
    "several lines": (f"{S}    prompt: reeds\n      in wind: and rain\n", f"{S}    prompt: >-\n      reeds\n      in wind: and rain\n"),
    "below its key": (f"{S}    prompt:\n      @@ reeds\n      in wind: and rain\n    duration: 4\n", f"{S}    prompt: >-\n      @@ reeds\n      in wind: and rain\n    duration: 4\n"),
    "a quoted word first": (f'{S}    prompt: "Stop" says she\n', f'{S}    prompt: >-\n      "Stop" says she\n'),
    "an apostrophe in quotes": (f"{S}    prompt: 'it's dawn'\n", f"{S}    prompt: >-\n      it's dawn\n"),
    "a quote that stays open": (f'{S}    prompt: "reeds\n    duration: 4\n', f"{S}    prompt: >-\n      reeds\n    duration: 4\n"),
    "stars": (f"{S}    prompt: *slow* push\n", f"{S}    prompt: >-\n      *slow* push\n"),
    "a list that goes on": (f"{S}    prompt: [wide] reeds\n", f"{S}    prompt: >-\n      [wide] reeds\n"),
    "a cry": (f"{S}    prompt: !wow reeds\n", f"{S}    prompt: >-\n      !wow reeds\n"),
    "a word cut short": (f"{S}    prompt: 'tis dawn\n", f"{S}    prompt: >-\n      'tis dawn\n"),
    "words in quotes in quotes": (f'{S}    prompt: "she says "go" and goes"\n', f'{S}    prompt: >-\n      she says "go" and goes\n'),
    "a dash first": (f"{S}    prompt: - reeds\n", f"{S}    prompt: >-\n      - reeds\n"),
    "an arrow first": (f"{S}    prompt: > reeds\n", f"{S}    prompt: >-\n      > reeds\n"),
    "a lone ampersand": (f"{S}    prompt: & reeds\n", f"{S}    prompt: >-\n      & reeds\n"),
    "a block of Jinja": (f"vars: {{x: true}}\n{S}    prompt: {{% if x %}}rain{{% endif %}}\n", f"vars: {{x: true}}\n{S}    prompt: >-\n      {{% if x %}}rain{{% endif %}}\n"),
    "a list of Jinja": ('vars: {x: [b]}\nscenes:\n  - id: "{{ item }}"\n    for_each: {{ x }}\n    prompt: reeds\n', 'vars: {x: [b]}\nscenes:\n  - id: "{{ item }}"\n    for_each: "{{ x }}"\n    prompt: reeds\n'),
    "an open mapping": ("scenes:\n  - {id: a, prompt: reeds\n  - {id: b, prompt: rain}\n", "scenes:\n  - {id: a, prompt: reeds}\n  - {id: b, prompt: rain}\n"),
    "an open list": (f"{S}    shots: [{{3s: a}}, {{4s: b}}\n  - {{id: b, prompt: c}}\n", f"{S}    shots: [{{3s: a}}, {{4s: b}}]\n  - {{id: b, prompt: c}}\n"),
    "no blank behind the dash": ("scenes:\n  -id: a\n    prompt: reeds\n", "scenes:\n  - id: a\n    prompt: reeds\n"),
    "no blank behind the first colon": ("scenes:\n  - id:a\n    prompt: reeds\n", "scenes:\n  - id: a\n    prompt: reeds\n"),
    "a star": (f"{S}    prompt: *slow\n", f"{S}    prompt: >-\n      *slow\n"),
    "an ampersand": (f"{S}    prompt: &slow push\n", f"{S}    prompt: >-\n      &slow push\n"),
    "no blank behind the colon": (f"{S}    prompt:reeds\n    duration: 4\n", f"{S}    prompt: reeds\n    duration: 4\n"),
    "a no-break space": (f"{S}    prompt:\u00a0reeds\n", f"{S}    prompt: reeds\n"),
    "control characters": (f"{S}    prompt: re\x07eds\x7f\n", f"{S}    prompt: reeds\n"),
    "a tag of YAML": (f"{S}    prompt: !!str 2049\n", f"{S}    prompt: 2049\n"),
    "a key": (f"{S}    promt: reeds  # kept\n", f"{S}    prompt: reeds  # kept\n"),
    "a key in quotes": (f'{S}    "promt": reeds\n', f'{S}    "prompt": reeds\n'),
    "a key in another hand": (f"{S}    negativePrompt: blur\n    prompt: reeds\n", f"{S}    negative_prompt: blur\n    prompt: reeds\n"),
    "a word of another tool": (f"{S}    seconds: 4\n    prompt: reeds\n", f"{S}    duration: 4\n    prompt: reeds\n"),
    "a name in a prompt": (f"{ELEMENTS}{S}    prompt: the @poter, the @moth\n  - {{id: b, prompt: the @potter}}\n", f"{ELEMENTS}{S}    prompt: the @potter, the @moth\n  - {{id: b, prompt: the @potter}}\n"),
    "a variable": (f"vars: {{light: x, loud: y}}\n{S}    prompt: reeds in {{{{ lihgt | upper }}}}\n", f"vars: {{light: x, loud: y}}\n{S}    prompt: reeds in {{{{ light | upper }}}}\n"),
    "an @ alone": (f"{S}    prompt: reeds @ noon\n", f"{S}    prompt: reeds @@ noon\n"),
    "seconds in words": (f"{S}    duration: 4 seconds\n    prompt: reeds\n", f"{S}    duration: 4\n    prompt: reeds\n"),
    "minutes": (f"{S}    duration: '0:04'\n    prompt: reeds\n", f"{S}    duration: '4'\n    prompt: reeds\n"),
    "the sum": (f"{S}    duration: 9\n    shots: [4s: a, 4s: b]\n", f"{S}    shots: [4s: a, 4s: b]\n"),
    "yes": (f"{S}    generate_audio: yes\n    prompt: reeds\n", f"{S}    generate_audio: true\n    prompt: reeds\n"),
    "dollars": (f"budget: $12.50\n{S}    prompt: reeds\n", f"budget: 12.50\n{S}    prompt: reeds\n"),
    "an empty section": (f"{S}    prompt:\n      camera: ''\n      audio: ''\n      scene: reeds\n", f"{S}    prompt:\n      camera: null\n      scene: reeds\n"),
    "a direction": (f"{S}    prompt: x\n  - {{id: b, prompt: y}}\ncut:\n  transitions:\n    - {{from: a, to: b, kind: disolve, direction: left}}\n", f"{S}    prompt: x\n  - {{id: b, prompt: y}}\ncut:\n  transitions:\n    - {{from: a, to: b, kind: dissolve}}\n"),
    "a silence of nothing": (f"{S}    prompt: reeds  # storyboard: ignore SB818\n", f"{S}    prompt: reeds\n"),
    "one behind the other": (f"{S}    prompt: @@: a\n    generat_audio: off\n    note: b: c\n", f"{S}    prompt: >-\n      @@: a\n    generate_audio: false\n    note: >-\n      b: c\n"),
}  # fmt: skip
NOT_CERTAIN = {
    "a half": f"{S}    duration: 3.5\n    prompt: reeds\n",
    "far from any key": f"{S}    colour: blue\n    prompt: reeds\n",
    "a key that is there": f"{S}    promt: reeds\n    prompt: reeds\n",
    "a word whose value does not fit": f"{S}    audio: wheel hum\n    prompt: reeds\n",
    "two names as near": "elements:\n  cat: {description: a}\n  bat: {description: b}\n" + f"{S}    prompt: the @rat, @cat and @bat\n",
    "two slips in a name": f"{ELEMENTS}{S}    prompt: the @ptoer, @potter and @moth\n",
    "a position": f"{ELEMENTS}{S}    prompt: '@Element1, @potter and @moth'\n",
    "a remark": f"{S}    prompt: @@ reeds  # a remark\n",
    "an id with a colon": f"{S[:-2]}b: c\n    prompt: reeds\n",
    "keys below a text": f"{S}    prompt: reeds: wind\n      camera: static\n",
    "a list": f"{S}    prompt:\n      scene: a pond\n      constraints: [no text] in the wind\n",
    "two lists": f"{S}    prompt: [reeds], [wind]\n",
    "a tab": f"{S}\tprompt: reeds\n",
    "a bracket in a note": f"{S}    note: [reeds\n    prompt: reeds\n",
    "a bracket in a prompt": f"{S}    prompt: [reeds in the wind\n",
    "quotes around two words": f'{S}    prompt: "stop" and "go"\n',
    "an amount with a comma": f"budget: 12,50\n{S}    prompt: reeds\n",
}  # fmt: skip


def fixed(folder: Path, text: str | bytes) -> Mended:
    (found,) = mend(locate(written(folder, text)), {})
    return found


@pytest.mark.parametrize("what", MENDED)
def test_a_certain_cure(what: str, tmp_path: Path) -> None:
    before, after = MENDED[what]
    found = fixed(tmp_path, TEXT + before)
    assert found.after.decode() == TEXT + after
    assert found.done
    assert not found.left
    assert read_back(written(tmp_path, found.after)).diagnostics == ()


@pytest.mark.parametrize("what", NOT_CERTAIN)
def test_what_is_not_certain_stays(what: str, tmp_path: Path) -> None:
    text = TEXT + NOT_CERTAIN[what]
    assert fixed(tmp_path, text).after.decode() == text
    assert read_back(written(tmp_path, text)).errors


@pytest.mark.parametrize("remark", ["#2 here", "#todo ask Ann for a raise"])
def test_what_may_be_a_private_remark_is_never_put_into_what_is_sent(remark: str, tmp_path: Path) -> None:
    text = f"{TEXT}{S}    prompt: boat {remark}\n"
    (found,) = read_back(written(tmp_path, text)).diagnostics
    assert (found.code, found.fix) == ("SB115", None)
    assert found.hint is not None
    assert f'`"… {remark}"`' in found.hint
    assert f"`# {remark[1:]}`" in found.hint
    assert fixed(tmp_path, text).after.decode() == text


def test_the_first_key_of_all(tmp_path: Path) -> None:
    assert fixed(tmp_path, "# mine\nscenes: []\n").after == b"# mine\nstoryboard: 1\nscenes: []\n"
    assert fixed(tmp_path, "storyboard: v1.0\nscenes: []\n").after == b"storyboard: 1\nscenes: []\n"


def test_marks_and_line_ends_stay(tmp_path: Path) -> None:
    text = f"\ufeff{TEXT}{S}    prompt: wide: reeds\n".replace("\n", "\r\n").encode()
    after = fixed(tmp_path, text).after
    assert after == text.replace(b"prompt: wide: reeds", b"prompt: >-\r\n      wide: reeds")


@pytest.mark.parametrize(
    ("name", "known", "found"),
    [
        ("promt", ["prompt", "note"], "prompt"),
        ("Prompt", ["prompt"], "prompt"),
        ("start-image", ["start_image", "end_image"], "start_image"),
        ("rpompt", ["prompt"], "prompt"),
        ("generate_adio", ["generate_audio"], "generate_audio"),
        ("generateadioo", ["generate_audio"], "generate_audio"),
        ("prmt", ["prompt"], None),
        ("rat", ["cat", "bat"], None),
        ("cut", ["cat"], "cat"),
        ("to", ["tom"], None),
        ("", ["a"], None),
        ("x" * 500, ["y" * 500], None),
    ],
)
def test_what_is_certainly_meant(name: str, known: list[str], found: str | None) -> None:
    assert meant(name, known) == found


def test_the_file_is_written_and_what_is_left_is_said(tmp_path: Path, run: Callable) -> None:
    film = written(tmp_path, f"{TEXT}{S}    promt: reeds\n    colour: blue\n")
    film.chmod(0o640)
    ran = run("check", film, "--fix")
    assert film.read_text() == f"{TEXT}{S}    prompt: reeds\n    colour: blue\n"
    assert film.stat().st_mode & 0o777 == 0o640
    assert ran.code == 1
    assert "SB101: call it `prompt`" in ran.err
    assert "storyboard.yaml: 1 mistake fixed" in ran.err
    assert ran.out.count("error[") == 1
    assert "colour" in ran.out
    assert sorted(path.name for path in tmp_path.iterdir()) == ["storyboard.toml", "storyboard.yaml"]


def test_several_files_are_mended_each(tmp_path: Path, run: Callable) -> None:
    for name in ("a.yaml", "b.yaml"):
        (tmp_path / name).write_text(f"{TEXT}{S}    promt: reeds\n")
    ran = run("check", tmp_path / "a.yaml", tmp_path / "b.yaml", "--fix", "--format", "json")
    assert ran.code == 0
    assert json.loads(ran.out)["errors"] == 0
    assert ran.err.count("1 mistake fixed") == 2


CAST = """\
elements: {heron: {description: grey}}
defaults:
  note: lake: north
  prompt: {scene: "the @heorn at {{ lihgt }}"}
"""


def test_what_is_included_is_mended_too(
    tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    top = "  - id: market\n    scenes:\n      - {id: a, prompt: reeds, generat_audio: false}\n"
    film = written(tmp_path, f"{TEXT}include: parts/cast.yaml\nvars: {{light: dawn}}\nscenes:\n{top}")
    cast = tmp_path / "parts" / "cast.yaml"
    cast.parent.mkdir()
    cast.write_bytes(f"\ufeff{CAST}".encode())
    patch = run("check", "storyboard.yaml", "--fix", "--diff")
    assert "--- a/parts/cast.yaml\n+++ b/parts/cast.yaml\n" in patch.out
    assert cast.read_bytes() == f"\ufeff{CAST}".encode()
    ran = run("check", "storyboard.yaml", "--fix")
    assert (ran.code, ran.out) == (0, ""), ran.out
    assert "storyboard.yaml: 1 mistake fixed" in ran.err
    assert "parts/cast.yaml: 3 mistakes fixed" in ran.err
    assert "generate_audio: false" in film.read_text()
    assert cast.read_bytes().startswith(b"\xef\xbb\xbfelements")
    assert "the @heron at {{ light }}" in cast.read_text()


def test_variables_and_variants_are_those_of_the_check(tmp_path: Path, run: Callable) -> None:
    variants = "    variants: {wide: {note: x}, close: {note: y}}\n"
    film = written(tmp_path, f"{TEXT}{S}    prompt: reeds at {{{{ light }}}}\n    pick: wdie\n{variants}")
    assert run("check", film, "--fix", "--var", "light=dawn").code == 0
    assert "pick: wide\n" in film.read_text()
    assert run("check", film, "--fix", "--var", "light=dawn", "--pick", "a=close").code == 0


def test_a_wrong_option_writes_nothing(tmp_path: Path, run: Callable) -> None:
    film = written(tmp_path, f"{TEXT}{S}    prompt: reeds  # storyboard: ignore SB818\n")
    for option in (("--pick", "b=wide"), ("--scene", "b")):
        assert run("check", film, "--fix", *option).code == 2
    assert "ignore" in film.read_text()


def test_a_difference_is_shown_and_nothing_written(tmp_path: Path, run: Callable) -> None:
    text = f"{TEXT}{S}    promt: reeds"
    film = written(tmp_path, text)
    ran = run("check", film, "--fix", "--diff")
    assert film.read_text() == text
    assert ran.code == 1
    assert "\n-    promt: reeds\n\\ No newline at end of file\n+    prompt: reeds\n" in ran.out
    assert "1 mistake would be fixed" in ran.err
    assert run("check", film, "--diff").code == 2


def test_git_takes_the_difference(tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    written(tmp_path, f"{TEXT}{S}    prompt: wide: reeds\n    duration: 4 sec\n")
    patch = run("check", "storyboard.yaml", "--fix", "--diff").out
    subprocess.run(["git", "init", "-q"], check=True)
    subprocess.run(["git", "apply"], input=patch, text=True, check=True)
    assert run("check", "storyboard.yaml").code == 0


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is read-only to root")
def test_a_file_that_may_not_be_written(tmp_path: Path, run: Callable) -> None:
    film = written(tmp_path, f"{TEXT}{S}    promt: reeds\n")
    film.chmod(0o444)
    ran = run("check", film, "--fix")
    assert (ran.code, "read-only" in ran.err) == (4, True)


def test_a_folder_that_takes_no_new_file(
    tmp_path: Path, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    film = written(tmp_path, f"{TEXT}{S}    promt: reeds\n")
    before = film.read_bytes()

    def refuse(*_: object, **__: object) -> None:
        raise OSError(30, "Read-only file system")

    monkeypatch.setattr("tempfile.mkstemp", refuse)
    ran = run("check", film, "--fix")
    assert (ran.code, film.read_bytes()) == (4, before)
    assert "It is as it was." in ran.err


MANY = range(6)


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("way", WAYS)
def test_mutations_are_never_worse_afterwards(way: str, name: str, tmp_path: Path) -> None:
    for seed in MANY:
        text = WAYS[way](random.Random(f"fix {way} {name} {seed}"), SEEDS[name])  # noqa: S311 - repeatable
        path = written(tmp_path, text)
        before = read_back(path)
        (found,) = mend(locate(path), {})
        after = read_back(written(tmp_path, found.after))
        read = before.storyboard is not None
        assert not read or after.storyboard is not None, (seed, text)
        if before.storyboard is not None and before.storyboard.whole:
            assert after.errors <= before.errors, (seed, text)
        assert mend(locate(path), {})[0].after == found.after, (seed, text)
