"""Good storyboards, broken by chance: no exception but our own, every diagnostic inside the file, no hang.

The seed is fixed: a run that fails, fails again. `-m long` runs a hundred times as many.
"""

# ruff: noqa: E501 - an attack a line
from __future__ import annotations

import random
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from depth import either
from hostile.boards import checked, misplaced
from hypothesis import given, settings
from hypothesis import strategies as st

from storyboard.report.annotations import sarif
from storyboard.report.documents import as_json, check_document
from storyboard.report.frames import frames

ROOT = Path(__file__).parents[1]
SOON = 2.0
TOKEN = re.compile(rb"\w+|\s+|.", re.DOTALL)
PIECES = [
    *(piece.encode() for piece in [": ", "- ", "  ", "\n", "\t", "\r", "\r\n", '"', "'", "[", "]", "{", "}", ",", "#", " #", "&a", "*a", "!", "!!str", "%", "@", "@@", "@nobody", "`", ">-"]),
    b"|", b"|-", b"{{", b"}}", b"{{ nope }}", b"{{ light }}", b"{% if x %}", b"{% endif %}", b"{#", b"<<<", b">>>", b"<<<mara>>>",
    b"<<: ", b"? ", b"---\n", b"...\n", b"\xef\xbb\xbf", b"\xff", b"\xc3", b"\xed\xa0\x80", b"\xe2\x80\xa8", b"\xc2\x85",
    b"\xc2\xa0", b"\xf0\x9f\x98\x80", b"\x00", b"\x1b[31m", b"\x7f", b"null", b"~", b"true", b"no", b"-1", b"0", b"3.5", b"1:30",
    b"99999999999999999999", b"1e400", b".nan", b"..", b"../x", b"/etc/passwd", b"https://x", b"kling-v3-4k", b"@Element1",
    b"scenes:", b"shots:", b"prompt:", b"duration:", b"elements:", b"- a 4s: b\n", b"x-y:", b"take: 2\n", b"for_each: ", b"include: ", b"include: s.yaml\n", b"variants: ", b"pick: ", b"pack: auto\n", b"continues: dawn\n", b"as: tea\n", b"\\", b"\\x", b"(", b")",
]  # fmt: skip

OTHERS = {
    "everything": """\
storyboard: 1
title: Everything at once
endpoint: kling-v3-standard
budget: 12.00
vars: {light: first light, n: 4, names: [one, two], deep: {a: {b: c}}}
voices: {mara: 829877809978941442, tom: "1"}
elements:
  potter: {frontal_image: a.png, reference_images: [b.png, c.png]}
  bowl: {video: d.mp4, voice: mara}
  cat: {name: the cat, description: "grey, {{ light }}"}
  猫: {description: 白い}
defaults:
  generate_audio: true
  prompt:
    important_details: 35mm
    constraints: [one, two, "{{ names | join(', ') }}"]
scenes:
  - id: dawn
    start_image: a.png
    prompt: {scene: "a studio at {{ light }}", audio: hum}
    shots:
      - wide 4s: >-
          @potter enters, {{ light | upper }}
          and sits
      - id: hands
        duration: "{{ n }}"
        note: never sent
        prompt:
          camera: slow push
          subject_motion: "@potter turns the @bowl, @cat watches"
        dialogue: [mara (low): 'there: you are', a silence, "tom：你好"]
  - id: window
    start_image: b.png
    duration: 6
    prompt: {verbatim: "{{ not jinja }} @cat @@ <<<mara>>>"}
    cfg_scale: 0.5
    negative_prompt: |
      blur
      noise
  - id: turn
    endpoint: kling-v3-4k
    start_image: a.png
    end_image: https://example.com/a.png
    prompt: "{% for w in names %}{{ w }}{% if not loop.last %}, {% endif %}{% endfor %}"
cut:
  transitions:
    - {from: dawn, to: window, kind: dissolve, duration: 0.5}
  size: 1280x720
""",
    "longer": """\
storyboard: 1
endpoint: kling-v3-standard-text
vars: {teas: [{name: sencha, light: dawn}, {name: hojicha, light: dusk}], which: wind}
scenes:
  - id: tasting
    duration: 3
    prompt: {camera: slow push, important_details: shallow focus}
    scenes:
      - id: "{{ tea.name }}"
        for_each: "{{ teas }}"
        as: tea
        prompt: {scene: "a house at {{ tea.light }}", subject_motion: "{{ loop.index }} of {{ loop.length }}"}
  - id: walk
    pack: auto
    shots:
      - 8s: to the gate
      - {id: "back{{ n }}", for_each: [1, 2], as: n, duration: 8, prompt: "look {{ n }}"}
  - id: end
    prompt: the lantern sways
    pick: "{{ which }}"
    variants:
      wind: {prompt: {important_details: wind in the curtain}}
      calm: {shots: [{4s: it burns down}, {3s: smoke}]}
cut:
  order: [walk, sencha, walk.1, end, hojicha]
""",
    "json": '{"storyboard": 1, "endpoint": "kling-v3-pro-text", "scenes": [{"id": "a", "prompt": "b\\n\\u00e9", "duration": "5"}]}\n',
    "windows": "storyboard: 1\r\nendpoint: kling-v3-standard-text\r\nscenes:\r\n  - id: a\r\n    prompt: >-\r\n      b\r\n      @c\r\n",
}  # fmt: skip


def seeds() -> dict[str, bytes]:
    found = {path.parent.name: path.read_bytes() for path in sorted(ROOT.glob("examples/*/storyboard.yaml"))}
    found.pop("three-teas")  # what it includes lies beside it
    found["starter"] = (ROOT / "templates/starters/basic/storyboard.yaml").read_bytes()
    return found | {name: text.encode() for name, text in OTHERS.items()}


SEEDS = seeds()


def by_bytes(chance: random.Random, text: bytes) -> bytes:
    data = bytearray(text)
    for _ in range(chance.randint(1, 8)):
        at = chance.randrange(len(data) + 1)
        length = chance.choice([0, 1, 1, 2, 5, 40])
        new = chance.choice(
            [b"", chance.randbytes(1), chance.randbytes(3), chance.choice(PIECES), bytes(data[at : at + 30])]
        )
        data[at : at + length] = new
    return bytes(data)


def by_lines(chance: random.Random, text: bytes) -> bytes:
    lines = text.splitlines(keepends=True)
    for _ in range(chance.randint(1, 4)):
        at, other = chance.randrange(len(lines)), chance.randrange(len(lines))
        change = chance.randrange(7)
        if change == 0:
            lines[at], lines[other] = lines[other], lines[at]
        elif change == 1:
            lines[at] = lines[at] + lines[other]
        elif change == 2:
            lines[at] = b" " * chance.randint(1, 3) + lines[at]
        elif change == 3:
            lines[at] = lines[at][chance.randint(1, 3) :]
        elif change == 4:
            lines[at] = lines[at].rstrip(b"\r\n")
        elif change == 5:
            lines[at] = b"\t" + lines[at].lstrip()
        else:
            lines[at] = b""
    return b"".join(lines)


def by_tokens(chance: random.Random, text: bytes) -> bytes:
    tokens = TOKEN.findall(text)
    for _ in range(chance.randint(1, 5)):
        at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        change = chance.randrange(5)
        if change == 0:
            tokens[at] = chance.choice(PIECES)
        elif change == 1:
            tokens[at] = tokens[other]
        elif change == 2:
            tokens[at] = tokens[at] * chance.choice([2, 3, 400])
        elif change == 3:
            tokens[at : at + chance.randint(1, 4)] = []
            tokens = tokens or [b""]
        else:
            tokens[at:at] = [chance.choice(PIECES), chance.choice(tokens)]
    return b"".join(tokens)


WAYS: dict[str, Callable[[random.Random, bytes], bytes]] = {
    "bytes": by_bytes,
    "lines": by_lines,
    "tokens": by_tokens,
}


def attack(folder: Path, way: str, name: str, seeds: range) -> None:
    for seed in seeds:
        text = WAYS[way](random.Random(f"{way} {name} {seed}"), SEEDS[name])  # noqa: S311 - repeatable
        started = time.process_time()
        try:
            found = checked(folder, text)
        except Exception as error:
            error.add_note(f"{way}, {name}, seed {seed}: {text!r}")
            raise
        assert time.process_time() - started <= SOON, (seed, text)
        assert misplaced(found) == [], (seed, text)
        assert found.storyboard is not None or found.errors, (seed, text)


@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("way", WAYS)
def test_mutations(tmp_path: Path, way: str, name: str) -> None:
    attack(tmp_path, way, name, range(40))


@pytest.mark.long
@pytest.mark.parametrize("name", SEEDS)
@pytest.mark.parametrize("way", WAYS)
def test_many_mutations(tmp_path: Path, way: str, name: str) -> None:
    attack(tmp_path, way, name, range(40, either(1_000, 4_000)))


@pytest.mark.parametrize("name", SEEDS)
def test_every_beginning_of_a_storyboard(tmp_path: Path, name: str) -> None:
    """What an editor holds while a person types: the file up to here."""
    text = SEEDS[name]
    for end in random.Random(name).sample(range(len(text)), 25):  # noqa: S311 - repeatable
        found = checked(tmp_path, text[:end])
        assert misplaced(found) == [], text[:end]


def test_the_seeds_are_good_but_for_missing_pictures(tmp_path: Path) -> None:
    for name, text in SEEDS.items():
        if name not in {"windows", "everything"}:
            codes = {
                diagnostic.code
                for diagnostic in checked(tmp_path, text).diagnostics
                if diagnostic.severity == "error"
            }
            assert codes == set(), name


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A good storyboard with a few pieces put in, taken out or moved; what fails is shrunk to the least that does."""
    text = SEEDS[draw(st.sampled_from(sorted(SEEDS)))]
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        gone = draw(st.sampled_from([0, 0, 1, 3, 20]))
        piece = draw(st.sampled_from([b"", *PIECES]) | st.builds(str.encode, st.text(max_size=3)))
        text = text[:at] + piece + text[at + gone :]
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated")


@settings(max_examples=60, derandomize=True)
@given(text=mutated())
def test_mutations_that_are_searched_for(folder: Path, text: bytes) -> None:
    """In-process, bounded by the program's own steps: no failure but ours, every place in the file, every form said."""
    found = checked(folder, text)
    assert misplaced(found) == []
    assert found.storyboard is not None or found.errors
    said = frames(found.diagnostics, found.sources)
    assert said.count("[SB") >= len(found.diagnostics)
    as_json(check_document(found.diagnostics))
    as_json(sarif(found.diagnostics))
