"""`storyboard estimate` and its like: exit codes, budgets, books, scenes, variables, JSON to the letter."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from in_memory import TEXT

START = "https://media.example.org/dawn.png"
FILM = f"""storyboard: 1
scenes:
  - id: dawn
    start_image: {START}
    shots:
      - wide 4s: reeds
      - close 3s: a heron
  - id: noon
    start_image: {START}
    generate_audio: false
    duration: 7
    prompt: reeds
"""
UNPRICED = (
    FILM + f"  - id: 'no-price'\n    endpoint: kling-v3-pro\n    start_image: {START}\n    prompt: reeds\n"
)
ESTIMATE = {
    "currency": "USD",
    "price_book": "seeds",
    "as_of": "2026-04-25",
    "total": "2.94",
    "scenes": [
        {
            "scene": "dawn",
            "endpoint": "fal-ai/kling-video/v3/standard/image-to-video",
            "seconds": 7,
            "tier": "audio",
            "unit_price": "0.252",
            "amount": "1.764",
            "shots": [
                {"id": "wide", "seconds": 4, "amount": "1.008"},
                {"id": "close", "seconds": 3, "amount": "0.756"},
            ],
        },
        {
            "scene": "noon",
            "endpoint": "fal-ai/kling-video/v3/standard/image-to-video",
            "seconds": 7,
            "tier": "silent",
            "unit_price": "0.168",
            "amount": "1.176",
            "shots": [{"id": "1", "seconds": 7, "amount": "1.176"}],
        },
    ],
    "unpriced": [],
}


@pytest.fixture
def write(tmp_path: Path) -> Callable[[str], Path]:
    def storyboard(text: str) -> Path:
        (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
        return tmp_path

    return storyboard


def without_more(document: object, wanted: object) -> object:
    """Documents may gain fields: what `wanted` does not name is left out."""
    if isinstance(wanted, dict) and isinstance(document, dict):
        return {key: without_more(document[key], value) for key, value in wanted.items()}
    if isinstance(wanted, list) and isinstance(document, list) and len(wanted) == len(document):
        return [without_more(d, w) for d, w in zip(document, wanted, strict=True)]
    return document


def test_the_document(write: Callable, run: Callable) -> None:
    ran = run("estimate", write(FILM), "--format", "json")
    assert without_more(json.loads(ran.out), ESTIMATE) == ESTIMATE
    assert (ran.code, ran.err) == (0, "")


def test_an_unknown_price_is_null_and_named(write: Callable, run: Callable) -> None:
    document = json.loads(run("estimate", write(UNPRICED), "--format", "json").out)
    scene = document["scenes"][2]
    assert (scene["unit_price"], scene["amount"], scene["shots"][0]["amount"]) == (None, None, None)
    assert (document["total"], document["unpriced"]) == ("2.94", ["no-price"])
    ran = run("estimate", write(UNPRICED))
    assert ran.code == 0
    assert "unknown" in ran.out
    assert "no-price" in ran.out


def test_nothing_priced_is_not_nothing_to_pay(write: Callable, run: Callable) -> None:
    ran = run("estimate", write(TEXT + "scenes:\n  - {id: dawn, prompt: reeds}\n"))
    assert "0.00 USD." not in ran.out
    assert "unknown" in ran.out


@pytest.mark.parametrize(
    ("budget", "options", "environment", "code"),
    [
        (None, (), None, 0),
        ("2.94", (), None, 0),
        ("2.93", (), None, 3),
        (None, ("--max-cost", "2.94"), None, 0),
        (None, ("--max-cost", "2.939"), None, 3),
        (None, (), "2.93", 3),
        (None, (), "2.94", 0),
        ("100", ("--max-cost", "100"), "1", 3),
        ("100", ("--max-cost", "1"), "100", 3),
        ("1", ("--max-cost", "100"), "100", 3),
        ("0", (), None, 3),
    ],
)
def test_the_least_of_three_budgets_holds(
    budget: str | None,
    options: tuple[str, ...],
    environment: str | None,
    code: int,
    write: Callable,
    run: Callable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if environment is not None:
        monkeypatch.setenv("STORYBOARD_MAX_COST", environment)
    text = FILM if budget is None else f"budget: {budget}\n{FILM}"
    ran = run("estimate", write(text), *options, "--format", "json")
    assert ran.code == code
    assert json.loads(ran.out)["total"] == "2.94"  # what is refused is still told
    assert bool(ran.err) == (code == 3)


def test_an_unknown_price_is_refused_under_a_budget_only(write: Callable, run: Callable) -> None:
    assert run("estimate", write(UNPRICED)).code == 0
    assert run("estimate", write(UNPRICED), "--max-cost", "1000").code == 3
    assert run("estimate", write("budget: 1000\n" + UNPRICED)).code == 3
    assert run("estimate", write(UNPRICED), "--max-cost", "1000", "--scene", "dawn").code == 0


@pytest.mark.parametrize("amount", ["much", "-1", "1,50", "nan", "inf", "1e9999", ""])
def test_a_budget_that_is_no_amount(amount: str, write: Callable, run: Callable) -> None:
    ran = run("estimate", write(FILM), f"--max-cost={amount}")
    assert (ran.code, ran.out) == (2, "")


def test_a_budget_of_the_environment_that_is_no_amount(
    write: Callable, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("STORYBOARD_MAX_COST", "twelve")
    ran = run("estimate", write(FILM))
    assert ran.code == 2
    assert "STORYBOARD_MAX_COST" in ran.err


def test_books_by_option_then_environment_then_storyboard(
    write: Callable, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    def book(*options: str) -> str:
        return json.loads(run("estimate", write(text), *options, "--format", "json").out)["price_book"]

    text = FILM
    assert book() == "seeds"
    text = "prices: observed-2026-10\n" + FILM
    assert book() == "observed-2026-10"
    monkeypatch.setenv("STORYBOARD_PRICES", "seeds")
    assert book() == "seeds"
    assert book("--prices", "observed-2026-10") == "observed-2026-10"


OWN_BOOK = """name = "house"
as_of = 2026-11-01
currency = "USD"
source = "our contract"

[[price]]
endpoint = "fal-ai/kling-video/v3/standard/image-to-video"
silent = "0.1"
audio = "0.123456789"
"""


def test_a_book_of_ones_own(write: Callable, run: Callable, tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text(OWN_BOOK, encoding="utf-8")
    ran = run("estimate", write("prices: house.toml\n" + FILM), "--format", "json")
    document = json.loads(ran.out)
    assert (document["price_book"], document["as_of"]) == ("house", "2026-11-01")
    assert document["scenes"][0]["amount"] == "0.864197523"
    assert run("estimate", write(FILM), "--prices", tmp_path / "house.toml").code == 0


@pytest.mark.parametrize(
    "damage",
    [
        ("0.123456789", "cheap"),
        ('audio = "', "audio = "),
        ("as_of", "of"),
        ('"0.1"', '"-1"'),
        ('"0.1"', '"nan"'),
    ],
)
def test_a_book_that_is_none(damage: tuple[str, str], write: Callable, run: Callable, tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text(OWN_BOOK.replace(*damage), encoding="utf-8")
    ran = run("estimate", write(FILM), "--prices", tmp_path / "house.toml")
    assert ran.code == 2, ran.out
    assert "house.toml" in ran.err


def test_unknown_books(write: Callable, run: Callable) -> None:
    ran = run("estimate", write(FILM), "--prices", "sedes")
    assert ran.code == 2
    assert "did you mean `seeds`" in ran.err
    ran = run("estimate", write("prices: sedes\n" + FILM))
    assert ran.code == 1
    assert "SB119" in ran.err
    assert run("estimate", write("prices: ../../outside.toml\n" + FILM)).code == 1


def test_a_variable_from_outside_wins(write: Callable, run: Callable) -> None:
    text = (
        TEXT
        + "vars: {n: 4, light: dawn}\nscenes:\n  - {id: a, duration: '{{ n }}', prompt: '{{ light }} {{ other }}'}\n"
    )
    ran = run("expand", write(text), "--var", "n=7", "--var", "other=010")
    (request,) = json.loads(ran.out)["requests"]
    assert (request["seconds"], request["arguments"]["prompt"]) == (7, "dawn 010")
    assert run("expand", write(text)).code == 1
    assert run("expand", write(text), "--var", "n").code == 2
    assert run("expand", write(text), "--var", "=x").code == 2
    assert run("check", write(text), "--var", "other=x").code == 0


def test_only_some_scenes(write: Callable, run: Callable) -> None:
    for command in ("estimate", "expand", "plan"):
        ran = run(command, write(FILM), "--scene", "noon", "--format", "json")
        assert (ran.code, '"dawn"' in ran.out, '"noon"' in ran.out) == (0, False, True)
        ran = run(command, write(FILM), "--scene", "non")
        assert (ran.code, ran.out) == (2, "")
        assert "did you mean `noon`" in ran.err
    ran = run("expand", write(FILM), "--scene", "noon", "--scene", "dawn")
    assert [request["scene"] for request in json.loads(ran.out)["requests"]] == ["dawn", "noon"]


@pytest.mark.parametrize("command", ["estimate", "expand", "plan"])
def test_with_errors_the_document_is_that_of_check(command: str, write: Callable, run: Callable) -> None:
    folder = write(FILM.replace("prompt: reeds", "promt: reeds"))
    checked = run("check", folder, "--format", "json")
    ran = run(command, folder, "--format", "json")
    assert ran.code == checked.code == 1
    assert json.loads(ran.out) == json.loads(checked.out)
    assert json.loads(ran.out)["errors"] == 1
    text = run(command, folder) if command != "expand" else run(command, folder, "--format", "curl")
    assert (text.code, text.out) == (1, "")
    assert "SB101" in text.err


def test_a_price_needs_no_still(write: Callable, run: Callable) -> None:
    folder = write(FILM.replace(START, "stills/dawn.png", 1))
    for command in ("estimate", "expand"):
        ran = run(command, folder, "--format", "json")
        document = json.loads(ran.out)
        assert ran.code == 0
        assert "warning[SB418]" in ran.err
    assert [request["digest"] is None for request in document["requests"]] == [True, False]
    assert document["requests"][0]["arguments"]["start_image_url"] == "file:stills/dawn.png"
    assert run("check", folder).code == 1
    assert run("plan", folder).code == 1


def test_warnings_stay_out_of_the_document(write: Callable, run: Callable) -> None:
    folder = write(FILM + "    aspect_ratio: '9:16'\n")
    ran = run("estimate", folder, "--format", "json")
    assert json.loads(ran.out)["total"] == "2.94"
    assert "warning[SB317]" in ran.err


def test_no_key_and_no_network(write: Callable, process: Callable) -> None:
    dead = dict.fromkeys(
        ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "STORYBOARD_FAL_URL"), "http://127.0.0.1:9"
    )
    ran = process("estimate", write(FILM), env=dead)
    assert ran.code == 0
    assert "2.94" in ran.out


def test_the_text_adds_up(write: Callable, run: Callable) -> None:
    """What is shown in a column sums to what is shown below it, to the last digit shown."""
    lines = run("estimate", write(FILM)).out.splitlines()
    amounts = [Decimal(line.split()[-1]) for line in lines if line.startswith(("dawn", "noon"))]
    (total,) = [Decimal(line.split()[-1]) for line in lines if line.startswith("total")]
    assert sum(amounts) == total == Decimal("2.94")
    shots = [Decimal(line.split()[-1].strip("()")) for line in lines if line.startswith(" ") and "(" in line]
    assert sum(shots) == amounts[0]
    table = lines[: lines.index("")]
    assert all(len(line) <= 80 for line in table)
