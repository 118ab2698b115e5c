"""`storyboard prices --refresh`: fal's own list as a dated book, from a real look-alike and from answers that lie."""

from __future__ import annotations

import asyncio
import json
import re
import tomllib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from a_plan import at_once
from rude_server import Asked, RudeServer, answer, rude_server
from sandboxes import visiting
from scripted_fal import Unread
from test_sandbox_command import process as sandbox_process

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.own_book import parse_book
from storyboard.catalog.prices import price_book
from storyboard.fal.account import Account
from storyboard.fal.errors import KeyRefused, NotReached, OddAnswer
from storyboard.fal.pricing import Listed, listed_prices
from storyboard.fal.world import World
from storyboard.secret import Secret

GOLDEN = Path(__file__).parent / "golden" / "prices"
FILM = "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes:\n  - {id: dawn, prompt: reeds}\n"
KEY = "canary1234:canary5678"
STANDARD = "fal-ai/kling-video/v3/standard/image-to-video"
FOUR_K = "fal-ai/kling-video/o3/4k/image-to-video"
WITHOUT_UNITS = [row.id for row in catalog().endpoints if row.units is None]


@pytest.fixture
def film(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    project = tmp_path / "film"
    project.mkdir()
    (project / "storyboard.toml").touch()
    (project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return project


def files(project: Path) -> list[str]:
    return sorted(path.relative_to(project).as_posix() for path in (project / "prices").rglob("*"))


def _undated(found: re.Match[str]) -> str:
    return re.sub(r"\d", "0", found[0])


# --- against the look-alike, a process of its own --------------------------------------------------------------------


def test_a_book_of_todays_prices(
    film: Path, process: Callable, golden: Callable, monkeypatch: pytest.MonkeyPatch
) -> None:
    with sandbox_process("--prices", "observed-2026-10") as (_, base):
        monkeypatch.setenv("STORYBOARD_FAL_URL", base)
        ran = process("prices", "film", "--refresh")
        assert ran.code == 0, ran.err
        text = re.sub(r"look-alike-[\d-]{10}|(?<=as of )[\d-]{10}", _undated, ran.out)
        golden(GOLDEN / "refresh.txt", text.replace(base, "http://127.0.0.1:PORT"))
        (name,) = files(film)
        written = (film / name).read_bytes()
        book, observed = parse_book(written.decode()), price_book("observed-2026-10")
        assert observed is not None
        without = {*WITHOUT_UNITS, catalog().voices.id}
        expected = {key: price for key, price in observed.prices.items() if key[0] not in without}
        assert book.prices == expected
        assert base in book.source, "a look-alike's word is not fal's"

        again = process("prices", "film", "--refresh", "--format", "json", "--prices", film / name)
        document = json.loads(again.out)
        assert (document["written"], document["differs"]) == (False, [])
        assert document["in_use"] == {"name": book.name, "as_of": book.as_of.isoformat()}
        assert [row["endpoint"] for row in document["unpriced"]] == WITHOUT_UNITS
        assert (film / name).read_bytes() == written


def test_the_new_book_is_chosen_as_the_text_says(
    film: Path, run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with visiting(tmp_path / "state", prices="observed-2026-10") as visitor:
        monkeypatch.setenv("STORYBOARD_FAL_URL", visitor.base)
        ran = run("prices", "film", "--refresh")
    choice = re.search(r"--prices (\S+), or in film/storyboard.yaml `(prices: \S+)`", ran.out)
    assert choice, ran.out
    ended = run("estimate", "film", "--prices", choice[1], "--format", "json")
    assert json.loads(ended.out)["total"] == "0.63"
    (film / "storyboard.yaml").write_text(FILM.replace("scenes:", f"{choice[2]}\nscenes:"), encoding="utf-8")
    ended = run("estimate", "film", "--format", "json")
    assert (json.loads(ended.out)["total"], json.loads(ended.out)["price_book"]) == (
        "0.63",
        Path(choice[1]).stem,
    )


def test_what_fal_does_not_know_is_asked_for_one_by_one(
    film: Path, run: Callable, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look-alike answers 404 for all when it has no price for one, as the book `seeds` has none for most."""
    with visiting(tmp_path / "state") as visitor:
        monkeypatch.setenv("STORYBOARD_FAL_URL", visitor.base)
        ran = run("prices", "film", "--refresh", "--format", "json")
    document = json.loads(ran.out)
    assert {(row["alias"], row["tier"]): row["unit_price"] for row in document["book"]["prices"]} == {
        ("kling-v3-standard", "silent"): "0.168",
        ("kling-v3-standard", "audio"): "0.252",
        ("kling-v3-standard", "voice"): "0.308",
    }
    assert [(row["alias"], row["tier"], row["new"]) for row in document["differs"]] == [
        ("kling-v3-4k", "silent", None),
        ("kling-v3-4k", "audio", None),
        ("kling-create-voice", "run", None),
    ]
    whys = {row["alias"]: row["why"] for row in document["unpriced"]}
    assert whys["kling-v3-pro"] == "fal lists no price of a unit"
    assert whys["kling-v3-4k"] == "how many units a second is billed as is not known"


# --- files -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def fal(monkeypatch: pytest.MonkeyPatch) -> Iterator[RudeServer]:
    """A fal whose list of prices is what the test says."""
    with rude_server() as server:
        monkeypatch.setenv("STORYBOARD_FAL_URL", server.base_url)
        monkeypatch.setenv("STORYBOARD_SANDBOX_KEY", KEY)
        server.others = listing
        yield server


def asked_for(asked: Asked) -> list[str]:
    return parse_qs(urlsplit(asked.path).query)["endpoint_id"]


def row(endpoint: str, **other: Any) -> dict[str, Any]:
    price = 0.42 if "/4k/" in endpoint else 0.14
    return {"endpoint_id": endpoint, "unit_price": price, "unit": "units", "currency": "USD"} | other


def listing(asked: Asked, *more: dict[str, Any], **other: Any) -> bytes:
    prices = [*(row(endpoint, **other) for endpoint in asked_for(asked)), *more]
    return answer(200, json.dumps({"prices": prices, "next_cursor": None, "has_more": False}).encode())


def test_a_file_that_says_something_else_is_left_alone(film: Path, run: Callable, fal: RudeServer) -> None:
    assert run("prices", "film", "--refresh").code == 0
    (name,) = files(film)
    file = film / name
    mine = file.read_text(encoding="utf-8") + "# a remark of mine\n"
    file.write_text(mine, encoding="utf-8")
    ran = run("prices", "film", "--refresh")
    assert (ran.code, ran.out) == (2, "")
    assert "--force" in ran.err
    assert file.read_text(encoding="utf-8") == mine
    ran = run("prices", "film", "--refresh", "--force")
    assert ran.code == 0, ran.err
    assert "a remark of mine" not in file.read_text(encoding="utf-8")
    assert files(film) == [name], "nothing is left aside"


@pytest.mark.parametrize("text", ["[policy]\nmax_per_run = 1\n", "", "\x00"])
def test_what_is_no_price_book_is_not_replaced_even_by_force(
    text: str, film: Path, run: Callable, fal: RudeServer
) -> None:
    settings = film / "storyboard.toml"
    settings.write_text(text, encoding="utf-8")
    ran = run("prices", "film", "--refresh", "-o", settings, "--force")
    assert (ran.code, "is nothing that this command writes: it was left alone" in ran.err) == (2, True), (
        ran.err
    )
    assert settings.read_text(encoding="utf-8") == text


def test_where_it_goes(film: Path, run: Callable, fal: RudeServer, monkeypatch: pytest.MonkeyPatch) -> None:
    own = film / "deep" / "own.toml"
    ran = run("prices", "film", "--refresh", "-o", own)
    assert ran.code == 0, ran.err
    assert tomllib.loads(own.read_text(encoding="utf-8"))["currency"] == "USD"
    assert f"--prices {own}" in ran.out
    assert "`prices: deep/own.toml`" in ran.out
    monkeypatch.chdir(film)
    assert run("prices", "--refresh").code == 0, "the storyboard that lies here"
    assert len(files(film)) == 1
    before = len(fal.asked)
    for odd in (("-o", "own.txt"), ("nowhere",)):
        assert run("prices", *odd, "--refresh").code == 2
    assert len(fal.asked) == before, "what can't be done is not asked for"
    (film / "a.toml").mkdir()
    assert run("prices", "--refresh", "-o", "a.toml", "--force").code == 2


def test_without_a_storyboard_it_goes_into_the_project_around(
    tmp_path: Path, run: Callable, fal: RudeServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "storyboard.toml").touch()
    (tmp_path / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "deep")
    assert run("prices", "--refresh").code == 0
    assert len(files(tmp_path)) == 1


@pytest.mark.parametrize("words", [("--force",), ("-o", "x.toml"), (".",)])
def test_words_that_go_with_refresh_alone(words: tuple[str, ...], film: Path, run: Callable) -> None:
    ran = run("prices", *words)
    assert (ran.code, ran.out) == (2, "")


def test_a_key_is_needed(film: Path, run: Callable, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAL_KEY", raising=False)
    ran = run("prices", "film", "--refresh")
    assert (ran.code, ran.out) == (4, "")
    assert "https://fal.ai/dashboard/keys" in ran.err
    assert not (film / "prices").exists()


# --- answers that lie ------------------------------------------------------------------------------------------------


def packed(said: bytes) -> bytes:
    return said.replace(b"\r\n", b"\r\nContent-Encoding: gzip\r\n", 1)


REFUSED: dict[str, tuple[Callable[[Asked], bytes], str]] = {
    "another currency": (lambda asked: listing(asked, currency="EUR"), "'EUR'"),
    "no currency": (lambda asked: listing(asked, currency=None), "None"),
    "nothing": (lambda asked: listing(asked, unit_price=0), "no price"),
    "less than nothing": (lambda asked: listing(asked, unit_price=-0.14), "no price"),
    "text": (lambda asked: listing(asked, unit_price="0.14"), "no price"),
    "true": (lambda asked: listing(asked, unit_price=True), "no price"),
    "a fortune": (lambda asked: listing(asked, unit_price=1e6), "no price"),
    "a number of 400 digits": (lambda asked: listing(asked, unit_price=10**400), "no price"),
    "NaN": (lambda asked: listing(asked, unit_price=float("nan")), "no price"),
    "infinity": (lambda asked: listing(asked, unit_price=float("inf")), "no price"),
    "a list": (lambda asked: listing(asked, unit_price=[0.14]), "no price"),
    "one endpoint twice": (lambda asked: listing(asked, row(STANDARD, unit_price=0.28)), "twice"),
    "one endpoint in two units": (lambda asked: listing(asked, row(STANDARD, unit="seconds")), "twice"),
    "a page": (lambda _: answer(200, b"<html>sign in</html>", "Content-Type: text/html"), "not the JSON"),
    "a list of everything": (lambda _: answer(200, b"[]"), "can't be read"),
    "no list": (lambda _: answer(200, b'{"prices": 7}'), "names no prices"),
    "too much": (lambda _: answer(200, b" " * (9 << 20)), "larger than"),
    "brackets": (lambda _: answer(200, b"[" * 200_000), "not the JSON"),
    "a redirect": (lambda _: answer(302, b"", "Location: https://prices.invalid/"), "HTTP 302"),
    "a redirect that stays": (lambda _: answer(301, b"", "Location: /v1/models/pricing"), "HTTP 301"),
    "compressed": (lambda asked: packed(listing(asked)), "compressed"),
    "an unknown unit": (lambda asked: listing(asked, unit="seconds"), "'seconds'"),
    "a unit that is none": (lambda asked: listing(asked, unit=None), "None"),
    "other endpoints": (lambda _: answer(200, json.dumps({"prices": [row("fal-ai/flux/dev")]}).encode()), "no price"),
    "rows that are none": (lambda _: answer(200, b'{"prices": [7, null, [], {}]}'), "no price"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_an_answer_that_cannot_be_meant_writes_nothing(
    name: str, film: Path, run: Callable, fal: RudeServer
) -> None:
    fal.others, said = REFUSED[name]
    ran = run("prices", "film", "--refresh")
    assert (ran.code, ran.out) == (4, ""), ran.err
    assert said in ran.err
    assert "Nothing was written" in ran.err
    assert not (film / "prices").exists()
    assert "bug of ours" not in ran.err
    assert KEY not in ran.err


def test_one_unit_that_is_not_known_costs_no_more_than_its_rows(
    film: Path, run: Callable, fal: RudeServer
) -> None:
    def some(asked: Asked) -> bytes:
        units = {name: "movies" if "/4k/" in name else "units" for name in asked_for(asked)}
        rows = [row(name, unit=unit) for name, unit in units.items()]
        return answer(200, json.dumps({"prices": rows}).encode())

    fal.others = some
    document = json.loads(run("prices", "film", "--refresh", "--format", "json").out)
    assert {row["alias"] for row in document["book"]["prices"]} == {
        "kling-v3-standard", "kling-v3-standard-text", "kling-v3-pro", "kling-v3-pro-text"
    }  # fmt: skip
    whys = {row["alias"]: row["why"] for row in document["unpriced"]}
    assert "'movies'" in whys["kling-o3-4k"]


def test_the_key_is_nowhere(film: Path, run: Callable, fal: RudeServer) -> None:
    """Not even when an answer echoes it."""
    fal.others = lambda asked: listing(asked, unit=f"Key {KEY}")
    ran = run("prices", "film", "--refresh")
    assert ran.code == 4
    fal.others = lambda asked: listing(asked, row(f"x/{KEY}"))
    fine = run("prices", "film", "--refresh", "--format", "json")
    assert fine.code == 0
    texts = [ran.err, fine.out, fine.err, *((film / name).read_text() for name in files(film))]
    assert not any("canary" in text for text in texts)
    assert all(asked.headers["authorization"] == f"Key {KEY}" for asked in fal.asked)


# --- the wire --------------------------------------------------------------------------------------------------------


def listed(others: Callable[[Asked], bytes], endpoints: list[str]) -> tuple[Listed, list[Asked]]:
    with rude_server() as server:
        server.others = others
        account = Account(Secret(KEY), server.base_url)
        return asyncio.run(listed_prices(account, endpoints, World(sleep=at_once))), server.asked


def test_pages_are_followed() -> None:
    def paged(asked: Asked) -> bytes:
        cursor = parse_qs(urlsplit(asked.path).query).get("cursor", [""])[0]
        first = {"prices": [row(STANDARD)], "next_cursor": "b&c=1", "has_more": True}
        second = {"prices": [row(FOUR_K)], "next_cursor": None, "has_more": False}
        return answer(200, json.dumps(second if cursor == "b&c=1" else first).encode())

    found, asked = listed(paged, [STANDARD, FOUR_K])
    assert found == Listed({STANDARD: Decimal("0.14"), FOUR_K: Decimal("0.42")}, {})
    assert len(asked) == 2


def test_fifty_are_asked_for_at_once() -> None:
    many = [f"fal-ai/kling-video/v{n}/standard/text-to-video" for n in range(120)]
    found, asked = listed(listing, many)
    assert [len(asked_for(one)) for one in asked] == [50, 50, 20]
    assert list(found.prices) == many


@pytest.mark.parametrize("cursor", ['"a"', "null", "7", '""', "[]"])
def test_pages_without_end_are_an_error(cursor: str) -> None:
    body = b'{"prices": [], "has_more": true, "next_cursor": %s}' % cursor.encode()
    with pytest.raises(OddAnswer, match="do not come to an end"):
        listed(lambda _: answer(200, body), [STANDARD])


def test_pages_that_always_go_on_are_an_error() -> None:
    pages = iter(range(10_000))
    body = b'{"prices": [], "has_more": true, "next_cursor": "%d"}'
    with pytest.raises(OddAnswer, match="do not come to an end"):
        listed(lambda _: answer(200, body % next(pages)), [STANDARD, FOUR_K])
    assert next(pages) == 3, "no more pages than endpoints, and one"


@pytest.mark.parametrize(("status", "error"), [(401, KeyRefused), (503, NotReached), (500, NotReached)])
def test_fal_in_trouble(status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match="Nothing was written"):
        listed(lambda _: answer(status, b"{}"), [STANDARD])


def test_fal_itself_is_asked_over_tls_at_its_platform_host() -> None:
    seen: list[httpx.Request] = []

    def told(request: httpx.Request) -> httpx.Response:
        seen.append(request)
        body = json.dumps({"prices": [row(STANDARD)], "has_more": False}).encode()
        return httpx.Response(200, stream=Unread(body))

    world = World(sleep=at_once, transport=lambda: httpx.MockTransport(told))
    found = asyncio.run(listed_prices(Account(Secret(KEY)), [STANDARD], world))
    assert found.prices == {STANDARD: Decimal("0.14")}
    (request,) = seen
    assert str(request.url) == f"https://api.fal.ai/v1/models/pricing?endpoint_id={quote(STANDARD, safe='')}"
    assert request.headers["authorization"] == f"Key {KEY}"
