"""What fal charged: noted at a render's end, compared by `reconcile`, and what it says of the price books."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from a_plan import Bench, at_once, request, still
from both_engines import bench, engine, own_bench, postgres
from bought import bought
from msgspec.structs import replace
from rude_server import answer, rude_server
from sandboxes import Visitor, visiting

from storyboard.catalog.prices import book_names, price_book
from storyboard.catalog.stale import Paid, judged
from storyboard.fal.account import account_from
from storyboard.fal.hosts import submission
from storyboard.fal.world import World
from storyboard.ledger.ledger import Ledger
from storyboard.ledger.place import place_of
from storyboard.ledger.record import Intent, State, TakeRecord
from storyboard.render.charges import ask_charges
from storyboard.report.charges import bill_document, bill_of, bill_text

__all__ = ["bench", "engine", "own_bench", "postgres"]

FILM = """
storyboard: 1
endpoint: kling-v3-standard
defaults: {generate_audio: false, duration: 3, start_image: still.png}
scenes:
  - id: dawn
    prompt: a potter at the wheel
  - id: noon
    generate_audio: true
    prompt: the potter rests
"""


@dataclass
class Studio:
    """A film, and a sandbox that charges by a book of its own."""

    project: Path
    visitor: Visitor
    run: Callable[..., Any]

    def takes(self) -> dict[str, TakeRecord]:
        return {take.scene: take for take in Ledger.open(place_of(self.project, self.visitor.base)).takes()}

    def bill(self, *more: str) -> dict[str, Any]:
        ended = self.run("reconcile", self.project, "--format", "json", *more)
        assert ended.code == 0, ended.err
        found: dict[str, Any] = json.loads(ended.out)
        return found


@contextmanager
def studio(folder: Path, run: Callable[..., Any], **settings: Any) -> Iterator[Studio]:
    project = folder / "project"
    project.mkdir()
    still(project)
    (project / "storyboard.yaml").write_text(FILM, encoding="utf-8")
    with visiting(folder / "state", **settings) as visitor, pytest.MonkeyPatch.context() as patch:
        patch.setenv("STORYBOARD_FAL_URL", visitor.base)
        yield Studio(project, visitor, run)


def test_estimate_against_charge_and_the_book_that_would_have_been_right(
    tmp_path: Path, run: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with studio(tmp_path, run, prices="observed-2026-10", billing_lag=1e6) as film:
        assert run("render", film.project, "--yes", "-q").code == 0
        dawn, noon = film.takes()["dawn"], film.takes()["noon"]
        assert (dawn.charge, dawn.unit_price, dawn.charged_by) == (
            Decimal("0.252"),
            Decimal("0.14"),
            "billable units",
        )
        assert noon.charge == Decimal("0.378"), "audio costs more units"

        monkeypatch.setenv("STORYBOARD_SANDBOX_KEY", "api:key")
        ended = run("reconcile", film.project)
        assert ended.code == 0
        assert max(map(len, ended.out.splitlines())) <= 80
        assert "of scope ADMIN" in ended.out.replace("\n", " ")
        assert ended.out.count("units") == 2 + ended.out.partition("total")[2].count("units")
        assert "The price book seeds does not hold: 2 of 2" in ended.out
        assert "observed-2026-10 would have been right" in ended.out.replace("\n", " ")

        monkeypatch.delenv("STORYBOARD_SANDBOX_KEY")
        assert film.bill()["scenes"][0]["charged_by"] == "billable units", "the accounting lags"
        film.visitor.sandbox.settings = replace(film.visitor.sandbox.settings, billing_lag=0.0)
        bill = film.bill()
        assert [row["charged_by"] for row in bill["scenes"]] == ["billing events"] * 2
        assert bill["totals"] == {"estimate": "1.26", "charge": "0.63", "difference": "-0.63"}
        assert bill["unknown"] == {"estimate": [], "charge": []}
        assert bill["price_books"] == {
            "looked_at": 2,
            "stale": ["seeds"],
            "wrong": ["dawn", "noon"],
            "right": ["observed-2026-10"],
            "fits": {"observed-2026-10": 2, "seeds": 0},
        }
        assert [row["scene"] for row in film.bill("--scene", "noon")["scenes"]] == ["noon"]
        typo = run("reconcile", film.project, "--scene", "non")
        assert (typo.code, "did you mean `noon`" in typo.err) == (2, True)


def test_books_that_are_right_say_so(tmp_path: Path, run: Callable[..., Any]) -> None:
    with studio(tmp_path, run) as film:
        assert run("render", film.project, "--yes", "-q").code == 0
        assert "The estimates were right." in run("reconcile", film.project).out
        assert film.takes()["dawn"].charged_by == "billing events", "the render asked already"
        another = given_up(film)
        assert another.charge == film.takes()["noon"].charge
        ledger = Ledger.open(place_of(film.project, film.visitor.base))
        again = ledger.reopen(another.key, "a person decided to send it again")
        assert (again.charge, again.billable_units, again.charged_by) == (None, None, None), (
            "the next is another"
        )


def test_a_book_that_lacks_a_price_for_another_scene_is_no_cure() -> None:
    body = '{"generate_audio": false}'
    endpoint = "fal-ai/kling-video/v3/standard/image-to-video"
    paid = bought(
        endpoint=endpoint,
        body=body,
        seconds=5,
        state=State.VERIFIED,
        estimate=Decimal("0.42"),
        charge=Decimal("0.84"),
        price_book="observed-2026-10",
    )
    told = bill_text(bill_of([paid], None, asked=[(endpoint, "silent")])).replace("\n", " ")
    assert "The price book observed-2026-10 does not hold: 1 of 1" in told
    assert "seeds would have been right: `--prices seeds`" in told
    other = (endpoint.replace("standard", "pro"), "audio")
    told = bill_text(bill_of([paid], None, asked=[(endpoint, "silent"), other])).replace("\n", " ")
    assert "more than seeds has a price for (kling-v3-pro, audio)" in told
    assert "--prices seeds" not in told


def test_a_rehearsal_is_reconciled_with_the_look_alike(tmp_path: Path, run: Callable[..., Any]) -> None:
    still(tmp_path)
    text = FILM.partition("  - id: noon")[0]
    (tmp_path / "storyboard.yaml").write_text(text, encoding="utf-8")
    assert run("render", tmp_path, "--sandbox", "-q").code == 0
    ended = run("reconcile", tmp_path, "--sandbox")
    assert (ended.code, "dawn" in ended.out) == (0, True), ended.err
    assert "The estimates were right." in ended.out
    assert "nothing to settle" in run("reconcile", tmp_path).err, "of fal there is no ledger"


def given_up(film: Studio) -> TakeRecord:
    """A copy of a take that failed and was charged."""
    ledger = Ledger.open(place_of(film.project, film.visitor.base))
    failed = replace(
        film.takes()["noon"], digest="f" * 64, request_id="given-up", state=State.FAILED, maybe_billed=True
    )
    return ledger.admit(failed, "for a test")


HOSTILE = {
    "no such page": answer(404, b"{}"),
    "no JSON": answer(200, b"<html>"),
    "a list": answer(200, b"[]"),
    "no rows": answer(200, b'{"billing_events": 7, "prices": null}'),
    "odd rows": answer(
        200,
        b'{"billing_events": [7, {"request_id": "../x", "cost_total": 1}, {"request_id": "id-1"},'
        b' {"request_id": "id-1", "cost_total": "1"}, {"request_id": "id-1", "cost_total": 1e999}],'
        b' "prices": [{"endpoint_id": "x", "unit_price": -1}, {"unit_price": true}]}',
    ),
    "numbers of four hundred digits": answer(
        200,
        b'{"billing_events": [{"request_id": "id-1", "cost_total": %d}], "prices": [{"endpoint_id": "x",'
        b' "unit_price": %d}]}' % (10**400, 10**400),
    ),
    "pages without end": answer(
        200, b'{"billing_events": [], "prices": [], "has_more": true, "next_cursor": "a"}'
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_odd_bills_are_unknown_and_no_failure(name: str, bench: Bench) -> None:
    made = request(bench.project, start=None)
    key, ledger = (made.digest or "", 1), bench.ledger
    with rude_server() as server:
        account = account_from({}, server.base_url)
        ledger.claim(Intent(*key, "dawn", made.endpoint, 3, "seeds", Decimal("0.504")))
        ledger.begin_sending(key, "{}", Decimal("0.504"), "seeds")
        ledger.sent(key, submission(account, made.endpoint, "id-1"))
        ledger.completed(key, f"{server.base_url}/files/x.mp4", None, Decimal("1.8"))
        server.others = lambda _: HOSTILE[name]
        asked = asyncio.run(ask_charges(ledger, account, ledger.takes(), World(sleep=at_once)))
    bill = bill_document(bill_of(ledger.takes(), None, remarks=asked.remarks))
    assert bill["unknown"]["charge"] == ["dawn"]
    assert bill["totals"]["charge"] == "0.00"
    assert ">=" not in bill_text(bill_of(ledger.takes(), None))
    assert "unknown" in bill_text(bill_of(ledger.takes(), None))
    assert asked.remarks, "why it is unknown is said"
    assert ledger.get(key).charge is None


def paid(listed: str, tier: Any = "silent", estimate: str | None = "0.504") -> Paid:
    endpoint = "fal-ai/kling-video/v3/standard/image-to-video"
    amount = None if estimate is None else Decimal(estimate)
    return Paid("dawn", endpoint, tier, 3, amount, "seeds", Decimal(listed))


@pytest.mark.parametrize(
    ("takes", "wrong", "right"),
    [
        ([paid("0.504")], 0, ("seeds",)),
        ([paid("0.252")], 1, ("observed-2026-10",)),
        ([paid("0.252"), paid("0.504")], 1, ()),
        ([paid("0.33")], 1, ()),
        ([paid("0.504", estimate=None)], 1, ("seeds",)),
        ([paid("0.378", "audio", "0.756")], 1, ("observed-2026-10",)),
    ],
)
def test_which_book_would_have_been_right(takes: list[Paid], wrong: int, right: tuple[str, ...]) -> None:
    books = [book for name in book_names() if (book := price_book(name)) is not None]
    verdict = judged(takes, books)
    assert (len(verdict.wrong), verdict.right) == (wrong, right)
