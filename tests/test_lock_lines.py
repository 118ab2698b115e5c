"""storyboard.lock as text: what is written is what is read, in whatever order and however often its lines come."""

from __future__ import annotations

import json
import random
from decimal import Decimal
from pathlib import Path

from bought import HEX, bought, taken, takes
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from storyboard.ledger.lock.file import bytes_of, examined
from storyboard.ledger.lock.line import Line, line_of, text_of
from storyboard.ledger.lock.united import Attempts, known, united
from storyboard.ledger.record import State, TakeRecord


def read(tmp: Path, data: bytes) -> tuple[Line, ...]:
    path = tmp / "storyboard.lock"
    path.write_bytes(data)
    found = examined(path, "storyboard.lock")
    assert not found.diagnostics
    return found.lines


@settings(max_examples=60)
@given(takes())
@example(bought(scene="line\u2028break\x85and\r\n\ud800"))
def test_a_line_is_read_as_it_was_written(take: TakeRecord) -> None:
    text = text_of(Line(take))
    assert not {"\n", "\r", "\u2028", "\u2029", "\x85"} & set(text)
    assert line_of(text) == Line(take)
    assert text_of(line_of(text)) == text


@settings(max_examples=60)
@given(st.lists(takes(st.sampled_from([c * 64 for c in "ab"])), max_size=8), st.randoms())
def test_order_and_repetition_change_nothing(found: list[TakeRecord], dice: random.Random) -> None:
    lines = [Line(take) for take in found]
    once = united((), lines)
    twice = lines * 2
    dice.shuffle(twice)
    assert united((), twice) == once
    numbers = [(p.take.digest, p.take.take) for p in once]
    assert len(numbers) == len(set(numbers))
    # what is settled stays settled, also when the lines it was settled from come back
    written = [p.line for p in once if p.line is not None]
    assert known(united((), written)) == known(once)
    again = known(united((), [*written, *lines]))
    assert {(t.digest, t.take) for t in again} == set(numbers)


@settings(max_examples=30)
@given(st.lists(takes(st.text(HEX, min_size=64, max_size=64)), max_size=6), st.randoms())
def test_two_branches_merge_alike(found: list[TakeRecord], dice: random.Random) -> None:
    lines = [Line(take) for take in found]
    ours, theirs = lines[: len(lines) // 2], lines[len(lines) // 3 :]
    assert bytes_of([*ours, *theirs]) == bytes_of([*theirs, *ours])
    assert united((), [*ours, *theirs]) == united((), [*theirs, *ours])


def test_the_file_is_lines_in_order_with_keys_in_order(tmp_path: Path) -> None:
    data = bytes_of([taken(2), taken(1), taken(1)])
    rows = [json.loads(row) for row in data.decode().splitlines()]
    assert [row["scene"] for row in rows] == ["scene-1", "scene-2"]
    first = ["lock", "digest", "take", "scene", "endpoint", "state", "origin", "seconds", "request", "clip"]
    assert list(rows[0])[: len(first)] == first
    assert (rows[0]["estimate"], rows[0]["charge"]) == ("1.540", None)
    crlf = b"\xef\xbb\xbf" + data.replace(b"\n", b"\r\n") + b"\r\n\r\n"
    assert read(tmp_path, crlf) == read(tmp_path, data)


def test_what_a_later_version_adds_is_kept() -> None:
    row = json.loads(text_of(taken(1))) | {"mood": ["blue", {"deep": 1}]}
    line = line_of(json.dumps(row))
    assert json.loads(text_of(line))["mood"] == ["blue", {"deep": 1}]
    (purchase,) = united((replace(bought(1), origin=None, number=4),), [line])
    assert purchase.line is not None
    assert json.loads(text_of(purchase.line))["mood"] == ["blue", {"deep": 1}]


def test_nothing_secret_is_in_a_line() -> None:
    signed = "https://id:pass@v3b.fal.media/files/x.mp4?X-Amz-Signature=sssecret&Expires=9#frag"
    body = json.dumps({"image_url": signed, "more": [{"deep": signed}], "prompt": "what? a potter"})
    text = text_of(taken(1, clip_url=signed, body=body))
    assert "sssecret" not in text
    assert "pass" not in text
    assert "https://v3b.fal.media/files/x.mp4" in text
    assert "what? a potter" in text


SENT = {"state": State.SENT, "clip": None, "clip_url": None, "finished_at": None}


def test_the_state_furthest_along_counts_and_fills_what_it_lacks() -> None:
    early = taken(1, **SENT, charge=Decimal("1.26"), charged_by="billable units")
    (purchase,) = united((), [early, taken(1)])
    assert purchase.take == bought(1, charge=Decimal("1.26"), charged_by="billable units")
    lost = taken(1, **SENT | {"state": State.UNKNOWN}, request_id=None)
    assert known(united((), [lost, taken(1)])) == known(united((), [taken(1)]))


def test_one_request_bought_on_two_branches_is_two_takes_the_earlier_first() -> None:
    later = replace(bought(2), digest=bought(1).digest)
    for lines in ([taken(1), Line(later)], [Line(later), taken(1)]):
        numbers = {p.take.request_id: p.take.take for p in united((), lines)}
        assert numbers == {"id-1": 1, "id-2": 2}
    own = replace(later, number=1, origin=None)  # in its own ledger it was take 1
    numbers = {p.take.request_id: p.take.take for p in united((own,), [taken(1)])}
    assert numbers == {"id-1": 1, "id-2": 2}


def test_what_failed_or_is_unknown_gives_way_to_a_clip() -> None:
    failed = taken(1, **SENT | {"state": State.FAILED}, error="fal refused")
    unknown = taken(2, **SENT | {"state": State.UNKNOWN}, request_id=None, digest=bought(1).digest)
    clip = taken(3, digest=bought(1).digest)
    states = {p.take.take: p.take.state for p in united((), [failed, unknown, clip])}
    assert states == {1: State.VERIFIED, 2: State.UNKNOWN, 3: State.FAILED}


def test_what_this_ledger_gave_up_does_not_come_back() -> None:
    stale = taken(1, **SENT)
    lost = taken(2, **SENT | {"state": State.UNKNOWN}, request_id=None)
    past = Attempts(frozenset({"id-1"}), frozenset({(lost.take.digest, lost.take.sent_at or "")}))
    assert united((), [stale, lost], past) == ()
    assert len(united((), [stale, lost])) == 2


def test_a_row_that_a_backup_brought_back_learns_what_became_of_it() -> None:
    intended = replace(
        bought(1),
        state=State.INTENDED,
        request_id=None,
        clip=None,
        clip_url=None,
        sent_at=None,
        number=7,
        origin=None,
    )
    (purchase,) = united((intended,), [taken(1)])
    assert (purchase.take.state, purchase.take.request_id) == (State.VERIFIED, "id-1")
    assert purchase.row == intended
    refused = replace(intended, state=State.FAILED, intent="another")  # a try of its own, that cost nothing
    found = {p.take.take: p.take.state for p in united((refused,), [taken(1)])}
    assert found == {1: State.VERIFIED, 2: State.FAILED}


def test_what_was_added_by_hand_is_one_take_on_every_machine() -> None:
    shot = bought(
        1, origin="added", request_id=None, intent="", clip_url=None, sent_at=None, body=None, take=2
    )
    assert line_of(text_of(Line(shot))) == Line(shot)
    row = replace(shot, number=3)
    for takes_here in ((), (row,)):
        (purchase,) = united(takes_here, [Line(shot), Line(shot)])
        assert purchase.take.take == 2
        assert purchase.take.origin == "added"
    assert not purchase.changed
