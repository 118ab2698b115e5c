"""The same tests on both engines: a ledger in this machine's own file, and one on a real PostgreSQL."""

from __future__ import annotations

from itertools import count
from typing import Any

import pytest
from a_plan import Bench
from a_plan import bench as own_bench
from a_postgres import Server, postgres
from depth import WHOLE
from msgspec.structs import replace

from storyboard.ledger.place import Place
from storyboard.ledger.shared import shared_at

__all__ = ["bench", "own_bench", "postgres"]

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]
PLACES = count(1)


# Suites of the ledger itself run on both in CI; renders, charges and takes on a server where all proofs are run.
OF_THE_LEDGER = {
    "test_ledger_takes",
    "test_ledger_store",
    "test_lock_simulated",
    "test_lock_real_place",
    "test_fal_submit",
    "test_slots",
}


@pytest.fixture
def engine() -> str:
    """See conftest.py, which gives a test its engines."""
    return "sqlite"


def engines_of(module: str) -> list[Any]:
    """What the tests of a module keep their ledgers in."""
    return ENGINES if WHOLE or module in OF_THE_LEDGER else ENGINES[:1]


@pytest.fixture
def bench(engine: str, own_bench: Bench, request: pytest.FixtureRequest) -> Bench:
    if engine == "sqlite":
        return own_bench
    return Bench(own_bench.project, shared(own_bench.place, request.getfixturevalue("postgres")))


@pytest.fixture(params=ENGINES if WHOLE else ENGINES[:1])
def either_engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test's commands keep their ledger in: whole commands on a server are tried by test_shared_ledger*.py, and
    by these where all proofs are run."""
    if request.param == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        monkeypatch.setenv("STORYBOARD_LEDGER_URL", server.new_database())


def shared(place: Place, server: Server) -> Place:
    """The place with a ledger of its own in a database that all tests share."""
    return replace(place, shared=shared_at(server.common, f"test {next(PLACES)}", "the test"))
