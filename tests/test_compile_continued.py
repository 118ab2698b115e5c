"""`continues` by a shared still: the requests are those of the film with the still written out in both scenes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import compiled
from test_properties_of_storyboards import QUICK

HEAD = "storyboard: 1\nendpoint: kling-v3-standard\nscenes:\n"
A, B = "https://example.org/a.png", "https://example.org/b.png"


def line(number: int, **stills: str | None) -> str:
    """A scene of one line; stills by field, None for no such line."""
    said = ", ".join(f"{key}: {value}" for key, value in stills.items() if value is not None)
    return f"  - {{id: s{number}, prompt: take {number}, {said}}}\n"


@QUICK
@given(st.lists(st.sampled_from(["first", "second", "both"]), min_size=1, max_size=6), st.data())
def test_a_chain_is_the_film_that_is_written_out(givers: list[str], data: st.DataObject) -> None:
    count = len(givers) + 1
    stills = [f"https://example.org/{number}.png" for number in range(count + 1)]
    short, long = [], []
    for n in range(count):
        begins = stills[n] if n == 0 or givers[n - 1] != "first" else None
        ends = stills[n + 1] if n < len(givers) and givers[n] != "second" else None
        short.append(line(n, start_image=begins, end_image=ends, continues=f"s{n - 1}" if n else None))
        long.append(line(n, start_image=stills[n], end_image=stills[n + 1] if n < len(givers) else None))
    order = data.draw(st.permutations(range(count)))
    one, other = (compiled(HEAD + "".join(film[n] for n in order)) for film in (short, long))
    assert one.codes == other.codes == []
    assert [(r.scene, r.arguments, r.digest) for r in one.requests] == [
        (r.scene, r.arguments, r.digest) for r in other.requests
    ]


SAME = [
    ("two that begin alike", [{"end_image": None}, {"start_image": B}, {"start_image": B}]),
    ("one of two has it", [{"end_image": None}, {"start_image": B}, {}]),
    ("the first ends with it", [{"end_image": B}, {}, {}]),
    ("all have it", [{"end_image": B}, {"start_image": B}, {"start_image": B}]),
]


@pytest.mark.parametrize("fields", [fields for _, fields in SAME], ids=[name for name, _ in SAME])
def test_two_may_continue_one(fields: list[dict[str, str | None]]) -> None:
    scenes = [line(0, start_image=A, **fields[0])]
    scenes += [line(n, continues="s0", **fields[n]) for n in (1, 2)]
    found = compiled(HEAD + "".join(scenes))
    assert found.codes == []
    first, *others = found.requests
    assert first.arguments["end_image_url"] == B
    assert [each.arguments["start_image_url"] for each in others] == [B, B]


def test_a_still_lends_its_place_to_both() -> None:
    text = HEAD + line(0, start_image=A, end_image=B) + line(1, continues="s0")
    first, second = compiled(text).requests
    assert first.places["end_image_url",] == second.places["start_image_url",]


def test_one_file_by_two_paths_is_one_still(tmp_path: Path, run: Callable) -> None:
    film = HEAD + line(0, start_image=A, end_image="stills/b.png")
    film += line(1, continues="s0", start_image="./stills/../stills/b.png")
    (tmp_path / "storyboard.yaml").write_text(film, encoding="utf-8")
    assert run("estimate", tmp_path, "--format", "json").code == 0


def test_a_scene_that_was_split_is_continued_from_its_last_part() -> None:
    text = f"""\
storyboard: 1
endpoint: kling-o3-standard-reference
scenes:
  - {{id: hall, pack: auto, start_image: {A}, shots: [{{8s: a door}}, {{7s: a hand}}, {{5s: a lamp}}]}}
  - {{id: stairs, pack: auto, continues: hall, start_image: {B}, shots: [{{10s: a step}}, {{10s: a rail}}]}}
"""
    found = compiled(text)
    assert found.codes == []
    stills = {
        r.scene: (r.arguments.get("start_image_url"), r.arguments.get("end_image_url"))
        for r in found.requests
    }
    assert stills == {
        "hall.1": (A, None),
        "hall.2": (None, B),
        "stairs.1": (B, None),
        "stairs.2": (None, None),
    }


def test_variants_continue_each_as_it_says() -> None:
    text = f"""\
{HEAD}  - id: dawn
    start_image: {A}
    end_image: {A}
    prompt: dawn
    pick: night
    variants: {{night: {{end_image: {B}}}}}
  - id: noon
    continues: dawn
    prompt: noon
    variants:
      alone: {{continues: null, start_image: {A}}}
"""
    found = compiled(text)
    assert found.codes == []
    assert found.requests[1].arguments["start_image_url"] == B
    alone = compiled(text.replace("id: noon", "id: noon\n    pick: alone"))
    assert (alone.codes, alone.requests[1].arguments["start_image_url"]) == ([], A)


def test_mistakes_of_variants_that_are_not_shot() -> None:
    text = f"""\
{HEAD}  - {{id: dawn, start_image: {A}, prompt: dawn, variants: {{b: {{continues: dawn}}, c: {{continues: nowhere}}}}}}
"""
    assert compiled(text).codes == ["SB166", "SB120"]


def test_what_was_left_out_for_its_mistakes_is_not_missed() -> None:
    text = HEAD + "  - {id: dawn, prompt: dawn, generate: yes}\n" + line(1, continues="dawn")
    assert compiled(text).codes == ["SB101"]


def test_includes_sequences_and_one_scene_alone(tmp_path: Path, run: Callable) -> None:
    (tmp_path / "acts").mkdir()
    (tmp_path / "acts" / "one.yaml").write_text(
        f"scenes:\n  - {{id: dusk, continues: dawn, end_image: {A}, prompt: dusk}}\n", encoding="utf-8"
    )
    (tmp_path / "storyboard.yaml").write_text(
        f"{HEAD}  - include: acts/one.yaml\n"
        f"  - scenes:\n    - {{id: dawn, start_image: {A}, end_image: {B}, prompt: dawn}}\n",
        encoding="utf-8",
    )
    ran = run("expand", tmp_path, "--scene", "dusk", "--format", "json")
    assert ran.code == 0, ran.err
    (request,) = json.loads(ran.out)["requests"]
    assert (request["arguments"]["start_image_url"], request["arguments"]["end_image_url"]) == (B, A)


def test_scenes_of_a_list_continue_each_other() -> None:
    text = f"""\
storyboard: 1
vars: {{hours: [one, two, three]}}
endpoint: kling-v3-standard
scenes:
  - {{id: dawn, start_image: {A}, prompt: dawn}}
  - id: "{{{{ hour }}}}"
    for_each: "{{{{ hours }}}}"
    as: hour
    continues: "{{{{ 'dawn' if loop.first else hours[loop.index0 - 1] }}}}"
    start_image: "https://example.org/{{{{ hour }}}}.png"
    end_image: "{{{{ '{B}' if loop.last else none }}}}"
    prompt: the heron stands
"""
    found = compiled(text)
    assert found.codes == []
    ends = {request.scene: request.arguments.get("end_image_url") for request in found.requests}
    stills = [f"https://example.org/{hour}.png" for hour in ("one", "two", "three")]
    assert ends == {"dawn": stills[0], "one": stills[1], "two": stills[2], "three": B}
    unknown = compiled(text.replace("'dawn' if", "'nowhere' if"))
    assert unknown.codes == ["SB120"]
