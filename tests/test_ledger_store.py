"""The store beside a ledger: a clip is its content, and a scene's clip is found by its request."""

from __future__ import annotations

import hashlib

import pytest
from a_plan import Bench, request
from a_take import given
from both_engines import bench, engine, own_bench, postgres

from storyboard.errors import LedgerError
from storyboard.ledger.record import Intent
from storyboard.ledger.store import clips_of

__all__ = ["bench", "engine", "own_bench", "postgres"]


def test_a_clip_is_its_content(bench: Bench) -> None:
    store = bench.store
    temporary = store.incoming("one")
    temporary.write_bytes(b"a clip")
    name = hashlib.sha256(b"a clip").hexdigest()
    path = store.put(temporary, name)
    assert path.read_bytes() == b"a clip"
    assert store.names() == {name}
    assert not temporary.exists()
    temporary.write_bytes(b"a clip")
    assert store.put(temporary, name) == path  # twice is once
    path.chmod(0o600)
    path.write_bytes(b"a clop")
    with pytest.raises(LedgerError, match="damaged"):
        store.read(name)
    temporary.write_bytes(b"a clip")
    assert store.read(store.put(temporary, name).stem) == path  # fetched again, whole again


def test_half_made_clips_are_swept(bench: Bench) -> None:
    bench.store.incoming("one").write_bytes(b"half")
    bench.store.sweep()
    assert not list(bench.place.incoming.iterdir())
    assert not bench.store.names()


def test_names_from_the_ledger_are_not_paths(bench: Bench) -> None:
    for name in ("../../etc/passwd", "A" * 64, "", "a" * 63 + "\n"):
        with pytest.raises(LedgerError, match="names no clip"):
            bench.store.path_of(name)


def test_clips_of_requests(bench: Bench) -> None:
    made = request(bench.project, start=None)
    other = request(bench.project, "two", prompt="another", start=None)
    ledger, key = bench.ledger, (made.digest or "", 1)
    temporary = bench.store.incoming("one")
    temporary.write_bytes(b"a clip")
    clip = hashlib.sha256(b"a clip").hexdigest()
    path = bench.store.put(temporary, clip)
    ledger.claim(Intent(*key, "dawn", made.endpoint, 3, "seeds", None))
    ledger.begin_sending(key, "{}", None, "seeds")
    ledger.sent(key, given())
    ledger.completed(key, "https://a", None, None)
    ledger.downloaded(key, clip)
    assert clips_of(ledger.takes(), bench.store, [made, other]) == {}
    ledger.verified(key, ())
    assert clips_of(ledger.takes(), bench.store, [made, other]) == {"dawn": path}
