"""`pack: auto`: against every way to cut, and what the names of a split scene stand for in the cut and on the command
line."""

from __future__ import annotations

import json
from collections.abc import Callable
from itertools import combinations, pairwise
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from in_memory import TEXT, compiled
from test_properties_of_storyboards import QUICK

from storyboard.catalog.endpoints import catalog
from storyboard.compile.pack import split

LIMITS = next(
    endpoint for endpoint in catalog().endpoints if endpoint.alias == "kling-v3-standard-text"
).limits
FILM = """\
storyboard: 1
endpoint: kling-v3-standard-text
scenes:
  - {id: first, duration: 4, prompt: fog}
  - id: hall
    pack: auto
    in: 1
    out: 28.5
    prompt: {scene: "a hall, {{ scene.id }}"}
    shots:
      - door 8s: a door
      - {duration: 7, prompt: a hand}
      - lamp 8s: a lamp
      - {duration: 7, prompt: dust}
  - {id: last, duration: 4, prompt: rain}
"""


def every_way(seconds: list[int]) -> list[list[int]]:
    count, (least, most), longest = len(seconds), LIMITS.clip_seconds, LIMITS.shots[1]
    found = []
    for number in range(count):
        for inner in combinations(range(1, count), number):
            bounds = [0, *inner, count]
            sums = [sum(seconds[a:b]) for a, b in pairwise(bounds)]
            if all(least <= s <= most for s in sums) and all(b - a <= longest for a, b in pairwise(bounds)):
                found.append(bounds[1:])
    return found


def cost(seconds: list[int], ends: list[int]) -> tuple[int, int]:
    sums = [sum(seconds[a:b]) for a, b in pairwise([0, *ends])]
    return len(sums), sum(s * s for s in sums)


@QUICK
@given(st.lists(st.integers(1, 16), min_size=1, max_size=9))
def test_no_way_to_cut_is_better(seconds: list[int]) -> None:
    ways = every_way(seconds)
    ends, reached = split(seconds, LIMITS, alone=False)
    assert (ends is None) == (not ways)
    if ends is not None:
        assert cost(seconds, list(ends)) == min(cost(seconds, way) for way in ways)
        assert split(seconds, LIMITS, alone=False) == (ends, len(seconds))
    else:
        assert not any(
            every_way(seconds[reached:end]) == [[end - reached]] for end in range(reached + 1, len(seconds))
        )


def test_an_end_image_is_of_a_last_part_of_one_shot() -> None:
    assert split([5, 5, 5, 5], LIMITS, alone=False)[0] == (2, 4)
    assert split([5, 5, 5, 5], LIMITS, alone=True)[0] == (3, 4)
    assert split([5, 5, 5, 2], LIMITS, alone=True) == (None, 3)


def test_a_scene_that_fits_keeps_its_id() -> None:
    fits = f"{TEXT}defaults: {{pack: auto}}\nscenes:\n  - {{id: a, shots: [{{8s: x}}, {{7s: y}}]}}\n"
    plain = fits.replace("defaults: {pack: auto}\n", "")
    assert [(r.scene, r.digest) for r in compiled(fits).requests] == [
        (r.scene, r.digest) for r in compiled(plain).requests
    ]
    longer = compiled(fits.replace("7s", "8s"))
    assert [request.scene for request in longer.requests] == ["a.1", "a.2"]
    assert compiled(fits.replace("7s", "8s").replace("id: a,", "id: a, pack: null,")).codes == ["SB303"]


def test_parts_are_scenes(tmp_path: Path, run: Callable) -> None:
    path = tmp_path / "storyboard.yaml"
    path.write_text(FILM, encoding="utf-8")
    document = json.loads(run("expand", path).out)
    assert [(r["scene"], r["seconds"]) for r in document["requests"]] == [
        ("first", 4),
        ("hall.1", 15),
        ("hall.2", 15),
        ("last", 4),
    ]
    assert [[shot["id"] for shot in r["shots"]] for r in document["requests"][1:3]] == [
        ["door", "2"],
        ["lamp", "4"],
    ]
    for request in document["requests"][1:3]:
        assert "a hall, hall." in request["arguments"]["multi_prompt"][0]["prompt"]
    only = json.loads(run("expand", path, "--scene", "hall").out)
    assert [r["scene"] for r in only["requests"]] == ["hall.1", "hall.2"]
    only = json.loads(run("expand", path, "--scene", "hall.2").out)
    assert [r["scene"] for r in only["requests"]] == ["hall.2"]
    estimate = json.loads(run("estimate", path, "--format", "json").out)
    assert [scene["scene"] for scene in estimate["scenes"]] == ["first", "hall.1", "hall.2", "last"]


def test_names_in_the_cut_stand_for_parts() -> None:
    cut = """cut:
  order: [first, hall, hall.door, {scene: hall.1.2}, {scene: hall, in: 2, out: 20}, last]
  transitions:
    - {from: first, to: hall, duration: 0.5, kind: dissolve}
    - {from: hall.lamp, to: last, duration: 0.5, kind: dissolve}
"""
    found = compiled(FILM + cut)
    assert found.codes == ["SB121"], "the shot is not what stands before `last`"
    assert found.film is not None
    listed = found.film.shot_list
    assert [item.name for item in listed.items] == [
        *("first", "hall.1", "hall.2", "hall.1.door", "hall.1.2", "hall.1", "hall.2", "last"),
    ]
    assert [(str(item.trim.begin), str(item.trim.end)) for item in listed.items[5:7]] == [
        ("2", "None"),
        ("None", "5"),
    ]
    assert [(t.before, t.after) for t in listed.transitions] == [("first", "hall.1"), ("hall.2.lamp", "last")]
    assert [(str(s.trim.begin), str(s.trim.end)) for s in listed.scenes[1:3]] == [
        ("1", "None"),
        ("None", "13.5"),
    ]


def test_a_part_has_no_place_for_its_take(tmp_path: Path, run: Callable) -> None:
    path = tmp_path / "storyboard.yaml"
    path.write_text(FILM, encoding="utf-8")
    ran = run("take", "pin", path, "hall.1", "--release")
    assert ran.code == 3
    assert "a part that `pack: auto` makes" in ran.err
    ran = run("take", "again", path, "hall", "--sandbox")
    assert ran.code == 2
    assert "was split into hall.1, hall.2" in ran.err
    assert path.read_text(encoding="utf-8") == FILM
