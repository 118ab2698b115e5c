"""What is offered while one types: by the place alone, however broken the text is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from at_the_cursor import placed
from in_memory import compiled, still
from msgspec.structs import replace

from storyboard.catalog.endpoints import catalog
from storyboard.compile.shot_list import KINDS
from storyboard.editor.cursor import cursor
from storyboard.editor.levels import field, fields
from storyboard.editor.offer import Around, Offer
from storyboard.editor.offers import offers, suffixes_at
from storyboard.editor.vocabulary import camera_words
from storyboard.editor.written import entries, items, written
from storyboard.read.authored import Scene, Shot, Storyboard
from storyboard.read.authored_cut import Cut
from storyboard.read.nodes import Node, Scalar, Sequence
from storyboard.read.source import Source
from storyboard.rules.book import BOOK
from storyboard.rules.explained import manual

BEFORE = """\
storyboard: 1
vars: {light: soft, cast: {lead: Ann}}
voices: {mara: 123}
elements:
  potter: {description: an old man}
  bowl: {video: bowl.mp4}
scenes:
  - id: dawn
    shots: [{id: wide, prompt: x}]
"""


def offered(text: str, *files: str) -> tuple[Offer, ...]:
    source, index = placed(text)
    return offers(cursor(source, index), Around(written("s", BEFORE), files))


def labels(text: str, *files: str) -> list[str]:
    return [offer.label for offer in offered(text, *files)]


SECTIONS = {"scene", "subject_motion", "important_details", "elements", "audio", "constraints", "verbatim"}


def names(model: type) -> set[str]:
    return {info.alias or name for name, info in model.model_fields.items() if name != "node"}


@pytest.mark.parametrize(
    ("text", "model", "present"),
    [
        ("|", Storyboard, set()),
        ("storyboard: 1\nvars: {}\nel|", Storyboard, {"storyboard", "vars"}),
        ("scenes:\n  - id: dawn\n    |\n    prompt: x\n", Scene, {"id", "prompt"}),
        ("scenes:\n- id: dawn\n  |", Scene, {"id"}),
        ("scenes:\n  - id: dawn\n    shots:\n      - id: x\n        pr|\n", Shot, {"id"}),
        ("cut:\n  |", Cut, set()),
        ("cut: {order: [a], |", Cut, {"order"}),
    ],
)
def test_keys_of_a_level_less_those_that_stand_there(text: str, model: type, present: set[str]) -> None:
    found = set(labels(text))
    assert names(model) - present <= found
    assert not present & found


@pytest.mark.parametrize(
    "text",
    [
        "defaults:\n  prompt:\n    camera: x\n    |",
        "defaults: {prompt: {camera: x, |",
        "scenes:\n  - id: a\n    prompt: {camera: 'x, y', |}",
        "scenes:\n  - id: a\n    shots:\n      - wide 4s: {camera: x, |",
        'scenes:\n  - id: a\n    shots:\n      - id: b\n        prompt:\n          camera: "x: y"\n          |',
    ],
)
def test_sections_of_a_prompt(text: str) -> None:
    assert set(labels(text)) == SECTIONS


def test_keys_come_with_what_they_mean_and_what_is_needed_comes_first() -> None:
    found = [offer for offer in offered("scenes:\n  - |") if offer.kind == "field"]
    assert (found[0].label, found[0].detail) == ("id", "needed")
    told = {offer.label: offer.documentation for offer in found}
    assert told["end_image"] == "The last frame; only for a scene of one shot."
    assert all(told.values())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("scenes:\n  - id: a\n    prompt: a man, @|", ["potter", "bowl"]),
        ("scenes:\n  - id: a\n    prompt: >-\n      a man: @po|", ["potter", "bowl"]),
        ("scenes:\n  - id: a\n    prompt: >-\n      one line\n      @po|", ["potter", "bowl"]),
        ("scenes:\n  - id: a\n    shots:\n      - wide 4s: @|", ["potter", "bowl"]),
        ("scenes:\n  - id: a\n    prompt: me@|", []),
        ("scenes:\n  - id: a\n    prompt: <<<|", ["mara"]),
        ("scenes:\n  - id: a\n    dialogue:\n      - |", ["potter", "bowl", "mara"]),
        ("scenes:\n  - id: a\n    dialogue:\n      - mara: go, @|", ["potter", "bowl"]),
        ("scenes:\n  - id: a\n    elements: [|", ["potter", "bowl"]),
        ("scenes:\n  - id: a\n    elements:\n      - |", ["potter", "bowl"]),
        ("elements:\n  bowl:\n    voice: |", ["mara"]),
        ("title: {{ |", ["light", "cast", "scene.id", "shot.id"]),
        ("scenes:\n  - id: a\n    prompt: '{% if li|", ["light", "cast", "scene.id", "shot.id"]),
        ("title: '{{ cast.|", ["lead"]),
        ("title: '{{ scene.|", ["id"]),
        ("title: '{{ light }} |", []),
        ("scenes:\n  - {id: a, prompt: {{ |}", ["light", "cast", "scene.id", "shot.id"]),
        ("cut: {title: {{ light }}, fit: |", ["pad", "crop"]),
        ("scenes:\n  - id: a\n    generate_audio: |", ["true", "false"]),
        ("scenes:\n  - id: a\n    keep_audio: |", ["true", "false"]),
        ("scenes:\n  - id: a\n    follow: |", ["image", "video"]),
        ("scenes:\n  - id: a\n    aspect_ratio: |", ["16:9", "9:16", "1:1", "auto"]),
        ("storyboard: |", ["1"]),
        ("scenes:\n  - id: a\n    continues: |", ["dawn"]),
        ("scenes:\n  - id: a\n    pack: |", ["auto"]),
        ("cut:\n  order: [|", ["dawn", "dawn.wide"]),
        ("cut:\n  order:\n    - |", ["dawn", "dawn.wide", "scene", "in", "out"]),
        ("cut:\n  transitions:\n    - {from: d|", ["dawn", "dawn.wide"]),
        ("cut:\n  transitions:\n    - {from: dawn, kind: |", list(KINDS)),
        ("cut:\n  transitions:\n    - kind: wipe\n      direction: |", ["right", "left", "up", "down"]),
        ("cut:\n  fit: |", ["pad", "crop"]),
        ("endpoint: kl|", list(catalog().names())),
        ("scenes:\n  - id: a\n    endpoint: |", list(catalog().names())),
        ("prices: |", ["seeds", "observed-2026-10"]),
        ("template: |", ["kling-v3", "kling-v3-labels"]),
        ("vars:\n  x: |", []),
        ("elements:\n  |", []),
        ("title: a film|", []),
        ("# a comment |", []),
    ],
)  # fmt: skip
def test_values(text: str, expected: list[str]) -> None:
    assert labels(text) == expected


OTHER = "vars: {light: hard, dusk: late}\nelements: {lamp: {description: old}}\nvoices: {tom: '1'}\n"
MADE = """\
storyboard: 1
vars: {ports: [{name: lisbon, light: soft, captain: {age: 60}}, {name: porto, light: hard}]}
scenes:
  - id: night
    pick: ¦
    variants: {calm: {prompt: x}, storm: {prompt: y}}
    prompt: z
  - for_each: "{{ ports }}"
    as: port
    id: "{{ port.name }}"
    shots:
      - {id: wide, prompt: "at §"}
      - {for_each: [1, 2], id: "step-{{ item }}", prompt: "at %"}
cut:
  order: [#]
"""


@pytest.mark.parametrize(
    ("mark", "typed", "expected"),
    [
        ("¦", "", ["calm", "storm"]),
        ("¦", "st", ["calm", "storm"]),
        ("§", "{{ ", ["port", "ports", "light", "dusk", "loop", "scene.id", "shot.id"]),
        ("§", "{{ port.", ["name", "light", "captain"]),
        ("§", "{{ port.captain.", ["age"]),
        ("§", "{{ loop.", ["index", "index0", "first", "last", "length"]),
        ("%", "{{ ", ["item", "port", "ports", "light", "dusk", "loop", "scene.id", "shot.id"]),
        ("#", "", ["night", "lisbon", "porto", "lisbon.wide"]),
    ],
)
def test_what_is_made_of_items_and_variants_is_offered_by_name(
    mark: str, typed: str, expected: list[str]
) -> None:
    text = MADE.replace(mark, f"{typed}|")
    for other in "¦§%#":
        text = text.replace(other, "" if other != "¦" else "calm")
    source, index = placed(text)
    others = written("other", OTHER)
    assert others is not None
    around = Around(
        written("s", source.text), others=(others,), scenes=("lisbon", "porto"), shots=("lisbon.wide",)
    )
    assert [offer.label for offer in offers(cursor(source, index), around)] == expected


def test_names_that_other_files_bring_are_offered() -> None:
    others = written("other", OTHER)
    assert others is not None
    for text, expected in (
        ("scenes:\n  - id: a\n    prompt: '@|", ["potter", "bowl", "lamp"]),
        ('scenes:\n  - id: a\n    dialogue: ["|"]', ["potter", "bowl", "lamp", "mara", "tom"]),
        ('scenes:\n  - id: a\n    prompt: "{{ |}}"', ["light", "cast", "dusk", "scene.id", "shot.id"]),
    ):
        source, index = placed(text)
        found = offers(cursor(source, index), Around(written("s", BEFORE), others=(others,)))
        assert [offer.label for offer in found] == expected, text


@pytest.mark.parametrize(
    "text",
    [
        "# storyboard: ignore SB|",
        "scenes:\n  - id: a  # storyboard: ignore |",
        "scenes:\n  # storyboard: ignore SB204, sb8|\n  - id: a",
    ],
)
def test_what_can_be_silenced_is_offered_with_its_title(text: str) -> None:
    found = {offer.label: offer for offer in offered(text)}
    assert found["SB801"].detail == manual()["SB801"].title
    assert ("SB204" in found) is ("SB204" not in text)
    assert not {code for code in found if BOOK[code].severity == "error"}
    source, _ = placed(text)
    assert source.text[found["SB801"].start : found["SB801"].stop] in {"SB", "", "sb8"}


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        ("scenes:\n  - id: a\n    start_image: st|", ".jpg"),
        ("scenes:\n  - {id: a, end_image: |", ".jpg"),
        ("elements:\n  potter:\n    reference_images: [a.jpg, |", ".jpg"),
        ("elements:\n  potter:\n    reference_images:\n      - |", ".jpg"),
        ("elements: {potter: {video: |", ".mp4"),
        ("scenes:\n  - id: a\n    source_video: |", ".mov"),
        ("template: |", ".j2"),
        ("prices: |", ".toml"),
        ("cut:\n  sound:\n    - file: |", ".wav"),
    ],
)
def test_files_of_the_right_kind(text: str, suffix: str) -> None:
    source, index = placed(text)
    assert suffix in suffixes_at(cursor(source, index))
    assert labels(text, f"x{suffix}")[-1] == f"x{suffix}"
    assert not suffixes_at(cursor(*placed("title: |")))


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("scenes:\n  - id: a\n    start_image: 'st|'", "'"),
        ('scenes:\n  - {id: a, start_image: "st|"}', '"}'),
        ("scenes:\n  - id: a\n    start_image: st|", ""),
    ],
)
def test_a_quote_stays_around_what_is_offered(text: str, rest: str) -> None:
    source, _ = placed(text)
    [still] = offered(text, "stills/a.jpg")
    assert (source.text[still.start : still.stop], source.text[still.stop :]) == ("st", rest)


def test_the_fields_words_in_camera_and_nowhere_else() -> None:
    [push] = [
        offer
        for offer in offered("defaults: {prompt: {camera: 'wide shot, slow p|")
        if offer.label == "slow push"
    ]
    source, _ = placed("defaults: {prompt: {camera: 'wide shot, slow p|")
    assert source.text[push.start : push.stop] == "slow p"
    assert (push.detail, push.documentation) == ("movement", "Slowly nearer: attention grows.")
    assert {word.kind for word in camera_words()} == {"framing", "movement", "angle", "lens"}
    assert not labels("defaults: {prompt: {audio: |")


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("scenes:\n  - |\n", "scene"),
        ("scenes:\n  - |\n", "scene of shots"),
        ("scenes:\n  |\n", "scene"),
        ("scenes:\n  - id: a\n    shots:\n      - |\n", "shot"),
        ("scenes:\n  - id: a\n    shots:\n      |\n", "shot in full"),
    ],
)
def test_a_snippet_filled_in_is_a_storyboard_that_can_be_read(text: str, label: str) -> None:
    import re

    [found] = [offer for offer in offered(text) if offer.label == label]
    source, _ = placed(text)
    filled = re.sub(r"\$\{\d+:([^}]*)\}|\$0", lambda match: match[1] or "it rains", found.text)
    whole = written("s", source.text[: found.start] + filled + source.text[found.stop :])
    assert whole is not None
    [scene] = whole.scenes
    assert len(scene.shots) == (0 if label == "scene" else 1)


def test_every_level_is_found_by_its_keys() -> None:
    """Whatever the models get, it is offered."""
    assert {each.name for each in fields(())} == names(Storyboard)
    audio = field(("scenes", "-", "generate_audio"))
    assert audio is not None
    assert (audio.flag, audio.nested, audio.required) == (True, False, False)
    assert [each.name for each in fields(()) if each.nested] == [
        "voices",
        "elements",
        "defaults",
        "scenes",
        "cut",
    ]
    assert fields(("scenes", "-", "shots", "-", "wide 4s")) == fields(("defaults", "prompt"))
    assert fields(("nonsense", "-")) == ()


EXAMPLES = sorted((Path(__file__).parents[1] / "examples").glob("*/storyboard.yaml"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_an_example_typed_from_its_first_sign_to_its_last(example: Path) -> None:
    """Wherever one is, the text below it not there yet: what is offered replaces what was typed there and no more."""
    text = example.read_text(encoding="utf-8")
    film = written("s", text)
    assert film is not None
    for index in range(0, len(text), 5):
        for source in (Source("s", text[:index]), Source("s", text)):
            place = cursor(source, index)
            for offer in offers(place, Around(film)):
                assert offer.stop == index
                assert "\n" not in source.text[offer.start : offer.stop], (offer, place)
                assert offer.start <= index


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.parent.name)
def test_what_stands_in_an_example_is_among_what_is_offered_there(example: Path) -> None:
    """Keys, by the tree that YAML makes of it."""
    text = example.read_text(encoding="utf-8")
    film = written("s", text)
    assert film is not None
    for key, path in keys(film.root, ()):
        if key.source.text[key.start : key.stop] == key.value and fields(path):
            place = cursor(film.source, key.start)
            assert place.path == path, (key.value, place)
            assert key.value in [
                offer.label for offer in offers(replace(place, present=frozenset()), Around(film))
            ]


def keys(node: Node, path: tuple[str, ...]) -> Iterator[tuple[Scalar, tuple[str, ...]]]:
    for key, value in entries(node):
        yield key, path
        yield from keys(value, (*path, key.value))
    for item in items(node) if isinstance(node, Sequence) else ():
        yield from keys(item, (*path, "-"))


ODD_FILES = ("@p.png", "{{ q }}.png", "{c}.png", "x #1.png", "it's.png", "a, b.png", "- a.png", "é.png")
LINES = "storyboard: 1\nscenes:\n  - id: a\n    prompt: it rains\n    start_image: "
BRACES = "storyboard: 1\nscenes:\n  - {id: a, prompt: it rains, start_image: "


@pytest.mark.parametrize("name", ODD_FILES)
@pytest.mark.parametrize("lead", [LINES, BRACES])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_a_file_is_named_so_that_it_is_read_as_it_is_called(quote: str, lead: str, name: str) -> None:
    [offer] = [each for each in offered(f"{lead}{quote}|", name) if each.kind == "file"]
    before = f"{lead}{quote}"[: offer.start] + offer.text
    read = compiled(before + quote + ("}\n" if lead is BRACES else "\n"), media={name: still(name, "a" * 64)})
    assert offer.label == name
    assert [media.path for request in read.requests for media in request.media] == [name], before


@pytest.mark.parametrize(
    ("name", "text"), [("a: b.png", '"a: b.png"'), ("stills/a b_1.png", "stills/a b_1.png")]
)
def test_a_file_is_quoted_where_it_must_be(name: str, text: str) -> None:
    assert [each.text for each in offered(LINES + "|", name) if each.kind == "file"] == [text]
