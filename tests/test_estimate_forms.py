"""What a report of costs has to say of itself in every form: what of the film it is of, when and of which revision."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from html import unescape
from pathlib import Path

import pytest
from a_repository import new_repository

from storyboard.catalog.prices import price_book
from storyboard.plan.estimate import estimate
from storyboard.report.costs import Costs, Stand
from storyboard.report.estimate import estimate_sheet
from storyboard.report.sheet.as_text import as_text

HEAD = "storyboard: 1\nendpoint: kling-v3-standard-text\nprices: observed-2026-10\n"
FILM = f"""{HEAD}scenes:
  - {{id: dawn, duration: 3, prompt: the reeds}}
  - {{id: sea, duration: 8, prompt: the sea}}
  - {{id: sand, duration: 9, prompt: the sand}}
"""
FORMS = ("text", "markdown", "html")


@pytest.fixture
def film(tmp_path: Path) -> Callable[[str], Path]:
    def written(text: str) -> Path:
        path = tmp_path / "film.yaml"
        path.write_text(text, encoding="utf-8")
        return path

    return written


def flat(text: str) -> str:
    return " ".join(unescape(text).split())


# What of the film it is of.


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--select", "cost:>1"), "2 of 3 scenes (--select cost:>1)"),
        (("--scene", "sea"), "1 of 3 scenes (--scene sea)"),
        (
            ("--scene", "sea", "--scene", "dawn", "--select", "cost:>1"),
            "1 of 3 scenes (--scene sea --scene dawn --select cost:>1)",
        ),
    ],
)
def test_a_selection_is_told_in_every_form(
    options: tuple[str, ...], words: str, film: Callable, run: Callable
) -> None:
    path = film(FILM)
    for form in FORMS:
        said = flat(run("estimate", path, *options, "--format", form).out)
        assert words in said, form
        assert "every scene:" not in said
    count, _, given = words.partition(" (")
    last = run("estimate", path, *options, "--format", "csv").out.splitlines()[-1]
    assert last.startswith(f'total,"total, {count}",')
    assert f",({given}," in last
    told = json.loads(run("estimate", path, *options, "--format", "json").out)["selection"]
    assert (told["scenes"], told["of"]) == (int(words[0]), 3)
    assert " ".join(told["options"]) == given[:-1]


def test_the_whole_film_is_no_selection(film: Callable, run: Callable) -> None:
    path = film(FILM)
    assert json.loads(run("estimate", path, "--format", "json").out)["selection"] is None
    assert "To pay for every scene: 2.52 USD." in run("estimate", path).out


def test_a_selection_of_nothing_is_warned_of(film: Callable, run: Callable) -> None:
    ran = run("estimate", film(FILM), "--select", "cost:>1000")
    assert (
        "warning: no scene is chosen, so nothing is priced: 0 of 3 scenes (--select cost:>1000)\n" in ran.err
    )
    assert run("estimate", film(FILM), "--select", "cost:>1").err == ""


# Audio by default: each request once.


def audio_remark(path: Path, run: Callable) -> str | None:
    found = re.search(r"Audio is on by default.*? saves that\.", flat(run("estimate", path).out))
    return found[0] if found else None


TWINS = f"""{HEAD}scenes:
  - {{id: sea, duration: 10, prompt: the sea}}
  - {{id: sea-again, duration: 10, prompt: the sea}}
"""


def test_audio_by_default_counts_a_request_once(film: Callable, run: Callable) -> None:
    assert audio_remark(film(TWINS), run) == (
        "Audio is on by default, which costs 0.42 USD more, in: sea, sea-again. `generate_audio: false` where it isn't "
        "wanted saves that."
    )


def test_silence_saves_nothing_where_a_twin_asks_for_the_sound(film: Callable, run: Callable) -> None:
    asked = TWINS.replace("{id: sea-again,", "{id: sea-again, generate_audio: true,")
    assert audio_remark(film(asked), run) is None


# When, and of which revision.


def test_the_day_and_the_revision_are_values() -> None:
    book = price_book("seeds")
    assert book is not None
    stand = Stand(datetime(2026, 11, 27, tzinfo=UTC).date(), "0123456789abcdef" * 3, uncommitted=True)
    told = as_text(estimate_sheet(Costs("Estimate", estimate([], book), stand)))
    assert "Priced on 2026-11-27, at 01234567 with uncommitted changes." in told


def test_the_revision_is_the_commit_that_the_texts_are_of(tmp_path: Path, run: Callable) -> None:
    repository = new_repository(tmp_path)
    path = repository.write("films/film.yaml", FILM)
    today = datetime.now(UTC).date()
    assert f"Priced on {today}" in run("estimate", path).out  # no commit yet

    def told() -> tuple[object, object]:
        document = json.loads(run("estimate", path, "--format", "json").out)
        return document["commit"], document["uncommitted_changes"]

    assert told() == (None, False)
    commit = repository.commit()
    assert told() == (commit, False)
    assert f", at {commit[:8]}." in run("estimate", path).out
    repository.write("films/other.yaml", FILM)  # nothing of it is priced
    assert told() == (commit, False)
    repository.write("films/film.yaml", FILM.replace("the sea", "a sea"))
    assert told() == (commit, True)
    assert f", at {commit[:8]} with uncommitted changes." in run("estimate", path, "--format", "markdown").out


def test_the_endpoint_is_shown_where_there_are_several(film: Callable, run: Callable) -> None:
    one, several = FILM, FILM.replace("id: sand,", "id: sand, endpoint: kling-v3-4k-text,")
    for form, row in (("text", r"^dawn .* kling"), ("markdown", r"\| dawn .*kling.* \|")):
        assert not re.search(row, run("estimate", film(one), "--format", form).out, re.MULTILINE), form
    for form, row in (
        ("text", r"^dawn .* kling-v3-standard-text +audio"),
        ("markdown", r"\| sand .*-4k-text \|"),
    ):
        assert re.search(row, run("estimate", film(several), "--format", form).out, re.MULTILINE), form


# Takes.


def test_takes_beyond_the_budget_are_remarked(
    film: Callable, run: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(film("budget: 3.00\n" + FILM).parent)
    path = "film.yaml"
    ran = run("estimate", path, "--takes", "2")
    assert ran.code == 0
    assert (
        "With 2 takes of every scene, 5.04 USD are to pay. That goes beyond the budget of one run, 3.00 USD "
        f"({path}:1:9)." in flat(ran.out)
    )
    assert "beyond" not in run("estimate", path, "--takes", "1").out
    document = json.loads(run("estimate", path, "--takes", "2", "--format", "json").out)
    assert document["contingency"]["beyond_budget"] is True


def test_takes_are_of_what_if_as_well(film: Callable, run: Callable) -> None:
    options = ("--takes", "3", "--what-if", "generate_audio=false", "--what-if", "endpoint=kling-v3-4k")
    path = film(FILM)
    document = json.loads(run("estimate", path, *options, "--format", "json").out)
    silent, impossible = document["alternatives"]
    assert Decimal(silent["contingency"]["to_pay"]) == 3 * Decimal(silent["to_pay"])
    assert not impossible["possible"]
    text = run("estimate", path, *options).out
    assert re.search(r"^what if +USD +change +to pay +3 takes$", text, re.MULTILINE)
    assert re.search(r"^generate_audio=false +1\.68 +-0\.84 +1\.68 +5\.04$", text, re.MULTILINE)


# CSV is one table.


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ((), ""),
        (
            ("--advise", "--takes", "3", "--what-if", "generate_audio=false"),
            "note: CSV is a single table and leaves out --advise, --takes, --what-if. --format json has all.\n",
        ),
        (("--takes", "3"), "note: CSV is a single table and leaves out --takes. --format json has all.\n"),
    ],
)
def test_csv_says_what_it_leaves_out(
    options: tuple[str, ...], said: str, film: Callable, run: Callable
) -> None:
    assert run("estimate", film(FILM), *options, "--format", "csv").err == said
    assert run("estimate", film(FILM), *options, "--format", "markdown").err == ""


def test_csv_says_that_it_is_a_difference(tmp_path: Path, run: Callable) -> None:
    repository = new_repository(tmp_path)
    path = repository.write("film.yaml", FILM)
    commit = repository.commit()
    ran = run("estimate", path, "--against", "HEAD", "--format", "csv")
    assert (
        ran.err
        == "note: this CSV is what differs from HEAD. Without --against it is what every scene costs.\n"
    )
    page = run("estimate", path, "--against", "HEAD", "--format", "html").out
    assert re.findall(r"<h2>(.*?)</h2>", page)[:2] == [
        f"Against HEAD at {commit[:8]}",
        "Now",
    ]
