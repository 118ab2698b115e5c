"""What a film maker who is new to YAML gets wrong: the place is right, the reason too, and the printed cure works."""

# ruff: noqa: E501 - an attack a line
from __future__ import annotations

from pathlib import Path

import pytest
from hostile.boards import HEAD, checked, misplaced

from storyboard.diagnostics import Diagnostic

SCENE = f"{HEAD}scenes:\n  - id: a\n"
CAST = f"{HEAD}elements:\n  cat: {{description: a grey cat}}\nvars: {{light: dawn}}\nscenes:\n  - id: a\n"

# (what was written, the line of the message, what it must name)
MISTAKES: dict[str, tuple[str, int, str]] = {
    "colon in prose": (SCENE + "    prompt: She says: hello there\n", 5, ": "),
    "colon in prose, later": (SCENE + "    duration: 5\n    prompt: She says: hello there\n", 6, ": "),
    "colon in prose, next line": (SCENE + "    prompt: hello world\n      and then: more\n", 6, ": "),
    "colon in the title": ("title: The potter: a film\n" + SCENE + "    prompt: b\n", 1, ": "),
    "colon in a shot": (SCENE + "    shots:\n      - wide 4s: she says: hi\n", 6, ": "),
    "colon in dialogue": (SCENE + "    prompt: b\n    dialogue: mara: hello\n", 6, ": "),
    "an @ at the start": (CAST + "    prompt: @cat sleeps\n", 8, "@"),
    "an @ in a shot": (CAST + "    shots:\n      - wide 4s: @cat sleeps\n", 9, "@"),
    "braces at the start": (CAST + "    prompt: {{ light }} on the wall\n", 8, "{{"),
    "braces alone": (CAST + "    prompt: {{ light }}\n", 8, "{{"),
    "one brace": (CAST + "    prompt: the {{ light }\n", 8, "}"),
    "a quote and more": (SCENE + '    prompt: "Hello" she said\n', 5, "quote"),
    "an apostrophe in quotes": (SCENE + "    prompt: 'the cat's bowl'\n", 5, "quote"),
    "an apostrophe at the start": (SCENE + "    prompt: 'tis the season\n", 5, "quote"),
    "a quote not closed": (SCENE + '    prompt: "hello\n    duration: 5\n', 5, "quote"),
    "a star": (SCENE + "    prompt: *slow* pan\n", 5, "*"),
    "an ampersand": (SCENE + "    prompt: &cat walks\n", 5, "&"),
    "an exclamation mark": (SCENE + "    prompt: !wow a cat\n", 5, "!"),
    "a bracket": (SCENE + "    prompt: [wide] a cat walks\n", 5, "["),
    "a percent sign": (SCENE + "    prompt: %80 grey\n", 5, "%"),
    "a backtick": (SCENE + "    prompt: `slow` pan\n", 5, "backtick"),
    "a dash": (SCENE + "    prompt: - a cat\n", 5, "-"),
    "a question mark": (SCENE + "    prompt: ? why\n", 5, "?"),
    "a pipe and text": (SCENE + "    prompt: | the cat\n      walks\n", 5, "|"),
    "an arrow and text": (SCENE + "    prompt: > the cat\n      walks\n", 5, ">"),
    "a number sign": (SCENE + "    prompt: shot #2 of the cat\n", 5, "#2 of the cat"),
    "a number sign at the start": (SCENE + "    prompt: #2 of the cat\n", 5, "#2 of the cat"),
    "a tab": (SCENE + "\tprompt: b\n", 5, "tab"),
    "a tab below": (SCENE + "    prompt:\n\t  scene: b\n", 6, "tab"),
    "a no-break space": (SCENE + "    prompt:\u00a0b\n", 5, "space"),
    "no space behind the colon": (SCENE + "    prompt:hello\n", 5, ":"),
    "no colon": (f"{HEAD}scenes\n  - id: a\n    prompt: b\n", 3, ":"),
    "no dash": (f"{HEAD}scenes:\n  id: a\n  prompt: b\n", 4, "list"),
    "no dash before shots": (SCENE + "    shots:\n      wide: {duration: 4, prompt: b}\n", 6, "list"),
    "too deep": (SCENE + "      prompt: b\n", 5, "indent"),
    "not deep enough": (SCENE + "   prompt: b\n", 5, "indent"),
    "a block not indented": (SCENE + "    prompt: >-\n    the cat\n", 6, "indent"),
    "a backslash": (SCENE + '    prompt: "C:\\path"\n', 5, "escape"),
    "a code fence": ("```yaml\n" + SCENE + "    prompt: b\n```\n", 1, "Markdown"),
    "a second document": (SCENE + "    prompt: b\n---\n", 6, "document"),
    "a misspelt key": (SCENE + "    promt: b\n", 5, "prompt"),
    "a key with a capital": (SCENE + "    Prompt: b\n", 5, "prompt"),
    "a key with a dash": (SCENE + "    prompt: b\n    start-image: b.png\n", 6, "start_image"),
    "fal's own name": (SCENE + "    prompt: b\n    start_image_url: b.png\n", 6, "start_image"),
    "audio": (SCENE + "    prompt: b\n    audio: true\n", 6, "generate_audio"),
    "audio yes": (SCENE + "    prompt: b\n    generate_audio: yes\n", 6, "true"),
    "audio True": (SCENE + "    prompt: b\n    generate_audio: True\n", 6, "true"),
    "minutes": (SCENE + "    prompt: b\n    duration: 0:10\n", 6, "10"),
    "half a second": (SCENE + "    prompt: b\n    duration: 3.5\n", 6, "3 or 4"),
    "seconds in words": (SCENE + "    prompt: b\n    duration: 5 sec\n", 6, "4s"),
    "a comma": (SCENE + "    prompt: b\n    duration: 3,5\n", 6, "seconds"),
    "too long": (SCENE + "    prompt: b\n    duration: 20\n", 6, "15"),
    "too short": (SCENE + "    prompt: b\n    duration: 2\n", 6, "3"),
    "an id of two words": (f"{HEAD}scenes:\n  - id: my scene\n    prompt: b\n", 4, "letters"),
    "an id twice": (SCENE + "    prompt: b\n  - id: a\n    prompt: b\n", 6, "taken"),
    "no id": (f"{HEAD}scenes:\n  - prompt: b\n", 4, "id"),
    "no version": ("scenes:\n  - id: a\n    prompt: b\n", 1, "storyboard: 1"),
    "another version": (SCENE.replace(": 1", ": 2") + "    prompt: b\n", 1, "storyboard: 1"),
    "no prompt": (SCENE + "    duration: 5\n", 4, "prompt"),
    "an empty prompt": (SCENE + "    prompt:\n", 4, "prompt"),
    "no first frame": (SCENE.replace("-text", "") + "    prompt: b\n", 4, "start_image"),
    "a section that is not": (SCENE + "    prompt:\n      subject: b\n", 6, "subject_motion"),
    "an element as text": (f"{HEAD}elements:\n  cat: a grey cat\n{SCENE[len(HEAD) :]}    prompt: '@cat'\n", 4, "description"),
    "an element's image": (CAST.replace("{description: a grey cat}", "{image: cat.png}") + "    prompt: '@cat'\n", 4, "frontal_image"),
    "elements as a list": (f"{HEAD}elements:\n  - name: cat\n{SCENE[len(HEAD) :]}    prompt: b\n", 4, "mapping"),
    "an unknown element": (CAST + "    prompt: the @dog\n", 8, "@cat"),
    "two cats": (CAST + "    prompt: two @cats\n", 8, "@cat"),
    "a handle": (SCENE + "    prompt: the sign reads @home\n", 5, "@@"),
    "a tag by hand": (CAST + '    prompt: "@Element1 and @cat"\n', 8, "computed"),
    "an unknown var": (CAST + "    prompt: the {{ lihgt }}\n", 8, "light"),
    "an unknown var in a block": (CAST + "    prompt: >-\n      first line\n      then {{ lihgt | upper }}\n", 10, "light"),
    "an unknown var in a filter": (CAST + "    prompt: the {{ light | uper }}\n", 8, "upper"),
    "an unknown endpoint": (SCENE.replace("kling-v3-standard-text", "kling-v3-standart") + "    prompt: b\n", 2, "kling-v3-standard"),
    "a budget in euros": ("budget: 12 EUR\n" + SCENE + "    prompt: b\n", 1, "12.00"),
    "a ratio that is not": (SCENE + "    prompt: b\n    aspect_ratio: '4:3'\n", 6, "16:9"),
    "cfg of another tool": (SCENE + "    prompt: b\n    cfg_scale: 7\n", 6, "0 to 1"),
    "dialogue as a mapping": (SCENE + "    prompt: b\n    dialogue:\n      mara: hello\n      bob: bye\n", 7, "speaker"),
    "dialogue for all shots": (SCENE + "    shots:\n      - a 4s: b\n      - c 4s: d\n    dialogue: [hi]\n", 8, "shot"),
    "shots as prose": (SCENE + "    shots:\n      - a cat sleeps\n", 6, "4s"),
    "a shot without s": (SCENE + "    shots:\n      - wide 4: b\n", 6, "4s"),
    "a shot without seconds": (SCENE + "    shots:\n      - wide: b\n", 6, "seconds"),
    "a shot without a space": (SCENE + "    shots:\n      - wide 4s:b\n", 6, ":"),
    "a short shot with a note": (SCENE + "    shots:\n      - wide 4s: b\n        note: c\n", 6, "wide 4s"),
    "seven shots": (SCENE + "    shots:\n" + "".join(f"      - s{i} 2s: b\n" for i in range(7)), 12, "6"),
    "a transition to nowhere": (SCENE + "    prompt: b\ncut:\n  transitions:\n    - {from: a, to: b, kind: dissolve}\n", 8, "b"),
    "another transition": (
        SCENE + "    prompt: b\n  - {id: c, prompt: d}\ncut:\n  transitions:\n    - {from: a, to: c, kind: swirl}\n", 9, "dissolve",
    ),
    "a Windows path": (SCENE.replace("-text", "") + "    start_image: stills\\dawn.png\n    prompt: b\n", 5, "forward"),
    "an include": ("include: a.yaml\n" + SCENE + "    prompt: b\n", 1, "include"),
    "a merge": (f"x-a: &b {{prompt: c}}\n{HEAD}scenes:\n  - <<: *b\n    id: a\n", 5, "<<"),
}  # fmt: skip


def told(diagnostic: Diagnostic) -> str:
    return f"{diagnostic.message} {diagnostic.hint or ''}"


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes(tmp_path: Path, name: str) -> None:
    text, line, word = MISTAKES[name]
    found = checked(tmp_path, text)
    assert misplaced(found) == []
    here = [d for d in found.diagnostics if d.span.line == line and word in told(d)]
    assert here, [(d.span.line, told(d)) for d in found.diagnostics]


def cure(diagnostic: Diagnostic) -> str | None:
    """The rewritten line of a hint."""
    _, _, text = (diagnostic.hint or "").partition(":\n")
    return text or None


CURED = {
    "colon in prose": "She says: hello there",
    "colon in prose, later": "She says: hello there",
    "colon in prose, next line": "hello world and then: more",
    "colon in a shot": "she says: hi",
    "an @ at the start": "a grey cat) sleeps",
    "an @ in a shot": "a grey cat) sleeps",
    "braces at the start": "dawn on the wall",
    "braces alone": "dawn",
    "a quote and more": '"Hello" she said',
    "an apostrophe in quotes": "the cat's bowl",
    "an apostrophe at the start": "'tis the season",
    "a star": "*slow* pan",
    "an exclamation mark": "!wow a cat",
    "a bracket": "[wide] a cat walks",
    "a percent sign": "%80 grey",
    "a backtick": "`slow` pan",
    "a dash": "- a cat",
    "a question mark": "? why",
}


@pytest.mark.parametrize("name", CURED)
def test_cures_work_when_applied(tmp_path: Path, name: str) -> None:
    """The printed lines in place of those that they begin like: a good storyboard that sends all of the text."""
    text = MISTAKES[name][0]
    diagnostic = next(d for d in checked(tmp_path, text).diagnostics if d.severity == "error")
    block = cure(diagnostic)
    assert block, diagnostic
    lines = text.split("\n")
    key = block.split(">-")[0]
    first = next(number for number, line in enumerate(lines) if line.startswith(key.rstrip()))
    taken = max(first + 1, diagnostic.span.line)
    found = checked(tmp_path, "\n".join([*lines[:first], block, *lines[taken:]]))
    assert not found.errors, found.diagnostics
    assert found.compiled is not None
    assert CURED[name] in found.compiled.requests[0].arguments["prompt"]
