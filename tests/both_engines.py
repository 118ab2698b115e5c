"""The same tests on both engines: a ledger in this machine's own file, and one on a real PostgreSQL."""

from __future__ import annotations

from itertools import count

import pytest
from a_plan import Bench
from a_plan import bench as own_bench
from a_postgres import Server, postgres
from msgspec.structs import replace

from storyboard.ledger.place import Place
from storyboard.ledger.shared import shared_at

__all__ = ["bench", "own_bench", "postgres"]

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.long)]
PLACES = count(1)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def bench(engine: str, own_bench: Bench, request: pytest.FixtureRequest) -> Bench:
    if engine == "sqlite":
        return own_bench
    return Bench(own_bench.project, shared(own_bench.place, request.getfixturevalue("postgres")))


@pytest.fixture
def either_engine(engine: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test's commands keep their ledger in."""
    if engine == "postgresql":
        server: Server = request.getfixturevalue("postgres")
        monkeypatch.setenv("STORYBOARD_LEDGER_URL", server.new_database())


def shared(place: Place, server: Server) -> Place:
    """The place with a ledger of its own in a database that all tests share."""
    return replace(place, shared=shared_at(server.common, f"test {next(PLACES)}", "the test"))
