"""How long a render will take: from measured times, from this project's own takes, at so many at a time."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from in_memory import compiled
from msgspec.structs import replace

from storyboard.catalog.endpoints import catalog
from storyboard.catalog.times import DATA, times
from storyboard.compile.request import Request
from storyboard.ledger.record import State, TakeRecord
from storyboard.plan.forecast import Forecast, forecast, scheduled
from storyboard.report.forecast import forecast_blocks, forecast_document, in_words
from storyboard.report.sheet.as_text import as_text
from storyboard.report.sheet.sheet import Sheet

STANDARD = "fal-ai/kling-video/v3/standard/text-to-video"
PRO = "fal-ai/kling-video/v3/pro/text-to-video"
FOUR_K = "fal-ai/kling-video/v3/4k/text-to-video"
ROWS = [row.id for row in catalog().endpoints]
BEGIN = datetime(2026, 11, 1, 9, 0, tzinfo=UTC)
SAMPLE = compiled(
    "storyboard: 1\nendpoint: kling-v3-standard-text\nscenes: [{id: a, prompt: reeds}]\n"
).requests[0]


def request(endpoint: str = STANDARD, seconds: int = 5) -> Request:
    return replace(SAMPLE, endpoint=endpoint, seconds=seconds)


def take(took: float, seconds: int = 5, endpoint: str = STANDARD, day: int = 0, **more: Any) -> TakeRecord:
    sent = BEGIN + timedelta(days=day)
    end = sent + timedelta(seconds=took)
    record = TakeRecord("d" * 64, day + 1, "dawn", endpoint, State.VERIFIED, seconds, sent.isoformat())
    return replace(record, **{"sent_at": sent.isoformat(), "finished_at": end.isoformat(), **more})


def of(requests: Sequence[Request], history: Sequence[TakeRecord] = (), concurrency: int = 2) -> Forecast:
    return forecast(requests, history, concurrency, times())


def spread(found: Forecast) -> tuple[int, int, int]:
    return found.low, found.likely, found.high


# What was measured.


def test_every_time_has_its_source_and_date() -> None:
    for name, family in times().families.items():
        for each in family:
            assert each.family == name
            assert each.source
            assert date(2026, 2, 1) < each.as_of <= date(2026, 11, 20)
            assert 3 <= each.seconds <= 15
            assert 1 <= each.shots <= 6
            assert 10 < each.took < 3600
    assert DATA.read_text(encoding="utf-8").count("[[time]]") == sum(map(len, times().families.values()))


@pytest.mark.parametrize("endpoint", ROWS)
def test_every_endpoint_has_times_or_what_stands_in_for_them(endpoint: str) -> None:
    family = times().of(endpoint)
    assert family.observations
    tier = endpoint.split("/")[3]
    assert tier in family.name


@pytest.mark.parametrize(
    ("endpoint", "family", "stand_in"),
    [
        (STANDARD, "v3/standard", False),
        ("fal-ai/kling-video/v3/standard/motion-control", "v3/standard", True),
        ("fal-ai/kling-video/v3/turbo/pro/text-to-video", "v3/turbo/pro", False),
        ("fal-ai/kling-video/o3/4k/reference-to-video", "o3/4k", False),
        (FOUR_K, "o3/4k", True),
        ("fal-ai/kling-video/v3/standardised", "v3/pro", True),
        ("somebody/elses/model", "v3/pro", True),
    ],
)
def test_the_longest_beginning_that_fits_holds(endpoint: str, family: str, stand_in: bool) -> None:
    found = times().of(endpoint)
    assert (found.name, found.stand_in) == (f"fal-ai/kling-video/{family}", stand_in)


@pytest.mark.parametrize(
    ("endpoint", "seconds", "wanted"),
    [
        (STANDARD, 5, (37, 55, 82)),  # timed at 48, 55 and 79: from a third less on, as it was of two days
        (STANDARD, 10, (151, 226, 339)),  # timed once
        (PRO, 5, (83, 124, 186)),
        (STANDARD, 3, (22, 44, 82)),  # as long a second, or as long as any
        (STANDARD, 15, (188, 339, 763)),
        (FOUR_K, 5, (31, 93, 279)),  # another endpoint's times
    ],
)
def test_one_clip(endpoint: str, seconds: int, wanted: tuple[int, int, int]) -> None:
    assert spread(of([request(endpoint, seconds)])) == wanted


@pytest.mark.parametrize("endpoint", ROWS)
def test_a_longer_clip_is_never_sooner_done(endpoint: str) -> None:
    found = [spread(of([request(endpoint, seconds)])) for seconds in range(3, 16)]
    for number in range(3):
        column = [row[number] for row in found]
        assert column == sorted(column)


def test_what_was_never_timed_has_a_wider_range() -> None:
    timed = of([request("fal-ai/kling-video/o3/4k/text-to-video")])
    untimed = of([request(FOUR_K)])
    assert untimed.low < timed.low < timed.likely == untimed.likely < timed.high < untimed.high


# One's own takes.


def test_from_three_takes_on_they_alone_count() -> None:
    found = of([request()], [take(took, day=day) for day, took in enumerate((300, 310, 340))])
    assert spread(found) == (300, 310, 340)
    [known] = found.basis
    assert (known.pace.takes, known.pace.family) == (3, None)


def test_fewer_move_it() -> None:
    before, one, two = (of([request()], [take(300, day=day) for day in range(count)]) for count in range(3))
    assert before.likely == one.likely == 55
    assert one.high == 300
    assert before.likely < two.likely < 300


def test_other_lengths_follow_from_ones_own() -> None:
    """A short clip as before, a longer one as much longer as measured times say."""
    history = [take(100, day=day) for day in range(5)]
    low, likely, high = spread(of([request(seconds=10)], history))
    assert 150 == low < 2 * 100 < likely == 305 < high == 411
    both = [*history, *(take(400, seconds=10, day=day) for day in range(5, 10))]
    assert spread(of([request(seconds=10)], both)) == (400, 400, 400)
    assert spread(of([request(seconds=7)], both)) == (220, 220, 220)


def test_ten_of_a_hundred_may_be_slower() -> None:
    history = [take(100 + number, day=number) for number in range(50)]
    assert spread(of([request()], history)) == (104, 124, 144)


def test_the_newest_takes_count() -> None:
    history = [take(900, day=day) for day in range(40)] + [take(90, day=day) for day in range(40, 100)]
    assert spread(of([request()], history)) == (90, 90, 90)
    assert spread(of([request()], history[::-1])) == (90, 90, 90)


@pytest.mark.parametrize(
    "more",
    [
        {"state": State.FAILED},
        {"state": State.DOWNLOADED},
        {"origin": "added"},
        {"endpoint": PRO},
        {"finished_at": None},
        {"sent_at": None},
        {"finished_at": "tomorrow"},
        {"finished_at": "2026-11-01T09:05:00"},
        {"finished_at": (BEGIN - timedelta(seconds=5)).isoformat()},
        {"finished_at": (BEGIN + timedelta(hours=9)).isoformat()},  # it was fetched the next morning
        {"seconds": 0},
    ],
)
def test_takes_that_say_nothing_of_the_pace(more: dict[str, Any]) -> None:
    history = [replace(take(300), take=number, **more) for number in range(1, 6)]
    assert of([request()], history) == of([request()])


def test_what_a_colleague_bought_counts() -> None:
    history = [take(300, day=day, origin="lock") for day in range(3)]
    assert spread(of([request()], history)) == (300, 300, 300)


def test_rehearsals_never_count() -> None:
    history = [take(2, day=day) for day in range(30)]
    assert forecast([request()], history, 2, times(), rehearsal=True) == of([request()])


# The schedule.


def test_two_at_a_time() -> None:
    assert scheduled([10, 20, 30, 40], 2) == 60
    assert scheduled([10, 20, 30, 40], 1) == 100
    assert scheduled([10, 20, 30, 40], 40) == 40
    assert scheduled([], 2) == 0


@given(
    st.lists(st.tuples(st.integers(1, 90), st.integers(-1, 11)), min_size=1, max_size=12), st.integers(1, 14)
)
def test_what_goes_on_from_a_clip_waits_for_it(drawn: list[tuple[int, int]], at_a_time: int) -> None:
    waits = [wait for wait, _ in drawn]
    behind = {number: first for number, (_, first) in enumerate(drawn) if 0 <= first < number}
    chains: list[int] = []
    for number, wait in enumerate(waits):
        chains.append(wait + (chains[behind[number]] if number in behind else 0))
    found = scheduled(waits, at_a_time, behind)
    assert max(*chains, sum(waits) / at_a_time) <= found <= sum(waits)
    assert scheduled(waits, len(waits), behind) == max(chains)
    assert scheduled(waits, at_a_time) <= sum(waits)


def test_a_chain_takes_as_long_as_all_of_it() -> None:
    still = "start_image: https://example.org/a.png"
    rows = [
        f"  - {{id: s{n}, {f'continues: s{n - 1}' if n else still}, prompt: take {n}}}\n" for n in range(3)
    ]
    chain = compiled("storyboard: 1\nendpoint: kling-v3-standard\nscenes:\n" + "".join(rows)).requests
    assert len(chain) == 3
    whole, one = (forecast(sent, (), 3, times()).likely for sent in (chain, chain[:1]))
    assert whole == 3 * one


requests = st.lists(st.builds(request, st.sampled_from(ROWS), st.integers(3, 15)), max_size=12)
histories = st.lists(
    st.builds(take, st.floats(1, 5000), st.integers(3, 15), st.sampled_from(ROWS[:3]), st.integers(0, 300)),
    max_size=12,
)
slots = st.integers(1, 40)


@given(requests, histories, slots)
def test_the_range_holds_what_is_likely(
    sent: list[Request], history: list[TakeRecord], at_a_time: int
) -> None:
    found = of(sent, history, at_a_time)
    assert 0 <= found.low <= found.likely <= found.high
    assert (found.high > 0) == bool(sent)
    assert sum(each.requests for each in found.basis) == found.requests == len(sent)


@given(requests, histories, slots, slots)
def test_more_at_a_time_is_never_later(
    sent: list[Request], history: list[TakeRecord], some: int, more: int
) -> None:
    few, many = sorted((some, more))
    assert all(
        a >= b for a, b in zip(spread(of(sent, history, few)), spread(of(sent, history, many)), strict=True)
    )


@given(requests, histories, slots, st.data())
def test_more_requests_are_never_sooner(
    sent: list[Request], history: list[TakeRecord], at_a_time: int, data: st.DataObject
) -> None:
    place = data.draw(st.integers(0, len(sent)))
    more = [
        *sent[:place],
        request(data.draw(st.sampled_from(ROWS)), data.draw(st.integers(3, 15))),
        *sent[place:],
    ]
    before, after = spread(of(sent, history, at_a_time)), spread(of(more, history, at_a_time))
    assert all(a <= b for a, b in zip(before, after, strict=True))


@given(requests, histories)
def test_the_order_of_the_history_does_not_matter(sent: list[Request], history: list[TakeRecord]) -> None:
    assert spread(of(sent, history)) == spread(of(sent, history[::-1]))


def test_ten_thousand_requests_are_forecast_at_once() -> None:
    many = [request(ROWS[number % 6], 3 + number % 13) for number in range(10_000)]
    start = time.process_time()
    found = of(many, [take(60, day=day) for day in range(200)], 40)
    assert time.process_time() - start < 1
    assert found.requests == 10_000


# Words.


@pytest.mark.parametrize(
    ("low", "likely", "high", "words"),
    [
        (37, 55, 83, "about 55 seconds (35 to 85) with 2 at a time"),
        (100, 110, 119, "about 110 seconds (100 to 120) with 2 at a time"),
        (30, 55, 130, "about 55 seconds (30 to 130) with 2 at a time"),
        (61, 89, 150, "about 90 seconds (60 to 150) with 2 at a time"),
        (100, 119, 121, "about 120 seconds (100 to 125) with 2 at a time"),
        (100, 120, 121, "about 2 minutes (1 to 3) with 2 at a time"),
        (9 * 60, 14 * 60 + 10, 23.2 * 60, "about 14 minutes (9 to 24) with 2 at a time"),
        (600, 600, 600, "about 10 minutes with 2 at a time"),
        (4000, 6700, 9000, "about 1 h 50 min (1 h 00 min to 2 h 30 min) with 2 at a time"),
    ],
)
def test_in_words(low: int, likely: int, high: int, words: str) -> None:
    assert in_words(Forecast(1, 2, low, likely, int(high), ())) == words


def test_blocks_say_by_what() -> None:
    history = [take(60, day=day) for day in range(12)] + [take(100, endpoint=PRO)]
    sent = [request(), request(seconds=8), request(PRO, 12), request(FOUR_K), request(FOUR_K, 4)]
    found = [of(sent, history, at_a_time) for at_a_time in (2, 10, 40)]
    assert (
        as_text(Sheet("x", forecast_blocks(found)))
        == """\
Time to render
at a time  about      from       to
-------------------------------------------
        2  7 minutes  2 minutes  16 minutes
 10 to 40  6 minutes  1 minute   15 minutes

Time to render 5 clips: about 7 minutes (2 to 16) with 2 at a time, without
uploads and the cut.
kling-v3-standard-text by 12 takes of this project; none of 8 s was timed.
kling-v3-pro-text by 1 take of this project and times measured at fal in
2026-04; none of 12 s was timed. kling-v3-4k-text by times measured at fal in
2026-04 for o3/4k, as no clip of its own was timed."""
    )


def test_a_stand_in_is_named_beside_the_first_takes() -> None:
    [_, by] = forecast_blocks([of([request(FOUR_K)], [take(120, endpoint=FOUR_K)])])
    assert by == (
        "kling-v3-4k-text by 1 take of this project and times measured at fal in 2026-04 for o3/4k."
    )


def test_nothing_to_send() -> None:
    assert forecast_blocks([of([])]) == ("Nothing is to be sent, so there is no clip to wait for.",)


def test_as_a_document() -> None:
    document = forecast_document(of([request(FOUR_K, 8)]))
    assert document["seconds"] == {"low": 40, "likely": 208, "high": 799}
    [basis] = document["basis"]
    assert (basis["times_of"], basis["stand_in"], basis["takes"]) == ("fal-ai/kling-video/o3/4k", True, 0)
    assert basis["untimed_seconds"] == [8]
    assert [each["took"] for each in basis["sources"]] == [90, 93, 97]
    assert all(each["source"] and each["as_of"] for each in basis["sources"])
