"""Text that is odd, broken or made to hurt: every answer stands inside the file, comes soon, and fits the memory."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest
from hostile.boards import HEAD, board, checked, double, misplaced, quoted, written

from storyboard.location import locate
from storyboard.mend import mend

HOSTILE = Path(__file__).parent / "hostile"
SOON = 2.0  # seconds, a mean machine with other work included
SIGNS = str.maketrans({"␣": " ", "→": "\t", "←": "\r"})


def oddities() -> dict[str, str]:
    found: dict[str, list[str]] = {}
    lines: list[str] = []
    for line in (HOSTILE / "oddities.txt").read_text(encoding="utf-8").split("\n")[1:]:
        if line.startswith("%% "):
            lines = found.setdefault(line[3:], [])
        else:
            lines.append(line)
    return {name: "\n".join(text).translate(SIGNS) for name, text in found.items()}


ODDITIES = oddities()


def within(text: str) -> str:
    """An oddity as a value inside a storyboard that is right otherwise."""
    return (
        HEAD
        + "x-odd:\n"
        + "".join(f"  {line}\n" for line in text.split("\n"))
        + "scenes: [{id: a, prompt: b}]\n"
    )


@pytest.mark.parametrize("name", ODDITIES)
def test_oddities(tmp_path: Path, name: str) -> None:
    for text in (ODDITIES[name], within(ODDITIES[name])):
        found = checked(tmp_path, text)
        assert misplaced(found) == []
        assert found.storyboard is not None or found.errors


def test_a_storyboard_is_never_an_oddity() -> None:
    assert len(ODDITIES) >= 100


def naughty() -> list[str]:
    lines = (HOSTILE / "naughty.txt").read_text(encoding="utf-8").split("\n")
    return [
        json.loads(f'"{line}"') if '"' not in line else line for line in lines if line and line[:3] != "%% "
    ]


# Where such a string stands: as it is, where nothing keeps YAML from it, and kept from it.
STANDS: dict[str, Callable[[str], str]] = {
    "plain": board,
    "in a section": lambda text: board(f"\n      camera: {text}\n      subject_motion: reeds"),
    "in a list": lambda text: board("x", after=f"    dialogue:\n      - {text}\n"),
    "in a flow": lambda text: f"{HEAD}scenes: [{{id: a, prompt: {text}}}]\n",
    "in double quotes": lambda text: board(double(text)),
    "in single quotes": lambda text: board(quoted(text)),
    "in a block": lambda text: board(f"|\n      {text}"),
    "as an id": lambda text: f"{HEAD}scenes:\n  - id: {text}\n    prompt: x\n",
    "as a key": lambda text: board("x", after=f"    {text}: y\n"),
    "as a name": lambda text: board("x", before=f"elements:\n  {text}: {{description: y}}\n"),
    "as a duration": lambda text: board("x", after=f"    duration: {text}\n"),
    "as a file": lambda text: board("x", after=f"    start_image: {text}\n"),
    "in a remark": lambda text: board(f"x  # storyboard: ignore {text}"),
}


def put(folder: Path, where: str, strings: Iterable[str]) -> None:
    """No failure but ours, every message in the file; `--fix` does not make it worse, and has nothing left to do."""
    for text in strings:
        found = checked(folder, STANDS[where](text))
        assert misplaced(found) == [], text
        assert found.storyboard is not None or found.errors, text
        if not any(one.fix is not None for one in found.diagnostics):
            continue
        (mended,) = mend(locate(written(folder, STANDS[where](text))), {})
        after = checked(folder, mended.after)
        assert misplaced(after) == [], text
        if found.storyboard is not None and found.storyboard.whole:
            assert after.errors <= found.errors, text
        assert mend(locate(folder), {})[0].after == mended.after, text


@pytest.mark.parametrize(("number", "where"), [*enumerate(STANDS)])
def test_naughty_strings(tmp_path: Path, number: int, where: str) -> None:
    """Each in every third place."""
    put(tmp_path, where, naughty()[number % 3 :: 3])


@pytest.mark.long
@pytest.mark.parametrize("where", STANDS)
def test_every_naughty_string_in_every_place(tmp_path: Path, where: str) -> None:
    put(tmp_path, where, naughty())


def nested(text: str, times: int) -> str:
    return HEAD + "x-a: " + text * times + "\n"


QUICK = {
    "alias-bomb": HEAD
    + "x-0: &a0 [b]\n"
    + "".join(f"x-{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12)),
    "alias-bomb-in-a-scene": HEAD
    + "x-0: &a0 [b, b, b, b, b, b, b, b, b]\n"
    + "".join(f"x-{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 5))
    + "scenes: [{id: a, prompt: {constraints: *a4}}]\n",
    "anchors": HEAD + "x-a:\n" + "".join(f"  - &a{i} b\n" for i in range(20_000)),
    "depth-of-lists": nested("[", 100_000),
    "depth-of-mappings": nested("{a: ", 50_000),
    "depth-of-dashes": HEAD + "x-a:\n  " + "- " * 50_000 + "\n",
    "depth-of-blocks": HEAD + "x-a:\n" + "".join(" " * i + "- a:\n" for i in range(1, 900)),
    "depth-of-questions": HEAD + "x-a:\n  " + "? " * 5_000 + "\n",
    "openers": nested("{{", 10_000),
    "flow-over-lines": HEAD + "x-a: [" + "\n  a: b," * 30_000 + "\n",
    "comments": "#\n" * 200_000,
    "documents": "---\n" * 50_000,
    "empty-lines": "\n" * 300_000,
    "spaces": " " * 1_000_000,
    "tabs": "\t" * 100_000,
    "colons": ": " * 50_000,
    "stars": "* " * 50_000,
    "percents": "%A\n" * 10_000,
    "quotes": HEAD + "x-a: '" + "''" * 30_000 + "'\n",
    "plain-lines": HEAD + "x-a: " + "a\n  " * 100_000 + "\n",
    "block-lines": board("|\n" + "      a\n" * 30_000),
    "a-long-key": HEAD + "? " + "a" * 60_000 + "\n: b\n",
    "a-long-id": HEAD + f"scenes: [{{id: {'a' * 60_000}, prompt: b}}]\n",
    "a-long-number": HEAD + f"scenes: [{{id: a, prompt: b, duration: {'1' * 5_000}}}]\n",
    "a-long-time": HEAD + f"scenes: [{{id: a, prompt: b, duration: '{'1' * 5_000}:30'}}]\n",
    "a-long-time-by-jinja": HEAD
    + f"vars: {{d: '{'1' * 5_000}:30'}}\nscenes: [{{id: a, prompt: b, duration: '{{{{ d }}}}'}}]\n",
    "a-long-fraction": HEAD + f"scenes: [{{id: a, prompt: b, cfg_scale: 0.{'1' * 5_000}}}]\n",
    "a-long-budget": HEAD + f"budget: {'9' * 5_000}\nscenes: [{{id: a, prompt: b}}]\n",
    "a-long-take": HEAD + f"scenes: [{{id: a, prompt: b, take: {'9' * 5_000}}}]\n",
    "an-exponent": HEAD + "budget: 1e99999999999999\nscenes: [{id: a, prompt: b, cfg_scale: 1e-999}]\n",
    "voice-spaces": board('"<<<' + " " * 20_000 + 'x"'),
    "voice-openers": board('"' + "<" * 60_000 + '"'),
    "voice-openers-and-spaces": board('"' + "<<< " * 15_000 + '"'),
    "at-signs": board('"' + "@" * 60_001 + '"'),
    "at-names": board('"' + "@a " * 15_000 + '"'),
    "speaker-spaces": board("b", after='    dialogue: ["a' + " " * 60_000 + 'b(: words"]\n'),
    "speaker-key-spaces": board(
        "b", after='    dialogue:\n      - ? "a' + " " * 30_000 + 'b("\n        : words\n'
    ),
    "speaker-brackets": board("b", after='    dialogue: ["' + "(" * 30_000 + ': words"]\n'),
    "short-shot-spaces": HEAD
    + 'scenes:\n  - id: a\n    shots:\n      - ? "a'
    + " " * 60_000
    + 'b"\n        : words\n',
    "short-shot-digits": HEAD
    + 'scenes:\n  - id: a\n    shots:\n      - ? "a'
    + " 1" * 30_000
    + 'b"\n        : words\n',
    "comment-spaces": board("b" + " " * 60_000 + "#c"),
    "jinja-spaces": board('"{{' + " " * 60_000 + '"'),
    "jinja-names": board('"' + "{{ a" * 15_000 + '"'),
    "url-of-letters": HEAD + f"scenes: [{{id: a, prompt: b, start_image: '{'a' * 60_000}'}}]\n",
    "url-of-dots": HEAD + f"scenes: [{{id: a, prompt: b, start_image: 'https://{'a.' * 30_000}'}}]\n",
    "path-of-dots": HEAD + f"scenes: [{{id: a, prompt: b, start_image: '{'../' * 20_000}'}}]\n",
    "path-of-folders": HEAD + f"scenes: [{{id: a, prompt: b, start_image: '{'a/' * 20_000}b.png'}}]\n",
    "unknown-names": HEAD
    + "elements:\n"
    + "".join(f"  thing{i}: {{description: b}}\n" for i in range(1_000))
    + "scenes: [{id: a, prompt: '"
    + " ".join(f"@thnig{i}" for i in range(1_000))
    + "'}]\n",
    "unknown-vars": HEAD
    + "vars:\n"
    + "".join(f"  thing{i}: b\n" for i in range(1_000))
    + "scenes:\n"
    + "".join(f"  - {{id: s{i}, prompt: '{{{{ thnig{i} }}}}'}}\n" for i in range(500)),
    "unknown-keys": HEAD + "scenes:\n" + "".join(f"  - {{id: s{i}, promt: b}}\n" for i in range(2_000)),
    "unknown-scenes": HEAD
    + "scenes:\n"
    + "".join(f"  - {{id: s{i}, prompt: b}}\n" for i in range(1_000))
    + "cut:\n  transitions:\n"
    + "".join(f"    - {{from: s{i}, to: zz{i}, kind: dissolve}}\n" for i in range(500)),
    "twice-keys": HEAD + "x-a: {" + "a: b," * 5_000 + "}\n",
    "twice-ids": HEAD + "scenes:\n" + "  - {id: a, prompt: b}\n" * 2_000,
    "similar-names": HEAD
    + "vars:\n  ? "
    + "".join(chr(0x4E00 + i * 7 % 150) for i in range(8_000))
    + "\n  : b\nscenes: [{id: a, prompt: '{{ "
    + "".join(chr(0x4E00 + i * 11 % 150) for i in range(8_000))
    + " }}'}]\n",
}


@pytest.mark.parametrize("name", QUICK)
def test_what_is_made_to_take_long_does_not(tmp_path: Path, name: str) -> None:
    written(tmp_path, QUICK[name])
    started = time.process_time()  # what else the machine does does not count
    found = checked(tmp_path, QUICK[name])
    assert time.process_time() - started <= SOON
    assert misplaced(found) == []


WEIGHED = """
import json, sys
sys.path[:0] = json.loads(sys.argv[2])
from pathlib import Path
from storyboard.location import locate
from storyboard.pipeline import check
found = check(locate(Path(sys.argv[1])), {}, missing_is_error=False)
high = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([int(high.split()[1]) // 1024, found.errors]))
"""

HEAVY = {
    "half-a-million-values": HEAD + "x-a: [" + "a," * 500_000 + "]\nscenes: [{id: a, prompt: b}]\n",
    "an-astral-character-in-32-mib": HEAD
    + "x-a:\n  - 😀\n"
    + f"  - {'a' * 1000}\n" * 33_000
    + "scenes: [{id: a, prompt: b}]\n",
    "a-million-empty-mappings": HEAD + "x-a: [" + "{}," * 1_000_000 + "]\nscenes: [{id: a, prompt: b}]\n",
    "a-jinja-list": board(
        double("{% set a = range(1000) | list %}" + "{% set a = [a, a, a, a] | sum(start=[]) %}" * 12 + "x")
    ),
}


@pytest.mark.long
@pytest.mark.linux
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the high mark is read from /proc")
@pytest.mark.parametrize("name", HEAVY)
def test_memory(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, HEAVY[name])
    child = subprocess.run(
        [sys.executable, "-c", WEIGHED, str(path), json.dumps([str(HOSTILE.parents[1])])],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=os.environ,
    )
    assert child.returncode == 0, child.stderr
    mebibytes, _ = json.loads(child.stdout)
    assert mebibytes <= 300


@pytest.mark.parametrize(
    "character", ["\uffff", "\ufffe", "\ufdd0", "\x07", "\x1b", "\x7f", "\x9b", "\u2028", "\x00"]
)
@pytest.mark.parametrize("before", ["", "é", "水", "😀"])
def test_characters_that_are_refused_are_refused_at_their_place(
    tmp_path: Path, before: str, character: str
) -> None:
    found = checked(tmp_path, f"{HEAD}title: {before}{before} {character}\nscenes: [{{id: a, prompt: b}}]\n")
    assert misplaced(found) == []
    (first, *_) = found.diagnostics
    assert (first.span.line, first.span.column) == (3, 9 + 2 * len(before))


@pytest.mark.parametrize(
    "character", ["\u202e", "\u2066", "\u200f", "\u200b", "\ufeff", "\x1b", "\x00", "/", "\\", " "]
)
def test_ids_are_plain(tmp_path: Path, character: str) -> None:
    escaped = json.dumps(f"a{character}b")
    scene = checked(tmp_path, f"{HEAD}scenes: [{{id: {escaped}, prompt: b}}]\n")
    shot = checked(tmp_path, f"{HEAD}scenes: [{{id: a, shots: [{{id: {escaped}, prompt: b}}]}}]\n")
    element = checked(
        tmp_path, f"{HEAD}elements: {{{escaped}: {{description: b}}}}\nscenes: [{{id: a, prompt: b}}]\n"
    )
    assert min(scene.errors, shot.errors, element.errors) > 0


@pytest.mark.parametrize("reach", ["@Element2", "<<<voice_1>>>", "@nobody"])
@pytest.mark.parametrize(
    "place",
    [
        "elements: {{cat: {{description: 'see {}'}}}}\n",
        "elements: {{cat: {{name: '{}', description: b}}}}\n",
    ],
)
def test_tags_that_the_compiler_did_not_write_are_not_sent(tmp_path: Path, place: str, reach: str) -> None:
    found = checked(tmp_path, board('"@cat sleeps"', before=place.format(reach)))
    if found.errors == 0:
        assert found.compiled is not None
        assert reach not in found.compiled.requests[0].arguments["prompt"]


@pytest.mark.parametrize("line", ["bob (to @Element4): hi", "old @Element4: hi", "bob (<<<voice_2>>>): hi"])
def test_tags_in_dialogue_are_not_sent(tmp_path: Path, line: str) -> None:
    found = checked(tmp_path, board("b", after=f"    dialogue: ['{line}']\n"))
    if found.errors == 0:
        assert found.compiled is not None
        sent = found.compiled.requests[0].arguments["prompt"]
        assert "Element4" not in sent
        assert "<<<" not in sent


@pytest.mark.parametrize("text", ["x@Element2", ".@Element2", "0@Element2"])
def test_tags_behind_a_letter_are_not_sent(tmp_path: Path, text: str) -> None:
    found = checked(tmp_path, board(double(f"a sign reads {text}")))
    if found.errors == 0:
        assert found.compiled is not None
        assert "@Element2" not in found.compiled.requests[0].arguments["prompt"]


def test_an_anchor_does_not_swallow_prose(tmp_path: Path) -> None:
    found = checked(tmp_path, board("&cat walks in"))
    assert found.diagnostics, "`&cat` is no part of the prompt, and nobody says so"


@pytest.mark.parametrize(
    "value",
    ["+5", "-0", "+1.50", "1.10", "007", "1e3", "0x1F", "1_000", "True", "TRUE", "yes", "12:30", ".5", "5."],
)
def test_values_print_as_they_were_written(tmp_path: Path, value: str) -> None:
    found = checked(tmp_path, board("'it is {{ a }} out'", before=f"vars: {{a: {value}}}\n"))
    assert found.compiled is not None
    assert found.compiled.requests[0].arguments["prompt"] == f"it is {value} out"


@pytest.mark.parametrize("name", ["猫", "राम", "น้ำ", "Ölçü", "மனிதன்", "кот"])
def test_names_in_every_script(tmp_path: Path, name: str) -> None:
    elements = f"elements: {{{name}: {{description: b}}}}\n"
    found = checked(
        tmp_path, board(f"'@{name}, @{name} runs'", before=elements).replace("id: a", f"id: {name}")
    )
    assert not found.errors, found.diagnostics
    assert found.compiled is not None
    assert found.compiled.requests[0].arguments["prompt"] == f"{name} (b), {name} runs"


def test_no_text_is_rendered_twice(tmp_path: Path) -> None:
    found = checked(tmp_path, board("\"{{ a }} {{ '{{ 7 * 7 }}' }}\"", before="vars: {a: '{{ 7 * 7 }}'}\n"))
    assert found.compiled is not None
    assert found.compiled.requests[0].arguments["prompt"] == "{{ 7 * 7 }} {{ 7 * 7 }}"
