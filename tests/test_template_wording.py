"""From sections to one prompt: what is inherited, in which order it is said, with which full stop."""

from __future__ import annotations

import pytest
from in_memory import TEXT, compiled, sent

ALL = (
    "{scene: a lake, subject_motion: a heron lifts off, camera: static, important_details: 35mm, "
    "elements: one heron, audio: wind, constraints: no text}"
)


def test_one_shot_has_the_published_labels_in_the_published_order() -> None:
    assert sent(TEXT + f"scenes:\n  - {{id: a, prompt: {ALL}}}\n")[0].splitlines() == [
        "Scene: a lake",
        "Subject motion: a heron lifts off",
        "Camera: static",
        "Important details: 35mm",
        "Elements: one heron",
        "Audio: wind",
        "Constraints: no text",
    ]


def test_several_shots_are_one_paragraph_each_without_labels() -> None:
    text = (
        TEXT + f"scenes:\n  - id: a\n    shots:\n      - {{duration: 3, prompt: {ALL}}}\n      - 3s: reeds\n"
    )
    assert sent(text) == ["a lake. static. a heron lifts off. 35mm. wind. no text.", "reeds."]


def test_the_labels_may_be_kept() -> None:
    text = (
        TEXT
        + "template: kling-v3-labels\nscenes:\n  - id: a\n    shots:\n"
        + f"      - {{duration: 3, prompt: {ALL}}}\n      - 3s: reeds\n"
    )
    first, second = sent(text)
    assert first.splitlines()[:2] == ["Scene: a lake", "Subject motion: a heron lifts off"]
    assert second == "reeds"


def test_a_plain_string_has_no_label_and_keeps_what_is_inherited() -> None:
    text = (
        TEXT
        + "defaults: {prompt: {scene: a lake, constraints: no text}}\nscenes:\n  - {id: a, prompt: reeds}\n"
    )
    assert sent(text) == ["Scene: a lake\nreeds\nConstraints: no text"]


INHERITED = """defaults:
  prompt:
    scene: a lake
    camera: static
    subject_motion: reeds
    important_details: [35mm, grain]
    audio: wind
    constraints: no text
scenes:
  - id: a
    prompt: {}
"""


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("{camera: push}", ["a lake", "reeds", "push", "35mm, grain", "wind", "no text"]),
        ("{important_details: mist}", ["a lake", "reeds", "static", "35mm, grain, mist", "wind", "no text"]),
        (
            "{important_details: [grain, mist]}",
            ["a lake", "reeds", "static", "35mm, grain, mist", "wind", "no text"],
        ),
        (
            "{constraints: [no text, no people]}",
            ["a lake", "reeds", "static", "35mm, grain", "wind", "no text, no people"],
        ),
        ("{audio: [water]}", ["a lake", "reeds", "static", "35mm, grain", "wind, water", "no text"]),
        ("{important_details: null, scene: null}", ["reeds", "static", "wind", "no text"]),
        (
            "{scene: ~, subject_motion: [a heron, an owl]}",
            ["a heron, an owl", "static", "35mm, grain", "wind", "no text"],
        ),
        ("a heron", ["a lake", "a heron", "static", "35mm, grain", "wind", "no text"]),
        (
            "{important_details: [lens, lens]}",
            ["a lake", "reeds", "static", "35mm, grain, lens", "wind", "no text"],
        ),
    ],
)
def test_inheritance_belongs_to_the_section(own: str, expected: list[str]) -> None:
    found = sent(TEXT + INHERITED.format(own))[0]
    assert [line.partition(": ")[2] or line for line in found.splitlines()] == expected


def test_three_levels_add_up_outer_first() -> None:
    text = TEXT + (
        "defaults: {prompt: {constraints: one, camera: static, scene: lake}}\n"
        "scenes:\n  - id: a\n    prompt: {constraints: two, camera: push}\n    shots:\n"
        "      - id: x\n        duration: 3\n        prompt: {constraints: [three, one], subject_motion: a}\n"
        "      - id: y\n        duration: 3\n        prompt: {constraints: null, camera: null, subject_motion: b}\n"
        "      - 3s: c\n"
    )
    assert sent(text) == ["lake. push. a. one, two, three.", "b.", "push. c. one, two."]


def test_null_clears_and_a_deeper_level_may_begin_again() -> None:
    text = TEXT + (
        "defaults: {prompt: {constraints: one}}\nscenes:\n  - id: a\n    prompt: {constraints: null}\n    shots:\n"
        "      - {duration: 3, prompt: {subject_motion: x, constraints: two}}\n      - 3s: y\n"
    )
    assert sent(text) == ["x. two.", "y."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("reeds", "reeds."),
        ("reeds.", "reeds."),
        ("reeds!", "reeds!"),
        ("reeds?", "reeds?"),
        ("reeds…", "reeds…"),
        ('he says "go."', 'he says "go."'),
        ('he says "go"', 'he says "go".'),
        ("芦苇", "芦苇。"),
        ("芦苇。", "芦苇。"),
        ("芦苇！", "芦苇！"),
        ("芦苇 and reeds", "芦苇 and reeds."),
        ("reeds 芦苇", "reeds 芦苇。"),
        ("（芦苇）", "（芦苇）。"),
    ],
)
def test_full_stops(text: str, expected: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    assert (
        sent(TEXT + f"scenes:\n  - id: a\n    shots:\n      - 3s: {quoted}\n      - 3s: x\n")[0] == expected
    )


def test_sentences_follow_each_other_as_their_script_does() -> None:
    text = (
        TEXT
        + "scenes:\n  - id: a\n    shots:\n"
        + "      - 3s: {camera: 推进, subject_motion: 芦苇, audio: wind, constraints: 无字}\n      - 3s: x\n"
    )
    assert sent(text)[0] == "推进。芦苇。wind. 无字。"


def test_the_scene_is_said_where_it_changes() -> None:
    text = TEXT + (
        "scenes:\n  - id: a\n    prompt: {scene: lake}\n    shots:\n      - 2s: a\n      - 2s: b\n"
        "      - 2s: {scene: shore, subject_motion: c}\n      - 2s: {scene: shore, subject_motion: d}\n      - 2s: e\n"
    )
    assert sent(text) == ["lake. a.", "b.", "shore. c.", "d.", "lake. e."]


def test_verbatim_is_sent_as_it_stands() -> None:
    text = TEXT + (
        "vars: {x: y}\ndefaults: {prompt: {constraints: no text}}\nscenes:\n"
        "  - {id: a, prompt: {verbatim: ' {{ x }} {% if %} 100 % '}}\n"
    )
    assert sent(text) == [" {{ x }} {% if %} 100 % "]


def test_the_nearest_prompt_wins_over_an_outer_verbatim() -> None:
    head = TEXT + "defaults: {prompt: {verbatim: base}}\nscenes:\n"
    assert sent(head + "  - {id: a, prompt: mine}\n") == ["mine"]
    assert sent(head + "  - {id: a, prompt: {camera: push}}\n") == ["Camera: push"]
    assert sent(head + "  - {id: a, prompt: {verbatim: other}}\n") == ["other"]
    assert sent(head + "  - {id: a}\n") == ["base"]


def test_audio_goes_out_only_with_sound() -> None:
    text = TEXT + f"scenes:\n  - {{id: a, generate_audio: false, prompt: {ALL}}}\n"
    assert "Audio" not in sent(text)[0]


OURS = "{{ subject_motion }}|{{ camera }}|{{ audio }}|{{ dialogue }}|{{ count }}|{{ labelled }}"


def test_a_template_of_ones_own() -> None:
    text = (
        TEXT
        + "template: ours.j2\nscenes:\n  - {id: a, prompt: {subject_motion: reeds, audio: wind}, dialogue: 'she: go'}\n"
    )
    assert sent(text, templates={"ours.j2": OURS}) == ['reeds||wind|she: "go".|1|true']


@pytest.mark.parametrize(
    ("template", "code", "line", "column"),
    [
        ("{{ subject_motion }}\n{{ camra }}", "SB206", 2, 4),
        ("{{ subject_motion }\n", "SB207", 1, 19),
        ("{% if camera %}x", "SB207", 1, None),
        ("reeds\n{{ camera | random }}", "SB208", 2, 13),
        ("{% call m() %}{% endcall %}", "SB208", 1, 4),
        ("{% include 'x' %}", "SB211", 1, 12),
        ("{% for i in range(100000) %}{% endfor %}", "SB209", 1, None),
    ],
)
def test_a_mistake_in_a_template_stands_in_the_template(
    template: str, code: str, line: int, column: int | None
) -> None:
    text = TEXT + "template: ours.j2\nscenes:\n  - {id: a, prompt: reeds}\n"
    (found,) = compiled(text, templates={"ours.j2": template}).diagnostics
    assert (found.code, found.span.path, found.span.line) == (code, "ours.j2", line)
    assert column is None or found.span.column == column


def test_a_template_that_says_nothing() -> None:
    text = TEXT + "template: ours.j2\nscenes:\n  - {id: a, prompt: reeds}\n"
    assert compiled(text, templates={"ours.j2": "{# nothing #}"}).codes == ["SB112"]


def test_positions_follow_a_templates_own_order() -> None:
    text = (
        "storyboard: 1\ntemplate: ours.j2\nelements:\n"
        + "".join(
            f'  {n}:\n    frontal_image: "https://media.example.org/{n}.png"\n'
            f'    reference_images: "https://media.example.org/{n}2.png"\n'
            for n in "ab"
        )
        + "scenes:\n  - id: s\n    start_image: https://media.example.org/s.png\n"
        + "    prompt: {subject_motion: '@a', camera: '@b'}\n"
    )
    assert sent(text, templates={"ours.j2": "{{ camera }} before {{ subject_motion }}"}) == [
        "@Element1 before @Element2"
    ]
    assert sent(text, templates={"ours.j2": "{{ subject_motion }} only"}) == ["@Element1 only"]
