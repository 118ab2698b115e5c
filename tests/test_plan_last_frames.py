"""Plans for scenes that go on from the last frame of the clip before: what they wait for, and what makes them begin
otherwise."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from a_saved_plan import HOLDS
from bought_film import bought, take_of
from in_memory import compiled
from msgspec.structs import replace
from test_document_schemas import validator

from storyboard.catalog.prices import price_book
from storyboard.compile.digest import canonical
from storyboard.compile.request import Request
from storyboard.compile.requests import begun as with_clip
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.begun import begun, completed
from storyboard.plan.estimate import estimate
from storyboard.plan.make import make_plan
from storyboard.plan.pins import name_of
from storyboard.plan.revisions import Version, difference_of
from storyboard.plan.steps import Step
from storyboard.plan.wording import change_in_words
from storyboard.render.uploads import body_by_content, last_frame_of

FILM = """
storyboard: 1
endpoint: kling-v3-standard
defaults: {duration: 3, generate_audio: false}
scenes:
  - {id: noon, continues: dawn, prompt: a heron lands}
  - {id: dawn, start_image: https://example.org/a.png, prompt: a heron lifts off}
"""


def requests(text: str = FILM) -> dict[str, Request]:
    found = compiled(text)
    assert found.requests, found.diagnostics
    return {request.scene: request for request in found.requests}


def shot(dawn: Request, noon: Request) -> tuple[TakeRecord, TakeRecord]:
    """Both as a render bought them."""
    first = take_of(dawn)
    whole = completed(noon, first)
    body = body_by_content(whole, {str(whole.begins): last_frame_of(whole, Path("clip"))})
    return first, replace(take_of(replace(noon, begins=None, digest=whole.digest, arguments={})), body=body)


def steps(text: str, *takes: TakeRecord) -> dict[str, Step]:
    book = price_book("seeds")
    assert book is not None
    known = [replace(take, number=number) for number, take in enumerate(takes, 1)]
    clips = {take.clip for take in takes if take.clip is not None}
    made = make_plan(begun(list(requests(text).values()), known), known, clips, book)
    return {step.scene: step for step in made.steps}


def test_the_digest_knows_the_clip_and_not_the_picture() -> None:
    noon, clip = requests()["noon"], "c" * 64
    assert noon.digest is None
    known = with_clip(noon, clip, "take")
    arguments = {**noon.arguments, "start_image_url": f"last-frame:{clip}", "shot_type": "customize"}
    told = canonical({"format": 1, "endpoint": noon.endpoint, "arguments": arguments})
    assert known.digest == hashlib.sha256(told.encode()).hexdigest()
    assert with_clip(noon, "d" * 64, "take").digest != known.digest


def test_what_was_bought_is_there_again() -> None:
    film = requests()
    found = steps(FILM, *shot(film["dawn"], film["noon"]))
    assert {name: step.decision for name, step in found.items()} == {"noon": "reuse", "dawn": "reuse"}


def test_another_take_of_the_scene_before_makes_it_begin_otherwise() -> None:
    film = requests()
    first, second = shot(film["dawn"], film["noon"])
    other = replace(take_of(replace(film["dawn"], take=2)), clip="e" * 64)
    picked = FILM.replace("{id: dawn,", "{id: dawn, take: 2,")
    noon = steps(picked, first, second, other)["noon"]
    assert (noon.decision, noon.why) == ("send", "changed")
    assert noon.reason == "changed since take 1: start_image; dawn shows another take now"
    assert [change_in_words(change) for change in noon.changes] == [
        f"start_image last frame of dawn, {name_of(first)} → last frame of dawn, {name_of(other)}"
    ]
    assert steps(FILM, first, second, other)["noon"].decision == "reuse"


def test_a_scene_before_that_changed_is_bought_first() -> None:
    film = requests()
    text = FILM.replace("lifts off", "lifts off slowly")
    noon = steps(text, *shot(film["dawn"], film["noon"]))["noon"]
    assert noon.reason == "changed since take 1: start_image; after dawn, with whose last frame it begins"


def test_another_prompt_alone_is_no_other_beginning() -> None:
    film = requests()
    noon = steps(FILM.replace("lands", "sleeps"), *shot(film["dawn"], film["noon"]))["noon"]
    assert noon.reason == "changed since take 1: prompt"


def test_it_begins_with_what_the_scene_before_is_pinned_to() -> None:
    dawn = requests()["dawn"]
    kept = replace(take_of(dawn), clip="e" * 64)
    pinned = FILM.replace("lifts off}", f"lifts off slowly, pin: {kept.digest[:12]}/1}}")
    noon = steps(pinned, kept)["noon"].request
    assert str(noon.begins) == f"last-frame:{'e' * 64}"


@pytest.mark.parametrize("state", [State.UNKNOWN, State.SENT, State.FAILED, State.DOWNLOADED])
def test_it_waits_until_the_clip_is_verified(state: State) -> None:
    noon = steps(FILM, take_of(requests()["dawn"], state, clip="e" * 64))["noon"]
    assert (noon.decision, noon.request.digest, noon.request.is_pending) == ("send", None, True)


def test_a_chain_as_long_as_a_film_ends() -> None:
    scenes = [f"  - {{id: s{n}, continues: s{n - 1}, prompt: take {n}}}\n" for n in range(1, 2_000)]
    text = FILM[: FILM.index("  - ")] + "".join(reversed(scenes))
    text += "  - {id: s0, start_image: https://example.org/a.png, prompt: first}\n"
    found = compiled(text)
    assert any("link 1999 of" in diagnostic.message for diagnostic in found.diagnostics)
    known = {request.scene: request for request in begun(found.requests, [])}
    assert known["s1999"].is_pending
    takes = [take_of(known["s0"])]
    for number in range(1, 4):
        (now,) = begun([known[f"s{number}"]], takes, found.requests)
        takes.append(take_of(replace(now, begins=None, arguments={})))
    assert not begun([known["s4"]], takes, found.requests)[0].is_pending
    assert begun([known["s5"]], takes, found.requests)[0].is_pending


def version(text: str) -> Version:
    book = price_book("seeds")
    assert book is not None
    film = compiled(text).requests
    return Version(film, estimate(film, book))


def test_against_a_revision_all_that_go_on_from_a_change_differ() -> None:
    chain = FILM + "  - {id: dusk, continues: noon, prompt: a heron sleeps}\n"
    found = difference_of(version(chain), version(chain.replace("lifts off", "lifts off slowly")))
    assert {each.scene: each.state for each in found.scenes} == dict.fromkeys(
        ("noon", "dawn", "dusk"), "changed"
    )
    told = {each.scene: [change_in_words(change) for change in each.changes] for each in found.scenes}
    assert told["dusk"] == ["start_image last frame of noon has other content"]
    found = difference_of(version(chain), version(chain.replace("lands", "dives")), ["dawn", "dusk"])
    assert [(each.scene, each.state) for each in found.scenes] == [("dawn", "same"), ("dusk", "changed")]
    assert {each.state for each in difference_of(version(chain), version(chain)).scenes} == {"same"}


@pytest.fixture
def film(tmp_path: Path) -> Path:
    folder = tmp_path / "film"
    folder.mkdir()
    (folder / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    return folder


def test_the_documents(film: Path, run: Callable) -> None:
    ran = run("plan", film, "--format", "json")
    assert ran.code == 0, ran.err
    document = json.loads(ran.out)
    validator("plan").validate(document)
    noon, dawn = document["steps"]
    assert (noon["after"], noon["request_digest"], noon["amount"]) == ("dawn", None, "0.504")
    assert (dawn["after"], document["total"]) == (None, "1.008")
    assert [file["path"] for file in document["files"]] == ["last-frame:dawn"]
    (request,) = json.loads(run("expand", film, "--scene", "noon", "--format", "json").out)["requests"]
    assert (request["arguments"]["start_image_url"], request["digest"]) == ("last-frame:dawn", None)
    assert json.loads(run("estimate", film, "--scene", "noon", "--format", "json").out)["total"] == "0.504"


def test_alone_it_needs_the_clip_before(film: Path, run: Callable) -> None:
    for words in (
        ["plan", film, "--scene", "noon"],
        ["plan", film, "--select", "scene:noon"],
        ["render", film, "--scene", "noon", "--yes"],
        ["take", "again", film, "noon", "--yes"],
    ):
        ran = run(*words)
        assert ran.code == 3, ran.err
        assert "storyboard.yaml:6: scene noon begins with the last frame of dawn" in ran.err
        assert "--scene dawn --scene noon" in ran.err
    bought(film, [take_of(requests()["dawn"])])
    ran = run("plan", film, "--scene", "noon", "--format", "json")
    (step,) = json.loads(ran.out)["steps"]
    assert (step["decision"], step["request_digest"] is None) == ("send", False)
    assert run("render", film, "--scene", "noon", "--yes").code == HOLDS


def edited(film: Path, before: str, after: str) -> None:
    (film / "storyboard.yaml").write_text(FILM.replace(before, after), encoding="utf-8")


def test_a_saved_plan_goes_on_when_its_own_clip_came(film: Path, tmp_path: Path, run: Callable) -> None:
    file = tmp_path / "film.plan"
    assert run("plan", film, "-o", file).code == 0
    document: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    validator("plan").validate(document)
    assert run("render", file, "--yes").code == HOLDS
    place = bought(film, [take_of(requests()["dawn"])])
    ran = run("render", file, "--yes")
    assert ran.code == 3
    assert "take 1 of dawn was bought meanwhile" in ran.err
    Ledger.open(place).plans.begin(document["seal"])
    assert run("render", file, "--yes").code == HOLDS
    edited(film, "lands", "sleeps")
    ran = run("render", file, "--yes")
    assert (ran.code, "scene noon: prompt: a heron [-lands-]{+sleeps+}" in ran.err) == (3, True)
    edited(film, "continues: dawn", "start_image: https://example.org/b.png")
    ran = run("render", file, "--yes")
    assert (ran.code, "scene noon: start_image" in ran.err) == (3, True)
