"""What is told under the pointer and shown beside the text: prompts, characters, prices, sizes, rules."""

from __future__ import annotations

from pathlib import Path

import pytest
from at_the_cursor import HEAD, placed, sheet_of
from PIL import Image

from storyboard.editor.figures import film_figures
from storyboard.editor.hover import hover, measures, ratio
from storyboard.editor.markdown import block, code
from storyboard.media.fact import MediaFact

FILM = """\
prices: observed-2026-10
vars: {light: first light}
voices: {mara: "123456"}
elements:
  cat: {name: the cat, description: a grey cat}
defaults:
  generate_audio: false
  prompt: {important_details: 35mm}
scenes:
  - id: dawn
    shots:
      - wide 4s: "@cat enters in {{ light }}"
      - close 3s: the cat sits
  - id: dusk
    prompt: it rains
"""


def told(text: str) -> str | None:
    source, index = placed(text, "¦")
    desk, sheet = sheet_of(source.text)
    found = hover(desk.known(sheet), index)
    return found.text if found is not None else None


def pointing(needle: str, text: str = HEAD + FILM) -> str:
    index = text.index(needle) + 1
    found = told(text[:index] + "¦" + text[index:])
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("needle", "parts"),
    [
        ("generate_audio", ["**generate_audio** · scene · optional", "Default true; false on O3"]),
        ("cat enters", ["**@cat** · element · `the cat`", "```text\na grey cat\n```"]),
        ("mara", ["**mara** · voice · `123456`"]),
        ("light }}", ["**light** · var", "first light"]),
        ("kling-v3", ["**kling-v3-standard-text** · endpoint", "3 to 15 s a clip", "by observed-2026-10"]),
        ("enters in", ["**dawn.wide** · 4 s · ", "/512 · ", " USD · kling-v3-standard-text, silent",
                       "the cat (a grey cat) enters in first light. 35mm.", "- subject_motion (shot): ",
                       "- important_details (defaults): 4"]),
        ("sits", ["**dawn.close** · 3 s", "the cat sits. 35mm."]),
        ("rains", ["**dusk** · 5 s · ", "/2500 · "]),
        ("dawn", ["**dawn** · 7 s · silent · ", "- wide: 4 s · ", "- close: 3 s · "]),
    ],
)  # fmt: skip
def test_under_the_pointer(needle: str, parts: list[str]) -> None:
    found = pointing(needle)
    for part in parts:
        assert part in found


def test_a_mistake_tells_its_rule_beside_the_rest() -> None:
    found = pointing("@nobody", HEAD + "scenes:\n  - id: a\n    prompt: '@nobody walks'\n")
    assert "**SB201** · error" in found
    assert "Source: the storyboard language, version 1." in found


def test_a_field_is_told_in_a_broken_text_too() -> None:
    found = pointing(
        "start_image", HEAD + "scenes:\n  - id: a\n    start_image: x\n    prompt: 'not closed\n"
    )
    assert found.startswith("**start_image** · scene")


MANY = """\
prices: observed-2026-10
defaults: {generate_audio: false}
vars: {ports: [{name: lisbon, light: dawn light, seen: true}, {name: porto, light: dusk}]}
scenes:
  - for_each: "{{ ports }}"
    as: port
    id: "{{ port.name }}"
    shots:
      - {for_each: [1, 2], id: "step-{{ item }}", prompt: "at {{ port.light }} once more"}
  - id: walk
    pack: auto
    shots: [a 8s: she walks, b 8s: she runs, c 8s: she sits]
cut: {order: [lisbon, walk.b]}
"""


@pytest.mark.parametrize(
    ("needle", "parts"),
    [
        (
            "walk\n",
            [
                "**`walk`** · 3 scenes · 24 s · 2.02 USD",
                "- `walk.1`: 8 s · silent · 0.67 USD",
                "- `walk.3`: 8 s",
            ],
        ),
        ("walk.b", ["**walk.2** · 8 s"]),
        (
            'for_each: "',
            [
                "**for_each** · scene",
                "1: name: lisbon, light",
                "· 2 scenes · 20 s",
                "- `lisbon`: 10 s",
                "- `porto`: 10 s",
            ],
        ),
        (' }}"\n    shots', ["**`{{ port.name }}`** · 2 scenes · 20 s", "- `lisbon`: ", "- `porto`: "]),
        ("port.light", ["**port.light** · in each turn", "1: dawn light\n2: dawn light\n3: dusk\n4: dusk"]),
        ("light }}", ["**port.light** · in each turn"]),
        (
            "port\n",
            ["**port** · in each turn", "1: name: lisbon, light: dawn light, seen: true\n2: name: porto"],
        ),
        ("item }}", ["**item** · in each turn", "1: 1\n2: 2\n3: 1\n4: 2"]),
    ],
)
def test_what_comes_of_one_text_several_times(needle: str, parts: list[str]) -> None:
    found = pointing(needle, HEAD + MANY)
    for part in parts:
        assert part in found


def test_nothing_is_told_of_nothing() -> None:
    assert told(HEAD + "¦\n" + FILM) is None


def test_a_strangers_text_is_never_markdown() -> None:
    assert code("a `b`\n![x](http://a.org)") == "`a 'b' ![x](http://a.org)`"
    assert block("```\n![x](y)") == "````text\n```\n![x](y)\n````"
    text = (
        HEAD
        + "elements: {cat: {name: '![x](http://a.org)', description: '```'}}\nscenes: [{id: a, prompt: '@cat'}]\n"
    )
    found = pointing("@cat", text)
    assert "`![x](http://a.org)`" in found
    assert "````text" in found


@pytest.mark.parametrize(
    ("width", "height", "said"),
    [(1920, 1080, "16:9"), (675, 900, "3:4"), (100, 100, "1:1"), (1279, 719, "1.78:1")],
)
def test_ratios(width: int, height: int, said: str) -> None:
    assert ratio(width, height) == said


def test_a_file_that_is_not_there_says_so() -> None:
    assert measures(MediaFact("x.png", problem="missing")) == "missing"


def test_a_stills_size_and_ratio(tmp_path: Path) -> None:
    Image.new("RGB", (640, 360)).save(tmp_path / "still.png")
    text = "storyboard: 1\nscenes: [{id: a, start_image: still.png, prompt: x}]\n"
    desk, sheet = sheet_of(text, tmp_path)
    found = hover(desk.known(sheet), text.index("still.png"))
    assert found is not None
    assert found.text == "`still.png` · 640 × 360 · 16:9 · 1 kB"


def test_figures_of_shots_scenes_and_the_film() -> None:
    desk, sheet = sheet_of(HEAD + FILM)
    checked = desk.checked(sheet)
    assert checked is not None
    assert checked.compiled is not None
    figures = film_figures(checked.compiled, desk.book(sheet))
    assert str(figures) == "2 scenes · 12 s · 1.01 USD by observed-2026-10, 2026-10-04"
    assert [str(scene) for scene in figures.scenes] == ["7 s · silent · 0.59 USD", "5 s · silent · 0.42 USD"]
    shots = [shot for scene in figures.scenes for shot in scene.shots]
    assert [(shot.seconds, shot.characters, shot.limit) for shot in shots] == [
        (4, 49, 512),
        (3, 19, 512),
        (5, 32, 2500),
    ]
    for shot in shots:
        assert sum(shot.meter.values()) == len(shot.prompt)
