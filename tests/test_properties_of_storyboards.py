"""What holds for every storyboard: sums are exact, places are in the file, what was bought is not bought again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from in_memory import Read, compiled, still
from msgspec.structs import replace

from storyboard.catalog.prices import book_names, price_book
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.estimate import estimate
from storyboard.plan.make import make_plan
from storyboard.report.frames import frames

GOLDEN = Path(__file__).parent / "golden"
QUICK = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
FILES = {"a.png": still("a.png", "a" * 64), "b.png": still("b.png", "b" * 64)}

words = st.text(
    st.characters(
        codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp"), exclude_characters="@{<\x85"
    ),
    min_size=1,
    max_size=40,
).filter(lambda text: text.strip())


@st.composite
def scenes(draw: st.DrawFn, number: int) -> dict[str, Any]:
    endpoint = draw(
        st.sampled_from(["kling-v3-standard", "kling-v3-4k", "kling-v3-pro", "kling-v3-standard-text"])
    )
    scene: dict[str, Any] = {"id": f"s{number}", "endpoint": endpoint}
    if not endpoint.endswith("-text"):
        scene["start_image"] = draw(st.sampled_from(["a.png", "b.png", "https://media.example.org/c.png"]))
    if draw(st.booleans()):
        scene["generate_audio"] = draw(st.booleans())
    if draw(st.booleans()):
        scene["cfg_scale"] = draw(st.sampled_from([0, 0.25, 1]))
    if draw(st.booleans()):
        count = draw(st.integers(2, 5))
        scene["shots"] = [{"prompt": draw(words), "duration": draw(st.integers(1, 3))} for _ in range(count)]
        if sum(shot["duration"] for shot in scene["shots"]) < 3:
            scene["shots"][0]["duration"] = 3
    else:
        scene["prompt"] = draw(words)
        scene["duration"] = draw(st.integers(3, 15))
    return scene


films = st.integers(1, 4).flatmap(lambda count: st.tuples(*(scenes(n) for n in range(count)))).map(list)


def written(film: list[dict[str, Any]], **head: Any) -> str:
    """JSON is YAML, whatever the texts hold."""
    return json.dumps({"storyboard": 1, **head, "scenes": film}, ensure_ascii=False)


def made(text: str) -> Read:
    result = compiled(text, media=FILES)
    assert result.requests, result.diagnostics
    return result


@QUICK
@given(films, st.sampled_from(book_names()))
def test_every_sum_is_exact(film: list[dict[str, Any]], name: str) -> None:
    book = price_book(name)
    assert book is not None
    found = estimate(made(written(film)).requests, book)
    assert found.total == sum((s.amount for s in found.scenes if s.amount is not None), Decimal(0))
    for scene in found.scenes:
        assert scene.seconds == sum(shot.seconds for shot in scene.shots)
        if scene.amount is None:
            assert scene.scene in found.unpriced
            assert all(shot.amount is None for shot in scene.shots)
        else:
            assert scene.unit_price is not None
            assert (
                scene.amount
                == sum(shot.amount or 0 for shot in scene.shots)
                == scene.unit_price * scene.seconds
            )
    assert make_plan(made(written(film)).requests, (), (), book).total <= found.total


def shuffled(value: Any, order: Any) -> Any:
    if isinstance(value, dict):
        keys = list(value)
        order.shuffle(keys)
        return {key: shuffled(value[key], order) for key in keys}
    return [shuffled(entry, order) for entry in value] if isinstance(value, list) else value


@QUICK
@given(films, st.randoms(use_true_random=False), words)
def test_what_is_never_sent_never_changes_a_digest(film: list[dict[str, Any]], order: Any, text: str) -> None:
    before = [request.digest for request in made(written(film)).requests]
    other = [
        {**scene, "id": f"other-{n}", "title": text, "note": text, "x-mine": [text], "take": n + 1}
        for n, scene in enumerate(shuffled(film, order))
    ]
    after = made(written(other, title=text, note=text, budget=1, vars={"unused": text}))
    assert [request.digest for request in after.requests] == before
    assert all(before)


@QUICK
@given(films, st.data())
def test_a_character_of_a_prompt_always_does(film: list[dict[str, Any]], data: st.DataObject) -> None:
    before = made(written(film)).requests
    scene = data.draw(st.sampled_from(film))
    holder = data.draw(st.sampled_from(scene["shots"])) if "shots" in scene else scene
    holder["prompt"] = holder["prompt"].rstrip() + "x"
    after = made(written(film)).requests
    number = film.index(scene)
    for index, (old, new) in enumerate(zip(before, after, strict=True)):
        assert (old.digest == new.digest) == (index != number)


@QUICK
@given(films)
def test_one_shot_prompts_are_sent_as_they_were_written(film: list[dict[str, Any]]) -> None:
    for scene, request in zip(film, made(written(film)).requests, strict=True):
        if "prompt" in scene:
            assert request.arguments["prompt"] == scene["prompt"].strip()
        else:
            assert request.arguments["duration"] == str(sum(shot["duration"] for shot in scene["shots"]))


@QUICK
@given(films)
def test_after_everything_is_verified_all_is_reuse(film: list[dict[str, Any]]) -> None:
    book = price_book("seeds")
    assert book is not None
    requests = made(written(film)).requests
    takes = {
        (request.digest, request.take): TakeRecord(
            str(request.digest),
            request.take,
            request.scene,
            request.endpoint,
            State.VERIFIED,
            request.seconds,
            "x",
            clip="c",
        )
        for request in requests
    }
    plan = make_plan(requests, list(takes.values()), {"c"}, book)
    assert {step.decision for step in plan.steps} == {"reuse"}
    assert (plan.total, plan.unpriced) == (Decimal(0), ())


@QUICK
@given(films)
def test_every_argument_leads_back_to_its_author(film: list[dict[str, Any]]) -> None:
    """fal names arguments in its refusals: each finds its place in the file."""
    result = made(written(film))
    for request in result.requests:
        for name in request.arguments:
            span = request.place((name,))
            assert (span.path, span.line) == ("s.yaml", 1)
        for index, shot in enumerate(request.arguments.get("multi_prompt", ())):
            span = request.place(("multi_prompt", index, "prompt"))
            text = (result.source.text if result.source else "")[span.column - 1 : span.end_column - 1]
            if "\\" not in text and '"' not in shot["prompt"]:
                assert text.strip('"').strip()[:1] == shot["prompt"].strip()[:1]


SOURCES = sorted(
    [*GOLDEN.glob("ok/*.yaml"), *GOLDEN.glob("film/*/storyboard.yaml"), *GOLDEN.glob("err/[a-m]*.yaml")]
)
INSERTED = [
    *"@{}[]<>:#&*!|%'\"`-?,\\ \t\n\r",
    "\x00",
    "\u2028",
    "\ufeff",
    "水",
    "{{ ",
    " }}",
    "{% ",
    "<<<a>>>",
    "\ud800",
    "- ",
    "  ",
]


@settings(QUICK, max_examples=500)
@given(st.sampled_from(SOURCES), st.data())
def test_every_diagnostic_has_a_place_inside_the_file(path: Path, data: st.DataObject) -> None:
    text = path.read_bytes().decode("utf-8", "replace")
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text)))
        stop = min(len(text), at + data.draw(st.sampled_from([0, 0, 1, 5, 40])))
        text = text[:at] + data.draw(st.sampled_from(["", *INSERTED])) + text[stop:]
    result = compiled(text, media=FILES)
    assert result.source is not None or result.codes
    assert result.diagnostics or result.requests
    source = result.source
    for diagnostic in result.diagnostics:
        for span in (diagnostic.span, *(note.span for note in diagnostic.notes if note.span is not None)):
            if span.path != "s.yaml" or source is None:
                continue
            assert 1 <= span.line <= span.end_line <= len(source.starts)
            assert 1 <= span.column <= len(source.line(span.line)) + 1
            assert 1 <= span.end_column <= len(source.line(span.end_line)) + 1
            assert (span.line, span.column) <= (span.end_line, span.end_column)
        assert diagnostic.message
        assert "\n" not in diagnostic.message
        assert len(diagnostic.message) < 1000
    assert frames(result.diagnostics, [source] if source else []) or not result.diagnostics


@pytest.mark.parametrize("film", ["heron", "potter"])
def test_the_same_bytes_in_every_process(film: str, tmp_path: Path, process: Callable) -> None:
    shutil.copytree(GOLDEN / "film" / film, tmp_path / film)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    first = process(
        "expand", film, cwd=tmp_path, env={"PYTHONHASHSEED": "1", "TZ": "UTC", "LANG": "C", "LC_ALL": "C"}
    )
    second = process(
        "expand",
        tmp_path / film / "storyboard.yaml",
        cwd=elsewhere,
        env={"PYTHONHASHSEED": "77", "TZ": "Asia/Kathmandu", "LANG": "tr_TR.UTF-8", "LC_ALL": "C.UTF-8"},
    )
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert first.out == second.out == (GOLDEN / "film" / film / "requests.json").read_text(encoding="utf-8")


def test_a_takes_number_is_not_in_its_digest() -> None:
    (request,) = made(
        written([{"id": "a", "endpoint": "kling-v3-standard-text", "prompt": "x", "take": 4}])
    ).requests
    assert replace(request, take=1).digest == request.digest
