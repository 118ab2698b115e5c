"""What was spent: every grouping and every form has the same sums, and nothing is mixed that is known otherwise."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from a_capped_film import FILM as CAPPED
from a_capped_film import Film, capped
from a_plan import still
from bought import bought
from bought_film import body_of, requests_of
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from test_report_sheet import Cells

from storyboard.catalog.endpoints import alias_of
from storyboard.ledger.facts import known_spending, known_takes
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.lock.authors import authors
from storyboard.ledger.lock.keep import keep_lock
from storyboard.ledger.place import Place, place_of
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.spending import (
    Spent,
    dearest_first,
    doubtful,
    grouped,
    month_name,
    payments,
    sent_on,
    spent,
)
from storyboard.report.sheet.forms import Form, formed
from storyboard.report.spend import Spending, spend_document, spend_sheet

GOLDEN = Path(__file__).parent / "golden" / "spend"
FOUR_K = "fal-ai/kling-video/v3/4k/text-to-video"

# Every grouping, and every form

NAMINGS: dict[str, Callable[[TakeRecord], tuple[str, bool]]] = {
    "month": lambda take: (month_name(sent_on(take)), True),
    "day": lambda take: (f"{sent_on(take):%Y-%m-%d}", True),
    "scene": lambda take: (take.scene, True),
    "endpoint": lambda take: (alias_of(take.endpoint), True),
    "author": lambda take: (take.scene[:1], take.scene != "dusk"),
}
MONEY = st.none() | st.decimals(0, 1000, places=3)
MOMENTS = st.datetimes(datetime(2026, 9, 1), datetime(2027, 2, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds it


@st.composite
def taken(draw: st.DrawFn) -> TakeRecord:
    state = draw(st.sampled_from(list(State)))
    return bought(
        draw(st.integers(1, 10**6)),
        scene=draw(st.sampled_from(["dawn", "noon", "dusk", "=cmd", "夜"])),
        endpoint=draw(st.sampled_from([FOUR_K, "fal-ai/kling-video/v3/standard/text-to-video"])),
        state=state,
        sent_at=draw(MOMENTS).isoformat(timespec="milliseconds"),
        estimate=draw(MONEY),
        charge=draw(MONEY),
        maybe_billed=draw(st.booleans()),
        origin=draw(st.sampled_from([None, "lock", "added"])),
    )


def rows_of_text(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line and set(line) != {"-"}]
    table = lines[: next(at for at, line in enumerate(lines) if line.startswith("total")) + 1]
    return [re.split(r"  +", line.strip()) for line in table[1:]]


def rows_of_csv(text: str) -> list[list[str]]:
    return [row[1:] for row in csv.reader(io.StringIO(text))][1:]


def rows_of_markdown(text: str) -> list[list[str]]:
    lines = [line for line in text.split("\n") if line.startswith("|")]
    return [[cell.strip(" *").replace("&#62;", ">") for cell in line.split("|")[1:-1]] for line in lines[2:]]


def rows_of_page(text: str) -> list[list[str]]:
    return Cells(text).rows[1:]


READERS = {
    Form.text: rows_of_text,
    Form.csv: rows_of_csv,
    Form.markdown: rows_of_markdown,
    Form.html: rows_of_page,
}


def sums_of(rows: list[list[str]]) -> list[Spent]:
    return [
        Spent(_amount(charged), _amount(estimated), int(unknown), int(takes))
        for _, takes, charged, estimated, unknown, _ in rows
    ]


def _amount(text: str) -> Decimal:
    return Decimal(text.replace(",", ""))


def total_told(spent: Spent) -> str | None:
    """The last column, as Decimal's own text; None: "unknown"."""
    if spent.unknown and spent.unknown == spent.takes:
        return None
    return f"{'>= ' if spent.unknown else ''}{spent.total.normalize():f}"


def told(cell: str) -> str | None:
    if cell == "unknown":
        return None
    sign, number = (">= ", cell[3:]) if cell.startswith(">= ") else ("", cell)
    return f"{sign}{_amount(number).normalize():f}"


@pytest.mark.parametrize("by", NAMINGS)
@given(takes=st.lists(taken(), max_size=15))
def test_the_total_is_the_sum_of_the_groups_in_every_form(by: str, takes: list[TakeRecord]) -> None:
    paid = payments(takes)
    groups = grouped(paid, NAMINGS[by])
    whole = spent(paid)
    assert sum((group.spent for group in groups), Spent()) == whole
    assert sorted(map(repr, dearest_first(groups))) == sorted(map(repr, groups))
    assert (whole.takes, whole.unknown) == (
        len(paid),
        sum(take.charge is None and take.estimate is None for take in paid),
    )
    assert whole.charged == sum((take.charge for take in paid if take.charge is not None), Decimal(0))
    found = Spending("Spending", by, groups, whole, doubtful(paid))
    expected = [*(group.spent for group in groups), whole]
    for form, read in READERS.items():
        rows = read(formed(spend_sheet(found), form))
        assert sums_of(rows) == expected, form
        assert [told(row[-1]) for row in rows] == [total_told(each) for each in expected], form
    document = spend_document(found)
    for each, group in zip([*document["groups"], document["total"]], expected, strict=True):
        assert Decimal(each["charged"]) == group.charged
        assert Decimal(each["estimated"]) == group.estimated
        assert (each["unknown"], each["takes"]) == (group.unknown, group.takes)
        assert Decimal(each["charged"]) + Decimal(each["estimated"]) == Decimal(each["total"])


# The command

FILM = """
storyboard: 1
endpoint: kling-v3-standard-text
prices: observed-2026-10
defaults: {generate_audio: false, duration: 3}
scenes:
  - {id: dawn, prompt: a potter at dawn}
  - {id: noon, endpoint: kling-v3-4k-text, prompt: a potter at noon}
"""
OTHER = FILM.replace("dawn", "dusk").replace("potter", "cat")


def a_project(folder: Path, text: str = FILM) -> Place:
    """A project on fal itself, which nobody asks for anything."""
    folder.mkdir(exist_ok=True)
    (folder / "storyboard.yaml").write_text(text, encoding="utf-8")
    return place_of(folder)


NUMBERS = count(1)


def take(path: Path, scene: str, sent: str, **more: Any) -> TakeRecord:
    """A verified take of a scene of a storyboard."""
    request = next(each for each in requests_of(path) if each.scene == scene)
    known = {"digest": request.digest, "scene": scene, "endpoint": request.endpoint, "body": body_of(request)}
    known |= {"seconds": request.seconds, "sent_at": f"{sent}T12:00:00.000+00:00", "origin": None}
    return bought(next(NUMBERS), **known | more)


def kept(place: Place, *takes: TakeRecord) -> None:
    """Put into the ledger as further takes, and into the lock."""
    ledger = Ledger.open(place)
    for each in takes:
        number = sum(known.digest == each.digest for known in ledger.takes()) + 1
        ledger.admit(replace(each, take=number), "a test")
    keep_lock(place, ledger)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Two months and a day of the next."""
    found = a_project(tmp_path / "film")
    film = found.project / "storyboard.yaml"
    kept(
        found,
        take(film, "dawn", "2026-10-31", estimate=Decimal("0.252"), charge=Decimal("0.25")),
        take(film, "noon", "2026-11-01", estimate=Decimal("1.260")),
        take(film, "noon", "2026-11-20", estimate=None),
        take(film, "dawn", "2026-11-20", estimate=Decimal("0.252"), charge=Decimal("0.252")),
        take(
            film,
            "dawn",
            "2026-11-21",
            estimate=Decimal("0.252"),
            state=State.UNKNOWN,
            request_id=None,
            clip=None,
        ),
        take(film, "dawn", "2026-12-01", estimate=Decimal("0.252"), state=State.FAILED, maybe_billed=False),
    )
    return found


@pytest.mark.parametrize("by", ["month", "endpoint"])
@pytest.mark.parametrize(
    ("form", "suffix"),
    [("text", "txt"), ("json", "json"), ("csv", "csv"), ("markdown", "md"), ("html", "html")],
)
def test_as_people_and_programs_see_it(
    by: str, form: str, suffix: str, place: Place, run: Callable[..., Any], golden: Callable[..., None]
) -> None:
    ended = run("spend", place.project, "--by", by, "--format", form)
    assert (ended.code, ended.err) == (0, "")
    golden(GOLDEN / f"{by}.{suffix}", ended.out.replace("\r\n", "\n"))
    if form == "text":
        assert max(map(len, ended.out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("more", "groups"),
    [
        ((), {"2026-10": 1, "2026-11": 4}),
        (("--month", "2026-11"), {"2026-11-01": 1, "2026-11-20": 2, "2026-11-21": 1}),
        (("--month", "2026-11", "--by", "scene"), {"noon": 2, "dawn": 2}),
        (("--month", "2026-12"), {}),
        (("--since", "2026-11"), {"2026-11": 4}),
        (("--since", "2026-11-20"), {"2026-11": 3}),
        (("--since", "2026-11-21", "--by", "day"), {"2026-11-21": 1}),
        (("--scene", "noon"), {"2026-11": 2}),
    ],
)
def test_what_is_asked_for(
    more: tuple[str, ...], groups: dict[str, int], place: Place, run: Callable[..., Any]
) -> None:
    found = json.loads(run("spend", place.project, *more, "--format", "json").out)
    assert {each["name"]: each["takes"] for each in found["groups"]} == groups
    assert found["total"]["takes"] == sum(groups.values())


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--month", "2026-13"), "--month is a month like 2026-11"),
        (("--month", "november"), "--month is a month like 2026-11"),
        (("--since", "2026-02-30"), "--since is a day like 2026-11-20"),
        (("--since", "2026-02", "--month", "2026-02"), "exclude each other"),
        (("--scene", "dwan"), "did you mean `dawn`?"),
        (("--by", "mood"), "mood"),
    ],
)
def test_what_can_not_be_asked(
    more: tuple[str, ...], words: str, place: Place, run: Callable[..., Any]
) -> None:
    ended = run("spend", place.project, *more)
    assert (ended.code, ended.out, words in ended.err) == (2, "", True), ended.err


def test_a_colleague_sees_the_same_from_the_lock(place: Place, run: Callable[..., Any]) -> None:
    asked = ("--by", "scene", "--format", "json")
    before = run("spend", place.project, *asked).out
    clone = place.project.parent / "clone"
    clone.mkdir()
    for name in ("storyboard.yaml", "storyboard.lock"):
        shutil.copy(place.project / name, clone / name)
    assert run("spend", clone, *asked).out == before
    assert not (clone / ".storyboard").exists()


def test_nothing_was_spent(tmp_path: Path, run: Callable[..., Any]) -> None:
    a_project(tmp_path / "film")
    found = json.loads(run("spend", tmp_path / "film", "--format", "json").out)
    assert (found["groups"], found["total"]["total"]) == ([], "0.00")
    assert run("spend", tmp_path / "film").code == 0


# By storyboard


def test_takes_are_of_the_storyboard_that_asks_for_them(tmp_path: Path, run: Callable[..., Any]) -> None:
    place = a_project(tmp_path / "film")
    film, other = place.project / "storyboard.yaml", place.project / "parts" / "two.yaml"
    other.parent.mkdir()
    other.write_text(OTHER, encoding="utf-8")
    (place.project / "notes.yaml").write_text("budget: 3\n", encoding="utf-8")
    (place.project / "broken.yaml").write_text("storyboard: 1\nscenes: [\n", encoding="utf-8")
    (place.project / "storyboard.toml").write_text("", encoding="utf-8")
    nested = a_project(place.project / "nested")
    (nested.project / "storyboard.toml").write_text("", encoding="utf-8")
    kept(
        place,
        take(film, "dawn", "2026-11-01"),
        take(film, "noon", "2026-11-01"),
        take(other, "dusk", "2026-11-01"),
        take(other, "noon", "2026-11-01"),
        take(film, "dawn", "2026-11-01", digest="a" * 64),  # another text of it
        take(film, "noon", "2026-11-01", digest="b" * 64),  # which both have
        replace(take(film, "dawn", "2026-11-01", digest="c" * 64), scene="gone"),
    )
    found = json.loads(run("spend", film, "--by", "storyboard", "--format", "json").out)
    assert {(each["name"], each["takes"], each["known"]) for each in found["groups"]} == {
        ("storyboard.yaml", 3, True),
        ("parts/two.yaml", 2, True),
        ("storyboard.yaml and parts/two.yaml", 1, True),
        ("no storyboard of now", 1, False),
    }
    assert any("broken.yaml has errors" in remark for remark in found["remarks"])
    found = json.loads(run("spend", film, "--by", "scene", "--format", "json").out)
    assert {each["name"]: each["takes"] for each in found["groups"]} == {
        "storyboard.yaml: dawn": 2,
        "storyboard.yaml: noon": 1,
        "parts/two.yaml: dusk": 1,
        "parts/two.yaml: noon": 1,
        "storyboard.yaml and parts/two.yaml: noon": 1,
        "gone": 1,
    }


# By author


def git(folder: Path, *words: str, author: str = "Ann") -> str:
    who = ("-c", f"user.name={author}", "-c", f"user.email={author}@studio.example")
    ended = subprocess.run(
        ["git", "-C", str(folder), *who, "-c", "init.defaultBranch=main", *words],
        check=True,
        capture_output=True,
        text=True,
    )
    return ended.stdout


def committed(folder: Path, author: str) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-m", "a day's work", author=author)


def by_author(path: Path, run: Callable[..., Any]) -> dict[str, int]:
    found = json.loads(run("spend", path, "--by", "author", "--format", "json").out)
    return {f"{each['name']}{'' if each['known'] else '?'}": each["takes"] for each in found["groups"]}


@pytest.fixture
def team(tmp_path: Path) -> Place:
    """Ann buys, Ben and Cy buy on branches that are merged, Dee notes charges and rewrites the storyboard."""
    place = a_project(tmp_path / "film")
    folder, film = place.project, place.project / "storyboard.yaml"
    git(folder, "init")
    (folder / ".gitattributes").write_text("storyboard.lock text merge=union\n")
    kept(place, take(film, "dawn", "2026-11-01"))
    committed(folder, "Ann")
    git(folder, "checkout", "-b", "cy")
    kept(place, take(film, "dawn", "2026-11-03"))
    committed(folder, "Cy")
    on_branch = (folder / "storyboard.lock").read_bytes()
    git(folder, "checkout", "main")
    kept(place, take(film, "noon", "2026-11-02"))
    mine = [line for line in (folder / "storyboard.lock").read_bytes().splitlines() if line not in on_branch]
    git(folder, "checkout", "storyboard.lock")
    with (folder / "storyboard.lock").open("ab") as lock:
        lock.writelines(line + b"\n" for line in mine)
    committed(folder, "Ben")
    git(folder, "merge", "cy", author="Ben")
    ledger = Ledger.open(place)
    for each in ledger.takes():
        ledger.charged(each.key, None, Decimal("0.2"), "billing events")
    keep_lock(place, ledger)
    film.write_text(FILM.replace("potter", "weaver"), encoding="utf-8")
    committed(folder, "Dee")
    return place


def test_who_bought_it(team: Place, run: Callable[..., Any]) -> None:
    assert by_author(team.project, run) == {"Ann": 1, "Ben": 1, "Cy": 1}
    kept(team, take(team.project / "storyboard.yaml", "noon", "2026-11-05"))
    assert by_author(team.project, run) == {"Ann": 1, "Ben": 1, "Cy": 1, "not committed?": 1}
    (team.project / ".mailmap").write_text("Ann Smith <ann@x.example> Ann <Ann@studio.example>\n")
    assert by_author(team.project, run) == {"Ann Smith": 1, "Ben": 1, "Cy": 1, "not committed?": 1}
    assert "who bought it, not who wrote the scene" in run(
        "spend", team.project, "--by", "author"
    ).out.replace("\n", " ")


def test_a_take_is_of_whoever_committed_it_first(tmp_path: Path) -> None:
    """First without an id, as its answer was lost; found by somebody else."""
    place = a_project(tmp_path / "film")
    film = place.project / "storyboard.yaml"
    git(place.project, "init")
    lost = take(film, "dawn", "2026-11-01", state=State.UNKNOWN, request_id=None, clip=None, intent="a" * 32)
    kept(place, lost)
    committed(place.project, "Ann")
    found = bought(2, digest=lost.digest, request_id="id-found", intent="a" * 32)
    (place.project / "storyboard.lock").unlink()
    kept(a_project(tmp_path / "film" / "another"), found)
    shutil.move(place.project / "another" / "storyboard.lock", place.project)
    shutil.rmtree(place.project / "another")
    committed(place.project, "Ben")
    assert authors(place).of(found) == ("Ann", True)


def test_a_shallow_clone_knows_what_it_does_not_know(team: Place, run: Callable[..., Any]) -> None:
    clone = team.project.parent / "clone"
    git(team.project.parent, "clone", "--depth", "1", team.project.as_uri(), str(clone))
    assert by_author(clone, run) == {"before this shallow clone?": 3}


def test_without_git(team: Place, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.rmtree(team.project / ".git")
    assert by_author(team.project, run) == {"not in git?": 3}
    git(team.project, "init")
    assert by_author(team.project, run) == {"not committed?": 3}
    monkeypatch.setenv("PATH", str(team.project.parent / "nothing"))
    assert by_author(team.project, run) == {"not in git?": 3}


def test_a_history_without_end_is_not_read_to_it(
    team: Place, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storyboard.ledger.lock.authors.MOST", 2_000)
    assert by_author(team.project, run) == {"not known: its history is too long to be read?": 3}


def test_a_repositorys_settings_run_nothing_and_change_nothing(team: Place, run: Callable[..., Any]) -> None:
    folder, canary = team.project, team.project.parent / "canary"
    program = folder.parent / "program"
    program.write_text(f'#!/bin/sh\necho >> {canary}\ncat "$1"\n')
    program.chmod(0o755)
    for key in ("core.fsmonitor", "diff.external", "diff.own.textconv", "core.pager", "diff.own.command"):
        git(folder, "config", key, str(program))
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "color.ui", "always")
    (folder / ".gitattributes").write_text("storyboard.lock diff=own\n")
    before = {path: path.stat().st_mtime_ns for path in (folder / ".git").rglob("*") if path.is_file()}
    canary.unlink(missing_ok=True)
    assert by_author(folder, run) == {"Ann": 1, "Ben": 1, "Cy": 1}
    assert not canary.exists()
    assert before == {
        path: path.stat().st_mtime_ns for path in (folder / ".git").rglob("*") if path.is_file()
    }


# Real ledgers


@pytest.mark.long
def test_what_a_sandbox_charged(tmp_path: Path) -> None:
    with capped(tmp_path, billing_lag=1e6) as film:
        assert film.render()[0] == 0
        assert film.run("take", "again", ".", "one", "--yes")[0] == 0
        film.visitor.sandbox.settings = _lossy(film)
        code, said = film.run("take", "again", ".", "two", "--yes")
        assert code == 3, said
        assert film.run("reconcile", ".", "--resend", "two")[0] != 70
        code, out = film.run("spend", ".", "--by", "scene", "--format", "json")
        assert code == 0, out
        found = json.loads(out)
        takes, _ = known_takes(film.project, place=film.place)
        paid = payments(known_spending(takes, film.place))
        assert found["total"]["total"] == f"{spent(paid).total:f}"
        assert {each["name"]: each["takes"] for each in found["groups"]} == {"one": 2, "two": 2}
        assert found["total"]["charged"] == "0.756", "three were charged by their units"
        assert found["total"]["estimated"] == "0.252", "of one the answer was lost"
        assert found["doubtful"]["takes"] == 1
        assert "nobody paid" in " ".join(found["remarks"])


def _lossy(film: Film) -> Any:
    settings = film.visitor.sandbox.settings
    return replace(settings, faults={"drop-after-accept": 1.0}, history_outage=True)


FILM_OF_STILLS = CAPPED.replace("standard-text", "standard").replace("{gen", "{start_image: still.png, gen")


@pytest.mark.long
def test_charges_against_estimates_in_every_form(tmp_path: Path) -> None:
    text = FILM_OF_STILLS.replace("observed-2026-10", "seeds")  # twice what is charged
    with capped(tmp_path, text=text) as film:
        still(film.project)
        assert film.render()[0] == 0
        code, out = film.run("reconcile", ".", "--format", "json")
        assert code == 0, out
        document = json.JSONDecoder().raw_decode(out)[0]
        for form in ("csv", "markdown", "html"):
            with film.start("reconcile", ".", "--format", form) as process:
                out, _ = process.communicate(timeout=100)
            _same_sums(READERS[Form(form)](out), document)


def _same_sums(rows: list[list[str]], document: dict[str, Any]) -> None:
    assert [row[0] for row in rows] == ["one", "two", "total"]
    for at, key in {4: "estimate", 5: "charge", 6: "difference"}.items():
        amounts = [_amount(row[at]) for row in rows]
        assert sum(amounts[:-1]) == amounts[-1] == Decimal(document["totals"][key]), key
        assert amounts[:-1] == [Decimal(each[key]) for each in document["scenes"]]
