"""`take` and `pin` written into a storyboard's text: every other byte stays, or nothing is written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_memory import TEXT, compiled

from storyboard.findings import Report
from storyboard.read.edit import UneditableError, with_field
from storyboard.read.load import read

PIN = "0123456789ab/2"
HEAD = "storyboard: 1\nscenes:\n"

# A field set: how a scene is written, before and after `take: 3`.
SET = {
    "id alone": ("  - id: a\n", "  - id: a\n    take: 3\n"),
    "at the margin": ("- id: a\n  prompt: x\n", "- id: a\n  take: 3\n  prompt: x\n"),
    "a deep margin": (
        "    -   id: a\n        prompt: x\n",
        "    -   id: a\n        take: 3\n        prompt: x\n",
    ),
    "id later": (
        "  - prompt: x\n    id: a\n    title: t\n",
        "  - prompt: x\n    id: a\n    take: 3\n    title: t\n",
    ),
    "a remark behind the id": (
        "  - id: a   # the first\n    # what follows\n    prompt: x\n",
        "  - id: a   # the first\n    take: 3\n    # what follows\n    prompt: x\n",
    ),
    "no break at the end": ("  - id: a", "  - id: a\n    take: 3"),
    "a blank line behind": ("  - id: a\n\n  - id: b\n", "  - id: a\n    take: 3\n\n  - id: b\n"),
    "a dash on its own line": ("  -\n    id: a\n", "  -\n    id: a\n    take: 3\n"),
    "an anchor before the scene": ("  - &a\n    id: a\n", "  - &a\n    id: a\n    take: 3\n"),
    "id in quotes": ("  - 'id': \"a\"\n", "  - 'id': \"a\"\n    take: 3\n"),
    "id as a block": (
        "  - id: >-\n      a\n    prompt: x\n",
        "  - id: >-\n      a\n    take: 3\n    prompt: x\n",
    ),
    "id below its key": ("  - id:\n      a\n", "  - id:\n      a\n    take: 3\n"),
    "id by Jinja": ("  - id: '{{ \"a\" }}'\n", "  - id: '{{ \"a\" }}'\n    take: 3\n"),
    "replaced": ("  - id: a\n    take: 2\n    prompt: x\n", "  - id: a\n    take: 3\n    prompt: x\n"),
    "replaced, first of the scene": ("  - take: 2\n    id: a\n", "  - take: 3\n    id: a\n"),
    "replaced beside a remark": ("  - id: a\n    take:  12 # best\n", "  - id: a\n    take:  3 # best\n"),
    "replaced in double quotes": ('  - id: a\n    "take": "2"\n', '  - id: a\n    "take": "3"\n'),
    "replaced in single quotes": ("  - id: a\n    take: '2'\n", "  - id: a\n    take: '3'\n"),
    "replaced as a block": (
        "  - id: a\n    take: |\n      2\n    prompt: x\n",
        "  - id: a\n    take: 3\n    prompt: x\n",
    ),
    "replaced on its own line": ("  - id: a\n    take:\n      2\n", "  - id: a\n    take:\n      3\n"),
    "null": ("  - id: a\n    take: ~\n", "  - id: a\n    take: 3\n"),
    "empty": ("  - id: a\n    take:\n    prompt: x\n", "  - id: a\n    take: 3\n    prompt: x\n"),
    "empty beside a remark": ("  - id: a\n    take:  # later\n", "  - id: a\n    take: 3  # later\n"),
    "braces": ("  - {id: a, prompt: x}\n", "  - {id: a, take: 3, prompt: x}\n"),
    "braces, id last": ("  - {prompt: x, id: a}\n", "  - {prompt: x, id: a, take: 3}\n"),
    "braces, id alone": ("  - { id: a }\n", "  - { id: a, take: 3 }\n"),
    "braces with a last comma": ("  - {id: a,}\n", "  - {id: a, take: 3,}\n"),
    "braces, replaced": ("  - {id: a, take: 2}\n", "  - {id: a, take: 3}\n"),
    "braces, close": ("  - {id: a,take: 2,prompt: x}\n", "  - {id: a,take: 3,prompt: x}\n"),
    "braces, empty": ("  - {id: a, take: , prompt: x}\n", "  - {id: a, take: 3 , prompt: x}\n"),
    "braces on lines": (
        "  - {\n      id: a,\n      prompt: x\n    }\n",
        "  - {\n      id: a,\n      take: 3,\n      prompt: x\n    }\n",
    ),
    "wide and astral characters before": (
        "  - title: 走廊 🎬 é\n    id: a\n",
        "  - title: 走廊 🎬 é\n    id: a\n    take: 3\n",
    ),
    "a twin beside it": (
        "  - id: b\n    take: 2\n  - id: a\n",
        "  - id: b\n    take: 2\n  - id: a\n    take: 3\n",
    ),
    "a shot with the same id": (
        "  - id: a\n    shots:\n    - id: a\n      prompt: x\n",
        "  - id: a\n    take: 3\n    shots:\n    - id: a\n      prompt: x\n",
    ),
}


def edited(text: str | bytes, value: str | None = "3", name: str = "take", scene: str = "a") -> bytes:
    data = text if isinstance(text, bytes) else text.encode()
    _, storyboard = read("s.yaml", data, {}, Report())
    found = [each.id.node for each in storyboard.scenes if each.id.value == scene] if storyboard else []
    return with_field(data, found[0] if found else None, name, value)


@pytest.mark.parametrize(("before", "after"), SET.values(), ids=SET.keys())
@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "marked"])
def test_a_take_is_set(before: str, after: str, breaks: str, mark: bytes) -> None:
    for tail in ("", "# the end\ncut: {fps: 24} # 24\n"):
        if tail and not before.endswith("\n"):
            continue
        one, other = (mark + (HEAD + t + tail).replace("\n", breaks).encode() for t in (before, after))
        if not before.endswith("\n") and breaks != "\n":
            other = mark + (HEAD + after).replace("\n", breaks).encode()
        assert edited(one) == other
        assert edited(other) == other


def test_json_stays_json() -> None:
    film = {"storyboard": 1, "scenes": [{"id": "a", "prompt": "x"}, {"prompt": "y", "id": "b"}]}
    for indent in (None, 2):
        text = json.dumps(film, indent=indent)
        made = json.loads(edited(text))
        assert made == json.loads(text) | {
            "scenes": [{"id": "a", "take": 3, "prompt": "x"}, film["scenes"][1]]
        }
        assert made["scenes"][1] == film["scenes"][1]
        pinned = edited(text, PIN, "pin", "b")
        assert json.loads(pinned)["scenes"][1] == {"prompt": "y", "id": "b", "pin": PIN}
        assert edited(pinned, None, "pin", "b") == text.encode()
    wide = json.dumps(film, indent=2)
    assert edited(wide).decode() == wide.replace('"id": "a",\n', '"id": "a",\n      "take": 3,\n')


# A field taken away: before and after.
GONE = {
    "its line": ("  - id: a\n    pin: P\n    prompt: x\n", "  - id: a\n    prompt: x\n"),
    "the last line": ("  - id: a\n    pin: P\n", "  - id: a\n"),
    "the last line without a break": ("  - id: a\n    pin: P", "  - id: a"),
    "a remark beside it stays": (
        "  - id: a\n    pin: P   # the good one\n",
        "  - id: a\n    # the good one\n",
    ),
    "remarks around it stay": (
        "  - id: a\n    # one\n    pin: P\n    # two\n",
        "  - id: a\n    # one\n    # two\n",
    ),
    "first of the scene": ("  - pin: P\n    id: a\n", "  - id: a\n"),
    "in quotes": ("  - id: a\n    'pin': 'P'\n", "  - id: a\n"),
    "as a block": ("  - id: a\n    pin: >-\n      P\n    prompt: x\n", "  - id: a\n    prompt: x\n"),
    "null": ("  - id: a\n    pin:\n    prompt: x\n", "  - id: a\n    prompt: x\n"),
    "braces, last": ("  - {id: a, pin: P}\n", "  - {id: a}\n"),
    "braces, first": ("  - {pin: P, id: a}\n", "  - {id: a}\n"),
    "braces, within": ("  - {id: a, pin: P , prompt: x}\n", "  - {id: a, prompt: x}\n"),
    "braces, behind a list": ("  - {id: a, elements: [x], pin: P}\n", "  - {id: a, elements: [x]}\n"),
    "braces with a last comma": ("  - {id: a, pin: P,}\n", "  - {id: a,}\n"),
    "not there": ("  - id: a\n", "  - id: a\n"),
}


@pytest.mark.parametrize(("before", "after"), GONE.values(), ids=GONE.keys())
@pytest.mark.parametrize("breaks", ["\n", "\r\n", "\r"])
def test_a_pin_is_taken_away(before: str, after: str, breaks: str) -> None:
    one, other = ((HEAD + t).replace("P", PIN).replace("\n", breaks).encode() for t in (before, after))
    assert edited(one, None, "pin") == other


# What can't be changed with certainty: the text, and words of the reason.
UNSURE = {
    "an alias for a scene": ("x-a: &a\n  id: a\n  prompt: x\nstoryboard: 1\nscenes:\n  - *a\n", "alias"),
    "an alias for all scenes": ("x-a: &a\n  - id: a\nstoryboard: 1\nscenes: *a\n", "alias"),
    "the scene is an anchor that is used": (HEAD + "  - &a\n    id: a\nx-copy: *a\n", "anchors"),
    "an alias for the take": ("x-n: &n 2\n" + HEAD + "  - id: a\n    take: *n\n", "alias"),
    "an anchor on the take": (HEAD + "  - id: a\n    take: &n 2\nx-n: *n\n", "anchor"),
    "an alias for the id": ("x-n: &n a\n" + HEAD + "  - id: *n\n", "alias"),
    "a computed take": ("vars: {n: 2}\n" + HEAD + "  - id: a\n    take: '{{ n }}'\n", "computed"),
    "an explicit key": (HEAD + "  - ? id\n    : a\n", "line of its own"),
    "a pair without braces": ("storyboard: 1\nscenes: [id: a]\n", ""),
    "a tab behind the dash": (HEAD + "  -\tid: a\n", ""),
}


@pytest.mark.parametrize(("text", "words"), UNSURE.values(), ids=UNSURE.keys())
def test_what_is_unsure_is_left_alone(text: str, words: str) -> None:
    with pytest.raises(UneditableError) as refused:
        edited(text)
    assert words in refused.value.why
    assert refused.value.line >= 1


def test_a_pin_beside_remarks_is_left_to_its_author() -> None:
    for text in (f"  - pin: {PIN} # why\n    id: a\n", f"  - {{id: a, # x\n     pin: {PIN} # y\n    }}\n"):
        with pytest.raises(UneditableError, match="remark"):
            edited(HEAD + text, None, "pin")


def test_of_two_scenes_with_one_id_the_first_is_meant() -> None:
    """`check` refuses such a storyboard before; the edit itself never touches the second."""
    assert edited(HEAD + "  - id: a\n  - id: a\n") == (HEAD + "  - id: a\n    take: 3\n  - id: a\n").encode()


def test_who_is_not_there() -> None:
    for text in (HEAD + "  - id: b\n", "", "scenes: {", "- a\n", "\0"):
        with pytest.raises(UneditableError):
            edited(text)


def everywhere() -> list[Path]:
    """Storyboards of every style in one file; `takes` has computed takes and pins already."""
    here = Path(__file__).parent
    kinds = ("golden/ok/*.yaml", "golden/film/*/storyboard.yaml")
    films = [path for kind in kinds for path in here.glob(kind) if path.stem != "takes"]
    examples = here.parent.glob("examples/*/storyboard.yaml")
    return sorted([*films, *(path for path in examples if path.parent.name != "three-teas")])


@pytest.mark.parametrize("path", everywhere(), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_scene_that_lies_around_here(path: Path) -> None:
    data = path.read_bytes()
    _, storyboard = read("s.yaml", data, {}, Report())
    assert storyboard is not None
    for number, scene in enumerate(storyboard.scenes):
        after = with_field(data, scene.id.node, "take", "9")
        _, changed = read("s.yaml", after, {}, Report())
        assert changed is not None
        expected = [s.take if n != number else 9 for n, s in enumerate(storyboard.scenes)]
        assert [s.take for s in changed.scenes] == expected
        pinned = with_field(data, scene.id.node, "pin", PIN)
        _, changed = read("s.yaml", pinned, {}, Report())
        assert changed is not None
        assert changed.scenes[number].pin is not None
        assert with_field(pinned, changed.scenes[number].id.node, "pin", None) == data


names = st.text("abcdef", min_size=1, max_size=5)
texts = st.sampled_from(["x", "'a # b'", '"é 走"', ">-\n      @@ a: b\n      c", "x # remark"])
lines = st.sampled_from(
    ["", "\n", "    # remark\n", "    title: t\n", "    x-mine: [1, {a: b}]\n", "    note:\n"]
)


@st.composite
def boards(draw: st.DrawFn) -> tuple[str, list[str]]:
    ids = draw(st.lists(names, min_size=1, max_size=4, unique=True))
    text = TEXT + draw(st.sampled_from(["", "# head\n", "defaults: {take: 2}\n"])) + "scenes:\n"
    for name in ids:
        if draw(st.booleans()):
            more = draw(st.sampled_from(["", ", take: 4", ",\n     take: '2'"]))
            text += f"  - {{id: {name}{more}, prompt: x}}\n"
            continue
        entries = [f"id: {name}\n", f"prompt: {draw(texts)}\n"]
        entries += [draw(st.sampled_from(["take: 1\n", "take:  7 # x\n", "take:\n"]))] * draw(
            st.integers(0, 1)
        )
        entries = draw(st.permutations(entries))
        own = dict.fromkeys(draw(st.lists(lines, max_size=3)))
        text += "  - " + "    ".join(entries) + "".join(own)
    return text, ids


def seen(text: bytes) -> list[Any]:
    result = compiled(text)
    assert result.requests, result.diagnostics
    return [(r.scene, r.take, r.digest, r.arguments) for r in result.requests]


@settings(
    max_examples=150,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
@given(boards(), st.data(), st.integers(1, 30), st.sampled_from(["\n", "\r\n"]))
def test_the_same_storyboard_but_for_the_take(
    board: tuple[str, list[str]], data: st.DataObject, take: int, breaks: str
) -> None:
    text, ids = board
    scene = data.draw(st.sampled_from(ids))
    before = text.replace("\n", breaks).encode()
    after = edited(before, str(take), scene=scene)
    expected = [(name, take if name == scene else was, *rest) for name, was, *rest in seen(before)]
    assert seen(after) == expected
    report = Report()
    read("s.yaml", before, {}, report)
    known = sorted(d.code for d in report.diagnostics())
    report = Report()
    read("s.yaml", after, {}, report)
    assert sorted(d.code for d in report.diagnostics()) == known
    pinned = edited(after, PIN, "pin", scene)
    assert edited(pinned, None, "pin", scene) == after
    kept = [line for line in before.splitlines() if b"take:" not in line and b"id:" not in line]
    assert [line for line in after.splitlines() if line in kept] == kept
