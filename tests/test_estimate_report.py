"""The estimate of a film of which some is bought, in every form: golden files, and the same sums in each."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from bought_film import bought, requests_of, take_of
from on_a_day import on_a_day

from storyboard.folders import folder
from storyboard.ledger.record import State

GOLDEN = Path(__file__).parent / "golden" / "estimate"
START = "https://media.example.org/dawn.png"
FILM = f"""storyboard: 1
title: The <heron> & the *reeds*
elements:
  heron: {{description: a grey heron}}
  boat: {{description: a flat boat}}
defaults: {{start_image: {START}}}
scenes:
  - id: dawn
    shots:
      - wide 4s: "reeds, @heron stands"
      - close 3s: "@heron looks at the @boat"
  - {{id: noon, generate_audio: false, duration: 7, prompt: reeds}}
  - {{id: dusk, endpoint: kling-v3-4k, duration: 5, prompt: "@boat drifts"}}
  - {{id: dusk-again, endpoint: kling-v3-4k, duration: 5, prompt: "@boat drifts"}}
  - {{id: night, endpoint: kling-v3-pro, duration: 3, prompt: stars}}
  - {{id: lost, duration: 3, prompt: fog}}
"""
OPTIONS = ("--takes", "3", "--what-if", "endpoint=kling-v3-4k", "--what-if", "generate_audio=false")


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """dawn is bought, of lost the answer was lost."""
    path = tmp_path / "storyboard.yaml"
    path.write_text(FILM, encoding="utf-8")
    requests = {request.scene: request for request in requests_of(path)}
    amount = Decimal("0.756")
    lost = take_of(
        requests["lost"], State.UNKNOWN, request_id=None, estimate=amount, sent_at="2026-11-01T08:00:00+00:00"
    )
    bought(tmp_path, [take_of(requests["dawn"]), lost])
    monkeypatch.chdir(tmp_path)
    return path


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("text", "txt"), ("json", "json"), ("csv", "csv"), ("markdown", "md"), ("html", "html")],
)
def test_every_form(form: str, suffix: str, film: Path, run: Callable, golden: Callable) -> None:
    ran = run("estimate", film.name, *OPTIONS, "--format", form)
    assert ran.code == 0
    golden(GOLDEN / f"film.{suffix}", on_a_day(ran.out))


def document(film: Path, run: Callable, *options: str) -> dict[str, Any]:
    return dict(json.loads(run("estimate", film, *options, "--format", "json").out))


def test_what_is_bought_and_what_is_to_pay(film: Path, run: Callable) -> None:
    told = document(film, run, *OPTIONS)
    standing = {
        scene["scene"]: (scene["standing"], scene["amount"], scene["to_pay"]) for scene in told["scenes"]
    }
    assert standing == {
        "dawn": ("bought", "1.764", "0.00"),
        "noon": ("to pay", "1.176", "1.176"),
        "dusk": ("to pay", "2.10", "2.10"),
        "dusk-again": ("twin", "2.10", "0.00"),
        "night": ("to pay", None, None),
        "lost": ("at stake", "0.756", "0.00"),
    }
    assert (told["total"], told["to_pay"], told["unpriced"]) == ("7.896", "3.276", ["night"])
    # three of noon and dusk; dawn and lost have one of the three; a twin is no other request; night is not known
    assert told["contingency"] == {
        "takes": 3,
        "to_pay": exactly(3 * 3.276 + 2 * 1.764 + 2 * 0.756),
        "unknown": 1,
        "beyond_budget": False,
    }


def exactly(amount: float) -> str:
    return str(Decimal(str(round(amount, 3))))


def test_the_document_keeps_its_schema(film: Path, run: Callable) -> None:
    schema = json.loads((folder("schemas") / "estimate-1.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    for options in ((), OPTIONS, ("--what-if", "endpoint=kling-v3-4k-text"), ("--scene", "night")):
        validator.validate(document(film, run, *options))
    broken = document(film, run)
    broken["scenes"][0]["amount"] = 1.764
    assert not validator.is_valid(broken)


def test_the_same_sums_in_every_form(film: Path, run: Callable) -> None:
    told = document(film, run, *OPTIONS)
    rows = list(csv.DictReader(io.StringIO(run("estimate", film, "--format", "csv").out)))
    scenes = [row for row in rows if row["row"] == "scene"]
    assert [row["amount"] for row in scenes] == [scene["amount"] or "unknown" for scene in told["scenes"]]
    assert [row["to_pay"] for row in scenes] == [scene["to_pay"] or "unknown" for scene in told["scenes"]]
    shots = [row for row in rows if row["row"] == "shot"]
    assert [(row["scene"], row["shot"], row["amount"]) for row in shots] == [
        ("dawn", "wide", "1.008"),
        ("dawn", "close", "0.756"),
    ]
    (total,) = [row for row in rows if row["row"] == "total"]
    assert (total["amount"], total["to_pay"]) == (f">= {told['total']}", f">= {told['to_pay']}")
    for form in ("text", "markdown", "html"):
        said = run("estimate", film, "--format", form).out
        assert re.search(rf"(>=|&#62;=|&gt;=) {told['total']}\b", said), form
        assert re.search(rf"(>=|&#62;=|&gt;=) {told['to_pay']}\b", said), form


def test_a_budget_is_of_what_is_still_to_pay(film: Path, run: Callable) -> None:
    known = [option for scene in ("dawn", "noon", "dusk", "lost") for option in ("--scene", scene)]
    # noon and dusk are to pay, 3.276, and lost, 0.756, may have been paid
    assert run("estimate", film, *known, "--max-cost", "4.032").code == 0
    refused = run("estimate", film, *known, "--max-cost", "4.03")
    assert refused.code == 3
    assert "What is still to pay is 3.276 USD" in refused.err
    assert "0.756" in refused.err
    assert run("estimate", film, "--scene", "dawn", "--max-cost", "0").code == 0


def test_what_is_refused_is_told_in_the_report_as_well(film: Path, run: Callable) -> None:
    (film.parent / "storyboard.toml").write_text(
        '[policy]\nmax_per_run = "3.00"\napproval = ["kling-v3-4k"]\n', encoding="utf-8"
    )
    options = ("--scene", "noon", "--scene", "dusk")
    refused = run("estimate", film.name, *options, "--format", "json")
    assert refused.code == 3
    told = json.loads(refused.out)
    assert "the policy allows 3.00 USD a run" in told["refused"]
    assert "--approve kling-v3-4k" in told["refused"]
    listed = run("estimate", film.name, *options, "--format", "markdown").out
    assert re.search(r"^Refused\. .+:\n\n- .+\n.*- .+", listed, re.MULTILINE)
    text = run("estimate", film.name, *options).out.partition("Refused. ")[2].partition("\n\n")[0]
    lines = refused.err.partition("storyboard: ")[2].splitlines()[1:]
    flat = " ".join(text.split())
    assert [line for line in lines if " ".join(line.split()) not in flat] == []
    assert len(re.findall(r"^  \S", text, re.MULTILINE)) == len([x for x in lines if x[2:3] != " "])
    approved = run("estimate", film.name, "--scene", "dusk", "--approve", "kling-v3-4k", "--format", "json")
    assert (approved.code, json.loads(approved.out)["refused"]) == (0, None)


def test_a_ledger_that_can_not_be_read_does_not_hide_the_price(film: Path, run: Callable) -> None:
    ledger = film.parent / ".storyboard" / "ledger.sqlite"
    ledger.write_bytes(b"not a database, and long enough to be looked at as one" * 40)
    ran = run("estimate", film)
    assert ran.code == 0
    said = " ".join(ran.out.split())
    assert (
        "To pay: 5.80 USD and an unknown amount. Every scene once costs 7.90 USD and an unknown amount."
        in said
    )
    assert "What was bought is not known" in " ".join(ran.out.split())
    told = document(film, run)
    assert (told["bought_is_known"], told["to_pay"]) == (False, "5.796")  # a twin is one, whatever was bought
    assert run("estimate", film, "--select", "state:new").code == 4


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("endpoint=kling-v3-5k", "did you mean `kling-v3-4k`"),
        ("generate_audio=maybe", "true or false"),
        ("duration=3", "not 'duration=3'"),
        ("endpoint", "not 'endpoint'"),
        ("", "not ''"),
    ],
)
def test_alternatives_that_are_none(asked: str, told: str, film: Path, run: Callable) -> None:
    ran = run("estimate", film, "--what-if", asked)
    assert (ran.code, ran.out) == (2, "")
    assert told in ran.err


def test_an_alternative_is_the_film_compiled_anew(film: Path, run: Callable) -> None:
    """As if it had been written so: every scene in 4k and silent, nothing of it bought."""
    (other,) = document(film, run, "--what-if", "endpoint=kling-v3-4k,generate_audio=false")["alternatives"]
    text = FILM.replace("defaults: {", "defaults: {endpoint: kling-v3-4k, generate_audio: false, ")
    text = text.replace("endpoint: kling-v3-pro, ", "").replace(
        "{id: dusk, endpoint: kling-v3-4k,", "{id: dusk,"
    )
    film.write_text(text, encoding="utf-8")
    written = document(film, run)
    assert (other["total"], other["to_pay"]) == (written["total"], written["to_pay"])
    assert other["total"] == exactly((7 + 7 + 5 + 5 + 3 + 3) * 0.42) + "0"


def test_an_alternative_that_can_not_be_says_why(film: Path, run: Callable) -> None:
    (other,) = document(film, run, "--what-if", "endpoint=kling-v3-4k-text")["alternatives"]
    assert other["possible"] is False
    assert "start_image" in other["why_not"]
    said = " ".join(run("estimate", film, "--what-if", "endpoint=kling-v3-4k-text").out.split())
    assert "endpoint=kling-v3-4k-text is not possible: `start_image`" in said


@pytest.mark.parametrize(
    ("order", "scenes"),
    [
        ("story", ["dawn", "noon", "dusk", "dusk-again", "night", "lost"]),
        ("amount", ["night", "dusk", "dusk-again", "dawn", "noon", "lost"]),
        ("seconds", ["dawn", "noon", "dusk", "dusk-again", "night", "lost"]),
    ],
)
def test_sorted(order: str, scenes: list[str], film: Path, run: Callable) -> None:
    assert [scene["scene"] for scene in document(film, run, "--sort", order)["scenes"]] == scenes


def test_the_seeds_own_examples(tmp_path: Path, run: Callable) -> None:
    """5 s of standard with audio and voice = 1.54; 5 s of 4k = 2.10; 10 s of 4k = 4.20."""
    (tmp_path / "storyboard.yaml").write_text(
        f"""storyboard: 1
voices: {{mara: "829877809978941442"}}
elements:
  potter: {{video: https://media.example.org/p.mp4, voice: mara}}
defaults: {{start_image: {START}}}
scenes:
  - {{id: voice, duration: 5, prompt: "@potter speaks", dialogue: ["potter: there you are"]}}
  - {{id: four, endpoint: kling-v3-4k, duration: 5, prompt: reeds}}
  - {{id: ten, endpoint: kling-v3-4k, duration: 10, prompt: reeds}}
""",
        encoding="utf-8",
    )
    told = json.loads(run("estimate", tmp_path, "--format", "json").out)
    assert [(scene["tier"], scene["amount"]) for scene in told["scenes"]] == [
        ("voice", "1.54"),
        ("audio", "2.10"),
        ("audio", "4.20"),
    ]


def test_what_a_remark_leaves_out_is_counted(tmp_path: Path, run: Callable) -> None:
    """Twenty scenes of one request: twelve of the nineteen twins are named."""
    scenes = "".join(f"  - {{id: s{n}, prompt: reeds, start_image: {START}}}\n" for n in range(20))
    (tmp_path / "storyboard.yaml").write_text(f"storyboard: 1\nscenes:\n{scenes}", encoding="utf-8")
    said = " ".join(run("estimate", tmp_path).out.split())
    assert said.count("is the same request as s0") == 12
    assert "So are 7 more scenes of others." in said
    assert "s11 and 8 more." in said
