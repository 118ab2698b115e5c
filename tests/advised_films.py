"""Films with something to save, as data, and advice carried out on them as it is written."""

from __future__ import annotations

import json
from copy import deepcopy
from decimal import Decimal
from itertools import pairwise
from typing import Any

from hypothesis import strategies as st
from in_memory import Read, compiled, still

from storyboard.catalog.prices import PriceBook
from storyboard.plan.cheaper.advised import Advice, Edit
from storyboard.plan.price import amount_of
from storyboard.rules.row import row

FILES = {"a.png": still("a.png", "a" * 64), "b.png": still("b.png", "b" * 64)}
ENDPOINTS = ["kling-v3-standard", "kling-v3-pro", "kling-v3-4k", "kling-v3-standard-text", "kling-v3-4k-text"]
PROMPTS = [
    "reeds in the wind",
    "Reeds, in the WIND!",
    "a bell rings",
    "the sea at night",
    "a potter at the wheel",
]

Film = dict[str, Any]


def made(film: Film) -> Read:
    """JSON is YAML."""
    return compiled(json.dumps({"storyboard": 1, **film}), media=FILES)


def full_price(read: Read, book: PriceBook) -> Decimal | None:
    """Of every scene, as an estimate has it; None when a part is not known."""
    amounts = [amount_of(request, book) for request in read.requests]
    return None if None in amounts else sum((each for each in amounts if each is not None), Decimal(0))


def lengths_shown(read: Read) -> list[int]:
    """The frames of every entry of the cut."""
    assert read.film is not None
    return [sum(end - first for first, end in each.stretches) for each in row(read.film.storyboard)]


def carried_out(film: Film, advice: Advice) -> Film:
    changed = deepcopy(film)
    for edit in advice.edits:
        _write(changed, edit)
    return changed


def _write(film: Film, edit: Edit) -> None:
    scene = next(scene for scene in film["scenes"] if scene["id"] == edit.scene)
    shot = next((shot for shot in scene.get("shots", ()) if shot["id"] == edit.shot), scene)
    if edit.entry is not None:
        film["cut"]["order"][edit.entry][edit.field] = edit.value
    elif edit.field == "scene":
        _show_instead(film, scene, edit.value)
    elif edit.field == "shot":
        scene["shots"].remove(shot)
    else:
        shot[edit.field] = {"false": False}.get(str(edit.value), edit.value)


def _show_instead(film: Film, scene: Film, other: str | None) -> None:
    cut = film.setdefault("cut", {})
    order = cut.get("order") or [{"scene": each["id"]} for each in film["scenes"]]
    if other is not None:
        named = {scene["id"], *(f"{scene['id']}.{shot['id']}" for shot in scene.get("shots", ()))}
        cut["order"] = [{"scene": other} if entry["scene"] in named else entry for entry in order]
        cut["transitions"] = []  # which could join what does not meet any more
    film["scenes"].remove(scene)


@st.composite
def trims(draw: st.DrawFn, seconds: int) -> Film:
    """`in` and `out` within so many seconds, or neither."""
    if not draw(st.booleans()):
        return {}
    first, end = sorted(draw(st.lists(st.integers(0, 4 * seconds), min_size=2, max_size=2, unique=True)))
    return {"in": str(Decimal(first) / 4), "out": str(Decimal(end) / 4)}


@st.composite
def scenes(draw: st.DrawFn, number: int) -> Film:
    endpoint = draw(st.sampled_from(ENDPOINTS))
    scene: Film = {"id": f"s{number}", "endpoint": endpoint}
    if not endpoint.endswith("-text"):
        scene["start_image"] = draw(st.sampled_from(sorted(FILES)))
    if draw(st.booleans()):
        scene["generate_audio"] = draw(st.booleans())
    if not draw(st.booleans()):
        seconds = draw(st.integers(3, 9))
        return scene | {"prompt": draw(st.sampled_from(PROMPTS)), "duration": seconds, **draw(trims(seconds))}
    lengths = draw(st.lists(st.integers(1, 4), min_size=2, max_size=4).filter(lambda each: sum(each) > 2))
    scene["shots"] = [
        {"id": name, "duration": length, "prompt": draw(st.sampled_from(PROMPTS)), **draw(trims(length))}
        for name, length in zip("abcd", lengths, strict=False)
    ]
    if draw(st.booleans()):
        scene["duration"] = sum(lengths)
    return scene | draw(trims(sum(lengths)))


@st.composite
def cuts(draw: st.DrawFn, film: list[Film]) -> Film:
    cut: Film = draw(st.sampled_from([{}, {"size": "1920x1080"}, {"size": "1280x720", "fit": "crop"}]))
    if not draw(st.booleans()):
        return dict(cut)
    lengths: dict[str, int] = {}
    for scene in film:
        shots = {f"{scene['id']}.{shot['id']}": shot["duration"] for shot in scene.get("shots", ())}
        lengths |= shots | {scene["id"]: sum(shots.values()) or scene["duration"]}
    names = draw(st.lists(st.sampled_from(sorted(lengths)), min_size=1, max_size=5))
    return {**cut, "order": [{"scene": name, **draw(trims(lengths[name]))} for name in names]}


@st.composite
def transitions(draw: st.DrawFn, names: list[str]) -> list[Film]:
    kinds = st.sampled_from(["dissolve", "j-cut", "l-cut", "fade-black"])
    pairs = [pair for pair in pairwise(names) if draw(st.booleans())]
    found = {pair: draw(kinds) for pair in pairs if len(set(pair)) > 1}
    return [{"from": a, "to": b, "kind": kind, "duration": 0.25} for (a, b), kind in found.items()]


@st.composite
def films(draw: st.DrawFn) -> Film:
    found = [draw(scenes(number)) for number in range(draw(st.integers(1, 4)))]
    cut = draw(cuts(found))
    names = [entry["scene"] for entry in cut.get("order", ())] or [scene["id"] for scene in found]
    cut["transitions"] = draw(transitions(names))
    return {"scenes": found, "cut": cut}
