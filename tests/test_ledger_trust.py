"""A ledger from elsewhere, tampered with or damaged: it is refused, never read as "nothing was bought"."""

from __future__ import annotations

import contextlib
import random
import sqlite3
from decimal import Decimal
from pathlib import Path

import pytest
from a_plan import Bench, bench, plan, request
from rude_server import rude_server

from storyboard.errors import LedgerError
from storyboard.ledger.facts import known_takes
from storyboard.ledger.known import ledger_id
from storyboard.ledger.owner import accept
from storyboard.ledger.record import Intent, State, Submission

__all__ = ["bench"]

KEY = ("d" * 64, 1)
INTENT = Intent(*KEY, "dawn", "fal-ai/x/y", 5, "seeds", Decimal("1.54"))
FLIPS = 150


def changed(ledger: Path, *statements: str) -> None:
    with contextlib.closing(sqlite3.connect(ledger)) as opened:
        for statement in statements:
            opened.execute(statement)
        opened.commit()


def paid(bench: Bench) -> None:
    ledger = bench.ledger
    ledger.claim(INTENT)
    ledger.begin_sending(KEY, "{}", Decimal("1.54"), "seeds")
    ledger.sent(KEY, Submission("id-1", "https://a/status", "https://a", "https://a/cancel"))


def test_a_strangers_empty_ledger_is_not_believed_either(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not bench.ledger.takes()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "another person"))
    for _ in range(2):  # being refused does not make it accepted
        with pytest.raises(LedgerError, match="--accept-ledger"):
            known_takes(bench.project, place=bench.place)
    accept(ledger_id(bench.place), bench.project)
    assert not bench.ledger.takes()


FORGED = {
    "a trigger": "CREATE TRIGGER again AFTER UPDATE ON takes WHEN new.state = 'sent' BEGIN "
    "UPDATE takes SET state = 'intended' WHERE number = new.number; END",
    "a view": "CREATE VIEW more AS SELECT * FROM takes",
    "an index": "CREATE INDEX more ON takes (scene)",
    "another column": "ALTER TABLE takes ADD COLUMN more TEXT",
    "no such table": "DROP TABLE uploads",
}


@pytest.mark.parametrize("name", FORGED)
def test_a_ledger_that_does_more_than_keep_rows_is_refused(bench: Bench, name: str) -> None:
    assert not bench.ledger.takes()
    changed(bench.place.ledger, FORGED[name])
    with rude_server() as server:
        with pytest.raises(LedgerError, match="Nothing was sent"):
            bench.carry_out(plan(request(bench.project, start=None)), server.base_url)
        assert not server.asked


def test_a_table_without_its_uniqueness_is_refused(bench: Bench) -> None:
    assert not bench.ledger.takes()
    with contextlib.closing(sqlite3.connect(bench.place.ledger)) as opened:
        (made,) = opened.execute("SELECT sql FROM sqlite_master WHERE name = 'takes'").fetchone()
    without = made.replace("CONSTRAINT one_writer_wins UNIQUE (digest, take), ", "").replace(
        ", \n\tCONSTRAINT one_writer_wins UNIQUE (digest, take)", ""
    )
    assert without != made
    changed(bench.place.ledger, "DROP TABLE takes", without)
    with pytest.raises(LedgerError, match="table takes differs"):
        bench.ledger.takes()


def test_a_row_that_was_changed_by_hand_is_refused(bench: Bench) -> None:
    paid(bench)
    changed(bench.place.ledger, "UPDATE takes SET state = 'intended'")
    with pytest.raises(LedgerError, match="damaged"):
        bench.ledger.takes()


def test_no_flipped_bit_makes_a_paid_take_new(bench: Bench) -> None:
    paid(bench)
    whole = bench.place.ledger.read_bytes()
    before = bench.ledger.takes()
    dice = random.Random(13)  # noqa: S311 - a seed to play again, not a secret
    refused: list[str] = []
    for _ in range(FLIPS):
        place, bit = dice.randrange(len(whole)), 1 << dice.randrange(8)
        data = bytearray(whole)
        data[place] ^= bit
        bench.place.ledger.write_bytes(data)
        try:
            known, _ = known_takes(bench.project, place=bench.place)
            assert known == before, f"byte {place}, bit {bit}"
            assert bench.ledger.find(KEY) == before[0]
        except LedgerError as failure:
            refused.append(str(failure))
    assert refused
    assert all("backup" in said or "newer" in said for said in refused)
    bench.place.ledger.write_bytes(whole)
    assert bench.ledger.get(KEY).state is State.SENT
