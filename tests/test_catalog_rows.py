"""Endpoints as rows of data: complete, in step with each other and the price books, each with source and date."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal

import pytest

from storyboard.catalog.endpoints import DATA, catalog
from storyboard.catalog.prices import BOOKS, TIERS, book_names, parse_book, price_book

ROWS = catalog().endpoints
ALIASES = {
    "kling-v3-standard": "fal-ai/kling-video/v3/standard/image-to-video",
    "kling-v3-pro": "fal-ai/kling-video/v3/pro/image-to-video",
    "kling-v3-4k": "fal-ai/kling-video/v3/4k/image-to-video",
    "kling-v3-standard-text": "fal-ai/kling-video/v3/standard/text-to-video",
    "kling-v3-pro-text": "fal-ai/kling-video/v3/pro/text-to-video",
    "kling-v3-4k-text": "fal-ai/kling-video/v3/4k/text-to-video",
}


def test_the_endpoints_and_their_aliases() -> None:
    assert {row.alias: row.id for row in ROWS} == ALIASES
    for alias, identity in ALIASES.items():
        assert catalog().find(alias) is catalog().find(identity) is not None
    assert catalog().find("veo") is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_each_row_is_complete(row) -> None:
    assert row.source.startswith("https://fal.ai/")
    assert date(2026, 1, 1) < row.as_of <= date(2026, 11, 20)
    assert set(row.required) <= set(row.fields)
    assert not set(row.fields) & set(row.ignored_fields)
    assert {
        "prompt",
        "multi_prompt",
        "duration",
        "generate_audio",
        "negative_prompt",
        "cfg_scale",
        "shot_type",
    } <= set(row.fields)
    image = "image-to-video" in row.id
    assert row.takes("start_image_url") == image
    assert row.takes("end_image_url") == row.takes("elements") == image
    assert row.takes("aspect_ratio") != image
    assert row.height == {"standard": 720, "pro": 1080, "4k": 2160}[row.id.split("/")[3]]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_the_published_limits_and_defaults(row) -> None:
    limits, defaults = row.limits, row.defaults
    assert (limits.prompt_characters, limits.shot_characters, limits.shot_characters_warning) == (
        2500,
        512,
        500,
    )
    assert (limits.shots, limits.shot_seconds, limits.clip_seconds) == ((1, 6), (1, 15), (3, 15))
    assert (limits.elements, limits.elements_warning, limits.video_elements, limits.voices) == (4, 3, 1, 2)
    assert (limits.tag_characters, limits.reference_images, limits.cfg_scale) == (8, (1, 3), (0, 1))
    assert (limits.image_pixels, limits.image_bytes, limits.image_ratio) == (
        300,
        10 * 2**20,
        (Decimal("0.4"), Decimal("2.5")),
    )
    assert (limits.video_seconds, limits.video_pixels) == ((Decimal("3.0"), Decimal("10.05")), (720, 2160))
    assert limits.video_bytes == 200 * 2**20
    assert (defaults.duration, defaults.generate_audio, defaults.cfg_scale) == (5, True, Decimal("0.5"))
    assert defaults.negative_prompt == "blur, distort, and low quality"
    assert (defaults.shot_type, defaults.aspect_ratio) == ("customize", "16:9")


def test_a_new_endpoint_needs_a_row_and_nothing_else(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    """Added to the data alone, it is compiled, priced as unknown, and has a schema."""
    import json

    from in_memory import compiled

    from storyboard.catalog import endpoints
    from storyboard.report.schema import endpoint_schema

    text = DATA.read_text(encoding="utf-8") + (
        '\n[[endpoint]]\nid = "fal-ai/kling-video/v9/gold/image-to-video"\nalias = "kling-v9-gold"\n'
        'shape = "kling-v3-image"\n'
        'limits = "kling-v3"\nheight = 4320\nvoice = true\nsource = "https://fal.ai/x"\nas_of = 2026-11-01\n'
    )
    assert tomllib.loads(text)
    (tmp_path / "endpoints.toml").write_text(text, encoding="utf-8")
    monkeypatch.setattr(endpoints, "DATA", tmp_path / "endpoints.toml")
    endpoints.catalog.cache_clear()
    try:
        result = compiled(
            "storyboard: 1\nendpoint: kling-v9-gold\nscenes:\n"
            "  - {id: a, prompt: reeds, start_image: 'https://media.example.org/a.png'}\n"
        )
        row = endpoints.catalog().find("kling-v9-gold")
        assert row is not None
        assert result.requests[0].endpoint == row.id
        assert json.dumps(endpoint_schema(row))
    finally:
        endpoints.catalog.cache_clear()


@pytest.mark.parametrize("name", book_names())
def test_each_book_is_dated_named_and_about_known_endpoints(name: str) -> None:
    book = price_book(name)
    assert book is not None
    assert (book.name, book.currency) == (name, "USD")
    assert book.source
    assert book.as_of <= date(2026, 11, 20)
    known = {row.id for row in ROWS}
    for (endpoint, tier), price in book.prices.items():
        assert endpoint in known
        assert tier in TIERS
        assert isinstance(price, Decimal)
        assert price > 0
    for endpoint in {endpoint for endpoint, _ in book.prices}:
        silent, audio, voice = (book.unit_price(endpoint, tier) for tier in TIERS)
        assert silent is not None
        assert audio is not None
        assert silent <= audio <= (voice or audio)


def test_the_default_book_is_the_published_one() -> None:
    book = price_book()
    assert book is not None
    assert book_names()[0] == book.name == "seeds"
    standard, four_k = ALIASES["kling-v3-standard"], ALIASES["kling-v3-4k"]
    assert [str(book.unit_price(standard, tier)) for tier in TIERS] == ["0.168", "0.252", "0.308"]
    assert [book.unit_price(four_k, tier) for tier in TIERS] == [Decimal("0.42"), Decimal("0.42"), None]
    assert len({endpoint for endpoint, _ in book.prices}) == 2


def test_the_observed_book() -> None:
    book = price_book("observed-2026-10")
    assert book is not None
    for kind in ("image", "text"):
        assert [
            [str(book.unit_price(f"fal-ai/kling-video/v3/{size}/{kind}-to-video", tier)) for tier in TIERS]
            for size in ("standard", "pro", "4k")
        ] == [["0.084", "0.126", "0.154"], ["0.112", "0.168", "0.196"], ["0.42", "0.42", "None"]]


def test_no_price_is_a_binary_fraction() -> None:
    for path in BOOKS.glob("*.toml"):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["price"]:
            assert all(isinstance(row[tier], str) for tier in TIERS if tier in row)


@pytest.mark.parametrize("price", ["-1", "0", "nan", "inf", "free", ""])
def test_a_price_is_above_nothing(price: str) -> None:
    text = (BOOKS / "seeds.toml").read_text(encoding="utf-8").replace('"0.168"', f'"{price}"')
    with pytest.raises((ValueError, ArithmeticError, KeyError)):
        parse_book(text)
