"""Endpoints as rows of data: complete, in step with each other and the price books, each with source and date."""

from __future__ import annotations

import tomllib
from datetime import date
from decimal import Decimal

import pytest
from the_family import LINES, family

from storyboard.catalog.endpoints import DATA, Endpoint, catalog
from storyboard.catalog.own_book import parse_book
from storyboard.catalog.prices import ALL_TIERS, BOOKS, TIERS, book_names, price_book

ROWS = catalog().endpoints
ALIASES = {
    "kling-v3-standard": "fal-ai/kling-video/v3/standard/image-to-video",
    "kling-v3-pro": "fal-ai/kling-video/v3/pro/image-to-video",
    "kling-v3-4k": "fal-ai/kling-video/v3/4k/image-to-video",
    "kling-v3-standard-text": "fal-ai/kling-video/v3/standard/text-to-video",
    "kling-v3-pro-text": "fal-ai/kling-video/v3/pro/text-to-video",
    "kling-v3-4k-text": "fal-ai/kling-video/v3/4k/text-to-video",
    "kling-v3-turbo-standard": "fal-ai/kling-video/v3/turbo/standard/image-to-video",
    "kling-v3-turbo-pro": "fal-ai/kling-video/v3/turbo/pro/image-to-video",
    "kling-v3-turbo-standard-text": "fal-ai/kling-video/v3/turbo/standard/text-to-video",
    "kling-v3-turbo-pro-text": "fal-ai/kling-video/v3/turbo/pro/text-to-video",
    "kling-o3-standard": "fal-ai/kling-video/o3/standard/image-to-video",
    "kling-o3-pro": "fal-ai/kling-video/o3/pro/image-to-video",
    "kling-o3-4k": "fal-ai/kling-video/o3/4k/image-to-video",
    "kling-o3-standard-text": "fal-ai/kling-video/o3/standard/text-to-video",
    "kling-o3-pro-text": "fal-ai/kling-video/o3/pro/text-to-video",
    "kling-o3-4k-text": "fal-ai/kling-video/o3/4k/text-to-video",
    "kling-o3-standard-reference": "fal-ai/kling-video/o3/standard/reference-to-video",
    "kling-o3-pro-reference": "fal-ai/kling-video/o3/pro/reference-to-video",
    "kling-o3-4k-reference": "fal-ai/kling-video/o3/4k/reference-to-video",
    "kling-v3-standard-motion": "fal-ai/kling-video/v3/standard/motion-control",
    "kling-v3-pro-motion": "fal-ai/kling-video/v3/pro/motion-control",
    "kling-o3-standard-video-edit": "fal-ai/kling-video/o3/standard/video-to-video/edit",
    "kling-o3-pro-video-edit": "fal-ai/kling-video/o3/pro/video-to-video/edit",
    "kling-o3-4k-video-edit": "fal-ai/kling-video/o3/4k/video-to-video/edit",
    "kling-o3-standard-video-reference": "fal-ai/kling-video/o3/standard/video-to-video/reference",
    "kling-o3-pro-video-reference": "fal-ai/kling-video/o3/pro/video-to-video/reference",
    "kling-o3-4k-video-reference": "fal-ai/kling-video/o3/4k/video-to-video/reference",
}
MOTION, EDIT, REFERENCE = FILMED = (
    "v3 motion-control",
    "o3 video-to-video edit",
    "o3 video-to-video reference",
)
# The input schemas of fal's pages, less what a storyboard has no word for, and what each requires.
SAID = {"prompt", "multi_prompt", "duration"}
FIELDS: dict[str, tuple[set[str], set[str]]] = {
    "v3 image": (
        SAID
        | {"start_image_url", "end_image_url", "shot_type", "generate_audio", "elements"}
        | {"negative_prompt", "cfg_scale"},
        {"start_image_url"},
    ),
    "v3 text": (
        SAID | {"shot_type", "generate_audio", "aspect_ratio", "negative_prompt", "cfg_scale"},
        set(),
    ),
    "v3 turbo image": (SAID | {"image_url"}, {"image_url"}),
    "v3 turbo text": (SAID | {"aspect_ratio"}, set()),
    "o3 image": (SAID | {"image_url", "end_image_url", "shot_type", "generate_audio"}, {"image_url"}),
    "o3 text": (SAID | {"shot_type", "generate_audio", "aspect_ratio"}, set()),
    "o3 reference": (
        SAID
        | {"start_image_url", "end_image_url", "shot_type", "generate_audio", "elements", "aspect_ratio"},
        set(),
    ),
    MOTION: (
        {"image_url", "video_url", "prompt", "keep_original_sound", "character_orientation", "elements"},
        {"image_url", "video_url", "character_orientation"},
    ),
    EDIT: (
        {"prompt", "video_url", "keep_audio", "elements", "aspect_ratio"},
        {"prompt", "video_url"},
    ),
    REFERENCE: (
        {"prompt", "video_url", "duration", "keep_audio", "elements", "aspect_ratio"},
        {"prompt", "video_url"},
    ),
}


def test_the_endpoints_and_their_aliases() -> None:
    assert {row.alias: row.id for row in ROWS} == ALIASES
    for alias, identity in ALIASES.items():
        assert catalog().find(alias) is catalog().find(identity) is not None
    assert catalog().find("veo") is None


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_each_row_has_the_fields_of_its_page(row: Endpoint) -> None:
    fields, required = FIELDS[family(row)]
    assert (set(row.fields), set(row.required)) == (fields, required)
    assert not set(row.fields) & set(row.ignored_fields)
    assert row.height == next(LINES[word] for word in row.id.split("/") if word in LINES)
    assert row.source == f"https://fal.ai/models/{row.id}"
    assert date(2026, 1, 1) < row.as_of <= date(2026, 11, 20)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_a_field_is_found_under_the_name_that_v3_gives_it(row: Endpoint) -> None:
    kind = family(row)
    called = "image_url" if kind in {"v3 turbo image", "o3 image", MOTION} else "start_image_url"
    assert row.wire("start_image_url") == called
    assert row.takes("start_image_url") == ("text" not in kind and kind not in {EDIT, REFERENCE})
    assert row.needs("start_image_url") == ("image" in kind or kind == MOTION)
    assert row.takes("video_url") == row.needs("video_url") == row.keeps_sound == (kind in FILMED)
    assert row.follows == (kind in {MOTION, EDIT}), "no length is asked for there"
    assert row.wire("keep_audio") == ("keep_original_sound" if kind == MOTION else "keep_audio")
    assert row.wire("end_image_url") == "end_image_url"


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_sound_is_made_as_each_page_says(row: Endpoint) -> None:
    by_itself = row.id.split("/")[2] == "v3" or row.keeps_sound
    assert row.makes_sound({}) is row.makes_sound({"generate_audio": None}) is by_itself
    if row.keeps_sound:
        kept = row.wire("keep_audio")
        assert [row.makes_sound({kept: asked}) for asked in (True, False)] == [True, False]
        assert row.makes_sound({"generate_audio": False}), "it has no such field"
        return
    if "turbo" in row.id:
        assert row.makes_sound({"generate_audio": False}), "there is no switch"
    else:
        assert [row.makes_sound({"generate_audio": asked}) for asked in (True, False)] == [True, False]
    assert row.voice == (family(row) in {"v3 image", "v3 text"})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_the_published_limits_and_defaults(row: Endpoint) -> None:
    limits, defaults, turbo = row.limits, row.defaults, "turbo" in row.id
    assert (limits.prompt_characters, limits.prompt_characters_warning) == (3072 if turbo else 2500, 2500)
    assert (limits.shot_characters, limits.shot_characters_warning) == (512, 500)
    kind = family(row)
    assert (limits.shots, limits.shot_seconds) == ((1, 1) if kind in FILMED else (1, 6), (1, 15))
    assert limits.clip_seconds == {MOTION: (3, 30), EDIT: (3, 10)}.get(kind, (3, 15))
    assert limits.of_source("video").video_seconds == (3, 30 if kind == MOTION else 10)
    assert limits.of_source("image").video_seconds == (3, 10)
    many = {"fal-ai/kling-video/o3/4k/reference-to-video": 7}
    if row.takes("elements"):
        assert limits.elements == many.get(row.id, 1 if kind == MOTION else 4)
    assert (limits.video_elements, limits.voices) == (0 if kind in FILMED else 1, 2)
    assert (limits.tag_characters, limits.reference_images, limits.cfg_scale) == (8, (1, 3), (0, 1))
    assert (limits.image_pixels, limits.image_bytes) == (300, (50 if turbo else 10) * 2**20)
    assert limits.image_ratio == (Decimal("0.4"), Decimal("2.5"))
    assert (limits.video_seconds, limits.video_pixels) == ((Decimal("3.0"), Decimal("10.05")), (720, 2160))
    assert limits.video_bytes == 200 * 2**20
    assert (defaults.duration, defaults.cfg_scale) == (5, Decimal("0.5"))
    assert defaults.negative_prompt == "blur, distort, and low quality"
    auto = kind in {EDIT, REFERENCE}
    assert (defaults.shot_type, defaults.aspect_ratio) == ("customize", "auto" if auto else "16:9")
    assert row.ratios == (*(("auto",) if auto else ()), "16:9", "9:16", "1:1")


RECORDED = {"kling-v3-standard": "0.6", "kling-v3-pro": "0.8", "kling-o3-4k": "1.0"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_units_a_second_are_dated_and_tell_what_was_seen_from_what_was_inferred(row: Endpoint) -> None:
    """Receipts of five seconds without sound: 3.0, 4.0 and 5.0 units (2026-04-18). All else follows from prices."""
    if row.units is None:
        assert family(row) in {"v3 turbo image", "v3 turbo text", *FILMED} or row.id.split("/")[2:4] in (
            ["v3", "4k"],
            ["o3", "standard"],
            ["o3", "pro"],
        )
        return
    assert row.units.source
    assert row.units.as_of == date(2026, 4, 18)
    seen = {tier: str(u) for tier, u in row.units.per_second.items() if tier not in row.units.inferred}
    assert seen == ({"silent": RECORDED[row.alias]} if row.alias in RECORDED else {})


@pytest.mark.parametrize("row", [row for row in ROWS if row.units], ids=lambda row: row.alias)
def test_units_a_second_agree_with_the_observed_prices(row: Endpoint) -> None:
    """fal's price of a unit was 0.14 USD, of 4k 0.42 (2026-10-04)."""
    book = price_book("observed-2026-10")
    assert book is not None
    assert row.units is not None
    base = Decimal("0.42") if "/4k/" in row.id else Decimal("0.14")
    for tier, units in row.units.per_second.items():
        assert units * base == book.unit_price(row.id, tier)


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
        assert endpoint in known or (endpoint, tier) == (catalog().voices.id, "run")
        assert tier in ALL_TIERS
        assert isinstance(price, Decimal)
        assert price > 0
    assert book.unit_price(catalog().voices.id, "run") == Decimal("0.007"), "a run of create-voice"
    for endpoint in {endpoint for endpoint, tier in book.prices if tier in TIERS}:
        silent, audio, voice = (book.unit_price(endpoint, tier) for tier in TIERS)
        assert audio is not None
        assert (silent is None) == ("turbo" in endpoint), "turbo is never silent"
        assert (silent or audio) <= audio <= (voice or audio)


def test_the_default_book_is_the_published_one() -> None:
    book = price_book()
    assert book is not None
    assert book_names()[0] == book.name == "seeds"
    standard, four_k = ALIASES["kling-v3-standard"], ALIASES["kling-v3-4k"]
    assert [str(book.unit_price(standard, tier)) for tier in TIERS] == ["0.168", "0.252", "0.308"]
    assert [book.unit_price(four_k, tier) for tier in TIERS] == [Decimal("0.42"), Decimal("0.42"), None]
    assert len({endpoint for endpoint, tier in book.prices if tier in TIERS}) == 2


OBSERVED = {
    "v3/standard": ("0.084", "0.126", "0.154"),
    "v3/pro": ("0.112", "0.168", "0.196"),
    "v3/4k": ("0.42", "0.42", None),
    "v3/turbo/standard": (None, "0.112", None),
    "v3/turbo/pro": (None, "0.14", None),
    "o3/standard": ("0.084", "0.112", None),
    "o3/pro": ("0.112", "0.14", None),
    "o3/4k": ("0.42", "0.42", None),
    **{f"o3/{tier}/video-to-video": (None, None, None) for tier in LINES},
}
CONTROLLED = {
    "v3/standard": ("0.126", "0.126", None),
    "v3/pro": ("0.168", "0.168", None),
}  # motion, of output


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.alias)
def test_the_observed_book(row: Endpoint) -> None:
    """fal's model pages and receipts, 2026-07-16 to 2026-10-04."""
    book = price_book("observed-2026-10")
    assert book is not None
    part = row.id.removeprefix("fal-ai/kling-video/").rpartition("/")[0]
    prices = [book.unit_price(row.id, tier) for tier in TIERS]
    told = CONTROLLED if row.id.endswith("motion-control") else OBSERVED
    assert [None if price is None else str(price) for price in prices] == list(told[part])


def test_no_price_is_a_binary_fraction() -> None:
    for path in BOOKS.glob("*.toml"):
        for row in tomllib.loads(path.read_text(encoding="utf-8"))["price"]:
            assert all(isinstance(row[tier], str) for tier in TIERS if tier in row)


@pytest.mark.parametrize("price", ["-1", "0", "nan", "inf", "free", ""])
def test_a_price_is_above_nothing(price: str) -> None:
    text = (BOOKS / "seeds.toml").read_text(encoding="utf-8").replace('"0.168"', f'"{price}"')
    with pytest.raises((ValueError, ArithmeticError, KeyError)):
        parse_book(text)
