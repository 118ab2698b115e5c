"""Sequences and `for_each`: what scenes inherit, what stands there once for each item, and what it is called."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import TEXT, compiled, sent
from test_properties_of_storyboards import QUICK


def scenes(text: str, **more: Any) -> list[tuple[str, str]]:
    """Id and prompt of each scene that would be sent."""
    result = compiled(text, **more)
    assert not result.codes, result.diagnostics
    return [(request.scene, str(request.arguments.get("prompt"))) for request in result.requests]


def test_scenes_inherit_from_sequences_within_sequences() -> None:
    text = (
        TEXT
        + """
defaults: {duration: 4, generate_audio: false, prompt: {important_details: 35mm, camera: static}}
scenes:
  - id: town
    duration: 6
    prompt: {scene: a small town, important_details: rain}
    scenes:
      - {id: street, prompt: a bus passes}
      - scenes:
          - {id: roof, duration: 3, prompt: {subject_motion: a crow hops}}
        prompt: {important_details: wide lens, camera: null}
        generate_audio: true
  - {id: sea, prompt: waves}
"""
    )
    found = compiled(text)
    assert found.codes == []
    told = {
        request.scene: (request.seconds, request.arguments["generate_audio"]) for request in found.requests
    }
    assert told == {"street": (6, False), "roof": (3, True), "sea": (4, False)}
    prompts = dict(scenes(text))
    assert prompts["street"].startswith("Scene: a small town")
    assert "35mm, rain" in prompts["street"]
    assert "static" in prompts["street"]
    assert "35mm, rain, wide lens" in prompts["roof"]
    assert "static" not in prompts["roof"]
    assert "town" not in prompts["sea"]


def test_a_sequence_is_named_where_it_counts() -> None:
    long = "a" * 300
    text = f"{TEXT}scenes:\n  - id: market\n    prompt: {{scene: {long}}}\n    scenes:\n      - id: eel\n"
    text += "        shots:\n"
    found = compiled(text + f"          - 4s: {long}\n          - 4s: it eats\n")
    assert found.codes == ["SB304"]
    assert any("scene from the sequence market" in note.message for note in found.diagnostics[0].notes)


@pytest.mark.parametrize(
    ("listed", "name", "ids"),
    [
        ("[red, blue]", "{{ item }}", ["red", "blue"]),
        ("[red, blue]", "s{{ loop.index }}", ["s1", "s2"]),
        ("[red, blue]", "s{{ loop.index0 }}-{{ loop.length }}", ["s0-2", "s1-2"]),
        (
            "[a, b, c]",
            "{{ 'first' if loop.first else 'last' if loop.last else item }}",
            ["first", "b", "last"],
        ),
        ("{red: 1, blue: 2}", "{{ item.key }}-{{ item.value }}", ["red-1", "blue-2"]),
        ("[{name: red}, {name: blue}]", "{{ item.name }}", ["red", "blue"]),
        ("['{{ hue }}', blue]", "{{ item }}", ["green", "blue"]),
        ('"{{ hues }}"', "{{ item }}", ["1", "2.5"]),
        ("\"{{ hues | map('string') | list }}\"", "x{{ item }}", ["x1", "x2.5"]),
        ("[]", "{{ item }}", []),
    ],
)
def test_an_entry_for_each_item(listed: str, name: str, ids: list[str]) -> None:
    text = f"{TEXT}vars: {{hue: green, hues: [1, 2.5]}}\nscenes:\n  - {{id: z, prompt: last}}\n"
    text += f'  - id: "{name}"\n    for_each: {listed}\n    prompt: "it is {{{{ scene.id }}}}"\n'
    assert [scene for scene, _ in scenes(text)] == ["z", *ids]


def test_shots_for_each_item_share_what_does_not_speak_of_it() -> None:
    text = (
        TEXT
        + """
vars: {birds: [heron, gull]}
scenes:
  - id: lake
    prompt:
      scene: a lake with a {{ bird }}
      important_details: "{{ loop.index }} of {{ loop.length }}"
      constraints: no {{ 'letter' }}ing
    shots:
      - id: "{{ bird }}"
        for_each: "{{ birds }}"
        as: bird
        prompt: the {{ bird }} lands
"""
    )
    assert sent(text) == [
        "a lake with a heron. the heron lands. 1 of 2. no lettering.",
        "a lake with a gull. the gull lands. 2 of 2. no lettering.",
    ]


def test_loops_within_loops() -> None:
    text = (
        TEXT
        + """
scenes:
  - for_each: [north, south]
    as: shore
    id: "{{ shore }}"
    prompt: {scene: "the {{ shore }} shore"}
    scenes:
      - for_each: [1, 2]
        as: day
        id: "{{ shore }}-{{ day }}"
        prompt: {subject_motion: "day {{ day }}"}
"""
    )
    found = scenes(text)
    assert [name for name, _ in found] == ["north-1", "north-2", "south-1", "south-2"]
    assert "the south shore" in found[3][1]
    assert "day 2" in found[3][1]


def test_what_fails_for_one_item_leaves_the_others() -> None:
    text = f'{TEXT}scenes:\n  - id: "{{{{ item.name }}}}"\n    for_each: [{{name: a}}, {{nome: b}}]\n    prompt: x\n'
    found = compiled(text)
    assert found.codes == ["SB206"]
    assert found.film is not None
    assert [scene.id.value for scene in found.film.storyboard.scenes] == ["a"]


@QUICK
@given(
    st.lists(st.integers(0, 99), unique=True, max_size=8),
    st.lists(st.integers(0, 99), unique=True, max_size=8),
)
def test_for_each_is_what_a_person_would_write_out(outer: list[int], inner: list[int]) -> None:
    """The same requests, to the digest, as the same scenes written one by one."""
    sequence = {
        "for_each": outer,
        "as": "a",
        "prompt": {"scene": "place {{ a }}"},
        "scenes": [
            {"for_each": inner, "as": "b", "id": "s{{ a }}-{{ b }}", "prompt": {"camera": "way {{ b }}"}}
        ],
    }
    written = [
        {"id": f"s{a}-{b}", "prompt": {"scene": f"place {a}", "camera": f"way {b}"}}
        for a in outer
        for b in inner
    ]
    last = {"id": "z", "prompt": "the end"}
    head = {"storyboard": 1, "endpoint": "kling-v3-standard-text"}
    repeated, plain = (
        compiled(json.dumps({**head, "scenes": film})) for film in ([sequence, last], [*written, last])
    )
    assert [(r.scene, r.digest) for r in repeated.requests] == [(r.scene, r.digest) for r in plain.requests]
