"""An id under `voices:`: whatever else the text says, and however it is laid out, stays to the byte."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from storyboard.read.edit import UneditableError
from storyboard.read.edit_voices import with_voice

REST = "scenes:\n  - {id: a, prompt: rain}\n"
ID = "829877809978941442"
ENTRY = f'mara: "{ID}"'

# before → after, each followed by REST
PLACED = {
    "none yet": ("storyboard: 1\n", f"storyboard: 1\nvoices:\n  {ENTRY}\n"),
    "none yet, a section apart": (
        "storyboard: 1\n\n# the cast\nelements: {}\n",
        f"storyboard: 1\n\nvoices:\n  {ENTRY}\n\n# the cast\nelements: {{}}\n",
    ),
    "nothing in it": ("storyboard: 1\nvoices:\n", f"storyboard: 1\nvoices:\n  {ENTRY}\n"),
    "nothing in it but a remark": (
        "storyboard: 1\nvoices:  # later\n",
        f"storyboard: 1\nvoices:  # later\n  {ENTRY}\n",
    ),
    "null": ("storyboard: 1\nvoices: ~\n", f"storyboard: 1\nvoices:\n  {ENTRY}\n"),
    "null with a remark": (
        "storyboard: 1\nvoices: null # none yet\n",
        f"storyboard: 1\nvoices: # none yet\n  {ENTRY}\n",
    ),
    "braces over lines": (
        "storyboard: 1\nvoices: {\n    tom: 12, # he\n  }\n",
        f"storyboard: 1\nvoices: {{\n    tom: 12, # he\n    {ENTRY},\n  }}\n",
    ),
    "braces over lines, without a comma": (
        "storyboard: 1\nvoices: {ann: 13, # she\n  tom: 12  # he\n}\n",
        f"storyboard: 1\nvoices: {{ann: 13, # she\n  tom: 12,  # he\n  {ENTRY}\n}}\n",
    ),
    "braces that end below": (
        "storyboard: 1\nvoices: {tom: 12 # he\n  }\n",
        f"storyboard: 1\nvoices: {{tom: 12, # he\n  {ENTRY}\n  }}\n",
    ),
    "a block": (
        "storyboard: 1\nvoices:\n    tom: 12   # he\n\n    ann: 13\n# end\n",
        f"storyboard: 1\nvoices:\n    tom: 12   # he\n\n    ann: 13\n    {ENTRY}\n# end\n",
    ),
    "a block with a folded id": (
        "storyboard: 1\nvoices:\n  tom: >-\n    12\n\n",
        f"storyboard: 1\nvoices:\n  tom: >-\n    12\n  {ENTRY}\n\n",
    ),
    "braces": (
        "storyboard: 1\nvoices: {tom: 12}  # he\n",
        f"storyboard: 1\nvoices: {{tom: 12, {ENTRY}}}  # he\n",
    ),
    "braces, empty": ("storyboard: 1\nvoices: {}\n", f"storyboard: 1\nvoices: {{{ENTRY}}}\n"),
    "braces with quoted names": (
        'storyboard: 1\nvoices: {"tom": "12"}\n',
        f'storyboard: 1\nvoices: {{"tom": "12", "mara": "{ID}"}}\n',
    ),
    "there already": (f"storyboard: 1\nvoices: {{mara: {ID}}}\n", f"storyboard: 1\nvoices: {{mara: {ID}}}\n"),
    "a rehearsal's": (
        "storyboard: 1\nvoices:\n  mara: sandbox-1  # she\n",
        f'storyboard: 1\nvoices:\n  mara: "{ID}"  # she\n',
    ),
    "a list": ("storyboard: 1\nvoices: [tom]\n", None),
    "an anchor": ("storyboard: 1\nvoices: &v {tom: 12}\nx-more: *v\n", None),
    "taken": ("storyboard: 1\nvoices: {mara: 12}\n", None),
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"], ids=["lf", "crlf"])
@pytest.mark.parametrize("name", PLACED)
def test_where_it_goes(name: str, ends: str) -> None:
    before, after = PLACED[name]
    data = (before + REST).replace("\n", ends).encode()
    if after is None:
        with pytest.raises(UneditableError):
            with_voice(data, "mara", ID)
        return
    assert with_voice(data, "mara", ID).decode() == (after + REST).replace("\n", ends)


@pytest.mark.parametrize(
    "voices", ["", "voices:\r\n  tom: 12\r\n", "voices: ~\r\n", "voices: {tom: 12, # he\r\n}\r\n"]
)
def test_a_new_line_ends_as_its_neighbours_do(voices: str) -> None:
    data = (
        f"storyboard: 1\n{voices}{REST}".replace("\n  -", "\r\n  -").replace("rain}\n", "rain}\r\n").encode()
    )
    made = with_voice(data, "mara", ID)
    assert made.count(b"\r\n") == made.count(b"\n") - 1


def test_a_mark_stays_in_front() -> None:
    mark = b"\xef\xbb\xbf"
    made = with_voice(mark + b"storyboard: 1\n" + REST.encode(), "mara", ID)
    assert made.startswith(mark + b"storyboard")


def test_json_is_yaml_too() -> None:
    data = b'{"storyboard": 1, "scenes": [{"id": "a", "prompt": "rain"}]}'
    made = YAML(typ="safe").load(with_voice(data, "mara", ID))
    assert made["voices"] == {"mara": ID}


def test_what_is_no_storyboard_is_left_alone() -> None:
    for data in (b"", b"- a\n", b"a: [\n", b"\xff\xfe", b"storyboard: 1\n"):
        with pytest.raises(UneditableError):
            with_voice(data, "mara", ID)


_names = st.text("abcdefgh", min_size=1, max_size=5)
_remarks = st.sampled_from(["", "  # why", "\n\n", "\n  # below"])


@given(st.dictionaries(_names, st.integers(1, 10**20)), _names, st.lists(_remarks, max_size=4))
def test_another_reader_finds_it_and_all_the_rest(
    known: dict[str, int], name: str, remarks: list[str]
) -> None:
    """Judged by ruamel.yaml, and by the lines: only some were added."""
    lines = [f"  {key}: {value}{remarks[at % len(remarks)] if remarks else ''}" for at, (key, value) in
             enumerate(known.items())]  # fmt: skip
    before = "storyboard: 1\n" + "\n".join(["voices:", *lines, "# rest", REST])
    if name in known:
        with pytest.raises(UneditableError):
            with_voice(before.encode(), name, "new")
        return
    after = with_voice(before.encode(), name, "new").decode()
    assert YAML(typ="safe").load(after)["voices"] == known | {name: "new"}
    left = after.replace(f'  {name}: "new"\n', "", 1)
    assert left == before
