"""Every endpoint, tier and length against figures that were worked out by hand from the published prices a second.

Sources: `seeds`: fal's pages of v3 standard and v3 4k, read 2026-04-25; `observed-2026-10`: fal's model pages, read
2026-07-16 to 2026-10-04. A clip lasts 3 to 15 seconds.
"""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from in_memory import compiled, motion, still

from storyboard.catalog.endpoints import Endpoint, catalog
from storyboard.catalog.prices import TIERS, Tier, price_book
from storyboard.plan.estimate import estimate
from storyboard.report.money import exact

LENGTHS = range(3, 16)
# USD a second → USD for 3, 4, … 15 seconds.
BY_HAND = {
    "0.084": "0.252 0.336 0.42 0.504 0.588 0.672 0.756 0.84 0.924 1.008 1.092 1.176 1.26",
    "0.112": "0.336 0.448 0.56 0.672 0.784 0.896 1.008 1.12 1.232 1.344 1.456 1.568 1.68",
    "0.126": "0.378 0.504 0.63 0.756 0.882 1.008 1.134 1.26 1.386 1.512 1.638 1.764 1.89",
    "0.14": "0.42 0.56 0.70 0.84 0.98 1.12 1.26 1.40 1.54 1.68 1.82 1.96 2.10",
    "0.154": "0.462 0.616 0.77 0.924 1.078 1.232 1.386 1.54 1.694 1.848 2.002 2.156 2.31",
    "0.168": "0.504 0.672 0.84 1.008 1.176 1.344 1.512 1.68 1.848 2.016 2.184 2.352 2.52",
    "0.196": "0.588 0.784 0.98 1.176 1.372 1.568 1.764 1.96 2.156 2.352 2.548 2.744 2.94",
    "0.252": "0.756 1.008 1.26 1.512 1.764 2.016 2.268 2.52 2.772 3.024 3.276 3.528 3.78",
    "0.308": "0.924 1.232 1.54 1.848 2.156 2.464 2.772 3.08 3.388 3.696 4.004 4.312 4.62",
    "0.42": "1.26 1.68 2.10 2.52 2.94 3.36 3.78 4.20 4.62 5.04 5.46 5.88 6.30",
}
FILMED = (
    *("v3/standard/motion", "v3/pro/motion"),
    *(f"o3/{tier}/video/{kind}" for tier in ("standard", "pro", "4k") for kind in ("edit", "reference")),
)
# Book → the endpoint without how it begins → silent, audio, voice. "?" is not known, "-" is not to be had.
PRICES = {
    "seeds": {
        "v3/standard/image": "0.168 0.252 0.308",
        "v3/standard/text": "? ? ?",
        "v3/pro/image": "? ? ?",
        "v3/pro/text": "? ? ?",
        "v3/4k/image": "0.42 0.42 ?",
        "v3/4k/text": "? ? ?",
        "v3/turbo/standard/image": "- ? -",
        "v3/turbo/standard/text": "- ? -",
        "v3/turbo/pro/image": "- ? -",
        "v3/turbo/pro/text": "- ? -",
        "o3/standard/image": "? ? -",
        "o3/standard/text": "? ? -",
        "o3/standard/reference": "? ? -",
        "o3/pro/image": "? ? -",
        "o3/pro/text": "? ? -",
        "o3/pro/reference": "? ? -",
        "o3/4k/image": "? ? -",
        "o3/4k/text": "? ? -",
        "o3/4k/reference": "? ? -",
        **dict.fromkeys(FILMED, "? ? -"),
    },
    "observed-2026-10": {
        "v3/standard/image": "0.084 0.126 0.154",
        "v3/standard/text": "0.084 0.126 0.154",
        "v3/pro/image": "0.112 0.168 0.196",
        "v3/pro/text": "0.112 0.168 0.196",
        "v3/4k/image": "0.42 0.42 ?",
        "v3/4k/text": "0.42 0.42 ?",
        "v3/turbo/standard/image": "- 0.112 -",
        "v3/turbo/standard/text": "- 0.112 -",
        "v3/turbo/pro/image": "- 0.14 -",
        "v3/turbo/pro/text": "- 0.14 -",
        "o3/standard/image": "0.084 0.112 -",
        "o3/standard/text": "0.084 0.112 -",
        "o3/standard/reference": "0.084 0.112 -",
        "o3/pro/image": "0.112 0.14 -",
        "o3/pro/text": "0.112 0.14 -",
        "o3/pro/reference": "0.112 0.14 -",
        "o3/4k/image": "0.42 0.42 -",
        "o3/4k/text": "0.42 0.42 -",
        "o3/4k/reference": "0.42 0.42 -",
        **dict.fromkeys(FILMED, "? ? -"),
        "v3/standard/motion": "0.126 0.126 -",
        "v3/pro/motion": "0.168 0.168 -",
    },
}
ASKED: dict[Tier, str] = {
    "silent": "generate_audio: false",
    "audio": "generate_audio: true",
    "voice": "generate_audio: true, dialogue: ['mara: there you are']",
}
MEDIA = {"dawn.png": still("dawn.png")} | {f"{n}.mp4": motion(f"{n}.mp4", str(n)) for n in LENGTHS}
CASES = [(part, tier) for part in PRICES["seeds"] for tier in TIERS]


def row(part: str) -> Endpoint:
    if part in FILMED:
        part = part.replace("motion", "motion-control").replace("video/", "video-to-video/")
    else:
        part = f"{part}-to-video"
    found = catalog().find(f"fal-ai/kling-video/{part}")
    assert found is not None
    return found


def film(endpoint: Endpoint, tier: Tier) -> str:
    """A scene of each length, all of that tier."""
    start = ", start_image: dawn.png" if endpoint.needs("start_image_url") else ""
    voices = "voices: {mara: '829877809978941442'}\n" if tier == "voice" else ""
    asked = ASKED[tier].replace("generate_audio", "keep_audio") if endpoint.keeps_sound else ASKED[tier]
    follow = ", follow: video" if endpoint.needs("character_orientation") else ""
    if tier == "voice" and endpoint.keeps_sound:
        asked = "keep_audio: true"
    words = '"<<<mara>>> in the reeds"' if tier == "voice" and endpoint.keeps_sound else "reeds"
    scenes = "".join(
        f"  - {{id: s{n}, duration: {n}, prompt: {words}{_film_of(endpoint, n)}}}\n"
        for n in lengths(endpoint)
    )
    head = f"storyboard: 1\nendpoint: {endpoint.alias}\n{voices}defaults: {{{asked}{start}{follow}}}\n"
    return f"{head}scenes:\n{scenes}"


def lengths(endpoint: Endpoint) -> range:
    """A clip that is as long as a film is no longer than films may be."""
    return (
        range(3, min(LENGTHS.stop, int(endpoint.limits.source_seconds[1]) + 1))
        if endpoint.follows
        else LENGTHS
    )


def _film_of(endpoint: Endpoint, seconds: int) -> str:
    if not endpoint.takes("video_url"):
        return ""
    return f", source_video: {seconds if endpoint.follows else 4}.mp4"


def test_the_table_has_every_endpoint() -> None:
    for prices in PRICES.values():
        assert sorted(row(part).id for part in prices) == sorted(row.id for row in catalog().endpoints)


def test_the_figures_are_what_hands_would_get() -> None:
    """A slip of the pen shows here: each row grows by its price a second."""
    for price, figures in BY_HAND.items():
        amounts = [Decimal(figure) for figure in figures.split()]
        steps = {later - earlier for earlier, later in pairwise(amounts)}
        assert (len(amounts), amounts[0], steps) == (13, 3 * Decimal(price), {Decimal(price)})


@pytest.mark.parametrize("name", PRICES)
@pytest.mark.parametrize(("part", "tier"), CASES)
def test_each_endpoint_tier_and_length(name: str, part: str, tier: Tier) -> None:
    endpoint, book = row(part), price_book(name)
    assert book is not None
    price = PRICES[name][part].split()[TIERS.index(tier)]
    read = compiled(film(endpoint, tier), media=MEDIA)
    if price == "-":
        assert tier not in endpoint.tiers
        assert {d.severity for d in read.diagnostics} == {"error"}, "what can't be had is refused"
        return
    asked = lengths(endpoint)
    assert [request.seconds for request in read.requests] == list(asked), read.diagnostics
    assert {request.tier for request in read.requests} == {tier}
    found = estimate(read.requests, book)
    amounts = [exact(scene.amount) for scene in found.scenes]
    assert amounts == ([None] * len(asked) if price == "?" else BY_HAND[price].split())
    assert found.total == sum((scene.amount or Decimal(0) for scene in found.scenes), Decimal(0))
    assert found.unpriced == (tuple(f"s{n}" for n in asked) if price == "?" else ())


@pytest.mark.parametrize(
    ("part", "tier", "seconds", "amount"),
    [
        # "a 5s video with audio on and voice control will cost $1.54"
        ("v3/standard/image", "voice", 5, "1.54"),
        # "a 5s video will cost $2.10", "regardless of whether audio is on or off"
        ("v3/4k/image", "silent", 5, "2.10"),
        ("v3/4k/image", "audio", 5, "2.10"),
        # "a 10-second clip costs $4.20"
        ("v3/4k/image", "audio", 10, "4.20"),
    ],
)
def test_the_worked_examples_of_the_pages(part: str, tier: Tier, seconds: int, amount: str) -> None:
    book = price_book("seeds")
    assert book is not None
    read = compiled(film(row(part), tier), media=MEDIA)
    scene = estimate(read.requests, book).scenes[seconds - LENGTHS.start]
    assert (scene.seconds, scene.tier, exact(scene.amount)) == (seconds, tier, amount)
    assert BY_HAND[PRICES["seeds"][part].split()[TIERS.index(tier)]].split()[seconds - 3] == amount


def test_the_prices_that_fals_pages_of_the_later_endpoints_work_out() -> None:
    """Turbo standard: "a 5s video will cost $0.56", pro "$0.70"; O3 standard "with audio on will cost $0.56"; O3 4k "a
    5s video will cost $2.10"."""
    examples = {"v3/turbo/standard/text": "0.56", "v3/turbo/pro/image": "0.70", "o3/4k/reference": "2.10"}
    for part, amount in (examples | {"o3/standard/image": "0.56"}).items():
        price = PRICES["observed-2026-10"][part].split()[TIERS.index("audio")]
        assert BY_HAND[price].split()[2] == amount
