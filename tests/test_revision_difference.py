"""What an estimate differs in from an earlier one: the sums agree exactly, and every form says the same."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from a_repository import Repository, repository
from hypothesis import given, settings
from hypothesis import strategies as st
from in_memory import compiled
from on_a_day import on_a_day

from storyboard.catalog.prices import PriceBook
from storyboard.cli import app
from storyboard.compile.request import Request
from storyboard.plan.estimate import estimate
from storyboard.plan.revisions import Comparison, Difference, Revision, Version, difference_of
from storyboard.report.difference import difference_blocks, difference_document, difference_sheet
from storyboard.report.revision_schema import difference_schema
from storyboard.report.sheet.as_text import as_text
from storyboard.report.sheet.sheet import AtLeast, Table
from storyboard.report.table import columns

__all__ = ["repository"]

GOLDEN = Path(__file__).parent / "golden" / "against"
ENDPOINTS = ("kling-v3-standard-text", "kling-v3-pro-text", "kling-v3-4k-text")
NAMES = ("dawn", "noon", "dusk", "night", "rain")
PROMPTS = ("reeds", "a heron", "the beam goes round")
SCHEMA = jsonschema.Draft202012Validator(difference_schema())
REVISION = Revision("main", "main at 1a2b3c4d", "1a2b3c4d" * 5, "storyboard.yaml")

SCENES = st.lists(
    st.tuples(
        st.sampled_from(NAMES),
        st.sampled_from(ENDPOINTS),
        st.integers(3, 6),
        st.booleans(),
        st.sampled_from(PROMPTS),
        st.integers(1, 2),
    ),
    max_size=5,
    unique_by=lambda scene: scene[0],
)
PRICES = st.dictionaries(
    st.tuples(st.sampled_from(ENDPOINTS), st.sampled_from(("silent", "audio"))),
    st.decimals("0.001", "9", places=3),
)


@cache
def request(name: str, endpoint: str, seconds: int, audio: bool, prompt: str, take: int) -> Request:
    text = (
        f"storyboard: 1\nscenes:\n  - {{id: {name}, endpoint: {endpoint}, duration: {seconds}, take: {take}, "
        f"generate_audio: {str(audio).lower()}, prompt: {prompt}}}\n"
    )
    (made,) = compiled(text).requests
    return made


def version(scenes: list[tuple[Any, ...]], prices: dict[tuple[str, str], Decimal], name: str) -> Version:
    requests = [request(*scene) for scene in scenes]
    ids = {alias: request("dawn", alias, 3, False, "reeds", 1).endpoint for alias in ENDPOINTS}
    known: Any = {(ids[alias], tier): price for (alias, tier), price in prices.items()}
    book = PriceBook(name, date(2026, 11, 1), "a test", "USD", shipped=False, prices=known)
    return Version(requests, estimate(requests, book))


VERSIONS = st.builds(version, SCENES, PRICES, st.sampled_from(("ours", "theirs")))


def named(difference: Difference) -> list[tuple[str, ...]]:
    return [(scene.state, scene.scene, *([scene.was] if scene.was else [])) for scene in difference.scenes]


@given(VERSIONS, VERSIONS)
def test_total_then_and_the_change_are_the_total_now(old: Version, new: Version) -> None:
    found = difference_of(old, new)
    if found.change is not None and not old.estimate.unpriced and not new.estimate.unpriced:
        assert old.estimate.total + found.change == new.estimate.total
    if not old.estimate.unpriced and not new.estimate.unpriced:
        assert found.change is not None
    for scene in found.scenes:
        if scene.change is not None and scene.before is not None and scene.after is not None:
            assert scene.before + scene.change == scene.after
        if (scene.before is None) != (scene.after is None):
            assert scene.change is None


@given(VERSIONS, VERSIONS)
def test_every_scene_is_told_once(old: Version, new: Version) -> None:
    found = difference_of(old, new).scenes
    assert [s.new.scene for s in found if s.new] == [r.scene for r in new.requests]
    assert sorted(s.old.scene for s in found if s.old) == sorted(r.scene for r in old.requests)
    for scene in found:
        assert (scene.state == "added") == (scene.old is None)
        assert (scene.state == "removed") == (scene.new is None)
        assert scene.state != "same" or not scene.changes
        assert scene.state != "changed" or scene.changes


@given(VERSIONS)
def test_a_film_differs_from_itself_in_nothing(film: Version) -> None:
    found = difference_of(film, film)
    assert {scene.state for scene in found.scenes} <= {"same"}
    assert found.change == 0  # even where nobody knows the price: it is the same


@given(VERSIONS, VERSIONS)
def test_the_other_way_round_it_is_the_opposite(old: Version, new: Version) -> None:
    there, back = difference_of(old, new), difference_of(new, old)
    assert there.change == (None if back.change is None else -back.change)
    turned = {"added": "removed", "removed": "added"}
    assert sorted(turned.get(s.state, s.state) for s in there.scenes) == sorted(s.state for s in back.scenes)


@given(VERSIONS, VERSIONS)
def test_rows_sum_up_to_the_total_in_the_table_and_the_document(old: Version, new: Version) -> None:
    comparison = Comparison(REVISION, difference_of(old, new))
    table = difference_blocks(comparison)[0]
    assert isinstance(table, Table)
    assert table.total is not None
    assert not isinstance(table.total.cells[6], AtLeast), "a change may be less than what is known of it"
    for place in (4, 5, 6):
        cells = [row.cells[place] for row in table.rows]
        total = table.total.cells[place]
        if all(isinstance(cell, Decimal | str) for cell in cells):
            assert sum((cell for cell in cells if isinstance(cell, Decimal)), Decimal(0)) == total
        else:
            assert total is None or isinstance(total, AtLeast)
    told = json.loads(json.dumps(difference_document(comparison)))
    SCHEMA.validate(told)
    assert [told["then"]["total"], told["now"]["total"]] == [
        str(v.estimate.total) if v.estimate.total else "0.00" for v in (old, new)
    ] or all(Decimal(told[side]["total"]) == v.estimate.total for side, v in (("then", old), ("now", new)))
    if not told["then"]["unpriced"] and not told["now"]["unpriced"]:
        assert Decimal(told["then"]["total"]) + Decimal(told["change"]) == Decimal(told["now"]["total"])


@given(VERSIONS, VERSIONS)
@settings(max_examples=50)
def test_the_text_keeps_to_80_columns(old: Version, new: Version) -> None:
    text = as_text(difference_sheet(Comparison(REVISION, difference_of(old, new))))
    assert max(map(columns, text.splitlines())) <= 80


LIST = {("kling-v3-standard-text", "silent"): Decimal("0.168")}
CHEAP = {("kling-v3-standard-text", "silent"): Decimal("0.084")}


def of(
    *scenes: tuple[Any, ...], prices: dict[tuple[str, str], Decimal] = LIST, book: str = "list"
) -> Version:
    return version(list(scenes), prices, book)


REEDS = ("kling-v3-standard-text", 4, False, "reeds", 1)
HERON = ("kling-v3-standard-text", 4, False, "a heron", 1)


def test_a_scene_with_another_name_is_renamed() -> None:
    found = difference_of(of(("dawn", *REEDS)), of(("dusk", *REEDS)))
    assert named(found) == [("renamed", "dusk", "dawn")]
    assert found.change == 0
    found = difference_of(of(("dawn", *REEDS)), of(("dusk", *HERON)))
    assert named(found) == [("removed", "dawn"), ("added", "dusk")]


def test_twins_are_renamed_one_by_one() -> None:
    two = of(("dawn", *REEDS), ("noon", *REEDS))
    assert named(difference_of(two, of(("dusk", *REEDS)))) == [
        ("renamed", "dusk", "dawn"),
        ("removed", "noon"),
    ]
    assert named(difference_of(of(("dusk", *REEDS)), two)) == [("renamed", "dawn", "dusk"), ("added", "noon")]


def test_what_is_gone_stands_where_it_was() -> None:
    old = of(("dawn", *REEDS), ("noon", *HERON), ("dusk", *REEDS[:3], "x", 1), ("night", *REEDS[:3], "y", 1))
    new = of(("dusk", *REEDS[:3], "x", 1), ("rain", *REEDS[:3], "z", 1))
    assert named(difference_of(old, new)) == [
        ("removed", "dawn"),
        ("removed", "noon"),
        ("same", "dusk"),
        ("removed", "night"),
        ("added", "rain"),
    ]


def test_only_some_scenes_by_the_name_of_then_or_now() -> None:
    old, new = of(("dawn", *REEDS), ("noon", *HERON)), of(("dusk", *REEDS), ("rain", *REEDS[:3], "z", 1))
    assert named(difference_of(old, new, {"dusk"})) == [("renamed", "dusk", "dawn")]
    assert named(difference_of(old, new, {"dawn"})) == [("renamed", "dusk", "dawn")]
    assert named(difference_of(old, new, {"noon", "rain"})) == [("removed", "noon"), ("added", "rain")]


def test_another_take_and_another_price_are_changes() -> None:
    again = difference_of(of(("dawn", *REEDS)), of(("dawn", *REEDS[:4], 2)))
    assert [(c.field, c.old, c.new) for c in again.scenes[0].changes] == [("take", 1, 2)]
    cheaper = difference_of(of(("dawn", *REEDS)), of(("dawn", *REEDS), prices=CHEAP, book="cheap"))
    assert [(c.field, c.old, c.new) for c in cheaper.scenes[0].changes] == [("USD/s", "0.168", "0.084")]
    assert cheaper.change == Decimal("-0.336")


def test_unknown_is_never_nothing() -> None:
    """There is no price for pro."""
    old, new = of(("dawn", *REEDS)), of(("dawn", "kling-v3-pro-text", *REEDS[1:]))
    assert (difference_of(old, new).change, difference_of(new, old).change) == (None, None)
    longer = of(("dawn", "kling-v3-pro-text", 5, *REEDS[2:]))
    assert difference_of(new, longer).change is None
    assert difference_of(new, of(("dawn", "kling-v3-pro-text", 4, False, "a heron", 1))).change == 0
    assert difference_of(new, of(("dawn", "kling-v3-pro-text", *REEDS[1:]), book="other")).change is None
    assert difference_of(of(), new).change is None
    assert difference_of(new, of()).change is None
    told = difference_document(Comparison(REVISION, difference_of(old, new)))
    assert (told["change"], told["now"]) == (
        None,
        {"price_book": "list", "as_of": "2026-11-01", "total": "0.00", "unpriced": ["dawn"]},
    )


BEFORE = """storyboard: 1
title: The <heron> & the reeds
prices: seeds
endpoint: kling-v3-standard
elements:
  heron: {frontal_image: stills/heron.png, reference_images: [stills/heron.png]}
defaults: {start_image: stills/dawn.png, generate_audio: false}
scenes:
  - id: dawn
    shots:
      - wide 4s: reeds in the wind, @heron stands in the shallow water and waits
      - close 3s: "@heron looks at the boat"
  - {id: noon, duration: 7, prompt: "a boat | on the water, slow"}
  - {id: dusk, duration: 5, prompt: the boat drifts}
  - {id: gone, duration: 3, prompt: fog over the reeds}
  - {id: kept, duration: 3, prompt: stars}
  - {id: also-kept, duration: 3, prompt: the moon}
"""
AFTER = (
    BEFORE.replace("stands in the shallow water", "sleeps in the deep water")
    .replace("duration: 7", "duration: 6, generate_audio: true")
    .replace("id: dusk", "id: evening")
    .replace("  - {id: gone, duration: 3, prompt: fog over the reeds}\n", "")
    + '  - {id: "rain", endpoint: kling-v3-4k, duration: 5, prompt: rain on the lake}\n'
)


@pytest.fixture
def film(repository: Repository, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Committed on main, worked on since."""
    repository.write("storyboard.yaml", BEFORE)
    repository.still("stills/dawn.png")
    repository.still("stills/heron.png", 20)
    repository.commit()
    repository.still("stills/heron.png", 30)
    repository.write("storyboard.yaml", AFTER)
    monkeypatch.chdir(repository.folder)
    return repository


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    capsys.readouterr()
    code = app.run(["estimate", *arguments])
    said = capsys.readouterr()
    return code, said.out, said.err


def steady(text: str, repository: Repository) -> str:
    """Pictures are not drawn to the byte alike by every library, so hashes of commits and files are left out."""
    text = re.sub(r"sha256:[0-9a-f]{64}", "sha256:…", on_a_day(text))
    commit = repository.git("rev-parse", "main")
    return text.replace(commit, "1a2b3c4d…").replace(commit[:8], "1a2b3c4d")


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("text", "txt"), ("json", "json"), ("csv", "csv"), ("markdown", "md"), ("html", "html")],
)
def test_every_form(
    form: str, suffix: str, film: Repository, golden: Callable, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, err = told(capsys, "storyboard.yaml", "--against", "main", "--format", form)
    assert (code, err.startswith("note: this CSV") if form == "csv" else err == "") == (0, True)
    golden(GOLDEN / f"film.{suffix}", steady(out, film))


def test_the_same_numbers_in_every_form(film: Repository, capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = told(capsys, ".", "--against", "main", "--format", "json")
    document = json.loads(out)["against"]
    SCHEMA.validate(document)
    before, after, change = document["then"]["total"], document["now"]["total"], document["change"]
    assert Decimal(before) + Decimal(change) == Decimal(after)
    _, out, _ = told(capsys, ".", "--against", "main", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    (total,) = [row for row in rows if row["row"] == "total"]
    assert (total["before"], total["after"], total["change"]) == (before, after, change)
    by_scene = {row["scene"]: row["change"] for row in rows if row["row"] == "scene"}
    for scene in document["scenes"]:
        if scene["state"] != "same":
            assert by_scene[scene["scene"]] == scene["change"]
    for form in ("text", "markdown", "html"):
        _, out, _ = told(capsys, ".", "--against", "main", "--format", form)
        assert re.search(rf"\+{re.escape(change)}\b", out), form


def test_the_new_total_is_that_of_the_estimate(film: Repository, run: Callable, capsys: Any) -> None:
    _, out, _ = told(capsys, ".", "--against", "main", "--format", "json")
    now = json.loads(run("estimate", ".", "--format", "json").out)
    assert json.loads(out)["against"]["now"]["total"] == now["total"]
    film.git("stash", "-q")
    then = json.loads(run("estimate", ".", "--format", "json").out)
    assert json.loads(out)["against"]["then"]["total"] == then["total"]


def test_a_broken_old_revision_costs_no_estimate(film: Repository, capsys: Any, golden: Callable) -> None:
    film.git("checkout", "-q", "-b", "broken")
    film.write("storyboard.yaml", BEFORE.replace("prompt: stars", "promt: stars"))
    film.commit()
    film.write("storyboard.yaml", AFTER)
    code, out, err = told(capsys, "storyboard.yaml", "--against", "broken")
    assert (code, err.count("unknown key `promt`"), err.count("not compared")) == (0, 1, 1)
    golden(GOLDEN / "broken.txt", out.replace(film.git("rev-parse", "--short=8", "broken"), "1a2b3c4d"))
    _, out, _ = told(capsys, "storyboard.yaml", "--against", "broken", "--format", "json")
    document = json.loads(out)["against"]
    SCHEMA.validate(document)
    assert (document["then"], document["scenes"], document["change"]) == (None, None, None)
    assert document["problem"] == "storyboard.yaml:16:29: unknown key `promt`"
    for form in ("csv", "markdown", "html"):
        code, out, err = told(capsys, "storyboard.yaml", "--against", "broken", "--format", form)
        assert (code, "can't be read (storyboard.yaml:16:29: unknown key `promt`)" in err) == (0, True), form
        if form == "csv":
            assert out == "row,scene,state,was,what,before,after,change\n", (
                "the columns of a difference, and no other"
            )


def test_a_selection_of_nothing_is_compared_with_nothing(film: Repository, capsys: Any) -> None:
    options = ("--against", "main", "--select", "state:reuse", "--format", "json")
    code, out, err = told(capsys, "storyboard.yaml", *options)
    assert (code, err.startswith("warning: no scene is chosen")) == (0, True)
    document = json.loads(out)
    assert (document["scenes"], document["against"]["scenes"]) == ([], [])
    assert document["against"]["change"] == "0.00"


def test_a_storyboard_that_is_new_is_all_added(film: Repository, capsys: Any) -> None:
    film.git("mv", "storyboard.yaml", "aside")
    film.commit()
    film.git("rm", "-q", "aside")
    film.write("film.yaml", AFTER)
    _, out, _ = told(capsys, "film.yaml", "--against", "HEAD", "--format", "json")
    document = json.loads(out)["against"]
    assert {scene["state"] for scene in document["scenes"]} == {"added"}
    assert (document["then"]["total"], document["change"]) == ("0.00", document["now"]["total"])
    assert "everything counts as added" in document["remarks"][0]


def test_stills_outside_of_git_count_as_the_same(film: Repository, capsys: Any) -> None:
    film.git("rm", "-q", "-r", "--cached", "stills")
    film.write(".gitignore", "stills\n")
    film.write("storyboard.yaml", BEFORE)
    film.git("commit", "-q", "-m", "stills lie elsewhere")
    film.commit()
    _, out, _ = told(capsys, ".", "--against", "HEAD")
    assert "changed" not in out.replace("unchanged", "")
    assert "can't be read, so they count as unchanged: stills/dawn.png, stills/heron.png." in " ".join(
        out.split()
    )


def test_a_refusal_comes_after_the_report(film: Repository, capsys: Any) -> None:
    code, out, err = told(capsys, ".", "--against", "main", "--max-cost", "1")
    assert code == 3
    assert "Against main" in out
    assert "the budget of one run is 1.00 USD" in err
    assert told(capsys, ".", "--against", "mian")[0] == 2
